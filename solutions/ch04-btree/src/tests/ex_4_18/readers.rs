//! Readers beside syncs: who sees what, and for how long it stays.

use std::collections::BTreeSet;

use conformance::sim::SimDisk;
use engine::page::{PageGroup, PageRead, PageStore};
use proptest::prelude::*;

use crate::copy_on_write::Options;
use crate::tests::held::Held;
use crate::tests::many;
use crate::tests::store::array::Change::{Clear, Pop, Push, Set};
use crate::tests::store::array::{
    Change, all, assert_holds, assert_sound, change, change_model, commit, numbers, reachable,
};
use crate::tests::store::{OPTIONS, open, open_with};

#[test]
fn ex_4_18_readers_see_the_same_in_memory_and_in_the_file() {
    let store = open(&SimDisk::new());
    let mut before = store.read().unwrap();
    let mut group = store.begin().unwrap();
    change(&mut group, &[Push(1), Push(2)]).unwrap();
    assert_eq!(all(&store).unwrap(), [0; 0], "not committed yet");
    assert_eq!(
        numbers(&mut group).unwrap(),
        [1, 2],
        "it sees what it has changed"
    );
    group.commit().unwrap();
    let mut after = store.read().unwrap();
    commit(&store, &[Set(0, 3)]).unwrap();
    for _ in 0..2 {
        assert_eq!(numbers(&mut before).unwrap(), [0; 0]);
        assert_eq!(numbers(&mut after).unwrap(), [1, 2]);
        assert_eq!(numbers(&mut after.clone()).unwrap(), [1, 2]);
        assert_eq!(all(&store).unwrap(), [3, 2]);
        // Also when it is in the file.
        store.sync().unwrap();
    }
    assert!(!after.changed());
}

#[test]
fn ex_4_18_readers_see_the_same_while_hundreds_of_commits_go_by() {
    for frames_bytes_max in [0, 8 * 128, 1 << 20] {
        let disk = SimDisk::new();
        let options = Options {
            frames_bytes_max,
            ..OPTIONS
        };
        let store = open_with(&disk, options);
        commit(&store, &(0..12).map(Push).collect::<Vec<_>>()).unwrap();
        let mut held = Vec::new();
        for round in 0..many(400_u32) {
            if round % 40 == 0 {
                held.push(Held::new(&store));
            }
            commit(&store, &[Set(round as usize, round), Set(3, round)]).unwrap();
            if round % 7 == 0 {
                store.sync().unwrap();
            }
            held.iter_mut().for_each(Held::sees_the_same);
            if round % 90 == 89 {
                held.remove(held.len() / 2);
            }
        }
        assert_sound(&store, "in the end");
        assert_eq!(disk.violations(), [""; 0]);
    }
}

#[test]
fn ex_4_18_a_reader_that_stays_keeps_no_more_than_it_sees() {
    let store = open(&SimDisk::new());
    commit(&store, &(0..20).map(Push).collect::<Vec<_>>()).unwrap();
    store.sync().unwrap();
    let mut held = Held::new(&store);
    let mut most = 0;
    for round in 0..many(1000) {
        commit(&store, &[Set(round, 7)]).unwrap();
        if round % 10 == 0 {
            store.sync().unwrap();
        }
        most = most.max(store.free_pages().unwrap().len());
    }
    // What was made and freed since is used again, though the reader is older.
    assert!(
        most < 200,
        "{most} free pages, which should be fewer than 200: the reader sees none of them, \
         and what was written pins nothing any more"
    );
    held.sees_the_same();
}

