//! A disk that lets something happen while it is asked for something else.

use std::fmt;
use std::sync::Arc;

use conformance::sim::{Operation, SimDisk};
use engine::Result;
use engine::disk::{Disk, File, Lock, Map, Mode};
use engine::sync::Mutex;

/// A disk that does something else first, once, when it is asked for one kind
/// of operation. Where that fails, so does the operation.
#[derive(Clone)]
pub(super) struct Meanwhile {
    pub(super) disk: SimDisk,
    at: Operation,
    work: Arc<Mutex<Option<Work>>>,
    /// How long its files say that they are, if not as long as they are.
    len: Arc<Mutex<Option<u64>>>,
}

type Work = Box<dyn FnOnce() -> Result<()> + Send>;

impl Meanwhile {
    /// It is asked for reads, writes or syncs of files, or of names.
    pub(super) fn new(disk: SimDisk, at: Operation) -> Self {
        let (work, len) = Default::default();
        Meanwhile {
            disk,
            at,
            work,
            len,
        }
    }

    /// From now on its files say that they are so long.
    pub(super) fn says_len(&self, len: u64) {
        *self.len.lock() = Some(len);
    }

    /// What is done first, the next time that it is asked.
    pub(super) fn does(&self, work: impl FnOnce() -> Result<()> + Send + 'static) {
        *self.work.lock() = Some(Box::new(work));
    }

    /// Answers whether it was done.
    pub(super) fn is_done(&self) -> bool {
        self.work.lock().is_none()
    }

    fn asked_for(&self, operation: Operation) -> Result<()> {
        if operation != self.at {
            return Ok(());
        }
        let work = self.work.lock().take();
        work.map_or(Ok(()), |work| work())
    }
}

impl Disk for Meanwhile {
    fn open(&self, name: &str, mode: Mode) -> Result<Box<dyn File>> {
        let file = self.disk.open(name, mode)?;
        let disk = self.clone();
        Ok(Box::new(MeanwhileFile { file, disk }))
    }

    fn rename(&self, from: &str, to: &str) -> Result<()> {
        self.asked_for(Operation::Rename)?;
        self.disk.rename(from, to)
    }

    fn remove(&self, name: &str) -> Result<()> {
        self.disk.remove(name)
    }

    fn list(&self) -> Result<Vec<String>> {
        self.disk.list()
    }

    fn sync_dir(&self) -> Result<()> {
        self.asked_for(Operation::SyncDir)?;
        self.disk.sync_dir()
    }

    fn lock(&self) -> Result<Lock> {
        self.disk.lock()
    }
}

impl fmt::Debug for Meanwhile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Meanwhile")
    }
}

#[derive(Debug)]
struct MeanwhileFile {
    file: Box<dyn File>,
    disk: Meanwhile,
}

impl File for MeanwhileFile {
    fn name(&self) -> &str {
        self.file.name()
    }

    fn len(&self) -> Result<u64> {
        let len = *self.disk.len.lock();
        len.map_or_else(|| self.file.len(), Ok)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize> {
        self.disk.asked_for(Operation::Read)?;
        self.file.read_at(offset, buffer)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        self.disk.asked_for(Operation::Write)?;
        self.file.write_at(offset, bytes)
    }

    fn allocate(&self, len: u64) -> Result<()> {
        self.file.allocate(len)
    }

    fn set_len(&self, len: u64) -> Result<()> {
        self.file.set_len(len)
    }

    fn sync(&self) -> Result<()> {
        self.disk.asked_for(Operation::Sync)?;
        self.file.sync()
    }

    fn map(&self) -> Result<Box<dyn Map>> {
        self.file.map()
    }
}
