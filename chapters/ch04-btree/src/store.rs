//! The engine.

use std::sync::Arc;

use engine::disk::Disk;
use engine::page::PageStore;
use engine::{
    Check, Cursor, Durability, Error, KeyRange, Limits, Maintenance, Order, Progress, Result,
    Snapshot, Snapshots, Stats, StorageEngine, Write,
};

use crate::check::check;
use crate::copy_on_write::CopyOnWrite;
use crate::options::Options;
use crate::page::{PAGE_BYTES_MAX, PAGE_BYTES_MIN};
use crate::snapshot::CowSnapshot;
use crate::tree::BTree;

/// A B+tree whose pages are copied on write.
#[derive(Debug)]
pub struct CowTree {
    pub(crate) tree: BTree<CopyOnWrite>,
    durability: Durability,
}

impl CowTree {
    /// Opens the engine on `disk`.
    ///
    /// # Errors
    ///
    /// As for [`CopyOnWrite::open`], and [`Error::Unsupported`] where a tree
    /// cannot have pages of that size.
    pub fn open(disk: Arc<dyn Disk>, options: Options) -> Result<Self> {
        if !(PAGE_BYTES_MIN..=PAGE_BYTES_MAX).contains(&options.pages.page_bytes) {
            let what = "a tree with pages of fewer than 256 bytes or more than 32,768";
            return Err(Error::Unsupported { what });
        }
        let pages = CopyOnWrite::open(disk, options.pages)?;
        let counters = Arc::clone(pages.counters());
        Ok(CowTree {
            tree: BTree::new(pages, counters),
            durability: options.durability,
        })
    }
}

impl StorageEngine for CowTree {
    fn get_into(&self, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        self.tree.get_into(key, value)
    }

    /// Writes the batch to the tree, as one group of changes. With
    /// [`Durability::Os`] and [`Durability::Always`] it is durable when this
    /// returns.
    ///
    /// # Errors
    ///
    /// What the tree answers: nothing has changed then. When the batch is
    /// committed, others see it, and it cannot be taken back: where the sync
    /// after it fails, whatever the error is, the store is poisoned, and
    /// [`Error::Poisoned`] the answer.
    ///
    /// # Exercise 4.20
    fn write(&self, batch: &[Write<'_>]) -> Result<()> {
        todo!("exercise 4.20: Writes the batch to the tree, as one group of changes")
    }

    fn scan<'s>(&'s self, range: KeyRange<'_>, order: Order) -> Result<Box<dyn Cursor + 's>> {
        self.tree.scan(range, order)
    }

    fn sync(&self) -> Result<()> {
        self.tree.pages().sync()
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.tree.into_pages().close()
    }

    fn limits(&self) -> Limits {
        self.tree.limits()
    }

    fn stats(&self) -> Stats {
        self.tree.pages().stats()
    }
}

impl Snapshots for CowTree {
    /// The entries as the last commit has left them, whatever is written later:
    /// a [`CowSnapshot`] with a reader that begins now.
    ///
    /// # Errors
    ///
    /// What [`read`](PageStore::read) answers.
    ///
    /// # Exercise 4.20
    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>> {
        todo!(
            "exercise 4.20: The entries as the last commit has left them, whatever is written later: a [`CowSnapshot`] with a reader that begins now"
        )
    }
}

impl Maintenance for CowTree {
    /// Lets pages go to the file, if the memory for changed ones is nearly used up and
    /// has not grown. They become durable there, and what was committed does not.
    fn step(&self) -> Result<Progress> {
        Ok(match self.tree.pages().spill_ahead()? {
            true => Progress::Worked,
            false => Progress::Idle,
        })
    }
}

impl Check for CowTree {
    /// Proves that the tree is sound, and that it is all that the store keeps:
    /// each page is reached from the root or free, once. Nobody commits between
    /// the one and the other.
    ///
    /// # Errors
    ///
    /// What [`check`] and [`check_books`](CopyOnWrite::check_books) answer.
    ///
    /// # Exercise 4.20
    fn check(&self) -> Result<()> {
        todo!(
            "exercise 4.20: Proves that the tree is sound, and that it is all that the store keeps: each page is reached from the root or free, once"
        )
    }
}
