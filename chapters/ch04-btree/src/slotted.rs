//! A slotted page: a directory of slots in the order of their keys, and the
//! cells that they lead to, wherever there was room.
//!
//! To insert in the middle moves some slots of six bytes, and no cell. What is
//! removed leaves its cell behind as garbage, until its room is needed.

use std::hint::black_box;
use std::ops::Range;

use crate::page::{Damage, Header, SLOT_BYTES, SLOTS_AT};

mod edit;
mod search;

pub use edit::{compact, fill, insert, overwrite, remove};
pub use search::{Found, HEAD_BYTES, common_prefix, head_of};

/// The bytes of a cell in front of its key.
pub const CELL_BYTES: usize = 4;
/// What is added to the length of a cell's rest if it leads to a chain.
pub const CHAINED: u16 = 1 << 15;

/// A slot's bytes.
///
/// ```text
/// offset  size  field
///      0     2  offset  of the cell, in bytes from the page's start
///      2     4  head    of the key after what the page's keys share; zeros after its end
/// ```
pub type SlotBytes = [u8; SLOT_BYTES];

/// A key, and what stands with it.
///
/// ```text
/// offset  size  field
///      0     2  key_len   bytes
///      2     2  rest_len  bytes; 32768 more where a chain of overflow pages has the value
///      4     …  key       any bytes
///      …     …  rest      leaf: the value, or where its chain begins; inner: the child
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell<'p> {
    /// The key.
    pub key: &'p [u8],
    /// What stands with it.
    pub rest: &'p [u8],
    /// Whether that is not the value but where the value's chain begins.
    pub is_chained: bool,
}

impl Cell<'_> {
    /// How many bytes of a page it takes, its slot included.
    pub fn bytes(&self) -> usize {
        SLOT_BYTES + CELL_BYTES + self.key.len() + self.rest.len()
    }
}

/// Where the parts of a cell are, in bytes from the page's start.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Extent {
    /// Where the key is.
    pub key: Range<usize>,
    /// Where the rest is.
    pub rest: Range<usize>,
    /// As in the [`Cell`].
    pub is_chained: bool,
}

impl Extent {
    /// Where the parts of the cell are that this slot of a page leads to. All
    /// of it is within the page.
    ///
    /// The lengths stand in front of the key, see [`Cell`]; [`CHAINED`] is no
    /// part of the second one. Whatever the bytes are, nothing panics.
    ///
    /// # Errors
    ///
    /// [`CUT_OFF`], where any byte of the cell would lie after the page's end.
    ///
    /// # Exercise 4.1
    #[inline]
    fn of(page: &[u8], slot: &SlotBytes) -> Result<Self, Damage> {
        todo!("exercise 4.1: Where the parts of the cell are that this slot of a page leads to")
    }

    /// As [`Slotted::extent`], of a page whose header was looked at before.
    ///
    /// # Errors
    ///
    /// What is wrong with the cell.
    #[inline]
    pub fn in_page(page: &[u8], slot: usize) -> Result<Self, Damage> {
        let slot = page.get(SLOTS_AT + slot * SLOT_BYTES..);
        let slot = slot.and_then(|slot| slot.first_chunk());
        Extent::of(page, slot.ok_or(NO_SLOT)?)
    }
}

/// A page's bytes, to be read.
///
/// Whatever the bytes are, reading them panics nowhere, and ends.
#[derive(Debug, Clone, Copy)]
pub struct Slotted<'p> {
    bytes: &'p [u8],
    header: Header,
    slots: &'p [SlotBytes],
}

impl<'p> Slotted<'p> {
    /// The page with these bytes.
    ///
    /// # Errors
    ///
    /// What is wrong with its header; so it is with all that follows.
    #[inline]
    pub fn new(bytes: &'p [u8]) -> Result<Self, Damage> {
        let header = Header::decode(bytes)?;
        let (slots, _none) = bytes[SLOTS_AT..header.slots_end()].as_chunks();
        Ok(Slotted {
            bytes,
            header,
            slots,
        })
    }

    /// What the page says of itself.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// How far the page is from the leaves.
    pub fn level(&self) -> u8 {
        self.header.level
    }

    /// How many slots it has.
    pub fn count(&self) -> usize {
        self.slots.len()
    }

    /// How many bytes its slots and its cells use.
    pub fn used(&self) -> usize {
        self.header.used(self.bytes.len())
    }

    /// The first slot whose key means something. Above the leaves, that of the
    /// first child does not: all that does not lie after another separator is
    /// there.
    pub fn first_with_key(&self) -> usize {
        usize::from(self.level() > 0)
    }

    /// Where the parts of a slot's cell are.
    #[inline]
    pub fn extent(&self, slot: usize) -> Result<Extent, Damage> {
        Extent::of(self.bytes, self.slots.get(slot).ok_or(NO_SLOT)?)
    }

    /// A slot's cell.
    #[inline]
    pub fn cell(&self, slot: usize) -> Result<Cell<'p>, Damage> {
        let extent = self.extent(slot)?;
        Ok(Cell {
            key: &self.bytes[extent.key],
            rest: &self.bytes[extent.rest],
            is_chained: extent.is_chained,
        })
    }

    /// The cells of all slots.
    pub fn cells(&self) -> Result<Vec<Cell<'p>>, Damage> {
        (0..self.count()).map(|slot| self.cell(slot)).collect()
    }
}

const NO_SLOT: &str = "a page has too few slots";
const CUT_OFF: &str = "a cell of a page is cut off";
const TOO_SHORT: &str = "a key is shorter than what it shares";

/// Has the processor fetch a page: it can have several lines under way at a
/// time, and a scan would wait for one after the other.
pub fn fetch(page: &[u8]) {
    /// What a processor fetches in one piece.
    const LINE_BYTES: usize = 64;
    page.iter().step_by(LINE_BYTES).for_each(|byte| {
        black_box(*byte);
    });
}
