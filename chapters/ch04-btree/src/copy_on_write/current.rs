//! The page that somebody reads, wherever it is.

use engine::disk::Lent;
use engine::page::PageId;
use engine::{Counter, Result};

use super::CopyOnWrite;
use crate::frames::{InSlot, Place};
use crate::stamp::prove;

/// The page that somebody reads.
#[derive(Debug)]
pub(super) enum Current<'s> {
    None,
    /// Lent by a map.
    Lent(Lent<'s>),
    /// In memory.
    Frame(InSlot),
    /// A copy: of one of the first, or of a file that cannot be mapped.
    Read(Vec<u8>),
}

impl Current<'_> {
    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Current::None => &[],
            Current::Lent(lent) => lent,
            Current::Frame(frame) => frame.as_ref().map_or(&[], |frame| frame),
            Current::Read(bytes) => bytes,
        }
    }

    /// Answers whether the page is not in memory.
    pub(super) fn is_in_file(&self) -> bool {
        matches!(self, Current::Lent(_) | Current::Read(_))
    }
}

impl CopyOnWrite {
    /// Makes `page` the current one, for somebody who sees `commit`: no page that
    /// it is led to is newer.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](engine::Error::Corrupt), also where there is no such
    /// page, and [`Error::Io`](engine::Error::Io). No page is the current one
    /// then.
    #[inline]
    pub(super) fn load<'s>(
        &'s self,
        current: &mut Current<'s>,
        page: PageId,
        commit: u64,
    ) -> Result<()> {
        let no_page = || self.file.corrupt(page, "there is no such page");
        let Some(number) = self.file.number(page) else {
            *current = Current::None;
            return Err(no_page());
        };
        loop {
            match self.frames.place(number) {
                Place::Proved => return self.borrow(current, number),
                Place::Unproved => {
                    match self.file.is_one_of_the_first() {
                        true => self.copy(current, number)?,
                        false => self.borrow(current, number)?,
                    }
                    return self.prove(current, number, commit);
                }
                Place::Slot(slot) => {
                    if let Some(frame) = self.frames.get(slot, number) {
                        *current = Current::Frame(frame);
                        return Ok(());
                    }
                }
                Place::Own(_) => {
                    *current = Current::None;
                    return Err(no_page());
                }
            }
        }
    }

    /// Makes a page of the file the current one, lent by a map if there is one.
    #[inline]
    fn borrow<'s>(&'s self, current: &mut Current<'s>, number: u32) -> Result<()> {
        match self.file.lend(number) {
            Some(lent) => {
                *current = Current::None;
                *current = Current::Lent(lent?);
                Ok(())
            }
            None => self.copy(current, number),
        }
    }

    /// Makes a copy of a page of the file the current one.
    fn copy(&self, current: &mut Current<'_>, number: u32) -> Result<()> {
        let mut bytes = match std::mem::replace(current, Current::None) {
            Current::Read(bytes) => bytes,
            _ => Vec::new(),
        };
        self.file.read(number, &mut bytes)?;
        self.counters.add(Counter::CacheMisses, 1);
        *current = Current::Read(bytes);
        Ok(())
    }

    /// Proves the current page, which was read from the file.
    #[cold]
    fn prove(&self, current: &mut Current<'_>, number: u32, commit: u64) -> Result<()> {
        let proved = prove(current.bytes(), number, commit);
        if let Err(what) = proved {
            *current = Current::None;
            return Err(self.file.corrupt(PageId(u64::from(number)), what));
        }
        self.frames.proved(number);
        Ok(())
    }
}
