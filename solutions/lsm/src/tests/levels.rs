use std::sync::Arc;

use engine::{Error, Result};
use proptest::prelude::*;

use crate::levels::{Described, Keys, Levels, Totals};
use crate::table::TableInfo;

/// A table of 100 bytes, from one key to another.
fn table(number: u32, smallest: &str, largest: &str) -> TableInfo {
    TableInfo {
        number,
        bytes: 100,
        entries: 10,
        tombstones: 0,
        smallest: smallest.into(),
        largest: largest.into(),
    }
}

/// Four levels with these tables: `0: 1 a-f, 2 c-k; 3: 3 a-z`.
pub(super) fn levels(tables: &str) -> Levels<TableInfo> {
    let mut added = Vec::new();
    for level in tables.split(';') {
        let (level, tables) = level.split_once(':').unwrap();
        for words in tables.split(',') {
            let (number, keys) = words.trim().split_once(' ').unwrap();
            let (smallest, largest) = keys.split_once('-').unwrap();
            let table = table(number.parse().unwrap(), smallest, largest);
            added.push((level.trim().parse().unwrap(), table));
        }
    }
    Levels::new(4).with(added, &[]).unwrap()
}

fn keys<'k>(smallest: &'k str, largest: &'k str) -> Keys<'k> {
    smallest.as_bytes()..=largest.as_bytes()
}

/// The numbers of the tables of a level, in its order.
fn numbers<T: Described>(levels: &Levels<T>, level: usize) -> Vec<u32> {
    let tables = levels.tables(level).iter();
    tables.map(|table| table.info().number).collect()
}

#[track_caller]
fn assert_wrong<T>(result: Result<T>, expected: &str) {
    match result {
        Err(Error::Corrupt { file, what, .. }) => {
            assert_eq!((file.as_str(), what.as_str()), ("manifest", expected));
        }
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it passes, although {expected}"),
    }
}

#[test]
fn level_0_is_newest_first_and_the_others_are_in_the_order_of_their_keys() {
    let levels = levels("0: 3 a-c, 9 a-z, 5 x-z; 2: 8 m-p, 2 a-f, 6 x-z");
    assert_eq!(numbers(&levels, 0), [9, 5, 3]);
    assert_eq!(numbers(&levels, 1), []);
    assert_eq!(numbers(&levels, 2), [2, 8, 6]);
    levels.check().unwrap();
}

#[test]
fn a_table_overlaps_the_keys_that_it_touches() {
    let levels = levels("1: 1 b-d, 2 f-h, 3 j-l");
    for (smallest, largest, expected) in [
        ("", "a", 0..0),
        ("a", "b", 0..1),
        ("d", "d", 0..1),
        ("c", "f", 0..2),
        ("e", "e", 1..1),
        ("d1", "f", 1..2),
        ("h", "j", 1..3),
        ("", "z", 0..3),
        ("l", "z", 2..3),
        ("m", "z", 3..3),
    ] {
        let keys = keys(smallest, largest);
        assert_eq!(
            levels.overlapping(1, &keys),
            expected,
            "{smallest}-{largest}"
        );
    }
}

#[test]
fn one_table_of_a_level_may_hold_a_key() {
    let levels = levels("1: 1 b-d, 2 f-h");
    let number = |key: &str| Some(levels.table_of(1, key.as_bytes())?.number);
    let found = ["", "a", "b", "c", "d", "e", "f", "h", "h1", "z"].map(number);
    let (one, two) = (Some(1), Some(2));
    let expected = [None, None, one, one, one, None, two, two, None, None];
    assert_eq!(found, expected);
}

#[test]
fn a_table_of_one_key_that_is_empty_is_found() {
    let levels = levels("1: 1 -, 2 a-b");
    assert_eq!(levels.table_of(1, b"").map(|table| table.number), Some(1));
    assert_eq!(levels.overlapping(1, &keys("", "")), 0..1);
    levels.check().unwrap();
}

#[test]
fn only_what_is_deeper_is_below() {
    let levels = levels("1: 1 a-c; 2: 2 e-g; 3: 3 i-k");
    let is_below = |level, key| levels.is_below(level, &keys(key, key));
    assert!(is_below(0, "a") && !is_below(1, "a"));
    assert!(is_below(1, "g") && !is_below(2, "g"));
    assert!(is_below(2, "i") && !is_below(3, "i"));
    assert!(!is_below(0, "d"));
    assert!(levels.is_below(0, &keys("d", "e")));
}

