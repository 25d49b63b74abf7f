//! A disk that counts what passes through it.

use std::sync::Arc;

use super::{Disk, File, Lock, Map, Mode};
use crate::{Counter, Counters, Result};

/// Any disk, with every byte read and written and every sync counted in an
/// engine's [`Counters`]. An engine that opens its files through this reports
/// true counts without a line of its own.
///
/// A byte counts when it was asked to be written, and when it was in fact
/// read; a sync when it was attempted. Bytes lent by a [`Map`] cost no call
/// and are not counted: count the pages or blocks that they belong to.
#[derive(Debug, Clone)]
pub struct Counted {
    disk: Arc<dyn Disk>,
    counters: Arc<Counters>,
}

impl Counted {
    /// `disk`, counted in `counters`.
    pub fn new(disk: Arc<dyn Disk>, counters: Arc<Counters>) -> Self {
        Counted { disk, counters }
    }
}

impl Disk for Counted {
    fn open(&self, name: &str, mode: Mode) -> Result<Box<dyn File>> {
        Ok(Box::new(CountedFile {
            file: self.disk.open(name, mode)?,
            counters: Arc::clone(&self.counters),
        }))
    }

    fn rename(&self, from: &str, to: &str) -> Result<()> {
        self.disk.rename(from, to)
    }

    fn remove(&self, name: &str) -> Result<()> {
        self.disk.remove(name)
    }

    fn list(&self) -> Result<Vec<String>> {
        self.disk.list()
    }

    fn sync_dir(&self) -> Result<()> {
        self.counters.add(Counter::Syncs, 1);
        self.disk.sync_dir()
    }

    fn lock(&self) -> Result<Lock> {
        self.disk.lock()
    }
}

#[derive(Debug)]
struct CountedFile {
    file: Box<dyn File>,
    counters: Arc<Counters>,
}

impl File for CountedFile {
    fn name(&self) -> &str {
        self.file.name()
    }

    fn len(&self) -> Result<u64> {
        self.file.len()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize> {
        let read = self.file.read_at(offset, buffer)?;
        self.counters.add(Counter::BytesRead, read as u64);
        Ok(read)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        self.counters.add(Counter::BytesWritten, bytes.len() as u64);
        self.file.write_at(offset, bytes)
    }

    fn allocate(&self, len: u64) -> Result<()> {
        self.file.allocate(len)
    }

    fn set_len(&self, len: u64) -> Result<()> {
        self.file.set_len(len)
    }

    fn sync(&self) -> Result<()> {
        self.counters.add(Counter::Syncs, 1);
        self.file.sync()
    }

    fn map(&self) -> Result<Box<dyn Map>> {
        self.file.map()
    }
}
