//! An end for tests whose program was killed.
//!
//! Whoever is killed cannot end what they started, and a test may run for ever.
//! So this program runs once more beside itself, as the guard: through a pipe it
//! hears which processes run (`+4711`) and which are over (`-4711`). The system
//! closes the pipe when the program is gone, however that came about, and the
//! guard then kills what is left.

use std::collections::BTreeSet;
use std::env;
use std::io::{BufRead, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

/// The command that makes this program the guard.
pub const GUARD: &str = "guard";

/// The guard, where one could be started.
static STARTED: OnceLock<Option<Mutex<Child>>> = OnceLock::new();

/// Starts the guard, if it is not there yet. Tests run without one, too.
pub fn start_guard() {
    STARTED.get_or_init(|| {
        let guard = Command::new(env::current_exe().ok()?)
            .arg(GUARD)
            // It keeps no folder from being moved or removed.
            .current_dir(env::temp_dir())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        guard.ok().map(Mutex::new)
    });
}

/// Is the guard: listens until the program is gone, and kills what it left.
pub fn stand_guard(told: impl BufRead) {
    let mut running = BTreeSet::new();
    for line in told.lines().map_while(Result::ok) {
        match (line.get(..1), line.get(1..).map(str::parse)) {
            (Some("+"), Some(Ok(id))) => drop(running.insert(id)),
            (Some("-"), Some(Ok(id))) => drop(running.remove(&id)),
            _ => {}
        }
    }
    running.into_iter().for_each(kill);
}

/// A process that the guard knows of, until this value is dropped.
pub(super) struct Guarded(u32);

impl Guarded {
    pub(super) fn new(child: &Child) -> Self {
        tell('+', child.id());
        Guarded(child.id())
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        tell('-', self.0);
    }
}

fn tell(sign: char, id: u32) {
    let Some(Some(guard)) = STARTED.get() else {
        return;
    };
    let mut guard = guard.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(pipe) = &mut guard.stdin {
        // All at once: a line that is cut off would name another process. It
        // fails if the guard was killed, and then nobody guards.
        let _ = pipe.write_all(format!("{sign}{id}\n").as_bytes());
    }
}

/// Kills a process, unless it is over.
#[cfg(unix)]
fn kill(id: u32) {
    use rustix::process::{Pid, Signal, kill_process};
    if let Some(pid) = i32::try_from(id).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, Signal::KILL);
    }
}

#[cfg(not(unix))]
fn kill(id: u32) {
    let _ = Command::new("taskkill")
        .args(["/F", "/PID", &id.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}
