//! Writes a block.

use super::{GROUP_ENTRIES, common_prefix};
use crate::varint;

/// Writes a block.
///
/// ```text
/// offset  size  field
///      0     …  values  one after the other
///      …     …  keys    an entry for each key
///      …     8  group   where each group begins
///      …     4  groups  how many there are
/// ```
///
/// The numbers are little-endian. A group begins at two places:
///
/// ```text
/// offset  size  field
///      0     4  entry_at  where its first entry begins
///      4     4  value_at  where its first value begins
/// ```
///
/// Each entry is
///
/// ```text
/// offset  size  field
///      0     …  shared      varint: how many bytes of the key before this one begins with
///      …     …  suffix_len  varint: bytes of the key after those
///      …     …  value_len   varint: 0 for a tombstone, else 1 more than the value has bytes
///      …     …  suffix      the key, without what is shared
/// ```
///
/// and the first of a group shares nothing.
#[derive(Debug, Default)]
pub struct BlockBuilder {
    /// The values; after them all else, when the block ends.
    bytes: Vec<u8>,
    keys: Vec<u8>,
    /// Where each group begins, among the keys and among the values.
    groups: Vec<(usize, usize)>,
    entries: usize,
    last_key: Vec<u8>,
}

impl BlockBuilder {
    /// An empty block.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends an entry, whose key is larger than all before; without a value
    /// it is a tombstone.
    ///
    /// # Exercise 3.4
    pub fn add(&mut self, key: &[u8], value: Option<&[u8]>) {
        todo!(
            "exercise 3.4: Appends an entry, whose key is larger than all before; without a value it is a tombstone"
        )
    }

    /// How long the block is so far, in bytes.
    pub fn len(&self) -> usize {
        self.bytes.len() + self.keys.len() + 8 * self.groups.len() + 4
    }

    /// Answers whether it has no entry.
    pub fn is_empty(&self) -> bool {
        self.entries == 0
    }

    /// The key of the last entry, be it in this block or, where this one has
    /// none, in the one before.
    pub fn last_key(&self) -> &[u8] {
        &self.last_key
    }

    /// Ends the block, and lends its bytes. [`clear`](Self::clear) comes next.
    ///
    /// # Exercise 3.4
    pub fn finish(&mut self) -> &[u8] {
        todo!("exercise 3.4: Ends the block, and lends its bytes")
    }

    /// Begins an empty block, in the same memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.keys.clear();
        self.groups.clear();
        self.entries = 0;
    }
}
