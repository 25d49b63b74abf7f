//! A walk over entries, newest state only: what memtables, tables and their
//! mergers have in common.

use std::ops::Bound;

use engine::Result;

/// A walk over entries in one order, which was fixed when it was made. Each key
/// comes at most once.
///
/// A fresh source stands nowhere, until the first [`seek`](Self::seek).
pub trait Source: Send {
    /// The key where it stands; `None` after the last one.
    fn key(&self) -> Option<&[u8]>;

    /// The value where it stands; `None` where the entry is a *tombstone*: the
    /// key was deleted.
    fn value(&self) -> Option<&[u8]>;

    /// Steps to the next entry in its order. After the last one it stays.
    ///
    /// # Errors
    ///
    /// What kept the entry from being read.
    fn advance(&mut self) -> Result<()>;

    /// Steps, forwards or backwards, to the first entry in its order that does
    /// not lie before `to`. Ascending, that is the smallest key which is at
    /// least an included bound, or larger than an excluded one; descending, the
    /// largest which is at most an included bound, or smaller than an excluded
    /// one. Unbounded, it is the first entry in its order.
    ///
    /// # Errors
    ///
    /// As for [`advance`](Self::advance).
    fn seek(&mut self, to: Bound<&[u8]>) -> Result<()>;
}
