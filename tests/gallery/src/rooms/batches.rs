//! Engines that are wrong about what a batch does.

use std::collections::HashSet;
use std::slice;
use std::thread;

use conformance::{Clause, Level};
use engine::{Error, Result, StorageEngine, Write};

use crate::calls::{Calls, Inner};
use crate::exhibit::{Charge, Exhibit};
use crate::log_engine::log::Log;
use crate::log_engine::steps::Steps;
use crate::log_engine::table::{self, Table};

/// The exhibits of this room.
pub static EXHIBITS: &[Exhibit] = &[
    Exhibit::of_calls::<FirstWriteWins>(Charge(
        "first-write-wins",
        Clause::WholeOrNothing,
        Level::Core,
        "keeps the first of several writes to a key in one batch",
        "it drops duplicates first, to save work, and keeps the wrong one",
    )),
    Exhibit::of_calls::<PutsBeforeDeletes>(Charge(
        "puts-before-deletes",
        Clause::WholeOrNothing,
        Level::Core,
        "makes all puts of a batch, then all its deletes",
        "two tidy loops instead of one with a branch",
    )),
    Exhibit::of_calls::<CheckedAsItGoes>(Charge(
        "checked-as-it-goes",
        Clause::WholeOrNothing,
        Level::Core,
        "checks each key and value of a batch just before it writes them",
        "one loop does both, and most batches are fine",
    )),
    Exhibit::of_steps(
        &VisibleBitByBit,
        Charge(
            "visible-bit-by-bit",
            Clause::OneOrder,
            Level::Concurrent,
            "takes the lock once for each change, so readers see half a batch",
            "short critical sections are good for readers",
        ),
    ),
    Exhibit::of_steps(
        &RecordForEachChange,
        Charge(
            "record-for-each-change",
            Clause::WholeOrNothing,
            Level::Crash,
            "logs each change of a batch as a record of its own",
            "the record for one put was there already",
        ),
    ),
];

/// Drops later writes to a key that the batch has written before.
#[derive(Default)]
struct FirstWriteWins;

impl Calls for FirstWriteWins {
    fn write(&self, inner: &Inner, batch: &[Write<'_>]) -> Result<()> {
        let mut seen = HashSet::new();
        let mut batch = batch.to_vec();
        batch.retain(|write| seen.insert(write.key()));
        inner.write(&batch)
    }
}

/// Groups a batch by kind. A key that is deleted and put again, as in "replace
/// these rows", ends up deleted.
#[derive(Default)]
struct PutsBeforeDeletes;

impl Calls for PutsBeforeDeletes {
    fn write(&self, inner: &Inner, batch: &[Write<'_>]) -> Result<()> {
        let mut batch = batch.to_vec();
        batch.sort_by_key(|write| write.value().is_none());
        inner.write(&batch)
    }
}

/// Finds what is too large after it has made the changes before it. The caller
/// is told that nothing happened.
#[derive(Default)]
struct CheckedAsItGoes;

impl Calls for CheckedAsItGoes {
    fn write(&self, inner: &Inner, batch: &[Write<'_>]) -> Result<()> {
        let checked = inner.limits().check(batch);
        if let Err(Error::TooLarge { what: "batch", .. }) = checked {
            return checked; // Its size was added up before.
        }
        let fits = |&count: &usize| inner.limits().check(&batch[..count]).is_ok();
        let count = (0..=batch.len()).rev().find(fits).unwrap_or_default();
        inner.write(&batch[..count])?;
        checked
    }
}

/// Locks the table for every change anew. A reader that comes in between sees
/// the money taken from one account and not yet put on the other.
struct VisibleBitByBit;

impl Steps for VisibleBitByBit {
    fn apply(&self, table: &Table, batch: &[Write<'_>]) {
        for write in batch {
            table::apply(&mut table.entries.write(), slice::from_ref(write));
            thread::yield_now(); // What a busy machine does anyway.
        }
    }
}

/// Gives every change a checksum, and the batch none. A power cut leaves as
/// many of its changes as reached the disk.
struct RecordForEachChange;

impl Steps for RecordForEachChange {
    fn encode(&self, log: &mut Log, batch: &[Write<'_>]) {
        if batch.is_empty() {
            log.encode(self, batch); // The end of a closed log.
        }
        for write in batch {
            log.encode(self, slice::from_ref(write));
        }
    }
}
