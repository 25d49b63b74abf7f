use std::collections::BTreeMap;

use proptest::prelude::*;

use super::cells::{PAGE_BYTES, ROOM, assert_has, cell, filled, key, rest};
use super::hex::same_bytes;
use crate::page::{Header, SLOTS_AT};
use crate::slotted::{Cell, Slotted, compact, insert, remove};

/// The cells of a model.
fn cells(model: &BTreeMap<String, String>) -> Vec<Cell<'_>> {
    model.iter().map(|(key, rest)| cell(key, rest)).collect()
}

fn bytes_of(model: &BTreeMap<String, String>) -> usize {
    cells(model).iter().map(Cell::bytes).sum()
}

fn garbage(page: &[u8]) -> usize {
    Slotted::new(page).unwrap().header().garbage
}

/// Where the cell of each slot begins.
fn offsets(page: &[u8]) -> Vec<usize> {
    let page = Slotted::new(page).unwrap();
    let offset = |slot| page.extent(slot).unwrap().key.start - 4;
    (0..page.count()).map(offset).collect()
}

#[test]
fn ex_4_2_a_cell_comes_below_the_lowest_and_its_slot_where_it_belongs() {
    let mut page = filled(0, &[cell("a", "one"), cell("c", "three")]);
    let before = offsets(&page);
    assert_eq!(insert(&mut page, 1, &cell("b", "two")), Ok(true));
    assert_has(
        &page,
        &[cell("a", "one"), cell("b", "two"), cell("c", "three")],
    );
    let lowest = before[1];
    assert_eq!(offsets(&page), [before[0], lowest - 8, before[1]]);
    assert_eq!(insert(&mut page, 3, &cell("d", "")), Ok(true), "after all");
    assert_eq!(insert(&mut page, 0, &cell("", "")), Ok(true), "before all");
    let keys: Vec<&[u8]> = Slotted::new(&page)
        .unwrap()
        .cells()
        .unwrap()
        .iter()
        .map(|cell| cell.key)
        .collect();
    assert_eq!(keys, [&b""[..], b"a", b"b", b"c", b"d"]);
}

#[test]
fn ex_4_2_heads_begin_behind_what_all_keys_share() {
    let mut page = filled(0, &[cell("shared/x", ""), cell("shared/y", "")]);
    let heads = |page: &[u8]| {
        let shared = Slotted::new(page).unwrap().header().shared;
        (shared, page[SLOTS_AT..][2..6].to_vec())
    };
    assert_eq!(heads(&page), (7, b"x\0\0\0".to_vec()));
    insert(&mut page, 2, &cell("shared/z", "")).unwrap();
    assert_eq!(heads(&page), (7, b"x\0\0\0".to_vec()), "they share as much");
    insert(&mut page, 3, &cell("shore", "")).unwrap();
    assert_eq!(heads(&page), (2, b"ared".to_vec()), "now only sh");
    same_bytes(
        &page[SLOTS_AT + 3 * 6 + 2..][..4],
        &[("6f 72 65 00", "head of the last key: ore")],
    );
    remove(&mut page, 3).unwrap();
    assert_eq!(heads(&page).0, 2, "what is left shares that, too");
}

/// A head that is wrong shows whether anybody has written it.
#[test]
fn ex_4_2_no_other_head_is_written_while_the_keys_share_as_much() {
    let mut page = filled(0, &[cell("shared/x", ""), cell("shared/y", "")]);
    let head = |page: &[u8]| page[SLOTS_AT..][2..6].to_vec();
    page[SLOTS_AT..][2..6].fill(0xee);
    insert(&mut page, 2, &cell("shared/z", "")).unwrap();
    assert_eq!(head(&page), [0xee; 4], "they share as much");
    remove(&mut page, 1).unwrap();
    assert_eq!(head(&page), [0xee; 4], "nor by a remove");
    insert(&mut page, 2, &cell("shore", "")).unwrap();
    assert_eq!(head(&page), b"ared", "now each is another one");
}

#[test]
fn ex_4_2_what_is_removed_is_garbage_and_the_others_stay_where_they_are() {
    let all = [cell("a", "one"), cell("b", "two"), cell("c", "three")];
    let mut page = filled(0, &all);
    let before = offsets(&page);
    assert_eq!(remove(&mut page, 1), Ok(()));
    assert_has(&page, &[all[0], all[2]]);
    assert_eq!(offsets(&page), [before[0], before[2]]);
    assert_eq!(garbage(&page), 4 + 1 + 3, "its cell, and not its slot");
    assert_eq!(remove(&mut page, 1), Ok(()));
    assert_eq!(remove(&mut page, 0), Ok(()));
    assert_has(&page, &[]);
    assert_eq!(garbage(&page), 8 + 10 + 8);
}

#[test]
fn ex_4_2_a_page_full_of_garbage_is_tidied_when_room_is_needed() {
    let rest = "r".repeat(100);
    let mut page = filled(0, &[]);
    for (slot, key) in ["a", "b", "c"].into_iter().enumerate() {
        assert_eq!(insert(&mut page, slot, &cell(key, &rest)), Ok(true));
    }
    let full = page.clone();
    assert_eq!(insert(&mut page, 3, &cell("d", &rest)), Ok(false));
    assert!(page == full, "three fill it, and nothing has changed");
    remove(&mut page, 1).unwrap();
    assert_eq!(garbage(&page), 105);
    assert_eq!(
        insert(&mut page, 2, &cell("d", &rest)),
        Ok(true),
        "the cell of b makes room"
    );
    assert_eq!(garbage(&page), 0);
    assert_has(
        &page,
        &[cell("a", &rest), cell("c", &rest), cell("d", &rest)],
    );
}

