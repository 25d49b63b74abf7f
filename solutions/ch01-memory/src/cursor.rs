//! A cursor that copies a chunk at a time.
//!
//! A cursor that held the lock would make every writer wait for the slowest
//! reader; one that copied the map would pay for entries nobody asks for. This
//! one takes the lock, copies the next few entries, lets go, and hands them
//! out. When they are used up it comes back for more, strictly after the last
//! key that it has handed out.
//!
//! ```text
//! the map   a b c d e f g h i j k l m …       lock held:
//!           └──────┘                          while these are copied
//!                   └──────┘                  while these are copied
//! chunk     a b c d          then e f g h     not in between
//!             ▲ at
//! ```
//!
//! What is written meanwhile is seen if it lies after the chunk, and not if
//! it lies within or before it: clause 3 allows both.

use engine::{Cursor, KeyRange, Order, Result};

use crate::memory::Memory;
use crate::ranges::{behind, from_key};

/// A chunk is full when it holds this many entries …
pub(crate) const CHUNK_ENTRIES: usize = 64;
/// … or at least this many bytes of keys and values.
pub(crate) const CHUNK_BYTES: usize = 16 << 10;

/// Entries copied from the map, back to back in one buffer, so that a chunk is
/// two allocations and not two for each entry, and the next chunk none.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    bytes: Vec<u8>,
    /// Where each entry's key and its value end in `bytes`. It begins where
    /// the entry before it ends.
    ends: Vec<(usize, usize)>,
}

impl Chunk {
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Answers whether to stop copying here. A chunk without entries is never
    /// full, however large its first entry will be.
    pub(crate) fn is_full(&self) -> bool {
        self.ends.len() >= CHUNK_ENTRIES || self.bytes.len() >= CHUNK_BYTES
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    pub(crate) fn push(&mut self, key: &[u8], value: &[u8]) {
        self.bytes.extend_from_slice(key);
        let key_end = self.bytes.len();
        self.bytes.extend_from_slice(value);
        self.ends.push((key_end, self.bytes.len()));
    }

    /// The key and value of the entry at `index`, or `None` after the last.
    pub(crate) fn get(&self, index: usize) -> Option<(&[u8], &[u8])> {
        let &(key_end, end) = self.ends.get(index)?;
        let start = match index {
            0 => 0,
            _ => self.ends[index - 1].1,
        };
        Some((&self.bytes[start..key_end], &self.bytes[key_end..end]))
    }
}

/// A place among the entries of a scan over a [`Memory`].
#[derive(Debug)]
pub struct MemoryCursor<'m> {
    memory: &'m Memory,
    /// The bounds of the whole scan, however far it has come.
    pub(crate) range: KeyRange<'static>,
    order: Order,
    chunk: Chunk,
    /// Where the cursor stands in the chunk. After its last entry only when
    /// the whole scan is used up.
    at: usize,
}

impl<'m> MemoryCursor<'m> {
    /// A cursor at the first entry of `range` in `order`.
    pub fn new(memory: &'m Memory, range: KeyRange<'_>, order: Order) -> Self {
        let mut chunk = Chunk::default();
        memory.copy_chunk(&range, order, &mut chunk);
        MemoryCursor {
            memory,
            range: range.into_owned(),
            order,
            chunk,
            at: 0,
        }
    }
}

impl Cursor for MemoryCursor<'_> {
    fn entry(&self) -> Option<(&[u8], &[u8])> {
        self.chunk.get(self.at)
    }

    /// Steps to the next entry. At the end of a full chunk there may be more:
    /// the chunk is filled again, with what comes after its last key. A chunk
    /// that was not full was the last one, and the cursor stays after it.
    ///
    /// # Exercise 1.6
    fn advance(&mut self) -> Result<()> {
        if self.at < self.chunk.len() {
            self.at += 1;
        }
        if self.at == self.chunk.len()
            && self.chunk.is_full()
            && let Some((last, _)) = self.chunk.get(self.at - 1)
        {
            let last = last.to_vec();
            let rest = behind(&self.range, self.order, &last);
            self.memory.copy_chunk(&rest, self.order, &mut self.chunk);
            self.at = 0;
        }
        Ok(())
    }

    /// Steps to the first entry of the scan that does not come before `key`. The
    /// chunk is filled again from there, whichever way it lies.
    ///
    /// # Exercise 1.7
    fn seek(&mut self, key: &[u8]) -> Result<()> {
        let rest = from_key(&self.range, self.order, key);
        self.memory.copy_chunk(&rest, self.order, &mut self.chunk);
        self.at = 0;
        Ok(())
    }
}
