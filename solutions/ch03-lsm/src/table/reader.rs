//! Reads a table's blocks: in place where the file is mapped, through the cache
//! otherwise.

use std::ops::Deref;
use std::sync::Arc;

use engine::disk::{File, Lent, Map};
use engine::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use engine::{Counter, Counters, Error, Result};

use super::stored::{Handle, Stored, TRAILER_BYTES};
use crate::cache::BlockCache;
use crate::compression::{Compression, restore};

/// Reads a table's blocks, each of which it finds sound before it lends it.
///
/// A block that is stored as it is is lent by the map. Its checksum is
/// verified at the first touch, and a bit remembers that: at every touch it
/// would cost more than the search. A block that is compressed, and every block
/// where there is no map, is verified when it is read, and kept in the cache.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) number: u32,
    pub(super) name: String,
    pub(super) origin: Origin,
    /// How many data blocks there are. Filter and index have numbers after
    /// them.
    pub(super) blocks: usize,
    /// A bit for each block: found sound, and stored as it is.
    pub(super) proven: Box<[AtomicU64]>,
    /// How many blocks are still to be asked for by themselves.
    pub(super) prefetches_left: AtomicU32,
    pub(super) cache: Arc<BlockCache>,
    pub(super) counters: Arc<Counters>,
}

/// So many blocks of a table are asked for by themselves, filter and index among
/// them. Whoever looks a few keys up needs nothing of what the system would read
/// around them, and whoever stays is soon glad of it.
pub(super) const PREFETCHES: u32 = 4;

/// Where bytes come from.
#[derive(Debug)]
pub(super) enum Origin {
    Map(Box<dyn Map>),
    File(Box<dyn File>),
}

/// A block's bytes, on loan.
#[derive(Debug)]
pub(super) enum Bytes<'t> {
    Lent(Lent<'t>),
    Kept(Arc<[u8]>),
    Read(Vec<u8>),
}

impl Reader {
    /// As many bits as there are blocks, all of them zero.
    pub(super) fn nothing_proven(blocks: usize) -> Box<[AtomicU64]> {
        let words = blocks / 64 + 1;
        std::iter::repeat_with(AtomicU64::default)
            .take(words)
            .collect()
    }

    /// Lends the block of this number, which stands there.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] where it is not sound; [`Error::Io`].
    pub(super) fn block(&self, number: usize, handle: Handle) -> Result<Bytes<'_>> {
        if let Some(block) = self.at_hand(number, handle)? {
            return Ok(block);
        }
        let fetched = self.fetch(handle)?;
        let stored = self.check(&fetched, handle)?;
        if self.can_be_lent(stored) {
            self.proves(number);
            return self.lend(number, handle);
        }
        let mut block = Vec::new();
        self.restore(number, handle, stored, &mut block)?;
        let block: Arc<[u8]> = block.into();
        self.cache
            .insert(self.number, handle.offset, Arc::clone(&block));
        Ok(Bytes::Kept(block))
    }

    /// Copies the block of this number, which stands there, into `block`. What
    /// the cache holds stays as it is.
    ///
    /// # Errors
    ///
    /// As for [`block`](Self::block).
    pub(super) fn copy(&self, number: usize, handle: Handle, block: &mut Vec<u8>) -> Result<()> {
        block.clear();
        if let Some(bytes) = self.at_hand(number, handle)? {
            block.extend_from_slice(&bytes);
            return Ok(());
        }
        let fetched = self.fetch(handle)?;
        let stored = self.check(&fetched, handle)?;
        if self.can_be_lent(stored) {
            self.proves(number);
            block.extend_from_slice(&self.lend(number, handle)?);
            return Ok(());
        }
        self.restore(number, handle, stored, block)
    }

    /// That there is damage where this block stands.
    pub(super) fn damage(&self, handle: Handle, what: &str) -> Error {
        Error::corrupt(&self.name, handle.offset, what)
    }

    /// The block, if it can be had without being verified.
    fn at_hand(&self, number: usize, handle: Handle) -> Result<Option<Bytes<'_>>> {
        let bits = self.proven[number / 64].load(Ordering::Relaxed);
        if bits & 1 << (number % 64) != 0 {
            return self.lend(number, handle).map(Some);
        }
        let kept = self.cache.get(self.number, handle.offset);
        if kept.is_some() {
            self.count(number, Counter::CacheHits);
        }
        Ok(kept.map(Bytes::Kept))
    }

    /// Remembers that the block can be lent. Relaxed, as its reading is: the
    /// bit tells of nothing but the file's bytes, which never change.
    fn proves(&self, number: usize) {
        self.proven[number / 64].fetch_or(1 << (number % 64), Ordering::Relaxed);
    }

    fn lend(&self, number: usize, handle: Handle) -> Result<Bytes<'_>> {
        self.count(number, Counter::CacheHits);
        match &self.origin {
            Origin::Map(map) => Ok(Bytes::Lent(map.slice(handle.offset, handle.len as usize)?)),
            Origin::File(_) => unreachable!("blocks are lent by maps alone"),
        }
    }

    fn can_be_lent(&self, stored: Stored<'_>) -> bool {
        stored.compression == Compression::None && matches!(self.origin, Origin::Map(_))
    }

    /// The block as it is stored, and what stands after it.
    fn fetch(&self, handle: Handle) -> Result<Bytes<'_>> {
        let len = handle.len as usize + TRAILER_BYTES;
        match &self.origin {
            Origin::Map(map) => {
                self.prefetch(&**map, handle.offset, len);
                Ok(Bytes::Lent(map.slice(handle.offset, len)?))
            }
            Origin::File(file) => {
                let mut bytes = vec![0; len];
                file.read_exact_at(handle.offset, &mut bytes)?;
                Ok(Bytes::Read(bytes))
            }
        }
    }

    /// Asks for bytes that are about to be read, if they are among the first.
    fn prefetch(&self, map: &dyn Map, offset: u64, len: usize) {
        let one_less = |left: u32| left.checked_sub(1);
        let left = &self.prefetches_left;
        let is_early = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less);
        if is_early.is_ok() {
            map.prefetch(offset, len);
        }
    }

    fn check<'b>(&self, fetched: &'b [u8], handle: Handle) -> Result<Stored<'b>> {
        Stored::decode(fetched, self.number, handle.offset)
            .map_err(|what| self.damage(handle, what))
    }

    fn restore(
        &self,
        number: usize,
        handle: Handle,
        stored: Stored<'_>,
        block: &mut Vec<u8>,
    ) -> Result<()> {
        self.count(number, Counter::CacheMisses);
        restore(stored.compression, stored.bytes, block).map_err(|what| self.damage(handle, what))
    }

    /// Counts that a data block was needed, and whether it was in memory.
    fn count(&self, number: usize, counter: Counter) {
        if number < self.blocks {
            self.counters.add(Counter::PagesTouched, 1);
            self.counters.add(counter, 1);
        }
    }
}

impl Deref for Bytes<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Bytes::Lent(bytes) => bytes,
            Bytes::Kept(bytes) => bytes,
            Bytes::Read(bytes) => bytes,
        }
    }
}
