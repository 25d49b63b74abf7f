//! The pages that are a group's own: in memory, or in the file before the commit.

use std::sync::Arc;

use engine::Result;
use engine::page::{PageId, PageRead, STORE_BYTES};

use super::{Group, GroupCurrent, NO_PAGE, Unfinished};
use crate::copy_on_write::{NOT_SHARED, SPARE_MAX};
use crate::frames::Place;
use crate::stamp::Stamp;

impl Unfinished {
    /// Answers whether nothing was done, or all of it is finished.
    pub(super) fn is_nothing(&self) -> bool {
        self.own.is_empty() && self.spilled.is_empty() && self.freed.is_empty()
    }
}

impl Group<'_> {
    /// The index of a page among the group's own.
    pub(super) fn own(&self, page: PageId) -> Option<usize> {
        let number = self.store.file.number(page)?;
        match self.store.frames.place(number) {
            Place::Own(index) => Some(index as usize),
            _ => None,
        }
    }

    /// A page of its own with a new number, and any bytes after the stamp. The
    /// answer is its index, too. The current page stays the current one.
    pub(super) fn add(&mut self) -> Result<(PageId, usize)> {
        let number = self.store.number(&mut self.writer)?;
        Ok((PageId(u64::from(number)), self.add_as(number)))
    }

    /// A page of its own with this number, and any bytes after the stamp.
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

    /// Writes its own pages to the file, if they are more than the limit allows.
    /// They leave memory when they are synced, as everybody's pages do.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`](engine::Error::NoSpace),
    /// [`Error::Io`](engine::Error::Io) and
    /// [`Error::Poisoned`](engine::Error::Poisoned).
    pub(super) fn spill(&mut self) -> Result<()> {
        let Unfinished { own, spilled, .. } = &mut self.writer.unfinished;
        if own.len() <= self.store.budget.pages_max() as usize {
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
    pub(super) fn own_mut(&mut self, index: usize) -> &mut [u8] {
        Arc::get_mut(&mut self.writer.unfinished.own[index]).expect(NOT_SHARED)
    }

    /// The index of a page among the group's own. One of these that has gone to
    /// the file comes back under its number. Any other page is the current one
    /// then, and `None` the answer: only now there is room in memory for a copy.
    ///
    /// # Errors
    ///
    /// What loading the page and making room can answer.
    pub(super) fn own_again(&mut self, page: PageId) -> Result<Option<usize>> {
        if let Some(index) = self.own(page) {
            return Ok(Some(index));
        }
        self.spill()?;
        self.load(page)?;
        let number = Stamp::of(self.bytes()).number;
        if !self.writer.unfinished.spilled.remove(&number) {
            return Ok(None);
        }
        let index = self.add_as(number);
        self.copy_current(index);
        Ok(Some(index))
    }

    /// Copies the current page, which is none of its own in memory, to one of
    /// those. Each keeps its stamp.
    pub(super) fn copy_current(&mut self, index: usize) {
        let writer = &mut *self.writer;
        let copy = Arc::get_mut(&mut writer.unfinished.own[index]).expect(NOT_SHARED);
        if let GroupCurrent::Other(current) = &self.current {
            let bytes = current.bytes();
            let is_durable = Stamp::of(bytes).commit <= writer.durable[1];
            if current.is_in_file() && !is_durable {
                self.store.budget.wants_again();
            }
            copy[STORE_BYTES..].copy_from_slice(&bytes[STORE_BYTES..]);
        }
    }

    /// Gives up a page of its own, in memory or not, and answers whether it is
    /// one. Its number may be used again at once. Any other page is the current
    /// one then.
    ///
    /// # Errors
    ///
    /// What loading the page can answer.
    pub(super) fn give_up(&mut self, page: PageId) -> Result<bool> {
        if let Some(index) = self.own(page) {
            self.current = NO_PAGE;
            self.take_own(index);
            return Ok(true);
        }
        self.load(page)?;
        let number = Stamp::of(self.bytes()).number;
        let is_own = self.writer.unfinished.spilled.remove(&number);
        if is_own {
            self.current = NO_PAGE;
            self.writer.free.give_back(number);
        }
        Ok(is_own)
    }

    /// Answers whether it has changed nothing.
    pub(super) fn is_idle(&self) -> bool {
        self.writer.unfinished.is_nothing() && self.root == self.writer.root
    }

    /// Takes one of its own pages away. The number may be used again at once:
    /// nobody has met it.
    pub(super) fn take_own(&mut self, index: usize) {
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
