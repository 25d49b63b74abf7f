//! One process under limits: its time and how much of its output is kept.

use std::{
    collections::VecDeque,
    io::{self, Read},
    process::{Command, ExitStatus, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use super::gauge::{Activity, Gauge};
use super::guard::Guarded;

/// What a process may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Wall-clock time; a process that takes longer is killed. One that still
    /// computes, and had a processor for less than this time, is given up to
    /// three times as long: the machine is busy with others.
    pub time: Duration,
    /// Bytes kept of each output stream: its beginning and its end, half each.
    pub output_bytes: usize,
    /// Bytes of memory; a process that takes more is killed before the machine
    /// suffers. Only where the system tells: on Linux.
    pub memory_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(60),
            output_bytes: 256 * 1024,
            memory_bytes: 2 << 30,
        }
    }
}

/// How many times its limit a process may take on a busy machine.
const PATIENCE: u32 = 3;

/// Stops running tests from another thread: their processes are killed.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// How long a running process may go on after [`cancel`](Self::cancel).
    pub(super) const NOTICED_WITHIN: Duration = Duration::from_millis(50);

    /// Stops what runs under this, and what would be started under it.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether somebody called [`cancel`](Self::cancel).
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What a process wrote, cut in the middle where it was over the limit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Output {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// A process that is over.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) end: End,
    pub(super) output: Output,
    pub(super) time: Duration,
    /// What it did last.
    pub(super) activity: Activity,
}

/// How a process ended.
#[derive(Debug)]
pub(super) enum End {
    /// By itself.
    Own(ExitStatus),
    /// It was killed for taking too long, or because nobody waits any more.
    OutOfTime,
    /// It was killed for taking too much memory.
    OutOfMemory,
}

/// Runs `command` to its end, or kills it when its time is over.
///
/// Where there is a guard, the process is in the guard's group and not in the
/// terminal's: Ctrl-C reaches this program alone, which ends it. It counts as
/// over when both of its output streams are closed, which the system does when
/// it dies.
pub(super) fn run(command: &mut Command, limits: &Limits, cancel: &Cancel) -> io::Result<Finished> {
    let start = Instant::now();
    let mut guarded = Guarded::spawn(
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped()),
    )?;
    let child = &mut guarded.child;
    let (done, streams) = mpsc::channel();
    if let Some(pipe) = child.stdout.take() {
        keep(Stream::Stdout, pipe, limits.output_bytes, done.clone());
    }
    if let Some(pipe) = child.stderr.take() {
        keep(Stream::Stderr, pipe, limits.output_bytes, done.clone());
    }
    drop(done);

    let mut output = Output::default();
    let mut deadline = start + limits.time;
    let mut killed = None;
    let mut gauge = Gauge::of(child);
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if killed.is_none() && cancel.is_cancelled() {
            deadline = Instant::now();
        }
        let too_large = gauge.read() > limits.memory_bytes;
        if killed.is_none() && too_large {
            deadline = Instant::now();
        }
        match streams.recv_timeout(left.min(Cancel::NOTICED_WITHIN)) {
            Ok((Stream::Stdout, text)) => output.stdout = text,
            Ok((Stream::Stderr, text)) => output.stderr = text,
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) if Instant::now() < deadline => {}
            Err(RecvTimeoutError::Timeout)
                if killed.is_none()
                    && !cancel.is_cancelled()
                    && !too_large
                    && gauge.is_kept_waiting(limits.time)
                    && start.elapsed() < PATIENCE * limits.time =>
            {
                deadline = Instant::now() + Cancel::NOTICED_WITHIN;
            }
            Err(RecvTimeoutError::Timeout) if killed.is_none() => {
                killed = Some(if too_large {
                    End::OutOfMemory
                } else {
                    End::OutOfTime
                });
                child.kill()?;
                // The streams of a dead process close at once, unless it left
                // a child behind that holds them; nobody waits for that one.
                deadline = Instant::now() + Duration::from_secs(1);
            }
            Err(RecvTimeoutError::Timeout) => break,
        }
    }
    let status = child.wait()?;
    if killed.is_none() && was_interrupted(status) {
        // Ctrl-C reached the process before it reached this program.
        cancel.cancel();
    }
    Ok(Finished {
        end: killed.unwrap_or(End::Own(status)),
        output,
        time: start.elapsed(),
        activity: gauge.activity(),
    })
}

/// Whether Ctrl-C ended a process.
fn was_interrupted(status: ExitStatus) -> bool {
    #[cfg(unix)]
    {
        const SIGINT: i32 = 2;
        std::os::unix::process::ExitStatusExt::signal(&status) == Some(SIGINT)
    }
    #[cfg(not(unix))]
    {
        /// `STATUS_CONTROL_C_EXIT`, read as a signed number.
        const CONTROL_C: i32 = -0x3fff_fec6;
        status.code() == Some(CONTROL_C)
    }
}

enum Stream {
    Stdout,
    Stderr,
}

/// Reads `pipe` to its end in a thread of its own, so that the process never
/// waits for room in it, and sends what was kept.
fn keep(
    stream: Stream,
    mut pipe: impl Read + Send + 'static,
    limit: usize,
    done: mpsc::Sender<(Stream, String)>,
) {
    thread::spawn(move || {
        let mut kept = Kept::new(limit);
        let mut chunk = [0; 8192];
        loop {
            match pipe.read(&mut chunk) {
                Ok(0) => break,
                Ok(n) => kept.push(&chunk[..n]),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        // The receiver is gone if it gave up on this stream.
        let _ = done.send((stream, kept.into_text()));
    });
}

/// The beginning and the end of a stream.
struct Kept {
    half: usize,
    head: Vec<u8>,
    tail: VecDeque<u8>,
    dropped: usize,
}

impl Kept {
    fn new(limit: usize) -> Self {
        Self {
            half: limit / 2,
            head: Vec::new(),
            tail: VecDeque::new(),
            dropped: 0,
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        let room = self.half - self.head.len();
        let (head, rest) = bytes.split_at(room.min(bytes.len()));
        self.head.extend_from_slice(head);
        self.tail.extend(rest);
        let over = self.tail.len().saturating_sub(self.half);
        self.tail.drain(..over);
        self.dropped += over;
    }

    fn into_text(mut self) -> String {
        if self.dropped > 0 {
            let note = format!("\n[{} bytes left out]\n", self.dropped);
            self.head.extend_from_slice(note.as_bytes());
        }
        self.head.extend(self.tail);
        String::from_utf8_lossy(&self.head).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_stream_keeps_its_beginning_and_its_end() {
        let mut kept = Kept::new(8);
        for chunk in ["ab", "cdef", "ghijklmnop"] {
            kept.push(chunk.as_bytes());
        }
        assert_eq!(kept.into_text(), "abcd\n[8 bytes left out]\nmnop");
    }

    #[test]
    fn a_short_stream_is_kept_whole() {
        let mut kept = Kept::new(8);
        kept.push(b"abcdefgh");
        assert_eq!(kept.into_text(), "abcdefgh");
    }
}
