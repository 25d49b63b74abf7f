//! An end for tests whose program was killed.
//!
//! Whoever is killed cannot end what they started, and a test may run for ever.
//! So this program runs once more beside itself, as the guard, and listens to a
//! pipe. The system closes that when the program is gone, however that came
//! about, and the guard then kills what is left.
//!
//! On Unix the guard leads a group of processes, and every test is in that group
//! from its first instruction on. Elsewhere the pipe tells the guard which
//! processes run (`+4711`) and which are over (`-4711`); one that was started
//! right before the program was killed can then be missed.

#[cfg(not(unix))]
use std::collections::BTreeSet;
use std::env;
use std::io::{self, BufRead};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};

/// The command that makes this program the guard.
pub const GUARD: &str = "guard";

/// The guard, where one could be started.
static STARTED: OnceLock<Option<Mutex<Child>>> = OnceLock::new();

/// Starts the guard, if it is not there yet. Tests run without one, too.
pub fn start_guard() {
    STARTED.get_or_init(|| {
        let mut guard = Command::new(env::current_exe().ok()?);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut guard, 0);
        let guard = guard
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

/// A process that does not outlive this program, where there is a guard.
pub(super) struct Guarded {
    pub(super) child: Child,
}

#[cfg(unix)]
impl Guarded {
    /// Starts a process.
    ///
    /// # Errors
    ///
    /// What the system answers.
    pub(super) fn spawn(command: &mut Command) -> io::Result<Self> {
        use std::os::unix::process::CommandExt;
        if let Some(group) = group() {
            command.process_group(group);
            match command.spawn() {
                // The group ended: somebody has killed the guard.
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                    command.process_group(0);
                }
                spawned => return Ok(Guarded { child: spawned? }),
            }
        }
        let child = command.spawn()?;
        Ok(Guarded { child })
    }
}

/// The group that the guard leads.
#[cfg(unix)]
fn group() -> Option<i32> {
    let guard = STARTED.get()?.as_ref()?;
    let guard = guard
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    i32::try_from(guard.id()).ok()
}

/// Is the guard: listens until the program is gone, and kills what it left.
#[cfg(unix)]
pub fn stand_guard(told: impl BufRead) {
    use rustix::process::{Signal, getpgrp, getpid, kill_process_group};
    told.lines().map_while(Result::ok).for_each(drop);
    // Never somebody else's group: only one that this process leads.
    if getpgrp() == getpid() {
        let _ = kill_process_group(getpgrp(), Signal::KILL);
    }
}

#[cfg(not(unix))]
impl Guarded {
    /// Starts a process.
    ///
    /// # Errors
    ///
    /// What the system answers.
    pub(super) fn spawn(command: &mut Command) -> io::Result<Self> {
        let child = command.spawn()?;
        tell('+', child.id());
        Ok(Guarded { child })
    }
}

impl Drop for Guarded {
    /// No way out of a function leaves its process running.
    fn drop(&mut self) {
        // Both fail only for a process that is over already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        #[cfg(not(unix))]
        tell('-', self.child.id());
    }
}

/// Is the guard: listens until the program is gone, and kills what it left.
#[cfg(not(unix))]
pub fn stand_guard(told: impl BufRead) {
    let mut running = BTreeSet::new();
    for line in told.lines().map_while(Result::ok) {
        match (line.get(..1), line.get(1..).map(str::parse::<u32>)) {
            (Some("+"), Some(Ok(id))) => drop(running.insert(id)),
            (Some("-"), Some(Ok(id))) => drop(running.remove(&id)),
            _ => {}
        }
    }
    for id in running {
        let _ = Command::new("taskkill")
            .args(["/F", "/PID", &id.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
}

#[cfg(not(unix))]
fn tell(sign: char, id: u32) {
    use std::io::Write;
    let Some(Some(guard)) = STARTED.get() else {
        return;
    };
    let mut guard = guard
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(pipe) = &mut guard.stdin {
        // All at once: a line that is cut off would name another process. It
        // fails if the guard was killed, and then nobody guards.
        let _ = pipe.write_all(format!("{sign}{id}\n").as_bytes());
    }
}
