//! Engines that are wrong in a moment that hardly ever comes: two threads have
//! to meet between two lines.
//!
//! Threads that race meet there by luck or not at all. Threads that are
//! [steered](conformance::schedules) meet everywhere.

use conformance::{Clause, Level};
use engine::disk::Mode;
use engine::sync::Mutex;
use engine::{Result, StorageEngine, Write};

use crate::calls::{Calls, Inner};
use crate::exhibit::{Charge, Exhibit};
use crate::log_engine::format;
use crate::log_engine::log::{NEW, OPEN};
use crate::log_engine::steps::{Right, Steps};

/// The exhibits of this room.
pub static EXHIBITS: &[Exhibit] = &[
    Exhibit::of_calls::<CopiedBeforeLock>(Charge(
        "copied-before-the-lock",
        Clause::Sync,
        Level::Crash,
        "rewrites its log at each sync, from a copy that it takes before the lock",
        "writers should not wait while everything is copied",
    )),
    Exhibit::of_calls::<CleanTooEarly>(Charge(
        "clean-too-early",
        Clause::Sync,
        Level::Crash,
        "marks itself clean before it syncs, so that a sync beside it returns at once",
        "afterwards would forget a write that came meanwhile",
    )),
    Exhibit::of_calls::<RoomMadeFirst>(Charge(
        "room-made-first",
        Clause::OneOrder,
        Level::Concurrent,
        "removes the old value under a lock, and puts the new one under the next",
        "a map that is full needs the room first",
    )),
    Exhibit::of_calls::<DeletesCheckedFirst>(Charge(
        "deletes-checked-first",
        Clause::OneOrder,
        Level::Concurrent,
        "leaves deletes of absent keys out of a batch, by a look before the write's lock",
        "what is not there need not be logged as gone",
    )),
    Exhibit::of_calls::<LocksCrossed>(Charge(
        "locks-crossed",
        Clause::OneOrder,
        Level::Concurrent,
        "takes two locks in a write, and in a sync the other way round",
        "each function takes them where it needs them",
    )),
    Exhibit::of_calls::<ReadsWithin>(Charge(
        "reads-within-a-read",
        Clause::OneOrder,
        Level::Concurrent,
        "takes a lock for reading that it already holds for reading",
        "any number of readers may hold it",
    )),
];

/// Keeps the log as short as its contents. The copy is of a moment before the
/// lock: a put and a sync in between are written, and then overwritten.
#[derive(Default)]
struct CopiedBeforeLock;

impl Calls for CopiedBeforeLock {
    fn sync(&self, inner: &Inner) -> Result<()> {
        let entries = inner.table.entries.read().clone();
        let mut log = inner.log.lock();
        log.check_poison()?;
        let bytes = format::encode_base(&Right, &entries);
        let file = inner.disk.open(NEW, Mode::CreateNew)?;
        Right.write_at(&*file, 0, &bytes, &inner.counters)?;
        Right
            .sync_new(&*file, &inner.counters)
            .map_err(|cause| log.poison(cause))?;
        log.file = file;
        inner.disk.rename(NEW, OPEN)?;
        Right
            .sync_names(&*inner.disk, &inner.counters)
            .map_err(|cause| log.poison(cause))?;
        log.len = bytes.len() as u64;
        log.synced = log.len;
        log.pending.clear();
        Ok(())
    }
}

/// Skips a sync that has nothing to do. While one is on its way, another finds
/// the mark gone and answers for what is not durable yet.
#[derive(Default)]
struct CleanTooEarly {
    is_dirty: Mutex<bool>,
}

impl Calls for CleanTooEarly {
    fn write(&self, inner: &Inner, batch: &[Write<'_>]) -> Result<()> {
        inner.write(batch)?;
        *self.is_dirty.lock() = true;
        Ok(())
    }

    fn sync(&self, inner: &Inner) -> Result<()> {
        let was_dirty = std::mem::take(&mut *self.is_dirty.lock());
        match was_dirty {
            true => inner.sync(),
            false => inner.log.lock().check_poison(),
        }
    }
}

/// Between its two locks a key is absent that was there before and is there
/// behind.
#[derive(Default)]
struct RoomMadeFirst;

impl Calls for RoomMadeFirst {
    fn write(&self, inner: &Inner, batch: &[Write<'_>]) -> Result<()> {
        inner.limits().check(batch)?;
        inner.log.lock().check_poison()?;
        let mut entries = inner.table.entries.write();
        for write in batch {
            entries.remove(write.key());
        }
        drop(entries);
        inner.write(batch)
    }
}

/// What was absent at the look may be there at the write: then half a batch is
/// made.
#[derive(Default)]
struct DeletesCheckedFirst;

impl Calls for DeletesCheckedFirst {
    fn write(&self, inner: &Inner, batch: &[Write<'_>]) -> Result<()> {
        inner.limits().check(batch)?;
        let entries = inner.table.entries.read();
        let is_put = |key: &[u8]| {
            batch
                .iter()
                .any(|write| write.key() == key && write.value().is_some())
        };
        let matters = |write: &&Write<'_>| {
            write.value().is_some() || entries.contains_key(write.key()) || is_put(write.key())
        };
        let rest: Vec<Write<'_>> = batch.iter().filter(matters).copied().collect();
        drop(entries);
        inner.write(&rest)
    }
}

/// A write holds the one lock and waits for the other, a sync holds the other
/// and waits for the one.
#[derive(Default)]
struct LocksCrossed {
    unsynced_bytes: Mutex<usize>,
}

impl Calls for LocksCrossed {
    fn write(&self, inner: &Inner, batch: &[Write<'_>]) -> Result<()> {
        let mut unsynced_bytes = self.unsynced_bytes.lock();
        inner.write(batch)?;
        *unsynced_bytes += batch.iter().map(|write| write.key().len()).sum::<usize>();
        Ok(())
    }

    fn sync(&self, inner: &Inner) -> Result<()> {
        let mut log = inner.log.lock();
        Right.sync(&mut log)?;
        *self.unsynced_bytes.lock() = 0;
        Ok(())
    }
}

/// Works until a writer comes between the two reads: it waits for the first
/// one to end, and the second one waits for it.
#[derive(Default)]
struct ReadsWithin;

impl Calls for ReadsWithin {
    fn get_into(&self, inner: &Inner, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        let entries = inner.table.entries.read();
        if entries.is_empty() {
            value.clear();
        }
        inner.get_into(key, value)
    }
}
