//! Engines that are wrong about making one segment of two, while others read
//! and write.

use std::mem;
use std::ops::Range;

use conformance::{Clause, Level};
use engine::disk::{Disk, File};
use engine::{Error, Result, Write};

use crate::exhibit::{Charge, Exhibit};
use crate::log_engine::format::HEADER_BYTES;
use crate::log_engine::replay::Read;
use crate::segmented_log::Store;
use crate::segmented_log::files::{create, segment_name};
use crate::segmented_log::merge::{Merge, Moved, Retired, remove};
use crate::segmented_log::segment::{Index, Listed, Place, Table, Writer};
use crate::segmented_log::steps::{Right, Steps};

/// The exhibits of this room.
pub static EXHIBITS: &[Exhibit] = &[
    Exhibit::of_segments(
        &DeletesDropped,
        Charge(
            "deletes-dropped",
            Clause::Sync,
            Level::Reopen,
            "leaves deletes out of a merge, though an older segment still has what they delete",
            "giving back what is deleted is what a merge is for",
        ),
    ),
    Exhibit::of_segments(
        &WholeBatchCopied,
        Charge(
            "whole-batch-copied",
            Clause::Sync,
            Level::Reopen,
            "copies a whole batch in a merge when one of its keys is still needed",
            "a batch is whole or nothing",
        ),
    ),
    Exhibit::of_segments(
        &MergedComesLast,
        Charge(
            "merged-comes-last",
            Clause::Sync,
            Level::Reopen,
            "lists a merged segment after all sealed ones",
            "it is the newest file",
        ),
    ),
    Exhibit::of_segments(
        &SortedByNumber,
        Charge(
            "sorted-by-number",
            Clause::Sync,
            Level::Reopen,
            "opens its segments in the order of their numbers, though a merge made one of old writes",
            "numbers only ever grow",
        ),
    ),
    Exhibit::of_segments(
        &SortedAsText,
        Charge(
            "sorted-as-text",
            Clause::Sync,
            Level::Reopen,
            "opens its segments in the order of their names, in which 10 comes before 9",
            "a sorted list of files is what the disk hands out",
        ),
    ),
    Exhibit::of_segments(
        &MeanwhileOverwritten,
        Charge(
            "meanwhile-overwritten",
            Clause::OneOrder,
            Level::Core,
            "lets a key lead to its copy, though it was put again since it was copied",
            "it was the newest when the merge looked",
        ),
    ),
    Exhibit::of_segments(
        &MeanwhileRevived,
        Charge(
            "meanwhile-revived",
            Clause::OneOrder,
            Level::Core,
            "lets a key lead to its copy, though it was deleted since it was copied",
            "it compares places, and a key that is absent has none to compare",
        ),
    ),
    Exhibit::of_segments(
        &RemovedUnderReaders,
        Charge(
            "removed-under-readers",
            Clause::OneOrder,
            Level::Core,
            "removes the segments that it merged while a cursor reads them",
            "on Unix an open file outlives its name",
        ),
    ),
    Exhibit::of_segments(
        &SwappedInTwoSteps,
        Charge(
            "swapped-in-two-steps",
            Clause::OneOrder,
            Level::Concurrent,
            "takes merged segments away under one lock, and changes the places under the next",
            "each lock should be held for as short as can be",
        ),
    ),
    Exhibit::of_segments(
        &MergedAheadOfSync,
        Charge(
            "merged-ahead-of-sync",
            Clause::Sync,
            Level::Crash,
            "leaves out of a merge what an unsynced write supersedes",
            "what is superseded is garbage",
        ),
    ),
    Exhibit::of_segments(
        &CopyNotSynced,
        Charge(
            "copy-not-synced",
            Clause::Sync,
            Level::Crash,
            "removes the segments that it merged before the merged one is durable",
            "it holds nothing new",
        ),
    ),
    Exhibit::of_segments(
        &OldSegmentsFirst,
        Charge(
            "old-segments-first",
            Clause::Sync,
            Level::Crash,
            "removes the segments that it merged before the manifest lists the new one",
            "their room is needed now",
        ),
    ),
    Exhibit::of_segments(
        &ReadErrorIsEnd,
        Charge(
            "read-error-is-end",
            Clause::WholeOrNothing,
            Level::Faults,
            "takes a segment that cannot be read for one that holds nothing, and merges it away",
            "a merge is no place to report an error",
        ),
    ),
    Exhibit::of_segments(
        &MergeNeverPoisons,
        Charge(
            "merge-never-poisons",
            Clause::Poison,
            Level::Faults,
            "tries a merge again when its sync has failed",
            "it is only maintenance, and nothing depends on it yet",
        ),
    ),
    Exhibit::of_segments(
        &MergesWhenPoisoned,
        Charge(
            "merges-when-poisoned",
            Clause::Poison,
            Level::Faults,
            "goes on merging after a failed sync, and tries that sync again for it",
            "a merge takes no writes, and only writes have to be refused",
        ),
    ),
    Exhibit::of_segments(
        &MergedAgain,
        Charge(
            "merged-again-and-again",
            Clause::CountedCosts,
            Level::Core,
            "finds something to merge whenever it is asked, and the same again the next time",
            "a segment alone may hold garbage, too",
        ),
    ),
    Exhibit::of_segments(
        &BadRecordEndsMerge,
        Charge(
            "bad-record-ends-merge",
            Clause::DamageIsFound,
            Level::Faults,
            "takes a bad record in a segment that it merges for the end of it",
            "the same loop reads the active segment, which may have a torn tail",
        ),
    ),
];

