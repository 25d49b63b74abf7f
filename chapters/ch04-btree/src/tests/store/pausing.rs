//! A disk that waits in the middle of what it is asked for.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use conformance::sim::SimDisk;
use engine::Result;
use engine::disk::{Disk, File, Lock, Map, Mode};
use engine::sync::Mutex;

/// A disk on which a write or sync of a file can be made to wait, before it does
/// anything.
#[derive(Debug, Clone)]
pub(in crate::tests) struct Pausing {
    pub(in crate::tests) disk: SimDisk,
    pause: Arc<Mutex<Option<Pause>>>,
}

#[derive(Debug)]
struct Pause {
    /// So many operations pass first.
    left: usize,
    reached: Sender<()>,
    go_on: Receiver<()>,
}

/// How long whatever is done beside an operation may take.
const PATIENCE: Duration = Duration::from_secs(if cfg!(miri) { 3600 } else { 10 });

/// Lets nobody be waited for any more when it is dropped, also where a test fails.
struct Over<'o>(&'o Mutex<Option<Pause>>);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        *self.0.lock() = None;
    }
}

impl Pausing {
    pub(in crate::tests) fn new(disk: SimDisk) -> Self {
        Pausing {
            disk,
            pause: Arc::default(),
        }
    }

    /// Does `work` in a thread of its own, and `beside` when that has asked for
    /// so many writes and syncs and is about to ask for another one, or when it
    /// has ended.
    pub(in crate::tests) fn beside<T: Send>(
        &self,
        left: usize,
        work: impl FnOnce() -> T + Send,
        beside: impl FnOnce(),
    ) -> T {
        let ((reached, is_reached), (go_on, goes_on)) = (channel(), channel());
        *self.pause.lock() = Some(Pause {
            left,
            reached,
            go_on: goes_on,
        });
        std::thread::scope(|scope| {
            let working = scope.spawn(|| {
                let _over = Over(&self.pause);
                work()
            });
            // An error says that it has ended.
            let _ = is_reached.recv();
            beside();
            drop(go_on);
            working
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    fn asked(&self) {
        let mut pause = self.pause.lock();
        match &mut *pause {
            None => {}
            Some(Pause { left: 0, .. }) => {
                let paused = pause.take().unwrap();
                drop(pause);
                paused.reached.send(()).unwrap();
                let gone_on = paused.go_on.recv_timeout(PATIENCE);
                assert!(
                    gone_on != Err(RecvTimeoutError::Timeout),
                    "whoever commits or reads meanwhile waits for the device: a lock is held \
                     while it works"
                );
            }
            Some(Pause { left, .. }) => *left -= 1,
        }
    }
}

impl Disk for Pausing {
    fn open(&self, name: &str, mode: Mode) -> Result<Box<dyn File>> {
        let file = self.disk.open(name, mode)?;
        let disk = self.clone();
        Ok(Box::new(PausingFile { file, disk }))
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
        self.disk.sync_dir()
    }

    fn lock(&self) -> Result<Lock> {
        self.disk.lock()
    }
}

#[derive(Debug)]
struct PausingFile {
    file: Box<dyn File>,
    disk: Pausing,
}

impl File for PausingFile {
    fn name(&self) -> &str {
        self.file.name()
    }

    fn len(&self) -> Result<u64> {
        self.file.len()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize> {
        self.file.read_at(offset, buffer)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        self.disk.asked();
        self.file.write_at(offset, bytes)
    }

    fn allocate(&self, len: u64) -> Result<()> {
        self.file.allocate(len)
    }

    fn set_len(&self, len: u64) -> Result<()> {
        self.file.set_len(len)
    }

    fn sync(&self) -> Result<()> {
        self.disk.asked();
        self.file.sync()
    }

    fn map(&self) -> Result<Box<dyn Map>> {
        self.file.map()
    }
}
