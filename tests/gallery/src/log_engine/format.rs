//! The bytes of a log file.

use std::collections::BTreeMap;

use engine::{Error, Result, Write};

use super::steps::Steps;

/// The version of the format below.
pub(crate) const VERSION: u32 = 1;
const MAGIC: [u8; 8] = *b"strata-l";

/// The file begins with its header:
///
/// ```text
/// offset  size  field
///      0     4  crc32    over the 20 bytes behind it
///      4     8  magic    "strata-l"
///     12     4  version  1
///     16     8  base     the file's length when it got its name: bytes that
///                        were synced before, and so can never be torn
/// ```
pub(crate) const HEADER_BYTES: usize = 24;

/// Records follow, one for each batch, without a gap:
///
/// ```text
/// offset  size  field
///      0     4  crc32    over the record's place in the file (8 bytes) and
///                        everything after this field
///      4     8  synced   how much of the file was known to be durable when
///                        this was written: at least base, at most this place
///     12     4  len      of the changes, in bytes
///     16   len  changes
/// ```
///
/// Each change is one of
///
/// ```text
/// put      kind = 1 (1 byte), key_len (4), value_len (4), key, value
/// delete   kind = 2 (1 byte), key_len (4), key
/// ```
///
/// All numbers are little-endian. A log that was closed ends with a record
/// without changes.
pub(crate) const RECORD_HEAD_BYTES: usize = 16;

const PUT: u8 = 1;
const DELETE: u8 = 2;

/// A log file that holds `entries`, all of them below its base.
pub(crate) fn encode_base(steps: &dyn Steps, entries: &BTreeMap<Vec<u8>, Vec<u8>>) -> Vec<u8> {
    let mut bytes = encode_header(0);
    for (key, value) in entries {
        let at = bytes.len() as u64;
        let batch = [Write::put(key, value)];
        // What lies below the base needs no other proof of a sync.
        encode_record(steps, &mut bytes, at, HEADER_BYTES as u64, &batch);
    }
    let header = encode_header(bytes.len() as u64);
    bytes[..HEADER_BYTES].copy_from_slice(&header);
    bytes
}

/// The header of a file of which `base` bytes are durable when it gets its
/// name.
pub(crate) fn encode_header(base: u64) -> Vec<u8> {
    let mut header = vec![0; HEADER_BYTES];
    header[4..12].copy_from_slice(&MAGIC);
    header[12..16].copy_from_slice(&VERSION.to_le_bytes());
    header[16..24].copy_from_slice(&base.to_le_bytes());
    let crc = crc32fast::hash(&header[4..]);
    header[..4].copy_from_slice(&crc.to_le_bytes());
    header
}