#[test]
fn ex_4_18_no_number_is_handed_out_that_anybody_sees() {
    let store = open(&SimDisk::new());
    commit(&store, &(0..8).map(Push).collect::<Vec<_>>()).unwrap();
    let mut held: Vec<Held<'_>> = Vec::new();
    for round in 0..many(300_usize) {
        if round % 5 == 0 {
            held.push(Held::new(&store));
        }
        if held.len() > 6 {
            held.remove(round % 6);
        }
        let used = reachable(&store).unwrap();
        let mut group = store.begin().unwrap();
        let mut own = BTreeSet::new();
        for _ in 0..=round % 9 {
            let (page, _) = group.alloc().unwrap();
            assert!(own.insert(page), "{page:?} twice in a group");
            assert!(!used.contains(&page), "{page:?} is in use");
            let seen = held.iter().find(|held| held.pages.contains(&page));
            assert!(seen.is_none(), "a reader sees {page:?}");
        }
        drop(group);
        commit(&store, &[Set(round, 1), Set(round / 3, 2)]).unwrap();
        if round % 4 == 0 {
            store.sync().unwrap();
        }
    }
    held.iter_mut().for_each(Held::sees_the_same);
}

#[test]
fn ex_4_18_a_store_that_is_emptied_gets_its_pages_back() {
    let disk = SimDisk::new();
    let mut lens = Vec::new();
    for _ in 0..10 {
        let store = open(&disk);
        for round in 0..3 {
            commit(&store, &(0..25).map(Push).collect::<Vec<_>>()).unwrap();
            store.sync().unwrap();
            commit(&store, &[Clear]).unwrap();
            store.sync().unwrap();
            assert_holds(&store, &[], &format!("emptied {round} times"));
        }
        store.close().unwrap();
        lens.push(disk.image().get("pages").unwrap().len());
    }
    let last = lens[lens.len() - 1];
    assert!(
        lens[4..].iter().all(|len| *len == last),
        "it still grows: {lens:?}"
    );
    assert!(last <= 128 * 120, "{last} bytes");
}

#[derive(Debug, Clone)]
enum Step {
    Commit(Vec<Change>),
    Sync,
    Read,
    /// The reader with this number, round and round, ends.
    End(usize),
    /// A reader is cloned, and the first of the two ends.
    Clone(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let change = prop_oneof![
        1 => (0..9_u32).prop_map(Push),
        6 => (0..20_usize, 10..99_u32).prop_map(|(place, number)| Set(place, number)),
        1 => Just(Pop),
    ];
    prop_oneof![
        8 => prop::collection::vec(change, 1..4).prop_map(Step::Commit),
        2 => Just(Step::Sync),
        2 => Just(Step::Read),
        2 => (0..8_usize).prop_map(Step::End),
        1 => (0..8_usize).prop_map(Step::Clone),
    ]
}

proptest! {
    #[test]
    fn ex_4_18_readers_may_begin_and_end_in_any_order(
        steps in prop::collection::vec(step(), 1..60),
        frames_max in prop::sample::select(vec![0, 6, 1000]),
    ) {
        let disk = SimDisk::new();
        let options = Options { frames_bytes_max: frames_max * 128, ..OPTIONS };
        let store = open_with(&disk, options);
        let mut model = vec![1, 2, 3];
        commit(&store, &[Push(1), Push(2), Push(3)]).unwrap();
        let mut held: Vec<Held<'_>> = Vec::new();
        for step in &steps {
            match step {
                Step::Commit(changes) => {
                    let mut changed = model.clone();
                    change_model(&mut changed, changes);
                    if changed.len() < 27 {
                        commit(&store, changes).unwrap();
                        model = changed;
                    }
                }
                Step::Sync => store.sync().unwrap(),
                Step::Read => held.push(Held::new(&store)),
                Step::End(number) if !held.is_empty() => {
                    held.swap_remove(number % held.len());
                }
                Step::Clone(number) if !held.is_empty() => {
                    let number = number % held.len();
                    held[number].reader = held[number].reader.clone();
                }
                Step::End(_) | Step::Clone(_) => {}
            }
            held.iter_mut().for_each(Held::sees_the_same);
            assert_holds(&store, &model, "after each step");
        }
        assert_eq!(disk.violations(), [""; 0]);
    }
}
