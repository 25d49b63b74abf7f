//! The log: what the memtable holds, on disk, so that a crash loses nothing of
//! it that was synced.
//!
//! Each memtable has a log of its own. Before the next one takes a write, the
//! log is ended by a record that says so, and synced: so only the newest log
//! can have a torn tail.

use std::fmt;

use engine::disk::{File, Mode};
use engine::sync::atomic::{AtomicU32, Ordering};
use engine::{Error, Result};

use crate::device::Device;
use crate::names::Name;

pub mod header;
pub mod record;
pub mod replay;

use header::{HEADER_BYTES, Header};
use record::{HEAD_BYTES, Record, Says};

/// What may stand beside a batch: a mark in front of it, another one after it, and
/// the record that ends the log.
const MARKS_BYTES: u32 = 3 * HEAD_BYTES;

/// A log gets its room in so many steps. Each of them changes the length of the
/// file, which the next sync pays for; and what a crash leaves unused of the last
/// one, the next opening reads.
const STEPS: u32 = 16;

/// An open log.
pub struct Log {
    header: Header,
    file: Box<dyn File>,
    /// How long it may get.
    bytes_max: u32,
    /// Up to where it is durable.
    durable: AtomicU32,
}

/// The end of a log, as whoever writes it knows it.
#[derive(Debug, Default)]
pub struct Tail {
    /// How many bytes were written to the file.
    written: u32,
    /// What was appended after them, and is not written yet.
    pending: Vec<u8>,
    /// Up to where the last mark says that the log is durable.
    marked: u32,
    /// Up to where there is room in the file.
    room: u32,
}

impl Log {
    /// A new log for so many bytes of records. Its name is durable.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`], [`Error::Io`] and [`Error::Poisoned`].
    pub(crate) fn create(
        device: &Device,
        header: Header,
        records_bytes: u32,
    ) -> Result<(Self, Tail)> {
        let bytes_max = HEADER_BYTES
            .saturating_add(records_bytes)
            .saturating_add(MARKS_BYTES);
        let name = Name::Log(header.number).to_string();
        let log = Log {
            header,
            file: device.disk().open(&name, Mode::CreateNew)?,
            bytes_max,
            durable: AtomicU32::new(0),
        };
        let mut tail = Tail {
            pending: header.to_bytes().to_vec(),
            marked: HEADER_BYTES,
            ..Tail::default()
        };
        if let Err(error) = log.make_room(&mut tail, 0) {
            drop(log);
            // Room that is scarce, perhaps. An opening removes it, too.
            let _ = device.disk().remove(&name);
            return Err(error);
        }
        device.sync_dir()?;
        Ok((log, tail))
    }

    /// Its number.
    pub fn number(&self) -> u32 {
        self.header.number
    }

    /// Up to where it is durable.
    pub fn durable(&self) -> u32 {
        self.durable.load(Ordering::Acquire)
    }

    /// Whether a record of this length can be appended before the log is to be
    /// ended.
    pub(crate) fn takes(&self, tail: &Tail, len: u32) -> bool {
        end_with(tail, len) <= self.bytes_max
    }

    /// Makes sure that a record of this length, which the log takes, can be
    /// appended, and the log be ended whatever becomes of it. What fails for want
    /// of room leaves a log that cannot be ended either, since that takes room,
    /// too.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`] and [`Error::Io`], and there is as much room as before.
    pub(crate) fn make_room(&self, tail: &mut Tail, len: u32) -> Result<()> {
        let needed = end_with(tail, len);
        if needed <= tail.room {
            return Ok(());
        }
        let step = self.bytes_max.div_ceil(STEPS);
        let room = tail.room.saturating_add(step).min(self.bytes_max);
        let allocate = |room| self.file.allocate(u64::from(room)).map(|()| room);
        tail.room = match allocate(room.max(needed)) {
            // For a whole step, that is: for this much there may be.
            Err(Error::NoSpace { .. }) => allocate(needed)?,
            room => room?,
        };
        Ok(())
    }

    /// Makes durable what was written; `written` bytes of it, or more.
    ///
    /// # Errors
    ///
    /// [`Error::Poisoned`].
    pub(crate) fn sync(&self, device: &Device, written: u32) -> Result<()> {
        device.sync(&*self.file)?;
        self.durable.fetch_max(written, Ordering::Release);
        Ok(())
    }

    /// Appends `record` after a mark of how far the log is durable, if that is
    /// news, in memory only.
    pub(crate) fn append(&self, tail: &mut Tail, says: Says<'_>) {
        let durable = self.durable();
        if durable > tail.marked {
            tail.marked = durable;
            self.append(tail, Says::Synced { up_to: durable });
        }
        let offset = tail.end();
        let record = Record {
            log: self.number(),
            offset,
            says,
        };
        record.append_to(&mut tail.pending);
    }

    /// Writes to the file what was appended. What was not written is kept.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`] and [`Error::Io`]; any part of it may have been written
    /// then.
    pub(crate) fn write_out(&self, tail: &mut Tail) -> Result<()> {
        if tail.pending.is_empty() {
            return Ok(());
        }
        self.file.write_at(u64::from(tail.written), &tail.pending)?;
        tail.written = tail.end();
        tail.pending.clear();
        Ok(())
    }

    /// Ends the log after its last record. Over `zeros` bytes from there on,
    /// which a failed write may have left, zeros are written, less the record's
    /// own. All of that is durable then, and everything before it.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`] and
    /// [`Error::Io`] where nothing was asked of the device
    /// yet, and it can be tried again;
    /// [`Error::Poisoned`].
    pub(crate) fn end(&self, device: &Device, tail: &mut Tail, zeros: usize) -> Result<()> {
        let kept = tail.pending.len();
        self.append(tail, Says::End);
        let end = kept + zeros.max(tail.pending.len() - kept);
        tail.pending.resize(end, 0);
        if let Err(error) = self.write_out(tail) {
            tail.pending.truncate(kept);
            return Err(error);
        }
        self.sync(device, tail.written)
    }
}

/// Where a log would end with a record of this length, and with what ends it.
fn end_with(tail: &Tail, len: u32) -> u32 {
    tail.end().saturating_add(len).saturating_add(MARKS_BYTES)
}

impl Tail {
    /// Where the log ends, in bytes.
    pub fn end(&self) -> u32 {
        self.written + record::log_len(self.pending.len())
    }

    /// How many bytes were appended and not written.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Takes back what was appended from `end` on, and could not be written.
    pub(crate) fn take_back(&mut self, end: u32) {
        self.pending.truncate((end - self.written) as usize);
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Log({})", self.number())
    }
}
