//! A record of a log, with a checksum over all of it.

use engine::{Error, Result, Write};

/// The bytes in front of what a record holds.
pub const HEAD_BYTES: u32 = 9;

/// The longest batch as a record, in bytes: an empty key weighs nothing against
/// the limits, but its change does.
pub const RECORD_BYTES_MAX: u32 = 1 << 30;

/// A record, where it stands.
///
/// The numbers are little-endian.
///
/// ```text
/// offset  size  field
///      0     4  crc32    over its place (8 bytes) and everything after this field
///      4     1  kind     1 batch, 2 synced, 3 end
///      5     4  number   of a batch: how many bytes its changes have; of synced: up to where; of the end: 0
///      9     …  changes  of a batch alone
/// ```
///
/// The checksum covers the record's *place*, the number of its log and its
/// offset there. A change is one of these:
///
/// ```text
/// offset  size  field
///      0     1  kind       1 put, 2 delete
///      1     2  key_len    bytes
///      3     4  value_len  bytes; 0 of a delete
///      7     …  key        any bytes
///      …     …  value      any bytes
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// The number of its log.
    pub log: u32,
    /// Where it begins there.
    pub offset: u32,
    /// What it says.
    pub says: Says<'a>,
}

/// What a record says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says<'a> {
    /// These changes were made, all of them.
    Batch(Changes<'a>),
    /// When this was written, the log was durable up to this offset.
    Synced {
        /// The offset.
        up_to: u32,
    },
    /// The log ends after this record.
    End,
}

/// The changes of a batch: as a caller hands them in, or as a record holds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changes<'a> {
    /// As a caller hands them in.
    Writes(&'a [Write<'a>]),
    /// As a record holds them.
    Bytes(&'a [u8]),
}

/// The kind of a batch.
pub const BATCH: u8 = 1;
/// The kind of a mark that tells of a sync.
pub const SYNCED: u8 = 2;
/// The kind of the record that ends a log.
pub const END: u8 = 3;
/// The kind of a change that puts.
pub const PUT: u8 = 1;
/// The kind of a change that deletes.
pub const DELETE: u8 = 2;
/// The bytes in front of a change's key.
pub const CHANGE_BYTES: usize = 7;

impl<'a> Record<'a> {
    /// Appends the record's bytes to `bytes`.
    ///
    /// # Exercise 3.3
    pub fn append_to(&self, bytes: &mut Vec<u8>) {
        let start = bytes.len();
        bytes.extend_from_slice(&[0; HEAD_BYTES as usize]);
        let (kind, number) = match self.says {
            Says::Batch(changes) => {
                changes.append_to(bytes);
                (BATCH, log_len(bytes.len() - start) - HEAD_BYTES)
            }
            Says::Synced { up_to } => (SYNCED, up_to),
            Says::End => (END, 0),
        };
        bytes[start + 4] = kind;
        bytes[start + 5..start + 9].copy_from_slice(&number.to_le_bytes());
        let crc32 = checksum(self.log, self.offset, &bytes[start + 4..]);
        bytes[start..start + 4].copy_from_slice(&crc32.to_le_bytes());
    }

