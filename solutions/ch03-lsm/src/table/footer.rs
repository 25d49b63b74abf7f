//! The last bytes of a table's file, which say where to begin.

use engine::{Error, Result};

use super::stored::Handle;

/// The last bytes of every table's file.
pub const MAGIC: [u8; 8] = *b"STRATA3T";
/// The version of the format that is written and read here.
pub const VERSION: u32 = 1;
/// The length of a footer.
pub const FOOTER_BYTES: usize = 64;

/// A footer's bytes.
pub type FooterBytes = [u8; FOOTER_BYTES];

/// The last bytes of a table's file, which say where to begin.
///
/// The numbers are little-endian.
///
/// ```text
/// offset  size  field
///      0     8  filter_offset  where the filter stands
///      8     4  filter_len     bytes, without its trailer
///     12     8  index_offset   where the index stands
///     20     4  index_len      bytes, without its trailer
///     24     8  entries        in all data blocks, tombstones included
///     32     8  tombstones     among them
///     40     4  blocks         data blocks
///     44     4  number         of this table
///     48     4  version        of this format: 1
///     52     4  crc32          over everything before
///     56     8  magic          "STRATA3T"
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Footer {
    /// Where the filter stands.
    pub filter: Handle,
    /// Where the index stands.
    pub index: Handle,
    /// How many entries there are, tombstones included.
    pub entries: u64,
    /// How many of them are tombstones.
    pub tombstones: u64,
    /// How many data blocks there are.
    pub blocks: u32,
    /// The table's number.
    pub number: u32,
}

impl Footer {
    /// Its bytes.
    pub fn to_bytes(self) -> FooterBytes {
        let mut bytes = [0; FOOTER_BYTES];
        bytes[..8].copy_from_slice(&self.filter.offset.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.filter.len.to_le_bytes());
        bytes[12..20].copy_from_slice(&self.index.offset.to_le_bytes());
        bytes[20..24].copy_from_slice(&self.index.len.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.entries.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.tombstones.to_le_bytes());
        bytes[40..44].copy_from_slice(&self.blocks.to_le_bytes());
        bytes[44..48].copy_from_slice(&self.number.to_le_bytes());
        bytes[48..52].copy_from_slice(&VERSION.to_le_bytes());
        let crc32 = crc32fast::hash(&bytes[..52]);
        bytes[52..56].copy_from_slice(&crc32.to_le_bytes());
        bytes[56..].copy_from_slice(&MAGIC);
        bytes
    }

    /// The footer of the file called `name`, which is the table of this number
    /// and has its footer at `offset`.
    ///
    /// # Errors
    ///
    /// [`Error::Version`] where it is of another version; [`Error::Corrupt`]
    /// where it is no footer, another table's, or leads beyond itself.
    pub fn decode(name: &str, number: u32, offset: u64, bytes: &FooterBytes) -> Result<Self> {
        let damage = |at: u64, what| Err(Error::corrupt(name, offset + at, what));
        if bytes[56..] != MAGIC {
            return damage(56, "this is no table");
        }
        if u32_at(bytes, 48) != VERSION {
            return Err(Error::Version {
                file: name.to_owned(),
                found: u32_at(bytes, 48),
                supported: VERSION,
            });
        }
        if crc32fast::hash(&bytes[..52]) != u32_at(bytes, 52) {
            return damage(52, "the checksum of the footer does not match");
        }
        if u32_at(bytes, 44) != number {
            return damage(44, "this is the table of another number");
        }
        let handle = |at| Handle {
            offset: u64_at(bytes, at),
            len: u32_at(bytes, at + 8),
        };
        let footer = Footer {
            filter: handle(0),
            index: handle(12),
            entries: u64_at(bytes, 24),
            tombstones: u64_at(bytes, 32),
            blocks: u32_at(bytes, 40),
            number,
        };
        if footer.filter.end() != footer.index.offset || footer.index.end() != offset {
            return damage(0, "the footer leads to where no blocks can be");
        }
        // No block is as short as a byte: that bounds what is kept of each.
        if u64::from(footer.blocks) > footer.filter.offset {
            return damage(40, "the file has no room for so many blocks");
        }
        Ok(footer)
    }
}

fn u32_at(bytes: &FooterBytes, at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

fn u64_at(bytes: &FooterBytes, at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}