#[test]
fn a_change_leaves_what_it_began_with_as_it_was_and_shares_the_rest() {
    let shared = |number, smallest, largest| Arc::new(table(number, smallest, largest));
    let (old, kept) = (shared(1, "a", "c"), shared(2, "d", "f"));
    let added = vec![(1, Arc::clone(&old)), (1, Arc::clone(&kept))];
    let before = Levels::new(4).with(added, &[]).unwrap();
    let after = before.with(vec![(2, shared(3, "a", "c"))], &[1]).unwrap();
    assert_eq!(numbers(&before, 1), [1, 2]);
    assert_eq!((numbers(&after, 1), numbers(&after, 2)), (vec![2], vec![3]));
    assert!(Arc::ptr_eq(&after.tables(1)[0], &kept));
    drop(before);
    assert_eq!(Arc::strong_count(&old), 1, "nobody needs it any more");
}

#[test]
fn a_table_that_moves_is_removed_and_added() {
    let before = levels("1: 1 a-c");
    let after = before.with(vec![(2, table(1, "a", "c"))], &[1]).unwrap();
    assert_eq!((numbers(&after, 1), numbers(&after, 2)), (vec![], vec![1]));
    after.check().unwrap();
}

#[test]
fn totals_follow_what_is_added_and_removed() {
    let levels = levels("0: 1 a-b; 1: 2 a-b, 3 c-d");
    let graves = TableInfo {
        bytes: 7,
        entries: 3,
        tombstones: 2,
        ..table(4, "x", "z")
    };
    let levels = levels.with(vec![(1, graves)], &[2]).unwrap();
    let expected = Totals {
        bytes: 107,
        entries: 13,
        tombstones: 2,
    };
    assert_eq!(levels.totals(1), expected);
    assert_eq!([0, 1, 2].map(|level| levels.bytes(level)), [100, 107, 0]);
}

#[test]
fn an_edit_of_what_is_not_there_is_damage() {
    let levels = levels("1: 1 a-c");
    let missing = levels.with(Vec::new(), &[1, 2]);
    assert_wrong(missing, "table 2 is removed, and is not there");
    let deep = levels.with(vec![(4, table(2, "a", "b"))], &[]);
    assert_wrong(deep, "table 2 is in level 4, and there are 4");
}

#[test]
fn a_check_names_the_tables_that_are_wrong() {
    for (tables, expected) in [
        ("1: 1 a-c, 2 c-d", "tables 1 and 2 overlap in level 1"),
        ("3: 1 a-z, 2 c-d", "tables 1 and 2 overlap in level 3"),
        ("2: 1 a-b, 2 a-b", "tables 1 and 2 overlap in level 2"),
        ("0: 1 a-b; 3: 1 a-b", "table 1 is there twice"),
        ("0: 1 a-b, 1 c-d", "table 1 is there twice"),
        ("1: 7 b-a", "table 7 ends before it begins"),
    ] {
        assert_wrong(levels(tables).check(), expected);
    }
    levels("0: 1 a-c, 2 c-d; 1: 3 a-c, 4 d-d; 2: 5 a-z")
        .check()
        .unwrap();
}

/// A key for a number, in the order of the numbers.
fn spelled(number: u16) -> Vec<u8> {
    format!("{number:04}").into_bytes()
}

proptest! {
    #[test]
    fn what_is_found_by_halves_is_what_a_look_at_each_table_finds(
        ends in prop::collection::btree_set(0..300_u16, 0..60),
        from in 0..320_u16,
        len in 0..40_u16,
    ) {
        let ends: Vec<_> = ends.into_iter().map(spelled).collect();
        let tables = ends.chunks_exact(2).zip(1..).map(|(ends, number)| TableInfo {
            smallest: ends[0].clone(),
            largest: ends[1].clone(),
            ..table(number, "", "")
        });
        let tables: Vec<_> = tables.collect();
        let added = tables.iter().rev().map(|table| (2, table.clone())).collect();
        let levels = Levels::new(4).with(added, &[]).unwrap();
        prop_assert_eq!(levels.check(), Ok(()));

        let (from, to) = (spelled(from), spelled(from + len));
        let keys = &*from..=&*to;
        let found = &levels.tables(2)[levels.overlapping(2, &keys)];
        let overlap = tables.iter().filter(|table| table.largest >= from && table.smallest <= to);
        let expected: Vec<_> = overlap.cloned().collect();
        prop_assert_eq!(levels.is_below(1, &keys), !expected.is_empty());
        prop_assert!(!levels.is_below(2, &keys));
        prop_assert_eq!(found, expected);
        let holds = |table: &&TableInfo| table.smallest <= from && table.largest >= from;
        prop_assert_eq!(levels.table_of(2, &from), tables.iter().find(holds));
    }
}
