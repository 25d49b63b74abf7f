//! What the log says, in memory and in order.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Bound;

use engine::sync::RwLock;
use engine::{Counter, Counters, Cursor, Entry, KeyRange, Order, Result, Write};

use super::steps::Steps;

/// How many entries a cursor copies at a time. A chunk with fewer is the last.
pub(crate) const CHUNK: usize = 16;

/// All entries, in order.
pub(crate) type Entries = BTreeMap<Vec<u8>, Vec<u8>>;

/// The entries, for many readers or one writer.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) entries: RwLock<Entries>,
}

impl Table {
    pub(crate) fn new(entries: Entries) -> Self {
        Table {
            entries: RwLock::new(entries),
        }
    }
}

/// Makes the changes of `batch`, in their order.
pub(crate) fn apply(entries: &mut Entries, batch: &[Write<'_>]) {
    for write in batch {
        match write {
            Write::Put { key, value } => entries.insert(key.to_vec(), value.to_vec()),
            Write::Delete { key } => entries.remove(*key),
        };
    }
}

/// A cursor that copies a chunk of entries under the lock, hands them out
/// without it, and comes back for the next chunk: a writer waits for a chunk,
/// never for a scan.
pub(crate) struct TableCursor<'t> {
    steps: &'static dyn Steps,
    table: &'t Table,
    counters: &'t Counters,
    range: KeyRange<'static>,
    order: Order,
    chunk: Vec<Entry>,
    /// The entry of the chunk where the cursor stands.
    at: usize,
}

impl<'t> TableCursor<'t> {
    pub(crate) fn new(
        steps: &'static dyn Steps,
        table: &'t Table,
        counters: &'t Counters,
        range: KeyRange<'_>,
        order: Order,
    ) -> Self {
        let mut cursor = TableCursor {
            steps,
            table,
            counters,
            range: range.into_owned(),
            order,
            chunk: Vec::new(),
            at: 0,
        };
        cursor.refill(Bound::Unbounded);
        cursor
    }

    /// Copies the first entries of the scan that come behind `from` in its
    /// order.
    fn refill(&mut self, from: Bound<&[u8]>) {
        self.chunk = self
            .steps
            .chunk(&self.table.entries.read(), &self.range, self.order, from);
        self.at = 0;
        self.counters
            .add(Counter::EntriesVisited, self.steps.visited(&self.chunk));
    }
}

impl Cursor for TableCursor<'_> {
    fn entry(&self) -> Option<(&[u8], &[u8])> {
        let (key, value) = self.chunk.get(self.at)?;
        Some((key, value))
    }

    fn advance(&mut self) -> Result<()> {
        self.at = self.chunk.len().min(self.at + 1);
        if self.at == self.chunk.len() && self.at >= CHUNK {
            let (last, _) = self.chunk.pop().expect("a full chunk has a last entry");
            self.refill(Bound::Excluded(&last));
        }
        Ok(())
    }

    fn seek(&mut self, key: &[u8]) -> Result<()> {
        self.refill(Bound::Included(key));
        Ok(())
    }
}

/// The part of `range` that a scan in `order` has still before it when it goes
/// on at `from`. The range's own bounds still hold.
pub(crate) fn rest_of_range<'a>(
    range: &'a KeyRange<'_>,
    order: Order,
    from: Bound<&'a [u8]>,
) -> KeyRange<'a> {
    match order {
        Order::Ascending => {
            KeyRange::new(tighter(range.start(), from, Ordering::Greater), range.end())
        }
        Order::Descending => {
            KeyRange::new(range.start(), tighter(range.end(), from, Ordering::Less))
        }
    }
}

/// Of two bounds at the same end of a range the one that leaves less of it:
/// the `Greater` of two starts, the `Less` of two ends.
fn tighter<'a>(a: Bound<&'a [u8]>, b: Bound<&'a [u8]>, than: Ordering) -> Bound<&'a [u8]> {
    match (a, b) {
        (Bound::Unbounded, other) | (other, Bound::Unbounded) => other,
        (Bound::Included(x) | Bound::Excluded(x), Bound::Included(y) | Bound::Excluded(y)) => {
            match x.cmp(y) {
                Ordering::Equal if matches!(a, Bound::Excluded(_)) => a,
                Ordering::Equal => b,
                found if found == than => a,
                _ => b,
            }
        }
    }
}

/// Up to `count` entries of `range`, the first ones in `order`.
pub(crate) fn first_entries<V: Clone>(
    entries: &BTreeMap<Vec<u8>, V>,
    range: &KeyRange<'_>,
    order: Order,
    count: usize,
) -> Vec<(Vec<u8>, V)> {
    if range.is_empty() {
        return Vec::new(); // Asked for such a range, a BTreeMap panics.
    }
    let found = entries.range::<[u8], _>((range.start(), range.end()));
    let owned = |(key, value): (&Vec<u8>, &V)| (key.clone(), value.clone());
    match order {
        Order::Ascending => found.take(count).map(owned).collect(),
        Order::Descending => found.rev().take(count).map(owned).collect(),
    }
}
