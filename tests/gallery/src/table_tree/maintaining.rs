//! Maintenance: flushes, and the files that they and compactions leave behind.

use std::sync::Arc;

use engine::disk::Disk;
use engine::{Progress, Result};

use super::Store;
use super::compacting::{build, compact};
use super::files::{log_name, table_name};
use super::manifest::{Edit, Listed, Manifest, clear, rewrite};
use super::memtable::Memtable;
use super::state::{Source, State, changed};
use super::table::Table;
use super::writing::{MEMTABLE_BYTES, freeze};

/// Whoever holds this flushes and compacts.
#[derive(Debug)]
pub(crate) struct Maintaining {
    /// None where an edit cannot be appended, as after one that failed: the
    /// next one writes the file anew.
    pub(crate) manifest: Option<Manifest>,
    /// What the manifest tells.
    pub(crate) listed: Listed,
    /// Logs that do not count any more, until they are removed.
    old_logs: Vec<u64>,
    /// Tables that do not count any more, until nobody reads them.
    old_tables: Vec<Arc<Table>>,
}

impl Maintaining {
    pub(crate) fn new(manifest: Option<Manifest>, listed: Listed) -> Self {
        Maintaining {
            manifest,
            listed,
            old_logs: Vec::new(),
            old_tables: Vec::new(),
        }
    }
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

/// Does one piece of the work that is due.
pub(crate) fn step(store: &Store, maintaining: &mut Maintaining) -> Result<Progress> {
    let worked = flush(store, maintaining)?
        || compact(store, maintaining)?
        || remove_one(store, maintaining)?;
    Ok(match worked {
        true => Progress::Worked,
        false => Progress::Idle,
    })
}

/// Makes a table of the oldest frozen memtable, if there is one.
pub(crate) fn flush(store: &Store, maintaining: &mut Maintaining) -> Result<bool> {
    store.steps.freeze_full(store)?;
    let state = store.view().state;
    let Some(oldest) = state.frozen.last() else {
        return Ok(false);
    };
    let source = Source::Memtable(Arc::clone(oldest));
    let job = Job {
        into: 0,
        made: build(store, vec![source], 0, &state.levels)?,
        merged: Vec::new(),
        flushed: Some(Arc::clone(oldest)),
        log: Some(store.steps.first_log(&state)),
    };
    store.steps.publish(store, maintaining, job)?;
    Ok(true)
}

/// Answers whether the active memtable is full, and nothing waits before it.
pub(crate) fn is_due(state: &State) -> bool {
    state.active.bytes() >= MEMTABLE_BYTES && state.frozen.is_empty()
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

/// Removes a file that does not count and that nobody reads, if there is one.
pub(crate) fn remove_one(store: &Store, maintaining: &mut Maintaining) -> Result<bool> {
    if let Some(&log) = maintaining.old_logs.last() {
        // In any order: the manifest tells from which log on they count.
        store.disk.remove(&log_name(log))?;
        maintaining.old_logs.pop();
        return Ok(true);
    }
    let mut tables = maintaining.old_tables.iter();
    let Some(at) = tables.position(|table| store.steps.is_unread(table)) else {
        return Ok(false);
    };
    let number = maintaining.old_tables[at].number;
    drop(maintaining.old_tables.swap_remove(at)); // Its file is closed.
    store.disk.remove(&table_name(number))?;
    Ok(true)
}

/// Ends the engine: everything is in tables, and there is no log.
pub(crate) fn close(store: Store) -> Result<()> {
    store.check_poison()?;
    let steps = store.steps;
    freeze(&store, &mut store.writer.lock())?;
    let listed = {
        let mut maintaining = store.maintaining.lock();
        steps.flush_all(&store, &mut maintaining)?;
        maintaining.manifest = None;
        maintaining.listed.log = store.view().state.active.number;
        maintaining.listed.clone()
    };
    drop(rewrite(&store.disk, steps, &listed)?);
    let disk = store.disk.clone();
    drop(store); // Its files are closed.
    clear(&disk, &listed)
}
