//! Commits become durable: the order of what is written, synced and let go of.

use engine::Result;

use super::{CopyOnWrite, Writer};
use crate::frames::Frame;
use crate::meta::{Meta, Metas};
use crate::stamp::Stamp;

/// What a sync has to write.
struct Captured {
    /// In the order of their numbers.
    frames: Vec<Frame>,
    meta: Meta,
}

impl CopyOnWrite {
    /// Makes durable what was committed before this call.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`](engine::Error::NoSpace) and
    /// [`Error::Io`](engine::Error::Io) where nothing was asked of the device yet;
    /// [`Error::Poisoned`](engine::Error::Poisoned).
    pub fn sync(&self) -> Result<()> {
        self.device.check()?;
        let commit = self.readers.commit();
        self.syncing.wait_for(commit, || self.sync_last())
    }

    /// Makes the last commit durable, and answers its number: the six steps
    /// [above](super#what-is-durable-when).
    ///
    /// `flushing` is held throughout, so that one thread at a time writes what
    /// others see; the writer's lock is not, but for moments. Whoever held
    /// `flushing` before may have poisoned the store: then nothing is captured.
    ///
    /// What is [captured](Self::capture) is [written](Self::write_out), and durable
    /// before the meta page is begun, which goes over the `oldest` of three. When
    /// that is durable, a copy is written to the place `after` it. Both are among the
    /// metas that `flushing` has then, and the writer's `durable` commits are this
    /// one and the newer of the two before.
    ///
    /// # Errors
    ///
    /// What [`capture`](Self::capture) and [`write_out`](Self::write_out) answer;
    /// [`Error::Poisoned`](engine::Error::Poisoned) where writing or syncing a
    /// meta page fails: nobody knows then what stands there, so a write that fails
    /// poisons, too.
    ///
    /// # Exercise 4.18
    fn sync_last(&self) -> Result<u64> {
        todo!(
            "exercise 4.18: Makes the last commit durable, and answers its number: the six steps [above](super#what-is-durable-when)"
        )
    }

    /// Takes down all that the last commit consists of and the file does not have.
    /// It pins its pages from now on.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`](engine::Error::NoSpace) and
    /// [`Error::Io`](engine::Error::Io) where there is no room for the free list.
    /// Commits have seen to it that there is.
    fn capture(&self) -> Result<Captured> {
        let mut writer = self.writer.lock();
        let writer = &mut *writer;
        self.release(writer);
        self.save_list(writer)?;
        let frames = self.in_memory(writer);
        writer.captured = writer.commit;
        let meta = Meta {
            page_bytes: u32::try_from(self.page_bytes).expect("pages are short"),
            pages: writer.pages,
            commit: writer.commit,
            root: writer.root,
            free_head: writer.free.head(),
            free_count: writer.free.count(),
        };
        Ok(Captured { frames, meta })
    }

    /// All pages in memory, to be written. Each is seen by the last commit, or by
    /// somebody who pins it: whoever that is, it is pinned until it was written. A
    /// group that is larger than memory might else write to its place as well.
    fn in_memory(&self, writer: &mut Writer) -> Vec<Frame> {
        writer.writing.clone_from(&writer.pins);
        writer.writing.push(writer.commit);
        self.frames.all(&writer.slots)
    }

    /// Writes pages, makes them durable, and lets go of them: the file has them
    /// from now on. Whoever calls this holds `flushing`, so that nobody looks for
    /// a page in the file while another thread still writes it.
    ///
    /// They leave memory only when they are durable: after a sync that failed the
    /// file may hold anything in their places. With the writer's lock, which is
    /// taken for this alone, the writer forgets whom it was `writing` for, and the
    /// frames learn what was `written`.
    ///
    /// # Errors
    ///
    /// What writing and syncing can answer; they are all still in memory.
    ///
    /// # Exercise 4.18
    fn write_out(&self, frames: &[Frame]) -> Result<()> {
        todo!(
            "exercise 4.18: Writes pages, makes them durable, and lets go of them: the file has them from now on"
        )
    }

    /// Writes a meta page.
    ///
    /// # Errors
    ///
    /// [`Error::Poisoned`](engine::Error::Poisoned): nobody knows then what stands
    /// there.
    fn write_meta(&self, index: usize, meta: Meta) -> Result<()> {
        let written = self.file.write_meta(index, meta);
        written.map_err(|cause| self.device.poison(cause))
    }

    /// Lets pages in memory be written, if they are more than the budget allows, for
    /// whoever is about to begin a group.
    ///
    /// # Errors
    ///
    /// What writing and syncing can answer.
    pub(super) fn spill(&self) -> Result<()> {
        self.spill_beyond(self.budget.pages())
    }

    /// Lets pages in memory be written, if the budget is [nearly](super::budget::Budget::pages_ahead)
    /// used up, and answers whether it was. Whoever begins a group meanwhile does not
    /// wait for that.
    ///
    /// # Errors
    ///
    /// What writing and syncing can answer.
    pub(crate) fn spill_ahead(&self) -> Result<bool> {
        match self.budget.pages_ahead() {
            Some(pages) if self.frames.count() > pages => self.spill_beyond(pages).map(|()| true),
            _ => Ok(false),
        }
    }

    /// Lets pages in memory be written, if they are more than this many, and the budget
    /// does not grow. It goes round through the file: those are written that come
    /// after what was written last, neighbours together, until as many are left as
    /// are to be [kept](super::budget::Budget::kept).
    ///
    /// # Errors
    ///
    /// What writing and syncing can answer.
    fn spill_beyond(&self, pages: u32) -> Result<()> {
        let _flushing = self.flushing.lock();
        self.device.check()?;
        if self.frames.count() <= pages {
            // Somebody else has done it meanwhile.
            return Ok(());
        }
        if self.budget.grows() {
            return Ok(());
        }
        let frames = {
            let mut writer = self.writer.lock();
            self.release(&mut writer);
            let mut frames = self.in_memory(&mut writer);
            let number = |frame: &Frame| Stamp::of(frame).number;
            let next = frames.partition_point(|frame| number(frame) <= writer.spill_after);
            frames.rotate_left(next);
            frames.truncate(frames.len().saturating_sub(self.budget.kept()));
            writer.spill_after = frames.last().map_or(0, number);
            frames
        };
        self.write_out(&frames)
    }

    /// Syncs, and then once more: the copy of the meta page, which a sync leaves to
    /// the system, is durable, too. A flip in one of the two costs nothing then.
    ///
    /// Last the room after the pages is cut off, if there is any.
    ///
    /// # Errors
    ///
    /// As for [`sync`](Self::sync), and [`Error::Io`](engine::Error::Io) of the
    /// cut. The store is gone all the same.
    ///
    /// # Exercise 4.18
    pub fn close(self) -> Result<()> {
        todo!(
            "exercise 4.18: Syncs, and then once more: the copy of the meta page, which a sync leaves to the system, is durable, too"
        )
    }
}
