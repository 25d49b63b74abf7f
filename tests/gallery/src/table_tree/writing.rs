//! Writing: a batch goes to the log, and then to the memtable.

use std::sync::Arc;

use engine::disk::{Disk, File};
use engine::{Durability, Error, Result, Write};

use super::Store;
use super::files::{create, log_name, sync_file, sync_names};
use super::memtable::Memtable;
use super::state::State;
use crate::log_engine::format::{HEADER_BYTES, encode_header, encode_record};
use crate::log_engine::steps::Right;

/// How many bytes a memtable takes before it is frozen: so few that short
/// scripts fill some.
pub(crate) const MEMTABLE_BYTES: usize = 128;
/// With so many frozen memtables the active one grows until one was flushed.
const FROZEN_MAX: usize = 3;

/// Whoever holds this writes.
#[derive(Debug)]
pub(crate) struct Writer {
    /// What takes writes.
    pub(crate) active: Arc<Memtable>,
    /// Its log, once there has been a write.
    pub(crate) log: Option<Log>,
}

/// A log that takes writes.
#[derive(Debug)]
pub(crate) struct Log {
    file: Box<dyn File>,
    /// Its length, in bytes: whole records.
    len: u64,
    /// How many of these bytes are known to be durable.
    synced: u64,
}

impl Log {
    /// Begins the log of this number, durably, so that whatever stands in it
    /// was written behind its header.
    fn begin(disk: &dyn Disk, number: u64) -> Result<Self> {
        let file = create(disk, &log_name(number))?;
        let len = HEADER_BYTES as u64;
        file.write_at(0, &encode_header(len))?;
        sync_file(&*file)?;
        sync_names(disk)?;
        Ok(Log {
            file,
            len,
            synced: len,
        })
    }

    /// Appends a batch as one record, so that one checksum decides about all of
    /// it.
    pub(crate) fn append(&mut self, batch: &[Write<'_>]) -> Result<()> {
        let mut bytes = Vec::new();
        encode_record(&Right, &mut bytes, self.len, self.synced, batch);
        if let Err(error) = self.file.write_at(self.len, &bytes) {
            self.take_back().map_err(Error::poisoned)?;
            return Err(error);
        }
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// Takes back what a failed append left in the file, durably.
    fn take_back(&mut self) -> Result<()> {
        self.file.set_len(self.len)?;
        self.sync()
    }

    /// Makes what it holds durable.
    pub(crate) fn sync(&mut self) -> Result<()> {
        sync_file(&*self.file)?;
        self.synced = self.len;
        Ok(())
    }
}

/// Makes a batch durable, as far as the durability asks for, and visible.
pub(crate) fn commit(store: &Store, writer: &mut Writer, batch: &[Write<'_>]) -> Result<()> {
    let is_full = writer.active.bytes() >= MEMTABLE_BYTES;
    if is_full && store.view().state.frozen.len() < FROZEN_MAX {
        freeze(store, writer)?;
    }
    let log = match &mut writer.log {
        Some(log) => log,
        none => none.insert(Log::begin(&store.disk, writer.active.number)?),
    };
    log.append(batch)?;
    if store.durability == Durability::Always {
        log.sync()?;
    }
    store.steps.apply(store, &writer.active, batch);
    Ok(())
}

/// Makes everything that was written durable. What is in no log any more is in
/// one that was synced.
pub(crate) fn sync(writer: &mut Writer) -> Result<()> {
    writer.log.as_mut().map_or(Ok(()), Log::sync)
}

/// Lets the active memtable wait to be flushed. The next one takes writes.
pub(crate) fn freeze(store: &Store, writer: &mut Writer) -> Result<()> {
    let Some(log) = &mut writer.log else {
        return Ok(()); // It is empty.
    };
    store.steps.end_log(log)?;
    writer.log = None;
    let next = Arc::new(Memtable::new(store.next_number()));
    store.change(|state| State {
        active: Arc::clone(&next),
        frozen: state.memtables().cloned().collect(),
        levels: state.levels.clone(),
    });
    writer.active = next;
    Ok(())
}
