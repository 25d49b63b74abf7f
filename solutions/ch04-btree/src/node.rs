//! What the cells of a page mean: values in a leaf, children above.
//!
//! A page on a higher level has a cell for each child, and its key is the
//! *separator* between that child and the one before: no key of the child is
//! smaller, and all keys of those before are. The first child has no other
//! before it, and the empty key for a separator.

use engine::Limits;
use engine::page::PageId;

use crate::page::{Damage, SLOT_BYTES, room};
use crate::slotted::{CELL_BYTES, Cell, Slotted, common_prefix};

/// The bytes that stand for a value which is in a chain.
pub const CHAIN_BYTES: usize = 12;
/// The bytes that stand for a child.
///
/// ```text
/// offset  size  field
///      0     8  child  the number of its page
/// ```
pub const CHILD_BYTES: usize = 8;
/// At the least this many entries fit a page.
pub const ENTRIES_MIN: usize = 4;
/// The longest value, in bytes.
pub const VALUE_BYTES_MAX: usize = 16 << 20;
/// The largest batch, in bytes.
pub const BATCH_BYTES_MAX: usize = 64 << 20;

/// What a tree of pages of this size takes.
///
/// A key is so short that four of them fit a page, with what stands for a long
/// value: else a page could not be halved.
pub fn limits(page_bytes: usize) -> Limits {
    Limits {
        key_bytes_max: cell_room(page_bytes) - CHAIN_BYTES,
        value_bytes_max: VALUE_BYTES_MAX,
        batch_bytes_max: BATCH_BYTES_MAX,
    }
}

/// Answers whether an entry stands in a leaf with its value, rather than with
/// the place of its chain.
pub fn fits_leaf(page_bytes: usize, key_len: usize, value_len: usize) -> bool {
    key_len + value_len <= cell_room(page_bytes)
}

/// How many bytes a key and its rest can have in one of the cells of a page.
fn cell_room(page_bytes: usize) -> usize {
    room(page_bytes) / ENTRIES_MIN - SLOT_BYTES - CELL_BYTES
}

/// The value of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'p> {
    /// It stands in the leaf.
    Here(&'p [u8]),
    /// It is too long for that.
    Chained(Chain),
}

/// Where a long value is: in a chain of overflow pages.
///
/// ```text
/// offset  size  field
///      0     4  len    bytes of the value
///      4     8  first  the number of the chain's first page
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chain {
    /// How long the value is, in bytes.
    pub len: usize,
    /// The first page of the chain.
    pub first: PageId,
}

impl Chain {
    /// The bytes that stand for the value in a leaf.
    pub fn to_bytes(self) -> [u8; CHAIN_BYTES] {
        let mut bytes = [0; CHAIN_BYTES];
        let len = u32::try_from(self.len).expect("values keep within the limit");
        bytes[..4].copy_from_slice(&len.to_le_bytes());
        bytes[4..].copy_from_slice(&self.first.0.to_le_bytes());
        bytes
    }

    /// The chain that these bytes lead to.
    pub fn decode(rest: &[u8]) -> Result<Self, Damage> {
        let bytes: [u8; CHAIN_BYTES] = rest.try_into().or(Err("no chain begins here"))?;
        let [l0, l1, l2, l3, first @ ..] = bytes;
        let len = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
        if !(1..=VALUE_BYTES_MAX).contains(&len) {
            return Err("a value is longer than it can be, or has no byte in its chain");
        }
        let first = PageId(u64::from_le_bytes(first));
        Ok(Chain { len, first })
    }
}

/// The value that a leaf's cell has.
pub fn value<'p>(cell: &Cell<'p>) -> Result<Value<'p>, Damage> {
    Ok(if cell.is_chained {
        Value::Chained(Chain::decode(cell.rest)?)
    } else {
        Value::Here(cell.rest)
    })
}

/// The child that a slot of a page above the leaves leads to.
pub fn child(page: &Slotted<'_>, slot: usize) -> Result<PageId, Damage> {
    let rest = page.cell(slot)?.rest;
    let child = rest.try_into().or(Err("no child stands here"))?;
    Ok(PageId(u64::from_le_bytes(child)))
}

/// The slot of the child that has `key`, if any page has it: the last one whose
/// separator is not larger, and the first one where all others are. A key that
/// is a separator is after it.
///
/// # Errors
///
/// What is wrong with a cell of the page.
///
/// # Exercise 4.4
pub fn child_slot(page: &Slotted<'_>, key: &[u8]) -> Result<usize, Damage> {
    let found = page.find(key)?;
    if found.is_equal {
        return Ok(found.slot);
    }
    Ok(found.slot.saturating_sub(1))
}

/// The cell of a child that lies after a separator.
pub fn child_cell<'c>(separator: &'c [u8], child: &'c [u8; CHILD_BYTES]) -> Cell<'c> {
    Cell {
        key: separator,
        rest: child,
        is_chained: false,
    }
}

/// The shortest key that is larger than `last`, and not larger than `first`,
/// where `last < first` are the keys on both sides of a border between leaves.
///
/// The shorter separators are, the more children a page has, and the lower the
/// tree is (R. Bayer and K. Unterauer, "Prefix B-trees", 1977: *simple prefix
/// B-trees*).
///
/// Where `last` is not smaller, a page is damaged: then it is any key that
/// `first` begins with, and nothing panics.
///
/// # Exercise 4.7
pub fn separator<'k>(last: &[u8], first: &'k [u8]) -> &'k [u8] {
    let len = common_prefix(last, first) + 1;
    first.get(..len).unwrap_or(first)
}

/// At which cell to halve cells, so that both halves have about as many bytes:
/// the index of the first cell of the upper half. Of all cuts that leave a cell
/// on each side it is the one with the smallest difference, counting each cell's
/// [bytes](Cell::bytes); of two such cuts the lower one. Of fewer than two cells
/// it is 1.
///
/// # Exercise 4.7
pub fn middle(cells: &[Cell<'_>]) -> usize {
    let all: usize = cells.iter().map(Cell::bytes).sum();
    let (mut before, mut best) = (0, (usize::MAX, 1));
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            best = best.min((all.abs_diff(2 * before), at));
        }
        before += cell.bytes();
    }
    best.1
}
