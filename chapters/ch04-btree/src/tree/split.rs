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
        todo!(
            "exercise 4.7: Splits the page that the path passes at `depth`, while a cell is put into it, in front of the path's slot"
        )
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
        todo!(
            "exercise 4.8: Puts a root above the old one, which has become two pages: the second one, and the separator in front of it, are `right`"
        )
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
