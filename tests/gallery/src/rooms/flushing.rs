//! Engines that are wrong about a log that becomes a table, about the manifest
//! that says so, and about when the old files may go.

use std::sync::Arc;

use conformance::{Clause, Level};
use engine::Result;
use engine::disk::{Disk, File};

use crate::exhibit::{Charge, Exhibit};
use crate::log_engine::format::Record;
use crate::log_engine::replay::Read;
use crate::log_engine::steps::Right as RightLog;
use crate::table_tree::Store;
use crate::table_tree::files::{MANIFEST, log_name};
use crate::table_tree::maintaining::{Job, Maintaining, flush, remove_one, retire, show};
use crate::table_tree::manifest::{Edit, Listed};
use crate::table_tree::memtable::Memtable;
use crate::table_tree::state::State;
use crate::table_tree::steps::{Right, Steps};
use crate::table_tree::table::Table;
use crate::table_tree::writing::{Log, MEMTABLE_BYTES, freeze};

/// The exhibits of this room.
pub static EXHIBITS: &[Exhibit] = &[
    Exhibit::of_tables(
        &ReadBeforeFrozen,
        Charge(
            "read-before-frozen",
            Clause::OneOrder,
            Level::Concurrent,
            "copies a full memtable to be flushed, and then puts an empty one in its place",
            "copying takes long, and writers should not wait for it",
        ),
    ),
    Exhibit::of_tables(
        &CloseFlushesOne,
        Charge(
            "close-flushes-one",
            Clause::Sync,
            Level::Reopen,
            "flushes one memtable when it is closed, though others wait",
            "there is the one that takes writes, and the rest is maintenance",
        ),
    ),
    Exhibit::of_tables(
        &AllLogsDismissed,
        Charge(
            "all-logs-dismissed",
            Clause::Sync,
            Level::Reopen,
            "says in a flush that all logs but the active one do not count any more",
            "the memtable that is flushed has just been frozen, and the active one came next",
        ),
    ),
    Exhibit::of_tables(
        &FlushedLogAgain,
        Charge(
            "flushed-log-again",
            Clause::Sync,
            Level::Reopen,
            "replays every log that it finds, also one that was flushed and not removed yet",
            "a log that is there is one that is needed",
        ),
    ),
    Exhibit::of_tables(
        &LogNotEnded,
        Charge(
            "log-not-ended",
            Clause::Sync,
            Level::Crash,
            "goes on in the next log before the last one is durable",
            "the flush makes it durable in a moment",
        ),
    ),
    Exhibit::of_tables(
        &LogRemovedFirst,
        Charge(
            "log-removed-first",
            Clause::Sync,
            Level::Crash,
            "removes the log of a memtable when its table is durable, before the manifest lists that",
            "what the log held is in two places",
        ),
    ),
    Exhibit::of_tables(
        &OldTablesFirst,
        Charge(
            "old-tables-first",
            Clause::Sync,
            Level::Crash,
            "removes the tables that it compacted before the manifest lists the new ones",
            "a disk that is nearly full has no room for both",
        ),
    ),
    Exhibit::of_tables(
        &TableNotSynced,
        Charge(
            "table-not-synced",
            Clause::Sync,
            Level::Crash,
            "lists a table in the manifest before the table is durable",
            "the manifest is synced, and it comes last",
        ),
    ),
    Exhibit::of_tables(
        &TableNameNotSynced,
        Charge(
            "table-name-not-synced",
            Clause::Sync,
            Level::Crash,
            "lists a table in the manifest before its name is durable",
            "the file was synced",
        ),
    ),
    Exhibit::of_tables(
        &EditInTwo,
        Charge(
            "edit-in-two",
            Clause::Sync,
            Level::Crash,
            "says in two edits which tables go and which come",
            "an edit is about one table in every example",
        ),
    ),
    Exhibit::of_tables(
        &ManifestNotSynced,
        Charge(
            "manifest-not-synced",
            Clause::Sync,
            Level::Crash,
            "lets a new manifest take the place of the last one before it is durable",
            "the rename is atomic, and the directory is synced",
        ),
    ),
    Exhibit::of_tables(
        &TornEditIsDamage,
        Charge(
            "torn-edit-is-damage",
            Clause::Sync,
            Level::Crash,
            "takes the last edit of a manifest, torn by a power cut, for damage",
            "a manifest is synced after every edit, so nothing in it can be torn",
        ),
    ),
    Exhibit::of_tables(
        &BadEditIsTorn,
        Charge(
            "bad-edit-is-torn",
            Clause::DamageIsFound,
            Level::Faults,
            "takes any bad edit of a manifest for its torn end",
            "it reads logs so, and the manifest is one",
        ),
    ),
    Exhibit::of_tables(
        &TailNotChecked,
        Charge(
            "tail-not-checked",
            Clause::DamageIsFound,
            Level::Faults,
            "reads the index and the filter of a table without comparing their checksum",
            "each block has a checksum of its own",
        ),
    ),
    Exhibit::of_tables(
        &RemovedUnderCursors,
        Charge(
            "removed-under-cursors",
            Clause::OneOrder,
            Level::Core,
            "removes the tables that it compacted while a cursor reads them",
            "no new reader finds them",
        ),
    ),
];

/// Loses what is written between the copy and the change: neither the table
/// has it, nor the memtable. Its log is removed with the rest.
struct ReadBeforeFrozen;

