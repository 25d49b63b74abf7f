//! Proves that a tree is sound, or says where it is not.

use std::collections::BTreeSet;

use engine::Result;
use engine::page::{PageId, PageRead};

use crate::node::{self, Chain, Value, child, fits_leaf};
use crate::overflow::Piece;
use crate::page::{Damage, room};
use crate::slotted::{CELL_BYTES, Cell, Slotted, common_prefix, head_of};

/// What a check has found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checked {
    /// Every page that the root leads to. Each was reached once.
    pub pages: BTreeSet<PageId>,
    /// How many levels there are.
    pub levels: usize,
    /// How many entries.
    pub entries: usize,
    /// How many leaves.
    pub leaves: usize,
    /// How many pages above them.
    pub inner: usize,
    /// How many overflow pages.
    pub overflow: usize,
    /// How many bytes slots and cells use in all leaves.
    pub leaf_bytes: usize,
    /// How many they could use.
    pub leaf_bytes_max: usize,
}

/// The keys that a page may have: from the first on, and below the second, if
/// there is one.
#[derive(Clone, Copy)]
pub(crate) struct Bounds<'k>(pub(crate) &'k [u8], pub(crate) Option<&'k [u8]>);

/// Reads the whole tree and compares it with its invariants.
///
/// # Errors
///
/// [`Error::Corrupt`](engine::Error::Corrupt), naming the first invariant that
/// does not hold, and what reading pages can answer.
pub fn check<R: PageRead>(read: &mut R) -> Result<Checked> {
    loop {
        let mut checked = Checked::default();
        let sound = match read.root() {
            Some(root) => checked.tree(read, root),
            None => Ok(()),
        };
        if !read.changed() {
            return sound.map(|()| checked);
        }
    }
}

impl Checked {
    /// Which share of the leaves is in use, from 0 to 1. Without leaves it is no
    /// number.
    pub fn fill(&self) -> f64 {
        self.leaf_bytes as f64 / self.leaf_bytes_max as f64
    }

    /// Checks the tree below its root.
    fn tree<R: PageRead>(&mut self, read: &mut R, root: PageId) -> Result<()> {
        read.load(root)?;
        let level = Slotted::new(read.bytes()).map(|page| page.level());
        let level = level.map_err(|what| read.corrupt(root, what))?;
        self.levels = usize::from(level) + 1;
        self.page(read, root, level, Bounds(&[], None))
    }

    /// Checks a page, and all below it, each page before its children and these
    /// in their order.
    ///
    /// First the page is [reached](Self::reach). By itself it has to be
    /// [`sound`] on its level and within `bounds`. A leaf adds 1 to `leaves`,
    /// what it uses to `leaf_bytes` and the [`room`] of a page to
    /// `leaf_bytes_max`; then its values are checked, by [`leaf`](Self::leaf).
    /// Another page adds 1 to `inner`. Each child is a level below it, and its
    /// keys lie within the separators around it; the first child
    /// has the low bound of the page itself, and the last one its high bound.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](engine::Error::Corrupt) for the first page that is not
    /// sound, and what reading pages can answer.
    ///
    /// # Exercise 4.5
    fn page<R: PageRead>(
        &mut self,
        read: &mut R,
        page: PageId,
        level: u8,
        bounds: Bounds<'_>,
    ) -> Result<()> {
        todo!(
            "exercise 4.5: Checks a page, and all below it, each page before its children and these in their order"
        )
    }

    /// Checks the values of a leaf.
    fn leaf<R: PageRead>(&mut self, read: &mut R, page: PageId, leaf: &Slotted<'_>) -> Result<()> {
        for slot in 0..leaf.count() {
            let cell = leaf.cell(slot);
            let value = cell.and_then(|cell| Ok((cell.key.len(), node::value(&cell)?)));
            let (key_len, value) = value.map_err(|what| read.corrupt(page, what))?;
            self.entries += 1;
            let (len, chain) = match value {
                Value::Here(value) => (value.len(), None),
                Value::Chained(chain) => (chain.len, Some(chain)),
            };
            if fits_leaf(read.bytes().len(), key_len, len) != chain.is_none() {
                return Err(read.corrupt(page, "a value stands where it should not"));
            }
            if let Some(chain) = chain {
                self.chain(read, chain)?;
            }
        }
        Ok(())
    }

