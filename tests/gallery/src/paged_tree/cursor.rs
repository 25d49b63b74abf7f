//! A cursor: a path from the root to an entry.

use std::ops::Bound;
use std::sync::Arc;

use engine::{Counter, Cursor, Error, KeyRange, Order, Result};

use super::page::Page;
use super::readers::Reader;
use super::tree::{Pages, gather};
use crate::log_engine::table::rest_of_range;

/// A cursor over what a reader sees.
pub(crate) struct TreeCursor<'s> {
    reader: Reader<'s>,
    range: KeyRange<'static>,
    order: Order,
    /// The pages from the root to the leaf where it stands, each with the slot by
    /// which it goes on. Behind the last entry there are none.
    path: Vec<(Arc<Page>, usize)>,
    /// The value of the entry where it stands.
    value: Vec<u8>,
    failed: Option<Error>,
}

impl<'s> TreeCursor<'s> {
    pub(crate) fn new(reader: Reader<'s>, range: KeyRange<'_>, order: Order) -> Result<Self> {
        let mut cursor = TreeCursor {
            reader,
            range: range.into_owned(),
            order,
            path: Vec::new(),
            value: Vec::new(),
            failed: None,
        };
        cursor.go(|cursor| cursor.walk(Bound::Unbounded))?;
        Ok(cursor)
    }

    /// Moves, and reads the entry where it stands then.
    fn go(&mut self, action: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let moved = action(self).and_then(|()| self.show());
        if let Err(error) = &moved {
            self.path.clear();
            self.failed = Some(error.clone());
        }
        moved
    }

    fn show(&mut self) -> Result<()> {
        let cell = self
            .path
            .last()
            .and_then(|(leaf, slot)| leaf.cells.get(*slot));
        match cell.filter(|cell| self.range.contains(&cell.key)) {
            Some(cell) => {
                self.reader.store.counters.add(Counter::EntriesVisited, 1);
                self.value = gather(&self.reader, &cell.value)?;
            }
            None => self.path.clear(),
        }
        Ok(())
    }

    /// Walks from the root to the first entry behind `from`.
    fn walk(&mut self, from: Bound<&[u8]>) -> Result<()> {
        let steps = self.reader.store.steps;
        let range = self.range.clone();
        let rest = rest_of_range(&range, self.order, from);
        let from = match self.order {
            Order::Ascending => rest.start(),
            Order::Descending => rest.end(),
        };
        self.path.clear();
        if self.reader.root() == 0 {
            return Ok(());
        }
        let mut page = self.reader.load_on(self.reader.root(), None)?;
        while page.level > 0 {
            let slot = match from {
                Bound::Unbounded => edge(self.order, page.cells.len()),
                Bound::Included(key) | Bound::Excluded(key) => {
                    steps.child_to_read(&page.cells, key)
                }
            };
            let child = self.reader.child(&page, slot)?;
            self.path.push((page, slot));
            page = child;
        }
        match steps.sought(&page.cells, from, self.order) {
            Some(slot) => {
                self.path.push((page, slot));
                Ok(())
            }
            None => {
                self.next_leaf()?;
                match steps.is_one_too_far(from, self.order) {
                    true => self.step(),
                    false => Ok(()),
                }
            }
        }
    }

    /// Steps to the next entry.
    fn step(&mut self) -> Result<()> {
        let Some((leaf, slot)) = self.path.pop() else {
            return Ok(());
        };
        match next_slot(self.order, slot, leaf.cells.len()) {
            Some(next) => {
                self.path.push((leaf, next));
                Ok(())
            }
            None => self.next_leaf(),
        }
    }

    /// Goes up as far as there is a next child, and down to the leaf where it
    /// begins.
    fn next_leaf(&mut self) -> Result<()> {
        let steps = self.reader.store.steps;
        let mut climbed = 0;
        while let Some((page, slot)) = self.path.pop() {
            climbed += 1;
            if let Some(next) = steps.next_child(self.order, slot, page.cells.len()) {
                self.path.push((page, next));
                return self.descend();
            }
            if !steps.climbs_on(climbed) {
                self.path.clear();
            }
        }
        Ok(())
    }

    /// Goes down to the nearest entry.
    fn descend(&mut self) -> Result<()> {
        while let Some((page, slot)) = self.path.last() {
            let child = self.reader.child(page, *slot)?;
            let len = child.cells.len();
            if child.level == 0 {
                let slot = self.reader.store.steps.entered_at(self.order, len);
                self.path.push((child, slot));
                return Ok(());
            }
            self.path.push((child, edge(self.order, len)));
        }
        Ok(())
    }
}

/// The first slot of a page in an order.
pub(crate) fn edge(order: Order, len: usize) -> usize {
    match order {
        Order::Ascending => 0,
        Order::Descending => len.saturating_sub(1),
    }
}

/// The slot behind another one in an order.
pub(crate) fn next_slot(order: Order, slot: usize, len: usize) -> Option<usize> {
    match order {
        Order::Ascending => Some(slot + 1).filter(|next| *next < len),
        Order::Descending => slot.checked_sub(1),
    }
}

impl Cursor for TreeCursor<'_> {
    fn entry(&self) -> Option<(&[u8], &[u8])> {
        let (leaf, slot) = self.path.last()?;
        let cell = leaf.cells.get(*slot)?;
        Some((&cell.key, &self.value))
    }

    fn advance(&mut self) -> Result<()> {
        self.go(Self::step)
    }

    fn seek(&mut self, key: &[u8]) -> Result<()> {
        self.go(|cursor| cursor.walk(Bound::Included(key)))
    }
}
