//! The file that the pages are in: how it grows, and how it is read and written.
//!
//! Page `n` begins at byte `n` times the size of a page. The file grows in steps,
//! each an eighth of what there is, and a megabyte at least: few enough that every
//! step can have a map of the whole file. (Where the device has no room for a step,
//! the file grows by what is needed.) Maps that are too short by now stay, since
//! somebody may be reading through one; so no reader locks anything, and looks only
//! which map is the newest.
//!
//! ```text
//! pages      0 1 2 3 …                   4096                  4608
//! file       ├─────────────────────────────┼─────────────────────┤
//! map 0      ├─────────────────────────────┤
//! map 1      ├───────────────────────────────────────────────────┤
//! ```

use engine::disk::{File, Lent, Map};
use engine::page::PageId;
use engine::sync::OnceLock;
use engine::sync::atomic::{AtomicU32, Ordering};
use engine::{Error, Result};

use crate::device::Device;
use crate::frames::Frame;
use crate::growing::Growing;
use crate::meta::{FILE, META_BYTES, META_PAGES, Meta, MetaBytes, Metas};
use crate::stamp::{Stamp, seal};

/// Pages that stand one after the other are written together, up to so many
/// bytes.
const RUN_BYTES: usize = 1 << 20;

/// So many pages are read, each by itself, after an opening. Whoever opens a store
/// for a few lookups needs nothing of what the system would read around a touch
/// of the map, and whoever stays is soon glad of it.
const FIRST_PAGES: u32 = 16;

/// The file that the pages are in.
#[derive(Debug)]
pub(crate) struct PageFile {
    file: Box<dyn File>,
    page_bytes: usize,
    /// By how many pages it grows at least.
    step_min: u32,
    /// For how many pages there is room.
    room: AtomicU32,
    /// Maps of the file, each made when there was room for more.
    maps: Growing<OnceLock<Box<dyn Map>>>,
    /// How many maps there are. None where the disk has no maps.
    map_count: AtomicU32,
    /// How many of the first pages are still to be read.
    first_left: AtomicU32,
}

impl PageFile {
    /// The file, which grows by so many pages at least. There is room for nothing
    /// yet.
    pub(crate) fn new(file: Box<dyn File>, page_bytes: usize, step_min: u32) -> Self {
        PageFile {
            file,
            page_bytes,
            step_min,
            room: AtomicU32::new(0),
            maps: Growing::new(),
            map_count: AtomicU32::new(0),
            first_left: AtomicU32::new(FIRST_PAGES),
        }
    }

    /// For how many pages there is room.
    pub(crate) fn room(&self) -> u32 {
        self.room.load(Ordering::Acquire)
    }

    /// Finds the room that the file has, for these many pages at least. It may be
    /// shorter than it was: of its end only what was written is durable.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`] and [`Error::Io`].
    pub(crate) fn open(&self, pages: u32) -> Result<()> {
        let room = self.file.len()? / self.page_bytes as u64;
        let room = u32::try_from(room).unwrap_or(u32::MAX);
        match room < pages {
            true => self.make_room(pages),
            false => self.map(room),
        }
    }

    /// Makes sure that there is room for `pages` pages. One thread at a time may
    /// do this.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`] and [`Error::Io`]; there is as much room as before.
    pub(crate) fn grow(&self, pages: u32) -> Result<()> {
        let room = self.room();
        if pages <= room {
            return Ok(());
        }
        match self.make_room(grown(room, pages, self.step_min)) {
            // For the whole step, that is. There may be for these pages.
            Err(Error::NoSpace { .. }) => self.make_room(pages),
            made => made,
        }
    }

    /// Makes the file long enough for so many pages, and maps it.
    fn make_room(&self, pages: u32) -> Result<()> {
        self.file.allocate(self.offset(pages))?;
        self.map(pages)
    }

    /// Maps the file, which has room for so many pages.
    fn map(&self, pages: u32) -> Result<()> {
        match self.file.map() {
            Ok(map) => {
                let count = self.map_count.load(Ordering::Relaxed);
                let set = self.maps.at(count).set(map);
                set.expect("one thread at a time maps the file");
                self.map_count.store(count + 1, Ordering::Release);
            }
            Err(Error::Unsupported { .. }) => {}
            Err(error) => return Err(error),
        }
        self.room.store(pages, Ordering::Release);
        Ok(())
    }

