//! The engine.

use std::fmt;
use std::sync::Arc;

use engine::disk::{Disk, Lock};
use engine::sync::Mutex;
use engine::{
    Counter, Cursor, Durability, KeyRange, Limits, Order, Result, Snapshot, Snapshots, Stats,
    StorageEngine, Write,
};

use crate::cursor::LsmCursor;
use crate::debt::Debt;
use crate::files::Files;
use crate::log::record::record_len;
use crate::maintaining::Maintaining;
use crate::opening::{self, Opened};
use crate::options::Options;
use crate::snapshot::LsmSnapshot;
use crate::sorted::tables_of;
use crate::state::{Present, State};
use crate::syncing::Syncing;
use crate::writer::Writer;

/// The largest key, value and batch.
pub const LIMITS: Limits = Limits {
    key_bytes_max: u16::MAX as usize,
    value_bytes_max: 16 << 20,
    batch_bytes_max: 64 << 20,
};

/// A log-structured merge tree.
pub struct Lsm {
    pub(crate) files: Files,
    pub(crate) present: Present,
    pub(crate) writer: Mutex<Writer>,
    pub(crate) syncing: Syncing,
    pub(crate) maintaining: Mutex<Maintaining>,
    pub(crate) debt: Debt,
    _lock: Lock,
}

impl Lsm {
    /// Opens the engine on `disk`.
    ///
    /// # Errors
    ///
    /// [`Error::Locked`](engine::Error::Locked) where another owner has it open;
    /// [`Error::Corrupt`](engine::Error::Corrupt) and
    /// [`Error::Version`](engine::Error::Version) where a file is not sound;
    /// [`Error::NoSpace`](engine::Error::NoSpace),
    /// [`Error::Io`](engine::Error::Io) and
    /// [`Error::Poisoned`](engine::Error::Poisoned). Nothing is lost in any of
    /// these cases.
    pub fn open(disk: Arc<dyn Disk>, options: Options) -> Result<Self> {
        let lock = disk.lock()?;
        let Opened {
            files,
            state,
            maintaining,
        } = opening::open(disk, options)?;
        let lsm = Lsm {
            files,
            writer: Mutex::new(Writer::new(Arc::clone(&state.active))),
            present: Present::new(state),
            syncing: Syncing::default(),
            maintaining: Mutex::new(maintaining),
            debt: Debt::default(),
            _lock: lock,
        };
        lsm.reckon();
        Ok(lsm)
    }

    /// Reads the value of `key` as a state holds it up to a sequence number, and
    /// answers whether there is one. What is newer is asked first.
    ///
    /// # Exercise 3.15
    pub(crate) fn look_up(
        state: &State,
        seq: u64,
        key: &[u8],
        value: &mut Vec<u8>,
    ) -> Result<bool> {
        value.clear();
        for logged in std::iter::once(&state.active).chain(&state.frozen) {
            if let Some(is_there) = logged.memtable.get(key, seq, value) {
                return Ok(is_there);
            }
        }
        for table in tables_of(&state.levels, key) {
            match table.get(key, value) {
                Ok(Some(is_there)) => return Ok(is_there),
                Ok(None) => {}
                Err(error) => {
                    value.clear();
                    return Err(error);
                }
            }
        }
        Ok(false)
    }

    /// Ends the engine: whatever is in memory is flushed, and no log is left.
    fn finish(&self) -> Result<()> {
        self.sync_all()?;
        self.rotate(&mut self.writer.lock(), 0)?;
        self.end_maintaining()
    }
}

impl StorageEngine for Lsm {
    fn get_into(&self, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        self.files.counters.add(Counter::Gets, 1);
        let (state, seq) = self.present.pin();
        Self::look_up(&state, seq, key, value)
    }

    fn write(&self, batch: &[Write<'_>]) -> Result<()> {
        LIMITS.check(batch)?;
        let len = record_len(batch)?;
        if self.debt.is_owed() {
            self.pay(len)?;
        }
        let end = {
            let mut writer = self.writer.lock();
            self.files.device.check()?;
            if !batch.is_empty() {
                self.make(&mut writer, batch, len)?;
            }
            writer.end()
        };
        self.files.counters.add(Counter::Batches, 1);
        match self.files.options.durability {
            Durability::Always => self.sync_to(end),
            Durability::Buffered | Durability::Os => Ok(()),
        }
    }

    fn scan<'s>(&'s self, range: KeyRange<'_>, order: Order) -> Result<Box<dyn Cursor + 's>> {
        let (state, seq) = self.present.pin();
        let counters = Arc::clone(&self.files.counters);
        Ok(Box::new(LsmCursor::new(
            state, seq, range, order, counters,
        )?))
    }

    fn sync(&self) -> Result<()> {
        self.sync_all()
    }

    fn close(self: Box<Self>) -> Result<()> {
        let finished = self.finish();
        // Only now may another owner look at the files.
        drop(self);
        finished
    }

    fn limits(&self) -> Limits {
        LIMITS
    }

    fn stats(&self) -> Stats {
        self.files.counters.stats()
    }
}

impl Snapshots for Lsm {
    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>> {
        let (state, seq) = self.present.pin();
        let counters = Arc::clone(&self.files.counters);
        Ok(Box::new(LsmSnapshot {
            state,
            seq,
            counters,
        }))
    }
}

impl fmt::Debug for Lsm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lsm")
            .field("options", &self.files.options)
            .finish_non_exhaustive()
    }
}
