//! A change of the set of tables, as bytes.

use std::collections::BTreeMap;

use bincode::config::{self, Config};
use engine::{Error, Result};
use serde::{Deserialize, Serialize};

use crate::table::TableInfo;

/// The bytes in front of what an edit says.
pub const HEAD_BYTES: usize = 8;

/// A change of the set of tables.
///
/// The numbers are little-endian.
///
/// ```text
/// offset  size  field
///      0     4  crc32  over its offset (8 bytes) and everything after this field
///      4     4  len    of the edit, in bytes
///      8     …  edit   as bincode writes it
/// ```
///
/// That is
///
/// ```text
/// offset  size  field
///      0     8  added_len    how many tables are added
///      8     …  added        the level and the table, each time
///      …     8  removed_len  how many tables are removed
///      …     …  removed      the number of each, 4 bytes
///      …     4  log          logs with lower numbers do not count any more
/// ```
///
/// and a table that is added is
///
/// ```text
/// offset  size  field
///      0     1  level         to which it comes
///      1     4  number        in its name
///      5     8  bytes         of its file
///     13     8  entries       tombstones included
///     21     8  tombstones    among them
///     29     8  smallest_len  bytes
///     37     …  smallest      its smallest key
///      …     8  largest_len   bytes
///      …     …  largest       its largest key
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Edit {
    /// Tables that are new to a level: the level, and the table.
    pub added: Vec<(u8, TableInfo)>,
    /// The numbers of tables that are no more where they were. One that moves
    /// to another level is among both.
    pub removed: Vec<u32>,
    /// Logs with lower numbers do not count any more.
    pub log: u32,
}

/// The tables that there are, by their numbers, each with its level, and from
/// which log on the logs count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tables {
    /// The tables.
    pub tables: BTreeMap<u32, (u8, TableInfo)>,
    /// Logs with lower numbers do not count.
    pub log: u32,
}

impl Tables {
    /// Makes the change of `edit`.
    ///
    /// # Errors
    ///
    /// What makes no sense in it, as a phrase.
    ///
    /// # Exercise 3.14
    pub fn apply(&mut self, edit: Edit) -> Result<(), &'static str> {
        todo!("exercise 3.14: Makes the change of `edit`")
    }

    /// The edit that leads from no tables to these.
    pub fn to_edit(&self) -> Edit {
        Edit {
            added: self.tables.values().cloned().collect(),
            removed: Vec::new(),
            log: self.log,
        }
    }
}

impl Edit {
    /// Its bytes, for this offset of the manifest.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] where it is longer than 4 GiB.
    pub fn encode(&self, offset: u64) -> Result<Vec<u8>> {
        let too_long = || Error::Unsupported {
            what: "an edit of the manifest beyond 4 GiB",
        };
        let edit = bincode::serde::encode_to_vec(self, format()).map_err(|_| too_long())?;
        let len = u32::try_from(edit.len()).map_err(|_| too_long())?;
        let mut bytes = vec![0; 4];
        bytes.extend_from_slice(&len.to_le_bytes());
        bytes.extend_from_slice(&edit);
        let crc32 = checksum(offset, &bytes[4..]);
        bytes[..4].copy_from_slice(&crc32.to_le_bytes());
        Ok(bytes)
    }
}

/// The edit at this offset of a manifest, and how long it is, in bytes.
///
/// # Errors
///
/// What is wrong, as a phrase.
pub fn decode(manifest: &[u8], offset: u64) -> Result<(Edit, u64), &'static str> {
    let checked = checked(manifest, offset)?;
    let (edit, used) = bincode::serde::decode_from_slice(&checked[4..], format())
        .map_err(|_| "an edit makes no sense")?;
    match used + 4 == checked.len() {
        true => Ok((edit, checked.len() as u64 + 4)),
        false => Err("an edit makes no sense"),
    }
}

/// Answers whether an edit stands anywhere after this offset, at which there is
/// none. Each was durable before the next was written.
pub fn stands_behind(manifest: &[u8], offset: u64) -> bool {
    let offsets = offset + 1..manifest.len() as u64;
    offsets.into_iter().any(|at| checked(manifest, at).is_ok())
}

/// What the checksum of the edit at this offset covers, if it holds.
fn checked(manifest: &[u8], offset: u64) -> Result<&[u8], &'static str> {
    let at = usize::try_from(offset).map_err(|_| "an edit is cut off")?;
    let bytes = manifest.get(at..).unwrap_or_default();
    let Some((&[c0, c1, c2, c3, l0, l1, l2, l3], rest)) = bytes.split_first_chunk::<HEAD_BYTES>()
    else {
        return Err("an edit is cut off");
    };
    let len = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
    if rest.len() < len {
        return Err("an edit is cut off");
    }
    let checked = &bytes[4..HEAD_BYTES + len];
    match checksum(offset, checked) == u32::from_le_bytes([c0, c1, c2, c3]) {
        true => Ok(checked),
        false => Err("the checksum of an edit does not match"),
    }
}

fn checksum(offset: u64, checked: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&offset.to_le_bytes());
    hasher.update(checked);
    hasher.finalize()
}

fn format() -> impl Config {
    config::standard().with_fixed_int_encoding()
}
