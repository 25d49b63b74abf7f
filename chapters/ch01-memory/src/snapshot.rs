//! The whole map as the bytes of one checksummed file.

use engine::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_bytes::Bytes;

use crate::memory::Map;

/// The first bytes of every snapshot file: no other kind of file begins so.
pub const MAGIC: [u8; 8] = *b"STRATA-1";
/// The version of the format that is written and read here.
pub const VERSION: u32 = 1;
/// The bytes in front of the payload.
pub const HEADER_BYTES: usize = 24;

/// The numbers in the header of a snapshot file. They are little-endian.
///
/// ```text
/// offset  size  field
///      0     8  magic        "STRATA-1"
///      8     4  version      of this format: 1
///     12     4  crc32        over everything after it
///     16     8  payload_len  bytes
///     24     …  payload      the entries, see `Payload`
/// ```
///
/// The magic and the version stand outside the checksum: they say how to read
/// the rest, the checksum included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The version of the format.
    pub version: u32,
    /// The checksum over the bytes from 16 to the end of the file.
    pub crc32: u32,
    /// The length of the payload in bytes. The file ends with it.
    pub payload_len: u64,
}

impl Header {
    /// The bytes of the header, magic included.
    pub fn to_bytes(self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&self.version.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.crc32.to_le_bytes());
        bytes[16..].copy_from_slice(&self.payload_len.to_le_bytes());
        bytes
    }

    /// The header at the start of `file`, or `None` where that is too short
    /// or begins with another magic.
    pub fn from_bytes(file: &[u8]) -> Option<Self> {
        let (magic, rest) = file.split_first_chunk::<8>()?;
        let (version, rest) = rest.split_first_chunk()?;
        let (crc32, rest) = rest.split_first_chunk()?;
        let (payload_len, _payload) = rest.split_first_chunk()?;
        (*magic == MAGIC).then(|| Header {
            version: u32::from_le_bytes(*version),
            crc32: u32::from_le_bytes(*crc32),
            payload_len: u64::from_le_bytes(*payload_len),
        })
    }
}

/// The checksum that belongs into the header of a file with this payload: over
/// `payload_len`, as it stands in the file, and the payload.
pub(crate) fn checksum(payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&(payload.len() as u64).to_le_bytes());
    hasher.update(payload);
    hasher.finalize()
}

/// The entries in a snapshot file, in the order of their keys, each key once.
///
/// The bytes are bincode's: the number of entries, then for each the length
/// of its key, the key, the length of its value, the value. A number below
/// 251 takes one byte; larger ones take a byte that says how long they are.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Payload<'a> {
    #[serde(borrow)]
    entries: Vec<(&'a Bytes, &'a Bytes)>,
}

impl<'a> Payload<'a> {
    /// The payload that holds the entries of `map`, borrowed.
    pub(crate) fn of(map: &'a Map) -> Self {
        let entries = map
            .iter()
            .map(|(key, value)| (Bytes::new(key), Bytes::new(value)))
            .collect();
        Payload { entries }
    }

    /// The map that holds these entries.
    pub(crate) fn to_map(&self) -> Map {
        let owned = |bytes: &Bytes| bytes.to_vec();
        self.entries
            .iter()
            .map(|(key, value)| (owned(key), owned(value)))
            .collect()
    }

    /// Appends the payload's bytes to `file`.
    pub(crate) fn append_to(&self, file: &mut Vec<u8>) -> Result<()> {
        bincode::serde::encode_into_std_write(self, file, bincode::config::standard())
            .map(|_bytes| ())
            .map_err(|error| Error::Io {
                operation: "encode",
                file: "snapshot".to_owned(),
                kind: std::io::ErrorKind::Other,
                message: error.to_string(),
            })
    }

    /// The payload that fills `bytes` exactly, or `None` where they hold
    /// anything else. Allocates no more than `bytes` can hold.
    pub(crate) fn from_bytes(bytes: &'a [u8]) -> Option<Self> {
        let decoded = bincode::serde::borrow_decode_from_slice(bytes, bincode::config::standard());
        let (payload, len) = decoded.ok()?;
        (len == bytes.len()).then_some(payload)
    }
}

/// The bytes of the snapshot file that holds `map`: header, then payload.
///
/// # Errors
///
/// [`Error::Io`] where the payload cannot be encoded.
///
/// # Exercise 1.9
pub fn encode(map: &Map) -> Result<Vec<u8>> {
    todo!("exercise 1.9: The bytes of the snapshot file that holds `map`: header, then payload")
}

/// The map in a snapshot file called `name` whose bytes are `file`.
///
/// Nothing in the file is believed before it is checked, in this order: the
/// magic, the version, that the file ends where its payload does, the
/// checksum, and last what the payload holds.
///
/// # Errors
///
/// [`Error::Version`] where the version is not [`VERSION`];
/// [`Error::Corrupt`] where another check fails, with the offset of what it
/// found wrong: 0 for the magic, or a file too short for a header; for a wrong
/// length, [`HEADER_BYTES`] and the smaller of the two payload lengths; 12 for
/// the checksum; [`HEADER_BYTES`] for the payload.
///
/// # Exercise 1.9
pub fn decode(name: &str, file: &[u8]) -> Result<Map> {
    todo!("exercise 1.9: The map in a snapshot file called `name` whose bytes are `file`")
}
