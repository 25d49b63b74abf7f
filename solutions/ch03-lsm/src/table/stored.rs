//! A block as it stands in a table's file: shorter, perhaps, and with a
//! checksum.

use engine::Result;

use crate::compression::Compression;
use crate::varint;

/// The bytes after each block.
pub const TRAILER_BYTES: usize = 5;

/// Where a block stands in its table's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Handle {
    /// Its first byte, from the file's start.
    pub offset: u64,
    /// Its length in bytes, as it is stored, without what stands after it.
    pub len: u32,
}

impl Handle {
    /// Appends its bytes, as they stand in an index:
    ///
    /// ```text
    /// offset  size  field
    ///      0     …  offset  varint
    ///      …     …  len     varint
    /// ```
    pub fn append_to(self, bytes: &mut Vec<u8>) {
        varint::append(bytes, self.offset);
        varint::append(bytes, u64::from(self.len));
    }

    /// The handle that has these bytes, if they are one.
    pub fn decode(mut bytes: &[u8]) -> Option<Self> {
        let offset = varint::take(&mut bytes)?;
        let len = u32::try_from(varint::take(&mut bytes)?).ok()?;
        bytes.is_empty().then_some(Handle { offset, len })
    }

    /// Where what stands after the block ends, or the last place that there
    /// could be.
    pub fn end(self) -> u64 {
        let len = u64::from(self.len) + TRAILER_BYTES as u64;
        self.offset.saturating_add(len)
    }
}

/// A block as it stands in a table's file.
///
/// The numbers are little-endian.
///
/// ```text
/// offset  size  field
///      0     …  stored       the block, or what it was compressed to
///      …     1  compression  0 none, 1 LZ4, 2 Snappy
///      …     4  crc32        over its place (12 bytes) and everything before
/// ```
///
/// The checksum covers the block's *place*, the number of its table and its
/// offset there: a block that was copied to where it does not belong, by
/// whatever mistake, is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored<'b> {
    /// How it is compressed.
    pub compression: Compression,
    /// The block, or what it was compressed to.
    pub bytes: &'b [u8],
}

impl<'b> Stored<'b> {
    /// Appends its bytes to `file`, for the place in this table at this offset.
    pub fn append_to(&self, file: &mut Vec<u8>, table: u32, offset: u64) {
        let start = file.len();
        file.extend_from_slice(self.bytes);
        file.push(self.compression.number());
        let crc32 = checksum(table, offset, &file[start..]);
        file.extend_from_slice(&crc32.to_le_bytes());
    }

    /// The block that stands in this table at this offset as `bytes`.
    ///
    /// # Errors
    ///
    /// What is wrong, as a phrase.
    pub fn decode(bytes: &'b [u8], table: u32, offset: u64) -> Result<Self, &'static str> {
        let Some((checked, crc32)) = bytes.split_last_chunk() else {
            return Err("a block is cut off");
        };
        if checksum(table, offset, checked) != u32::from_le_bytes(*crc32) {
            return Err("the checksum of a block does not match");
        }
        let Some((number, bytes)) = checked.split_last() else {
            return Err("a block is cut off");
        };
        match Compression::of(*number) {
            Some(compression) => Ok(Stored { compression, bytes }),
            None => Err("a block is compressed in a way that is not known"),
        }
    }
}

/// The checksum of a block at this place; `checked` is what stands before it.
fn checksum(table: u32, offset: u64, checked: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&table.to_le_bytes());
    hasher.update(&offset.to_le_bytes());
    hasher.update(checked);
    hasher.finalize()
}
