//! What stands in front of a log's records.

use engine::{Error, Result};

/// The first bytes of every log.
pub const MAGIC: [u8; 8] = *b"STRATA3L";
/// The version of the format that is written and read here.
pub const VERSION: u32 = 1;
/// The length of a header.
pub const HEADER_BYTES: u32 = 24;

/// A header's bytes.
pub type HeaderBytes = [u8; HEADER_BYTES as usize];

/// What stands in front of a log's records.
///
/// The numbers are little-endian.
///
/// ```text
/// offset  size  field
///      0     8  magic     "STRATA3L"
///      8     4  crc32     over all other fields
///     12     4  version   of this format: 1
///     16     4  number    of this log
///     20     4  previous  number of the log before it; 0 where there is none
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The number of the log.
    pub number: u32,
    /// The number of the log before it, 0 where the engine has had none since it
    /// was opened. Nobody would miss a log otherwise.
    pub previous: u32,
}

impl Header {
    /// Its bytes.
    pub fn to_bytes(self) -> HeaderBytes {
        let mut bytes = [0; HEADER_BYTES as usize];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[12..16].copy_from_slice(&VERSION.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.number.to_le_bytes());
        bytes[20..].copy_from_slice(&self.previous.to_le_bytes());
        let crc32 = checksum(&bytes);
        bytes[8..12].copy_from_slice(&crc32.to_le_bytes());
        bytes
    }

    /// The header at the start of the log called `name`, which has this number.
    ///
    /// # Errors
    ///
    /// [`Error::Version`] where it is of another version; [`Error::Corrupt`]
    /// where it is no header or another log's.
    pub fn decode(name: &str, number: u32, bytes: &[u8]) -> Result<Self> {
        let damage = |offset, what| Err(Error::corrupt(name, offset, what));
        let Some(header) = bytes.first_chunk::<{ HEADER_BYTES as usize }>() else {
            return damage(0, "the header is cut off");
        };
        if header[..8] != MAGIC {
            return damage(0, "this is no log");
        }
        if checksum(header) != u32_at(header, 8) {
            return damage(8, "the checksum of the header does not match");
        }
        let version = u32_at(header, 12);
        if version != VERSION {
            return Err(Error::Version {
                file: name.to_owned(),
                found: version,
                supported: VERSION,
            });
        }
        if u32_at(header, 16) != number {
            return damage(16, "this is the log of another number");
        }
        let previous = u32_at(header, 20);
        Ok(Header { number, previous })
    }
}

/// The checksum is looked at before the version: a torn header has any.
pub(crate) fn checksum(header: &HeaderBytes) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&header[..8]);
    hasher.update(&header[12..]);
    hasher.finalize()
}

fn u32_at(bytes: &HeaderBytes, at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
