use engine::page::STORE_BYTES;
use proptest::prelude::*;

use super::cells::{PAGE_BYTES, ROOM, assert_has, cell, filled, key, rest};
use super::hex::same_bytes;
use crate::node::child_cell;
use crate::page::{SLOT_BYTES, SLOTS_AT};
use crate::slotted::{CHAINED, Cell, Extent, Slotted, fill};

#[test]
fn ex_4_1_the_bytes_of_a_leaf() {
    let mut page = vec![0; 256];
    let cells = [cell("apple", "green"), cell("apricots", "")];
    fill(&mut page, 0, &cells).unwrap();
    let slots_end = 26 + 2 * 6;
    let cells = 256 - 14 - 12;
    same_bytes(
        &page[..slots_end],
        &[
            ("00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00", "store"),
            ("01", "kind"),
            ("00", "level"),
            ("02 00", "count"),
            ("e6 00", "cells"),
            ("00 00", "garbage"),
            ("02 00", "shared"),
            ("f2 00", "offset of the first cell"),
            ("70 6c 65 00", "head of the first key: ple"),
            ("e6 00", "offset of the second cell"),
            ("72 69 63 6f", "head of the second key: rico"),
        ],
    );
    assert!(page[slots_end..cells].iter().all(|byte| *byte == 0));
    same_bytes(
        &page[cells..],
        &[
            ("08 00", "key_len of the second cell"),
            ("00 00", "rest_len"),
            ("61 70 72 69 63 6f 74 73", "key"),
            ("05 00", "key_len of the first cell"),
            ("05 80", "rest_len, which leads to a chain"),
            ("61 70 70 6c 65", "key"),
            ("67 72 65 65 6e", "rest"),
        ],
    );
}

#[test]
fn ex_4_1_the_bytes_of_a_page_above_the_leaves() {
    let (left, right) = (7_u64.to_le_bytes(), 0x0102_0304_u64.to_le_bytes());
    let mut page = vec![0; 256];
    let cells = [child_cell(b"", &left), child_cell(b"m", &right)];
    fill(&mut page, 3, &cells).unwrap();
    same_bytes(
        &page[STORE_BYTES..38],
        &[
            ("02", "kind"),
            ("03", "level"),
            ("02 00", "count"),
            ("e7 00", "cells"),
            ("00 00", "garbage"),
            ("01 00", "shared: of the one key that counts, all"),
            ("f4 00", "offset of the first cell"),
            ("00 00 00 00", "head of the empty key"),
            ("e7 00", "offset of the second cell"),
            ("00 00 00 00", "head of m after what is shared"),
        ],
    );
    same_bytes(
        &page[256 - 25..],
        &[
            ("01 00", "key_len of the second cell"),
            ("08 00", "rest_len"),
            ("6d", "key"),
            ("04 03 02 01 00 00 00 00", "child"),
            ("00 00", "key_len of the first cell"),
            ("08 00", "rest_len"),
            ("07 00 00 00 00 00 00 00", "child"),
        ],
    );
}

#[test]
fn ex_4_1_a_page_of_no_cells_is_all_room() {
    for level in [0, 1] {
        let page = filled(level, &[]);
        let slotted = Slotted::new(&page).unwrap();
        let header = *slotted.header();
        assert_eq!((header.level, header.count), (level, 0));
        assert_eq!((header.cells, header.shared), (PAGE_BYTES, 0));
        assert_eq!((header.free(), header.garbage), (ROOM, 0));
    }
}

#[test]
fn ex_4_1_what_is_neither_slot_nor_cell_is_left_as_it_was() {
    let page = filled(0, &[cell("a", "1"), cell("b", "2")]);
    assert_eq!(
        page[..STORE_BYTES],
        [0xdd; STORE_BYTES],
        "the store's bytes"
    );
    let free = SLOTS_AT + 2 * SLOT_BYTES..PAGE_BYTES - 2 * 6;
    assert!(
        page[free].iter().all(|byte| *byte == 0xdd),
        "the free bytes"
    );
}

#[test]
fn ex_4_1_a_page_takes_what_fits_it_to_the_byte_and_nothing_more() {
    let rest = "r".repeat(ROOM - 2 * 10 - 2);
    let fits = [cell("a", ""), cell("b", &rest)];
    assert_has(&filled(0, &fits), &fits);
    let longer = format!("{rest}r");
    let mut page = filled(0, &[cell("k", "before")]);
    let before = page.clone();
    assert!(fill(&mut page, 0, &[cell("a", ""), cell("b", &longer)]).is_err());
    assert!(page == before, "nothing has changed");
}