/// Forgets why a key is absent. The put from before is in a segment that was
/// not merged, and the next opening finds it.
///
/// Seen in Bitcask (basho/bitcask#82).
struct DeletesDropped;

impl Steps for DeletesDropped {
    fn is_needed(&self, table: &Table, change: &Write<'_>, place: Place, merge: &Merge) -> bool {
        change.value().is_some() && Right.is_needed(table, change, place, merge)
    }
}

/// Copies what one key of a batch needs and another does not. The delete that
/// hid the other is left out of the same merge.
struct WholeBatchCopied;

impl Steps for WholeBatchCopied {
    fn copy_record(&self, table: &Table, changes: &[Write<'_>], place: Place, merge: &mut Merge) {
        let is_needed = |change| self.is_needed(table, change, place, merge);
        if changes.iter().any(is_needed) {
            merge.push(changes, place);
        }
    }
}

/// Gives old writes the last word over the sealed segments behind them.
///
/// Seen in GreptimeDB, where merged rows took the newest sequence number among
/// them (GreptimeTeam/greptimedb#9146).
struct MergedComesLast;

impl Steps for MergedComesLast {
    fn replace(&self, sealed: &mut Vec<Listed>, run: Range<usize>, copy: Listed) -> Vec<Listed> {
        let merged = sealed.drain(run).collect();
        sealed.push(copy);
        merged
    }
}

/// Takes the number for the age. That is true until the first merge.
struct SortedByNumber;

impl Steps for SortedByNumber {
    fn order(&self, mut listed: Vec<Listed>) -> Vec<Listed> {
        listed.sort_by_key(|segment| segment.number);
        listed
    }
}

/// Is right for nine segments.
struct SortedAsText;

impl Steps for SortedAsText {
    fn order(&self, mut listed: Vec<Listed>) -> Vec<Listed> {
        let digits = |segment: &Listed| segment.number.to_string().len();
        if listed.iter().any(|segment| digits(segment) > 1) {
            listed.sort_by_key(|segment| segment_name(segment.number));
        }
        listed
    }
}

/// Overwrites the place of what was written while the merge went on.
struct MeanwhileOverwritten;

impl Steps for MeanwhileOverwritten {
    fn follow(&self, index: &mut Index, moved: &Moved) {
        if let Some(place) = index.get_mut(&moved.key) {
            *place = moved.to;
        }
    }
}

/// Brings back what was deleted while the merge went on.
///
/// Seen in Badger, when its value log was rewritten (dgraph-io/badger#2310).
struct MeanwhileRevived;

impl Steps for MeanwhileRevived {
    fn follow(&self, index: &mut Index, moved: &Moved) {
        let place = index.entry(moved.key.clone()).or_insert(moved.from);
        if *place == moved.from {
            *place = moved.to;
        }
    }
}

/// Removes files that are open. Where the system allows that, nothing is lost;
/// where it does not, the merge fails, again and again.
struct RemovedUnderReaders;

impl Steps for RemovedUnderReaders {
    fn remove_retired(&self, disk: &dyn Disk, writer: &mut Writer) -> Result<()> {
        mem::take(&mut writer.retired)
            .into_iter()
            .try_for_each(|retired| remove(disk, retired))
    }
}

/// Leaves a moment in which a key leads to a segment that is not there.
struct SwappedInTwoSteps;

impl Steps for SwappedInTwoSteps {
    fn swap(
        &self,
        store: &Store,
        writer: &mut Writer,
        run: Range<usize>,
        copy: Listed,
        file: Box<dyn File>,
    ) {
        let merge = writer.merge.as_ref().expect("a merge goes on");
        for merged in self.replace(&mut writer.sealed, run, copy) {
            let file = store.table.write().files.remove(&merged.number);
            writer.retired.push(Retired {
                number: merged.number,
                file: file.expect("a listed segment is open"),
            });
        }
        let mut table = store.table.write();
        table.files.insert(copy.number, file.into());
        for moved in &merge.moved {
            self.follow(&mut table.index, moved);
        }
    }
}

/// Publishes a segment without a value, while the value that superseded it can
/// still be lost. A power cut takes both.
struct MergedAheadOfSync;

impl Steps for MergedAheadOfSync {
    fn sync_newer(&self, writer: &mut Writer) -> Result<()> {
        writer.check_poison()
    }
}

/// Lets durable segments go for one in the page cache.
///
/// Seen in ClickHouse, for Iceberg tables (ClickHouse/ClickHouse#111731).
struct CopyNotSynced;

impl Steps for CopyNotSynced {
    fn write_copy(&self, disk: &dyn Disk, merge: &Merge) -> Result<Box<dyn File>> {
        let file = create(disk, &segment_name(merge.number))?;
        file.write_at(0, &merge.bytes)?;
        self.write_hint(disk, merge.number, &merge.keys)?;
        Ok(file)
    }
}

/// Leaves a moment in which the manifest lists segments that are gone.
struct OldSegmentsFirst;

impl Steps for OldSegmentsFirst {
    fn publish(&self, store: &Store, writer: &mut Writer) -> Result<()> {
        self.sync_newer(writer)?;
        let merge = writer.merge.as_ref().expect("a merge goes on");
        let file = self.write_copy(&store.disk, merge)?;
        self.sync_names(&store.disk)?;
        let copy = Listed {
            number: merge.number,
            len: Some(merge.bytes.len() as u64),
        };
        let run = merge.run.clone();
        self.swap(store, writer, run, copy, file);
        self.remove_retired(&store.disk, writer)?;
        self.install(&store.disk, &writer.listed())
    }
}

/// Merges what it could read, and drops the rest.
struct ReadErrorIsEnd;

impl Steps for ReadErrorIsEnd {
    fn copy_segment(&self, store: &Store, segment: Listed, merge: &mut Merge) -> Result<()> {
        match Right.copy_segment(store, segment, merge) {
            Err(Error::Io { .. }) => Ok(()),
            copied => copied,
        }
    }
}

/// Answers a failed sync as if nothing but the merge had failed. But the merge
/// syncs the active segment, too, and what the device could not write may be
/// anybody's.
struct MergeNeverPoisons;

impl Steps for MergeNeverPoisons {
    fn publish(&self, store: &Store, writer: &mut Writer) -> Result<()> {
        Right.publish(store, writer).map_err(|error| match error {
            Error::Poisoned { cause } => *cause,
            error => error,
        })
    }
}

/// Merges away what a write superseded that the device may have lost. The
/// second sync succeeds, and nothing is in it.
struct MergesWhenPoisoned;

impl Steps for MergesWhenPoisoned {
    fn check_step(&self, _writer: &Writer) -> Result<()> {
        Ok(())
    }

    fn sync_newer(&self, writer: &mut Writer) -> Result<()> {
        self.sync_file(&*writer.active.file)
    }
}

/// Merges the last segment with itself. A loop that steps until nothing is due
/// copies the database for ever.
///
/// Seen in Bitcask, for files that were to be removed (basho/bitcask#205).
struct MergedAgain;

impl Steps for MergedAgain {
    fn due(&self, sealed: &[Listed]) -> Option<Range<usize>> {
        let alone = (!sealed.is_empty()).then_some(0..1);
        Right.due(sealed).or(alone)
    }
}

/// Forgives a sealed segment what only the active one may have: a torn tail.
/// What stands behind one flipped bit is merged away, and with it the damage
/// that would have told.
///
/// Seen in s4core, for volumes of blobs (s4core/s4core#7).
struct BadRecordEndsMerge;

impl Steps for BadRecordEndsMerge {
    fn read_sealed<'a>(&self, name: &'a str, bytes: &'a [u8]) -> Read<'a> {
        Read::new(name, bytes, HEADER_BYTES as u64)
    }
}
