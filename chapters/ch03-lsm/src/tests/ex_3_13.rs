pub(super) mod simulation;

use std::ops::Range;

use proptest::prelude::*;

use super::levels::{SHAPE, changed, levels, resized};
use crate::costs::{Run, owed};
use crate::levels::{Described, Levels};
use crate::picking::{Pick, idle, urgent};
use crate::shape::Shape;
use crate::simulation::{PUT_BYTES, Simulation};
use crate::table::TableInfo;

/// The numbers of the tables that are picked: `0: 1 2 -> 3: 4`, and `moves`
/// behind it where they do.
fn said<T: Described>(pick: Option<Pick<T>>) -> String {
    let Some(pick) = pick else {
        return "nothing".to_owned();
    };
    let words = |tables: &[T]| {
        let numbers = tables.iter().map(|table| table.info().number.to_string());
        numbers.collect::<Vec<_>>().join(" ")
    };
    let (level, inputs) = (pick.level, words(&pick.inputs));
    let (next_level, next_inputs) = (pick.next_level, words(&pick.next_inputs));
    let moves = if pick.is_move { " moves" } else { "" };
    let said = format!("{level}: {inputs} -> {next_level}: {next_inputs}");
    said.trim_end().to_owned() + moves
}

#[test]
fn ex_3_13_level_0_is_due_by_its_tables_or_by_their_bytes() {
    let three = levels("0: 1 a-b, 2 a-b, 3 a-b");
    assert_eq!(said(urgent(&three, &SHAPE)), "nothing");
    let large = resized(&three, 2, 200);
    assert_eq!(said(urgent(&large, &SHAPE)), "0: 3 2 1 -> 3:");
    let four = levels("0: 1 a-b, 2 a-b, 3 a-b, 4 a-b");
    assert_eq!(said(urgent(&four, &SHAPE)), "0: 4 3 2 1 -> 3:");
}

#[test]
fn ex_3_13_many_small_tables_become_one_that_stays_in_level_0() {
    let small = |count| {
        let tables = ["", "1 a-b", ", 2 c-d", ", 3 a-b", ", 4 a-z"][..=count].concat();
        let tables = levels(&format!("0: {tables}; 3: 5 a-z"));
        let numbers = 1..=u32::try_from(count).unwrap();
        numbers.fold(tables, |tables, number| resized(&tables, number, 12))
    };
    assert_eq!(said(urgent(&small(3), &SHAPE)), "nothing");
    assert_eq!(said(urgent(&small(4), &SHAPE)), "0: 4 3 2 1 -> 0:");
    assert_eq!(owed(&small(4), &SHAPE), 48);
    // Half of a memtable is worth the way down.
    let half = resized(&small(4), 1, 14);
    assert_eq!(said(urgent(&half, &SHAPE)), "0: 4 3 2 1 -> 3: 5");
}

#[test]
fn ex_3_13_what_is_connected_with_the_oldest_table_of_level_0_goes_with_it() {
    // 1 - 4 - 2 is a chain; 3 and 5 touch nobody in it, but each other.
    let tables = levels("0: 1 c-e, 2 g-i, 3 m-p, 4 e-g, 5 p-r; 3: 6 a-b, 7 d-d, 8 h-k, 9 l-z");
    assert_eq!(said(urgent(&tables, &SHAPE)), "0: 4 2 1 -> 3: 7 8");
}

#[test]
fn ex_3_13_what_is_connected_through_many_tables_goes_with_the_oldest_too() {
    let tables = levels("0: 1 a-c, 2 i-k, 3 e-g, 4 n-p, 5 g-i, 6 c-e; 3: 7 l-m, 8 k-k");
    assert_eq!(said(urgent(&tables, &SHAPE)), "0: 6 5 3 2 1 -> 3: 8");
}

