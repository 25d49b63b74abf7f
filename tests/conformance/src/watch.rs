//! Notices when an engine does not return, instead of hanging with it.
//!
//! A check runs in a thread of its own. Each operation leaves a mark, and when
//! no mark was left for as long as nobody should have to wait, the check has
//! failed: it can then say at which operation of which script.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use engine::sync::Mutex;
use engine::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::script::Script;

/// Where the work was when it no longer moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stuck {
    /// The script that was played, if one was.
    pub script: Option<Script>,
    /// The operation in it, counted from 0.
    pub step: usize,
}

/// How often within its patience somebody looks for marks.
const LOOKS: u32 = 20;

/// Runs `work` in a thread of its own and answers with what it returns, or
/// with [`Stuck`] when it left no mark for `patience`. A panic in `work` goes
/// on in the caller.
///
/// # Errors
///
/// [`Stuck`]. The thread is left behind, since nothing can end it.
pub fn guarded<T: Send + 'static>(
    patience: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Stuck> {
    let marks = Arc::new(Marks::default());
    let (send, receive) = channel();
    let of_worker = Arc::clone(&marks);
    // Named like the test, for the messages of its panics.
    let name = std::thread::current().name().unwrap_or("check").to_owned();
    let worker = std::thread::Builder::new().name(name).spawn(move || {
        share(Some(of_worker));
        let result = catch_unwind(AssertUnwindSafe(work));
        // Whoever no longer waits for the result has reported this as stuck.
        let _nobody_waits = send.send(result);
    });
    worker.expect("the system has room for a thread");
    let mut seen = (0, Instant::now());
    loop {
        // Looking often, silence is noticed when it has lasted for as long as
        // nobody should have to wait, and not up to twice that.
        match receive.recv_timeout(patience / LOOKS) {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(panic)) => resume_unwind(panic),
            Err(RecvTimeoutError::Disconnected) => unreachable!("the worker sends, always"),
            Err(RecvTimeoutError::Timeout) => {
                let beats = marks.beats.load(Ordering::Relaxed);
                if beats != seen.0 {
                    seen = (beats, Instant::now());
                } else if seen.1.elapsed() >= patience {
                    return Err(Stuck {
                        script: marks.script.lock().clone(),
                        step: marks.step.load(Ordering::Relaxed),
                    });
                }
            }
        }
    }
}

/// The marks of this thread, to be left by others that help it.
pub fn marks() -> Option<Arc<Marks>> {
    MARKS.with_borrow(Clone::clone)
}

/// Lets this thread leave its marks there.
pub fn share(marks: Option<Arc<Marks>>) {
    MARKS.set(marks);
}

/// Leaves a mark: the work goes on.
pub fn beat() {
    with_marks(|marks| {
        marks.beats.fetch_add(1, Ordering::Relaxed);
    });
}

/// Leaves a mark: `script` is being played.
pub fn playing(script: &Script) {
    with_marks(|marks| *marks.script.lock() = Some(script.clone()));
    at_step(0);
}

/// Leaves a mark: the script is at its operation `step`, counted from 0.
pub fn at_step(step: usize) {
    with_marks(|marks| marks.step.store(step, Ordering::Relaxed));
    beat();
}

/// Where the work is.
#[derive(Debug, Default)]
pub struct Marks {
    beats: AtomicU64,
    step: AtomicUsize,
    script: Mutex<Option<Script>>,
}

thread_local! {
    static MARKS: RefCell<Option<Arc<Marks>>> = const { RefCell::new(None) };
}

fn with_marks(f: impl FnOnce(&Marks)) {
    MARKS.with(|marks| {
        if let Some(marks) = &*marks.borrow() {
            f(marks);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_stops_is_reported_with_its_place() {
        let (hold, held) = channel::<()>();
        let stuck = guarded(Duration::from_millis(20), move || {
            playing(&Script::of("put a 1; get a"));
            at_step(1);
            held.recv()
        });
        assert_eq!(
            stuck,
            Err(Stuck {
                script: Some(Script::of("put a 1; get a")),
                step: 1
            })
        );
        drop(hold);
    }

    #[test]
    fn work_that_ends_is_answered() {
        assert_eq!(guarded(Duration::from_secs(60), || 7), Ok(7));
    }
}
