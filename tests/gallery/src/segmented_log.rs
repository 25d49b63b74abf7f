//! The smallest engine that merges and keeps all nine clauses: a log in
//! segments, and a map in memory from each key to its place in one of them.
//!
//! It is what the engines of the gallery are made of that are wrong about
//! segments and merges, by getting one of its steps wrong
//! (`segmented_log/steps.rs`).
//!
//! - Every batch is one record of the *active* segment, in the format of the
//!   [log engine](crate::log_engine). A segment that is full is *sealed*: made
//!   durable, with a hint file that says where its keys are.
//! - A *manifest* lists the segments in the order of their writes. A new one
//!   takes its place by a rename, once all that it lists is durable. What it
//!   does not list is nobody's, and is removed.
//! - A merge copies two sealed segments that stand beside each other to a new
//!   one, without what was superseded. One step of maintenance copies, the next
//!   one lets the copy take their place.
//! - An opening copies what the active segment holds to a new one, so that all
//!   that it shows is durable. Closing seals it.
//!
//! **Deliberately absent:** a buffer for writes, merges that read and write
//! outside of the writer's lock, a choice of what is worth merging. The
//! chapters' engines have those.

pub(crate) mod cursor;
pub(crate) mod files;
pub(crate) mod merge;
mod opening;
pub(crate) mod segment;
pub(crate) mod steps;
#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use conformance::sim::{Image, SimDisk};
use conformance::{Powers, Subject, subject};
use engine::disk::{Counted, Disk, Lock};
use engine::sync::{Mutex, RwLock};
use engine::{
    Counter, Counters, Cursor, Durability, Error, KeyRange, Limits, Maintenance, Order, Progress,
    Result, Stats, StorageEngine, Write,
};

use crate::log_engine::LIMITS;
use crate::log_engine::format::HEADER_BYTES;
use cursor::SegmentCursor;
use segment::{Table, Writer, read_value};
use steps::{Right, Steps};

/// How many bytes a segment has to hold before it is sealed: so few that short
/// scripts fill some.
pub(crate) const SEGMENT_BYTES: u64 = 96;

/// With so many sealed segments the active one grows until two were merged.
pub(crate) const SEALED_MAX: usize = 8;

/// The segmented log, as the suite takes it.
pub fn subject() -> Subject {
    subject_of("the segmented log", &Right)
}

/// The segmented log called `name`, taking its steps like that.
pub(crate) fn subject_of(name: &str, steps: &'static dyn Steps) -> Subject {
    let open = move |disk, durability| SegmentedLog::open(disk, durability, steps);
    subject!(name, open, SegmentedLog::powers).with_dead_bytes(dead_bytes)
}

/// The segmented log, taking its steps like that.
pub(crate) struct SegmentedLog {
    steps: &'static dyn Steps,
    store: Store,
    lock: Lock,
}

/// What the steps are taken with. The writer's lock comes before the table's.
pub(crate) struct Store {
    pub(crate) disk: Counted,
    pub(crate) durability: Durability,
    pub(crate) writer: Mutex<Writer>,
    pub(crate) table: RwLock<Table>,
    counters: Arc<Counters>,
}

impl SegmentedLog {
    /// Opens the segments in `disk`, or begins the first where there are none.
    pub(crate) fn open(
        disk: Arc<dyn Disk>,
        durability: Durability,
        steps: &'static dyn Steps,
    ) -> Result<Self> {
        let lock = disk.lock()?;
        let counters = Arc::new(Counters::new());
        let disk = Counted::new(disk, Arc::clone(&counters));
        let (table, writer) = opening::open(steps, &disk)?;
        let store = Store {
            disk,
            durability,
            writer: Mutex::new(writer),
            table: RwLock::new(table),
            counters,
        };
        Ok(SegmentedLog { steps, store, lock })
    }

    /// What it can do beyond the contract.
    fn powers(&self) -> Powers<'_> {
        Powers {
            maintenance: Some(self),
            ..Powers::default()
        }
    }
}

impl StorageEngine for SegmentedLog {
    fn get_into(&self, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        self.store.counters.add(Counter::Gets, 1);
        value.clear();
        let found = self.store.table.read().find(key);
        let Some((place, file)) = found else {
            return Ok(false);
        };
        value.extend_from_slice(&read_value(&*file, place, key)?);
        Ok(true)
    }

    fn write(&self, batch: &[Write<'_>]) -> Result<()> {
        LIMITS.check(batch)?;
        let mut writer = self.store.writer.lock();
        self.steps.check_write(&writer)?;
        if !batch.is_empty() {
            let written = self.steps.commit(&self.store, &mut writer, batch);
            writer.noted(written)?;
        }
        self.store.counters.add(Counter::Batches, 1);
        Ok(())
    }

    fn scan<'s>(&'s self, range: KeyRange<'_>, order: Order) -> Result<Box<dyn Cursor + 's>> {
        let Store {
            table, counters, ..
        } = &self.store;
        let cursor = SegmentCursor::new(table, counters, range, order)?;
        Ok(Box::new(cursor))
    }

    fn sync(&self) -> Result<()> {
        let mut writer = self.store.writer.lock();
        let synced = self.steps.sync(&mut writer);
        writer.noted(synced)
    }

    fn close(self: Box<Self>) -> Result<()> {
        let SegmentedLog { steps, store, lock } = *self;
        let closed = steps.close(store);
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

impl Maintenance for SegmentedLog {
    fn step(&self) -> Result<Progress> {
        let mut writer = self.store.writer.lock();
        self.steps.check_step(&writer)?;
        let stepped = merge::step(self.steps, &self.store, &mut writer);
        writer.noted(stepped)
    }
}

impl fmt::Debug for SegmentedLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SegmentedLog")
            .field("durability", &self.store.durability)
            .finish_non_exhaustive()
    }
}

impl Writer {
    /// Remembers what poisons the engine, if `result` says so.
    fn noted<T>(&mut self, result: Result<T>) -> Result<T> {
        if let Err(error @ Error::Poisoned { .. }) = &result {
            self.poison = Some(error.clone());
        }
        result
    }
}

/// The bytes of the sealed segment called `file` that nobody reads: the hint
/// file says where its keys are, and of these others hold the newest record.
fn dead_bytes(image: &Image, file: &str) -> Vec<Range<usize>> {
    let Some(number) = files::segment_of(file) else {
        return Vec::new();
    };
    let disk = Arc::new(SimDisk::from_image(image));
    let Ok(engine) = SegmentedLog::open(disk, Durability::Os, &Right) else {
        return Vec::new();
    };
    let table = engine.store.table.read();
    let places = table.index.values().filter(|place| place.segment == number);
    let mut live: Vec<Range<usize>> = places.map(|place| place.range()).collect();
    live.sort_by_key(|range| range.start);
    let mut dead = Vec::new();
    let mut end = HEADER_BYTES;
    for range in live {
        dead.push(end..range.start.max(end));
        end = range.end;
    }
    dead.push(end..usize::MAX);
    dead
}
