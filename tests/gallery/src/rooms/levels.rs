//! Engines that are wrong about tables in levels: where a key is searched, what
//! is merged, and when a tombstone may go.

use std::sync::Arc;

use conformance::{Clause, Level};
use engine::{Order, Result, Write};

use crate::exhibit::{Charge, Exhibit};
use crate::table_tree::Store;
use crate::table_tree::compacting::Pick;
use crate::table_tree::memtable::Memtable;
use crate::table_tree::state::{Found, Levels, Source};
use crate::table_tree::steps::{Right, Steps};
use crate::table_tree::table::{Entry, Table, filter_bits, hash};

/// The exhibits of this room.
pub static EXHIBITS: &[Exhibit] = &[
    Exhibit::of_tables(
        &OldestFirst,
        Charge(
            "level-0-oldest-first",
            Clause::OneOrder,
            Level::Core,
            "searches the tables of level 0 from the oldest to the newest",
            "that is the order in which the manifest lists them",
        ),
    ),
    Exhibit::of_tables(
        &TombstonePassed,
        Charge(
            "tombstone-passed",
            Clause::AnyBytes,
            Level::Core,
            "goes on to older tables when the memtable says that a key was deleted",
            "the memtable answers with a value or with none, and none means to look further",
        ),
    ),
    Exhibit::of_tables(
        &EdgeOfTableMissed,
        Charge(
            "edge-of-table-missed",
            Clause::OneOrder,
            Level::Core,
            "takes the largest key of a table for the first that is after it",
            "ranges are half open everywhere else",
        ),
    ),
    Exhibit::of_tables(
        &TouchingIsDisjoint,
        Charge(
            "touching-is-disjoint",
            Clause::OneOrder,
            Level::Core,
            "leaves a table out of a compaction that has only its edge in common with the others",
            "ranges that touch do not overlap",
        ),
    ),
    Exhibit::of_tables(
        &NewestGoesDown,
        Charge(
            "newest-goes-down",
            Clause::OneOrder,
            Level::Core,
            "compacts a table of level 0 and leaves an older one there that has the same keys",
            "it takes the first of the list",
        ),
    ),
    Exhibit::of_tables(
        &OverlapsOfTheOldest,
        Charge(
            "overlaps-of-the-oldest",
            Clause::OneOrder,
            Level::Core,
            "compacts the oldest table of level 0 and those that overlap it, but not what these overlap",
            "tables that have no key in common with the oldest have nothing to do with it",
        ),
    ),
    Exhibit::of_tables(
        &HigherNumberIsNewer,
        Charge(
            "higher-number-is-newer",
            Clause::OneOrder,
            Level::Core,
            "keeps, of two equal keys, the one from the table with the higher number",
            "numbers only ever grow, and in level 0 it is right",
        ),
    ),
    Exhibit::of_tables(
        &TombstonesDropped,
        Charge(
            "tombstones-dropped",
            Clause::OneOrder,
            Level::Core,
            "drops tombstones in every compaction, though a deeper level has what they delete",
            "what was merged with it is gone",
        ),
    ),
    Exhibit::of_tables(
        &NextLevelIsBottom,
        Charge(
            "next-level-is-bottom",
            Clause::OneOrder,
            Level::Core,
            "drops a tombstone in a flush when no table of level 0 has its key",
            "deeper levels are asked when the tombstone gets there",
        ),
    ),
    Exhibit::of_tables(
        &TailForgotten,
        Charge(
            "tail-forgotten",
            Clause::OneOrder,
            Level::Core,
            "ends a compaction where the upper table ends, in the middle of the lower one",
            "the loop was that of a flush, where there is one source",
        ),
    ),
    Exhibit::of_tables(
        &ShownTwice,
        Charge(
            "shown-twice",
            Clause::OrderedScans,
            Level::Core,
            "yields a key once for each table that it stands in",
            "each key stands in a table once",
        ),
    ),
    Exhibit::of_tables(
        &DescendingShowsOlder,
        Charge(
            "descending-shows-older",
            Clause::OrderedScans,
            Level::Core,
            "takes, in a descending scan, the oldest of equal keys",
            "`min_by` became `max_by`, which answers with the last of those that are equal",
        ),
    ),
    Exhibit::of_tables(
        &EmptyKeyNotNoted,
        Charge(
            "empty-key-not-noted",
            Clause::OneOrder,
            Level::Core,
            "notes nothing in a filter for the empty key, and looks for it there",
            "the hash is made byte by byte, and there is none",
        ),
    ),
    Exhibit::of_tables(
        &LongKeysHashedAlike,
        Charge(
            "long-keys-hashed-otherwise",
            Clause::AnyBytes,
            Level::Reopen,
            "looks for keys of 16 bytes and more in a filter with another hash than it noted them",
            "the loop over whole words was made faster, on one side",
        ),
    ),
    Exhibit::of_tables(
        &WholeLevelMerged,
        Charge(
            "whole-level-merged",
            Clause::CountedCosts,
            Level::Core,
            "merges a table with the whole level below it, whatever it overlaps",
            "the level is sorted then, and it is simpler",
        ),
    ),
    Exhibit::of_tables(
        &EveryTableSearched,
        Charge(
            "every-table-searched",
            Clause::CountedCosts,
            Level::Core,
            "reads a block of every table that spans a key, without a look at the filter",
            "the filter was for the deepest level, and was forgotten when there was one more",
        ),
    ),
    Exhibit::of_tables(
        &MemtableOverwrites,
        Charge(
            "memtable-overwrites",
            Clause::OrderedScans,
            Level::Snapshot,
            "keeps one version of a key in the memtable",
            "who reads an older one reads it from a table",
        ),
    ),
];

