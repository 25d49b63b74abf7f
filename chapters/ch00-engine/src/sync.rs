//! Locks, from one place.
//!
//! Whatever engines use to coordinate threads comes through this module, so
//! that a program that explores the possible schedules can put its own
//! implementations here. They are the standard library's, with one difference:
//! a lock whose holder panicked is not poisoned. (In this workbook *poisoned*
//! is what a failed sync does to an engine, see
//! [`Error::Poisoned`](crate::Error::Poisoned).)

use std::sync::PoisonError;

pub use std::sync::atomic;
pub use std::sync::{MutexGuard, OnceLock, RwLockReadGuard, RwLockWriteGuard};

/// A value that one thread at a time may touch.
#[derive(Debug, Default)]
pub struct Mutex<T>(std::sync::Mutex<T>);

impl<T> Mutex<T> {
    /// A new mutex around `value`.
    pub const fn new(value: T) -> Self {
        Mutex(std::sync::Mutex::new(value))
    }

    /// Waits until no other thread holds the value, then lends it.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the value back.
    pub fn into_inner(self) -> T {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A value that many threads may read at once, or one may write.
#[derive(Debug, Default)]
pub struct RwLock<T>(std::sync::RwLock<T>);

impl<T> RwLock<T> {
    /// A new lock around `value`.
    pub const fn new(value: T) -> Self {
        RwLock(std::sync::RwLock::new(value))
    }

    /// Waits until no thread writes, then lends the value for reading.
    pub fn read(&self) -> RwLockReadGuard<'_, T> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until no other thread reads or writes, then lends the value.
    pub fn write(&self) -> RwLockWriteGuard<'_, T> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the value back.
    pub fn into_inner(self) -> T {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
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
    pub fn wait_while<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        waiting: impl FnMut(&mut T) -> bool,
    ) -> MutexGuard<'a, T> {
        self.0
            .wait_while(guard, waiting)
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes one sleeping thread.
    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    /// Wakes every sleeping thread.
    pub fn notify_all(&self) {
        self.0.notify_all();
    }
}
