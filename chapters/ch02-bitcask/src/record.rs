//! One change as bytes, with a checksum over all of it.

use std::time::Duration;

use crate::place::{Place, file_len};

/// The bytes in front of a record's key, expiry left out.
pub const HEAD_BYTES: u32 = 11;
/// The length of a seal, and of a mark that tells of a sync.
pub const SEAL_BYTES: u32 = HEAD_BYTES;
/// The bytes of the time at which a put expires.
pub const EXPIRY_BYTES: u32 = 8;

/// What a record says.
///
/// The numbers are little-endian.
///
/// ```text
/// offset  size  field
///      0     4  crc32      over its place (8 bytes) and everything after this field
///      4     1  kind       1 put, 2 expiring put, 3 delete, 4 synced, 5 seal; 128 more: its batch goes on
///      5     2  key_len    bytes
///      7     4  value_len  bytes; of synced: up to where
///     11     …  expires    of an expiring put alone, 8 bytes: milliseconds since 1970
///      …     …  key        any bytes
///      …     …  value      any bytes
/// ```
///
/// The checksum covers the record's *place*, the number of its file and its
/// offset there: a record that was copied to where it does not belong, by
/// whatever mistake, is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// What it says.
    pub says: Says<'a>,
    /// Whether the batch that it belongs to goes on with the next record.
    pub goes_on: bool,
}

/// What a record says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says<'a> {
    /// The key has this value from here on.
    Put {
        /// The key.
        key: &'a [u8],
        /// The value.
        value: &'a [u8],
        /// The time since 1970 from which on it is gone again, to the
        /// millisecond.
        expires: Option<Duration>,
    },
    /// The key has no value from here on: a *tombstone*.
    Delete {
        /// The key.
        key: &'a [u8],
    },
    /// When this was written, the file was durable up to this offset.
    Synced {
        /// The offset.
        up_to: u32,
    },
    /// The file ends after this record, and takes no more.
    Seal,
}

/// The kind of a put.
pub const PUT: u8 = 1;
/// The kind of a put that expires.
pub const EXPIRING_PUT: u8 = 2;
/// The kind of a tombstone.
pub const DELETE: u8 = 3;
/// The kind of a mark that tells of a sync.
pub const SYNCED: u8 = 4;
/// The kind of a seal.
pub const SEAL: u8 = 5;
/// What a kind is larger by where the record's batch goes on with the next.
pub const GOES_ON: u8 = 128;

impl<'a> Record<'a> {
    /// A record that ends its batch.
    pub fn last(says: Says<'a>) -> Self {
        let goes_on = false;
        Record { says, goes_on }
    }

    /// The key that it is about, if it is about one.
    pub fn key(&self) -> Option<&'a [u8]> {
        match self.says {
            Says::Put { key, .. } | Says::Delete { key } => Some(key),
            Says::Synced { .. } | Says::Seal => None,
        }
    }

    /// Its length in bytes.
    pub fn encoded_len(&self) -> u32 {
        HEAD_BYTES
            + match self.says {
                Says::Put {
                    key,
                    value,
                    expires,
                } => file_len(key.len() + value.len()) + expires.map_or(0, |_| EXPIRY_BYTES),
                Says::Delete { key } => file_len(key.len()),
                Says::Synced { .. } | Says::Seal => 0,
            }
    }

    /// Appends the record's bytes to `bytes`, for this place.
    ///
    /// # Exercise 2.1
    pub fn append_to(&self, bytes: &mut Vec<u8>, place: Place) {
        todo!("exercise 2.1: Appends the record's bytes to `bytes`, for this place")
    }

    /// The record at the start of `bytes`, which stand at this place.
    ///
    /// Nothing in it is believed before its checksum has been found right, but
    /// for the lengths that say how far to look for it, and those only as far
    /// as `bytes` go.
    ///
    /// # Errors
    ///
    /// What is wrong, as a phrase.
    ///
    /// # Exercise 2.1
    pub fn decode(bytes: &'a [u8], place: Place) -> Result<Self, &'static str> {
        todo!("exercise 2.1: The record at the start of `bytes`, which stand at this place")
    }
}

/// How long the record at the start of `bytes` says that it is, at the least:
/// no reader needs more bytes to tell that it is wrong.
pub(crate) fn record_len(bytes: &[u8]) -> usize {
    let Some(&[.., kind, k0, k1, v0, v1, v2, v3]) = bytes.first_chunk::<{ HEAD_BYTES as usize }>()
    else {
        return HEAD_BYTES as usize;
    };
    let key_len = usize::from(u16::from_le_bytes([k0, k1]));
    let value_len = u32::from_le_bytes([v0, v1, v2, v3]) as usize;
    let body_len = match kind & !GOES_ON {
        PUT => key_len.saturating_add(value_len),
        EXPIRING_PUT => (EXPIRY_BYTES as usize + key_len).saturating_add(value_len),
        _ => key_len,
    };
    body_len.saturating_add(HEAD_BYTES as usize)
}

/// The checksum of a record at this place; `checked` is what stands after it.
fn checksum(place: Place, checked: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&place.to_bytes());
    hasher.update(checked);
    hasher.finalize()
}

/// The whole milliseconds of a time, the last that can be written for one that
/// lies after it.
fn millis(at: Duration) -> u64 {
    u64::try_from(at.as_millis()).unwrap_or(u64::MAX)
}