#[test]
fn ex_3_13_a_table_of_level_0_that_overlaps_nothing_moves() {
    let disjoint = levels("0: 1 e-f, 2 c-d, 3 a-b, 4 g-h; 3: 5 i-k");
    assert_eq!(said(urgent(&disjoint, &SHAPE)), "0: 1 -> 3: moves");
    let below = levels("0: 1 e-f, 2 c-d, 3 a-b, 4 g-h; 3: 5 f-k");
    assert_eq!(said(urgent(&below, &SHAPE)), "0: 1 -> 3: 5");
}

#[test]
fn ex_3_13_the_level_that_is_the_largest_for_its_target_goes_first() {
    let tables = levels("0: 1 a-b, 2 a-b, 3 a-b, 4 a-b; 2: 5 a-b, 6 c-d, 7 e-f; 3: 8 a-z");
    let due = |bytes| said(urgent(&resized(&tables, 8, bytes), &SHAPE));
    // 300 bytes of 250 are more than 4 tables of 4; of 400, they are less.
    assert_eq!(due(2500), "2: 5 -> 3: 8");
    assert_eq!(due(4000), "0: 4 3 2 1 -> 2: 5");
}

#[test]
fn ex_3_13_the_table_that_overlaps_the_least_below_goes_down() {
    let tables = levels("2: 1 a-d, 2 e-h, 3 i-l; 3: 4 a-b, 5 c-f, 6 g-g, 7 h-i, 8 m-z");
    let tables = resized(&tables, 8, 1500);
    assert_eq!(said(urgent(&tables, &SHAPE)), "2: 3 -> 3: 7");
    // Which counts by the byte: the first is three times as large.
    let tables = resized(&tables, 1, 300);
    assert_eq!(said(urgent(&tables, &SHAPE)), "2: 1 -> 3: 4 5");
}

#[test]
fn ex_3_13_of_tables_that_cost_the_same_the_oldest_goes_down() {
    let tables = levels("2: 3 a-b, 1 e-f, 2 i-j; 3: 4 a-b, 5 e-f, 6 i-j, 7 x-z");
    let tables = resized(&tables, 7, 2300);
    assert_eq!(said(urgent(&tables, &SHAPE)), "2: 1 -> 3: 5");
}

#[test]
fn ex_3_13_tables_side_by_side_go_down_together_where_they_share_what_is_below() {
    let tables = levels("2: 1 a-b, 2 c-d, 3 e-f, 4 g-h; 3: 5 a-c, 6 d-f, 7 g-h");
    let run = |bytes_max| Run::cheapest(&tables, 2, bytes_max).tables;
    // One of them overlaps a table, or two; two overlap 1 a table, four 3 / 4.
    assert_eq!([run(0), run(99), run(399)], [0..1, 0..1, 0..3]);
    let tables = levels("2: 1 a-b, 2 c-d, 3 e-f, 4 g-h; 3: 5 a-c, 6 d-h");
    assert_eq!(Run::cheapest(&tables, 2, 400).tables, 0..4);
    let tables = levels("2: 1 a-b, 2 c-d, 3 e-f, 4 g-h, 5 i-j, 6 k-l; 3: 7 a-l");
    let run = Run::cheapest(&tables, 2, 1000);
    assert_eq!(
        run.tables,
        0..4,
        "the more of them the cheaper, and no more"
    );
}

#[test]
fn ex_3_13_at_the_same_cost_the_age_of_the_first_table_counts_before_how_many_there_are() {
    let tables = levels("2: 9 a-b, 5 c-d, 7 e-f, 8 g-h; 3: 6 m-n");
    assert_eq!(Run::cheapest(&tables, 2, 1000).tables, 1..4);
    assert_eq!(Run::cheapest(&tables, 2, 200).tables, 1..3);
    assert_eq!(Run::cheapest(&tables, 2, 199).tables, 1..2);
}

