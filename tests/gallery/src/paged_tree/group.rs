//! A group of changes: pages that nobody else sees yet.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::Result;

use super::commit::Writer;
use super::page::{Cell, Page};
use super::store::Store;
use super::tree::Pages;

/// A page that was freed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Freed {
    pub(crate) number: u32,
    /// The commit that made it, and the one that freed it. Who sees a commit in
    /// between, sees the page.
    pub(crate) born: u64,
    pub(crate) freed: u64,
}

/// What a group has changed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Changes {
    /// The number of the commit that it becomes.
    pub(crate) commit: u64,
    pub(crate) root: u32,
    /// How many pages there are.
    pub(crate) pages: u32,
    /// The numbers of those that may be used.
    pub(crate) ready: Vec<u32>,
    /// Pages that it has made.
    pub(crate) own: BTreeMap<u32, Arc<Page>>,
    /// Pages of others that it does not lead to any more.
    pub(crate) freed: Vec<Freed>,
}

/// A group of changes under way. Dropped, it has changed nothing.
pub(crate) struct Group<'s> {
    pub(crate) store: &'s Store,
    pub(crate) changes: Changes,
}

impl<'s> Group<'s> {
    pub(crate) fn new(store: &'s Store, writer: &Writer) -> Self {
        let changes = Changes {
            commit: writer.view.commit + 1,
            root: writer.view.root,
            pages: writer.pages,
            ready: writer.ready.clone(),
            ..Changes::default()
        };
        Group { store, changes }
    }

    pub(crate) fn into_changes(self) -> Changes {
        self.changes
    }

    /// Makes a page, of a number that nobody sees.
    pub(crate) fn alloc(&mut self, level: u8, cells: Vec<Cell>) -> u32 {
        let changes = &mut self.changes;
        let number = changes.ready.pop().unwrap_or_else(|| {
            changes.pages += 1;
            changes.pages - 1
        });
        let born = changes.commit;
        let page = Page { born, level, cells };
        changes.own.insert(number, Arc::new(page));
        number
    }

    /// Answers whether the group has made a page.
    pub(crate) fn owns(&self, number: u32) -> bool {
        self.changes.own.contains_key(&number)
    }

    /// The cells of a page that it has made, to be changed.
    pub(crate) fn cells(&mut self, number: u32) -> &mut Vec<Cell> {
        let page = self.changes.own.get_mut(&number);
        &mut Arc::make_mut(page.expect("it was claimed")).cells
    }

    /// A copy of a page, under another number, in place of it. One that the
    /// group has made is its own already.
    pub(crate) fn copied(&mut self, number: u32) -> Result<u32> {
        if self.owns(number) {
            return Ok(number);
        }
        let page = self.load(number)?;
        let copy = self.alloc(page.level, page.cells.clone());
        self.let_go(number, page.born);
        Ok(copy)
    }

    /// Gives a page back. One that the group has made can be used again at once.
    pub(crate) fn give_back(&mut self, number: u32) -> Result<()> {
        match self.changes.own.remove(&number) {
            Some(_) => self.changes.ready.push(number),
            None => {
                let born = self.load(number)?.born;
                self.let_go(number, born);
            }
        }
        Ok(())
    }

    /// Notes that its commit does not lead to a page of others.
    fn let_go(&mut self, number: u32, born: u64) {
        let freed = self.changes.commit;
        let freed = Freed {
            number,
            born,
            freed,
        };
        self.store.steps.let_go(self, freed);
    }
}

impl Pages for Group<'_> {
    fn root(&self) -> u32 {
        self.changes.root
    }

    fn load(&self, number: u32) -> Result<Arc<Page>> {
        match self.changes.own.get(&number) {
            Some(page) => Ok(Arc::clone(page)),
            None => self.store.load(number),
        }
    }
}
