use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use conformance::sim::SimDisk;
use engine::page::{PageGroup, PageId, PageRead, PageStore};
use engine::sync::guide::{self, Step};
use engine::{Counter, Error};

use super::store::array::Change::{Push, Set};
use super::store::array::{all, assert_holds, change, commit, numbers, reachable};
use super::store::{is_poisoned, open};
use super::threads::{Over, when_it_asks};
use crate::readers::{Readers, with_its_root};

fn seen(readers: &Readers) -> Vec<u64> {
    let mut commits = Vec::new();
    readers.add_to(&mut commits);
    commits.sort_unstable();
    commits
}

#[test]
fn ex_4_16_whoever_begins_sees_the_last_commit_until_it_ends() {
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
fn ex_4_16_readers_of_many_threads_are_all_found() {
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
fn ex_4_16_the_root_is_that_of_the_commit_whatever_is_published_meanwhile() {
    let readers = Readers::new(0, 0);
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let _over = Over(&is_over);
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
        assert_eq!(wrong, None, "a commit with the root of another");
    });
}

/// What is found where commit 8 is the last one at first, and so many commits
/// are published before each look at a root, after each, or both. The root of a
/// commit is ten times its number.
fn found(before: &[u64], after: &[u64]) -> (u64, u32) {
    let commit = Cell::new(8_u64);
    let roots = [Cell::new(80), Cell::new(70)];
    let publish = |count: Option<&u64>| {
        for _ in 0..count.copied().unwrap_or(0) {
            let next = commit.get() + 1;
            roots[usize::from(next % 2 == 1)].set(u32::try_from(next).unwrap() * 10);
            commit.set(next);
        }
    };
    let look = Cell::new(0);
    let root_of = |number: u64| {
        publish(before.get(look.get()));
        let root = roots[usize::from(number % 2 == 1)].get();
        publish(after.get(look.get()));
        look.set(look.get() + 1);
        root
    };
    with_its_root(|| commit.get(), root_of)
}

#[test]
fn ex_4_16_a_commit_is_found_with_its_own_root_whatever_is_published_between_two_looks() {
    assert_eq!(found(&[], &[]), (8, 80));
    assert_eq!(found(&[1], &[]), (9, 90), "it may have been the root of 10");
    assert_eq!(found(&[2], &[]), (10, 100), "it was the root of 10");
    assert_eq!(found(&[], &[1]), (9, 90));
    assert_eq!(found(&[], &[2]), (10, 100));
    assert_eq!(found(&[3, 2, 1, 4], &[]), (18, 180), "again and again");
    for before in 0..5 {
        for after in 0..5 {
            for again in 0..5 {
                let (commit, root) = found(&[before, again], &[after, again]);
                assert_eq!(u64::from(root), commit * 10, "{before} {after} {again}");
            }
        }
    }
}

/// A commit is published when a reader is about to take its place's lock, and the
/// writer asks then who reads: nobody is there. So the reader must not see what
/// was before.
#[test]
fn ex_4_16_who_is_not_found_has_not_looked_yet() {
    let readers = Arc::new(Readers::new(7, 70));
    let writer = Arc::clone(&readers);
    when_it_asks(move || {
        writer.publish(8, 80);
        let mut found = Vec::new();
        std::thread::scope(|scope| {
            scope.spawn(|| writer.add_to(&mut found));
        });
        assert_eq!(found, [0; 0], "nobody reads yet");
    });
    let begun = readers.begin();
    assert_eq!(
        (begun.commit, begun.root),
        (8, 80),
        "that one was published"
    );
    assert_eq!(seen(&readers), [8]);
    readers.end(&begun);
}