#[test]
fn ex_3_13_what_lies_below_between_two_tables_counts_for_both_together() {
    let tables = levels("2: 1 a-b, 2 g-h; 3: 3 c-d, 4 e-f");
    let run = Run::cheapest(&tables, 2, 1000);
    assert_eq!((run.tables, run.bytes_below), (0..1, 0));
    let tables = levels("2: 1 a-b, 2 g-h; 3: 3 b-d, 4 e-f, 5 g-z");
    assert_eq!(Run::cheapest(&tables, 2, 1000).below, 0..1);
}

#[test]
fn ex_3_13_tables_that_overlap_nothing_move_together() {
    let tables = levels("2: 1 a-b, 2 c-d, 3 e-f, 4 i-j; 3: 5 g-h, 6 m-n");
    assert_eq!(said(urgent(&tables, &SHAPE)), "2: 1 2 3 -> 3: moves");
}

#[test]
fn ex_3_13_a_table_whose_tombstones_may_die_is_written_anew_instead() {
    let graves = |tables, number| {
        let levels = changed(&levels(tables), number, |table| table.tombstones = 1);
        said(idle(&levels, &SHAPE))
    };
    assert_eq!(graves("0: 1 a-b; 3: 2 c-d", 1), "0: 1 -> 3:");
    assert_eq!(graves("1: 1 a-b; 2: 2 c-d", 1), "1: 1 -> 2:");
    // What they hide stands deeper still.
    assert_eq!(
        graves("1: 1 a-b; 2: 2 c-d; 3: 3 b-f", 1),
        "1: 1 -> 2: moves"
    );
}

#[test]
fn ex_3_13_an_idle_store_keeps_a_tenth_above_the_bottom_in_bytes_and_in_entries() {
    let tables = resized(&levels("0: 1 a-b; 3: 2 a-z"), 2, 1000);
    let entries = |number, entries, tombstones| {
        let many = changed(&tables, 2, |table| table.entries = 100);
        changed(&many, number, |table| {
            (table.entries, table.tombstones) = (entries, tombstones);
        })
    };
    let said = |levels| said(idle(&levels, &SHAPE));
    assert_eq!(said(entries(1, 10, 0)), "nothing");
    assert_eq!(said(resized(&entries(1, 10, 0), 1, 101)), "0: 1 -> 3: 2");
    assert_eq!(said(entries(1, 11, 0)), "0: 1 -> 3: 2");
    assert_eq!(said(entries(1, 5, 5)), "nothing");
    assert_eq!(said(entries(1, 6, 5)), "0: 1 -> 3: 2");
    assert_eq!(
        urgent(&entries(1, 11, 0), &SHAPE).map(|pick| pick.level),
        None
    );
}

#[test]
fn ex_3_13_an_idle_store_without_a_bottom_gets_one() {
    assert_eq!(said(idle(&levels("0: 1 a-b"), &SHAPE)), "0: 1 -> 3: moves");
    assert_eq!(said(idle(&levels("1: 1 a-b"), &SHAPE)), "1: 1 -> 2: moves");
    assert_eq!(said(idle(&levels("3: 1 a-b"), &SHAPE)), "nothing");
    let empty: Levels<TableInfo> = Levels::new(4);
    assert_eq!(said(idle(&empty, &SHAPE)), "nothing");
}

#[test]
fn ex_3_13_nothing_is_owed_until_something_is_due_and_nothing_for_moves() {
    assert_eq!(owed(&levels("0: 1 a-b, 2 a-b, 3 a-b; 3: 4 a-z"), &SHAPE), 0);
    let due = levels("0: 1 a-b, 2 a-b, 3 a-b, 5 a-b; 3: 4 a-z, 6 zz-zzz");
    assert_eq!(owed(&due, &SHAPE), 500);
    let moves = levels("0: 1 a-b, 2 c-d, 3 e-f, 5 g-h; 3: 4 x-z");
    assert_eq!(owed(&moves, &SHAPE), 0);
}

