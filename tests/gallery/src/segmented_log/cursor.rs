//! Scans: a chunk of places is copied under the lock, and each value is read
//! when the cursor gets there.

use std::ops::Bound;
use std::sync::Arc;

use engine::disk::File;
use engine::sync::RwLock;
use engine::{Counter, Counters, Cursor, Entry, Error, KeyRange, Order, Result};

use super::segment::{Place, Table, read_value};
use crate::log_engine::table::{CHUNK, first_entries, rest_of_range};

/// A cursor that keeps the files open that it is going to read.
pub(crate) struct SegmentCursor<'t> {
    table: &'t RwLock<Table>,
    counters: &'t Counters,
    range: KeyRange<'static>,
    order: Order,
    chunk: Vec<(Vec<u8>, Place, Arc<dyn File>)>,
    /// The entry of the chunk where the cursor stands.
    at: usize,
    entry: Option<Entry>,
    failed: Option<Error>,
}

impl<'t> SegmentCursor<'t> {
    pub(crate) fn new(
        table: &'t RwLock<Table>,
        counters: &'t Counters,
        range: KeyRange<'_>,
        order: Order,
    ) -> Result<Self> {
        let mut cursor = SegmentCursor {
            table,
            counters,
            range: range.into_owned(),
            order,
            chunk: Vec::new(),
            at: 0,
            entry: None,
            failed: None,
        };
        cursor.refill(Bound::Unbounded);
        cursor.read()?;
        Ok(cursor)
    }

    /// Copies where the first entries of the scan are that come behind `from`
    /// in its order.
    fn refill(&mut self, from: Bound<&[u8]>) {
        let table = self.table.read();
        let rest = rest_of_range(&self.range, self.order, from);
        let found = first_entries(&table.index, &rest, self.order, CHUNK);
        let with_file = |(key, place)| (key, place, table.file(place));
        self.chunk = found.into_iter().map(with_file).collect();
        self.at = 0;
        let visited = self.chunk.len() as u64;
        self.counters.add(Counter::EntriesVisited, visited);
    }

    /// Reads the entry where the cursor stands.
    fn read(&mut self) -> Result<()> {
        self.entry = None;
        if let Some((key, place, file)) = self.chunk.get(self.at) {
            let value = read_value(&**file, *place, key);
            let value = value.inspect_err(|error| self.failed = Some(error.clone()))?;
            self.entry = Some((key.clone(), value));
        }
        Ok(())
    }

    fn check(&self) -> Result<()> {
        self.failed.clone().map_or(Ok(()), Err)
    }
}

impl Cursor for SegmentCursor<'_> {
    fn entry(&self) -> Option<(&[u8], &[u8])> {
        let (key, value) = self.entry.as_ref()?;
        Some((key, value))
    }

    fn advance(&mut self) -> Result<()> {
        self.check()?;
        self.at = self.chunk.len().min(self.at + 1);
        if self.at == self.chunk.len() && self.at >= CHUNK {
            let (last, ..) = self.chunk.pop().expect("a full chunk has a last entry");
            self.refill(Bound::Excluded(&last));
        }
        self.read()
    }

    fn seek(&mut self, key: &[u8]) -> Result<()> {
        self.check()?;
        self.refill(Bound::Included(key));
        self.read()
    }
}
