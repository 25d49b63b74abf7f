//! The steps of a durable engine, each of them one that can be forgotten.
//!
//! Each default method is how the step is taken; [`Right`] takes them all. An
//! engine of the gallery overrides the one that its author got wrong. So that the
//! rest is compiled once, it takes its steps through a `dyn Steps`.

use std::ops::Bound;
use std::sync::Arc;

use engine::disk::{Disk, File, Lock, Mode};
use engine::{Counter, Counters, Durability, Entry, Error, KeyRange, Order, Result, Write};

use super::format::{self, Record};
use super::log::{BUFFER_BYTES, CLOSED, Found, Log, NEW, OPEN};
use super::replay::{Read, Replayed};
use super::table::{self, CHUNK, Entries, Table};

/// What a default method hands on, which does not know who it is.
pub(crate) trait AsSteps {
    /// The same steps.
    fn as_steps(&self) -> &dyn Steps;
}

impl<S: Steps> AsSteps for S {
    fn as_steps(&self) -> &dyn Steps {
        self
    }
}

/// How the log engine takes each of its steps.
pub(crate) trait Steps: AsSteps + Send + Sync {
    /// Makes the engine the directory's owner, for as long as the answer
    /// lives.
    fn lock(&self, disk: &dyn Disk) -> Result<Lock> {
        disk.lock()
    }

    /// Reads a whole file, however few bytes the disk hands out at a time.
    fn read_file(&self, file: &dyn File, counters: &Counters) -> Result<Vec<u8>> {
        let len = usize::try_from(file.len()?).expect("the log fits in memory");
        let mut bytes = vec![0; len];
        file.read_exact_at(0, &mut bytes)?;
        counters.add(Counter::BytesRead, bytes.len() as u64);
        Ok(bytes)
    }

    /// The base that a log's header states.
    fn decode_header(&self, name: &str, bytes: &[u8]) -> Result<u64> {
        format::decode_header(name, bytes)
    }

