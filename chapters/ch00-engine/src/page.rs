//! The seam under the B+tree: where its pages come from and go to.
//!
//! A tree is written once, against these traits. Below them stands a file that
//! is copied on write and read through a map, or a buffer pool that changes
//! pages in place, or the pool with a log; the tree never learns which.

use std::fmt;

use crate::{Error, Result};

/// The bytes at the start of every page that belong to the store (a checksum,
/// a stamp). A tree neither reads nor writes them.
pub const STORE_BYTES: usize = 16;

/// The number of a page. It names the page for as long as the page is
/// allocated, and says nothing about where it is kept. Any number may be a page's:
/// the tree takes none to mean that there is no page.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PageId(pub u64);

impl fmt::Debug for PageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "page {}", self.0)
    }
}

/// A set of pages of one size, with a root.
pub trait PageStore: Send + Sync {
    /// A reader of the pages.
    type Read<'a>: PageRead + Send
    where
        Self: 'a;
    /// A group of changes to the pages.
    type Group<'a>: PageGroup
    where
        Self: 'a;

    /// The size of every page in bytes, the store's own included.
    fn page_bytes(&self) -> usize;

    /// Begins to read, at the state of the last committed group, or, over a store
    /// that changes pages in place, at that or a later one. What a group changes
    /// that is not committed no reader sees.
    ///
    /// # Errors
    ///
    /// What kept the store from lending a reader.
    fn read(&self) -> Result<Self::Read<'_>>;

    /// Begins a group of changes. There is one at a time: this waits for
    /// another to end.
    ///
    /// # Errors
    ///
    /// [`Error::Poisoned`], and what kept the store from beginning one: also from
    /// taking back what a group before it had changed, if that was left to do.
    fn begin(&self) -> Result<Self::Group<'_>>;
}

/// Reads pages, one current page at a time, so that no cursor holds guards on
/// several.
pub trait PageRead {
    /// The root page, or `None` where the store is still empty. A walk through
    /// the pages begins with this call: a store that changes pages in place begins
    /// here to note which ones the walk sees.
    fn root(&mut self) -> Option<PageId>;

    /// Answers whether the root may be another one since [`root`](Self::root)
    /// was last called, or a page that was loaded after that call may have
    /// changed since it was, each time that it was. What a walk found is then
    /// worth nothing: pages that it passed may lead elsewhere now, and pages that
    /// it was led to may have become others.
    ///
    /// It may answer yes where nothing has changed, but not for ever: walks are
    /// made again until it answers no. A scan is one walk, however long; a store
    /// that does not want to note all its pages may answer yes after any commit.
    /// Where pages do change, nothing but the writers bounds how often.
    ///
    /// A copy-on-write store always answers no; over a store that changes
    /// pages in place, a cursor then copies what it needs and seeks again by
    /// key.
    fn changed(&self) -> bool;

    /// Makes `page` the current one.
    ///
    /// # Errors
    ///
    /// [`Error::Io`]; [`Error::Corrupt`], also where there is no such page. A reader
    /// is not refused for want of memory or of room, nor because the store is
    /// poisoned. On a group also what [`PageGroup`] says.
    fn load(&mut self, page: PageId) -> Result<()>;

    /// The bytes of the current page, as they were when it was loaded. Between two
    /// calls no latch is held for them: a store that changes pages in place copies
    /// them, or changes a copy.
    fn bytes(&self) -> &[u8];

    /// The error that says what is wrong with a page. The reader finds out,
    /// and the store knows in which file the page is, and where.
    fn corrupt(&self, page: PageId, what: &str) -> Error;
}

