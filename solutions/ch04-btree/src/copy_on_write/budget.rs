//! How many pages may be in memory because the file does not have them yet.
//!
//! A page that is changed again before it goes to the file is written once instead
//! of twice. So memory for changed pages pays, but only where pages are changed
//! again: a load in the order of its keys leaves each behind for good, and memory
//! that is touched for the first time costs more than memory that is in use.
//!
//! So the budget is small at first, and is doubled where a larger one would have
//! paid: where of the pages that went to the file for want of memory many were
//! wanted again, to be changed once more.

use engine::sync::atomic::{AtomicU32, Ordering};

/// The first budget, in bytes, where the limit allows as much.
pub(crate) const FIRST_BYTES: usize = 16 << 20;

/// A larger budget pays where more than one page in so many was wanted again.
const PAGES_PER_WANTED: u32 = 8;

/// How many pages may be in memory.
#[derive(Debug)]
pub(crate) struct Budget {
    pages: AtomicU32,
    pages_max: u32,
    /// How many it was at first.
    first: u32,
    /// How many pages were wanted again since the budget was last used up.
    wanted: AtomicU32,
}

impl Budget {
    /// A budget of this many pages, which may become as many as `pages_max`.
    pub(crate) fn new(pages: u32, pages_max: u32) -> Self {
        let pages = pages.min(pages_max);
        Budget {
            pages: AtomicU32::new(pages),
            pages_max,
            first: pages,
            wanted: AtomicU32::new(0),
        }
    }

    /// How many pages may be in memory now.
    pub(crate) fn pages(&self) -> u32 {
        self.pages.load(Ordering::Relaxed)
    }

    /// How many may be in memory before whoever maintains the store lets them go to the
    /// file: fewer by a quarter. Until that is full, too, nobody who writes has to wait.
    ///
    /// `None` when the budget has grown. Pages that are changed again and again are
    /// changed while they are written, too, and then that was for nothing.
    pub(crate) fn pages_ahead(&self) -> Option<u32> {
        let pages = self.pages();
        (pages == self.first).then(|| pages - pages / 4)
    }

    /// How many of them stay when it is used up and the others go to the file: half.
    /// If fewer stayed, whoever sees to that would wait longer; if more did, fewer
    /// pages would go at a time, and each of them would be dearer to the device.
    pub(crate) fn kept(&self) -> usize {
        self.pages().div_ceil(2) as usize
    }

    /// How many it can be in the end.
    pub(crate) fn pages_max(&self) -> u32 {
        self.pages_max
    }

    /// A page was changed once more that is in the file for want of memory. One
    /// thread at a time says so.
    pub(crate) fn wants_again(&self) {
        let wanted = self.wanted.load(Ordering::Relaxed);
        self.wanted
            .store(wanted.saturating_add(1), Ordering::Relaxed);
    }

    /// The budget is used up: doubles it, if it may grow and that pays, and answers
    /// whether it did. Else pages have to go to the file.
    pub(crate) fn grows(&self) -> bool {
        let pages = self.pages();
        let wanted = self.wanted.swap(0, Ordering::Relaxed);
        let grows = pages < self.pages_max && wanted > pages / PAGES_PER_WANTED;
        if grows {
            let doubled = pages.saturating_mul(2).min(self.pages_max);
            self.pages.store(doubled, Ordering::Relaxed);
        }
        grows
    }
}
