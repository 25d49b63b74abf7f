//! Writing: to the log first, then to the memtable.

use std::sync::Arc;

use engine::{Durability, Result, Write};

use crate::log::header::Header;
use crate::log::record::{Changes, Says};
use crate::log::{Log, Tail};
use crate::memtable::Memtable;
use crate::state::{Logged, State};
use crate::store::Lsm;
use crate::syncing::End;

/// How many bytes may be pending before they go to the log's file.
const BUFFER_BYTES: usize = 64 << 10;

/// Whoever holds this writes.
#[derive(Debug)]
pub(crate) struct Writer {
    /// What takes writes.
    active: Arc<Logged>,
    /// Its log, once there has been a write.
    log: Option<(Arc<Log>, Tail)>,
    /// The number of the log before it.
    previous: u32,
    /// The sequence number of the last write.
    seq: u64,
    /// Whether the manifest has a name that is durable.
    has_manifest: bool,
}

impl Writer {
    /// Whoever holds this writes to `active`.
    pub(crate) fn new(active: Arc<Logged>) -> Self {
        Writer {
            active,
            log: None,
            previous: 0,
            seq: 0,
            has_manifest: false,
        }
    }

    /// Where the log ends.
    pub(crate) fn end(&self) -> End {
        let end = |(log, tail): &(Arc<Log>, Tail)| (log.number(), tail.end());
        self.log.as_ref().map_or((self.previous, u32::MAX), end)
    }
}

impl Lsm {
    /// Makes the changes of `batch`, whose record has this length.
    ///
    /// # Errors
    ///
    /// An error leaves no trace of the batch, not even after reopening.
    pub(crate) fn make(&self, writer: &mut Writer, batch: &[Write<'_>], len: u32) -> Result<()> {
        let is_full = writer.active.memtable.bytes() >= self.files.options.memtable_bytes;
        let takes = |(log, tail): &(Arc<Log>, Tail)| log.takes(tail, len);
        if is_full || !writer.log.as_ref().is_none_or(takes) {
            self.rotate(writer, 0)?;
        }
        self.append(writer, batch, len)?;
        self.insert(writer, batch);
        Ok(())
    }

    /// Appends `batch` to the log. When it returns, all that the [`Durability`] asks
    /// for is done, except the sync.
    ///
    /// # Errors
    ///
    /// As for [`make`](Self::make).
    ///
    /// # Exercise 3.16
    fn append(&self, writer: &mut Writer, batch: &[Write<'_>], len: u32) -> Result<()> {
        todo!("exercise 3.16: Appends `batch` to the log")
    }

    /// The log of the active memtable, with room for `len` bytes; a new one before
    /// the first write.
    fn log_of<'w>(&self, writer: &'w mut Writer, len: u32) -> Result<(&'w Log, &'w mut Tail)> {
        if writer.log.is_none() {
            if !writer.has_manifest {
                self.make_sure_of_manifest()?;
                writer.has_manifest = true;
            }
            let header = Header {
                number: self.files.next_number()?,
                previous: writer.previous,
            };
            let memtable_bytes = u32::try_from(self.files.options.memtable_bytes);
            let bytes = memtable_bytes.unwrap_or(u32::MAX).min(LOG_BYTES).max(len);
            let (log, tail) = Log::create(&self.files.device, header, bytes)?;
            let log = Arc::new(log);
            writer.active.log.get_or_init(|| Arc::clone(&log));
            writer.log = Some((log, tail));
        }
        let (log, tail) = writer.log.as_mut().expect("there is one now");
        log.make_room(tail, len)?;
        Ok((log, tail))
    }

    /// Inserts the changes of `batch` into the memtable. They are seen all at
    /// once.
    ///
    /// # Exercise 3.16
    fn insert(&self, writer: &mut Writer, batch: &[Write<'_>]) {
        todo!("exercise 3.16: Inserts the changes of `batch` into the memtable")
    }

    /// Ends the log, all of it durable, and lets the memtable wait to be
    /// flushed; another one takes writes from now on. Over `zeros` bytes that a
    /// failed write may have left after the last record, zeros are written.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`](engine::Error::NoSpace) and
    /// [`Error::Io`](engine::Error::Io) where nothing was asked of the device
    /// yet, and nothing changed; [`Error::Poisoned`](engine::Error::Poisoned).
    ///
    /// # Exercise 3.18
    pub(crate) fn rotate(&self, writer: &mut Writer, zeros: usize) -> Result<()> {
        todo!(
            "exercise 3.18: Ends the log, all of it durable, and lets the memtable wait to be flushed; another one takes writes from now on"
        )
    }

    /// Makes everything durable up to `end`.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`](engine::Error::NoSpace) and
    /// [`Error::Io`](engine::Error::Io) where nothing was asked of the device
    /// yet; [`Error::Poisoned`](engine::Error::Poisoned).
    pub(crate) fn sync_to(&self, end: End) -> Result<()> {
        self.syncing.wait_for(end, || {
            let (log, reached) = {
                let mut writer = self.writer.lock();
                self.files.device.check()?;
                let reached = writer.end();
                let Some((log, tail)) = &mut writer.log else {
                    return Ok(reached);
                };
                log.write_out(tail)?;
                (Arc::clone(log), reached)
            };
            log.sync(&self.files.device, reached.1)?;
            Ok(reached)
        })
    }

    /// Makes everything durable that was written until now.
    pub(crate) fn sync_all(&self) -> Result<()> {
        let end = {
            let writer = self.writer.lock();
            self.files.device.check()?;
            match writer.log {
                Some(_) => writer.end(),
                None => return Ok(()),
            }
        };
        self.sync_to(end)
    }
}

/// For how many bytes of records a log is made at most, unless the first batch is
/// larger.
const LOG_BYTES: u32 = 1 << 30;
