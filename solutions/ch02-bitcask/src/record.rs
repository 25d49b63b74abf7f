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
        let start = bytes.len();
        let (kind, key, value_len, value, expires) = match self.says {
            Says::Put {
                key,
                value,
                expires: None,
            } => (PUT, key, file_len(value.len()), value, None),
            Says::Put {
                key,
                value,
                expires: Some(at),
            } => (EXPIRING_PUT, key, file_len(value.len()), value, Some(at)),
            Says::Delete { key } => (DELETE, key, 0, &[][..], None),
            Says::Synced { up_to } => (SYNCED, &[][..], up_to, &[][..], None),
            Says::Seal => (SEAL, &[][..], 0, &[][..], None),
        };
        let goes_on = if self.goes_on { GOES_ON } else { 0 };
        let key_len = u16::try_from(key.len()).expect("keys keep within the limit");
        bytes.extend_from_slice(&[0; 4]);
        bytes.push(kind | goes_on);
        bytes.extend_from_slice(&key_len.to_le_bytes());
        bytes.extend_from_slice(&value_len.to_le_bytes());
        if let Some(at) = expires {
            bytes.extend_from_slice(&millis(at).to_le_bytes());
        }
        bytes.extend_from_slice(key);
        bytes.extend_from_slice(value);
        let crc32 = checksum(place, &bytes[start + 4..]);
        bytes[start..start + 4].copy_from_slice(&crc32.to_le_bytes());
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
        let Some((head, rest)) = bytes.split_first_chunk::<{ HEAD_BYTES as usize }>() else {
            return Err("a record is cut off");
        };
        let [c0, c1, c2, c3, kind, k0, k1, v0, v1, v2, v3] = *head;
        let key_len = usize::from(u16::from_le_bytes([k0, k1]));
        let number = u32::from_le_bytes([v0, v1, v2, v3]);
        let (expiry_len, value_len) = match kind & !GOES_ON {
            PUT => (0, number as usize),
            EXPIRING_PUT => (EXPIRY_BYTES as usize, number as usize),
            DELETE => (0, 0),
            // These have no key, and are looked for in places that are no records.
            SYNCED | SEAL if key_len == 0 => (0, 0),
            _ => return Err("no record begins here"),
        };
        let Some(body) = value_len
            .checked_add(expiry_len + key_len)
            .and_then(|len| rest.get(..len))
        else {
            return Err("a record is cut off");
        };
        let checked = &bytes[4..HEAD_BYTES as usize + body.len()];
        if checksum(place, checked) != u32::from_le_bytes([c0, c1, c2, c3]) {
            return Err("the checksum of a record does not match");
        }
        let (expires, body) = body.split_at(expiry_len);
        let (key, value) = body.split_at(key_len);
        let expires = expires
            .first_chunk()
            .map(|at| Duration::from_millis(u64::from_le_bytes(*at)));
        let says = match kind & !GOES_ON {
            DELETE => Says::Delete { key },
            SYNCED => Says::Synced { up_to: number },
            SEAL => Says::Seal,
            _ => Says::Put {
                key,
                value,
                expires,
            },
        };
        let goes_on = kind & GOES_ON != 0;
        Ok(Record { says, goes_on })
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