#[test]
fn ex_4_1_a_cell_is_within_its_page_or_cut_off() {
    let page = filled(0, &[cell("key", "value of the key")]);
    let extent = Extent::in_page(&page, 0).unwrap();
    assert_eq!(extent.rest.end, PAGE_BYTES, "it ends where the page does");
    assert!(!extent.is_chained);
    assert!(Extent::in_page(&page[..PAGE_BYTES - 1], 0).is_err());
    let at = extent.key.start - 4;
    for (offset, is_there) in [(0, true), (1, false), (4, false), (200, false)] {
        let mut moved = page.clone();
        moved[SLOTS_AT..][..2]
            .copy_from_slice(&(u16::try_from(at).unwrap() + offset).to_le_bytes());
        assert_eq!(Extent::in_page(&moved, 0).is_ok(), is_there, "{offset}");
    }
    for (lens, is_there) in [
        ([3, 16], true),
        ([0, 19], true),
        ([19, 0], true),
        ([3, 17], false),
        ([4, 16], false),
        ([u16::MAX, 0], false),
        ([3, CHAINED - 1], false),
        ([3, CHAINED | 16], true),
        ([3, CHAINED | 17], false),
        ([u16::MAX, u16::MAX], false),
    ] {
        let mut changed = page.clone();
        changed[at..][..2].copy_from_slice(&lens[0].to_le_bytes());
        changed[at + 2..][..2].copy_from_slice(&lens[1].to_le_bytes());
        let found = Extent::in_page(&changed, 0);
        assert_eq!(found.is_ok(), is_there, "lengths of {lens:?}");
        if let Ok(found) = found {
            assert_eq!(found.is_chained, lens[1] & CHAINED != 0, "{lens:?}");
        }
    }
}

proptest! {
    #[test]
    fn ex_4_1_what_a_page_is_filled_with_is_found_in_it(
        cells in prop::collection::btree_map(key(), rest(), 0..12),
        level in 0..2_u8,
    ) {
        let mut cells: Vec<Cell<'_>> = cells.iter().map(|(key, rest)| cell(key, rest)).collect();
        if level > 0 && !cells.is_empty() {
            // It means nothing there.
            cells[0].key = b"";
        }
        let used: usize = cells.iter().map(Cell::bytes).sum();
        prop_assume!(used <= ROOM);
        let page = filled(level, &cells);
        assert_has(&page, &cells);
        let slotted = Slotted::new(&page).unwrap();
        prop_assert_eq!(slotted.header().garbage, 0);
        let extents: Vec<Extent> = (0..cells.len()).map(|slot| slotted.extent(slot).unwrap()).collect();
        let mut end = PAGE_BYTES;
        for extent in extents {
            prop_assert_eq!(extent.rest.end, end, "each cell ends where the one before begins");
            end = extent.key.start - 4;
        }
        let keyed = cells.get(usize::from(level)..).unwrap_or_default();
        let shared = |one: &Cell<'_>, other: &Cell<'_>| {
            one.key.iter().zip(other.key).take_while(|(one, other)| one == other).count()
        };
        let all = keyed.iter().flat_map(|one| keyed.iter().map(move |other| shared(one, other)));
        prop_assert_eq!(slotted.header().shared, all.min().unwrap_or(0), "what all keys share");
    }

    #[test]
    fn ex_4_1_no_bytes_make_a_page_panic(
        noise in prop::collection::vec(any::<u8>(), 0..PAGE_BYTES),
        from in 0..PAGE_BYTES,
        slot in 0..80_usize,
    ) {
        let mut page = filled(0, &[cell("a", "1"), cell("b", "22"), cell("c", "333")]);
        let to = PAGE_BYTES.min(from + noise.len());
        page[from..to].copy_from_slice(&noise[..to - from]);
        if let Ok(extent) = Extent::in_page(&page, slot) {
            prop_assert!(extent.key.end == extent.rest.start && extent.rest.end <= PAGE_BYTES);
        }
        if let Ok(slotted) = Slotted::new(&page) {
            let _ = slotted.cells();
        }
    }
}
