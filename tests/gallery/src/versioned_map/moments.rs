//! Who reads at a moment: snapshots, and cursors.

use std::ops::Bound;

use engine::{Counter, Cursor, Entry, KeyRange, Order, Result, Snapshot};

use super::steps::Steps;
use super::{Store, fill};
use crate::log_engine::table::CHUNK;

/// A moment that a step has pinned, until this is dropped.
pub(super) struct Pin<'s> {
    steps: &'static dyn Steps,
    store: &'s Store,
    moment: u64,
}

impl<'s> Pin<'s> {
    pub(super) fn new(steps: &'static dyn Steps, store: &'s Store, moment: u64) -> Self {
        Pin {
            steps,
            store,
            moment,
        }
    }
}

impl Drop for Pin<'_> {
    fn drop(&mut self) {
        self.steps.end(self.store, self.moment);
    }
}

/// A snapshot.
pub(super) struct Held<'s>(Pin<'s>);

impl<'s> Held<'s> {
    pub(super) fn new(pin: Pin<'s>) -> Self {
        Held(pin)
    }
}

impl Snapshot for Held<'_> {
    fn get_into(&self, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        let Pin {
            steps,
            store,
            moment,
        } = self.0;
        store.counters.add(Counter::Gets, 1);
        let moment = steps.moment(store, moment);
        let map = store.map.read();
        Ok(fill(value, steps.get(&map, key, moment)))
    }

    fn scan<'s>(&'s self, range: KeyRange<'_>, order: Order) -> Result<Box<dyn Cursor + 's>> {
        let Pin {
            steps,
            store,
            moment,
        } = self.0;
        let cursor = VersionedCursor::new(steps, store, moment, range, order);
        Ok(Box::new(cursor))
    }
}

/// A cursor that copies a chunk of entries under the lock, as they were at its
/// moment, hands them out without it, and comes back for the next chunk.
pub(super) struct VersionedCursor<'s> {
    steps: &'static dyn Steps,
    store: &'s Store,
    moment: u64,
    range: KeyRange<'static>,
    order: Order,
    chunk: Vec<Entry>,
    /// The entry of the chunk where the cursor stands.
    at: usize,
    /// What keeps its moment, unless a snapshot does.
    _pin: Option<Pin<'s>>,
}

impl<'s> VersionedCursor<'s> {
    /// A cursor at a moment that stays pinned while it is open.
    pub(super) fn new(
        steps: &'static dyn Steps,
        store: &'s Store,
        moment: u64,
        range: KeyRange<'_>,
        order: Order,
    ) -> Self {
        let mut cursor = VersionedCursor {
            steps,
            store,
            moment,
            range: range.into_owned(),
            order,
            chunk: Vec::new(),
            at: 0,
            _pin: None,
        };
        cursor.refill(Bound::Unbounded);
        cursor
    }

    /// A cursor that unpins its moment when it is closed.
    pub(super) fn of(pin: Pin<'s>, range: KeyRange<'_>, order: Order) -> Self {
        let cursor = Self::new(pin.steps, pin.store, pin.moment, range, order);
        VersionedCursor {
            _pin: Some(pin),
            ..cursor
        }
    }

    /// Copies the first entries of the scan that come behind `from` in its
    /// order.
    fn refill(&mut self, from: Bound<&[u8]>) {
        let moment = self.steps.moment(self.store, self.moment);
        let map = self.store.map.read();
        self.chunk = self
            .steps
            .chunk(&map, &self.range, self.order, from, moment);
        self.at = 0;
        let visited = self.chunk.len() as u64;
        self.store.counters.add(Counter::EntriesVisited, visited);
    }
}

impl Cursor for VersionedCursor<'_> {
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
