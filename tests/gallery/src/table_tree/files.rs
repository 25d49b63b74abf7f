//! The files of a table tree: what they are called, and when they are durable.
//!
//! | name | holds |
//! |---|---|
//! | `7.log` | what memtable 7 holds: a [log file](crate::log_engine::format), ended by a record without changes |
//! | `8.table` | a [sorted table](super::table) |
//! | `manifest` | which tables and logs count: a log file, too, of [edits](super::manifest::Edit) |
//! | `manifest.new` | the next manifest, which nobody reads under this name |

use engine::disk::{Disk, File};
use engine::{Error, Result};

pub(crate) use crate::segmented_log::files::{create, read_file};

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

/// Syncs a file. A sync that fails poisons.
pub(crate) fn sync_file(file: &dyn File) -> Result<()> {
    file.sync().map_err(Error::poisoned)
}

/// Makes the names of all files durable. A sync that fails poisons.
pub(crate) fn sync_names(disk: &dyn Disk) -> Result<()> {
    disk.sync_dir().map_err(Error::poisoned)
}
