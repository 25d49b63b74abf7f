//! Engines that are wrong about what a sync makes durable.

use conformance::{Clause, Level};
use engine::disk::Disk;
use engine::{Counters, Durability, Result, Write};

use crate::exhibit::{Charge, Exhibit};
use crate::log_engine::format;
use crate::log_engine::log::Log;
use crate::log_engine::steps::{Right, Steps};
use crate::log_engine::table::Table;

/// The exhibits of this room.
pub static EXHIBITS: &[Exhibit] = &[
    Exhibit::of_steps(
        &SyncOnlyFlushes,
        Charge(
            "sync-only-flushes",
            Clause::Sync,
            Level::Crash,
            "hands its bytes to the operating system and calls that a sync",
            "the file has them: another process can read them",
        ),
    ),
    Exhibit::of_steps(
        &SyncBeforeFlush,
        Charge(
            "sync-before-flush",
            Clause::Sync,
            Level::Crash,
            "syncs the file and then writes what was still buffered",
            "two lines in the wrong order",
        ),
    ),
    Exhibit::of_steps(
        &NothingToSync,
        Charge(
            "nothing-to-sync",
            Clause::Sync,
            Level::Crash,
            "skips the sync when its own buffer is empty",
            "no bytes of ours are waiting, so there is nothing to do",
        ),
    ),
    Exhibit::of_steps(
        &AlwaysSometimes,
        Charge(
            "always-sometimes",
            Clause::Sync,
            Level::Crash,
            "with durability Always returns from a write before the sync",
            "the next write's sync covers it, too",
        ),
    ),
    Exhibit::of_steps(
        &OsInTheProcess,
        Charge(
            "os-in-the-process",
            Clause::Sync,
            Level::Reopen,
            "with durability Os keeps writes in a buffer of the process",
            "a buffered writer around the file, as everybody has",
        ),
    ),
    Exhibit::of_steps(
        &NamesNeverSynced,
        Charge(
            "names-never-synced",
            Clause::Sync,
            Level::Crash,
            "syncs the file it created, but not the directory that names it",
            "the manual page of fsync says so in its second paragraph",
        ),
    ),
    Exhibit::of_steps(
        &FlushClaimsSync,
        Charge(
            "flush-claims-sync",
            Clause::Sync,
            Level::Crash,
            "writes down as synced what it only wrote, and then takes a torn tail for damage",
            "the length is brought up to date where the bytes are written",
        ),
    ),
    Exhibit::of_steps(
        &CloseDoesNotSync,
        Charge(
            "close-does-not-sync",
            Clause::Sync,
            Level::Crash,
            "writes everything out on close, and does not sync it",
            "closing a file must surely save it",
        ),
    ),
    Exhibit::of_steps(
        &CloseForgetsBuffer,
        Charge(
            "close-forgets-buffer",
            Clause::Sync,
            Level::Reopen,
            "closes the file without writing what was still buffered",
            "every test syncs first",
        ),
    ),
    Exhibit::of_steps(
        &DeleteNotLogged,
        Charge(
            "delete-not-logged",
            Clause::Sync,
            Level::Reopen,
            "removes a key from memory and does not log that",
            "what is gone needs no room in the log",
        ),
    ),
];

/// Flushes and stops. Survives every killed process and no power loss.
///
/// Seen in LiteDB (litedb-org/LiteDB#2818).
struct SyncOnlyFlushes;

impl Steps for SyncOnlyFlushes {
    fn sync(&self, log: &mut Log) -> Result<()> {
        log.check_poison()?;
        self.flush(log)
    }
}

/// Makes durable what was in the file *before* the last writes reached it.
struct SyncBeforeFlush;

impl Steps for SyncBeforeFlush {
    fn sync(&self, log: &mut Log) -> Result<()> {
        log.check_poison()?;
        self.sync_file(&*log.file, &log.counters)
            .map_err(|cause| log.poison(cause))?;
        log.synced = log.len;
        self.flush(log)
    }
}

/// Takes an empty buffer for a durable file. With durability `Os` the buffer
/// is always empty, so it never syncs at all.
struct NothingToSync;

impl Steps for NothingToSync {
    fn sync(&self, log: &mut Log) -> Result<()> {
        match log.pending.is_empty() {
            true => log.check_poison(),
            false => Right.sync(log),
        }
    }
}

/// Treats `Always` as `Os`: the caller who was told "on the device" tells
/// others, and the power fails.
struct AlwaysSometimes;

impl Steps for AlwaysSometimes {
    fn commit(
        &self,
        log: &mut Log,
        table: &Table,
        batch: &[Write<'_>],
        durability: Durability,
    ) -> Result<()> {
        Right.commit(log, table, batch, durability.min(Durability::Os))
    }
}

/// Treats `Os` as `Buffered`: a killed process takes the last writes with it.
struct OsInTheProcess;

impl Steps for OsInTheProcess {
    fn commit(
        &self,
        log: &mut Log,
        table: &Table,
        batch: &[Write<'_>],
        durability: Durability,
    ) -> Result<()> {
        let durability = match durability {
            Durability::Always => Durability::Always,
            Durability::Os | Durability::Buffered => Durability::Buffered,
        };
        Right.commit(log, table, batch, durability)
    }
}

/// Syncs the bytes and not the name: after the power cut the directory has no
/// such file.
///
/// Seen in LevelDB (google/leveldb#196), ClickHouse Keeper
/// (ClickHouse/ClickHouse#116316).
struct NamesNeverSynced;

impl Steps for NamesNeverSynced {
    fn sync_names(&self, _disk: &dyn Disk, _counters: &Counters) -> Result<()> {
        Ok(())
    }
}

/// Claims in its records a sync that never was. After a power cut it finds a
/// torn tail where its own record proves there can be none, and does not open.
struct FlushClaimsSync;

impl Steps for FlushClaimsSync {
    fn flush(&self, log: &mut Log) -> Result<()> {
        Right.flush(log)?;
        log.synced = log.len;
        Ok(())
    }
}

/// Closes without a sync, and gives the log the name that says it was synced.
struct CloseDoesNotSync;

impl Steps for CloseDoesNotSync {
    fn close(&self, mut log: Log, disk: &dyn Disk) -> Result<()> {
        log.check_poison()?;
        self.encode(&mut log, &[]);
        self.flush(&mut log)?;
        self.seal(log, disk)
    }
}

/// Drops the buffer with the engine.
struct CloseForgetsBuffer;

impl Steps for CloseForgetsBuffer {
    fn close(&self, mut log: Log, disk: &dyn Disk) -> Result<()> {
        log.pending.clear();
        Right.close(log, disk)
    }
}

/// Logs puts alone. Deleted keys come back with the next opening.
struct DeleteNotLogged;

impl Steps for DeleteNotLogged {
    fn encode_change(&self, bytes: &mut Vec<u8>, write: &Write<'_>) {
        if write.value().is_some() {
            format::encode_change(bytes, write);
        }
    }
}
