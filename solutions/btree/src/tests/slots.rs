//! One slotted page against a model.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::check::{Bounds, sound};
use crate::slotted::{Cell, Found, Slotted, compact, fill, insert, overwrite, remove};

const PAGE_BYTES: usize = 400;

#[derive(Debug, Clone)]
enum Edit {
    Put(String, String),
    Remove(String),
    Compact,
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![3 => "[ab]{0,6}", 2 => "shared/[ab]{0,6}", 1 => "share"]
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        6 => (key(), "[xy]{0,30}").prop_map(|(key, rest)| Edit::Put(key, rest)),
        3 => key().prop_map(Edit::Remove),
        1 => Just(Edit::Compact),
    ]
}

fn cell<'c>(key: &'c str, rest: &'c str) -> Cell<'c> {
    Cell {
        key: key.as_bytes(),
        rest: rest.as_bytes(),
        is_chained: rest.len() == 12,
    }
}

fn find(page: &[u8], key: &str) -> Found {
    Slotted::new(page).unwrap().find(key.as_bytes()).unwrap()
}

fn bytes_of(model: &BTreeMap<String, String>) -> usize {
    model
        .iter()
        .map(|(key, rest)| cell(key, rest).bytes())
        .sum()
}

/// Stores a rest under a key, and answers whether there was room.
fn put(page: &mut [u8], key: &str, rest: &str) -> bool {
    let (found, cell) = (find(page, key), cell(key, rest));
    if found.is_equal {
        if overwrite(page, found.slot, &cell).unwrap() {
            return true;
        }
        remove(page, found.slot).unwrap();
    }
    insert(page, found.slot, &cell).unwrap()
}

proptest! {
    #[test]
    fn a_page_holds_what_was_put_into_it_as_long_as_there_is_room(
        edits in prop::collection::vec(edit(), 1..80),
        probes in prop::collection::vec(key(), 10),
    ) {
        let mut page = vec![0; PAGE_BYTES];
        fill(&mut page, 0, &[]).unwrap();
        let mut model = BTreeMap::new();
        for edit in &edits {
            match edit {
                Edit::Put(key, rest) => {
                    let mut larger = model.clone();
                    larger.insert(key.clone(), rest.clone());
                    let fits = bytes_of(&larger) <= PAGE_BYTES - 26;
                    prop_assert_eq!(put(&mut page, key, rest), fits);
                    model.remove(key);
                    if fits {
                        model = larger;
                    }
                }
                Edit::Remove(key) => {
                    let found = find(&page, key);
                    prop_assert_eq!(found.is_equal, model.remove(key).is_some());
                    if found.is_equal {
                        remove(&mut page, found.slot).unwrap();
                    }
                }
                Edit::Compact => {
                    compact(&mut page).unwrap();
                    prop_assert_eq!(Slotted::new(&page).unwrap().header().garbage, 0);
                }
            }
            let slotted = Slotted::new(&page).unwrap();
            prop_assert_eq!(slotted.used(), bytes_of(&model));
            let cells: Vec<Cell<'_>> = model.iter().map(|(key, rest)| cell(key, rest)).collect();
            prop_assert_eq!(slotted.cells().unwrap(), cells);
            if !model.is_empty() {
                sound(&page, 0, Bounds(&[], None)).unwrap();
            }
            for key in &probes {
                let found = find(&page, key);
                prop_assert_eq!(found.slot, model.range(..key.clone()).count(), "{}", key);
                prop_assert_eq!(found.is_equal, model.contains_key(key), "{}", key);
            }
        }
    }
}

#[test]
fn a_page_full_of_garbage_is_tidied_when_room_is_needed() {
    let mut page = vec![0; PAGE_BYTES];
    fill(&mut page, 0, &[]).unwrap();
    let rest = "r".repeat(100);
    for key in ["a", "b", "c"] {
        assert!(put(&mut page, key, &rest));
    }
    assert!(!put(&mut page, "d", &rest), "three fill it");
    remove(&mut page, 1).unwrap();
    assert_eq!(Slotted::new(&page).unwrap().header().garbage, 105);
    assert!(put(&mut page, "d", &rest), "the cell of b has made room");
    let slotted = Slotted::new(&page).unwrap();
    assert_eq!(slotted.header().garbage, 0);
    let keys: Vec<&[u8]> = (0..3).map(|slot| slotted.cell(slot).unwrap().key).collect();
    assert_eq!(keys, [b"a", b"c", b"d"]);
}

#[test]
fn a_search_looks_at_few_cells_where_heads_differ() {
    // That a cell was looked at shows where cells are no cells any more.
    let keys: Vec<String> = (0..20).map(|n| format!("key/{n:02}")).collect();
    let cells: Vec<Cell<'_>> = keys.iter().map(|key| cell(key, "")).collect();
    let mut page = vec![0; PAGE_BYTES];
    fill(&mut page, 0, &cells).unwrap();
    for (slot, key) in keys.iter().enumerate() {
        let mut damaged = page.clone();
        for other in (0..20).filter(|other| *other != slot) {
            damaged[26 + 6 * other..][..2].copy_from_slice(&[0xff, 0xff]);
        }
        let found = find(&damaged, key);
        assert_eq!(
            found,
            Found {
                slot,
                is_equal: true
            }
        );
    }
}
