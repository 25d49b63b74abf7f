//! The engine: a `BTreeMap` behind a lock.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::sync::RwLock;
use engine::{
    Counter, Counters, Cursor, Entry, KeyRange, Limits, Order, Result, Stats, StorageEngine, Write,
};

use crate::cursor::{Chunk, MemoryCursor};
use crate::ranges::entries_in;
use crate::snapshot;

/// The entries of an engine, in the order of their keys.
pub type Map = BTreeMap<Vec<u8>, Vec<u8>>;

/// The largest key, value and batch. A map has no bounds of its own; these
/// keep one mistaken write from taking all memory.
pub const LIMITS: Limits = Limits {
    key_bytes_max: 64 << 10,
    value_bytes_max: 16 << 20,
    batch_bytes_max: 64 << 20,
};

/// An engine that keeps everything in memory, and forgets it when it is
/// dropped: it promises no more than clauses 1 to 4 and 9.
#[derive(Debug, Default)]
pub struct Memory {
    pub(crate) contents: RwLock<Contents>,
    counters: Arc<Counters>,
}

/// What the lock protects.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    map: Map,
    /// How many batches and updates were taken: equal counts mean equal maps.
    pub(crate) changes: u64,
}

impl Memory {
    /// An engine without entries.
    pub fn new() -> Self {
        Self::default()
    }

    /// An engine that begins with `map`, and adds to `counters`.
    pub fn with(map: Map, counters: Arc<Counters>) -> Self {
        let contents = RwLock::new(Contents { map, changes: 0 });
        Memory { contents, counters }
    }

    /// Changes the value under `key` in one step.
    ///
    /// `change` is given the value (`None` where the key is absent) and answers
    /// the new one (`None` to remove the key). No other write takes effect in
    /// between. An update counts as one batch, and as one change of the
    /// contents.
    ///
    /// A `get` and a `put` in a row are no substitute. Each is atomic; the two
    /// together are not, and what another thread writes between them is lost.
    ///
    /// `change` must not use this engine: it would wait for itself.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`](engine::Error::TooLarge), for the key or for what
    /// `change` answered. The value is then what it was.
    ///
    /// # Exercise 1.8
    pub fn update(
        &self,
        key: &[u8],
        change: impl FnOnce(Option<&[u8]>) -> Option<Vec<u8>>,
    ) -> Result<()> {
        todo!("exercise 1.8: Changes the value under `key` in one step")
    }

    /// Copies the first entries in `range` to `chunk`. First is what comes first
    /// in `order`; it stops where the range ends or the chunk is full. What the
    /// chunk held before is gone.
    ///
    /// The lock is held for the copying and not a moment longer. Every entry
    /// that is copied counts as visited.
    ///
    /// # Exercise 1.5
    pub(crate) fn copy_chunk(&self, range: &KeyRange<'_>, order: Order, chunk: &mut Chunk) {
        todo!("exercise 1.5: Copies the first entries in `range` to `chunk`")
    }

    /// The whole map as the bytes of a snapshot file, and the number of
    /// changes that had been made to it at that moment; or `None` if that
    /// number is still `saved`.
    ///
    /// The map is encoded in memory, under the read lock: writers wait for
    /// that, but for no disk.
    pub(crate) fn snapshot_unless(&self, saved: u64) -> Result<Option<(Vec<u8>, u64)>> {
        let contents = self.contents.read();
        if contents.changes == saved {
            return Ok(None);
        }
        Ok(Some((snapshot::encode(&contents.map)?, contents.changes)))
    }
}

/// Makes one change to `map`. A put replaces what was under the key, a delete
/// removes it, and deleting what is absent does nothing.
///
/// # Exercise 1.2
pub(crate) fn apply(map: &mut Map, write: Write<'_>) {
    todo!("exercise 1.2: Makes one change to `map`")
}

impl StorageEngine for Memory {
    /// Looks `key` up, under the read lock: readers do not wait for each other.
    ///
    /// Where the key is present, `value` then holds a copy of its value and
    /// nothing else, in the buffer that it already had if that is large
    /// enough. Where it is absent, `value` is empty.
    ///
    /// Each call counts as one get.
    ///
    /// # Exercise 1.1
    fn get_into(&self, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        todo!(
            "exercise 1.1: Looks `key` up, under the read lock: readers do not wait for each other"
        )
    }

    /// Makes all changes of `batch`, in their order, under one write lock. So no
    /// reader sees some of them without the others. What exceeds [`LIMITS`] is
    /// refused before the first change is made.
    ///
    /// A batch that was taken counts as one batch, and as one change of the
    /// contents.
    ///
    /// # Exercise 1.3
    fn write(&self, batch: &[Write<'_>]) -> Result<()> {
        todo!("exercise 1.3: Makes all changes of `batch`, in their order, under one write lock")
    }

    fn scan<'s>(&'s self, range: KeyRange<'_>, order: Order) -> Result<Box<dyn Cursor + 's>> {
        Ok(Box::new(MemoryCursor::new(self, range, order)))
    }

    /// Does nothing: there is no device to wait for.
    fn sync(&self) -> Result<()> {
        Ok(())
    }

    fn close(self: Box<Self>) -> Result<()> {
        Ok(())
    }

    fn limits(&self) -> Limits {
        LIMITS
    }

    fn stats(&self) -> Stats {
        self.counters.stats()
    }
}

impl FromIterator<Entry> for Memory {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        Memory::with(entries.into_iter().collect(), Arc::default())
    }
}
