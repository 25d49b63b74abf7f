//! The tree: search, insert and split, delete, join and borrow.

use std::sync::Arc;

use engine::Result;

use super::LIMITS;
use super::group::Group;
use super::page::{CELLS_MAX, Cell, PIECE, Page, Value, fits_leaf};
use super::steps::Steps;
use super::store::corrupt;

/// Somewhere to read pages.
pub(crate) trait Pages {
    /// The root page, 0 for none.
    fn root(&self) -> u32;

    /// A page.
    fn load(&self, number: u32) -> Result<Arc<Page>>;

    /// A page of the tree. It is on a certain level; any will do for the root.
    fn load_on(&self, number: u32, level: Option<u8>) -> Result<Arc<Page>> {
        let page = self.load(number)?;
        match level.map_or(page.level < PIECE, |level| page.level == level) {
            true => Ok(page),
            false => Err(corrupt(number, "the page is on another level")),
        }
    }

    /// The child to which `page` leads at `slot`.
    fn child(&self, page: &Page, slot: usize) -> Result<Arc<Page>> {
        let none = || corrupt(0, "a page leads nowhere");
        let child = page.child(slot).ok_or_else(none)?;
        self.load_on(child, page.level.checked_sub(1))
    }
}

/// What is stored under a key.
pub(crate) fn find(steps: &dyn Steps, pages: &dyn Pages, key: &[u8]) -> Result<Option<Value>> {
    if pages.root() == 0 {
        return Ok(None);
    }
    let mut page = pages.load_on(pages.root(), None)?;
    while page.level > 0 {
        page = pages.child(&page, steps.child_to_read(&page.cells, key))?;
    }
    let found = page.cells.iter().find(|cell| cell.key == key);
    Ok(found.map(|cell| cell.value.clone()))
}

/// The bytes of a value.
pub(crate) fn gather(pages: &dyn Pages, value: &Value) -> Result<Vec<u8>> {
    let mut next = match value {
        Value::Here(bytes) => return Ok(bytes.clone()),
        Value::Chain(first) | Value::Child(first) => *first,
    };
    let mut bytes = Vec::new();
    while next != 0 {
        let page = pages.load_on(next, Some(PIECE))?;
        bytes.extend(page.cells.iter().flat_map(|cell| &cell.key));
        if bytes.len() > LIMITS.value_bytes_max {
            return Err(corrupt(next, "a value does not end"));
        }
        next = page.child(0).unwrap_or(0);
    }
    Ok(bytes)
}

/// A page on a path, and the slot by which it goes on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    number: u32,
    slot: usize,
}