#[test]
fn what_is_too_much_in_a_level_is_owed_with_its_share_of_what_is_below() {
    let tables = levels("2: 1 a-d, 2 e-h, 3 i-l; 3: 4 a-d, 5 e-h, 6 i-l, 7 m-z");
    // 100 of 300 bytes may stay, and each byte overlaps one.
    assert_eq!(owed(&resized(&tables, 7, 710), &SHAPE), 2 * 200);
    // It is the cheapest that go.
    let tables = levels("2: 1 a-d, 2 e-h, 3 i-l; 3: 4 a-b, 5 c-d, 6 e-h, 7 i-l, 8 m-z");
    assert_eq!(owed(&resized(&tables, 8, 610), &SHAPE), 2 * 200);
}

#[test]
fn what_comes_to_a_level_without_tables_and_is_too_much_is_owed_again_on_its_way_down() {
    let tables = levels("0: 1 a-b, 2 a-b, 3 a-b, 4 a-b; 3: 5 a-z");
    let tables = resized(&tables, 5, 2000);
    // 400 bytes go to level 2, where 200 are too much. A level is ten times as
    // large as the one above.
    assert_eq!(owed(&tables, &SHAPE), 400 + 201 * 11);
}

/// What is done to a simulated store.
#[derive(Debug, Clone, Copy)]
enum Step {
    Put(u32),
    Delete(u32),
    PutRun(u32),
    DeleteRun(u32),
    Flush,
    Urgent,
    Idle,
}

const KEYS: u32 = 120;

fn some_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => (0..KEYS).prop_map(Step::Put),
        6 => (0..KEYS).prop_map(Step::Delete),
        3 => (0..KEYS).prop_map(Step::PutRun),
        1 => (0..KEYS).prop_map(Step::DeleteRun),
        5 => Just(Step::Flush),
        4 => Just(Step::Urgent),
        4 => Just(Step::Idle),
    ]
}

fn run(from: u32) -> Range<u32> {
    from..KEYS.min(from + 40)
}

fn do_step(store: &mut Simulation, step: Step, shape: &Shape) {
    let pick = match step {
        Step::Put(key) => return store.put(key),
        Step::Delete(key) => return store.delete(key),
        Step::PutRun(from) => return run(from).for_each(|key| store.put(key)),
        Step::DeleteRun(from) => return run(from).for_each(|key| store.delete(key)),
        Step::Flush => return store.flush().unwrap(),
        Step::Urgent => urgent(store.levels(), shape),
        Step::Idle => idle(store.levels(), shape),
    };
    if let Some(pick) = pick {
        store.compact(&pick).unwrap();
    }
}

proptest! {
    #[test]
    fn ex_3_13_whatever_is_picked_each_keys_newest_entry_is_found_first(
        steps in prop::collection::vec(some_step(), 1..200),
        ratio in 2..5_u64,
    ) {
        let shape = Shape {
            memtable_bytes: 4 * PUT_BYTES,
            table_bytes: 3 * PUT_BYTES,
            level0_tables: 2,
            ratio,
            levels: 5,
        };
        let mut store = Simulation::new(shape);
        for (index, &step) in steps.iter().enumerate() {
            do_step(&mut store, step, &shape);
            store.levels().check().unwrap();
            let debt = owed(store.levels(), &shape);
            match urgent(store.levels(), &shape) {
                None => prop_assert_eq!(debt, 0),
                Some(pick) if !pick.next_inputs.is_empty() => prop_assert!(debt > 0),
                Some(_) => {}
            }
            for key in 0..KEYS {
                let (found, newest) = (store.find(key), store.newest(key));
                let is_gone = found.is_none() && newest.is_some_and(|entry| entry.is_tombstone);
                prop_assert!(found == newest || is_gone, "key {} after step {}", key, index);
            }
        }
        store.flush().unwrap();
        store.rest().unwrap();
        let sample = store.sample();
        prop_assert!(sample.live > 0 || store.levels().all().next().is_none());
    }
}
