//! A page of the free list, as bytes.

use std::ops::Range;

use engine::page::STORE_BYTES;

use crate::stamp::Stamp;

/// A page of the free list.
///
/// The numbers are little-endian.
///
/// ```text
/// offset  size  field
///      0    16  stamp    as in front of every page
///     16     1  kind     4 list
///     17     3  zeros    nothing uses them
///     20     4  next     number of the next page of the list, 0 for none
///     24     4  count    how many numbers follow
///     28     …  numbers  of free pages, 4 bytes each
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListPage {
    /// Its own number.
    pub number: u32,
    /// The next page of the list, or 0.
    pub next: u32,
    /// The numbers of free pages.
    pub numbers: Vec<u32>,
}

/// The kind of a page of the free list. Smaller kinds are a tree's.
pub const LIST: u8 = 4;

/// Where the kind is, …
const KIND: usize = STORE_BYTES;
/// … the number of the next page, …
const NEXT: usize = KIND + 4;
/// … how many numbers there are, …
const COUNT: usize = NEXT + 4;
/// … and where they begin.
const NUMBERS: usize = COUNT + 4;

impl ListPage {
    /// How many numbers there is room for on a page.
    pub fn room(page_bytes: usize) -> usize {
        (page_bytes - NUMBERS) / 4
    }

    /// Fills the page with these bytes, all of which are 0 after the stamp.
    pub fn encode(&self, commit: u64, page: &mut [u8]) {
        let number = self.number;
        Stamp { number, commit }.put_on(page);
        page[KIND] = LIST;
        page[NEXT..COUNT].copy_from_slice(&self.next.to_le_bytes());
        let count = u32::try_from(self.numbers.len()).expect("a page is short");
        page[COUNT..NUMBERS].copy_from_slice(&count.to_le_bytes());
        for (place, number) in page[NUMBERS..].chunks_exact_mut(4).zip(&self.numbers) {
            place.copy_from_slice(&number.to_le_bytes());
        }
    }

    /// The page of the list with these bytes, which are proved, in a store with
    /// the pages `there`.
    ///
    /// # Errors
    ///
    /// What is wrong, as a phrase.
    pub fn decode(page: &[u8], there: Range<u32>) -> Result<Self, &'static str> {
        let word = |at: usize| {
            let bytes = page.get(at..at + 4).and_then(<[u8]>::first_chunk);
            bytes.map(|bytes| u32::from_le_bytes(*bytes))
        };
        let (next, count) = word(NEXT)
            .zip(word(COUNT))
            .ok_or("the page is too short for a list")?;
        if page[KIND] != LIST {
            return Err("this is no page of the free list");
        }
        if count as usize > ListPage::room(page.len()) {
            return Err("the list is longer than its page");
        }
        let numbers = (0..count as usize).filter_map(|index| word(NUMBERS + 4 * index));
        let numbers: Vec<u32> = numbers.collect();
        if !numbers.iter().all(|number| there.contains(number)) {
            return Err("the list names a page that is not there");
        }
        if next != 0 && !there.contains(&next) {
            return Err("the list goes on where no page is");
        }
        Ok(ListPage {
            number: Stamp::of(page).number,
            next,
            numbers,
        })
    }
}