/// Finds what was overwritten, until a compaction has merged the two.
struct OldestFirst;

impl Steps for OldestFirst {
    fn order<'l>(&self, newest: &'l [Arc<Table>]) -> Vec<&'l Arc<Table>> {
        newest.iter().rev().collect()
    }
}

/// Takes a tombstone for nothing. What was deleted is there again as soon as
/// the put was flushed and the delete was not.
struct TombstonePassed;

impl Steps for TombstonePassed {
    fn get_in_memory(&self, memtable: &Memtable, key: &[u8], last: u64) -> Found {
        memtable.get(key, last).filter(Option::is_some)
    }
}

/// Looks for the last key of a table in the next one.
struct EdgeOfTableMissed;

impl Steps for EdgeOfTableMissed {
    fn table_of<'l>(&self, level: &'l [Arc<Table>], key: &[u8]) -> Option<&'l Arc<Table>> {
        let before = level.partition_point(|table| table.largest() <= key);
        level.get(before).filter(|table| table.spans(key))
    }
}

/// Leaves two tables with one key in a level that promises to have it once.
///
/// So did LevelDB, within a level, where one table ended with the newer versions
/// of a key and the next one began with the older: it compacted the first
/// alone (<https://github.com/google/leveldb/issues/320>).
struct TouchingIsDisjoint;

impl Steps for TouchingIsDisjoint {
    fn meet(&self, a: &Table, b: &Table) -> bool {
        a.smallest() < b.largest() && b.smallest() < a.largest()
    }
}

/// Puts the newest below what it supersedes.
struct NewestGoesDown;

impl Steps for NewestGoesDown {
    fn pick_of_level0(&self, newest: &[Arc<Table>]) -> Vec<Arc<Table>> {
        newest.first().into_iter().cloned().collect()
    }
}

/// Takes a newer table down with the oldest, past one in the middle.
struct OverlapsOfTheOldest;

impl Steps for OverlapsOfTheOldest {
    fn pick_of_level0(&self, newest: &[Arc<Table>]) -> Vec<Arc<Table>> {
        self.overlapping(newest, &Right.pick_of_level0(newest))
    }
}

/// Takes the number of a table for the age of what it holds. A compaction makes
/// new tables of old writes.
struct HigherNumberIsNewer;

