//! Engines that are wrong about how a cursor moves, and what it costs.

use std::ops::Bound;

use conformance::{Clause, Level};
use engine::sync::atomic::{AtomicUsize, Ordering};
use engine::{Cursor, Entry, Error, KeyRange, Order, Result, StorageEngine, Write};

use crate::calls::{Calls, Inner};
use crate::exhibit::{Charge, Exhibit};
use crate::log_engine::steps::{Right, Steps};
use crate::log_engine::table::{self, CHUNK, Entries};

/// The exhibits of this room.
pub static EXHIBITS: &[Exhibit] = &[
    Exhibit::of_steps(
        &SeekForgetsBounds,
        Charge(
            "seek-forgets-bounds",
            Clause::OrderedScans,
            Level::Core,
            "lets a seek leave the scan's range",
            "the range was dealt with when the scan was opened",
        ),
    ),
    Exhibit::of_steps(
        &DescendingSeekPasses,
        Charge(
            "descending-seek-passes",
            Clause::OrderedScans,
            Level::Core,
            "seeks, in a descending scan, to the entry before the key, though the key is there",
            "stepping back once is right whenever the key is absent",
        ),
    ),
    Exhibit::of_calls::<SeekOnlyForward>(Charge(
        "seek-only-forward",
        Clause::OrderedScans,
        Level::Core,
        "ignores a seek to where the cursor has been",
        "a merging iterator only ever seeks forwards",
    )),
    Exhibit::of_steps(
        &EdgeTwice,
        Charge(
            "edge-twice",
            Clause::OrderedScans,
            Level::Core,
            "yields the last entry of each chunk again as the first of the next",
            "an included bound is what the first chunk took, too",
        ),
    ),
    Exhibit::of_steps(
        &EdgeSkipped,
        Charge(
            "edge-skipped",
            Clause::OrderedScans,
            Level::Core,
            "skips an entry at a chunk's edge when the last one was deleted meanwhile",
            "it goes back to the key it stopped at and steps over it",
        ),
    ),
    Exhibit::of_calls::<EndedScanWakes>(Charge(
        "ended-scan-wakes",
        Clause::OrderedScans,
        Level::Core,
        "goes on with a scan that has ended when something is written after its end",
        "it looks for more at the end of any chunk, and finds some",
    )),
    Exhibit::of_steps(
        &ClonedSnapshot,
        Charge(
            "cloned-snapshot",
            Clause::OrderedScans,
            Level::Core,
            "clones the whole map to open a scan",
            "a snapshot is the simplest way not to hold a lock",
        ),
    ),
    Exhibit::of_steps(
        &CollectedScan,
        Charge(
            "collected-scan",
            Clause::OrderedScans,
            Level::Core,
            "collects all entries of the range before it yields the first",
            "`collect()` ends the fight with the lock's lifetime",
        ),
    ),
    Exhibit::of_calls::<BusyWhileScanning>(Charge(
        "busy-while-scanning",
        Clause::OrderedScans,
        Level::Core,
        "refuses writes while a scan is open",
        "it keeps the cursor valid, and the answer is an honest one",
    )),
];

/// Seeks in all the entries there are. A tenant's scan, limited to the
/// tenant's prefix, shows the neighbour's entries after one seek too far.
struct SeekForgetsBounds;

impl Steps for SeekForgetsBounds {
    fn chunk(
        &self,
        entries: &Entries,
        range: &KeyRange<'_>,
        order: Order,
        from: Bound<&[u8]>,
    ) -> Vec<Entry> {
        match from {
            Bound::Included(_) => Right.chunk(entries, &KeyRange::all(), order, from),
            _ => Right.chunk(entries, range, order, from),
        }
    }
}

/// Lands one entry too far where the key itself is present.
struct DescendingSeekPasses;

impl Steps for DescendingSeekPasses {
    fn chunk(
        &self,
        entries: &Entries,
        range: &KeyRange<'_>,
        order: Order,
        from: Bound<&[u8]>,
    ) -> Vec<Entry> {
        let from = match (order, from) {
            (Order::Descending, Bound::Included(key)) => Bound::Excluded(key),
            _ => from,
        };
        Right.chunk(entries, range, order, from)
    }
}

/// Asks again each time it is advanced behind the end. A caller that saw the
/// end and advances once more, as loops that merge several scans do, is given
/// entries out of nowhere.
#[derive(Default)]
struct EndedScanWakes;

impl Calls for EndedScanWakes {
    fn scan<'s>(
        &'s self,
        inner: &'s Inner,
        range: KeyRange<'_>,
        order: Order,
    ) -> Result<Box<dyn Cursor + 's>> {
        Ok(Box::new(Waking {
            inner,
            last: None,
            cursor: inner.scan(range.clone(), order)?,
            range: range.into_owned(),
            order,
        }))
    }
}

struct Waking<'s> {
    inner: &'s Inner,
    range: KeyRange<'static>,
    order: Order,
    cursor: Box<dyn Cursor + 's>,
    last: Option<Vec<u8>>,
}

