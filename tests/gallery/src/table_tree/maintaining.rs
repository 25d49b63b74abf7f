//! Flushes and compactions, and what they leave behind.

use std::sync::Arc;

use super::Store;
use super::files::{Edit, Listed, Manifest};
use super::memtable::Memtable;
use super::state::{State, changed};
use super::table::Table;

/// Whoever holds this flushes and compacts.
#[derive(Debug)]
pub(crate) struct Maintaining {
    /// None where an edit cannot be appended, as after one that failed: the
    /// next one writes the file anew.
    pub(crate) manifest: Option<Manifest>,
    /// What the manifest tells.
    pub(crate) listed: Listed,
    /// Logs that do not count any more, until they are removed.
    pub(crate) old_logs: Vec<u64>,
    /// Tables that do not count any more, until nobody reads them.
    pub(crate) old_tables: Vec<Arc<Table>>,
}

/// What is to be compacted into the level below.
#[derive(Debug)]
pub(crate) struct Pick {
    pub(crate) level: usize,
    pub(crate) inputs: Vec<Arc<Table>>,
    /// The tables of the level below that are merged with them.
    pub(crate) below: Vec<Arc<Table>>,
}

/// Tables that were made, and of what.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) into: usize,
    pub(crate) made: Vec<Arc<Table>>,
    pub(crate) merged: Vec<Arc<Table>>,
    pub(crate) flushed: Option<Arc<Memtable>>,
    /// The first log that is needed afterwards, if something was flushed.
    pub(crate) log: Option<u64>,
}

impl Job {
    pub(crate) fn edit(&self) -> Edit {
        let numbers = |tables: &[Arc<Table>]| tables.iter().map(|table| table.number).collect();
        Edit {
            into: self.into,
            added: numbers(&self.made),
            removed: numbers(&self.merged),
            log: self.log,
        }
    }
}

/// Lets readers find what a job has made, in place of what it was made of.
pub(crate) fn show(store: &Store, job: &Job) {
    let removed = job.edit().removed;
    let flushed = job.flushed.as_ref().map(|memtable| memtable.number);
    store.change(|state| State {
        active: Arc::clone(&state.active),
        frozen: state
            .frozen
            .iter()
            .filter(|memtable| Some(memtable.number) != flushed)
            .cloned()
            .collect(),
        levels: changed(&state.levels, job.into, &job.made, &removed),
    });
}

/// Keeps what a job has made superfluous until it can be removed.
pub(crate) fn retire(maintaining: &mut Maintaining, job: Job) {
    let log = job.flushed.map(|memtable| memtable.number);
    maintaining.old_logs.extend(log);
    maintaining.old_tables.extend(job.merged);
}
