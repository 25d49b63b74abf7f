//! Engines that are wrong about syncs that fail.

use std::sync::Arc;

use conformance::{Clause, Level};
use engine::disk::{Disk, Mode};
use engine::{Counters, Error, Result, StorageEngine};

use crate::calls::{Calls, Inner};
use crate::exhibit::{Charge, Exhibit};
use crate::log_engine::log::{CLOSED, Found, Log, OPEN};
use crate::log_engine::replay::Replayed;
use crate::log_engine::steps::{Right, Steps};

/// The exhibits of this room.
pub static EXHIBITS: &[Exhibit] = &[
    Exhibit::of_steps(
        &SyncTriedAgain,
        Charge(
            "sync-tried-again",
            Clause::Poison,
            Level::Faults,
            "tries a failed sync again when asked to sync again, and is healed if that succeeds",
            "most failures pass",
        ),
    ),
    Exhibit::of_steps(
        &FailureSwallowed,
        Charge(
            "failure-swallowed",
            Clause::Poison,
            Level::Faults,
            "closes with success though its last sync failed",
            "whoever closes is on the way out and reads no errors",
        ),
    ),
    Exhibit::of_steps(
        &NamesUnsure,
        Charge(
            "names-unsure",
            Clause::Poison,
            Level::Faults,
            "ignores that the directory could not be synced",
            "on some systems a directory cannot be, so an error says nothing",
        ),
    ),
    Exhibit::of_steps(
        &FailureUnnamed,
        Charge(
            "failure-unnamed",
            Clause::Poison,
            Level::Faults,
            "answers a failed sync with the I/O error, which says that nothing changed",
            "`?` passes on what happened",
        ),
    ),
    Exhibit::of_steps(
        &PoisonForgotten,
        Charge(
            "poison-forgotten",
            Clause::Poison,
            Level::Faults,
            "answers Poisoned once, and works on as if nothing had been",
            "the caller was told",
        ),
    ),
    Exhibit::of_steps(
        &WritesGoOn,
        Charge(
            "writes-go-on",
            Clause::Poison,
            Level::Faults,
            "refuses syncs after a failed one, and still takes writes",
            "a write without a sync promises nothing",
        ),
    ),
    Exhibit::of_calls::<ReadsRefused>(Charge(
        "reads-refused",
        Clause::Poison,
        Level::Faults,
        "refuses reads, too, after a failed sync",
        "one check at the top of every call",
    )),
    Exhibit::of_steps(
        &ClosesAsIfHealthy,
        Charge(
            "closes-as-if-healthy",
            Clause::Poison,
            Level::Faults,
            "closes after a failed sync with another sync, and success",
            "close does what it always does",
        ),
    ),
    Exhibit::of_steps(
        &PageCacheTrusted,
        Charge(
            "page-cache-trusted",
            Clause::Poison,
            Level::Faults,
            "opens after a failed sync by reading the file and syncing it again",
            "what can be read is there, and the sync succeeded",
        ),
    ),
];

/// Syncs once more when it is asked once more. The kernel reported the failure
/// once and dropped the pages, so the second sync has nothing to do, succeeds,
/// and heals an engine that has lost what it answers for.
///
/// Seen in PostgreSQL before 11.2, whose parameter `data_sync_retry` still
/// tells of it.
struct SyncTriedAgain;

impl Steps for SyncTriedAgain {
    fn sync(&self, log: &mut Log) -> Result<()> {
        log.poison = None;
        Right.sync(log)
    }
}

/// Closes quietly whatever its last sync answers: the writes since the one
/// before are gone, and the caller was told that they are safe.
///
/// Seen in RocksDB, for two years, in its flush (facebook/rocksdb#2495).
struct FailureSwallowed;

impl Steps for FailureSwallowed {
    fn close(&self, mut log: Log, disk: &dyn Disk) -> Result<()> {
        log.check_poison()?;
        self.encode(&mut log, &[]);
        self.flush(&mut log)?;
        let _nobody_is_left_to_tell = self.sync_file(&*log.file, &log.counters);
        self.seal(log, disk)
    }
}

/// Opens although it cannot say that its log has a name. Everything that is
/// synced from then on may be without one after a power cut.
struct NamesUnsure;

impl Steps for NamesUnsure {
    fn sync_names(&self, disk: &dyn Disk, counters: &Counters) -> Result<()> {
        let _it_may_be_unsupported = Right.sync_names(disk, counters);
        Ok(())
    }
}

/// Poisons itself and does not say so. The caller reads "I/O error", concludes
/// that the write left no trace, and writes something else instead.
struct FailureUnnamed;

impl Steps for FailureUnnamed {
    fn sync(&self, log: &mut Log) -> Result<()> {
        log.check_poison()?;
        self.flush(log)?;
        self.sync_file(&*log.file, &log.counters)
            .inspect_err(|cause| {
                log.poison(cause.clone());
            })?;
        log.synced = log.len;
        Ok(())
    }
}

/// Fails one call. The next sync succeeds, and answers for bytes that are gone.
struct PoisonForgotten;

impl Steps for PoisonForgotten {
    fn sync(&self, log: &mut Log) -> Result<()> {
        log.check_poison()?;
        self.flush(log)?;
        self.sync_file(&*log.file, &log.counters)
            .map_err(Error::poisoned)?;
        log.synced = log.len;
        Ok(())
    }
}

/// Takes writes that no sync will ever make durable.
struct WritesGoOn;

impl Steps for WritesGoOn {
    fn check_write(&self, _log: &Log) -> Result<()> {
        Ok(())
    }
}

/// Turns a database that could still be read, and copied elsewhere, into an
/// outage.
#[derive(Default)]
struct ReadsRefused;

impl Calls for ReadsRefused {
    fn get_into(&self, inner: &Inner, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        value.clear();
        inner.log.lock().check_poison()?;
        inner.get_into(key, value)
    }
}

/// Syncs once more on the way out, and gives the log the name of a closed one.
struct ClosesAsIfHealthy;

impl Steps for ClosesAsIfHealthy {
    fn close(&self, mut log: Log, disk: &dyn Disk) -> Result<()> {
        log.poison = None;
        Right.close(log, disk)
    }
}

/// Reads from the page cache what the device refused, cuts the torn tail off,
/// and syncs pages that the kernel holds to be clean. (Rebello et al., *Can
/// Applications Recover from fsync Failures?*, USENIX ATC 2020.)
struct PageCacheTrusted;

impl Steps for PageCacheTrusted {
    fn begin(
        &self,
        disk: &dyn Disk,
        found: &Found,
        replayed: &Replayed,
        counters: &Arc<Counters>,
    ) -> Result<Log> {
        match found.log() {
            None => return Right.begin(disk, found, replayed, counters),
            Some(OPEN) => {}
            Some(_) => disk.rename(CLOSED, OPEN)?,
        }
        self.sync_names(disk, counters)?;
        let file = disk.open(OPEN, Mode::Write)?;
        file.set_len(replayed.end as u64)?;
        self.sync_file(&*file, counters)?;
        Ok(Log::new(file, replayed.end as u64, counters))
    }
}