impl Steps for ReadBeforeFrozen {
    fn freeze_full(&self, store: &Store) -> Result<()> {
        let state = store.view().state;
        if state.active.bytes() < MEMTABLE_BYTES {
            return Ok(());
        }
        let copy = Memtable::new(state.active.number);
        *copy.versions.write() = state.active.versions.read().clone();
        let copy = Arc::new(copy);
        freeze(store, &mut store.writer.lock())?;
        store.change(|state| {
            let mut frozen = state.frozen.clone();
            frozen[0] = copy;
            State {
                active: Arc::clone(&state.active),
                frozen,
                levels: state.levels.clone(),
            }
        });
        Ok(())
    }
}

/// Forgets those that wait, and removes their logs.
struct CloseFlushesOne;

impl Steps for CloseFlushesOne {
    fn flush_all(&self, store: &Store, maintaining: &mut Maintaining) -> Result<()> {
        flush(store, maintaining).map(drop)
    }
}

/// Takes the log of a memtable that still waits for one that was flushed. The
/// next opening does not read it.
struct AllLogsDismissed;

impl Steps for AllLogsDismissed {
    fn first_log(&self, state: &State) -> u64 {
        state.active.number
    }
}

/// Brings back what was deleted and overwritten since.
struct FlushedLogAgain;

impl Steps for FlushedLogAgain {
    fn counts(&self, _log: u64, _listed: &Listed) -> bool {
        true
    }
}

/// Leaves a hole: what the next log holds is synced, and what came before it
/// is not.
struct LogNotEnded;

impl Steps for LogNotEnded {
    fn end_log(&self, log: &mut Log) -> Result<()> {
        log.append(&[])
    }
}

/// Leaves a moment in which neither a log nor a listed table has the writes.
struct LogRemovedFirst;

impl Steps for LogRemovedFirst {
    fn publish(&self, store: &Store, maintaining: &mut Maintaining, mut job: Job) -> Result<()> {
        if let Some(flushed) = job.flushed.as_ref() {
            store.disk.remove(&log_name(flushed.number))?;
        }
        self.record(store, maintaining, &job.edit())?;
        show(store, &job);
        job.flushed = None;
        retire(maintaining, job);
        Ok(())
    }
}

/// Leaves a moment in which the manifest lists tables that are gone.
struct OldTablesFirst;

impl Steps for OldTablesFirst {
    fn publish(&self, store: &Store, maintaining: &mut Maintaining, job: Job) -> Result<()> {
        let edit = job.edit();
        show(store, &job);
        if job.flushed.is_none() {
            retire(maintaining, job);
            while remove_one(store, maintaining)? {}
            return self.record(store, maintaining, &edit);
        }
        self.record(store, maintaining, &edit)?;
        retire(maintaining, job);
        Ok(())
    }
}

/// Relies on bytes in the page cache, and lets their log go.
struct TableNotSynced;

impl Steps for TableNotSynced {
    fn sync_table(&self, _file: &dyn File) -> Result<()> {
        Ok(())
    }
}

/// Relies on a name that a power cut takes away, and with it a file that is
/// sound.
struct TableNameNotSynced;

impl Steps for TableNameNotSynced {
    fn sync_table_names(&self, _disk: &dyn Disk) -> Result<()> {
        Ok(())
    }
}

/// Leaves a moment in which the old tables are gone and the new ones not there
/// yet.
struct EditInTwo;

impl Steps for EditInTwo {
    fn record(&self, store: &Store, maintaining: &mut Maintaining, edit: &Edit) -> Result<()> {
        let removed = Edit {
            into: edit.into,
            removed: edit.removed.clone(),
            ..Edit::default()
        };
        let added = Edit {
            removed: Vec::new(),
            ..edit.clone()
        };
        if !removed.removed.is_empty() {
            Right.record(store, maintaining, &removed)?;
        }
        Right.record(store, maintaining, &added)
    }
}

/// Gives the only manifest's name to a file that may be empty after a power
/// cut.
struct ManifestNotSynced;

impl Steps for ManifestNotSynced {
    fn sync_manifest(&self, disk: &dyn Disk, file: &dyn File) -> Result<()> {
        match disk.list()?.iter().any(|name| name == MANIFEST) {
            true => Ok(()),
            false => Right.sync_manifest(disk, file),
        }
    }
}

/// Refuses to open what is sound, after a power cut in the wrong moment.
struct TornEditIsDamage;

impl Steps for TornEditIsDamage {
    fn next_edit<'a>(&self, read: &Read<'a>, at: usize) -> Result<Option<Record<'a>>> {
        if at == read.bytes.len() {
            return Ok(None);
        }
        let edit = read.record(&RightLog, at);
        edit.map(Some).map_err(|what| read.damage(at, what))
    }
}

/// Forgets what the edits behind a flipped bit say, and removes the tables that
/// they list.
struct BadEditIsTorn;

impl Steps for BadEditIsTorn {
    fn next_edit<'a>(&self, read: &Read<'a>, at: usize) -> Result<Option<Record<'a>>> {
        Ok(read.record(&RightLog, at).ok())
    }
}

/// Trusts the part of a table that says what is in it.
struct TailNotChecked;

impl Steps for TailNotChecked {
    fn tail_matches(&self, _stored: u32, _tail: &[u8]) -> bool {
        true
    }
}

/// Removes what is still read.
struct RemovedUnderCursors;

impl Steps for RemovedUnderCursors {
    fn is_unread(&self, _table: &Arc<Table>) -> bool {
        true
    }
}
