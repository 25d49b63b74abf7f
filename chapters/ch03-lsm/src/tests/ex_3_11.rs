use std::cell::Cell;
use std::rc::Rc;

use proptest::prelude::*;

use super::levels::{keys, levels, table};
use super::panic_of;
use crate::levels::{Described, Levels};
use crate::table::TableInfo;

#[test]
fn ex_3_11_a_table_overlaps_the_keys_that_it_touches() {
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
fn ex_3_11_one_table_of_a_level_may_hold_a_key() {
    let levels = levels("1: 1 b-d, 2 f-h");
    let number = |key: &str| Some(levels.table_of(1, key.as_bytes())?.number);
    let found = ["", "a", "b", "c", "d", "e", "f", "h", "h1", "z"].map(number);
    let (one, two) = (Some(1), Some(2));
    let expected = [None, None, one, one, one, None, two, two, None, None];
    assert_eq!(found, expected);
}

#[test]
fn ex_3_11_a_table_of_one_key_that_is_empty_is_found() {
    let levels = levels("1: 1 -, 2 a-b");
    assert_eq!(levels.table_of(1, b"").map(|table| table.number), Some(1));
    assert_eq!(levels.overlapping(1, &keys("", "")), 0..1);
    levels.check().unwrap();
}

#[test]
fn ex_3_11_only_what_is_deeper_is_below() {
    let levels = levels("1: 1 a-c; 2: 2 e-g; 3: 3 i-k");
    let is_below = |level, key| levels.is_below(level, &keys(key, key));
    assert!(is_below(0, "a") && !is_below(1, "a"));
    assert!(is_below(1, "g") && !is_below(2, "g"));
    assert!(is_below(2, "i") && !is_below(3, "i"));
    assert!(!is_below(0, "d"));
    assert!(levels.is_below(0, &keys("d", "e")));
}

#[test]
fn ex_3_11_of_level_0_neither_is_asked() {
    let levels = levels("0: 1 a-c; 1: 2 d-f");
    assert_eq!(levels.overlapping(1, &keys("a", "b")), 0..0);
    assert!(levels.table_of(1, b"d").is_some());
    panic_of(|| _ = levels.overlapping(0, &keys("a", "b")));
    panic_of(|| {
        levels.table_of(0, b"a").map(|table| table.number);
    });
}

/// A table that counts how often somebody looks at it.
#[derive(Clone)]
struct Counted {
    table: TableInfo,
    looks: Rc<Cell<usize>>,
}

impl Described for Counted {
    fn info(&self) -> &TableInfo {
        self.looks.set(self.looks.get() + 1);
        &self.table
    }
}

#[test]
fn ex_3_11_what_is_asked_of_a_level_looks_at_few_of_its_tables() {
    let looks = Rc::new(Cell::new(0));
    let tables = (0..1000).map(|number: u16| {
        let table = TableInfo {
            smallest: spelled(2 * number),
            largest: spelled(2 * number + 1),
            ..table(u32::from(number), "", "")
        };
        let looks = Rc::clone(&looks);
        (2, Counted { table, looks })
    });
    let levels = Levels::new(4).with(tables.collect(), &[]).unwrap();
    let looks_of = |ask: &dyn Fn()| {
        looks.set(0);
        ask();
        looks.get()
    };
    for (from, to) in [(0, 0), (700, 710), (1200, 1999), (0, 1999), (1999, 1999)] {
        let (from, to) = (spelled(from), spelled(to));
        let keys = &*from..=&*to;
        let found = looks_of(&|| _ = levels.overlapping(2, &keys));
        assert!(found <= 30, "{found} looks for the tables that overlap");
        let found = looks_of(&|| assert!(levels.table_of(2, &from).is_some()));
        assert!(found <= 15, "{found} looks for the table of a key");
    }
}

/// A key for a number, in the order of the numbers.
fn spelled(number: u16) -> Vec<u8> {
    format!("{number:04}").into_bytes()
}

proptest! {
    #[test]
    fn ex_3_11_what_is_found_by_halves_is_what_a_look_at_each_table_finds(
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
