//! A group of changes that is under way.

use engine::page::{PageGroup, PageId};
use engine::{Error, Result};

use super::search::{Step, Toward, descend};
use crate::node::{CHILD_BYTES, child_cell};
use crate::page::Damage;
use crate::slotted::{Cell, Found, Slotted, fill, overwrite};

/// A group of changes to the tree, which walks to one key after the other.
pub(crate) struct Writer<G> {
    pub(crate) group: G,
    pub(super) page_bytes: usize,
    /// The pages above the leaf that the last walk came to, the root first, and
    /// after them the leaf, with the slot of the key.
    pub(crate) path: Vec<Step>,
    /// Whether the path still leads there: no page was split or joined since.
    pub(super) path_holds: bool,
}

impl<G: PageGroup> Writer<G> {
    pub(crate) fn new(group: G, page_bytes: usize) -> Self {
        Writer {
            group,
            page_bytes,
            path: Vec::new(),
            path_holds: false,
        }
    }

    /// Lets the changes take effect.
    pub(crate) fn commit(self) -> Result<()> {
        self.group.commit()
    }

    /// Walks to the leaf of `key`, and answers whether the key is there; `None`
    /// where the tree is empty.
    pub(crate) fn walk_to(&mut self, key: &[u8]) -> Result<Option<bool>> {
        if let Some(is_equal) = self.stay_for(key)? {
            return Ok(Some(is_equal));
        }
        self.path.clear();
        self.path_holds = true;
        let Some(root) = self.group.root() else {
            return Ok(None);
        };
        let path = &mut self.path;
        let leaf = descend(&mut self.group, root, None, Toward::Key(key), |step| {
            path.push(step);
        })?;
        let Found { slot, is_equal } = leaf.found;
        self.path.push(Step {
            page: leaf.page,
            level: 0,
            slot,
            count: leaf.count,
        });
        Ok(Some(is_equal))
    }

    /// Where the last walk came to the leaf that has `key`, too, moves on to its
    /// slot, and answers as [`walk_to`](Self::walk_to) does. Changes often come
    /// in the order of their keys, and then few of them need a walk.
    fn stay_for(&mut self, key: &[u8]) -> Result<Option<bool>> {
        let Some((leaf, above)) = self.path.split_last_mut() else {
            return Ok(None);
        };
        if !self.path_holds {
            return Ok(None);
        }
        self.group.load(leaf.page)?;
        let is_last = above.iter().all(|step| step.slot + 1 == step.count);
        let found = among(self.group.bytes(), key, is_last);
        match found.map_err(|what| self.group.corrupt(leaf.page, what))? {
            Some(found) => {
                leaf.slot = found.slot;
                Ok(Some(found.is_equal))
            }
            None => Ok(None),
        }
    }

    /// Makes sure that this group may change the leaf at the path's end.
    ///
    /// Where the store gives it another number, its parent must lead to that,
    /// and so the parent changes, too, and so on up to the root, which the group
    /// is told of. A page that keeps its number ends the climb: it was this
    /// group's before, and so was all that leads to it. Above it no page is
    /// asked for.
    ///
    /// Afterwards the path has the new numbers. The pages that had the old ones
    /// are the store's to free.
    ///
    /// # Errors
    ///
    /// What [`page_mut`](PageGroup::page_mut) answers; damage of a parent, under
    /// its new number, where no child stands in its slot.
    ///
    /// # Exercise 4.6
    pub(crate) fn claim(&mut self) -> Result<()> {
        let mut moved = None;
        for step in self.path.iter_mut().rev() {
            let (page, bytes) = self.group.page_mut(step.page)?;
            if let Some(child) = moved
                && let Err(what) = set_child(bytes, step.slot, child)
            {
                return Err(self.group.corrupt(page, what));
            }
            if page == step.page {
                return Ok(());
            }
            step.page = page;
            moved = Some(page);
        }
        self.group.set_root(moved);
        Ok(())
    }

    /// Changes the page that the path passes at `depth`, the root being at 0.
    pub(super) fn edit<T>(
        &mut self,
        depth: usize,
        edit: impl FnOnce(&mut [u8]) -> Result<T, Damage>,
    ) -> Result<T> {
        let page = self.path[depth].page;
        self.edit_page(page, edit)
    }

    /// Changes a page that this group may change already.
    pub(super) fn edit_page<T>(
        &mut self,
        page: PageId,
        edit: impl FnOnce(&mut [u8]) -> Result<T, Damage>,
    ) -> Result<T> {
        let (_same, bytes) = self.group.page_mut(page)?;
        edit(bytes).map_err(|what| self.group.corrupt(page, what))
    }

    /// A copy of a page's bytes.
    pub(super) fn copy_of(&mut self, page: PageId) -> Result<Vec<u8>> {
        self.group.load(page)?;
        Ok(self.group.bytes().to_vec())
    }

    /// Allocates a page with these cells.
    pub(super) fn add(&mut self, level: u8, cells: &[Cell<'_>]) -> Result<PageId> {
        let (page, bytes) = self.group.alloc()?;
        let filled = fill(bytes, level, cells);
        filled.map_err(|what| self.group.corrupt(page, what))?;
        Ok(page)
    }

    /// The error for what is wrong with the page that the path passes at
    /// `depth`.
    pub(super) fn corrupt(&self, depth: usize, what: Damage) -> Error {
        self.group.corrupt(self.path[depth].page, what)
    }
}

/// Where `key` is in a leaf, if it lies between two of its keys, or after all
/// of them and no leaf follows.
fn among(leaf: &[u8], key: &[u8], is_last: bool) -> Result<Option<Found>, Damage> {
    let leaf = Slotted::new(leaf)?;
    let Some(last) = leaf.count().checked_sub(1) else {
        return Ok(None);
    };
    let is_among = leaf.cell(0)?.key <= key && (is_last || key <= leaf.cell(last)?.key);
    Ok(if is_among {
        Some(leaf.find(key)?)
    } else {
        None
    })
}

/// Lets a slot of a page above the leaves lead to another child.
pub(super) fn set_child(bytes: &mut [u8], slot: usize, child: PageId) -> Result<(), Damage> {
    let child: [u8; CHILD_BYTES] = child.0.to_le_bytes();
    match overwrite(bytes, slot, &child_cell(&[], &child))? {
        true => Ok(()),
        false => Err("no child stands here"),
    }
}
