//! Changes to a slotted page.
//!
//! What a rest means is nothing to them. Bytes that are damaged make them fail,
//! never panic; what a page holds then is of no use to anybody.

use super::search::bytes_of;
use super::{CELL_BYTES, CHAINED, Cell, Slotted, TOO_SHORT, common_prefix, head_of};
use crate::page::{Damage, Header, SLOT_BYTES, SLOTS_AT, in_page};

/// Inserts a cell in front of the one that `slot` leads to, or after all. The
/// answer is false, and nothing has changed, where the page is full: where even
/// without its garbage it had too little room for the cell and its slot.
///
/// The slots from this one on move up by one, and no other cell moves: this one
/// comes right below the lowest. Where what is free is too little without the
/// garbage, the page is tidied first, by [`compact`]; else it is not.
///
/// What the keys share may be less then, as `shared_with` answers: the header
/// says so, and the heads of all slots begin elsewhere, which `put_heads`
/// writes. While it stays the same, no other head is touched.
///
/// # Errors
///
/// What is wrong with the page. A page that has no such slot, or no more room
/// when it is tidied, said of itself what is not so.
///
/// # Exercise 4.2
pub fn insert(bytes: &mut [u8], slot: usize, cell: &Cell<'_>) -> Result<bool, Damage> {
    todo!("exercise 4.2: Inserts a cell in front of the one that `slot` leads to, or after all")
}

/// Removes a slot, and leaves its cell as garbage: the bytes of the cell are
/// counted as such, those of the slot are free. The slots after it move down.
///
/// What the keys share, and so their heads, stay as they are: it is right of
/// those that are left.
///
/// # Errors
///
/// What is wrong with the page: it has no such slot, the cell is not within it,
/// or it would have more garbage than there is after its lowest cell.
///
/// # Exercise 4.2
pub fn remove(bytes: &mut [u8], slot: usize) -> Result<(), Damage> {
    todo!(
        "exercise 4.2: Removes a slot, and leaves its cell as garbage: the bytes of the cell are counted as such, those of the slot are free"
    )
}

/// Writes the rest of `new` in place of the one that stands with a slot's key.
/// The answer is false, and nothing has changed, where it is not as long, or one
/// is in a chain and the other not.
///
/// # Errors
///
/// What is wrong with the page.
pub fn overwrite(bytes: &mut [u8], slot: usize, new: &Cell<'_>) -> Result<bool, Damage> {
    let old = Slotted::new(bytes)?.extent(slot)?;
    let fits = old.rest.len() == new.rest.len() && old.is_chained == new.is_chained;
    if fits {
        bytes[old.rest].copy_from_slice(new.rest);
    }
    Ok(fits)
}

/// Moves the cells together, so that what was garbage is free. Nothing is lost
/// but the garbage.
///
/// # Errors
///
/// What is wrong with the page.
///
/// # Exercise 4.2
pub fn compact(bytes: &mut [u8]) -> Result<(), Damage> {
    todo!("exercise 4.2: Moves the cells together, so that what was garbage is free")
}

/// Makes a page of `cells`, which are in the order of their keys, in place of
/// what it was.
///
/// The slots come in that order, and the cells as well: the first one ends at
/// the page's end, and each other one where the cell before it begins. There is
/// no garbage. The keys share what the smallest and the largest have in common;
/// above the leaves the first cell's does not count, since it means nothing.
/// Without a key that counts they share nothing. The store's bytes, and those
/// between slots and cells, are left as they are.
///
/// # Errors
///
/// They do not fit, and nothing has changed. Callers count first, so some page
/// says of itself what is not so.
///
/// # Exercise 4.1
pub fn fill(bytes: &mut [u8], level: u8, cells: &[Cell<'_>]) -> Result<(), Damage> {
    todo!(
        "exercise 4.1: Makes a page of `cells`, which are in the order of their keys, in place of what it was"
    )
}

/// With how many bytes all keys of a page begin alike once `key` is at `slot`.
fn shared_with(page: &Slotted<'_>, slot: usize, key: &[u8]) -> Result<usize, Damage> {
    let first = page.first_with_key();
    if page.count() <= first {
        return Ok(key.len());
    }
    let near = page.cell(slot.clamp(first, page.count() - 1))?.key;
    let shared = near.get(..page.header().shared).ok_or(TOO_SHORT)?;
    Ok(if key.starts_with(shared) {
        shared.len()
    } else {
        common_prefix(key, shared)
    })
}

/// Writes all heads anew, for what the page says that its keys share.
fn put_heads(bytes: &mut [u8]) -> Result<(), Damage> {
    let header = Header::decode(bytes)?;
    for slot in 0..header.count {
        let extent = Slotted::new(bytes)?.extent(slot)?;
        let head = head_of(&bytes[extent.key], header.shared);
        bytes[slot_at(slot)..][2..SLOT_BYTES].copy_from_slice(&bytes_of(head));
    }
    Ok(())
}

fn put_slot(bytes: &mut [u8], slot: usize, offset: usize, head: u32) {
    let slot = &mut bytes[slot_at(slot)..][..SLOT_BYTES];
    slot[..2].copy_from_slice(&in_page(offset).to_le_bytes());
    slot[2..].copy_from_slice(&bytes_of(head));
}

fn put_cell(bytes: &mut [u8], offset: usize, cell: &Cell<'_>) {
    let chained = if cell.is_chained { CHAINED } else { 0 };
    let rest_len = in_page(cell.rest.len()) | chained;
    let (head, behind) = bytes[offset..].split_at_mut(CELL_BYTES);
    head[..2].copy_from_slice(&in_page(cell.key.len()).to_le_bytes());
    head[2..].copy_from_slice(&rest_len.to_le_bytes());
    let (key, behind) = behind.split_at_mut(cell.key.len());
    key.copy_from_slice(cell.key);
    behind[..cell.rest.len()].copy_from_slice(cell.rest);
}

fn slot_at(slot: usize) -> usize {
    SLOTS_AT + slot * SLOT_BYTES
}
