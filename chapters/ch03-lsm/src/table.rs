//! A table: sorted entries in a file that never changes.

use std::sync::Arc;

use engine::disk::{Disk, Mode};
use engine::sync::atomic::AtomicU32;
use engine::{Counters, Error, Order, Result};
use serde::{Deserialize, Serialize};

pub mod builder;
pub mod footer;
mod reader;
pub mod source;
pub mod stored;

pub use builder::{Finished, TableBuilder, TableOptions};
pub use source::TableSource;

use crate::block::Block;
use crate::bloom::Filter;
use crate::cache::BlockCache;
use footer::{FOOTER_BYTES, Footer};
use reader::{Bytes, Origin, PREFETCHES, Reader};
use stored::Handle;

/// What is known of a table without opening it; the manifest tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableInfo {
    /// The number in its name.
    pub number: u32,
    /// The length of its file, in bytes.
    pub bytes: u64,
    /// How many entries it has, tombstones included.
    pub entries: u64,
    /// How many of them are tombstones.
    pub tombstones: u64,
    /// The smallest key.
    #[serde(with = "serde_bytes")]
    pub smallest: Vec<u8>,
    /// The largest key.
    #[serde(with = "serde_bytes")]
    pub largest: Vec<u8>,
}

/// The name of the table of this number.
pub fn file_name(number: u32) -> String {
    format!("{number:010}.table")
}

/// A table that is open.
///
/// It keeps nothing of what the file holds but where filter and index stand:
/// they are read as the data blocks are.
#[derive(Debug)]
pub struct Table {
    info: TableInfo,
    footer: Footer,
    reader: Reader,
}

impl Table {
    /// Opens the table that `info` tells of. Of its file, the footer alone is
    /// read.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] where the file is not as long as it was, or its
    /// footer is damaged; [`Error::Version`]; [`Error::Io`].
    pub fn open(
        disk: &dyn Disk,
        info: TableInfo,
        cache: Arc<BlockCache>,
        counters: Arc<Counters>,
    ) -> Result<Self> {
        let name = file_name(info.number);
        let file = disk.open(&name, Mode::Read)?;
        let len = file.len()?;
        let offset = len.checked_sub(FOOTER_BYTES as u64);
        let Some(offset) = offset.filter(|_| len == info.bytes) else {
            return Err(Error::corrupt(
                &name,
                len.min(info.bytes),
                format!("the file has {len} bytes, and had {}", info.bytes),
            ));
        };
        let mut bytes = [0; FOOTER_BYTES];
        file.read_exact_at(offset, &mut bytes)?;
        let footer = Footer::decode(&name, info.number, offset, &bytes)?;
        if (footer.entries, footer.tombstones) != (info.entries, info.tombstones) {
            return Err(Error::corrupt(&name, offset, "this is another table"));
        }
        let origin = match file.map() {
            Ok(map) => Origin::Map(map),
            Err(Error::Unsupported { .. }) => Origin::File(file),
            Err(error) => return Err(error),
        };
        let blocks = footer.blocks as usize;
        let reader = Reader {
            number: info.number,
            name,
            origin,
            blocks,
            proven: Reader::nothing_proven(blocks + 2),
            prefetches_left: AtomicU32::new(PREFETCHES),
            cache,
            counters,
        };
        Ok(Table {
            info,
            footer,
            reader,
        })
    }

    /// What is known of it.
    pub fn info(&self) -> &TableInfo {
        &self.info
    }

    /// Looks `key` up. `None`: the table says nothing of it. `Some(true)`:
    /// `value` holds its value, in place of what it held. `Some(false)`: it is
    /// deleted.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] and [`Error::Io`].
    ///
    /// # Exercise 3.9
    pub fn get(&self, key: &[u8], value: &mut Vec<u8>) -> Result<Option<bool>> {
        todo!("exercise 3.9: Looks `key` up")
    }

    /// A walk over its entries.
    pub fn source(self: &Arc<Self>, order: Order) -> TableSource {
        TableSource::new(Arc::clone(self), order)
    }

    /// Answers `false` where the filter says that `key` is not there.
    fn may_contain(&self, key: &[u8]) -> Result<bool> {
        let handle = self.footer.filter;
        if handle.len == 0 {
            return Ok(true);
        }
        let bytes = self.reader.block(self.blocks(), handle)?;
        match Filter::new(&bytes) {
            Ok(filter) => Ok(filter.may_contain(key)),
            Err(what) => Err(self.reader.damage(handle, what)),
        }
    }

    /// What its footer says.
    pub fn footer(&self) -> &Footer {
        &self.footer
    }

    /// How many data blocks there are.
    fn blocks(&self) -> usize {
        self.footer.blocks as usize
    }

    /// The one data block that `key` can be in: its number, and where it
    /// stands.
    fn find(&self, key: &[u8]) -> Result<Option<(usize, Handle)>> {
        self.in_index(|index| {
            let last = index.last_at_most(key)?;
            Ok(last.map(|last| (last.number, last.value.and_then(Handle::decode))))
        })
    }

    /// The data block of this number, and where it stands.
    fn handle(&self, number: usize) -> Result<Option<(usize, Handle)>> {
        self.in_index(|index| {
            let handle = index.nth(number)?.and_then(Handle::decode);
            Ok(Some((number, handle)))
        })
    }

    /// The data block that `choose` finds in the index: its number, and where it
    /// stands.
    fn in_index(
        &self,
        choose: impl FnOnce(Block<'_>) -> Result<Option<(usize, Option<Handle>)>, &'static str>,
    ) -> Result<Option<(usize, Handle)>> {
        let damage = |what| self.reader.damage(self.footer.index, what);
        let bytes = self.index()?;
        match Block::new(&bytes).and_then(choose).map_err(damage)? {
            None => Ok(None),
            Some((number, Some(handle)))
                if number < self.blocks() && handle.end() <= self.footer.filter.offset =>
            {
                Ok(Some((number, handle)))
            }
            Some(_) => Err(damage("the index leads to where no blocks can be")),
        }
    }

    fn index(&self) -> Result<Bytes<'_>> {
        self.reader.block(self.blocks() + 1, self.footer.index)
    }
}
