//! Writes a table.

use engine::Result;
use engine::disk::File;

use super::TableInfo;
use super::footer::Footer;
use super::stored::{Handle, Stored, TRAILER_BYTES};
use crate::block::{BlockBuilder, KEY_BYTES_MAX, common_prefix};
use crate::bloom::FilterBuilder;
use crate::compression::{Compression, Compressor};

/// How much is gathered before it is written, in bytes.
const PIECE_BYTES: usize = 64 << 10;

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableOptions {
    /// A data block ends with the entry that brings it to this many bytes.
    pub block_bytes: usize,
    /// How data blocks are compressed, where that is worth it.
    pub compression: Compression,
    /// The bits that the filter has for each key; without any there is no
    /// filter.
    pub bloom_bits_per_key: u32,
}

impl Default for TableOptions {
    fn default() -> Self {
        TableOptions {
            block_bytes: 4096,
            compression: Compression::None,
            bloom_bits_per_key: 10,
        }
    }
}

/// Writes a table, entry by entry, in the order of their keys.
///
/// ```text
/// offset  size  field
///      0     …  data    blocks of entries
///      …     …  filter  a block: what `bloom` says of the keys
///      …     …  index   a block: an entry for each data block
///      …    64  footer
/// ```
///
/// The index has an entry for each data block, in their order. Its value says
/// where the block stands, and its key *separates* that from the block before:
/// it is the shortest key that is larger than the last of the block before and
/// at most the block's first. The first block's is empty. So a key can only be
/// in the last block whose entry in the index is at most that key.
///
/// Filter and index are never compressed: every read needs them, and a map
/// lends them where they are.
#[derive(Debug)]
pub struct TableBuilder {
    options: TableOptions,
    file: Box<dyn File>,
    /// What comes after what was written.
    pending: Vec<u8>,
    written: u64,
    block: BlockBuilder,
    compressor: Compressor,
    index: BlockBuilder,
    /// The key that the block has in the index.
    separator: Vec<u8>,
    /// A handle's bytes.
    place: Vec<u8>,
    filter: FilterBuilder,
    blocks: u32,
    /// What is known so far.
    info: TableInfo,
}

/// A table that is written and not synced.
#[derive(Debug)]
pub struct Finished {
    /// Its file.
    pub file: Box<dyn File>,
    /// What is to be known of it.
    pub info: TableInfo,
}

impl TableBuilder {
    /// Begins the table of this number in an empty file.
    pub fn new(file: Box<dyn File>, number: u32, options: TableOptions) -> Self {
        TableBuilder {
            options,
            file,
            pending: Vec::with_capacity(PIECE_BYTES),
            written: 0,
            block: BlockBuilder::new(),
            compressor: Compressor::new(options.compression),
            index: BlockBuilder::new(),
            separator: Vec::new(),
            place: Vec::new(),
            filter: FilterBuilder::new(),
            blocks: 0,
            info: TableInfo {
                number,
                bytes: 0,
                entries: 0,
                tombstones: 0,
                smallest: Vec::new(),
                largest: Vec::new(),
            },
        }
    }

    /// Adds an entry, whose key is larger than all before; without a value it
    /// is a tombstone.
    ///
    /// # Errors
    ///
    /// [`NoSpace`](engine::Error::NoSpace) and [`Io`](engine::Error::Io); there
    /// will be no table then.
    ///
    /// # Panics
    ///
    /// Where the key is not larger than the one before, or longer than keys
    /// are.
    ///
    /// # Exercise 3.7
    pub fn add(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<()> {
        todo!(
            "exercise 3.7: Adds an entry, whose key is larger than all before; without a value it is a tombstone"
        )
    }

    /// How many bytes the table has so far, its filter and index left out.
    pub fn bytes(&self) -> u64 {
        let block = if self.block.is_empty() {
            0
        } else {
            self.block.len() + TRAILER_BYTES
        };
        self.offset() + block as u64
    }

    /// Writes what is missing. Nothing is synced.
    ///
    /// # Errors
    ///
    /// As for [`add`](Self::add).
    ///
    /// # Exercise 3.7
    pub fn finish(mut self) -> Result<Finished> {
        todo!("exercise 3.7: Writes what is missing")
    }

    /// Ends the data block, and puts it into the index.
    ///
    /// # Exercise 3.7
    fn end_block(&mut self) -> Result<()> {
        todo!("exercise 3.7: Ends the data block, and puts it into the index")
    }

    /// Appends a block as it is.
    fn store(&mut self, bytes: &[u8]) -> Handle {
        let handle = Handle {
            offset: self.offset(),
            len: stored_len(bytes),
        };
        let compression = Compression::None;
        let stored = Stored { compression, bytes };
        stored.append_to(&mut self.pending, self.info.number, handle.offset);
        handle
    }

    /// Where the next block will stand.
    fn offset(&self) -> u64 {
        self.written + self.pending.len() as u64
    }

    fn write_pending(&mut self) -> Result<()> {
        self.file.write_at(self.written, &self.pending)?;
        self.written += self.pending.len() as u64;
        self.pending.clear();
        Ok(())
    }
}

/// The shortest key that is larger than `last` and at most `first`, which is
/// larger: what both begin with, and one byte more.
///
/// # Exercise 3.7
pub fn separator<'k>(last: &[u8], first: &'k [u8]) -> &'k [u8] {
    todo!(
        "exercise 3.7: The shortest key that is larger than `last` and at most `first`, which is larger: what both begin with, and one byte more"
    )
}

fn stored_len(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).expect("a block is below 4 GiB")
}
