//! Takes an entry out of its leaf.

use engine::Result;
use engine::page::{PageGroup, PageId};

use super::writer::Writer;
use crate::node::child;
use crate::page::{Damage, room};
use crate::slotted::{Slotted, remove};

impl<G: PageGroup> Writer<G> {
    /// Removes `key` and its value, if it is there.
    pub(super) fn delete(&mut self, key: &[u8]) -> Result<()> {
        if self.walk_to(key)? != Some(true) {
            return Ok(());
        }
        self.free_chain()?;
        self.claim()?;
        let depth = self.path.len() - 1;
        let slot = self.path[depth].slot;
        self.edit(depth, |bytes| remove(bytes, slot))?;
        self.refill()
    }

    /// Sees to it that no page on the path is left with little in it: from the
    /// leaf up, each is joined with a neighbour or borrows from it.
    ///
    /// Little is less than a quarter. At a half, pages that lie about there
    /// would be joined and split by turns; from a quarter it takes changes to
    /// many entries to come from one to the other.
    ///
    /// A page that does not [have little](Self::has_little) ends it, and so does
    /// one that was not joined but has borrowed: nothing above has changed then.
    /// Else it comes to the root, which has no neighbour. That may have to
    /// [give way](Self::shrink).
    ///
    /// # Errors
    ///
    /// What is wrong with a page; what changing and reading pages can answer.
    ///
    /// # Exercise 4.10
    pub(super) fn refill(&mut self) -> Result<()> {
        todo!(
            "exercise 4.10: Sees to it that no page on the path is left with little in it: from the leaf up, each is joined with a neighbour or borrows from it"
        )
    }

    /// Answers whether less than a quarter of a page on the path is in use.
    fn has_little(&mut self, depth: usize) -> Result<bool> {
        let quarter = room(self.page_bytes) / 4;
        self.group.load(self.path[depth].page)?;
        match Slotted::new(self.group.bytes()) {
            Ok(page) => Ok(page.used() < quarter || page.count() == 0),
            Err(what) => Err(self.corrupt(depth, what)),
        }
    }

    /// Lets the tree begin where it branches: a root with a single child gives
    /// way to that, and a leaf without entries to nothing.
    fn shrink(&mut self) -> Result<()> {
        let root = self.path[0].page;
        self.group.load(root)?;
        let heir = heir(self.group.bytes()).map_err(|what| self.corrupt(0, what))?;
        if let Some(heir) = heir {
            self.path_holds = false;
            self.group.set_root(heir);
            self.group.free(root)?;
        }
        Ok(())
    }
}

/// What a root gives way to, if it does: to its only child, or to nothing, if it
/// is a leaf without entries.
///
/// # Errors
///
/// What is wrong with the page.
///
/// # Exercise 4.10
fn heir(root: &[u8]) -> Result<Option<Option<PageId>>, Damage> {
    todo!(
        "exercise 4.10: What a root gives way to, if it does: to its only child, or to nothing, if it is a leaf without entries"
    )
}
