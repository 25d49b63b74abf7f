//! A scan: a walk over the entries of a range.

use std::sync::Arc;

use engine::page::PageRead;
use engine::{Counter, Counters, Cursor, Error, KeyRange, Order, Result};

mod scan;
mod walk;

use scan::Scan;
use walk::Walk;

/// A place among the entries of a scan over a [`BTree`](crate::BTree).
#[derive(Debug)]
pub struct TreeCursor<R> {
    walk: Walk<R>,
    scan: Scan,
    counters: Arc<Counters>,
    /// How many entries it came to that are not counted yet.
    visited: u64,
    /// An error is answered for ever.
    failed: Option<Error>,
}

impl<R: PageRead> TreeCursor<R> {
    /// A cursor at the first entry of `range` in `order`.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] and [`Error::Corrupt`].
    pub fn new(
        read: R,
        range: KeyRange<'_>,
        order: Order,
        counters: Arc<Counters>,
    ) -> Result<Self> {
        let range = range.into_owned();
        let mut cursor = TreeCursor {
            walk: Walk::new(read),
            scan: Scan { range, order },
            counters,
            visited: 0,
            failed: None,
        };
        if !cursor.scan.range.is_empty() {
            let sought = cursor.walk.seek(&cursor.scan, cursor.scan.first());
            cursor.settle(sought)?;
        }
        Ok(cursor)
    }

    /// Counts the entry that the cursor came to, or keeps the error.
    fn settle(&mut self, walked: Result<()>) -> Result<()> {
        self.visited += u64::from(self.walk.stands());
        self.counters.add(Counter::EntriesVisited, self.visited);
        self.visited = 0;
        if let Err(error) = &walked {
            self.walk.leave();
            self.failed = Some(error.clone());
        }
        walked
    }
}

impl<R: PageRead + Send> Cursor for TreeCursor<R> {
    fn entry(&self) -> Option<(&[u8], &[u8])> {
        self.walk.entry()
    }

    fn advance(&mut self) -> Result<()> {
        if self.walk.step(self.scan.order) {
            // Threads meet at the counters, so not each entry is counted alone.
            self.visited += 1;
            return Ok(());
        }
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let walked = self.walk.advance(&self.scan);
        self.settle(walked)
    }

    fn seek(&mut self, key: &[u8]) -> Result<()> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        if self.scan.range.is_empty() {
            return Ok(());
        }
        let to = self.scan.start_of(key);
        let sought = self.walk.seek(&self.scan, to);
        self.settle(sought)
    }
}

impl<R> Drop for TreeCursor<R> {
    fn drop(&mut self) {
        self.counters.add(Counter::EntriesVisited, self.visited);
    }
}
