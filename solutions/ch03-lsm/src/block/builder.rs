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
        let shared = if self.entries.is_multiple_of(GROUP_ENTRIES) {
            self.groups.push((self.keys.len(), self.bytes.len()));
            0
        } else {
            common_prefix(&self.last_key, key)
        };
        let suffix = &key[shared..];
        let value_len = value.map_or(0, |value| value.len() as u64 + 1);
        varint::append(&mut self.keys, shared as u64);
        varint::append(&mut self.keys, suffix.len() as u64);
        varint::append(&mut self.keys, value_len);
        self.keys.extend_from_slice(suffix);
        self.bytes.extend_from_slice(value.unwrap_or_default());
        self.last_key.truncate(shared);
        self.last_key.extend_from_slice(suffix);
        self.entries += 1;
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
        let number = |len: usize| u32::try_from(len).expect("a block is below 4 GiB");
        let values = self.bytes.len();
        self.bytes.extend_from_slice(&self.keys);
        for (key, value) in &self.groups {
            self.bytes
                .extend_from_slice(&number(values + key).to_le_bytes());
            self.bytes.extend_from_slice(&number(*value).to_le_bytes());
        }
        let groups = number(self.groups.len());
        self.bytes.extend_from_slice(&groups.to_le_bytes());
        &self.bytes
    }

    /// Begins an empty block, in the same memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.keys.clear();
        self.groups.clear();
        self.entries = 0;
    }
}