/// A group of changes that takes effect whole, with
/// [`commit`](PageGroup::commit), or not at all, when it is dropped. It reads
/// its own changes.
///
/// The store, not the tree, keeps what it needs to take changes back: it
/// captures a page's earlier bytes in [`page_mut`](PageGroup::page_mut), and
/// shows them to readers until the commit. A page that was lent need not have
/// been changed, and a store may find out only when it is called next; so every
/// call can answer [`Error::NoSpace`] and [`Error::Poisoned`]. After an error a
/// group can only be dropped.
///
/// Every call that changes something may leave another page the current one,
/// or none.
pub trait PageGroup: PageRead {
    /// Lends `page` to be changed. The answer names the page under which the
    /// changed bytes will be found: another one where the store copies on
    /// write, the same where it changes in place. A tree is written for the
    /// first, which serves both.
    ///
    /// A page that was given another number is the store's to free. One that
    /// this group has allocated, or has lent before, keeps its number.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`] and what reading the page can answer.
    fn page_mut(&mut self, page: PageId) -> Result<(PageId, &mut [u8])>;

    /// Allocates a page, filled with zeros but for the store's own bytes.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`].
    fn alloc(&mut self) -> Result<(PageId, &mut [u8])>;

    /// Gives a page back. It is used again once no reader can see it; where pages
    /// change in place, at once, as [`changed`](PageRead::changed) tells who sees
    /// it.
    ///
    /// # Errors
    ///
    /// What kept the store from noting it; [`Error::Corrupt`] where there is no
    /// such page.
    fn free(&mut self, page: PageId) -> Result<()>;

    /// Names the root that readers find once the group is committed.
    fn set_root(&mut self, root: Option<PageId>);

    /// Lets the changes take effect. When they become durable is the store's
    /// business and that of the engine's `sync`; whatever room that will need is
    /// reserved by now.
    ///
    /// # Errors
    ///
    /// What kept the changes from taking effect; none of them then did.
    fn commit(self) -> Result<()>
    where
        Self: Sized;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cursor;

    /// The cursor of a tree over any store, as chapter crates will write it:
    /// that it can be boxed is what the traits above are shaped for.
    struct TreeCursor<R>(R);

    impl<R: PageRead + Send> Cursor for TreeCursor<R> {
        fn entry(&self) -> Option<(&[u8], &[u8])> {
            Some(self.0.bytes().split_at(STORE_BYTES))
        }

        fn advance(&mut self) -> Result<()> {
            if self.0.changed() {
                self.0.load(PageId(1))?;
            }
            Ok(())
        }

        fn seek(&mut self, _key: &[u8]) -> Result<()> {
            self.advance()
        }
    }

    fn scan<'s, P: PageStore>(pages: &'s P) -> Result<Box<dyn Cursor + 's>> {
        Ok(Box::new(TreeCursor(pages.read()?)))
    }

    struct OnePage(Vec<u8>);

    impl PageRead for &OnePage {
        fn root(&mut self) -> Option<PageId> {
            Some(PageId(1))
        }
        fn changed(&self) -> bool {
            true
        }
        fn load(&mut self, _page: PageId) -> Result<()> {
            Ok(())
        }
        fn bytes(&self) -> &[u8] {
            &self.0
        }
        fn corrupt(&self, page: PageId, what: &str) -> Error {
            Error::corrupt("one", page.0, what)
        }
    }

    impl PageGroup for &OnePage {
        fn page_mut(&mut self, _page: PageId) -> Result<(PageId, &mut [u8])> {
            Ok((PageId(2), &mut []))
        }
        fn alloc(&mut self) -> Result<(PageId, &mut [u8])> {
            Ok((PageId(3), &mut []))
        }
        fn free(&mut self, _page: PageId) -> Result<()> {
            Ok(())
        }
        fn set_root(&mut self, _root: Option<PageId>) {}
        fn commit(self) -> Result<()> {
            Ok(())
        }
    }

    impl PageStore for OnePage {
        type Read<'a> = &'a OnePage;
        type Group<'a> = &'a OnePage;
        fn page_bytes(&self) -> usize {
            self.0.len()
        }
        fn read(&self) -> Result<&OnePage> {
            Ok(self)
        }
        fn begin(&self) -> Result<&OnePage> {
            Ok(self)
        }
    }

    #[test]
    fn a_cursor_over_a_store_can_be_boxed() {
        let mut page = vec![7; STORE_BYTES];
        page.extend(b"hello");
        let pages = OnePage(page);
        let mut cursor = scan(&pages).unwrap();
        cursor.advance().unwrap();
        assert_eq!(cursor.entry().unwrap().1, b"hello");
    }
}
