//! Locks, from one place.
//!
//! Whatever engines use to coordinate threads comes through this module. The
//! locks are the standard library's and, for [`ShardedLock`], crossbeam's, with two
//! differences.
//!
//! - A lock whose holder panicked is not poisoned. (In this workbook *poisoned*
//!   is what a failed sync does to an engine, see
//!   [`Error::Poisoned`](crate::Error::Poisoned).)
//! - A thread can have a [guide], which is told of each lock that the
//!   thread takes, waits for and gives back. A test steers threads that way:
//!   it lets one of them run at a time, and decides at each lock which. A
//!   thread without a guide pays for that with a look at one variable of its
//!   own.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};
use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

pub use std::sync::OnceLock;
pub use std::sync::atomic;

pub mod guide;

use guide::{Gave, Guide, Lock, Step};

/// A value that one thread at a time may touch.
#[derive(Debug, Default)]
pub struct Mutex<T>(std::sync::Mutex<T>);

/// A [`Mutex`], taken. It is given back when this is dropped.
pub type MutexGuard<'a, T> = Guard<'a, Mutex<T>, std::sync::MutexGuard<'a, T>>;

impl<T> Mutex<T> {
    /// A new mutex around `value`.
    pub const fn new(value: T) -> Self {
        Mutex(std::sync::Mutex::new(value))
    }

    /// Waits until no other thread holds the value, then lends it.
    #[track_caller]
    pub fn lock(&self) -> MutexGuard<'_, T> {
        let lock = Lock::alone(&self.0);
        take(self, lock, || self.0.lock(), || self.0.try_lock())
    }

    /// Lends the value if no other thread holds it. It never waits.
    #[track_caller]
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        let guide = guide::of_this_thread();
        let lock = Lock::alone(&self.0);
        let inner = match self.0.try_lock() {
            Ok(inner) => inner,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        if let Some(guide) = guide {
            guide(Step::Took(lock));
        }
        Some(Guard {
            inner,
            lock: self,
            _gave: Gave::new(guide, lock),
        })
    }

    /// Gives the value back.
    pub fn into_inner(self) -> T {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A value that many threads may read at once, or one may write.
#[derive(Debug, Default)]
pub struct RwLock<T>(std::sync::RwLock<T>);

/// A [`RwLock`], taken for reading. It is given back when this is dropped.
pub type RwLockReadGuard<'a, T> = Guard<'a, RwLock<T>, std::sync::RwLockReadGuard<'a, T>>;

/// A [`RwLock`], taken for writing. It is given back when this is dropped.
pub type RwLockWriteGuard<'a, T> = Guard<'a, RwLock<T>, std::sync::RwLockWriteGuard<'a, T>>;

impl<T> RwLock<T> {
    /// A new lock around `value`.
    pub const fn new(value: T) -> Self {
        RwLock(std::sync::RwLock::new(value))
    }

    /// Waits until no thread writes, then lends the value for reading.
    ///
    /// A thread that already reads must not ask again: a thread that waits to
    /// write may keep new readers out, and then both wait for ever.
    #[track_caller]
    pub fn read(&self) -> RwLockReadGuard<'_, T> {
        let lock = Lock::shared(&self.0);
        take(self, lock, || self.0.read(), || self.0.try_read())
    }

    /// Waits until no other thread reads or writes, then lends the value.
    #[track_caller]
    pub fn write(&self) -> RwLockWriteGuard<'_, T> {
        let lock = Lock::alone(&self.0);
        take(self, lock, || self.0.write(), || self.0.try_write())
    }

    /// Gives the value back.
    pub fn into_inner(self) -> T {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// As a [`RwLock`], where many threads read and few write: readers do not even
/// meet at the lock.
///
/// Inside, there are several locks. A reader takes the one of its thread, so
/// that the memory it writes to for that stays with its processor. A writer
/// takes them all.
#[derive(Debug, Default)]
pub struct ShardedLock<T>(crossbeam_utils::sync::ShardedLock<T>);

/// A [`ShardedLock`], taken for reading. It is given back when this is dropped.
pub type ShardedLockReadGuard<'a, T> =
    Guard<'a, ShardedLock<T>, crossbeam_utils::sync::ShardedLockReadGuard<'a, T>>;

/// A [`ShardedLock`], taken for writing. It is given back when this is dropped.
pub type ShardedLockWriteGuard<'a, T> =
    Guard<'a, ShardedLock<T>, crossbeam_utils::sync::ShardedLockWriteGuard<'a, T>>;

impl<T> ShardedLock<T> {
    /// A new lock around `value`.
    pub fn new(value: T) -> Self {
        ShardedLock(crossbeam_utils::sync::ShardedLock::new(value))
    }

    /// Waits until no thread writes, then lends the value for reading.
    ///
    /// As with a [`RwLock`], a thread that already reads must not ask again.
    #[track_caller]
    pub fn read(&self) -> ShardedLockReadGuard<'_, T> {
        let lock = Lock::shared(&self.0);
        take(self, lock, || self.0.read(), || self.0.try_read())
    }

    /// Waits until no other thread reads or writes, then lends the value.
    #[track_caller]
    pub fn write(&self) -> ShardedLockWriteGuard<'_, T> {
        let lock = Lock::alone(&self.0);
        take(self, lock, || self.0.write(), || self.0.try_write())
    }
}

