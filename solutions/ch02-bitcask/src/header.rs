//! What stands in front of a data file's records.

use engine::{Error, Result};

/// The first bytes of every data file.
pub const MAGIC: [u8; 8] = *b"STRATA-2";
/// The version of the format that is written and read here.
pub const VERSION: u32 = 1;
/// The length of a header.
pub const HEADER_BYTES: u32 = 28;

/// A header's bytes.
pub type HeaderBytes = [u8; HEADER_BYTES as usize];

/// What stands in front of a data file's records.
///
/// The numbers are little-endian.
///
/// ```text
/// offset  size  field
///      0     8  magic    "STRATA-2"
///      8     4  version  of this format: 1
///     12     4  crc32    over everything after it, up to the first record
///     16     4  number   of this file
///     20     4  first    number of the first file whose place it takes
///     24     4  last     number of the last
/// ```
///
/// A file that was written record by record takes its own place: `first` and
/// `last` are its number. One that a merge has written takes the place of the
/// files that were merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The number of the file.
    pub number: u32,
    /// The number of the first file whose place it takes.
    pub first: u32,
    /// The number of the last.
    pub last: u32,
}

impl Header {
    /// The header of a file that takes nobody's place.
    pub fn of(number: u32) -> Self {
        Header {
            number,
            first: number,
            last: number,
        }
    }

    /// Answers whether this file holds what `other` holds, and so makes that
    /// one superfluous.
    pub fn replaces(&self, other: &Header) -> bool {
        self.number > other.number && self.first <= other.first && other.last <= self.last
    }

    /// Its bytes.
    pub fn to_bytes(self) -> HeaderBytes {
        let mut bytes = [0; HEADER_BYTES as usize];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.number.to_le_bytes());
        bytes[20..24].copy_from_slice(&self.first.to_le_bytes());
        bytes[24..].copy_from_slice(&self.last.to_le_bytes());
        let crc32 = crc32fast::hash(&bytes[16..]);
        bytes[12..16].copy_from_slice(&crc32.to_le_bytes());
        bytes
    }

    /// The header at the start of the data file called `name`, which has this
    /// number.
    ///
    /// # Errors
    ///
    /// [`Error::Version`] where it is of another version; [`Error::Corrupt`]
    /// where it is no header or another file's.
    pub fn decode(name: &str, number: u32, bytes: &[u8]) -> Result<Self> {
        let damage = |offset, what| Err(Error::corrupt(name, offset, what));
        let Some(header) = bytes.first_chunk::<{ HEADER_BYTES as usize }>() else {
            return damage(0, "the header is cut off");
        };
        if header[..8] != MAGIC {
            return damage(0, "this is no data file");
        }
        let version = u32_at(header, 8);
        if version != VERSION {
            return Err(Error::Version {
                file: name.to_owned(),
                found: version,
                supported: VERSION,
            });
        }
        if crc32fast::hash(&header[16..]) != u32_at(header, 12) {
            return damage(12, "the checksum of the header does not match");
        }
        if u32_at(header, 16) != number {
            return damage(16, "this is the data file of another number");
        }
        Ok(Header {
            number,
            first: u32_at(header, 20),
            last: u32_at(header, 24),
        })
    }
}

fn u32_at(bytes: &HeaderBytes, at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