impl Cursor for Waking<'_> {
    fn entry(&self) -> Option<(&[u8], &[u8])> {
        self.cursor.entry()
    }

    fn advance(&mut self) -> Result<()> {
        if let Some((key, _)) = self.cursor.entry() {
            self.last = Some(key.to_vec());
            return self.cursor.advance();
        }
        let Some(last) = &self.last else {
            return self.cursor.advance();
        };
        let (start, end) = match self.order {
            Order::Ascending => (Bound::Excluded(last.as_slice()), self.range.end()),
            Order::Descending => (self.range.start(), Bound::Excluded(last.as_slice())),
        };
        self.cursor = self.inner.scan(KeyRange::new(start, end), self.order)?;
        Ok(())
    }

    fn seek(&mut self, key: &[u8]) -> Result<()> {
        self.cursor.seek(key)
    }
}

/// Stays where it is when it is to go back.
#[derive(Default)]
struct SeekOnlyForward;

impl Calls for SeekOnlyForward {
    fn scan<'s>(
        &'s self,
        inner: &'s Inner,
        range: KeyRange<'_>,
        order: Order,
    ) -> Result<Box<dyn Cursor + 's>> {
        let cursor = inner.scan(range, order)?;
        Ok(Box::new(Forward { cursor, order }))
    }
}

struct Forward<'s> {
    cursor: Box<dyn Cursor + 's>,
    order: Order,
}

impl Cursor for Forward<'_> {
    fn entry(&self) -> Option<(&[u8], &[u8])> {
        self.cursor.entry()
    }

    fn advance(&mut self) -> Result<()> {
        self.cursor.advance()
    }

    fn seek(&mut self, key: &[u8]) -> Result<()> {
        let is_behind = match (self.cursor.entry(), self.order) {
            (None, _) => true,
            (Some((here, _)), Order::Ascending) => key < here,
            (Some((here, _)), Order::Descending) => key > here,
        };
        if is_behind {
            return Ok(());
        }
        self.cursor.seek(key)
    }
}

/// Goes on *at* the last key instead of behind it. Sums over a scan are off by
/// one entry in every chunk, for tables that are larger than any test's.
struct EdgeTwice;

impl Steps for EdgeTwice {
    fn chunk(
        &self,
        entries: &Entries,
        range: &KeyRange<'_>,
        order: Order,
        from: Bound<&[u8]>,
    ) -> Vec<Entry> {
        let from = match from {
            Bound::Excluded(key) => Bound::Included(key),
            _ => from,
        };
        Right.chunk(entries, range, order, from)
    }
}

/// Goes on at the last key and drops one entry, taking it for that key. If the
/// key was deleted in between, it is another. The usual victim is a loop that
/// scans and deletes what it has seen: some entries outlive it.
struct EdgeSkipped;

impl Steps for EdgeSkipped {
    fn chunk(
        &self,
        entries: &Entries,
        range: &KeyRange<'_>,
        order: Order,
        from: Bound<&[u8]>,
    ) -> Vec<Entry> {
        let Bound::Excluded(last) = from else {
            return Right.chunk(entries, range, order, from);
        };
        let rest = table::rest_of_range(range, order, Bound::Included(last));
        let mut chunk = table::first_entries(entries, &rest, order, CHUNK + 1);
        if !chunk.is_empty() {
            chunk.remove(0);
        }
        chunk
    }
}

/// Copies the table for each scan. `scan_prefix` for one entry of a gigabyte
/// copies the gigabyte.
struct ClonedSnapshot;

impl Steps for ClonedSnapshot {
    fn chunk(
        &self,
        entries: &Entries,
        range: &KeyRange<'_>,
        order: Order,
        from: Bound<&[u8]>,
    ) -> Vec<Entry> {
        match from {
            Bound::Unbounded => Right.chunk(&entries.clone(), range, order, from),
            _ => Right.chunk(entries, range, order, from),
        }
    }
}

/// Copies the range for each scan. "Is there any entry?" costs as much as "give
/// me all of them".
struct CollectedScan;

impl Steps for CollectedScan {
    fn chunk(
        &self,
        entries: &Entries,
        range: &KeyRange<'_>,
        order: Order,
        from: Bound<&[u8]>,
    ) -> Vec<Entry> {
        let rest = table::rest_of_range(range, order, from);
        table::first_entries(entries, &rest, order, usize::MAX)
    }
}

/// Counts the open scans and turns writers away while there are any. A backup
/// that scans all night is a night without writes.
#[derive(Default)]
struct BusyWhileScanning {
    scans: AtomicUsize,
}

impl Calls for BusyWhileScanning {
    fn write(&self, inner: &Inner, batch: &[Write<'_>]) -> Result<()> {
        if self.scans.load(Ordering::SeqCst) > 0 {
            return Err(Error::Busy {
                what: "a scan is open",
            });
        }
        inner.write(batch)
    }

    fn scan<'s>(
        &'s self,
        inner: &'s Inner,
        range: KeyRange<'_>,
        order: Order,
    ) -> Result<Box<dyn Cursor + 's>> {
        let cursor = inner.scan(range, order)?;
        self.scans.fetch_add(1, Ordering::SeqCst);
        Ok(Box::new(Registered {
            cursor,
            scans: &self.scans,
        }))
    }
}

struct Registered<'s> {
    cursor: Box<dyn Cursor + 's>,
    scans: &'s AtomicUsize,
}

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        self.scans.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Cursor for Registered<'_> {
    fn entry(&self) -> Option<(&[u8], &[u8])> {
        self.cursor.entry()
    }

    fn advance(&mut self) -> Result<()> {
        self.cursor.advance()
    }

    fn seek(&mut self, key: &[u8]) -> Result<()> {
        self.cursor.seek(key)
    }
}
