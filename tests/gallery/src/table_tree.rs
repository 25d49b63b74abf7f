//! The smallest engine that keeps sorted tables in levels and keeps all nine
//! clauses: a log-structured merge tree.
//!
//! It is what the engines of the gallery are made of that are wrong about
//! levels and flushes, by getting one of its steps wrong
//! (`table_tree/steps.rs`).
//!
//! - A batch goes to a log, as one record in the format of the
//!   [log engine](crate::log_engine), and then to the *memtable*, in which a
//!   key has a version for each write. One that is full is *frozen*: its log is
//!   ended and synced, and the next one takes writes.
//! - A step of maintenance *flushes* the oldest frozen memtable to a sorted
//!   table of level 0, whose tables may overlap; or it *compacts*, which merges
//!   a table with those of the next level that it overlaps, where no two
//!   tables do; or else it removes a file that nobody needs any more.
//! - A *manifest* tells which tables count, and from which log on the logs do,
//!   by edits that are appended. An edit is durable before what it makes
//!   superfluous is removed.
//! - Whoever reads keeps the memtables and tables of one moment, and the number
//!   of its last write.
//! - An opening makes a table of what the logs hold, and writes the manifest
//!   anew. So does a close, and leaves no log.
//!
//! **Deliberately absent:** a cache, a bound on what one compaction merges,
//! writers that wait for maintenance, a look for logs that are missing. The
//! chapters' engines have those.

pub(crate) mod compacting;
mod cursor;
pub(crate) mod files;
pub(crate) mod maintaining;
pub(crate) mod manifest;
pub(crate) mod memtable;
mod opening;
pub(crate) mod state;
pub(crate) mod steps;
pub(crate) mod table;
#[cfg(test)]
mod tests;
pub(crate) mod writing;

use std::fmt;
use std::sync::Arc;

use conformance::{Costs, Powers, Subject, subject};
use engine::disk::{Counted, Disk, Lock};
use engine::sync::atomic::{AtomicU64, Ordering};
use engine::sync::{Mutex, RwLock};
use engine::{
    Counter, Counters, Cursor, Durability, Error, KeyRange, Limits, Maintenance, Order, Progress,
    Result, Snapshot, Snapshots, Stats, StorageEngine, Write,
};

use crate::log_engine::LIMITS;
use cursor::TreeCursor;
use maintaining::Maintaining;
use state::{State, View};
use steps::{Right, Steps};
use writing::Writer;

/// The table tree, as the suite takes it.
pub fn subject() -> Subject {
    subject_of("the table tree", &Right)
}

/// What the table tree costs, and half as much again. Its tables are so short
/// that most of what it writes is about them.
const COSTS: Costs = Costs {
    bytes_written_per_byte: 80,
    pages_per_100_misses: 10,
};

/// The table tree called `name`, taking its steps like that.
pub(crate) fn subject_of(name: &str, steps: &'static dyn Steps) -> Subject {
    let open = move |disk, durability| TableTree::open(disk, durability, steps);
    subject!(name, open, TableTree::powers).costs_at_most(COSTS)
}

/// The table tree.
pub(crate) struct TableTree {
    store: Store,
    lock: Lock,
}

/// What the steps are taken with. Its locks are taken in this order.
pub(crate) struct Store {
    pub(crate) maintaining: Mutex<Maintaining>,
    pub(crate) writer: Mutex<Writer>,
    /// What a reader finds who begins now.
    pub(crate) present: RwLock<View>,
    /// What poisoned the engine, as it answers from then on.
    poison: Mutex<Option<Error>>,
    pub(crate) steps: &'static dyn Steps,
    pub(crate) disk: Counted,
    pub(crate) durability: Durability,
    pub(crate) numbers: AtomicU64,
    pub(crate) counters: Arc<Counters>,
}

impl Store {
    /// What there is to be read now.
    pub(crate) fn view(&self) -> View {
        self.present.read().clone()
    }

    /// Lets another state take the place of the present one.
    pub(crate) fn change(&self, change: impl FnOnce(&State) -> State) {
        let mut present = self.present.write();
        present.state = Arc::new(change(&present.state));
    }

