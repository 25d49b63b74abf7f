use std::sync::Arc;

use engine::{Error, Result};

use crate::levels::{Described, Keys, Levels, Totals};
use crate::shape::Shape;
use crate::table::TableInfo;

/// A table of 100 bytes, from one key to another.
pub(super) fn table(number: u32, smallest: &str, largest: &str) -> TableInfo {
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

pub(super) fn keys<'k>(smallest: &'k str, largest: &'k str) -> Keys<'k> {
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

/// Four tables of 100 bytes make level 0 due; a level of 200 bytes is in use.
pub(super) const SHAPE: Shape = Shape {
    memtable_bytes: 100,
    table_bytes: 100,
    level0_tables: 4,
    ratio: 10,
    levels: 4,
};

/// The same tables, one of them with so many bytes.
pub(super) fn resized(levels: &Levels<TableInfo>, number: u32, bytes: u64) -> Levels<TableInfo> {
    changed(levels, number, |table| table.bytes = bytes)
}

pub(super) fn changed(
    levels: &Levels<TableInfo>,
    number: u32,
    change: impl FnOnce(&mut TableInfo),
) -> Levels<TableInfo> {
    let found = levels.all().find(|(_, table)| table.number == number);
    let (level, mut table) = found.map(|(level, table)| (level, table.clone())).unwrap();
    change(&mut table);
    levels.with(vec![(level, table)], &[number]).unwrap()
}
