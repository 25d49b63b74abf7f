//! A reader of the pages, at one commit.

use engine::page::{PageId, PageRead};
use engine::{Counter, Error, Result};

use super::CopyOnWrite;
use super::current::Current;
use crate::readers::Seen;

/// Reads the pages as they were at one commit, whatever is committed since. It
/// keeps them from being used again for as long as it lives.
///
/// Its clones read at the same commit.
#[derive(Debug)]
pub struct Reader<'s> {
    store: &'s CopyOnWrite,
    seen: Seen,
    current: Current<'s>,
    touched: u64,
}

impl<'s> Reader<'s> {
    #[inline]
    pub(super) fn new(store: &'s CopyOnWrite) -> Self {
        Reader {
            store,
            seen: store.readers.begin(),
            current: Current::None,
            touched: 0,
        }
    }

    /// The number of the commit that it reads at.
    pub fn commit(&self) -> u64 {
        self.seen.commit
    }
}

impl Clone for Reader<'_> {
    fn clone(&self) -> Self {
        Reader {
            store: self.store,
            seen: self.store.readers.again(&self.seen),
            current: Current::None,
            touched: 0,
        }
    }
}

impl PageRead for Reader<'_> {
    #[inline]
    fn root(&mut self) -> Option<PageId> {
        page_id(self.seen.root)
    }

    #[inline]
    fn changed(&self) -> bool {
        false
    }

    #[inline]
    fn load(&mut self, page: PageId) -> Result<()> {
        self.touched += 1;
        self.store.load(&mut self.current, page, self.seen.commit)
    }

    #[inline]
    fn bytes(&self) -> &[u8] {
        self.current.bytes()
    }

    fn corrupt(&self, page: PageId, what: &str) -> Error {
        self.store.file.corrupt(page, what)
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        // First the page: nobody may write where something is lent.
        self.current = Current::None;
        self.store.readers.end(&self.seen);
        self.store.counters.add(Counter::PagesTouched, self.touched);
    }
}

/// The page of this number; `None` for 0.
pub(super) fn page_id(number: u32) -> Option<PageId> {
    (number != 0).then_some(PageId(u64::from(number)))
}
