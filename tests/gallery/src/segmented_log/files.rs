//! The files of a segmented log: their names, and the bytes of the manifest and
//! of hint files.
//!
//! | name | holds |
//! |---|---|
//! | `7.log` | segment 7: a [log file](crate::log_engine::format) |
//! | `7.hint` | where the keys of segment 7 are, once it is sealed |
//! | `manifest` | which segments there are, in the order of their writes |
//! | `manifest.new` | the next manifest, which nobody reads under this name |

use engine::disk::{Disk, File, Mode};
use engine::{Error, Result, Write};

use super::segment::{Keys, Listed, Place};
use crate::log_engine::format::{decode_changes, encode_change, u32_at, u64_at};

/// The list of all segments.
pub(crate) const MANIFEST: &str = "manifest";
/// The manifest that is being written.
pub(crate) const NEW_MANIFEST: &str = "manifest.new";

/// What the length of the active segment is in the manifest.
const GROWS: u64 = u64::MAX;
/// The length of a place in a hint file: offset (8 bytes), length (4 bytes).
const PLACE_BYTES: usize = 12;

/// What the segment of this number is called.
pub(crate) fn segment_name(number: u64) -> String {
    format!("{number}.log")
}

/// What its hint file is called.
pub(crate) fn hint_name(number: u64) -> String {
    format!("{number}.hint")
}

/// The number of the segment called `name`, where it is called like one.
pub(crate) fn segment_of(name: &str) -> Option<u64> {
    name.strip_suffix(".log")?.parse().ok()
}

/// Begins a file, in place of what was left of one that nobody lists.
pub(crate) fn create(disk: &dyn Disk, name: &str) -> Result<Box<dyn File>> {
    if disk.list()?.iter().any(|found| found == name) {
        disk.remove(name)?;
    }
    disk.open(name, Mode::CreateNew)
}

/// Reads a whole file.
pub(crate) fn read_file(file: &dyn File) -> Result<Vec<u8>> {
    let len = usize::try_from(file.len()?).expect("a file fits in memory");
    let mut bytes = vec![0; len];
    file.read_exact_at(0, &mut bytes)?;
    Ok(bytes)
}

/// The bytes of a manifest:
///
/// ```text
/// offset  size  field
///      0     4  crc32    over everything after it
///      4     8  number   of the first segment
///     12     8  len      its length in bytes; 2^64 - 1 if it is the active one
///     20    16  the next segment, and so on
/// ```
pub(crate) fn encode_manifest(listed: &[Listed]) -> Vec<u8> {
    let mut body = Vec::new();
    for segment in listed {
        body.extend_from_slice(&segment.number.to_le_bytes());
        body.extend_from_slice(&segment.len.unwrap_or(GROWS).to_le_bytes());
    }
    with_checksum(&body)
}

/// The segments that a manifest lists.
///
/// # Errors
///
/// [`Error::Corrupt`].
pub(crate) fn decode_manifest(bytes: &[u8]) -> Result<Vec<Listed>> {
    let body = checked(MANIFEST, bytes)?;
    let segment = |fields: &[u8]| {
        let len = u64_at(fields, 8);
        Listed {
            number: u64_at(fields, 0),
            len: (len != GROWS).then_some(len),
        }
    };
    Ok(body.chunks_exact(16).map(segment).collect())
}

/// The bytes of a hint file:
///
/// ```text
/// offset  size  field
///      0     4  crc32    over everything after it
///      4        for each key a change, as a record spells it: the value that
///               is put is the offset (8) and length (4) of the key's record
/// ```
pub(crate) fn encode_hint(keys: &Keys) -> Vec<u8> {
    let mut body = Vec::new();
    for (key, place) in keys {
        let mut bytes = Vec::with_capacity(PLACE_BYTES);
        if let Some(place) = place {
            bytes.extend_from_slice(&place.offset.to_le_bytes());
            bytes.extend_from_slice(&place.len.to_le_bytes());
        }
        let change = match place {
            Some(_) => Write::put(key, &bytes),
            None => Write::delete(key),
        };
        encode_change(&mut body, &change);
    }
    with_checksum(&body)
}

/// The body of a hint file whose checksum is right.
///
/// # Errors
///
/// [`Error::Corrupt`].
pub(crate) fn checked<'a>(name: &str, bytes: &'a [u8]) -> Result<&'a [u8]> {
    match bytes.split_at_checked(4) {
        Some((crc, body)) if u32_at(crc, 0) == crc32fast::hash(body) => Ok(body),
        _ => Err(Error::corrupt(name, 0, "the checksum does not match")),
    }
}

/// The keys that the body of the hint file of segment `number` lists.
///
/// # Errors
///
/// [`Error::Corrupt`].
pub(crate) fn decode_hint(number: u64, body: &[u8]) -> Result<Keys> {
    let place = |bytes: &[u8]| {
        let is_whole = bytes.len() == PLACE_BYTES;
        is_whole.then(|| Place {
            segment: number,
            offset: u64_at(bytes, 0),
            len: u32_at(bytes, 8),
        })
    };
    let key = |change: &Write<'_>| {
        let place = match change.value() {
            Some(bytes) => Some(place(bytes)?),
            None => None,
        };
        Some((change.key().to_vec(), place))
    };
    let keys = decode_changes(body).and_then(|changes| changes.iter().map(key).collect());
    keys.ok_or_else(|| Error::corrupt(&hint_name(number), 4, "it makes no sense"))
}

fn with_checksum(body: &[u8]) -> Vec<u8> {
    let crc = crc32fast::hash(body);
    [&crc.to_le_bytes(), body].concat()
}