    /// The record at the start of `bytes`, which stand at this offset of the log
    /// of this number, and how long it is.
    ///
    /// Nothing in it is believed before its checksum has been found right, but
    /// for the length that says how far to look for it.
    ///
    /// # Errors
    ///
    /// What is wrong, as a phrase.
    ///
    /// # Exercise 3.3
    pub fn decode(bytes: &'a [u8], log: u32, offset: u32) -> Result<(Self, u32), &'static str> {
        let Some((head, rest)) = bytes.split_first_chunk::<{ HEAD_BYTES as usize }>() else {
            return Err("a record is cut off");
        };
        let [c0, c1, c2, c3, kind, n0, n1, n2, n3] = *head;
        let number = u32::from_le_bytes([n0, n1, n2, n3]);
        let body_len = match kind {
            BATCH => number as usize,
            SYNCED | END => 0,
            _ => return Err("no record begins here"),
        };
        let Some(body) = rest.get(..body_len) else {
            return Err("a record is cut off");
        };
        let len = HEAD_BYTES as usize + body_len;
        if checksum(log, offset, &bytes[4..len]) != u32::from_le_bytes([c0, c1, c2, c3]) {
            return Err("the checksum of a record does not match");
        }
        let says = match kind {
            BATCH => Says::Batch(Changes::Bytes(body)),
            SYNCED => Says::Synced { up_to: number },
            _ => Says::End,
        };
        Ok((Record { log, offset, says }, log_len(len)))
    }
}

impl<'a> Changes<'a> {
    fn append_to(&self, bytes: &mut Vec<u8>) {
        match self {
            Changes::Bytes(changes) => bytes.extend_from_slice(changes),
            Changes::Writes(writes) => {
                for write in *writes {
                    append_change(write, bytes);
                }
            }
        }
    }

    /// Calls `each` with the changes, in their order.
    ///
    /// # Errors
    ///
    /// What is wrong with the bytes, as a phrase.
    pub fn for_each(&self, mut each: impl FnMut(Write<'a>)) -> Result<(), &'static str> {
        let mut bytes = match *self {
            Changes::Writes(writes) => {
                writes.iter().for_each(|write| each(*write));
                return Ok(());
            }
            Changes::Bytes(bytes) => bytes,
        };
        while !bytes.is_empty() {
            let (write, rest) = change(bytes).ok_or("a change is cut off")?;
            each(write);
            bytes = rest;
        }
        Ok(())
    }
}

fn append_change(write: &Write<'_>, bytes: &mut Vec<u8>) {
    let (kind, key) = match write {
        Write::Put { key, .. } => (PUT, *key),
        Write::Delete { key } => (DELETE, *key),
    };
    let value = write.value().unwrap_or_default();
    let key_len = u16::try_from(key.len()).expect("keys keep within the limit");
    bytes.push(kind);
    bytes.extend_from_slice(&key_len.to_le_bytes());
    bytes.extend_from_slice(&log_len(value.len()).to_le_bytes());
    bytes.extend_from_slice(key);
    bytes.extend_from_slice(value);
}

/// The change at the start of `bytes`, and what stands after it.
fn change(bytes: &[u8]) -> Option<(Write<'_>, &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<CHANGE_BYTES>()?;
    let [kind, k0, k1, v0, v1, v2, v3] = *head;
    let (key, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes([k0, k1])))?;
    let (value, rest) = rest.split_at_checked(u32::from_le_bytes([v0, v1, v2, v3]) as usize)?;
    match kind {
        PUT => Some((Write::Put { key, value }, rest)),
        DELETE if value.is_empty() => Some((Write::Delete { key }, rest)),
        _ => None,
    }
}

/// The length of a batch as a record, in bytes.
///
/// # Errors
///
/// [`Error::TooLarge`].
pub fn record_len(batch: &[Write<'_>]) -> Result<u32> {
    let len =
        |write: &Write<'_>| CHANGE_BYTES + write.key().len() + write.value().map_or(0, <[u8]>::len);
    let changes = batch.iter().map(len).fold(0, usize::saturating_add);
    let bytes = changes.saturating_add(HEAD_BYTES as usize);
    match u32::try_from(bytes) {
        Ok(len) if len <= RECORD_BYTES_MAX => Ok(len),
        _ => Err(Error::TooLarge {
            what: "batch",
            bytes,
            bytes_max: RECORD_BYTES_MAX as usize,
        }),
    }
}

/// A length within a log.
pub(crate) fn log_len(len: usize) -> u32 {
    u32::try_from(len).expect("logs are shorter than 4 GiB")
}

fn checksum(log: u32, offset: u32, checked: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&log.to_le_bytes());
    hasher.update(&offset.to_le_bytes());
    hasher.update(checked);
    hasher.finalize()
}
