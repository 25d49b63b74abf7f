//! The numbers of free pages: which may be used again, and when.
//!
//! # Who may still see a page
//!
//! A page is there from the commit that made it (it was *born*) up to, and not
//! including, the commit that freed it. Who sees a commit in between sees the
//! page, and *pins* it. Readers pin, and so do meta pages: what they name has to
//! be there when the power is cut. Protected are the two newest that are durable,
//! so that each is good without the other, and the one that is on its way.
//!
//! ```text
//! commit     5     6     7     8     9
//! page 40    ├ born 5 freed 8 ┤
//! a meta page that shows 4:  does not pin it, the page was born later
//! a reader that sees 6:      pins it
//! a reader that sees 8:      does not pin it, that commit has freed it
//! ```
//!
//! Nobody begins to see an older commit than the last one. So a page that was
//! freed and that nobody pins will never be pinned: its number may be used again.
//!
//! # Where the numbers are
//!
//! | in memory | | in the file |
//! |---|---|---|
//! | `ready` | may be used now | listed |
//! | `fresh` | freed; nobody has asked yet who pins them | listed |
//! | `pinned` | by whom | listed |
//! | not | may be used when they were read | `stored` |
//!
//! Each commit that becomes durable lists what is in memory on new pages, in
//! front of the stored ones. So that this stays cheap, numbers that will not be
//! needed soon leave memory, a page of them at a time, and are read back when all
//! others are used up. Only those leave that may be used now: who pins a page is
//! not written down.

use std::collections::BTreeMap;

mod list_page;

pub use list_page::{LIST, ListPage};

/// From how many fresh numbers on it is worth asking who pins them: that takes as
/// many locks as there are places for readers.
const ASK_AT: usize = 32;

/// A page that was freed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freed {
    /// Its number.
    pub page: u32,
    /// The commit that made it.
    pub born: u64,
    /// The commit that freed it.
    pub freed: u64,
}

impl Freed {
    /// The first of `pins` that sees the page. They are in ascending order, and a
    /// commit sees a page from the one on that made it up to the one that freed
    /// it, which does not see it any more.
    ///
    /// # Exercise 4.17
    pub fn pin(&self, pins: &[u64]) -> Option<u64> {
        todo!("exercise 4.17: The first of `pins` that sees the page")
    }
}

/// The numbers of free pages.
#[derive(Debug, Default)]
pub struct FreeList {
    /// They may be used now.
    ready: Vec<u32>,
    /// Freed since somebody asked who pins what.
    fresh: Vec<Freed>,
    /// Those that somebody pins, by the pin that was found.
    pinned: BTreeMap<u64, Vec<Freed>>,
    /// The pages of the list that say what is in memory: their numbers, and the
    /// commits that made them.
    listed_on: Vec<(u32, u64)>,
    /// The first page of the list that is not in memory, or 0.
    next: u32,
    /// How many numbers are on that page and those after it.
    stored: u32,
    /// The first page of the list as it was saved, or 0.
    head: u32,
}

impl FreeList {
    /// The list that begins with page `head`, or is empty where that is 0, and
    /// has this many numbers.
    pub fn stored(head: u32, count: u32) -> Self {
        FreeList {
            next: head,
            stored: count,
            head,
            ..FreeList::default()
        }
    }

    /// A number that may be used.
    pub fn take(&mut self) -> Option<u32> {
        self.ready.pop()
    }

    /// Takes a number back that was not used, or is new.
    pub fn give_back(&mut self, page: u32) {
        self.ready.push(page);
    }

    /// Takes in a page that a commit has freed.
    pub fn free(&mut self, freed: Freed) {
        self.fresh.push(freed);
    }

    /// What was freed since somebody asked who pins it.
    #[cfg(test)]
    pub(crate) fn fresh(&self) -> &[Freed] {
        &self.fresh
    }

    /// Answers whether so many pages were freed that some of them can probably be
    /// used.
    pub fn is_worth_asking(&self) -> bool {
        self.fresh.len() >= ASK_AT
    }

    /// Lets every number be used that none of `pins` sees, which are in ascending
    /// order, and calls `reuse` with it, once.
    ///
    /// Asked about are the fresh ones, and those whose pin has gone. The others
    /// are still pinned; so a reader that stays for long costs nothing each time.
    /// What somebody pins is `pinned` by that afterwards, and nothing is fresh.
    ///
    /// The numbers that became ready are after those that were, in descending
    /// order: what is [taken](Self::take) one after the other lies side by side,
    /// and is written together.
    ///
    /// # Exercise 4.17
    pub fn release(&mut self, pins: &[u64], mut reuse: impl FnMut(u32)) {
        todo!(
            "exercise 4.17: Lets every number be used that none of `pins` sees, which are in ascending order, and calls `reuse` with it, once"
        )
    }

