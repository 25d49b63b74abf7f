//! The files of a table tree: their names, and what the manifest tells.
//!
//! | name | holds |
//! |---|---|
//! | `7.log` | what memtable 7 holds: a [log file](crate::log_engine::format), ended by a record without changes |
//! | `8.table` | a [sorted table](super::table) |
//! | `manifest` | which tables and logs count: a log file, too, of edits |
//! | `manifest.new` | the next manifest, which nobody reads under this name |

use std::collections::BTreeMap;

use engine::disk::File;
use engine::{Result, Write};

use super::state::LEVELS;
use crate::log_engine::format::{HEADER_BYTES, encode_header, encode_record, u64_at};
use crate::log_engine::steps::Right;

/// What tells which tables and logs count.
pub(crate) const MANIFEST: &str = "manifest";
/// The manifest that is being written.
pub(crate) const NEW_MANIFEST: &str = "manifest.new";

/// What the log of this number is called.
pub(crate) fn log_name(number: u64) -> String {
    format!("{number}.log")
}

/// What the table of this number is called.
pub(crate) fn table_name(number: u64) -> String {
    format!("{number}.table")
}

/// The number of the log or the table called `name`.
pub(crate) fn number_of(name: &str) -> Option<u64> {
    let (number, kind) = name.split_once('.')?;
    let number = number.parse().ok()?;
    matches!(kind, "log" | "table").then_some(number)
}

/// The number of the log called `name`.
pub(crate) fn log_of(name: &str) -> Option<u64> {
    name.ends_with(".log").then(|| number_of(name)).flatten()
}

/// Which tables and logs count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Listed {
    /// The level of each table.
    pub(crate) tables: BTreeMap<u64, usize>,
    /// The first log that counts.
    pub(crate) log: u64,
}

/// A change of what counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Edit {
    pub(crate) into: usize,
    /// Tables that count from now on, in level `into`.
    pub(crate) added: Vec<u64>,
    /// Tables that do not count any more.
    pub(crate) removed: Vec<u64>,
    /// The first log that counts, if that is another one.
    pub(crate) log: Option<u64>,
}

/// The key of an edit's change that tells the first log.
const LOG: &[u8] = b"log";

impl Edit {
    /// The edit as a record of the manifest, for the place `at`, all before
    /// which is durable. Its changes are: for each table that is added, a put
    /// of its level (1 byte) under its number (8 bytes); for each that is
    /// removed, a delete of its number; and a put of the first log (8 bytes)
    /// under `log`.
    pub(crate) fn encode(&self, at: u64) -> Vec<u8> {
        let level = [u8::try_from(self.into).expect("levels are few")];
        let log = self.log.map(u64::to_le_bytes);
        let added: Vec<_> = self.added.iter().map(|n| n.to_le_bytes()).collect();
        let removed: Vec<_> = self.removed.iter().map(|n| n.to_le_bytes()).collect();
        let puts = added.iter().map(|number| Write::put(number, &level));
        let deletes = removed.iter().map(|number| Write::delete(number));
        let log = log.iter().map(|log| Write::put(LOG, log));
        let changes: Vec<Write<'_>> = deletes.chain(puts).chain(log).collect();
        let mut bytes = Vec::new();
        encode_record::<Right>(&mut bytes, at, at, &changes);
        bytes
    }
}

impl Listed {
    pub(crate) fn apply(&mut self, edit: &Edit) {
        for number in &edit.removed {
            self.tables.remove(number);
        }
        let added = edit.added.iter().map(|number| (*number, edit.into));
        self.tables.extend(added);
        self.log = edit.log.unwrap_or(self.log);
    }

    /// Applies the changes of an edit as the manifest spells them; `None` where
    /// they make no sense.
    pub(crate) fn apply_changes(&mut self, changes: &[Write<'_>]) -> Option<()> {
        for change in changes {
            let (key, value) = (change.key(), change.value());
            match (key, value) {
                (LOG, Some(log)) if log.len() == 8 => self.log = u64_at(log, 0),
                (key, Some(&[level])) if key.len() == 8 && usize::from(level) < LEVELS => {
                    self.tables.insert(u64_at(key, 0), usize::from(level));
                }
                (key, None) if key.len() == 8 => {
                    self.tables.remove(&u64_at(key, 0))?;
                }
                _ => return None,
            }
        }
        Some(())
    }

    /// The bytes of a manifest that tells this: an edit for each level, all of
    /// them below the file's base.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = encode_header(0);
        for into in 0..LEVELS {
            let of_level = self.tables.iter().filter(|(_, level)| **level == into);
            let edit = Edit {
                into,
                added: of_level.map(|(number, _)| *number).collect(),
                log: Some(self.log),
                ..Edit::default()
            };
            let edit = edit.encode(bytes.len() as u64);
            bytes.extend_from_slice(&edit);
        }
        let header = encode_header(bytes.len() as u64);
        bytes[..HEADER_BYTES].copy_from_slice(&header);
        bytes
    }
}

/// The manifest, open for the next edit.
#[derive(Debug)]
pub(crate) struct Manifest {
    pub(crate) file: Box<dyn File>,
    /// How long it was when it got its name.
    pub(crate) base: u64,
    /// How long it is.
    pub(crate) len: u64,
}

/// Reads a whole file.
pub(crate) fn read_file(file: &dyn File) -> Result<Vec<u8>> {
    crate::segmented_log::files::read_file(file)
}
