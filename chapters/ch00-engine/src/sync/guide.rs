//! How a test steers the threads that use an engine.
//!
//! Threads that race find a narrow race by luck. A thread with a [`Guide`]
//! instead calls it wherever it takes a lock, and while it is in that call
//! others can run: whoever wrote the guide decides which. Engines know nothing
//! of this; they call [`Mutex::lock`](super::Mutex::lock) as always.

use std::cell::Cell;
use std::fmt;
use std::panic::Location;

/// Is told what its thread does with locks. The thread goes on when the call
/// returns.
pub type Guide = fn(Step);

/// What a thread is doing with a lock.
#[derive(Debug, Clone, Copy)]
pub enum Step {
    /// It is about to take the lock.
    Asks(Lock),
    /// It could not take the lock: another thread, or itself, holds it. When
    /// the call returns it tries again.
    Waits(Lock),
    /// It has taken the lock.
    Took(Lock),
    /// It has given the lock back.
    Gave(Lock),
    /// It is about to give its mutex back and to sleep until this condition
    /// variable is notified.
    Sleeps(Lock),
    /// It notified a condition variable.
    Wakes {
        /// Which.
        condvar: Lock,
        /// Every thread that sleeps there, or one.
        all: bool,
    },
}

/// Which lock, how it is taken, and by which line of the program.
#[derive(Clone, Copy)]
pub struct Lock {
    /// Where the lock lives in memory: no two have the same address while
    /// they live.
    pub address: usize,
    /// Others may hold it at the same time, if they share it, too.
    pub is_shared: bool,
    /// The call that takes it.
    pub at: &'static Location<'static>,
}

impl Lock {
    #[track_caller]
    #[inline]
    pub(super) fn alone<T>(lock: &T) -> Self {
        Lock {
            address: std::ptr::from_ref(lock).addr(),
            is_shared: false,
            at: Location::caller(),
        }
    }

    #[track_caller]
    #[inline]
    pub(super) fn shared<T>(lock: &T) -> Self {
        Lock {
            is_shared: true,
            ..Lock::alone(lock)
        }
    }
}

impl fmt::Debug for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lock({})", self.at)
    }
}

thread_local! {
    static GUIDE: Cell<Option<Guide>> = const { Cell::new(None) };
}

/// Gives this thread a guide, or none.
pub fn set(guide: Option<Guide>) {
    GUIDE.set(guide);
}

/// The guide of this thread.
#[inline]
pub(super) fn of_this_thread() -> Option<Guide> {
    GUIDE.get()
}

/// Tells the guide, when it is dropped, that a lock was given back.
pub(super) struct Gave(Option<(Guide, Lock)>);

impl Gave {
    #[inline]
    pub(super) fn new(guide: Option<Guide>, lock: Lock) -> Self {
        Gave(guide.map(|guide| (guide, lock)))
    }
}

impl Drop for Gave {
    #[inline]
    fn drop(&mut self) {
        if let Some((guide, lock)) = self.0 {
            guide(Step::Gave(lock));
        }
    }
}

impl fmt::Debug for Gave {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "guided" } else { "free" })
    }
}
