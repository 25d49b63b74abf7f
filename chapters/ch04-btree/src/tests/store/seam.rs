//! What a tree takes for granted of the store, and what is counted for it.

use conformance::sim::SimDisk;
use engine::Counter;
use engine::page::{PageGroup, PageRead, PageStore};
use engine::sync::PLACES;

use super::array::Change::{Push, Set};
use super::array::{change, commit};
use super::open;
use crate::readers::{Readers, half};

#[test]
fn pages_are_counted_by_whoever_touches_them_when_it_ends() {
    let store = open(&SimDisk::new());
    commit(&store, &[Push(1)]).unwrap();
    let root = store.read().unwrap().root().unwrap();
    let touched = || store.stats()[Counter::PagesTouched];
    let before = touched();
    let mut read = store.read().unwrap();
    (0..3).for_each(|_| read.load(root).unwrap());
    drop(read);
    assert_eq!(touched() - before, 3, "by a reader");
    let mut group = store.begin().unwrap();
    (0..4).for_each(|_| group.load(root).unwrap());
    drop(group);
    assert_eq!(touched() - before, 3 + 4, "by a group");
}

#[test]
fn whoever_stands_on_the_store_counts_where_it_does() {
    let store = open(&SimDisk::new());
    store.counters().add(Counter::Gets, 5);
    assert_eq!(store.stats()[Counter::Gets], 5);
}

#[test]
fn nobody_has_to_walk_anew_whatever_is_changed() {
    let store = open(&SimDisk::new());
    commit(&store, &[Push(1)]).unwrap();
    let (mut read, mut group) = (store.read().unwrap(), store.begin().unwrap());
    assert_eq!(read.root(), group.root());
    change(&mut group, &[Set(0, 2)]).unwrap();
    assert!(!group.changed(), "it sees its own changes");
    group.commit().unwrap();
    assert!(!read.changed(), "it sees what it saw");
}

#[test]
fn a_reader_that_begins_again_in_another_thread_ends_where_that_left_its_number() {
    let readers = Readers::new(7, 70);
    let seen = || {
        let mut commits = Vec::new();
        readers.add_to(&mut commits);
        commits.len()
    };
    for _ in 0..PLACES {
        let first = readers.begin();
        let again = std::thread::scope(|scope| {
            let thread = scope.spawn(|| readers.again(&first));
            thread.join().unwrap()
        });
        readers.end(&first);
        assert_eq!(seen(), 1, "the other one goes on");
        readers.end(&again);
        assert_eq!(seen(), 0);
    }
}

/// Whoever has looked up a commit may look for its root when the next one is
/// being published.
#[test]
fn the_root_of_a_commit_is_not_where_the_next_one_leaves_its_own() {
    for commit in 1..9 {
        assert_ne!(half(commit), half(commit + 1), "{commit}");
    }
}
