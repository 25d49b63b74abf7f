//! The smallest engine that keeps its entries in pages, in one file, and keeps
//! all nine clauses: a B+tree whose pages are copied on write.
//!
//! It is what the engines of the gallery are made of that are wrong about pages
//! and commits, by getting one of its steps wrong (`paged_tree/steps.rs`).
//!
//! - A page of the tree has two to four cells. One with five is *split*; one
//!   with a single cell is *joined* with a neighbour, or *borrows* a cell from it.
//! - A page that changes gets another number, and so do those that lead to it,
//!   up to the root. Whoever reads has the root of one commit, and finds
//!   everything that it leads to as it was.
//! - A page that a commit freed is used again when nobody sees it any more: no
//!   reader, and neither of the two newest meta pages.
//! - Between two syncs, pages that were changed are in memory. A sync writes them,
//!   syncs, and then writes a meta page that names the root, and syncs
//!   again.
//! - An opening walks the tree. What it does not meet is free.
//!
//! **Deliberately absent:** a cache, a map of the file, a list of free pages in
//! the file, pages that are filled by bytes. The chapters' engines have those.

pub(crate) mod check;
pub(crate) mod commit;
pub(crate) mod cursor;
pub(crate) mod group;
pub(crate) mod meta;
pub(crate) mod opening;
pub(crate) mod page;
pub(crate) mod readers;
pub(crate) mod steps;
pub(crate) mod store;
pub(crate) mod tree;

#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use conformance::sim::{Image, SimDisk};
use conformance::{Powers, Subject, subject};
use engine::disk::{Disk, Lock};
use engine::{
    Check, Counter, Cursor, Durability, KeyRange, Limits, Order, Result, Snapshot, Snapshots,
    Stats, StorageEngine, Write,
};

use check::Survey;
use cursor::TreeCursor;
use group::Group;
use meta::META_PAGES;
use page::{KEY_BYTES_MAX, PAGE_BYTES};
use readers::Reader;
use steps::{Right, Steps};
pub(crate) use store::Store;

/// What the file is called.
pub(crate) const FILE: &str = "pages";

/// What the paged tree takes at most.
pub(crate) const LIMITS: Limits = Limits {
    key_bytes_max: KEY_BYTES_MAX,
    value_bytes_max: 64 << 10,
    batch_bytes_max: 256 << 10,
};

/// The paged tree, as the suite takes it.
pub fn subject() -> Subject {
    subject_of("the paged tree", &Right, PagedTree::powers)
}

/// The paged tree called `name`, taking its steps like that and lending these
/// powers.
pub(crate) fn subject_of(name: &str, steps: &'static dyn Steps, powers: Lent) -> Subject {
    let open = move |disk, durability| PagedTree::open(disk, durability, steps);
    subject!(name, open, powers).with_dead_bytes(dead_bytes)
}

/// How the paged tree lends its powers.
pub(crate) type Lent = fn(&PagedTree) -> Powers<'_>;

/// The paged tree.
pub(crate) struct PagedTree {
    store: Store,
    lock: Lock,
}

impl PagedTree {
    /// Opens the tree in `disk`, or begins an empty one.
    pub(crate) fn open(
        disk: Arc<dyn Disk>,
        durability: Durability,
        steps: &'static dyn Steps,
    ) -> Result<Self> {
        let lock = disk.lock()?;
        let store = opening::open(disk, durability, steps)?;
        Ok(PagedTree { store, lock })
    }

    /// What it can do beyond the contract.
    pub(crate) fn powers(&self) -> Powers<'_> {
        Powers {
            check: Some(self),
            ..self.unchecked()
        }
    }

    /// The same without its proof: a wrong engine that does not lend this is to
    /// be convicted by what it answers.
    pub(crate) fn unchecked(&self) -> Powers<'_> {
        Powers {
            snapshots: Some(self),
            ..Powers::default()
        }
    }
}

impl StorageEngine for PagedTree {
    fn get_into(&self, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        self.store.get_into(&Reader::new(&self.store), key, value)
    }

    fn write(&self, batch: &[Write<'_>]) -> Result<()> {
        LIMITS.check(batch)?;
        let mut writer = self.store.writer.lock();
        self.store.check_poison()?;
        if !batch.is_empty() {
            writer.release(&self.store);
            let mut group = Group::new(&self.store, &writer);
            for write in batch {
                match write {
                    Write::Put { key, value } => group.put(key, value)?,
                    Write::Delete { key } => group.delete(key)?,
                }
            }
            let changes = group.into_changes();
            let done = commit::commit(&self.store, &mut writer, changes);
            self.store.noted(done)?;
        }
        self.store.counters.add(Counter::Batches, 1);
        Ok(())
    }

    fn scan<'s>(&'s self, range: KeyRange<'_>, order: Order) -> Result<Box<dyn Cursor + 's>> {
        let reader = Reader::new(&self.store);
        Ok(Box::new(TreeCursor::new(reader, range, order)?))
    }

    fn sync(&self) -> Result<()> {
        let mut writer = self.store.writer.lock();
        self.store.check_poison()?;
        self.store.noted(commit::sync(&self.store, &mut writer))
    }

    fn close(self: Box<Self>) -> Result<()> {
        let PagedTree { store, lock } = *self;
        let closed = store
            .check_poison()
            .and_then(|()| commit::close(&store, &mut store.writer.lock()));
        drop(store);
        drop(lock); // Only now may another owner look at the file.
        closed
    }

    fn limits(&self) -> Limits {
        LIMITS
    }

    fn stats(&self) -> Stats {
        self.store.counters.stats()
    }
}

impl Snapshots for PagedTree {
    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>> {
        Ok(Box::new(Reader::new(&self.store)))
    }
}

impl Snapshot for Reader<'_> {
    fn get_into(&self, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        self.store.get_into(self, key, value)
    }

    fn scan<'s>(&'s self, range: KeyRange<'_>, order: Order) -> Result<Box<dyn Cursor + 's>> {
        Ok(Box::new(TreeCursor::new(self.again(), range, order)?))
    }
}

impl Check for PagedTree {
    fn check(&self) -> Result<()> {
        let writer = self.store.writer.lock(); // Nobody commits meanwhile.
        let reader = Reader::new(&self.store);
        writer.check_books(Survey::of(&reader, check::Look::Judging)?)
    }
}

/// The meta pages of a closed file, each of which is good without the others,
/// and its free pages.
fn dead_bytes(image: &Image, file: &str) -> Vec<Range<usize>> {
    let len = match image.get(file) {
        Some(content) if file == FILE => content.bytes().len(),
        _ => return Vec::new(),
    };
    let disk = Arc::new(SimDisk::from_image(image));
    let live = PagedTree::open(disk, Durability::Buffered, &Right)
        .and_then(|tree| Survey::of(&Reader::new(&tree.store), check::Look::Counting));
    let Ok(live) = live else {
        return Vec::new();
    };
    let is_dead = |number: &u32| *number < META_PAGES || !live.contains(number);
    let dead = (0..).take(len / PAGE_BYTES).filter(is_dead);
    dead.map(|number| {
        let start = number as usize * PAGE_BYTES;
        start..start + PAGE_BYTES
    })
    .collect()
}

impl fmt::Debug for PagedTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PagedTree")
            .field("durability", &self.store.durability)
            .finish_non_exhaustive()
    }
}
