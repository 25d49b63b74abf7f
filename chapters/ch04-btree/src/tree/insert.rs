//! Puts an entry into its leaf.

use engine::Result;
use engine::page::PageGroup;

use super::writer::Writer;
use crate::node::{self, CHAIN_BYTES, Value, child_cell, fits_leaf};
use crate::overflow;
use crate::slotted::{Cell, Slotted, insert, overwrite, remove};

impl<G: PageGroup> Writer<G> {
    /// Stores `value` under `key`, in place of what was there.
    pub(super) fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        let chain_bytes: [u8; CHAIN_BYTES];
        let mut cell = Cell {
            key,
            rest: value,
            is_chained: false,
        };
        if !fits_leaf(self.page_bytes, key.len(), value.len()) {
            let chain = overflow::put(&mut self.group, self.page_bytes, value)?;
            chain_bytes = chain.to_bytes();
            (cell.rest, cell.is_chained) = (&chain_bytes, true);
        }
        match self.walk_to(key)? {
            None => {
                let root = self.add(0, &[cell])?;
                self.group.set_root(Some(root));
                Ok(())
            }
            Some(false) => {
                self.claim()?;
                self.insert(self.path.len() - 1, &cell)
            }
            Some(true) => {
                self.free_chain()?;
                self.claim()?;
                self.replace(&cell)
            }
        }
    }

    /// Puts a cell in front of the slot by which the path passes the page at
    /// `depth`. This group may change the page, and all above it.
    ///
    /// A page that is full is [split](Self::split), and the new page becomes a
    /// child of its parent, right after the one that was split: that is to
    /// insert a cell on the level above, where the path's slot is then the next
    /// one. Above the root that was split a new one [grows](Self::grow).
    ///
    /// # Errors
    ///
    /// What is wrong with a page; what allocating and reading pages can answer.
    ///
    /// # Exercise 4.8
    pub(super) fn insert(&mut self, depth: usize, cell: &Cell<'_>) -> Result<()> {
        todo!(
            "exercise 4.8: Puts a cell in front of the slot by which the path passes the page at `depth`"
        )
    }

    /// Puts a cell in place of the one with the same key, at the path's end.
    fn replace(&mut self, cell: &Cell<'_>) -> Result<()> {
        let depth = self.path.len() - 1;
        let slot = self.path[depth].slot;
        if self.edit(depth, |bytes| overwrite(bytes, slot, cell))? {
            return Ok(());
        }
        self.edit(depth, |bytes| remove(bytes, slot))?;
        self.insert(depth, cell)?;
        self.refill()
    }

    /// Frees the pages of the value at the path's end, if it has pages of its
    /// own. The leaf must be the current page, as a walk leaves it.
    pub(super) fn free_chain(&mut self) -> Result<()> {
        let depth = self.path.len() - 1;
        let slot = self.path[depth].slot;
        let cell = Slotted::new(self.group.bytes()).and_then(|page| page.cell(slot));
        match cell.and_then(|cell| node::value(&cell)) {
            Ok(Value::Here(_)) => Ok(()),
            Ok(Value::Chained(chain)) => overflow::free(&mut self.group, chain),
            Err(what) => Err(self.corrupt(depth, what)),
        }
    }
}
