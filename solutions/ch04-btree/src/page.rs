//! A page of the tree: how its bytes are divided, and what its first ones say.

use engine::page::STORE_BYTES;

/// What is wrong with a page, as a phrase. Whoever knows which page it is makes
/// an [`Error::Corrupt`](engine::Error::Corrupt) of it.
pub type Damage = &'static str;

/// The smallest page that a tree can be made of, in bytes …
pub const PAGE_BYTES_MIN: usize = 256;
/// … and the largest: offsets within a page have two bytes, and lengths have a
/// bit less.
pub const PAGE_BYTES_MAX: usize = 32 << 10;

/// The length of a header, the store's bytes left out.
pub const HEADER_BYTES: usize = 10;
/// Where the slots begin.
pub const SLOTS_AT: usize = STORE_BYTES + HEADER_BYTES;
/// The length of a slot.
pub const SLOT_BYTES: usize = 6;

/// The kind of a page of entries.
pub const LEAF: u8 = 1;
/// The kind of a page of children.
pub const INNER: u8 = 2;
/// The kind of a page that holds a part of a long value, see
/// [`overflow`](crate::overflow).
pub const OVERFLOW: u8 = 3;

/// What a page of the tree says of itself.
///
/// Slots grow from the front, cells from the back, and what is free lies
/// between them. The numbers are little-endian.
///
/// ```text
/// offset  size  field
///      0    16  store    the store's own; a tree neither reads nor writes them
///     16     1  kind     1 leaf, 2 inner
///     17     1  level    0 of a leaf, else 1 more than that of each child
///     18     2  count    slots
///     20     2  cells    where the lowest cell begins, in bytes from the page's start
///     22     2  garbage  bytes from there on that belong to no cell
///     24     2  shared   with how many bytes all keys begin alike, at the least
///     26     …  slots    6 bytes each, in the order of their keys
///      …     …  free     any bytes, between the slots and the cells
///      …     …  cells    in any order, up to the page's end
/// ```
///
/// That a child is exactly one level below its parent is more than a check: a
/// walk down the tree ends, whatever the pages hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// How far the page is from the leaves; those are on level 0.
    pub level: u8,
    /// How many slots there are.
    pub count: usize,
    /// Where the lowest cell begins.
    pub cells: usize,
    /// How many bytes from there on belong to no cell.
    pub garbage: usize,
    /// With how many bytes all keys begin alike, at the least.
    pub shared: usize,
}

impl Header {
    /// The header of a page without entries.
    pub fn empty(level: u8, page_bytes: usize) -> Self {
        Header {
            level,
            count: 0,
            cells: page_bytes,
            garbage: 0,
            shared: 0,
        }
    }

    /// The header of the page with these bytes.
    ///
    /// # Errors
    ///
    /// What is wrong; else all slots are in front of all cells, and the garbage
    /// is among them.
    #[inline]
    pub fn decode(bytes: &[u8]) -> Result<Self, Damage> {
        let header = bytes.get(STORE_BYTES..).and_then(<[u8]>::first_chunk);
        let Some(&[kind, level, n0, n1, c0, c1, g0, g1, s0, s1]) = header else {
            return Err("a page is too short");
        };
        if kind != kind_of(level) {
            return Err("this is no page of a tree");
        }
        let number = |low, high| usize::from(u16::from_le_bytes([low, high]));
        let header = Header {
            level,
            count: number(n0, n1),
            cells: number(c0, c1),
            garbage: number(g0, g1),
            shared: number(s0, s1),
        };
        if header.slots_end() > header.cells || header.cells + header.garbage > bytes.len() {
            return Err("the parts of a page overlap");
        }
        Ok(header)
    }

    /// Writes the header into a page.
    ///
    /// # Panics
    ///
    /// Where the page is shorter than [`SLOTS_AT`] or longer than
    /// [`PAGE_BYTES_MAX`].
    pub fn encode(&self, bytes: &mut [u8]) {
        let header = &mut bytes[STORE_BYTES..SLOTS_AT];
        header[0] = kind_of(self.level);
        header[1] = self.level;
        let numbers = [self.count, self.cells, self.garbage, self.shared];
        for (field, number) in header[2..].as_chunks_mut().0.iter_mut().zip(numbers) {
            *field = in_page(number).to_le_bytes();
        }
    }

    /// Where the slots end.
    pub fn slots_end(&self) -> usize {
        SLOTS_AT + self.count * SLOT_BYTES
    }

    /// How many bytes are free between the slots and the cells.
    pub fn free(&self) -> usize {
        self.cells - self.slots_end()
    }

    /// How many bytes of the page are in use by slots and by cells.
    pub fn used(&self, page_bytes: usize) -> usize {
        room(page_bytes) - self.free() - self.garbage
    }
}

/// How many bytes slots and cells can use of a page.
pub fn room(page_bytes: usize) -> usize {
    page_bytes - SLOTS_AT
}

/// An offset within a page, or a length, as its two bytes have it.
pub(crate) fn in_page(number: usize) -> u16 {
    u16::try_from(number).expect("a page is not longer than two bytes can say")
}

fn kind_of(level: u8) -> u8 {
    if level == 0 { LEAF } else { INNER }
}
