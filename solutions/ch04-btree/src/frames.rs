//! Pages that are in memory because the file does not have them yet.
//!
//! What a commit has changed stays here until it was written and synced: after a
//! failed sync the file may hold anything in its place. Readers find it here
//! meanwhile.
//!
//! One word a page says where it is, so that a reader finds out with one look:
//!
//! | word | the page is |
//! |---|---|
//! | 0 | in the file, and nobody has proved its checksum yet |
//! | 1 | in the file, its checksum proved |
//! | 2 + n | here, in slot n |
//! | 2³¹ + n | a group's own, that is not committed yet: the n-th |
//!
//! Words change under the writer's lock alone, except from 0 to 1. A reader may
//! find a slot empty, or another page in it, if its page has just been written
//! out: then it looks at the word again.

use std::sync::Arc;

use arc_swap::{ArcSwapOption, Guard};
use engine::sync::atomic::{AtomicU32, Ordering};

use crate::growing::Growing;
use crate::stamp::Stamp;

/// The bytes of a page in memory. They never change once others can see them.
pub(crate) type Frame = Arc<Box<[u8]>>;

/// What a slot holds, lent. Most often nobody counts this use of the frame: all
/// readers would meet at that number.
pub(crate) type InSlot = Guard<Option<Frame>>;

/// Where a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the file. Nobody has proved its checksum yet.
    Unproved,
    /// In the file, and sound.
    Proved,
    /// In this slot.
    Slot(u32),
    /// A page of the group that is under way: the one with this index.
    Own(u32),
}

const UNPROVED: u32 = 0;
const PROVED: u32 = 1;
const FIRST_SLOT: u32 = 2;
const FIRST_OWN: u32 = 1 << 31;

impl Place {
    fn from_word(word: u32) -> Self {
        match word {
            UNPROVED => Place::Unproved,
            PROVED => Place::Proved,
            FIRST_OWN.. => Place::Own(word - FIRST_OWN),
            _ => Place::Slot(word - FIRST_SLOT),
        }
    }

    fn to_word(self) -> u32 {
        match self {
            Place::Unproved => UNPROVED,
            Place::Proved => PROVED,
            Place::Slot(slot) => slot + FIRST_SLOT,
            Place::Own(index) => index + FIRST_OWN,
        }
    }
}

/// Where each page is, and the pages that are in memory.
#[derive(Debug)]
pub(crate) struct Frames {
    words: Growing<AtomicU32>,
    slots: Growing<ArcSwapOption<Box<[u8]>>>,
    /// How many slots are taken.
    count: AtomicU32,
}

/// Which slots are taken: the writer's part of [`Frames`].
#[derive(Debug, Default)]
pub(crate) struct Slots {
    /// Those that are taken.
    taken: Vec<u32>,
    /// The index in `taken` of each slot that is.
    indices: Vec<u32>,
    /// Those that are not, but were.
    empty: Vec<u32>,
}

impl Frames {
    /// All pages are in the file.
    pub(crate) fn new() -> Self {
        Frames {
            words: Growing::new(),
            slots: Growing::new(),
            count: AtomicU32::new(0),
        }
    }

    /// How many pages are in memory.
    pub(crate) fn count(&self) -> u32 {
        self.count.load(Ordering::Relaxed)
    }

    /// Where a page is.
    #[inline]
    pub(crate) fn place(&self, page: u32) -> Place {
        Place::from_word(self.words.at(page).load(Ordering::Acquire))
    }

    /// Says where a page is: only the writer may. Whoever looks for it meanwhile
    /// must find it in the old place, or look again.
    pub(crate) fn set_place(&self, page: u32, place: Place) {
        self.words
            .at(page)
            .store(place.to_word(), Ordering::Release);
    }

    /// Somebody has proved the checksum of a page in the file.
    pub(crate) fn proved(&self, page: u32) {
        // Who comes second has nothing to add.
        let _ = self.words.at(page).compare_exchange(
            UNPROVED,
            PROVED,
            Ordering::Release,
            Ordering::Relaxed,
        );
    }

    /// The page in a slot, if it is this one.
    #[inline]
    pub(crate) fn get(&self, slot: u32, page: u32) -> Option<InSlot> {
        let found = self.slots.at(slot).load();
        let is_it = found
            .as_ref()
            .is_some_and(|it| Stamp::of(it).number == page);
        is_it.then_some(found)
    }

    /// Takes a page in. Whoever looks for it finds it from now on.
    pub(crate) fn put(&self, slots: &mut Slots, frame: Frame) {
        let page = Stamp::of(&frame).number;
        let slot = slots.take();
        self.slots.at(slot).store(Some(frame));
        self.set_place(page, Place::Slot(slot));
        self.count.store(slots.count(), Ordering::Relaxed);
    }

    /// Lets go of a page, if it is in memory. It is looked for in the file from
    /// now on, or by nobody, and proved there once more: its number may stand for
    /// another one by then.
    pub(crate) fn remove(&self, slots: &mut Slots, page: u32) -> Option<Frame> {
        let Place::Slot(slot) = self.place(page) else {
            self.set_place(page, Place::Unproved);
            return None;
        };
        // The word first: whoever finds the slot empty looks at it again.
        self.set_place(page, Place::Unproved);
        let frame = self.slots.at(slot).swap(None);
        slots.give_back(slot);
        self.count.store(slots.count(), Ordering::Relaxed);
        frame
    }

    /// Lets go of what was written and synced, unless the number stands for
    /// another page by now.
    pub(crate) fn written(&self, slots: &mut Slots, frames: &[Frame]) {
        for frame in frames {
            let page = Stamp::of(frame).number;
            if let Place::Slot(slot) = self.place(page) {
                let now = self.slots.at(slot).load();
                if now.as_ref().is_some_and(|now| Arc::ptr_eq(now, frame)) {
                    self.remove(slots, page);
                }
            }
        }
    }

    /// All pages that are in memory, in the order of their numbers.
    pub(crate) fn all(&self, slots: &Slots) -> Vec<Frame> {
        let frame = |slot: &u32| self.slots.at(*slot).load_full();
        let mut frames: Vec<Frame> = slots.taken.iter().filter_map(frame).collect();
        frames.sort_unstable_by_key(|frame| Stamp::of(frame).number);
        frames
    }
}

impl Slots {
    fn count(&self) -> u32 {
        narrow(self.taken.len())
    }

    fn take(&mut self) -> u32 {
        let slot = self.empty.pop().unwrap_or_else(|| {
            self.indices.push(0);
            narrow(self.indices.len() - 1)
        });
        self.indices[slot as usize] = self.count();
        self.taken.push(slot);
        slot
    }

    fn give_back(&mut self, slot: u32) {
        let index = self.indices[slot as usize] as usize;
        self.taken.swap_remove(index);
        if let Some(moved) = self.taken.get(index) {
            self.indices[*moved as usize] = narrow(index);
        }
        self.empty.push(slot);
    }
}

fn narrow(count: usize) -> u32 {
    u32::try_from(count).expect("there are no more slots than pages")
}
