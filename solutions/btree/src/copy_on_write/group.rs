//! A group of changes: all of them are committed, or none.
//!
//! The pages that a group changes are copies of its own, under numbers that
//! nobody else has met. A commit hands them over to everybody, and then says that
//! there is another root. A group that is dropped gives the numbers back.
//!
//! Where its pages are more than the budget for memory allows, they go to the file
//! before the commit. One that is changed again comes back under its number: still
//! nobody else has met it.

use std::collections::BTreeSet;
use std::sync::Arc;

use engine::page::{PageGroup, PageId, PageRead, STORE_BYTES};
use engine::sync::MutexGuard;
use engine::{Counter, Error, Result};

use super::current::Current;
use super::reader::page_id;
use super::{CopyOnWrite, NOT_SHARED, SPARE_MAX, Writer};
use crate::frames::{Frame, Place};
use crate::free_list::Freed;
use crate::stamp::Stamp;

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

    /// The index of a page among the group's own.
    fn own(&self, page: PageId) -> Option<usize> {
        let number = self.store.file.number(page)?;
        match self.store.frames.place(number) {
            Place::Own(index) => Some(index as usize),
            _ => None,
        }
    }

    /// A page of its own with a new number, and any bytes behind the stamp. The
    /// answer is its index, too.
    fn add(&mut self) -> Result<(PageId, usize)> {
        let number = self.store.number(&mut self.writer)?;
        Ok((PageId(u64::from(number)), self.add_as(number)))
    }

    /// A page of its own with this number, and any bytes behind the stamp.
    fn add_as(&mut self, number: u32) -> usize {
        let mut frame = self.store.spare_frame(&mut self.writer);
        let commit = self.commit;
        Stamp { number, commit }.put_on(Arc::get_mut(&mut frame).expect(NOT_SHARED));
        let own = &mut self.writer.unfinished.own;
        own.push(frame);
        let index = own.len() - 1;
        self.place(number, index);
        index
    }

    /// Writes its own pages to the file, if they are more than the budget allows.
    /// They leave memory when they are synced, as everybody's pages do.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`], [`Error::Io`] and [`Error::Poisoned`].
    fn spill(&mut self) -> Result<()> {
        let Unfinished { own, spilled, .. } = &mut self.writer.unfinished;
        if own.len() <= self.store.frames_max as usize {
            return Ok(());
        }
        // Its place may be written to now.
        self.current = NO_PAGE;
        let mut pages = own.clone();
        pages.sort_unstable_by_key(|page| Stamp::of(page).number);
        self.store.file.write(&pages)?;
        self.store.file.sync(&self.store.device)?;
        for page in own.drain(..) {
            let number = Stamp::of(&page).number;
            self.store.frames.set_place(number, Place::Unproved);
            spilled.insert(number);
        }
        Ok(())
    }

    fn place(&self, number: u32, index: usize) {
        let index = u32::try_from(index).expect("a group has no more pages than the file");
        self.store.frames.set_place(number, Place::Own(index));
    }

    /// The bytes of one of its own pages.
    fn own_mut(&mut self, index: usize) -> &mut [u8] {
        Arc::get_mut(&mut self.writer.unfinished.own[index]).expect(NOT_SHARED)
    }

    /// Takes one of its own pages away. The number may be used again at once:
    /// nobody has met it.
    fn take_own(&mut self, index: usize) {
        let writer = &mut *self.writer;
        let own = &mut writer.unfinished.own;
        let frame = own.swap_remove(index);
        let moved = own.get(index).map(|moved| Stamp::of(moved).number);
        let number = Stamp::of(&frame).number;
        self.store.frames.set_place(number, Place::Unproved);
        writer.free.give_back(number);
        if writer.spare.len() < SPARE_MAX {
            writer.spare.push(frame);
        }
        if let Some(moved) = moved {
            self.place(moved, index);
        }
    }
}

impl PageRead for Group<'_> {
    fn root(&self) -> Option<PageId> {
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
    /// Copies the page, unless it is the group's own. The page that it was is
    /// freed, since nothing that is committed with the copy leads to it.
    fn page_mut(&mut self, page: PageId) -> Result<(PageId, &mut [u8])> {
        if let Some(index) = self.own(page) {
            return Ok((page, self.own_mut(index)));
        }
        self.spill()?;
        self.load(page)?;
        let before = Stamp::of(self.bytes());
        let is_own = self.writer.unfinished.spilled.remove(&before.number);
        let (id, index) = match is_own {
            true => (page, self.add_as(before.number)),
            false => self.add()?,
        };
        let Unfinished { own, freed, .. } = &mut self.writer.unfinished;
        let copy = Arc::get_mut(&mut own[index]).expect(NOT_SHARED);
        if let GroupCurrent::Other(current) = &self.current {
            copy[STORE_BYTES..].copy_from_slice(&current.bytes()[STORE_BYTES..]);
        }
        if !is_own {
            freed.push(freed_by(self.commit, before));
        }
        Ok((id, copy))
    }

    fn alloc(&mut self) -> Result<(PageId, &mut [u8])> {
        self.spill()?;
        let (id, index) = self.add()?;
        let bytes = self.own_mut(index);
        bytes[STORE_BYTES..].fill(0);
        Ok((id, bytes))
    }

    fn free(&mut self, page: PageId) -> Result<()> {
        if let Some(index) = self.own(page) {
            self.current = NO_PAGE;
            self.take_own(index);
            return Ok(());
        }
        self.load(page)?;
        let stamp = Stamp::of(self.bytes());
        let writer = &mut *self.writer;
        if writer.unfinished.spilled.remove(&stamp.number) {
            self.current = NO_PAGE;
            writer.free.give_back(stamp.number);
        } else {
            writer.unfinished.freed.push(freed_by(self.commit, stamp));
        }
        Ok(())
    }

    fn set_root(&mut self, root: Option<PageId>) {
        self.root = match root {
            None => 0,
            Some(root) => self.store.file.number(root).expect("the root is a page"),
        };
    }

    /// First the pages are where readers look for them, then readers see the
    /// commit.
    fn commit(mut self) -> Result<()> {
        let store = self.store;
        let writer = &mut *self.writer;
        let done = &writer.unfinished;
        let changes = done.own.len() + done.spilled.len() + done.freed.len();
        if changes == 0 && self.root == writer.root {
            return Ok(());
        }
        // A sync may have failed meanwhile.
        store.device.check()?;
        store.reserve(writer, writer.unfinished.freed.len())?;
        let done = &mut writer.unfinished;
        for frame in done.own.drain(..) {
            store.frames.put(&mut writer.slots, frame);
        }
        done.spilled.clear();
        for freed in done.freed.drain(..) {
            writer.free.free(freed);
        }
        (writer.commit, writer.root) = (self.commit, self.root);
        store.readers.publish(self.commit, self.root);
        Ok(())
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