    /// A number that no file has had. A later one is higher.
    pub(crate) fn next_number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// Answers [`Error::Poisoned`] where the engine is.
    pub(crate) fn check_poison(&self) -> Result<()> {
        self.poison.lock().clone().map_or(Ok(()), Err)
    }

    /// Looks a key up in a view.
    fn get_into(&self, view: &View, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        self.counters.add(Counter::Gets, 1);
        value.clear();
        let found = view.get(self.steps, key)?;
        value.extend_from_slice(found.as_deref().unwrap_or_default());
        Ok(found.is_some())
    }

    /// Opens a scan of a view.
    fn scan(
        &self,
        view: &View,
        range: KeyRange<'_>,
        order: Order,
    ) -> Result<Box<dyn Cursor + 'static>> {
        let cursor = TreeCursor::new(self.steps, view, &self.counters, range, order)?;
        Ok(Box::new(cursor))
    }

    /// Remembers what poisons the engine, if `result` says so.
    fn noted<T>(&self, result: Result<T>) -> Result<T> {
        if let Err(error @ Error::Poisoned { .. }) = &result {
            self.poison.lock().get_or_insert(error.clone());
        }
        result
    }
}

impl TableTree {
    /// Opens the tables and logs in `disk`, or begins with none.
    pub(crate) fn open(
        disk: Arc<dyn Disk>,
        durability: Durability,
        steps: &'static dyn Steps,
    ) -> Result<Self> {
        let lock = disk.lock()?;
        let counters = Arc::new(Counters::new());
        let disk = Counted::new(disk, Arc::clone(&counters));
        let store = opening::open(steps, disk, durability, counters)?;
        Ok(TableTree { store, lock })
    }

    /// What it can do beyond the contract.
    fn powers(&self) -> Powers<'_> {
        Powers {
            maintenance: Some(self),
            snapshots: Some(self),
            ..Powers::default()
        }
    }
}

impl StorageEngine for TableTree {
    fn get_into(&self, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        self.store.get_into(&self.store.view(), key, value)
    }

    fn write(&self, batch: &[Write<'_>]) -> Result<()> {
        LIMITS.check(batch)?;
        let mut writer = self.store.writer.lock();
        self.store.check_poison()?;
        if !batch.is_empty() {
            let written = writing::commit(&self.store, &mut writer, batch);
            self.store.noted(written)?;
        }
        self.store.counters.add(Counter::Batches, 1);
        Ok(())
    }

    fn scan<'s>(&'s self, range: KeyRange<'_>, order: Order) -> Result<Box<dyn Cursor + 's>> {
        self.store.scan(&self.store.view(), range, order)
    }

    fn sync(&self) -> Result<()> {
        let mut writer = self.store.writer.lock();
        self.store.check_poison()?;
        self.store.noted(writing::sync(&mut writer))
    }

    fn close(self: Box<Self>) -> Result<()> {
        let TableTree { store, lock, .. } = *self;
        let closed = maintaining::close(store);
        drop(lock); // Only now may another owner look at the files.
        closed
    }

    fn limits(&self) -> Limits {
        LIMITS
    }

    fn stats(&self) -> Stats {
        self.store.counters.stats()
    }
}

impl Maintenance for TableTree {
    fn step(&self) -> Result<Progress> {
        let mut maintaining = self.store.maintaining.lock();
        self.store.check_poison()?;
        self.store
            .noted(maintaining::step(&self.store, &mut maintaining))
    }
}

impl Snapshots for TableTree {
    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>> {
        let view = self.store.view();
        let store = &self.store;
        Ok(Box::new(Held { store, view }))
    }
}

/// A snapshot: a view that is kept.
struct Held<'t> {
    store: &'t Store,
    view: View,
}

impl Snapshot for Held<'_> {
    fn get_into(&self, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        self.store.get_into(&self.view, key, value)
    }

    fn scan<'s>(&'s self, range: KeyRange<'_>, order: Order) -> Result<Box<dyn Cursor + 's>> {
        self.store.scan(&self.view, range, order)
    }
}

impl fmt::Debug for TableTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TableTree")
            .field("durability", &self.store.durability)
            .finish_non_exhaustive()
    }
}
