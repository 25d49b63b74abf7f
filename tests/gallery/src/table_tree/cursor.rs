//! Merging: one walk over memtables and tables, in which the newest of equal
//! keys is the one that is seen.

use std::ops::Bound;
use std::sync::Arc;

use engine::{Counter, Counters, Cursor, Error, KeyRange, Order, Result};

use super::state::{Source, View};
use super::steps::Steps;
use super::table::Entry;
use crate::log_engine::table::rest_of_range;

/// A walk over what several sources hold.
pub(crate) struct Merging {
    steps: &'static dyn Steps,
    /// The newest first.
    sources: Vec<Source>,
    /// The entry where each of them stands.
    pub(crate) heads: Vec<Option<Entry>>,
    range: KeyRange<'static>,
    order: Order,
    /// The number of the last write that is seen.
    last: u64,
}

impl Merging {
    /// A walk that stands nowhere yet.
    pub(crate) fn new(
        steps: &'static dyn Steps,
        sources: Vec<Source>,
        range: KeyRange<'_>,
        order: Order,
        last: u64,
    ) -> Self {
        Merging {
            steps,
            heads: vec![None; sources.len()],
            sources,
            range: range.into_owned(),
            order,
            last,
        }
    }

    /// The entry where it stands: the newest one under the first key.
    pub(crate) fn head(&self) -> Option<&Entry> {
        self.heads[self.steps.first(&self.heads, self.order)?].as_ref()
    }

    /// Goes to the first entry behind `from`, and answers how many it looked
    /// at.
    pub(crate) fn seek(&mut self, from: Bound<&[u8]>) -> Result<u64> {
        let all: Vec<usize> = (0..self.sources.len()).collect();
        self.advance_some(&all, from)
    }

    /// Steps behind the entry where it stands, and answers how many others it
    /// looked at.
    pub(crate) fn advance(&mut self) -> Result<u64> {
        let Some(first) = self.steps.first(&self.heads, self.order) else {
            return Ok(0);
        };
        let passed = self.steps.passed(&self.heads, first);
        let (key, _) = self.heads[first].clone().expect("it stands there");
        self.advance_some(&passed, Bound::Excluded(&key))
    }

    fn advance_some(&mut self, some: &[usize], from: Bound<&[u8]>) -> Result<u64> {
        let rest = rest_of_range(&self.range, self.order, from);
        let mut visited = 0;
        for &at in some {
            self.heads[at] = self.sources[at].next(&rest, self.order, self.last)?;
            visited += u64::from(self.heads[at].is_some());
        }
        Ok(visited)
    }
}

/// A cursor over all there is in a view.
pub(crate) struct TreeCursor {
    merging: Merging,
    entry: Option<(Vec<u8>, Vec<u8>)>,
    failed: Option<Error>,
    counters: Arc<Counters>,
}

impl TreeCursor {
    pub(crate) fn new(
        steps: &'static dyn Steps,
        view: &View,
        counters: &Arc<Counters>,
        range: KeyRange<'_>,
        order: Order,
    ) -> Result<Self> {
        let mut cursor = TreeCursor {
            merging: Merging::new(steps, view.state.sources(), range, order, view.last),
            entry: None,
            failed: None,
            counters: Arc::clone(counters),
        };
        cursor.go(|merging| merging.seek(Bound::Unbounded))?;
        Ok(cursor)
    }

    /// Moves, and on to the first entry that is no tombstone.
    fn go(&mut self, step: impl FnOnce(&mut Merging) -> Result<u64>) -> Result<()> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        self.entry = None;
        let mut moved = step(&mut self.merging);
        loop {
            match moved {
                Ok(visited) => self.counters.add(Counter::EntriesVisited, visited),
                Err(error) => return Err(self.failed.insert(error).clone()),
            }
            match self.merging.head() {
                Some((_, None)) => moved = self.merging.advance(),
                Some((key, Some(value))) => {
                    self.entry = Some((key.clone(), value.clone()));
                    return Ok(());
                }
                None => return Ok(()),
            }
        }
    }
}

impl Cursor for TreeCursor {
    fn entry(&self) -> Option<(&[u8], &[u8])> {
        let (key, value) = self.entry.as_ref()?;
        Some((key, value))
    }

    fn advance(&mut self) -> Result<()> {
        self.go(Merging::advance)
    }

    fn seek(&mut self, key: &[u8]) -> Result<()> {
        self.go(|merging| merging.seek(Bound::Included(key)))
    }
}
