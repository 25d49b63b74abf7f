//! A B+tree over any store of pages.
//!
//! Entries stand in leaves, in the order of their keys, and each page above
//! says which of its children has which keys:
//!
//! ```text
//! level 2                          ·  m
//!                         ┌────────┘  └────────┐
//! level 1             ·  d  h               ·  s
//!                ┌────┘  │  └────┐      ┌───┘  └────┐
//! level 0       a b     d e g   h k    m n p       s t     keys with their values
//! ```
//!
//! **Invariants:**
//!
//! - All leaves are on level 0, and a child is one level below its parent.
//! - Keys rise from slot to slot and from leaf to leaf. A separator is larger
//!   than all keys before it, and not larger than any after.
//! - A leaf has an entry at least, and a page above two children. The tree
//!   without entries has no page.
//! - The root leads to every page once.
//!
//! The tree is written for a store that copies on write: a page that changes
//! may get another number, and then its parent must change, too, up to the
//! root. Over a store that changes pages in place the numbers stay, and nothing
//! above has to change.

use std::fmt;
use std::sync::Arc;

use engine::page::PageStore;
use engine::{Counter, Counters, Cursor, KeyRange, Limits, Order, Result, Write};

use crate::check::{self, Checked};
use crate::cursor::TreeCursor;
use crate::node::limits;
use crate::page::{PAGE_BYTES_MAX, PAGE_BYTES_MIN};

mod delete;
mod insert;
mod join;
mod search;
mod split;
mod writer;

pub use search::get_into;
pub(crate) use search::{Leaf, Step, Toward, descend};
pub(crate) use writer::Writer;

/// A B+tree over the pages of a store.
pub struct BTree<P> {
    pages: P,
    limits: Limits,
    counters: Arc<Counters>,
}

impl<P: PageStore> BTree<P> {
    /// The tree whose root the store knows; without one it is empty. What the
    /// tree does is added to `counters`. The pages that it needs are for the
    /// store to count.
    ///
    /// # Panics
    ///
    /// Where pages are smaller than [`PAGE_BYTES_MIN`] or larger than
    /// [`PAGE_BYTES_MAX`].
    pub fn new(pages: P, counters: Arc<Counters>) -> Self {
        let page_bytes = pages.page_bytes();
        assert!(
            (PAGE_BYTES_MIN..=PAGE_BYTES_MAX).contains(&page_bytes),
            "a tree has pages of {PAGE_BYTES_MIN} to {PAGE_BYTES_MAX} bytes"
        );
        BTree {
            limits: limits(page_bytes),
            pages,
            counters,
        }
    }

    /// The store.
    pub fn pages(&self) -> &P {
        &self.pages
    }

    /// The store, without the tree.
    pub fn into_pages(self) -> P {
        self.pages
    }

    /// What the tree counts.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The largest key, value and batch.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// As [`StorageEngine::get_into`](engine::StorageEngine::get_into).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn get_into(&self, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        self.counters.add(Counter::Gets, 1);
        value.clear();
        get_into(&mut self.pages.read()?, key, value)
    }

    /// Makes all the changes of `batch`, in their order, as one group, or none.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`](engine::Error::TooLarge), and what the store
    /// answers. Nothing changed then.
    pub fn write(&self, batch: &[Write<'_>]) -> Result<()> {
        self.limits.check(batch)?;
        let mut writer = Writer::new(self.pages.begin()?, self.pages.page_bytes());
        for write in batch {
            match write {
                Write::Put { key, value } => writer.put(key, value)?,
                Write::Delete { key } => writer.delete(key)?,
            }
        }
        writer.commit()?;
        self.counters.add(Counter::Batches, 1);
        Ok(())
    }

    /// Opens a cursor over the entries in `range`, at the first of them in
    /// `order`.
    ///
    /// # Errors
    ///
    /// What reading pages can answer.
    pub fn scan<'s>(&'s self, range: KeyRange<'_>, order: Order) -> Result<Box<dyn Cursor + 's>> {
        let read = self.pages.read()?;
        let counters = Arc::clone(&self.counters);
        Ok(Box::new(TreeCursor::new(read, range, order, counters)?))
    }

    /// Reads the whole tree and compares it with its invariants. The answer has
    /// all pages that it reached, for the store to compare with those that it
    /// knows.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](engine::Error::Corrupt), and what reading pages can
    /// answer.
    pub fn check(&self) -> Result<Checked> {
        check::check(&mut self.pages.read()?)
    }
}

impl<P> fmt::Debug for BTree<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BTree")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
