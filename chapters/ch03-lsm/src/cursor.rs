//! A scan: a walk over all that a state holds, without what was deleted.

use std::ops::Bound;
use std::sync::Arc;

use engine::{Counter, Counters, Cursor, Error, KeyRange, Order, Result};

use crate::merging::Merging;
use crate::sorted::{Sorted, everything};
use crate::source::Source;
use crate::state::Pinned;

/// A place among the entries of a scan over an [`Lsm`](crate::Lsm).
///
/// It shows one moment, however long it is open, and makes nobody wait: what it
/// reads is never changed, and stays for as long as it is read.
#[derive(Debug)]
pub struct LsmCursor {
    /// What it reads is kept by this.
    _state: Pinned,
    entries: Merging<Sorted>,
    range: KeyRange<'static>,
    order: Order,
    counters: Arc<Counters>,
    /// It stands at an entry.
    stands: bool,
    /// An error is answered for ever.
    failed: Option<Error>,
}

impl LsmCursor {
    /// A cursor at the first entry of `range` in `order`, of what a state holds
    /// up to a sequence number.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] and [`Error::Io`].
    pub(crate) fn new(
        state: Pinned,
        seq: u64,
        range: KeyRange<'_>,
        order: Order,
        counters: Arc<Counters>,
    ) -> Result<Self> {
        let mut cursor = LsmCursor {
            entries: everything(&state, seq, &range, order),
            _state: state,
            range: range.into_owned(),
            order,
            counters,
            stands: false,
            failed: None,
        };
        if !cursor.range.is_empty() {
            let first = match order {
                Order::Ascending => cursor.range.start(),
                Order::Descending => cursor.range.end(),
            };
            let sought = cursor.entries.seek(first);
            cursor.settle(sought)?;
        }
        Ok(cursor)
    }

    /// Goes on to the first entry that was not deleted, and stands there if it
    /// lies in the range.
    ///
    /// # Exercise 3.15
    fn settle(&mut self, mut walked: Result<()>) -> Result<()> {
        todo!(
            "exercise 3.15: Goes on to the first entry that was not deleted, and stands there if it lies in the range"
        )
    }
}

impl Cursor for LsmCursor {
    fn entry(&self) -> Option<(&[u8], &[u8])> {
        if !self.stands {
            return None;
        }
        self.entries.key().zip(self.entries.value())
    }

    fn advance(&mut self) -> Result<()> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        if !self.stands {
            return Ok(());
        }
        let walked = self.entries.advance();
        self.settle(walked)
    }

    fn seek(&mut self, key: &[u8]) -> Result<()> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        if self.range.is_empty() {
            return Ok(());
        }
        let to = match self.order {
            Order::Ascending if !is_behind_start(key, self.range.start()) => self.range.start(),
            Order::Descending if !is_before_end(key, self.range.end()) => self.range.end(),
            _ => Bound::Included(key),
        };
        let sought = self.entries.seek(to);
        self.settle(sought)
    }
}

fn is_behind_start(key: &[u8], start: Bound<&[u8]>) -> bool {
    match start {
        Bound::Included(start) => key >= start,
        Bound::Excluded(start) => key > start,
        Bound::Unbounded => true,
    }
}

fn is_before_end(key: &[u8], end: Bound<&[u8]>) -> bool {
    match end {
        Bound::Included(end) => key <= end,
        Bound::Excluded(end) => key < end,
        Bound::Unbounded => true,
    }
}
