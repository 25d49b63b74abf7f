//! Engines that are wrong about where a scan begins and ends.

use std::ops::Bound;

use conformance::{Clause, Level};
use engine::{Cursor, Entry, KeyRange, Order, Result, StorageEngine};

use crate::calls::{Calls, Inner};
use crate::exhibit::{Charge, Exhibit};
use crate::log_engine::steps::Steps;
use crate::log_engine::table::{self, CHUNK, Entries};

/// The exhibits of this room.
pub static EXHIBITS: &[Exhibit] = &[
    Exhibit::of_calls::<PrefixEndWraps>(Charge(
        "prefix-end-wraps",
        Clause::OrderedScans,
        Level::Core,
        "ends a prefix scan at the prefix with its last byte plus one, and 0xff wraps",
        "`\"a\"` to `\"b\"` works, and so does every prefix of text",
    )),
    Exhibit::of_steps(
        &InvertedRangePanics,
        Charge(
            "inverted-range-panics",
            Clause::OrderedScans,
            Level::Core,
            "panics when a range ends before it starts",
            "`BTreeMap::range` does, and says so below its fold",
        ),
    ),
    Exhibit::of_calls::<ExcludedStartIncluded>(Charge(
        "excluded-start-included",
        Clause::OrderedScans,
        Level::Core,
        "begins at the start of a range, whether it is excluded or not",
        "most ranges are half open, and their start is included",
    )),
    Exhibit::of_calls::<IncludedEndExcluded>(Charge(
        "included-end-excluded",
        Clause::OrderedScans,
        Level::Core,
        "ends before the end of a range, whether it is included or not",
        "most ranges are half open, and their end is excluded",
    )),
    Exhibit::of_calls::<DescendingEndIncluded>(Charge(
        "descending-end-included",
        Clause::OrderedScans,
        Level::Core,
        "begins a descending scan at the range's end, though that is excluded",
        "the cursor seeks to the end and stands on it when it is there",
    )),
    Exhibit::of_calls::<DescendingStartExcluded>(Charge(
        "descending-start-excluded",
        Clause::OrderedScans,
        Level::Core,
        "ends a descending scan before the range's start, though that is included",
        "the loop was turned around, and its `<` became a `>`",
    )),
    Exhibit::of_steps(
        &TakesBeforeItTurns,
        Charge(
            "takes-before-it-turns",
            Clause::OrderedScans,
            Level::Core,
            "copies the first chunk of the range and then reverses it, for a descending scan",
            "`.take(n).rev()` and `.rev().take(n)` read much alike",
        ),
    ),
];

/// Adds one to the prefix's last byte, which for `0xff` gives `0x00`: the range
/// is inverted and the scan empty. The right end drops trailing `0xff`s first.
///
/// Seen in TiDB (pingcap/tidb#12598), Kafka Streams (apache/kafka#22789).
#[derive(Default)]
struct PrefixEndWraps;

impl Calls for PrefixEndWraps {
    fn scan_prefix<'s>(
        &'s self,
        inner: &'s Inner,
        prefix: &[u8],
        order: Order,
    ) -> Result<Box<dyn Cursor + 's>> {
        let mut end = prefix.to_vec();
        match end.last_mut() {
            Some(last) => *last = last.wrapping_add(1),
            None => return inner.scan(KeyRange::all(), order),
        }
        inner.scan(KeyRange::half_open(prefix, &end), order)
    }
}

/// Hands the bounds to the map as they came. Bounds come from users: a date
/// range typed the wrong way round takes the process down.
///
/// Seen in SurrealDB (surrealdb/surrealdb#4641), ReductStore
/// (reductstore/reductstore#356).
struct InvertedRangePanics;

impl Steps for InvertedRangePanics {
    fn chunk(
        &self,
        entries: &Entries,
        range: &KeyRange<'_>,
        order: Order,
        from: Bound<&[u8]>,
    ) -> Vec<Entry> {
        let rest = table::rest_of_range(range, order, from);
        if from == Bound::Unbounded {
            let _panics = entries.range::<[u8], _>((rest.start(), rest.end()));
        }
        table::first_entries(entries, &rest, order, CHUNK)
    }
}

/// Forgets that a start can be excluded. Who pages through a table, "go on
/// behind the last key I saw", sees that key at the top of every page.
#[derive(Default)]
struct ExcludedStartIncluded;

impl Calls for ExcludedStartIncluded {
    fn scan<'s>(
        &'s self,
        inner: &'s Inner,
        range: KeyRange<'_>,
        order: Order,
    ) -> Result<Box<dyn Cursor + 's>> {
        inner.scan(KeyRange::new(included(range.start()), range.end()), order)
    }
}

/// Forgets that an end can be included, and loses the last day of the month.
#[derive(Default)]
struct IncludedEndExcluded;

impl Calls for IncludedEndExcluded {
    fn scan<'s>(
        &'s self,
        inner: &'s Inner,
        range: KeyRange<'_>,
        order: Order,
    ) -> Result<Box<dyn Cursor + 's>> {
        inner.scan(KeyRange::new(range.start(), excluded(range.end())), order)
    }
}

/// Begins a descending scan on the excluded end itself: the first entry that
/// "the newest before now" answers may be of now.
#[derive(Default)]
struct DescendingEndIncluded;

impl Calls for DescendingEndIncluded {
    fn scan<'s>(
        &'s self,
        inner: &'s Inner,
        range: KeyRange<'_>,
        order: Order,
    ) -> Result<Box<dyn Cursor + 's>> {
        let end = match order {
            Order::Ascending => range.end(),
            Order::Descending => included(range.end()),
        };
        inner.scan(KeyRange::new(range.start(), end), order)
    }
}

/// Ends a descending scan one entry early, at an included start.
#[derive(Default)]
struct DescendingStartExcluded;

impl Calls for DescendingStartExcluded {
    fn scan<'s>(
        &'s self,
        inner: &'s Inner,
        range: KeyRange<'_>,
        order: Order,
    ) -> Result<Box<dyn Cursor + 's>> {
        let start = match order {
            Order::Ascending => range.start(),
            Order::Descending => excluded(range.start()),
        };
        inner.scan(KeyRange::new(start, range.end()), order)
    }
}

/// Turns the chunk around instead of the walk. With fewer entries than a chunk
/// holds the two are the same, and no test has more.
struct TakesBeforeItTurns;

impl Steps for TakesBeforeItTurns {
    fn chunk(
        &self,
        entries: &Entries,
        range: &KeyRange<'_>,
        order: Order,
        from: Bound<&[u8]>,
    ) -> Vec<Entry> {
        let rest = table::rest_of_range(range, order, from);
        let mut chunk = table::first_entries(entries, &rest, Order::Ascending, CHUNK);
        if order == Order::Descending {
            chunk.reverse();
        }
        chunk
    }
}

fn included(bound: Bound<&[u8]>) -> Bound<&[u8]> {
    match bound {
        Bound::Excluded(key) => Bound::Included(key),
        other => other,
    }
}

fn excluded(bound: Bound<&[u8]>) -> Bound<&[u8]> {
    match bound {
        Bound::Included(key) => Bound::Excluded(key),
        other => other,
    }
}