/// From when the lock is taken until it is given back the number is on its way.
#[test]
fn ex_4_16_a_commit_is_looked_up_and_left_under_one_lock() {
    thread_local! {
        static LOCKS: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
    }
    let readers = Readers::new(7, 70);
    guide::set(Some(|step| {
        LOCKS.with_borrow_mut(|locks| match step {
            Step::Took(_) => locks.push("took"),
            Step::Gave(_) => locks.push("gave"),
            _ => {}
        });
    }));
    let begun = readers.begin();
    guide::set(None);
    assert_eq!(LOCKS.take(), ["took", "gave"], "one lock, and once");
    assert_eq!(seen(&readers), [7]);
    readers.end(&begun);
}

#[test]
fn ex_4_16_what_is_committed_is_seen_by_whoever_begins_then() {
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
    {
        assert_eq!(numbers(&mut before).unwrap(), [0; 0]);
        assert_eq!(numbers(&mut after).unwrap(), [1, 2]);
        assert_eq!(numbers(&mut after.clone()).unwrap(), [1, 2]);
        assert_eq!(all(&store).unwrap(), [3, 2]);
    }
    assert!(!after.changed());
}

#[test]
fn ex_4_16_pages_that_are_not_there_are_damage() {
    let disk = SimDisk::new();
    let store = open(&disk);
    commit(&store, &[Push(1)]).unwrap();
    let mut group = store.begin().unwrap();
    let (own, _) = group.alloc().unwrap();
    let mut read = store.read().unwrap();
    for page in [0, 2, own.0, 6, 1000, u64::MAX] {
        let loaded = read.load(PageId(page));
        assert!(
            matches!(loaded, Err(Error::Corrupt { .. })),
            "{page}: {loaded:?}"
        );
        assert_eq!(read.bytes(), [0; 0], "{page}");
    }
    let Error::Corrupt { file, offset, what } = read.corrupt(PageId(4), "is wrong") else {
        panic!("it is damage");
    };
    assert_eq!((&*file, offset, &*what), ("pages", 512, "is wrong"));
}

#[test]
fn ex_4_16_touched_pages_are_counted() {
    let store = open(&SimDisk::new());
    commit(&store, &[Push(1), Push(2)]).unwrap();
    let before = store.stats();
    assert_eq!(all(&store).unwrap(), [1, 2]);
    let stats = store.stats().since(&before);
    assert_eq!(stats[Counter::PagesTouched], 3, "the root and two more");
    assert_eq!(reachable(&store).unwrap().len(), 3);
}

#[test]
fn ex_4_16_a_group_that_is_under_way_when_the_store_is_poisoned_is_not_committed() {
    let store = open(&SimDisk::new());
    commit(&store, &[Push(1), Push(2)]).unwrap();
    let mut group = store.begin().unwrap();
    change(&mut group, &[Set(1, 6)]).unwrap();
    store.poison(Error::NoSpace {
        file: "pages".to_owned(),
    });
    assert_eq!(numbers(&mut group).unwrap(), [1, 6]);
    let Err(Error::Poisoned { cause }) = group.commit() else {
        panic!("it was poisoned");
    };
    assert!(matches!(*cause, Error::NoSpace { .. }));
    assert!(is_poisoned(&store.begin()));
    assert_holds(&store, &[1, 2], "nothing changed");
}

#[test]
fn ex_4_16_readers_see_the_same_while_commits_go_by() {
    let store = open(&SimDisk::new());
    commit(&store, &[Push(0), Push(0), Push(0)]).unwrap();
    let mut held = Vec::new();
    // So few that nobody asks yet who pins what was freed.
    for round in 1..10 {
        held.push((store.read().unwrap(), all(&store).unwrap()));
        commit(&store, &[Set(round as usize, round), Set(1, round)]).unwrap();
        for (reader, seen) in &mut held {
            assert_eq!(numbers(reader).as_ref(), Ok(&*seen), "round {round}");
            assert_eq!(numbers(&mut reader.clone()).as_ref(), Ok(&*seen), "a clone");
        }
        if round % 3 == 0 {
            held.remove(held.len() / 2);
        }
    }
    assert_holds(&store, &all(&store).unwrap(), "in the end");
}