    /// Checks the pages of a value.
    fn chain<R: PageRead>(&mut self, read: &mut R, chain: Chain) -> Result<()> {
        let (mut page, mut missing) = (chain.first, chain.len);
        while missing > 0 {
            self.reach(read, page)?;
            let piece = Piece::decode(read.bytes(), missing);
            let piece = piece.map_err(|what| read.corrupt(page, what))?;
            self.overflow += 1;
            missing -= piece.bytes.len();
            page = piece.next;
        }
        Ok(())
    }

    /// Comes to a page, for the first time: it is the current one then, and is
    /// among the `pages`.
    ///
    /// # Errors
    ///
    /// Somebody has come to it before, which is damage of this page, and it is
    /// not loaded; what loading it can answer.
    ///
    /// # Exercise 4.5
    fn reach<R: PageRead>(&mut self, read: &mut R, page: PageId) -> Result<()> {
        todo!(
            "exercise 4.5: Comes to a page, for the first time: it is the current one then, and is among the `pages`"
        )
    }
}

/// The page that has these bytes, if it is sound by itself.
pub(crate) fn sound<'p>(
    bytes: &'p [u8],
    level: u8,
    bounds: Bounds<'_>,
) -> Result<Slotted<'p>, Damage> {
    let page = Slotted::new(bytes)?;
    if page.level() != level {
        return Err("a page is on another level than its parent says");
    }
    if page.count() <= page.first_with_key() {
        return Err("a page has fewer cells than it must");
    }
    let cells = page.cells()?;
    if level > 0 && !cells[0].key.is_empty() {
        return Err("the separator of a first child is not empty");
    }
    let keyed = &cells[page.first_with_key()..];
    in_order(keyed, level, bounds)?;
    in_place(&page, bytes.len())?;
    in_heads(&page, &cells)?;
    Ok(page)
}

/// Keys rise, and stay within the bounds: no two are the same, none is smaller
/// than the low bound, and all are smaller than the high one, if there is one.
///
/// `cells` are those of a page on this `level` whose keys mean something: above
/// the leaves all but the first. There the low bound stands for the first child,
/// so no separator may be the same as that either.
///
/// # Errors
///
/// What is wrong. Where there are no cells, nothing is.
///
/// # Exercise 4.5
pub(crate) fn in_order(
    cells: &[Cell<'_>],
    level: u8,
    Bounds(low, high): Bounds<'_>,
) -> Result<(), Damage> {
    todo!(
        "exercise 4.5: Keys rise, and stay within the bounds: no two are the same, none is smaller than the low bound, and all are smaller than the high one, if there is one"
    )
}

/// Cells do not overlap, none begins too early, and what belongs to none is
/// counted as garbage.
pub(crate) fn in_place(page: &Slotted<'_>, page_bytes: usize) -> Result<(), Damage> {
    let extents: Result<Vec<_>, _> = (0..page.count()).map(|slot| page.extent(slot)).collect();
    let mut extents = extents?;
    extents.sort_by_key(|extent| extent.key.start);
    let (mut end, mut garbage) = (page.header().cells, 0);
    for extent in &extents {
        let gap = (extent.key.start - CELL_BYTES).checked_sub(end);
        garbage += gap.ok_or("cells overlap")?;
        end = extent.rest.end;
    }
    if garbage + (page_bytes - end) != page.header().garbage {
        return Err("a page has another amount of garbage than it says");
    }
    Ok(())
}

/// The keys share what the page says, and each slot has the head of its key.
pub(crate) fn in_heads(page: &Slotted<'_>, cells: &[Cell<'_>]) -> Result<(), Damage> {
    let shared = page.header().shared;
    let first = page.first_with_key();
    let (one, other) = (cells[first].key, cells[cells.len() - 1].key);
    if common_prefix(one, other) < shared {
        return Err("the keys of a page share less than it says");
    }
    for (slot, cell) in cells.iter().enumerate() {
        if page.head(slot) != head_of(cell.key, shared) {
            return Err("a head is not that of its key");
        }
    }
    Ok(())
}