impl Group<'_> {
    /// Stores a value under a key, in place of what was there.
    pub(crate) fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        let value = self.stored(key, value);
        let key = key.to_vec();
        if self.changes.root == 0 {
            self.changes.root = self.alloc(0, vec![Cell { key, value }]);
            return Ok(());
        }
        let path = self.walk(&key)?;
        let Step { number, slot } = path[path.len() - 1];
        let cells = self.cells(number);
        match cells.get_mut(slot).filter(|cell| cell.key == key) {
            Some(cell) => {
                let before = std::mem::replace(&mut cell.value, value);
                self.free_value(&before)
            }
            None => {
                cells.insert(slot, Cell { key, value });
                self.split_full(&path);
                Ok(())
            }
        }
    }

    /// Removes a key, if it is there.
    pub(crate) fn delete(&mut self, key: &[u8]) -> Result<()> {
        let Some(value) = find(self.store.steps, self, key)? else {
            return Ok(());
        };
        self.free_value(&value)?;
        let path = self.walk(key)?;
        let Step { number, slot } = path[path.len() - 1];
        let cells = self.cells(number);
        if cells.get(slot).is_some_and(|cell| cell.key == key) {
            cells.remove(slot);
        }
        self.refill(&path)
    }

    /// The path to where a key is in a leaf, or would be. All pages on it are the
    /// group's own then.
    fn walk(&mut self, key: &[u8]) -> Result<Vec<Step>> {
        let steps = self.store.steps;
        let mut path = Vec::new();
        let root = self.changes.root;
        let mut number = steps.claim(self, root)?;
        self.changes.root = number;
        loop {
            let page = self.load(number)?;
            if page.level == 0 {
                let slot = page.cells.partition_point(|cell| &cell.key[..] < key);
                path.push(Step { number, slot });
                return Ok(path);
            }
            let slot = steps.child_to_change(&page.cells, key);
            path.push(Step { number, slot });
            number = self.claim_child(number, slot)?;
        }
    }

    /// Makes the child of a page that it has made its own, too.
    fn claim_child(&mut self, parent: u32, slot: usize) -> Result<u32> {
        let page = self.load(parent)?;
        self.child(&page, slot)?; // It is on its level.
        let child = page.child(slot).expect("it is there");
        let claimed = self.store.steps.claim(self, child)?;
        self.cells(parent)[slot].value = Value::Child(claimed);
        Ok(claimed)
    }

    /// Splits the leaf at the end of a path if it is full, and then what becomes
    /// full above it.
    fn split_full(&mut self, path: &[Step]) {
        let steps = self.store.steps;
        for depth in (0..path.len()).rev() {
            let number = path[depth].number;
            if self.cells(number).len() <= CELLS_MAX {
                return;
            }
            let level = self.changes.own[&number].level;
            let (separator, upper) = match level {
                0 => steps.split_leaf(self.cells(number)),
                _ => steps.split_inner(self.cells(number)),
            };
            let right = Cell::child(separator, self.alloc(level, upper));
            match depth.checked_sub(1).map(|above| path[above]) {
                Some(above) => self.cells(above.number).insert(above.slot + 1, right),
                None => {
                    let left = Cell::child(Vec::new(), number);
                    self.changes.root = self.alloc(level + 1, vec![left, right]);
                }
            }
        }
    }

    /// Sees to it that no page on a path has too few cells, from the leaf up.
    fn refill(&mut self, path: &[Step]) -> Result<()> {
        for depth in (1..path.len()).rev() {
            let page = self.load(path[depth].number)?;
            if !self.store.steps.is_short(&page) {
                return Ok(());
            }
            self.join_or_borrow(path[depth - 1], page.level)?;
        }
        let root = self.load(self.changes.root)?;
        if let Some(heir) = self.store.steps.heir(&root) {
            let before = std::mem::replace(&mut self.changes.root, heir);
            self.give_back(before)?;
        }
        Ok(())
    }

    /// Joins the child of a page with the one before it, or with the next one if
    /// it is the first; or lets it borrow a cell, where both are more than a page.
    fn join_or_borrow(&mut self, Step { number, slot }: Step, level: u8) -> Result<()> {
        let steps = self.store.steps;
        let at = slot.saturating_sub(1);
        let Some(next) = self.cells(number).get(at + 1) else {
            return Ok(()); // It has no neighbour.
        };
        let separator = next.key.clone();
        let (left, right) = (
            self.claim_child(number, at)?,
            self.claim_child(number, at + 1)?,
        );
        let mut lower = std::mem::take(self.cells(left));
        let mut upper = std::mem::take(self.cells(right));
        if lower.len() + upper.len() <= CELLS_MAX {
            *self.cells(left) = steps.joined(level, lower, separator, upper);
            self.cells(number).remove(at + 1);
            return steps.free(self, right);
        }
        let separator = steps.borrow(level, &mut lower, separator, &mut upper);
        *self.cells(left) = lower;
        *self.cells(right) = upper;
        steps.set_separator(&mut self.cells(number)[at + 1], separator);
        Ok(())
    }

    /// A value as a leaf holds it: one that is too long goes to pages of its own.
    fn stored(&mut self, key: &[u8], value: &[u8]) -> Value {
        if fits_leaf(key, value) {
            return Value::Here(value.to_vec());
        }
        let mut next = 0;
        for piece in self.store.steps.pieces(value).into_iter().rev() {
            // Who leads to another page must know its number.
            next = self.alloc(PIECE, vec![Cell::child(piece.to_vec(), next)]);
        }
        Value::Chain(next)
    }

    /// Gives back the pages of a value that has some.
    fn free_value(&mut self, value: &Value) -> Result<()> {
        match value {
            Value::Chain(first) => self.store.steps.free_chain(self, *first),
            _ => Ok(()),
        }
    }
}
