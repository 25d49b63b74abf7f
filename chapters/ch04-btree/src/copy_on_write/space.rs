//! Numbers for pages, and memory for them: where they come from.

use std::sync::Arc;

use engine::page::PageId;
use engine::{Error, Result};

use super::current::Current;
use super::{CopyOnWrite, NOT_SHARED, SPARE_MAX, Writer};
use crate::frames::Frame;
use crate::free_list::ListPage;
use crate::meta::{FILE, META_PAGES};
use crate::stamp::Stamp;

impl CopyOnWrite {
    /// Takes down in `writer.pins`, in place of what is there and in ascending
    /// order, the commits whose pages must stay. Those are
    ///
    /// - the two that the newest durable meta pages show: one may be damaged, and
    ///   then the other one counts;
    /// - the last one that was captured: its meta page may be on its way;
    /// - those that see the pages that are being written;
    /// - all that readers see.
    ///
    /// A commit may be there more than once.
    ///
    /// # Exercise 4.17
    pub(super) fn ask_who_pins(&self, writer: &mut Writer) {
        todo!(
            "exercise 4.17: Takes down in `writer.pins`, in place of what is there and in ascending order, the commits whose pages must stay"
        )
    }

    /// Lets every page be used again that nobody pins.
    pub(super) fn release(&self, writer: &mut Writer) {
        if writer.free.unready() == 0 {
            return;
        }
        self.ask_who_pins(writer);
        let pins = &writer.pins;
        let (frames, slots, spare) = (&self.frames, &mut writer.slots, &mut writer.spare);
        writer.free.release(pins, |page| {
            if let Some(frame) = frames.remove(slots, page)
                && spare.len() < SPARE_MAX
            {
                spare.push(frame);
            }
        });
    }

    /// A number for a page: of a free one if there is one, else a new one.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`], [`Error::Io`] and [`Error::Corrupt`].
    pub(super) fn number(&self, writer: &mut Writer) -> Result<u32> {
        if writer.free.ready() == 0 && writer.free.is_worth_asking() {
            self.release(writer);
        }
        if writer.free.ready() == 0 {
            self.load_list(writer)?;
        }
        if let Some(page) = writer.free.take() {
            return Ok(page);
        }
        let added = self.add_page(writer);
        if added.is_err() {
            // Few were freed, that is. Now they count.
            self.release(writer);
        }
        writer.free.take().map_or(added, Ok)
    }

    /// A new page after all others.
    fn add_page(&self, writer: &mut Writer) -> Result<u32> {
        let page = writer.pages;
        let pages = page.checked_add(1).ok_or_else(|| Error::NoSpace {
            file: FILE.to_owned(),
        })?;
        self.file.grow(pages)?;
        writer.pages = pages;
        Ok(page)
    }

    /// Makes sure that a capture finds the pages that the free list then takes,
    /// when `more` pages have been freed.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`] and [`Error::Io`].
    pub(super) fn reserve(&self, writer: &mut Writer, more: usize) -> Result<()> {
        let found = self.room_for_list(writer, more);
        if found.is_ok() {
            return found;
        }
        // Perhaps there are more that can be used.
        self.release(writer);
        self.room_for_list(writer, more)
    }

    fn room_for_list(&self, writer: &Writer, more: usize) -> Result<()> {
        let per_page = ListPage::room(self.page_bytes);
        let needed = writer.free.pages_needed(more, per_page);
        let missing = needed.saturating_sub(writer.free.ready());
        let missing = u32::try_from(missing).unwrap_or(u32::MAX);
        self.file.grow(writer.pages.saturating_add(missing))
    }

    /// Puts the list of free pages on pages, for the meta page of the last commit.
    pub(super) fn save_list(&self, writer: &mut Writer) -> Result<()> {
        let per_page = ListPage::room(self.page_bytes);
        while writer.free.ready() < writer.free.pages_needed(0, per_page) {
            let page = self.add_page(writer)?;
            writer.free.give_back(page);
        }
        let commit = writer.commit;
        for page in writer.free.save(commit, per_page) {
            let mut frame = self.spare_frame(writer);
            let bytes = Arc::get_mut(&mut frame).expect(NOT_SHARED);
            bytes.fill(0);
            page.encode(commit, bytes);
            self.frames.put(&mut writer.slots, frame);
        }
        Ok(())
    }

    /// Reads the next page of the list of free pages, if there is one.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] and [`Error::Io`].
    pub(super) fn load_list(&self, writer: &mut Writer) -> Result<()> {
        let next = writer.free.next();
        if next != 0 {
            let (page, born) = self.read_list(next, writer)?;
            writer.free.load(&page, born);
        }
        Ok(())
    }

    /// A page of the list of free pages, and the commit that made it.
    pub(super) fn read_list(&self, number: u32, writer: &Writer) -> Result<(ListPage, u64)> {
        let (pages, commit) = (writer.pages, writer.commit);
        let id = PageId(u64::from(number));
        let mut current = Current::None;
        self.load(&mut current, id, commit)?;
        let page = ListPage::decode(current.bytes(), META_PAGES..pages)
            .map_err(|what| self.file.corrupt(id, what))?;
        Ok((page, Stamp::of(current.bytes()).commit))
    }

    /// A page in memory that is nobody else's, with any bytes.
    pub(super) fn spare_frame(&self, writer: &mut Writer) -> Frame {
        while let Some(mut frame) = writer.spare.pop() {
            // A reader may have it, which began with a commit that it cannot see.
            if Arc::get_mut(&mut frame).is_some() {
                return frame;
            }
        }
        Arc::new(vec![0; self.page_bytes].into())
    }
}
