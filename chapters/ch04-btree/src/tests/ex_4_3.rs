use proptest::prelude::*;

use super::cells::{PAGE_BYTES, ROOM, cell, filled, key, rest};
use crate::node::child_cell;
use crate::slotted::{Cell, Found, Slotted};

fn find(page: &[u8], key: &str) -> Found {
    Slotted::new(page).unwrap().find(key.as_bytes()).unwrap()
}

#[track_caller]
fn is_at(page: &[u8], key: &str, slot: usize, is_equal: bool) {
    assert_eq!(find(page, key), Found { slot, is_equal }, "{key:?}");
}

#[test]
fn ex_4_3_a_key_is_found_or_its_place_is() {
    let page = filled(0, &["b", "d", "d\0", "dune", "f"].map(|key| cell(key, "")));
    for (slot, key) in ["b", "d", "d\0", "dune", "f"].into_iter().enumerate() {
        is_at(&page, key, slot, true);
    }
    for (key, slot) in [
        ("", 0),
        ("a", 0),
        ("bb", 1),
        ("d\0\0", 3),
        ("dun", 3),
        ("e", 4),
        ("ff", 5),
    ] {
        is_at(&page, key, slot, false);
    }
    is_at(&filled(0, &[]), "a", 0, false);
}

#[test]
fn ex_4_3_a_key_that_begins_otherwise_is_before_or_behind_all() {
    let page = filled(0, &["shared/b", "shared/d"].map(|key| cell(key, "")));
    for (key, slot) in [
        ("", 0),
        ("shar", 0),
        ("shared", 0),
        ("shared/", 0),
        ("shared.c", 0),
        ("share", 0),
        ("share/c", 0),
        ("sharee", 2),
        ("shared0c", 2),
        ("t", 2),
        ("shared/c", 1),
        ("shared/bb", 1),
    ] {
        is_at(&page, key, slot, false);
    }
}

#[test]
fn ex_4_3_above_the_leaves_the_first_key_means_nothing() {
    let child = [7; 8];
    let page = |keys: &[&str]| {
        let cells: Vec<_> = keys
            .iter()
            .map(|key| child_cell(key.as_bytes(), &child))
            .collect();
        filled(1, &cells)
    };
    let two = page(&["", "shared/m", "shared/t"]);
    for (key, slot) in [
        ("", 1),
        ("a", 1),
        ("shared/a", 1),
        ("shared/n", 2),
        ("shared/z", 3),
        ("z", 3),
    ] {
        is_at(&two, key, slot, false);
    }
    is_at(&two, "shared/m", 1, true);
    is_at(&two, "shared/t", 2, true);
    let one = page(&[""]);
    is_at(&one, "", 1, false);
    is_at(&one, "a", 1, false);
}

#[test]
fn ex_4_3_a_search_looks_at_no_other_cell_where_heads_differ() {
    // That a cell was looked at shows where cells are no cells any more.
    let keys: Vec<String> = (0..20).map(|n| format!("key/{n:02}")).collect();
    let cells: Vec<Cell<'_>> = keys.iter().map(|key| cell(key, "")).collect();
    let page = filled(0, &cells);
    for (slot, key) in keys.iter().enumerate() {
        let mut damaged = page.clone();
        for other in (0..20).filter(|other| *other != slot) {
            damaged[26 + 6 * other..][..2].copy_from_slice(&[0xff, 0xff]);
        }
        is_at(&damaged, key, slot, true);
    }
}

