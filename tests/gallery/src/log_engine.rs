//! The smallest engine that keeps all nine clauses: a log, and an ordered map
//! of what it says.
//!
//! It is what the suite is tried on, and what many engines of the gallery are
//! made of, by getting one of its steps wrong (`log_engine/steps.rs`).
//!
//! - Every batch is one record with a checksum. The record also says how much
//!   of the log was durable when it was written, which later tells damage from
//!   a torn tail.
//! - A log is read once, when it is opened. What it says is then written to a
//!   new log, which takes its place; so a log grows only while it is open, and
//!   all that an opening shows is durable.
//! - Closing gives the log a name that says it was closed: from then on each of
//!   its bytes has to be right.
//!
//! **Deliberately absent:** reads from the file, a bound on the log's length,
//! group commit. The chapters' engines have those.

pub(crate) mod format;
pub(crate) mod log;
pub(crate) mod replay;
pub(crate) mod steps;
pub(crate) mod table;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use conformance::{Subject, subject};
use engine::disk::{Disk, Lock, Mode};
use engine::sync::Mutex;
use engine::{
    Counter, Counters, Cursor, Durability, Error, KeyRange, Limits, Order, Result, Stats,
    StorageEngine, Write,
};

use log::{Found, Log};
use replay::Replayed;
use steps::{Right, Steps};
use table::{Table, TableCursor};

/// Opens the log engine on `disk`.
///
/// # Errors
///
/// [`Error::Locked`], [`Error::Corrupt`], [`Error::Version`],
/// [`Error::NoSpace`] and [`Error::Io`].
pub fn open(disk: Arc<dyn Disk>, durability: Durability) -> Result<Box<dyn StorageEngine>> {
    Ok(Box::new(LogEngine::open(disk, durability, &Right)?))
}

/// The log engine called `name`, taking its steps like that.
pub(crate) fn subject_of(name: &str, steps: &'static dyn Steps) -> Subject {
    let open = move |disk, durability| LogEngine::open(disk, durability, steps);
    subject!(name, open)
}

/// What the log engine takes at most.
pub const LIMITS: Limits = Limits {
    key_bytes_max: 1 << 10,
    value_bytes_max: 64 << 10,
    batch_bytes_max: 256 << 10,
};

/// How many changes a batch may have: an empty key weighs nothing against the
/// limits, but a record's length has to fit its four bytes.
const BATCH_CHANGES_MAX: usize = 1 << 28;

/// The log engine, taking its steps like that.
pub(crate) struct LogEngine {
    steps: &'static dyn Steps,
    pub(crate) log: Mutex<Log>,
    pub(crate) table: Table,
    pub(crate) durability: Durability,
    pub(crate) counters: Arc<Counters>,
    pub(crate) disk: Arc<dyn Disk>,
    lock: Lock,
}

impl LogEngine {
    /// Opens the log in `disk`, or begins one where there is none.
    pub(crate) fn open(
        disk: Arc<dyn Disk>,
        durability: Durability,
        steps: &'static dyn Steps,
    ) -> Result<Self> {
        let lock = steps.lock(&*disk)?;
        let counters = Arc::new(Counters::new());
        let found = Found::new(disk.list()?);
        let replayed = match found.log() {
            Some(name) => {
                let bytes = steps.read_file(&*disk.open(name, Mode::Read)?, &counters)?;
                replay::replay(steps, name, &bytes)?
            }
            None => Replayed::default(),
        };
        let log = steps.begin(&*disk, &found, &replayed, &counters)?;
        Ok(LogEngine {
            steps,
            log: Mutex::new(log),
            table: Table::new(replayed.entries),
            durability,
            counters,
            disk,
            lock,
        })
    }
}

impl StorageEngine for LogEngine {
    fn get_into(&self, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        self.counters.add(Counter::Gets, 1);
        value.clear();
        let entries = self.table.entries.read();
        let found = entries.get(key);
        value.extend_from_slice(found.map_or(&[], Vec::as_slice));
        Ok(found.is_some())
    }

    fn write(&self, batch: &[Write<'_>]) -> Result<()> {
        LIMITS.check(batch)?;
        if batch.len() > BATCH_CHANGES_MAX {
            return Err(Error::TooLarge {
                what: "batch",
                bytes: batch.len(),
                bytes_max: BATCH_CHANGES_MAX,
            });
        }
        let mut log = self.log.lock();
        self.steps.check_write(&log)?;
        if !batch.is_empty() {
            self.steps
                .commit(&mut log, &self.table, batch, self.durability)?;
        }
        self.counters.add(Counter::Batches, 1);
        Ok(())
    }

    fn scan<'s>(&'s self, range: KeyRange<'_>, order: Order) -> Result<Box<dyn Cursor + 's>> {
        Ok(Box::new(TableCursor::new(
            self.steps,
            &self.table,
            &self.counters,
            range,
            order,
        )))
    }

    fn sync(&self) -> Result<()> {
        self.steps.sync(&mut self.log.lock())
    }

    fn close(self: Box<Self>) -> Result<()> {
        let LogEngine {
            steps,
            log,
            disk,
            lock,
            ..
        } = *self;
        let closed = steps.close(log.into_inner(), &*disk);
        drop(lock); // Only now may another owner look at the files.
        closed
    }

    fn limits(&self) -> Limits {
        LIMITS
    }

    fn stats(&self) -> Stats {
        self.counters.stats()
    }
}

impl fmt::Debug for LogEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogEngine")
            .field("durability", &self.durability)
            .finish_non_exhaustive()
    }
}