    /// The bytes of a page, lent by the newest map; `None` where there is none.
    /// There must be room for it.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] and [`Error::Io`].
    #[inline]
    pub(crate) fn lend(&self, page: u32) -> Option<Result<Lent<'_>>> {
        let map = self.newest_map()?;
        Some(map.slice(self.offset(page), self.page_bytes))
    }

    #[inline]
    fn newest_map(&self) -> Option<&dyn Map> {
        let newest = self.map_count.load(Ordering::Acquire).checked_sub(1)?;
        let map = self.maps.at(newest).get();
        Some(&**map.expect("it was set before it was counted"))
    }

    /// Answers whether a page, which is touched for the first time, is one of those
    /// to be read by themselves. It counts as read then.
    pub(crate) fn is_one_of_the_first(&self) -> bool {
        let one_less = |left: u32| left.checked_sub(1);
        let left = self
            .first_left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less);
        left.is_ok()
    }

    /// Reads a page into `bytes`.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] where the file ends first; [`Error::Io`].
    pub(crate) fn read(&self, page: u32, bytes: &mut Vec<u8>) -> Result<()> {
        bytes.resize(self.page_bytes, 0);
        self.file.read_exact_at(self.offset(page), bytes)
    }

    /// Writes these pages, sealed. Those that follow each other, here and in the
    /// file, are written together.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`] and [`Error::Io`]: any of them may have been written, or
    /// a part of it.
    pub(crate) fn write(&self, pages: &[Frame]) -> Result<()> {
        let mut run = Vec::new();
        let mut first = 0;
        for (index, page) in pages.iter().enumerate() {
            let number = Stamp::of(page).number;
            if run.is_empty() {
                first = number;
            }
            let start = run.len();
            run.extend_from_slice(page);
            seal(&mut run[start..]);
            let next = pages.get(index + 1).map(|page| Stamp::of(page).number);
            if next != Some(number + 1) || run.len() >= RUN_BYTES {
                self.file.write_at(self.offset(first), &run)?;
                run.clear();
            }
        }
        Ok(())
    }

    /// Makes durable what was written.
    ///
    /// # Errors
    ///
    /// [`Error::Poisoned`].
    pub(crate) fn sync(&self, device: &Device) -> Result<()> {
        device.sync(&*self.file)
    }

    /// What the meta pages say.
    ///
    /// # Errors
    ///
    /// [`Error::Version`] and [`Error::Corrupt`] where none of them is sound, and
    /// [`Error::Unsupported`] where pages have another size; [`Error::Io`].
    pub(crate) fn metas(&self) -> Result<Metas> {
        let mut metas = Metas([None; META_PAGES as usize]);
        let mut refused = None;
        for (page, meta) in (0..).zip(&mut metas.0) {
            match self.meta(page) {
                Ok(found) => *meta = Some(found),
                // The file ends early, or that page is none.
                Err(Error::Corrupt { file, offset, what }) => {
                    refused.get_or_insert(Error::Corrupt { file, offset, what });
                }
                Err(error @ Error::Version { .. }) => refused = Some(error),
                Err(error) => return Err(error),
            }
        }
        match (metas.newest(), refused) {
            (None, Some(error)) => Err(error),
            _ => Ok(metas),
        }
    }

    fn meta(&self, page: u32) -> Result<Meta> {
        let mut bytes: MetaBytes = [0; META_BYTES];
        self.file.read_exact_at(self.offset(page), &mut bytes)?;
        let meta = Meta::decode(&bytes, self.offset(page))?;
        if meta.page_bytes as usize != self.page_bytes {
            let what = "a store whose pages have another size";
            return Err(Error::Unsupported { what });
        }
        Ok(meta)
    }

    /// Writes one of the meta pages.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`] and [`Error::Io`]: nobody knows what stands there then.
    pub(crate) fn write_meta(&self, index: usize, meta: Meta) -> Result<()> {
        let offset = index as u64 * self.page_bytes as u64;
        self.file.write_at(offset, &meta.to_bytes())
    }

    /// Gives back the room after these many pages. The file must be nobody
    /// else's: one that is mapped cannot shrink.
    ///
    /// # Errors
    ///
    /// [`Error::Io`].
    pub(crate) fn cut_off_room(self, pages: u32) -> Result<()> {
        let len = self.offset(pages);
        let PageFile { file, maps, .. } = self;
        drop(maps);
        file.set_len(len)
    }

    /// The number of a page that may be in the file; `None` where there is no
    /// such page.
    #[inline]
    pub(crate) fn number(&self, page: PageId) -> Option<u32> {
        let number = u32::try_from(page.0).ok()?;
        (META_PAGES..self.room())
            .contains(&number)
            .then_some(number)
    }

    /// The error that says what is wrong with a page.
    pub(crate) fn corrupt(&self, page: PageId, what: &str) -> Error {
        let offset = page.0.saturating_mul(self.page_bytes as u64);
        Error::corrupt(FILE, offset, what)
    }

    /// Where a page begins.
    fn offset(&self, page: u32) -> u64 {
        u64::from(page) * self.page_bytes as u64
    }
}

/// For how many pages there is room after the next step, when there is room for
/// `room` and `needed` are needed: an eighth more, so that the steps are few, and
/// `step_min` at least.
fn grown(room: u32, needed: u32, step_min: u32) -> u32 {
    let step = (room / 8).max(step_min);
    room.saturating_add(step).max(needed)
}
