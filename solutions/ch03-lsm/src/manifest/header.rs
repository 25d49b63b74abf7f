//! What stands in front of a manifest's edits.

use engine::{Error, Result};

/// The first bytes of every manifest.
pub const MAGIC: [u8; 8] = *b"STRATA3M";
/// The version of the format that is written and read here.
pub const VERSION: u32 = 1;
/// The length of a header.
pub const HEADER_BYTES: u32 = 24;

/// What stands in front of a manifest's edits.
///
/// The numbers are little-endian.
///
/// ```text
/// offset  size  field
///      0     8  magic    "STRATA3M"
///      8     4  version  of this format: 1
///     12     4  crc32    over everything after it, up to the first edit
///     16     8  proven   how many bytes of the file were durable before it got its name
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// How many bytes of the file were durable before it got its name.
    pub proven: u64,
}

impl Header {
    /// Its bytes.
    pub fn to_bytes(self) -> [u8; HEADER_BYTES as usize] {
        let mut bytes = [0; HEADER_BYTES as usize];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[16..].copy_from_slice(&self.proven.to_le_bytes());
        let crc32 = crc32fast::hash(&bytes[16..]);
        bytes[12..16].copy_from_slice(&crc32.to_le_bytes());
        bytes
    }

    /// The header at the start of the manifest called `name`.
    ///
    /// # Errors
    ///
    /// [`Error::Version`] where it is of another version; [`Error::Corrupt`]
    /// where it is no header.
    pub fn decode(name: &str, bytes: &[u8]) -> Result<Self> {
        let damage = |offset, what| Err(Error::corrupt(name, offset, what));
        let Some(header) = bytes.first_chunk::<{ HEADER_BYTES as usize }>() else {
            return damage(0, "the header is cut off");
        };
        let [
            magic @ ..,
            v0,
            v1,
            v2,
            v3,
            c0,
            c1,
            c2,
            c3,
            p0,
            p1,
            p2,
            p3,
            p4,
            p5,
            p6,
            p7,
        ] = *header;
        if magic != MAGIC {
            return damage(0, "this is no manifest");
        }
        let version = u32::from_le_bytes([v0, v1, v2, v3]);
        if version != VERSION {
            return Err(Error::Version {
                file: name.to_owned(),
                found: version,
                supported: VERSION,
            });
        }
        if crc32fast::hash(&header[16..]) != u32::from_le_bytes([c0, c1, c2, c3]) {
            return damage(12, "the checksum of the header does not match");
        }
        let proven = u64::from_le_bytes([p0, p1, p2, p3, p4, p5, p6, p7]);
        Ok(Header { proven })
    }
}
