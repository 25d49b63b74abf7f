//! The engine whose `sync` writes everything it holds.

use std::sync::Arc;

use engine::disk::{Counted, Disk, Lock};
use engine::sync::{Mutex, OnceLock};
use engine::{
    Counters, Cursor, Error, KeyRange, Limits, Order, Result, Stats, StorageEngine, Write,
};

use crate::memory::Memory;
use crate::snapshot_file::{load, publish, write_temporary};

/// A [`Memory`] that can be made durable: [`sync`](StorageEngine::sync)
/// replaces a snapshot file that holds all of it.
///
/// Between syncs it survives nothing. Reads and writes never wait for the
/// disk. A sync costs as much as the whole database is large, however little
/// has changed: that is why there is a chapter 2.
#[derive(Debug)]
pub struct DurableMemory {
    memory: Memory,
    disk: Counted,
    /// What the count of changes since the opening was for the snapshot file. One
    /// thread at a time saves; others that sync wait for it, and often find nothing
    /// left to do.
    saved: Mutex<u64>,
    /// The failure after which nothing more is written.
    poison: OnceLock<Error>,
    _lock: Lock,
}

impl DurableMemory {
    /// Opens the engine on `disk` with what its last snapshot holds, or
    /// without entries where there is none.
    ///
    /// # Errors
    ///
    /// [`Error::Locked`] where another owner has it open; [`Error::Corrupt`] and
    /// [`Error::Version`] where the snapshot is not sound; [`Error::NoSpace`]
    /// and [`Error::Io`]. Nothing is lost in any of these cases.
    pub fn open(disk: Arc<dyn Disk>) -> Result<Self> {
        let lock = disk.lock()?;
        let counters = Arc::new(Counters::new());
        let disk = Counted::new(disk, Arc::clone(&counters));
        let map = load(&disk)?;
        Ok(DurableMemory {
            memory: Memory::with(map, counters),
            disk,
            saved: Mutex::new(0),
            poison: OnceLock::new(),
            _lock: lock,
        })
    }

    /// Answers [`Error::Poisoned`] from the moment on that a save has failed
    /// in a way that cannot be taken back.
    fn check_poison(&self) -> Result<()> {
        match self.poison.get() {
            Some(cause) => Err(Error::poisoned(cause.clone())),
            None => Ok(()),
        }
    }

    /// Poisons the engine and answers the error that says so.
    fn poison(&self, cause: Error) -> Error {
        Error::poisoned(self.poison.get_or_init(|| cause).clone())
    }
}

impl StorageEngine for DurableMemory {
    fn get_into(&self, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        self.memory.get_into(key, value)
    }

    fn write(&self, batch: &[Write<'_>]) -> Result<()> {
        self.check_poison()?;
        self.memory.write(batch)
    }

    fn scan<'s>(&'s self, range: KeyRange<'_>, order: Order) -> Result<Box<dyn Cursor + 's>> {
        self.memory.scan(range, order)
    }

    /// Writes all entries to a new snapshot file and puts it in place of the
    /// last one. Where nothing has changed since, the last one serves.
    ///
    /// A failure to write the temporary file changes nothing, and the next
    /// sync may try again. A failure from the first sync of the device on
    /// poisons the engine.
    ///
    /// # Exercise 1.12
    fn sync(&self) -> Result<()> {
        todo!(
            "exercise 1.12: Writes all entries to a new snapshot file and puts it in place of the last one"
        )
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.sync()
    }

    fn limits(&self) -> Limits {
        self.memory.limits()
    }

    fn stats(&self) -> Stats {
        self.memory.stats()
    }
}
