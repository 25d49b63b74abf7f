//! A page that is full becomes two.

use engine::Result;
use engine::page::{PageGroup, PageId};

use super::writer::Writer;
use crate::node::{child_cell, middle, separator};
use crate::slotted::{Cell, Slotted, fill};

impl<G: PageGroup> Writer<G> {
    /// Splits the page that the path passes at `depth`, while a cell is put
    /// into it, in front of the path's slot. The answer is the page with the
    /// upper cells, and the separator in front of it. The page itself keeps the
    /// lower ones, and its number. `path_holds` is false from then on.
    ///
    /// As a rule both get about as many bytes. But who appends at the tree's
    /// right edge will not come back: there the page is left full, and the new
    /// one begins with as few cells as a page may have, the new one being the
    /// last. So a load in the order of the keys fills pages to the brim, not by
    /// half. A leaf that keeps just what it had need not be written.
    ///
    /// # Errors
    ///
    /// What is wrong with the page: also where it has fewer cells than are before
    /// the slot, or so little that there is nothing to split. What allocating and
    /// reading pages can answer.
    ///
    /// # Exercise 4.7
    pub(crate) fn split(&mut self, depth: usize, cell: &Cell<'_>) -> Result<(Vec<u8>, PageId)> {
        self.path_holds = false;
        let (page, slot) = (self.path[depth].page, self.path[depth].slot);
        let copy = self.copy_of(page)?;
        let whole = Slotted::new(&copy).map_err(|what| self.corrupt(depth, what))?;
        let level = whole.level();
        let mut cells = whole.cells().map_err(|what| self.corrupt(depth, what))?;
        if slot > cells.len() {
            return Err(self.corrupt(depth, "a page has fewer cells than it had"));
        }
        let appends = slot == cells.len() && self.is_on_the_right_edge(depth);
        cells.insert(slot, *cell);
        let at = if appends {
            cells.len().saturating_sub(fewest(level))
        } else {
            middle(&cells)
        };
        let (lower, upper) = cells.split_at_mut(at);
        let (Some(last), Some(first)) = (lower.last(), upper.first_mut()) else {
            return Err(self.corrupt(depth, "a page is full of nothing"));
        };
        let between = parted(level, last, first);
        let right = self.add(level, upper)?;
        if !(appends && level == 0) {
            self.edit(depth, |bytes| fill(bytes, level, lower))?;
        }
        Ok((between, right))
    }

    /// Answers whether no page lies after the one that the path passes at
    /// `depth`, on its level.
    fn is_on_the_right_edge(&self, depth: usize) -> bool {
        let above = &self.path[..depth];
        above.iter().all(|step| step.slot + 1 == step.count)
    }

    /// Puts a root above the old one, which has become two pages: the second
    /// one, and the separator in front of it, are `right`. The first one has the
    /// empty key for a separator. The group is told of the new root.
    ///
    /// # Errors
    ///
    /// Damage of the old root, where its level is the highest that there is;
    /// what allocating a page can answer.
    ///
    /// # Exercise 4.8
    pub(crate) fn grow(&mut self, right: &Cell<'_>) -> Result<()> {
        let old = self.path[0];
        let Some(level) = old.level.checked_add(1) else {
            return Err(self.corrupt(0, "a tree is higher than it can be"));
        };
        let left = old.page.0.to_le_bytes();
        let root = self.add(level, &[child_cell(&[], &left), *right])?;
        self.group.set_root(Some(root));
        Ok(())
    }
}

/// How many cells a page has at the least.
fn fewest(level: u8) -> usize {
    if level == 0 { 1 } else { 2 }
}

/// The separator between two pages, of which the one ends with `last` and the
/// other begins with `first`.
///
/// Above the leaves the first child of a page needs no separator: the parent
/// has it, and it moves up.
pub(super) fn parted(level: u8, last: &Cell<'_>, first: &mut Cell<'_>) -> Vec<u8> {
    if level == 0 {
        return separator(last.key, first.key).to_vec();
    }
    std::mem::take(&mut first.key).to_vec()
}
