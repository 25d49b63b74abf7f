//! Two neighbours become one page, or share what they have.

use engine::Result;
use engine::page::{PageGroup, PageId};

use super::split::parted;
use super::writer::{Writer, set_child};
use crate::node::{child, child_cell, middle};
use crate::page::{Damage, room};
use crate::slotted::{Cell, Slotted, fill, remove};

/// Two neighbours, children of one parent.
struct Pair {
    /// The slot of the left one in the parent.
    slot: usize,
    left: PageId,
    right: PageId,
    /// Between them, in the parent.
    separator: Vec<u8>,
}

impl<G: PageGroup> Writer<G> {
    /// Joins the page that the path passes at `depth` with a neighbour, where
    /// one page has room for both. Otherwise they share out what they have,
    /// half and half. The answer is whether they were joined: then their parent
    /// has a child less.
    pub(super) fn join_or_borrow(&mut self, depth: usize) -> Result<bool> {
        self.path_holds = false;
        let (parent, level) = (depth - 1, self.path[depth].level);
        let pair = self.pair(parent)?;
        let (left, right) = (self.copy_of(pair.left)?, self.copy_of(pair.right)?);
        let cells = both(&left, &right, level, &pair.separator);
        let mut cells = cells.map_err(|what| self.corrupt(depth, what))?;
        let used: usize = cells.iter().map(Cell::bytes).sum();
        if used <= room(self.page_bytes) {
            self.join(parent, &pair, level, &cells)?;
            return Ok(true);
        }
        self.borrow(parent, &pair, level, &mut cells)?;
        Ok(false)
    }

    /// The page to which the path goes on at `parent` and the one before it, or
    /// after it if it is the first.
    fn pair(&mut self, parent: usize) -> Result<Pair> {
        let slot = self.path[parent].slot.saturating_sub(1);
        self.group.load(self.path[parent].page)?;
        let pair = pair(self.group.bytes(), slot);
        pair.map_err(|what| self.corrupt(parent, what))
    }

    /// Makes one page of two: all their `cells` come into the left one, the
    /// parent has a slot less, and the right one is given back.
    ///
    /// The left page may get another number by it, which the parent has to know;
    /// the right one's slot is the next. The parent is this group's to change.
    ///
    /// # Errors
    ///
    /// What changing the pages can answer.
    ///
    /// # Exercise 4.10
    fn join(&mut self, parent: usize, pair: &Pair, level: u8, cells: &[Cell<'_>]) -> Result<()> {
        todo!(
            "exercise 4.10: Makes one page of two: all their `cells` come into the left one, the parent has a slot less, and the right one is given back"
        )
    }

    /// Shares the `cells` of both out anew, cut in the [`middle`]. Both pages may
    /// get other numbers by it, and the separator is another one: as
    /// [`parted`] says of the cells on its two sides.
    ///
    /// The new separator may be longer, and the parent too full for it. So the
    /// right page's slot is removed there, and [inserted](Self::insert) with the
    /// new one: where that splits the parent, it does.
    ///
    /// # Errors
    ///
    /// Damage of the page at `parent`, where there is nothing to share; what
    /// changing the pages can answer.
    ///
    /// # Exercise 4.11
    fn borrow(
        &mut self,
        parent: usize,
        pair: &Pair,
        level: u8,
        cells: &mut [Cell<'_>],
    ) -> Result<()> {
        todo!("exercise 4.11: Shares the `cells` of both out anew, cut in the [`middle`]")
    }

    /// Fills a page anew, and answers under which number it is found then.
    fn refilled(&mut self, page: PageId, level: u8, cells: &[Cell<'_>]) -> Result<PageId> {
        let (page, bytes) = self.group.page_mut(page)?;
        let filled = fill(bytes, level, cells);
        filled.map_err(|what| self.group.corrupt(page, what))?;
        Ok(page)
    }
}

/// The children at `slot` and after it.
fn pair(parent: &[u8], slot: usize) -> Result<Pair, Damage> {
    let parent = Slotted::new(parent)?;
    let (left, right) = (child(&parent, slot)?, child(&parent, slot + 1)?);
    if left == right {
        return Err("a page has the same child twice");
    }
    let separator = parent.cell(slot + 1)?.key.to_vec();
    Ok(Pair {
        slot,
        left,
        right,
        separator,
    })
}

/// The cells of two neighbours, those of the left one first. Above the leaves
/// the separator between them comes down from the parent: the first child of the
/// right one has none, and gets it.
///
/// # Errors
///
/// What is wrong with either page: also where one is not on this `level`.
///
/// # Exercise 4.10
fn both<'p>(
    left: &'p [u8],
    right: &'p [u8],
    level: u8,
    separator: &'p [u8],
) -> Result<Vec<Cell<'p>>, Damage> {
    todo!("exercise 4.10: The cells of two neighbours, those of the left one first")
}