    /// The page of the list to read next, or 0.
    pub fn next(&self) -> u32 {
        self.next
    }

    /// Takes in the numbers on the next page of the list, which was made by
    /// commit `born`.
    pub fn load(&mut self, page: &ListPage, born: u64) {
        self.listed_on.push((page.number, born));
        self.next = page.next;
        self.stored = self.stored.saturating_sub(narrow(page.numbers.len()));
        self.ready.extend(page.numbers.iter().rev());
    }

    /// How many pages a list of what is in memory takes, with room for `per_page`
    /// numbers on each, when `more` pages have been freed. They are taken from
    /// those that are ready, so that these need not be listed; where there are
    /// not enough of them, others have to be found.
    pub fn pages_needed(&self, more: usize, per_page: usize) -> usize {
        let unready = self.unready() + self.listed_on.len() + more;
        let needed = (unready + self.ready.len()).div_ceil(per_page + 1);
        match needed <= self.ready.len() {
            true => needed,
            false => unready.div_ceil(per_page),
        }
    }

    /// How many numbers may be used now.
    pub fn ready(&self) -> usize {
        self.ready.len()
    }

    /// How many numbers are in memory that may not be used now.
    pub fn unready(&self) -> usize {
        let pinned = self.pinned.values().map(Vec::len);
        self.fresh.len() + pinned.sum::<usize>()
    }

    /// How many free pages there are, those included that are not in memory.
    pub fn count(&self) -> u32 {
        self.stored + narrow(self.ready.len() + self.unready())
    }

    /// Lists all numbers in memory, for the meta page of `commit`: the answer are
    /// pages to write, in front of those that are stored. As many numbers have to
    /// be ready as are [needed](Self::pages_needed).
    ///
    /// The pages that the list stood on until now are free from this commit on.
    pub fn save(&mut self, commit: u64, per_page: usize) -> Vec<ListPage> {
        let needed = self.pages_needed(0, per_page);
        for (page, born) in std::mem::take(&mut self.listed_on) {
            let freed = commit;
            self.free(Freed { page, born, freed });
        }
        let own = self.ready.split_off(self.ready.len() - needed);
        let mut own = own.into_iter();
        let mut pages = self.store(&mut own, per_page);
        let listed = self.in_memory();
        let mut listed = listed.chunks(per_page);
        self.head = self.next;
        for number in own {
            pages.push(ListPage {
                number,
                next: self.head,
                // The last one may name nothing, where it was all that was free.
                numbers: listed.next().unwrap_or_default().to_vec(),
            });
            self.listed_on.push((number, commit));
            self.head = number;
        }
        debug_assert_eq!(listed.next(), None, "all numbers are listed");
        pages
    }

    /// Puts numbers that are ready and will not be needed soon on pages, and
    /// forgets them.
    fn store(&mut self, own: &mut impl Iterator<Item = u32>, per_page: usize) -> Vec<ListPage> {
        // Half a page of them stays, so that the next few are not read back.
        let count = (self.ready.len() + per_page / 2).saturating_sub(per_page) / per_page;
        let stored: Vec<u32> = self.ready.drain(..count * per_page).collect();
        let mut pages = Vec::new();
        for numbers in stored.chunks(per_page) {
            let number = own.next().expect("they need a page, stored or listed");
            pages.push(ListPage {
                number,
                next: self.next,
                numbers: numbers.to_vec(),
            });
            self.next = number;
        }
        self.stored += narrow(stored.len());
        pages
    }

    /// The first page of the list as it was saved, or 0.
    pub fn head(&self) -> u32 {
        self.head
    }

    /// All numbers in memory.
    pub fn in_memory(&self) -> Vec<u32> {
        let pinned = self.pinned.values().flatten();
        let unready = self.fresh.iter().chain(pinned).map(|freed| freed.page);
        unready.chain(self.ready.iter().copied()).collect()
    }

    /// The pages of the list that say what is in memory.
    pub fn listed_on(&self) -> impl Iterator<Item = u32> {
        self.listed_on.iter().map(|(page, _)| *page)
    }
}

fn narrow(count: usize) -> u32 {
    u32::try_from(count).expect("there are no more numbers than pages")
}