#[test]
fn ex_4_3_where_heads_are_the_same_cells_are_looked_at_by_halves() {
    let keys: Vec<String> = (0..20).map(|n| format!("same/{n:02}")).collect();
    let keys: Vec<String> = std::iter::once("a".to_owned()).chain(keys).collect();
    let cells: Vec<Cell<'_>> = keys.iter().map(|key| cell(key, "")).collect();
    let page = filled(0, &cells);
    let looked_at = |key: &str| {
        let is_looked_at = |slot: &usize| {
            let mut damaged = page.clone();
            damaged[26 + 6 * slot..][..2].copy_from_slice(&[0xff, 0xff]);
            Slotted::new(&damaged)
                .unwrap()
                .find(key.as_bytes())
                .is_err()
        };
        (0..21).filter(is_looked_at).count()
    };
    for key in ["same/00", "same/13", "same/19", "same/135"] {
        let cells = looked_at(key);
        assert!((1..=6).contains(&cells), "{cells} of 21 cells, for {key}");
    }
}

/// That a head was looked at shows where another one leads elsewhere.
#[test]
fn ex_4_3_heads_are_looked_at_by_halves() {
    let others: Vec<String> = ('A'..='Z').map(String::from).collect();
    let same = (0..20).map(|n| format!("same/{n:02}"));
    let same: Vec<String> = std::iter::once("a".to_owned()).chain(same).collect();
    for keys in [others, same] {
        let cells: Vec<Cell<'_>> = keys.iter().map(|key| cell(key, "")).collect();
        let page = filled(0, &cells);
        let found = |page: &[u8], key: &str| Slotted::new(page).unwrap().find(key.as_bytes());
        let absent: Vec<String> = keys.iter().map(|key| format!("{key}~")).collect();
        for key in keys.iter().chain(&absent) {
            let is_looked_at = |slot: &usize| {
                [0, 0xff].into_iter().any(|byte| {
                    let mut other = page.clone();
                    other[26 + 6 * slot + 2..][..4].fill(byte);
                    found(&other, key) != found(&page, key)
                })
            };
            let heads = (0..keys.len()).filter(is_looked_at).count();
            // Halves of 26, twice where several are the same, and its neighbours.
            let count = keys.len();
            assert!(heads <= 12, "{heads} of {count} heads, for {key}");
        }
    }
}

#[test]
fn ex_4_3_a_cell_on_the_way_that_cannot_be_read_is_answered() {
    let mut page = filled(0, &["a", "b", "c"].map(|key| cell(key, "")));
    page[26 + 6..][..2].copy_from_slice(&[0xff, 0xff]);
    let slotted = Slotted::new(&page).unwrap();
    assert!(slotted.find(b"b").is_err());
    assert_eq!(
        slotted.find(b"a"),
        Ok(Found {
            slot: 0,
            is_equal: true
        }),
        "not on the way"
    );
}

proptest! {
    #[test]
    fn ex_4_3_what_is_in_a_page_is_found_and_what_is_not_has_its_place(
        cells in prop::collection::btree_map(key(), rest(), 0..12),
        probes in prop::collection::vec(key(), 10),
    ) {
        let entries: Vec<Cell<'_>> = cells.iter().map(|(key, rest)| cell(key, rest)).collect();
        prop_assume!(entries.iter().map(Cell::bytes).sum::<usize>() <= ROOM);
        let page = filled(0, &entries);
        for key in probes.iter().chain(cells.keys()) {
            let found = find(&page, key);
            prop_assert_eq!(found.slot, cells.range(..key.clone()).count(), "{}", key);
            prop_assert_eq!(found.is_equal, cells.contains_key(key), "{}", key);
        }
    }

    #[test]
    fn ex_4_3_no_bytes_make_a_search_panic(
        noise in prop::collection::vec(any::<u8>(), 1..60),
        from in 16..PAGE_BYTES,
        probes in prop::collection::vec(key(), 5),
    ) {
        let mut page = filled(0, &["shared/a", "shared/b", "shared/c"].map(|key| cell(key, "")));
        let to = PAGE_BYTES.min(from + noise.len());
        page[from..to].copy_from_slice(&noise[..to - from]);
        let Ok(slotted) = Slotted::new(&page) else { return Ok(()) };
        for key in &probes {
            if let Ok(found) = slotted.find(key.as_bytes()) {
                prop_assert!(found.slot <= slotted.count());
            }
        }
    }
}
