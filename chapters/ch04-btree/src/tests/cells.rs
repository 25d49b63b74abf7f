//! Pages by themselves, and what stands in them.

use proptest::prelude::*;

use crate::check::{in_heads, in_place};
use crate::slotted::{Cell, Slotted, fill};

/// The size of a page of cells.
pub(super) const PAGE_BYTES: usize = 400;
/// How many bytes slots and cells can use of it.
pub(super) const ROOM: usize = PAGE_BYTES - 26;

/// A cell; one in three is said to lead to a chain.
pub(super) fn cell<'c>(key: &'c str, rest: &'c str) -> Cell<'c> {
    Cell {
        key: key.as_bytes(),
        rest: rest.as_bytes(),
        is_chained: rest.len() % 3 == 2,
    }
}

/// A page of these cells, in bytes that were others before.
pub(super) fn filled(level: u8, cells: &[Cell<'_>]) -> Vec<u8> {
    let mut page = vec![0xdd; PAGE_BYTES];
    assert_eq!(fill(&mut page, level, cells), Ok(()));
    page
}

/// Panics where a page does not have these cells, or one of its parts is not as
/// the page says.
#[track_caller]
pub(super) fn assert_has(page: &[u8], cells: &[Cell<'_>]) {
    let slotted = Slotted::new(page).unwrap();
    assert_eq!(slotted.cells().unwrap(), cells, "the cells of the page");
    let used: usize = cells.iter().map(Cell::bytes).sum();
    assert_eq!(slotted.used(), used, "the bytes that are in use");
    assert_eq!(in_place(&slotted, page.len()), Ok(()));
    if cells.len() > slotted.first_with_key() {
        assert_eq!(in_heads(&slotted, cells), Ok(()));
    }
}

/// Keys that often begin alike, and are often the same.
pub(super) fn key() -> impl Strategy<Value = String> {
    prop_oneof![3 => "[ab]{0,6}", 2 => "shared/[ab]{0,6}", 1 => "share"]
}

/// What stands with a key.
pub(super) fn rest() -> impl Strategy<Value = String> {
    "[xy]{0,30}"
}
