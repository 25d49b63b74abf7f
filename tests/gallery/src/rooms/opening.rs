//! Engines that are wrong about what an opening does with the files it finds.

use std::sync::Arc;

use conformance::{Clause, Level};
use engine::disk::{Disk, File, Mode};
use engine::{Counters, Result};

use crate::exhibit::{Charge, Exhibit};
use crate::log_engine::format::Record;
use crate::log_engine::log::{Found, Log, NEW, OPEN};
use crate::log_engine::replay::{Read, Replayed};
use crate::log_engine::steps::{Right, Steps};

/// The exhibits of this room.
pub static EXHIBITS: &[Exhibit] = &[
    Exhibit::of_steps(
        &NewLogNotSynced,
        Charge(
            "new-log-not-synced",
            Clause::Sync,
            Level::Crash,
            "renames the new log over the old one before it is durable",
            "a rename is atomic, everybody knows that",
        ),
    ),
    Exhibit::of_steps(
        &OldLogRemovedFirst,
        Charge(
            "old-log-removed-first",
            Clause::Sync,
            Level::Crash,
            "removes the old log before the new one has its name",
            "on some system a rename would not replace a file",
        ),
    ),
    Exhibit::of_steps(
        &RewrittenInPlace,
        Charge(
            "rewritten-in-place",
            Clause::Sync,
            Level::Crash,
            "heals a log by writing its records again where they are",
            "the same bytes in the same place can do no harm",
        ),
    ),
    Exhibit::of_steps(
        &BadRecordSkipped,
        Charge(
            "bad-record-skipped",
            Clause::Sync,
            Level::Crash,
            "skips a torn record and goes on with the whole ones after it",
            "it saves what can be saved",
        ),
    ),
    Exhibit::of_steps(
        &TornTailKept,
        Charge(
            "torn-tail-kept",
            Clause::Sync,
            Level::Crash,
            "appends after a torn tail, where the next opening stops reading",
            "the reader skips the tail, so it does no harm",
        ),
    ),
    Exhibit::of_steps(
        &LeftoverStopsIt,
        Charge(
            "leftover-stops-it",
            Clause::Sync,
            Level::Crash,
            "cannot be opened once an opening was cut off",
            "the new file must not exist, so it is created as one that must not",
        ),
    ),
];

/// Lets the name be durable before the bytes. After a cut the name stands for
/// an empty file, and the old log is gone. (The file systems that reorder the
/// two are in use; see Pillai et al., *All File Systems Are Not Created Equal*,
/// OSDI 2014.)
struct NewLogNotSynced;

impl Steps for NewLogNotSynced {
    fn sync_new(&self, _file: &dyn File, _counters: &Counters) -> Result<()> {
        Ok(())
    }
}

/// Leaves a moment with no log. A cut in it, and the database is empty, and
/// opens without complaint.
struct OldLogRemovedFirst;

impl Steps for OldLogRemovedFirst {
    fn replace(&self, disk: &dyn Disk, found: &Found) -> Result<()> {
        if let Some(old) = found.log() {
            disk.remove(old)?;
        }
        disk.rename(NEW, OPEN)
    }
}

/// Overwrites what was safe. When the power fails again in the middle of that,
/// the sector that was being written is neither old nor new.
struct RewrittenInPlace;

impl Steps for RewrittenInPlace {
    fn begin(
        &self,
        disk: &dyn Disk,
        found: &Found,
        replayed: &Replayed,
        counters: &Arc<Counters>,
    ) -> Result<Log> {
        if found.log() != Some(OPEN) {
            return Right.begin(disk, found, replayed, counters);
        }
        let file = disk.open(OPEN, Mode::Write)?;
        let mut bytes = self.read_file(&*file, counters)?;
        bytes.truncate(replayed.end);
        self.write_at(&*file, 0, &bytes, counters)?;
        file.set_len(bytes.len() as u64)?;
        self.sync_file(&*file, counters)?;
        Ok(Log::new(file, bytes.len() as u64, counters))
    }
}

/// Searches for the next whole record behind a torn one. What it shows then
/// has a hole: the second of two writes, and not the first.
struct BadRecordSkipped;

impl Steps for BadRecordSkipped {
    fn next_record<'a>(&self, read: &Read<'a>, at: usize) -> Result<Option<Record<'a>>> {
        match Right.next_record(read, at)? {
            None => Ok((at..read.bytes.len()).find_map(|at| read.record(self, at).ok())),
            found => Ok(found),
        }
    }
}

/// Takes the log over as it is, torn tail and all. What is then written and
/// synced stands behind the tail, where no opening ever looks.
///
/// Seen in amelie (amelielabs/amelie#17).
struct TornTailKept;

impl Steps for TornTailKept {
    fn begin(
        &self,
        disk: &dyn Disk,
        found: &Found,
        replayed: &Replayed,
        counters: &Arc<Counters>,
    ) -> Result<Log> {
        let Some(old) = found.log() else {
            return Right.begin(disk, found, replayed, counters);
        };
        let bytes = self.read_file(&*disk.open(old, Mode::Read)?, counters)?;
        self.clear(disk, found)?;
        let file = disk.open(NEW, Mode::CreateNew)?;
        self.write_at(&*file, 0, &bytes, counters)?;
        self.sync_file(&*file, counters)?;
        drop(file);
        self.replace(disk, found)?;
        self.sync_names(disk, counters)?;
        let file = disk.open(OPEN, Mode::Write)?;
        Ok(Log::new(file, bytes.len() as u64, counters))
    }
}

/// Expects no leftover. One power cut at the wrong moment, and somebody has to
/// log in and remove a file by hand.
struct LeftoverStopsIt;

impl Steps for LeftoverStopsIt {
    fn clear(&self, _disk: &dyn Disk, _found: &Found) -> Result<()> {
        Ok(())
    }
}