/// Appends the record of `batch` to `bytes`, for the place `at` of a file of
/// which `synced` bytes are durable.
pub(crate) fn encode_record(
    steps: &dyn Steps,
    bytes: &mut Vec<u8>,
    at: u64,
    synced: u64,
    batch: &[Write<'_>],
) {
    let start = bytes.len();
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(&synced.to_le_bytes());
    bytes.extend_from_slice(&[0; 4]);
    for write in batch {
        steps.encode_change(bytes, write);
    }
    let len = steps.record_len(bytes.len() - start - RECORD_HEAD_BYTES);
    bytes[start + 12..start + 16].copy_from_slice(&len.to_le_bytes());
    let crc = steps.checksum(at, &bytes[start + 4..]);
    bytes[start..start + 4].copy_from_slice(&crc.to_le_bytes());
}

/// Appends one change to `bytes`.
pub(crate) fn encode_change(bytes: &mut Vec<u8>, write: &Write<'_>) {
    match write {
        Write::Put { key, value } => {
            bytes.push(PUT);
            bytes.extend_from_slice(&length(key.len()));
            bytes.extend_from_slice(&length(value.len()));
            bytes.extend_from_slice(key);
            bytes.extend_from_slice(value);
        }
        Write::Delete { key } => {
            bytes.push(DELETE);
            bytes.extend_from_slice(&length(key.len()));
            bytes.extend_from_slice(key);
        }
    }
}

fn length(len: usize) -> [u8; 4] {
    u32::try_from(len)
        .expect("keys and values keep within the limits")
        .to_le_bytes()
}

/// The base that the header of the file called `name` states.
pub(crate) fn decode_header(name: &str, bytes: &[u8]) -> Result<u64> {
    let damage = |offset, what| Error::corrupt(name, offset, what);
    let header = bytes
        .get(..HEADER_BYTES)
        .ok_or_else(|| damage(0, "the header is cut off"))?;
    if header[4..12] != MAGIC {
        return Err(damage(4, "this is not a log"));
    }
    let found = u32_at(header, 12);
    if found != VERSION {
        return Err(Error::Version {
            file: name.to_owned(),
            found,
            supported: VERSION,
        });
    }
    if u32_at(header, 0) != crc32fast::hash(&header[4..]) {
        return Err(damage(0, "the header's checksum does not match"));
    }
    Ok(u64_at(header, 16))
}

/// What is wrong with a record that would end behind the file.
pub(crate) const CUT_OFF: &str = "a record is cut off";

/// A record as it was read.
pub(crate) struct Record<'a> {
    /// How much of the file was durable when it was written.
    pub(crate) synced: u64,
    /// The batch.
    pub(crate) changes: Vec<Write<'a>>,
    /// Where the next record begins.
    pub(crate) end: usize,
}

/// The record at `at`, or what is wrong with the bytes there.
pub(crate) fn decode_record<'a>(
    steps: &dyn Steps,
    bytes: &'a [u8],
    at: usize,
) -> Result<Record<'a>, &'static str> {
    decode_record_of(steps, bytes.get(at..).unwrap_or_default(), at)
}

/// As [`decode_record`], of the bytes from `at` on alone.
pub(crate) fn decode_record_of<'a>(
    steps: &dyn Steps,
    rest: &'a [u8],
    at: usize,
) -> Result<Record<'a>, &'static str> {
    let Some((head, behind)) = rest.split_at_checked(RECORD_HEAD_BYTES) else {
        return Err("a record's head is cut off");
    };
    let (crc, synced) = (u32_at(head, 0), u64_at(head, 4));
    let len = u32_at(head, 12) as usize;
    let payload = steps.payload(behind, len).ok_or(CUT_OFF)?;
    let computed = steps.checksum(at as u64, &rest[4..RECORD_HEAD_BYTES + payload.len()]);
    if !steps.checksum_matches(crc, computed) {
        return Err("a record's checksum does not match");
    }
    if synced < HEADER_BYTES as u64 || synced > at as u64 {
        return Err("a record claims a sync that cannot have been");
    }
    Ok(Record {
        synced,
        changes: decode_changes(payload).ok_or("a record's changes make no sense")?,
        end: at + RECORD_HEAD_BYTES + payload.len(),
    })
}

/// The changes that `rest` spells, if it spells changes.
pub(crate) fn decode_changes(mut rest: &[u8]) -> Option<Vec<Write<'_>>> {
    let mut changes = Vec::new();
    while let Some((&kind, behind)) = rest.split_first() {
        rest = behind;
        let key_len = take(&mut rest, 4)?;
        changes.push(match kind {
            PUT => {
                let value_len = take(&mut rest, 4)?;
                let key = take(&mut rest, u32_at(key_len, 0) as usize)?;
                let value = take(&mut rest, u32_at(value_len, 0) as usize)?;
                Write::Put { key, value }
            }
            DELETE => Write::Delete {
                key: take(&mut rest, u32_at(key_len, 0) as usize)?,
            },
            _ => return None,
        });
    }
    Some(changes)
}

fn take<'a>(rest: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (taken, behind) = rest.split_at_checked(len)?;
    *rest = behind;
    Some(taken)
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}