    /// The `len` bytes of changes behind a record's head, where there are so
    /// many: the length may be damaged.
    fn payload<'a>(&self, behind: &'a [u8], len: usize) -> Option<&'a [u8]> {
        behind.get(..len)
    }

    /// The checksum of a record at the place `at`, over what stands behind the
    /// checksum. The place goes in, so that a copy of a record elsewhere (a
    /// user may store a log as a value) is no record.
    fn checksum(&self, at: u64, body: &[u8]) -> u32 {
        let mut crc = crc32fast::Hasher::new();
        crc.update(&at.to_le_bytes());
        crc.update(body);
        crc.finalize()
    }

    /// Answers whether a record's checksum is the one that its bytes have.
    fn checksum_matches(&self, stored: u32, computed: u32) -> bool {
        stored == computed
    }

    /// The record at `at`, unless the log ends there, in good order or torn.
    fn next_record<'a>(&self, read: &Read<'a>, at: usize) -> Result<Option<Record<'a>>> {
        if at == read.bytes.len() {
            return Ok(None);
        }
        match read.record(self.as_steps(), at) {
            Ok(record) => Ok(Some(record)),
            Err(what) if self.is_damage(read, at) => Err(read.damage(at, what)),
            Err(_torn) => Ok(None),
        }
    }

    /// Answers whether bytes that are no record are damage, rather than a tail
    /// that a power cut tore.
    fn is_damage(&self, read: &Read<'_>, at: usize) -> bool {
        read.was_synced(at) || read.proves_a_later_sync(self.as_steps(), at)
    }

    /// Begins a log with what was found, all of it durable, in place of the
    /// one where it was found.
    ///
    /// That writes every byte again which the opening shows. Nothing less
    /// would heal: after a failed sync a file may hold bytes that the device
    /// does not, and another sync does not bring them there. And nothing is
    /// overwritten, so that a power cut leaves the old log or the new one.
    fn begin(
        &self,
        disk: &dyn Disk,
        found: &Found,
        replayed: &Replayed,
        counters: &Arc<Counters>,
    ) -> Result<Log> {
        let bytes = format::encode_base(self.as_steps(), &replayed.entries);
        self.clear(disk, found)?;
        let file = disk.open(NEW, Mode::CreateNew)?;
        self.write_at(&*file, 0, &bytes, counters)?;
        self.sync_new(&*file, counters)?;
        drop(file);
        self.replace(disk, found)?;
        self.sync_names(disk, counters)?;
        Ok(Log::new(
            disk.open(OPEN, Mode::Write)?,
            bytes.len() as u64,
            counters,
        ))
    }

    /// Removes the new log that an opening left when it was cut off.
    fn clear(&self, disk: &dyn Disk, found: &Found) -> Result<()> {
        if found.has(NEW) {
            disk.remove(NEW)?;
        }
        Ok(())
    }

    /// Makes the new log durable before anything relies on it.
    fn sync_new(&self, file: &dyn File, counters: &Counters) -> Result<()> {
        self.sync_file(file, counters)
    }

    /// Puts the new log in the place of the old one. In between there are two
    /// logs, never none.
    fn replace(&self, disk: &dyn Disk, found: &Found) -> Result<()> {
        disk.rename(NEW, OPEN)?;
        if found.has(CLOSED) {
            disk.remove(CLOSED)?;
        }
        Ok(())
    }

    /// Answers [`Error::Poisoned`] where no write may follow.
    fn check_write(&self, log: &Log) -> Result<()> {
        log.check_poison()
    }

    /// Makes a batch durable, as far as `durability` asks for, and visible.
    fn commit(
        &self,
        log: &mut Log,
        table: &Table,
        batch: &[Write<'_>],
        durability: Durability,
    ) -> Result<()> {
        let before = log.pending.len();
        self.encode(log, batch);
        if durability >= Durability::Os || log.pending.len() >= BUFFER_BYTES {
            self.flush(log)
                .inspect_err(|_| log.pending.truncate(before))?;
        }
        if durability == Durability::Always {
            self.sync(log)?;
        }
        self.apply(table, batch);
        Ok(())
    }

    /// Makes a batch visible, all of it at one moment.
    fn apply(&self, table: &Table, batch: &[Write<'_>]) {
        table::apply(&mut table.entries.write(), batch);
    }

    /// Encodes a batch as one record, so that one checksum decides about all
    /// of it.
    fn encode(&self, log: &mut Log, batch: &[Write<'_>]) {
        log.encode(self.as_steps(), batch);
    }

    /// The number that stands for a record's length. The limits keep it small
    /// enough.
    fn record_len(&self, len: usize) -> u32 {
        u32::try_from(len).expect("no record reaches 4 GiB")
    }

    /// Encodes one change.
    fn encode_change(&self, bytes: &mut Vec<u8>, write: &Write<'_>) {
        format::encode_change(bytes, write);
    }

    /// Appends the pending records to the file. Where that fails, they are
    /// pending still.
    fn flush(&self, log: &mut Log) -> Result<()> {
        if log.pending.is_empty() {
            return Ok(());
        }
        if let Err(error) = self.write_at(&*log.file, log.len, &log.pending, &log.counters) {
            self.take_back(log).map_err(|cause| log.poison(cause))?;
            return Err(error);
        }
        log.len += log.pending.len() as u64;
        log.pending.clear();
        Ok(())
    }

    /// Takes back what a failed append left in the file. The sync makes that
    /// durable: any part of the append may have been written, so the whole of
    /// it, too, and an opening after a power cut would find it.
    fn take_back(&self, log: &mut Log) -> Result<()> {
        log.file.set_len(log.len)?;
        self.sync_file(&*log.file, &log.counters)?;
        log.synced = log.len;
        Ok(())
    }

    /// Makes everything that was written durable. A sync that fails is not
    /// tried again: what it could not write may be gone from memory, and the
    /// next one would succeed without it.
    fn sync(&self, log: &mut Log) -> Result<()> {
        log.check_poison()?;
        self.flush(log)?;
        self.sync_file(&*log.file, &log.counters)
            .map_err(|cause| log.poison(cause))?;
        log.synced = log.len;
        Ok(())
    }

    /// Ends the log: durable, with a record without changes as its last, and
    /// under a name that says so.
    fn close(&self, mut log: Log, disk: &dyn Disk) -> Result<()> {
        log.check_poison()?;
        self.encode(&mut log, &[]);
        self.sync(&mut log)?;
        self.seal(log, disk)
    }

    /// Gives a log that is durable the name that says that it was closed.
    fn seal(&self, log: Log, disk: &dyn Disk) -> Result<()> {
        let Log { file, counters, .. } = log;
        drop(file);
        disk.rename(OPEN, CLOSED)?;
        self.sync_names(disk, &counters).map_err(Error::poisoned)
    }

    /// Writes to a file, and counts it.
    fn write_at(
        &self,
        file: &dyn File,
        offset: u64,
        bytes: &[u8],
        counters: &Counters,
    ) -> Result<()> {
        counters.add(Counter::BytesWritten, bytes.len() as u64);
        file.write_at(offset, bytes)
    }

    /// Syncs a file, and counts it.
    fn sync_file(&self, file: &dyn File, counters: &Counters) -> Result<()> {
        counters.add(Counter::Syncs, 1);
        file.sync()
    }

    /// Makes the names of all files durable, and counts it.
    fn sync_names(&self, disk: &dyn Disk, counters: &Counters) -> Result<()> {
        counters.add(Counter::Syncs, 1);
        disk.sync_dir()
    }

    /// The entries that a cursor over `range` copies at a time: the first ones
    /// that come behind `from` in its order. A fresh cursor goes on from
    /// `Unbounded`, a seek includes its key, and a chunk that is used up
    /// excludes its last.
    fn chunk(
        &self,
        entries: &Entries,
        range: &KeyRange<'_>,
        order: Order,
        from: Bound<&[u8]>,
    ) -> Vec<Entry> {
        let rest = table::rest_of_range(range, order, from);
        table::first_entries(entries, &rest, order, CHUNK)
    }

    /// How many entries a cursor visits that copies a chunk.
    fn visited(&self, chunk: &[Entry]) -> u64 {
        chunk.len() as u64
    }
}

/// Every step as it should be.
pub(crate) struct Right;

impl Steps for Right {}
