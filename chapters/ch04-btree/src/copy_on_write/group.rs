//! A group of changes: all of them are committed, or none.
//!
//! The pages that a group changes are copies of its own, under numbers that
//! nobody else has met. A commit hands them over to everybody, and then says that
//! there is another root. A group that is dropped gives the numbers back.
//!
//! Where its pages are more than the limit for memory allows, they go to the file
//! before the commit. One that is changed again comes back under its number: still
//! nobody else has met it.

use std::collections::BTreeSet;

use engine::page::{PageGroup, PageId, PageRead, STORE_BYTES};
use engine::sync::MutexGuard;
use engine::{Counter, Error, Result};

use super::current::Current;
use super::reader::page_id;
use super::{CopyOnWrite, Writer};
use crate::frames::{Frame, Place};
use crate::free_list::Freed;
use crate::stamp::Stamp;

mod own;

/// What a group has done that is not committed.
#[derive(Debug, Default)]
pub(super) struct Unfinished {
    /// Its own pages that are in memory.
    own: Vec<Frame>,
    /// The numbers of those that are in the file.
    spilled: BTreeSet<u32>,
    /// The pages of others that it has freed.
    freed: Vec<Freed>,
}

/// A group of changes, and the writer's lock for as long as it lives.
#[derive(Debug)]
pub struct Group<'s> {
    store: &'s CopyOnWrite,
    writer: MutexGuard<'s, Writer>,
    /// The number that its commit will have.
    commit: u64,
    root: u32,
    current: GroupCurrent<'s>,
    touched: u64,
}

/// The page that a group reads.
#[derive(Debug)]
enum GroupCurrent<'s> {
    /// One of its own.
    Own(usize),
    /// One that others see, too.
    Other(Current<'s>),
}

const NO_PAGE: GroupCurrent<'_> = GroupCurrent::Other(Current::None);

impl<'s> Group<'s> {
    pub(super) fn new(store: &'s CopyOnWrite, writer: MutexGuard<'s, Writer>) -> Self {
        Group {
            store,
            commit: writer.commit + 1,
            root: writer.root,
            writer,
            current: NO_PAGE,
            touched: 0,
        }
    }

    /// Lets everybody see the commit: whoever begins a group, and whoever begins
    /// to read.
    ///
    /// # Panics
    ///
    /// Where something is unfinished, or the root is still the group's own:
    /// whoever sees a commit finds its pages.
    fn publish(&mut self) {
        let is_finished = self.writer.unfinished.is_nothing();
        assert!(is_finished, "whoever sees a commit finds its pages");
        let own = page_id(self.root).and_then(|root| self.own(root));
        assert_eq!(own, None, "whoever sees a commit finds its root");
        (self.writer.commit, self.writer.root) = (self.commit, self.root);
        self.store.readers.publish(self.commit, self.root);
    }
}

impl PageRead for Group<'_> {
    fn root(&mut self) -> Option<PageId> {
        page_id(self.root)
    }

    fn changed(&self) -> bool {
        false
    }

    fn load(&mut self, page: PageId) -> Result<()> {
        self.touched += 1;
        if let Some(index) = self.own(page) {
            self.current = GroupCurrent::Own(index);
            return Ok(());
        }
        if let GroupCurrent::Own(_) = self.current {
            self.current = NO_PAGE;
        }
        match &mut self.current {
            GroupCurrent::Other(current) => self.store.load(current, page, self.commit),
            GroupCurrent::Own(_) => unreachable!("it was another one"),
        }
    }

    fn bytes(&self) -> &[u8] {
        match &self.current {
            GroupCurrent::Own(index) => &self.writer.unfinished.own[*index],
            GroupCurrent::Other(current) => current.bytes(),
        }
    }

    fn corrupt(&self, page: PageId, what: &str) -> Error {
        self.store.file.corrupt(page, what)
    }
}

impl PageGroup for Group<'_> {
    /// Lends a page to be changed. One of the group's own, which `own_again`
    /// knows, it lends as it is, under its number.
    ///
    /// Of any other it lends a copy: a page of its own that it `add`s, after
    /// whose stamp the same bytes stand. The page itself stays as it is. It is
    /// among the pages that the group has `freed`, with its own [`Stamp`]: nothing
    /// that is committed with the copy leads to it.
    ///
    /// # Errors
    ///
    /// What loading the page and finding a number can answer. Nothing is freed
    /// then.
    ///
    /// # Exercise 4.15
    fn page_mut(&mut self, page: PageId) -> Result<(PageId, &mut [u8])> {
        todo!("exercise 4.15: Lends a page to be changed")
    }

    fn alloc(&mut self) -> Result<(PageId, &mut [u8])> {
        self.spill()?;
        let (id, index) = self.add()?;
        let bytes = self.own_mut(index);
        bytes[STORE_BYTES..].fill(0);
        Ok((id, bytes))
    }

    /// Gives a page back. One of the group's own it can `give_up` at once. Others
    /// may see any other page for as long as they see an older commit: it is among
    /// the pages that the group has `freed`, with its [`Stamp`].
    ///
    /// # Errors
    ///
    /// What loading the page can answer.
    ///
    /// # Exercise 4.15
    fn free(&mut self, page: PageId) -> Result<()> {
        todo!("exercise 4.15: Gives a page back")
    }

    fn set_root(&mut self, root: Option<PageId>) {
        self.root = match root {
            None => 0,
            Some(root) => self.store.file.number(root).expect("the root is a page"),
        };
    }

    /// Lets the changes take effect, unless it `is_idle`.
    ///
    /// Whatever can fail comes first: to `check` that the device was not poisoned
    /// meanwhile, and to `reserve` room for a list of the pages that were freed.
    /// Then the group's own pages are `put` among the frames, where readers look
    /// for them; those that have gone to the file are the group's no more, and
    /// those that were freed are the free list's. Nothing is left unfinished when,
    /// last of all, the commit is `publish`ed: whoever sees it finds all its pages.
    ///
    /// # Errors
    ///
    /// As said. Nothing has changed then.
    ///
    /// # Exercise 4.15
    fn commit(mut self) -> Result<()> {
        todo!("exercise 4.15: Lets the changes take effect, unless it `is_idle`")
    }
}

impl Drop for Group<'_> {
    /// Gives back what was not committed.
    fn drop(&mut self) {
        // First the page: when the lock is free, its place may be written to.
        self.current = NO_PAGE;
        self.writer.unfinished.freed.clear();
        while let Some(last) = self.writer.unfinished.own.len().checked_sub(1) {
            self.take_own(last);
        }
        let writer = &mut *self.writer;
        while let Some(number) = writer.unfinished.spilled.pop_first() {
            self.store.frames.set_place(number, Place::Unproved);
            writer.free.give_back(number);
        }
        self.store.counters.add(Counter::PagesTouched, self.touched);
    }
}

/// A page with this stamp is freed by a commit.
fn freed_by(commit: u64, stamp: Stamp) -> Freed {
    Freed {
        page: stamp.number,
        born: stamp.commit,
        freed: commit,
    }
}
