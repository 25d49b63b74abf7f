//! Who sees what: commits, and the readers that pin them.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::Result;

use super::page::Page;
use super::store::Store;
use super::tree::Pages;

/// A commit, and the root of its tree, 0 for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) commit: u64,
    pub(crate) root: u32,
}

/// How many readers see each commit.
pub(crate) type Pins = BTreeMap<u64, usize>;

/// Pins a commit, once more if it is pinned.
pub(crate) fn pin(pins: &mut Pins, commit: u64) {
    *pins.entry(commit).or_insert(0) += 1;
}

/// Somebody who sees one commit, and pins it until this is dropped.
pub(crate) struct Reader<'s> {
    pub(crate) store: &'s Store,
    pub(crate) view: View,
}

impl<'s> Reader<'s> {
    /// A reader of the last commit.
    pub(crate) fn new(store: &'s Store) -> Self {
        let view = store.steps.begin(store);
        Reader { store, view }
    }

    /// Another reader of the same commit.
    pub(crate) fn again(&self) -> Self {
        pin(&mut self.store.pins.lock(), self.view.commit);
        let Reader { store, view } = self;
        Reader { store, view: *view }
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        let mut pins = self.store.pins.lock();
        if let Some(count) = pins.get_mut(&self.view.commit) {
            *count -= 1;
            if *count == 0 {
                pins.remove(&self.view.commit);
            }
        }
    }
}

impl Pages for Reader<'_> {
    fn root(&self) -> u32 {
        self.view.root
    }

    fn load(&self, number: u32) -> Result<Arc<Page>> {
        self.store.load(number)
    }
}