/// How many places [`place_of_this_thread`] tells apart.
pub const PLACES: usize = 8;

/// One of [`PLACES`] numbers, the same for as long as this thread lives. With a
/// copy of a thing for each, threads rarely meet at one.
pub fn place_of_this_thread() -> usize {
    static NEXT: atomic::AtomicUsize = atomic::AtomicUsize::new(0);
    thread_local! {
        static PLACE: Cell<usize> = const { Cell::new(usize::MAX) };
    }
    PLACE.with(|place| {
        if place.get() == usize::MAX {
            place.set(NEXT.fetch_add(1, atomic::Ordering::Relaxed) % PLACES);
        }
        place.get()
    })
}

/// Where threads wait for a change to what a [`Mutex`] holds.
#[derive(Debug, Default)]
pub struct Condvar(std::sync::Condvar);

impl Condvar {
    /// A new place to wait.
    pub const fn new() -> Self {
        Condvar(std::sync::Condvar::new())
    }

    /// Gives the mutex back and sleeps until notified, as long as `waiting`
    /// answers true.
    #[track_caller]
    pub fn wait_while<'a, T>(
        &self,
        mut guard: MutexGuard<'a, T>,
        mut waiting: impl FnMut(&mut T) -> bool,
    ) -> MutexGuard<'a, T> {
        let Some(guide) = guide::of_this_thread() else {
            let woken = self.0.wait_while(guard.inner, waiting);
            guard.inner = woken.unwrap_or_else(PoisonError::into_inner);
            return guard;
        };
        while waiting(&mut guard) {
            let mutex = guard.lock;
            guide(Step::Sleeps(Lock::alone(&self.0)));
            drop(guard); // Here the guide lets others run, until one notifies.
            guard = mutex.lock();
        }
        guard
    }

    /// Wakes one sleeping thread.
    #[track_caller]
    pub fn notify_one(&self) {
        self.0.notify_one();
        self.tell(false);
    }

    /// Wakes every sleeping thread.
    #[track_caller]
    pub fn notify_all(&self) {
        self.0.notify_all();
        self.tell(true);
    }

    #[track_caller]
    fn tell(&self, all: bool) {
        if let Some(guide) = guide::of_this_thread() {
            let condvar = Lock::alone(&self.0);
            guide(Step::Wakes { condvar, all });
        }
    }
}

/// A lock that was taken; `G` is the guard of the lock inside. It derefs to what
/// the lock protects, and gives the lock back when it is dropped.
#[derive(Debug)]
pub struct Guard<'a, L, G> {
    inner: G,
    lock: &'a L,
    // After `inner`: the guide is told when the lock is free.
    _gave: Gave,
}

impl<L, G: Deref> Deref for Guard<'_, L, G> {
    type Target = G::Target;

    #[inline]
    fn deref(&self) -> &G::Target {
        &self.inner
    }
}

impl<L, G: DerefMut> DerefMut for Guard<'_, L, G> {
    #[inline]
    fn deref_mut(&mut self) -> &mut G::Target {
        &mut self.inner
    }
}

/// Takes a lock: with `wait` alone, or, where the thread has a guide, with
/// `attempt` again and again, since a thread that the system has put to sleep
/// cannot be steered.
#[inline]
fn take<'a, L, G>(
    owner: &'a L,
    lock: Lock,
    wait: impl FnOnce() -> LockResult<G>,
    attempt: impl FnMut() -> TryLockResult<G>,
) -> Guard<'a, L, G> {
    let guide = guide::of_this_thread();
    let inner = match guide {
        None => wait().unwrap_or_else(PoisonError::into_inner),
        Some(guide) => guided(guide, lock, attempt),
    };
    Guard {
        inner,
        lock: owner,
        _gave: Gave::new(guide, lock),
    }
}

#[cold]
fn guided<G>(guide: Guide, lock: Lock, mut attempt: impl FnMut() -> TryLockResult<G>) -> G {
    guide(Step::Asks(lock));
    loop {
        let inner = match attempt() {
            Ok(inner) => inner,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => {
                guide(Step::Waits(lock));
                continue;
            }
        };
        guide(Step::Took(lock));
        return inner;
    }
}