impl Steps for HigherNumberIsNewer {
    fn sources(&self, pick: &Pick) -> Vec<Source> {
        let mut tables = [&pick.inputs[..], &pick.below].concat();
        tables.sort_by_key(|table| std::cmp::Reverse(table.number));
        let tables = tables.into_iter().map(|table| vec![table]);
        tables.map(Source::Tables).collect()
    }
}

/// Lets go of a tombstone one level above what it hides.
struct TombstonesDropped;

impl Steps for TombstonesDropped {
    fn keeps_tombstone(&self, levels: &Levels, into: usize, key: &[u8]) -> bool {
        into == 0 && Right.keeps_tombstone(levels, into, key)
    }
}

/// Asks one level, and lets go of a tombstone that would be needed two levels
/// farther down.
struct NextLevelIsBottom;

impl Steps for NextLevelIsBottom {
    fn keeps_tombstone(&self, levels: &Levels, into: usize, key: &[u8]) -> bool {
        match into {
            0 => levels[0].iter().any(|table| table.spans(key)),
            _ => Right.keeps_tombstone(levels, into, key),
        }
    }
}

/// Loses the end of a table whose beginning was rewritten.
struct TailForgotten;

impl Steps for TailForgotten {
    fn has_ended(&self, heads: &[Option<Entry>]) -> bool {
        heads[0].is_none()
    }
}

/// Steps on in the table that it has just read from, and stands at the same key
/// in the next one.
struct ShownTwice;

impl Steps for ShownTwice {
    fn passed(&self, _heads: &[Option<Entry>], first: usize) -> Vec<usize> {
        vec![first]
    }
}

/// Turns the comparison around, and with it what becomes of ties.
struct DescendingShowsOlder;

impl Steps for DescendingShowsOlder {
    fn first(&self, heads: &[Option<Entry>], order: Order) -> Option<usize> {
        match order {
            Order::Ascending => Right.first(heads, order),
            Order::Descending => {
                let all = (0..heads.len()).filter(|&at| heads[at].is_some());
                all.max_by_key(|&at| heads[at].as_ref().map(|(key, _)| key))
            }
        }
    }
}

/// Sets no bit for the empty key, and finds none set.
struct EmptyKeyNotNoted;

impl Steps for EmptyKeyNotNoted {
    fn add_to_filter(&self, filter: &mut [u8], key: &[u8]) {
        if !key.is_empty() {
            Right.add_to_filter(filter, key);
        }
    }
}

/// Does not find what is there.
struct LongKeysHashedAlike;

impl Steps for LongKeysHashedAlike {
    fn is_in_filter(&self, filter: &[u8], key: &[u8]) -> bool {
        let words = key.chunks_exact(8);
        let hash = match key.len() {
            0..16 => hash(key),
            _ => words
                .clone()
                .map(hash)
                .fold(hash(words.remainder()), |all, word| all ^ word),
        };
        filter_bits(hash, filter.len()).all(|(byte, bit)| filter[byte] & bit != 0)
    }
}

/// Writes everything again whenever it writes something.
struct WholeLevelMerged;

impl Steps for WholeLevelMerged {
    fn overlapping(&self, level: &[Arc<Table>], _inputs: &[Arc<Table>]) -> Vec<Arc<Table>> {
        level.to_vec()
    }
}

/// Answers right, and pays for every table that there is.
struct EveryTableSearched;

impl Steps for EveryTableSearched {
    fn get_in_table(&self, table: &Table, key: &[u8]) -> Result<Found> {
        match table.spans(key) {
            true => table.get(key),
            false => Ok(None),
        }
    }
}

/// Writes over what a snapshot reads.
struct MemtableOverwrites;

impl Steps for MemtableOverwrites {
    fn apply(&self, store: &Store, active: &Memtable, batch: &[Write<'_>]) {
        for write in batch {
            active.versions.write().remove(write.key());
        }
        Right.apply(store, active, batch);
    }
}
