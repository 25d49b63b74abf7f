//! Readers: who sees what, and for how long it stays.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use conformance::sim::SimDisk;
use engine::page::{PageGroup, PageId, PageStore};
use proptest::prelude::*;

use super::array::Change::{Clear, Pop, Push, Set};
use super::array::{Change, assert_holds, assert_sound, change_model, commit, numbers, reachable};
use super::{OPTIONS, open, open_with};
use crate::copy_on_write::{CopyOnWrite, Options, Reader};
use crate::readers::Readers;

fn seen(readers: &Readers) -> Vec<u64> {
    let mut commits = Vec::new();
    readers.add_to(&mut commits);
    commits.sort_unstable();
    commits
}

#[test]
fn whoever_begins_sees_the_last_commit_until_it_ends() {
    let readers = Readers::new(7, 70);
    assert_eq!(seen(&readers), [0; 0]);
    let first = readers.begin();
    assert_eq!((first.commit, first.root), (7, 70));
    readers.publish(8, 80);
    let second = readers.begin();
    let third = readers.begin();
    assert_eq!((second.commit, second.root), (8, 80));
    readers.publish(9, 0);
    assert_eq!((readers.begin().commit, readers.commit()), (9, 9));
    assert_eq!(seen(&readers), [7, 8, 9], "each once");
    let again = readers.again(&first);
    assert_eq!((again.commit, again.root), (7, 70));
    readers.end(&first);
    readers.end(&second);
    assert_eq!(seen(&readers), [7, 8, 9]);
    readers.end(&third);
    readers.end(&again);
    assert_eq!(seen(&readers), [9]);
}

#[test]
fn readers_of_many_threads_are_all_found() {
    let readers = Readers::new(1, 1);
    let threads = 40;
    for commit in 2..=threads {
        let begin = || readers.begin();
        let begun = std::thread::scope(|scope| scope.spawn(begin).join().unwrap());
        assert_eq!(begun.commit, commit - 1);
        readers.publish(commit, 1);
        if commit % 3 == 0 {
            // A reader may end in another thread than it began in.
            readers.end(&begun);
        }
    }
    let expected: Vec<u64> = (1..threads)
        .filter(|commit| (commit + 1) % 3 != 0)
        .collect();
    assert_eq!(seen(&readers), expected);
}

#[test]
fn the_root_is_that_of_the_commit_whatever_is_published_meanwhile() {
    let readers = Readers::new(0, 0);
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut commit = 0_u32;
            while !is_over.load(Ordering::Relaxed) {
                commit += 1;
                readers.publish(u64::from(commit), commit);
            }
        });
        let wrong = (0..if cfg!(miri) { 100 } else { 1_000_000 }).find(|_| {
            let seen = readers.begin();
            readers.end(&seen);
            seen.commit != u64::from(seen.root)
        });
        is_over.store(true, Ordering::Relaxed);
        assert_eq!(wrong, None);
    });
}

/// A reader, with what it saw at first.
struct Held<'s> {
    reader: Reader<'s>,
    numbers: Vec<u32>,
    pages: BTreeSet<PageId>,
}

impl<'s> Held<'s> {
    fn new(store: &'s CopyOnWrite) -> Self {
        let mut reader = store.read().unwrap();
        Held {
            numbers: numbers(&mut reader).unwrap(),
            pages: reachable(store).unwrap(),
            reader,
        }
    }

    #[track_caller]
    fn sees_the_same(&mut self) {
        assert_eq!(numbers(&mut self.reader).as_ref(), Ok(&self.numbers));
    }
}

#[test]
fn readers_see_the_same_while_hundreds_of_commits_go_by() {
    for frames_bytes_max in [0, 8 * 128, 1 << 20] {
        let disk = SimDisk::new();
        let options = Options {
            frames_bytes_max,
            ..OPTIONS
        };
        let store = open_with(&disk, options);
        commit(&store, &(0..12).map(Push).collect::<Vec<_>>()).unwrap();
        let mut held = Vec::new();
        for round in 0..400_u32 {
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
fn a_reader_that_stays_keeps_no_more_than_it_sees() {
    let store = open(&SimDisk::new());
    commit(&store, &(0..20).map(Push).collect::<Vec<_>>()).unwrap();
    store.sync().unwrap();
    let mut held = Held::new(&store);
    let mut most = 0;
    for round in 0..1000 {
        commit(&store, &[Set(round, 7)]).unwrap();
        if round % 10 == 0 {
            store.sync().unwrap();
        }
        most = most.max(store.free_pages().unwrap().len());
    }
    // What was made and freed since is used again, though the reader is older.
    assert!(most < 200, "{most} free pages");
    held.sees_the_same();
}

#[test]
fn no_number_is_handed_out_that_anybody_sees() {
    let store = open(&SimDisk::new());
    commit(&store, &(0..8).map(Push).collect::<Vec<_>>()).unwrap();
    let mut held: Vec<Held<'_>> = Vec::new();
    for round in 0..300_usize {
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
fn a_store_that_is_emptied_gets_its_pages_back() {
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
    fn readers_may_begin_and_end_in_any_order(
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
            assert_holds(&store, &model, "behind each step");
        }
        assert_eq!(disk.violations(), [""; 0]);
    }
}