#[test]
fn ex_4_2_a_page_that_would_be_full_without_its_garbage_is_not_tidied_either() {
    let rest = "r".repeat(100);
    let mut page = filled(0, &["a", "b", "c"].map(|key| cell(key, &rest)));
    remove(&mut page, 1).unwrap();
    let before = page.clone();
    let longer = "r".repeat(150);
    assert_eq!(insert(&mut page, 2, &cell("d", &longer)), Ok(false));
    assert!(page == before, "not a byte is another one");
}

#[test]
fn ex_4_2_a_page_with_room_is_not_tidied() {
    let mut page = filled(0, &[cell("a", "one"), cell("b", "two"), cell("c", "three")]);
    remove(&mut page, 0).unwrap();
    let before = offsets(&page);
    insert(&mut page, 0, &cell("a", "one")).unwrap();
    assert_eq!(offsets(&page)[1..], before, "no cell has moved");
    assert_eq!(garbage(&page), 8);
}

#[test]
fn ex_4_2_a_page_in_which_a_cell_just_fits_is_not_tidied() {
    let mut page = filled(0, &[cell("a", "one"), cell("b", "two")]);
    remove(&mut page, 0).unwrap();
    let before = offsets(&page);
    let free = Header::decode(&page).unwrap().free();
    let rest = "r".repeat(free - cell("c", "").bytes());
    assert_eq!(insert(&mut page, 1, &cell("c", &rest)), Ok(true));
    assert_eq!(offsets(&page)[..1], before, "no cell has moved");
    assert_eq!(garbage(&page), 8);
}

#[test]
fn ex_4_2_the_last_byte_of_a_page_is_used() {
    let rest = "r".repeat(ROOM - 2 * 10 - 2);
    for len in [ROOM - 2 * 10 - 2, ROOM - 2 * 10 - 1] {
        let longer = "r".repeat(len);
        let mut page = filled(0, &[cell("a", "")]);
        let fits = len == rest.len();
        assert_eq!(insert(&mut page, 1, &cell("b", &longer)), Ok(fits), "{len}");
        // As well where garbage is in the way.
        let mut page = filled(0, &[cell("a", ""), cell("c", "garbage")]);
        remove(&mut page, 1).unwrap();
        assert_eq!(insert(&mut page, 1, &cell("b", &longer)), Ok(fits), "{len}");
    }
}

#[test]
fn ex_4_2_a_slot_that_is_not_there_is_damage() {
    let mut page = filled(0, &[cell("a", "1"), cell("b", "2")]);
    assert!(remove(&mut page, 2).is_err());
    assert!(insert(&mut page, 3, &cell("c", "3")).is_err());
    assert_has(&page, &[cell("a", "1"), cell("b", "2")]);
    // It says that there is more garbage than there can be.
    let mut header = Header::decode(&page).unwrap();
    header.garbage = 12;
    header.encode(&mut page);
    assert!(remove(&mut page, 0).is_err(), "more garbage than cells");
}

#[derive(Debug, Clone)]
enum Edit {
    Put(String, String),
    Remove(String),
    Compact,
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        6 => (key(), rest()).prop_map(|(key, rest)| Edit::Put(key, rest)),
        3 => key().prop_map(Edit::Remove),
        1 => Just(Edit::Compact),
    ]
}

proptest! {
    #[test]
    fn ex_4_2_a_page_holds_what_was_put_into_it_as_long_as_there_is_room(
        edits in prop::collection::vec(edit(), 1..80),
    ) {
        let mut page = filled(0, &[]);
        let mut model: BTreeMap<String, String> = BTreeMap::new();
        for edit in &edits {
            match edit {
                Edit::Put(key, rest) => {
                    let slot = model.range(..key.clone()).count();
                    if model.remove(key).is_some() {
                        remove(&mut page, slot).unwrap();
                    }
                    let fits = bytes_of(&model) + cell(key, rest).bytes() <= ROOM;
                    prop_assert_eq!(insert(&mut page, slot, &cell(key, rest)), Ok(fits));
                    if fits {
                        model.insert(key.clone(), rest.clone());
                    }
                }
                Edit::Remove(key) => {
                    let slot = model.range(..key.clone()).count();
                    if model.remove(key).is_some() {
                        prop_assert_eq!(remove(&mut page, slot), Ok(()));
                    }
                }
                Edit::Compact => {
                    prop_assert_eq!(compact(&mut page), Ok(()));
                    prop_assert_eq!(garbage(&page), 0);
                }
            }
            assert_has(&page, &cells(&model));
        }
    }

    #[test]
    fn ex_4_2_no_bytes_make_a_change_panic(
        noise in prop::collection::vec(any::<u8>(), 1..40),
        from in 16..PAGE_BYTES,
        slot in 0..6_usize,
    ) {
        let mut sound = filled(0, &[cell("key/a", "1"), cell("key/b", "2"), cell("key/c", "3")]);
        insert(&mut sound, 3, &cell("key/d", "4")).unwrap();
        let to = PAGE_BYTES.min(from + noise.len());
        sound[from..to].copy_from_slice(&noise[..to - from]);
        let _ = insert(&mut sound.clone(), slot, &cell("kernel", "5"));
        let _ = remove(&mut sound.clone(), slot);
        let _ = compact(&mut sound);
    }
}
