//! Several reads and writes as one.

use std::fmt;

use crate::{Cursor, KeyRange, Order, Result};

/// How much of the other transactions one can notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Isolation {
    /// Each read sees the newest committed value.
    ReadCommitted,
    /// All reads see the moment at which the transaction began; of two that
    /// write the same key, the first to commit wins.
    Snapshot,
    /// As if the transactions had run one after the other.
    Serializable,
}

/// Engines with transactions.
pub trait Transactional {
    /// Begins a transaction.
    ///
    /// # Errors
    ///
    /// [`Error::Busy`](crate::Error::Busy), where the engine can hold only so
    /// many.
    fn begin(&self, isolation: Isolation) -> Result<Box<dyn Transaction + '_>>;
}

/// Reads and writes that become visible together, or never. Dropping a
/// transaction rolls it back.
pub trait Transaction: Send {
    /// As [`StorageEngine::get_into`](crate::StorageEngine::get_into), the
    /// transaction's own writes included.
    ///
    /// # Errors
    ///
    /// As there, [`Error::Conflict`](crate::Error::Conflict) and
    /// [`Error::Deadlock`](crate::Error::Deadlock).
    fn get_into(&mut self, key: &[u8], value: &mut Vec<u8>) -> Result<bool>;

    /// Stores `value` under `key` when the transaction commits.
    ///
    /// # Errors
    ///
    /// As for [`get_into`](Self::get_into), and
    /// [`Error::TooLarge`](crate::Error::TooLarge).
    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()>;

    /// Removes `key` when the transaction commits.
    ///
    /// # Errors
    ///
    /// As for [`put`](Self::put).
    fn delete(&mut self, key: &[u8]) -> Result<()>;

    /// As [`StorageEngine::scan`](crate::StorageEngine::scan), the
    /// transaction's own writes included.
    ///
    /// # Errors
    ///
    /// As for [`get_into`](Self::get_into).
    fn scan<'s>(&'s mut self, range: KeyRange<'_>, order: Order) -> Result<Box<dyn Cursor + 's>>;

    /// Makes the transaction's writes visible, all at once.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`](crate::Error::Conflict), and what the engine's
    /// [`write`](crate::StorageEngine::write) can answer. The transaction is
    /// then rolled back.
    fn commit(self: Box<Self>) -> Result<()>;

    /// Forgets the transaction's writes.
    fn rollback(self: Box<Self>);
}

/// How a transaction waits for a lock: handed in, so that one thread can run
/// every interleaving of several transactions.
pub trait Wait: Send + Sync + fmt::Debug {
    /// Returns once `ready` answers true. It may be called any number of
    /// times, on the calling thread only.
    ///
    /// # Errors
    ///
    /// [`Error::Busy`](crate::Error::Busy), where nothing that is left to run
    /// could make it true.
    fn wait_until(&self, ready: &mut dyn FnMut() -> bool) -> Result<()>;

    /// Says that something changed for which others may be waiting.
    fn notify(&self);
}
