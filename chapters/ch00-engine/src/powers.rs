//! What some engines can do beyond the contract. Each is a trait of its own,
//! so that an engine without the power has nothing to stub.

use crate::{Cursor, KeyRange, Order, Result};

/// Work that an engine owes and that no caller is waiting for: merging,
/// flushing, compaction, checkpoints.
///
/// The engine starts no thread for it. Whoever opened the engine calls
/// [`step`](Maintenance::step), from a thread of its own, between two writes,
/// or in a test one piece at a time.
pub trait Maintenance: Send + Sync {
    /// Does one bounded piece of the work that is due, beside reads and
    /// writes.
    ///
    /// # Errors
    ///
    /// What kept the piece from being done. The entries are what they were.
    fn step(&self) -> Result<Progress>;
}

/// What a [`step`](Maintenance::step) did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Nothing was due.
    Idle,
    /// A piece was done; there may be more.
    Worked,
}

/// A structure that can prove itself sound.
pub trait Check {
    /// Reads the whole structure and compares it with its invariants.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](crate::Error::Corrupt), naming the first invariant
    /// that does not hold and where.
    fn check(&self) -> Result<()>;
}

/// Engines that can hold on to one moment.
///
/// Each of their scans does, too: it holds exactly the writes that had taken
/// effect at one moment between the call that opened it and its return, and a
/// batch whole or not at all, however long it is open and wherever it seeks.
pub trait Snapshots {
    /// The entries as they are at one moment between this call and its return,
    /// whatever is written, deleted or merged later. It holds every write that
    /// completed before the call. Writers do not wait for it.
    ///
    /// # Errors
    ///
    /// [`Error::Busy`](crate::Error::Busy), where the engine can hold only so
    /// many.
    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>>;
}

/// The entries of an engine at one moment.
pub trait Snapshot: Send + Sync {
    /// As [`StorageEngine::get_into`](crate::StorageEngine::get_into), at that
    /// moment.
    ///
    /// # Errors
    ///
    /// As there.
    fn get_into(&self, key: &[u8], value: &mut Vec<u8>) -> Result<bool>;

    /// As [`StorageEngine::scan`](crate::StorageEngine::scan), at that moment.
    ///
    /// # Errors
    ///
    /// As there.
    fn scan<'s>(&'s self, range: KeyRange<'_>, order: Order) -> Result<Box<dyn Cursor + 's>>;
}
