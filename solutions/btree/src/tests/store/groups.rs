//! Groups of changes: whole or not at all.

use std::collections::BTreeSet;
use std::sync::Arc;

use conformance::sim::{Fail, Faults, Part, SimDisk, Unsynced};
use engine::page::{PageGroup, PageId, PageRead, PageStore, STORE_BYTES};
use engine::{Counter, Error, Result};

use super::array::Change::{Clear, Pop, Push, Set};
use super::array::{all, assert_holds, assert_sound, change, commit, numbers, reachable};
use super::{OPTIONS, is_poisoned, open, open_with};
use crate::copy_on_write::{CopyOnWrite, Options};

#[test]
fn a_new_store_is_empty_and_stays_so() {
    let disk = SimDisk::new();
    for _ in 0..3 {
        let store = open(&disk);
        assert_eq!(store.read().unwrap().root(), None);
        assert_eq!(store.page_bytes(), 128);
        assert_holds(&store, &[], "new");
        store.close().unwrap();
    }
    let store = open(&disk);
    commit(&store, &[Push(1)]).unwrap();
    store.close().unwrap();
    assert_eq!(disk.image().files().count(), 1);
    assert_holds(&open(&disk), &[1], "opened again");
}

#[test]
fn what_is_committed_is_seen_by_whoever_begins_then() {
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
fn a_group_that_is_dropped_leaves_nothing_and_gives_its_numbers_back() {
    let disk = SimDisk::new();
    let store = open(&disk);
    commit(&store, &[Push(1), Push(2), Push(3)]).unwrap();
    let changes = [Set(0, 4), Pop, Push(5), Set(1, 6), Pop, Clear, Push(7)];
    for undone in 0..=changes.len() {
        let mut group = store.begin().unwrap();
        change(&mut group, &changes[..undone]).unwrap();
        drop(group);
        assert_holds(&store, &[1, 2, 3], &format!("behind {undone} changes"));
    }
    let written = store.stats()[Counter::BytesWritten];
    let pages = store.free_pages().unwrap().len();
    let mut group = store.begin().unwrap();
    change(&mut group, &changes).unwrap();
    drop(group);
    assert_eq!(store.free_pages().unwrap().len(), pages, "the same numbers");
    assert_eq!(
        store.stats()[Counter::BytesWritten],
        written,
        "nothing is written"
    );
}

#[test]
fn a_page_of_others_is_copied_once_and_a_page_of_its_own_never() {
    let store = open(&SimDisk::new());
    let mut group = store.begin().unwrap();
    let (first, bytes) = group.alloc().unwrap();
    bytes[STORE_BYTES..].fill(7);
    let (same, bytes) = group.page_mut(first).unwrap();
    assert_eq!((same, bytes[STORE_BYTES]), (first, 7));
    group.set_root(Some(first));
    group.commit().unwrap();

    let mut group = store.begin().unwrap();
    group.load(first).unwrap();
    let (copy, bytes) = group.page_mut(first).unwrap();
    assert_ne!(copy, first);
    assert!(bytes[STORE_BYTES..].iter().all(|byte| *byte == 7));
    bytes[STORE_BYTES] = 8;
    assert_eq!(group.page_mut(copy).unwrap().0, copy);
    group.load(first).unwrap();
    assert_eq!(
        group.bytes()[STORE_BYTES],
        7,
        "the page itself is as it was"
    );
    group.load(copy).unwrap();
    assert_eq!(group.bytes()[STORE_BYTES], 8);
    group.set_root(Some(copy));
    group.commit().unwrap();
    assert_eq!(reachable_root(&store), BTreeSet::from([copy]));
    assert_eq!(store.check_books(|_| Ok(BTreeSet::from([copy]))), Ok(()));
}

fn reachable_root(store: &impl PageStore) -> BTreeSet<PageId> {
    store.read().unwrap().root().into_iter().collect()
}

#[test]
fn a_page_of_its_own_that_it_frees_is_handed_out_again_full_of_zeros() {
    let store = open(&SimDisk::new());
    let mut group = store.begin().unwrap();
    let mut pages: Vec<PageId> = Vec::new();
    for _ in 0..5 {
        let (page, bytes) = group.alloc().unwrap();
        bytes[STORE_BYTES..].fill(9);
        pages.push(page);
    }
    // Not the last one: the others keep their bytes.
    group.free(pages[1]).unwrap();
    let lost = group.load(pages[1]);
    assert!(
        lost.is_err() || group.bytes()[STORE_BYTES] == 0,
        "it is gone"
    );
    let (again, bytes) = group.alloc().unwrap();
    assert_eq!(again, pages[1]);
    assert!(bytes[STORE_BYTES..].iter().all(|byte| *byte == 0));
    for page in [pages[0], pages[2], pages[3], pages[4]] {
        group.load(page).unwrap();
        assert_eq!(group.bytes()[STORE_BYTES], 9, "{page:?}");
    }
}

#[test]
fn a_commit_of_nothing_is_none() {
    let disk = SimDisk::new();
    let store = open(&disk);
    commit(&store, &[Push(1)]).unwrap();
    store.sync().unwrap();
    let before = disk.operations().len();
    store.begin().unwrap().commit().unwrap();
    let mut group = store.begin().unwrap();
    let (page, _) = group.alloc().unwrap();
    group.free(page).unwrap();
    group.commit().unwrap();
    store.sync().unwrap();
    assert_eq!(disk.operations().len(), before);
}

#[test]
fn pages_that_are_not_there_are_damage() {
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
    for page in [0, 2, 1000, u64::MAX] {
        assert!(matches!(
            group.load(PageId(page)),
            Err(Error::Corrupt { .. })
        ));
        assert!(matches!(
            group.page_mut(PageId(page)),
            Err(Error::Corrupt { .. })
        ));
        assert!(matches!(
            group.free(PageId(page)),
            Err(Error::Corrupt { .. })
        ));
    }
    let Error::Corrupt { file, offset, what } = read.corrupt(PageId(4), "is wrong") else {
        panic!("it is damage");
    };
    assert_eq!((&*file, offset, &*what), ("pages", 512, "is wrong"));
}

#[test]
fn a_full_disk_is_found_by_the_group_and_not_by_the_sync() {
    for capacity in (3 * 128..4000).step_by(50) {
        let disk = SimDisk::new();
        disk.set_faults(Faults {
            capacity: Some(capacity),
            ..Faults::default()
        });
        let Ok(store) = CopyOnWrite::open(Arc::new(disk.clone()), OPTIONS) else {
            continue;
        };
        let mut expected = Vec::new();
        for number in 0..20 {
            match commit(&store, &[Push(number), Set(0, number)]) {
                Ok(()) => {
                    expected.push(number);
                    expected[0] = number;
                }
                Err(error) => assert!(matches!(error, Error::NoSpace { .. }), "{error:?}"),
            }
            assert_holds(&store, &expected, "a commit that fails leaves nothing");
            assert_eq!(store.sync(), Ok(()), "with room for {capacity} bytes");
        }
    }
}

#[test]
fn pages_above_the_budget_are_written_before_the_next_group_begins() {
    let disk = SimDisk::new();
    let options = Options {
        frames_bytes_max: 10 * 128,
        ..OPTIONS
    };
    let store = open_with(&disk, options);
    let mut expected = Vec::new();
    for number in 0..25 {
        commit(&store, &[Push(number)]).unwrap();
        expected.push(number);
        assert_holds(&store, &expected, "whether in memory or not");
        for (place, expected) in expected.iter_mut().enumerate() {
            commit(&store, &[Set(place, number)]).unwrap();
            *expected = number;
        }
    }
    let stats = store.stats();
    assert!(stats[Counter::Syncs] > 10, "{stats}");
    // No meta page leads to any of it.
    drop(store);
    assert_holds(&open(&disk), &[], "nothing was synced");
    assert_eq!(disk.violations(), [""; 0]);
}

#[test]
fn what_was_written_above_the_budget_is_used_again_at_once() {
    let disk = SimDisk::new();
    let options = Options {
        frames_bytes_max: 4 * 128,
        ..OPTIONS
    };
    let store = open_with(&disk, options);
    commit(&store, &(0..20).map(Push).collect::<Vec<_>>()).unwrap();
    let mut most = 0;
    for round in 0..500 {
        commit(&store, &[Set(round, 7)]).unwrap();
        most = most.max(store.free_pages().unwrap().len());
    }
    assert!(most < 100, "{most} free pages");
    assert_sound(&store, "in the end");
}

/// Few pages were freed when the disk is full, and then each of them counts.
#[test]
fn on_a_full_disk_pages_come_back_as_soon_as_they_can() {
    let disk = SimDisk::new();
    let options = Options {
        growth_bytes_min: 1,
        ..OPTIONS
    };
    let store = open_with(&disk, options);
    commit(&store, &[Push(0); 6]).unwrap();
    for number in 0..3 {
        commit(&store, &[Set(0, number)]).unwrap();
    }
    let full = disk.image().get("pages").unwrap().len();
    disk.set_faults(Faults {
        capacity: Some(full),
        ..Faults::default()
    });
    let mut expected = [2, 0, 0, 0, 0, 0];
    for number in 0..100 {
        // So many pages at a time that none is left now and then.
        for at in 0..=number * number % 5 {
            expected[at as usize] = number;
        }
        let changes = (0..6).zip(expected).map(|(at, number)| Set(at, number));
        let changes: Vec<_> = changes.take((number * number % 5) as usize + 1).collect();
        commit(&store, &changes).unwrap();
        assert_holds(&store, &expected, "on a full disk");
    }
    assert_eq!(store.sync(), Ok(()));
    assert_eq!(disk.image().get("pages").unwrap().len(), full);
}

#[test]
fn pages_come_back_without_a_sync() {
    let disk = SimDisk::new();
    let store = open(&disk);
    commit(&store, &[Push(1), Push(2), Push(3)]).unwrap();
    for number in 0..1000 {
        commit(&store, &[Set(1, number)]).unwrap();
    }
    let pages = store.free_pages().unwrap().len();
    assert!(pages < 100, "{pages} free pages");
    let len = disk.image().get("pages").unwrap().len();
    assert!(len < 128 * 120, "{len} bytes");
}

#[test]
fn what_was_changed_many_times_between_two_syncs_is_written_once() {
    let store = open(&SimDisk::new());
    commit(&store, &(0..20).map(Push).collect::<Vec<_>>()).unwrap();
    store.sync().unwrap();
    let mut most = 0;
    for round in 0..50 {
        for number in 0..100 {
            commit(&store, &[Set(round, number)]).unwrap();
        }
        let before = store.stats();
        store.sync().unwrap();
        most = most.max(store.stats().since(&before)[Counter::BytesWritten]);
    }
    // The number, the root, a list of the pages that a hundred commits take at a
    // time, and a meta page.
    assert!(most <= 128 * 6, "{most} bytes");
}

#[test]
fn touched_pages_are_counted() {
    let store = open(&SimDisk::new());
    commit(&store, &[Push(1), Push(2)]).unwrap();
    let before = store.stats();
    assert_eq!(all(&store).unwrap(), [1, 2]);
    let stats = store.stats().since(&before);
    assert_eq!(stats[Counter::PagesTouched], 3, "the root and two more");
    assert_eq!(reachable(&store).unwrap().len(), 3);
}

/// A group of more pages than there is memory for, and what it does with them.
fn large_group(store: &CopyOnWrite) -> Result<()> {
    let mut group = store.begin()?;
    let numbers: Vec<u32> = (100..120).collect();
    change(&mut group, &[Clear])?;
    change(
        &mut group,
        &numbers.iter().copied().map(Push).collect::<Vec<_>>(),
    )?;
    assert_eq!(super::array::numbers(&mut group)?, numbers);
    // Pages that have gone to the file keep their numbers when they come back.
    let before = group.root();
    change(&mut group, &[Set(0, 1), Set(9, 2), Pop, Set(0, 3), Pop])?;
    assert_eq!(group.root(), before);
    group.commit()
}

#[test]
fn a_group_may_be_larger_than_memory() {
    for frames_max in [0, 1, 3, 1000] {
        let disk = SimDisk::new();
        let options = Options {
            frames_bytes_max: frames_max * 128,
            ..OPTIONS
        };
        let store = open_with(&disk, options);
        commit(&store, &[Push(1), Push(2)]).unwrap();
        store.sync().unwrap();
        let mut reader = store.read().unwrap();
        for round in 0..4 {
            large_group(&store).unwrap();
            let mut expected: Vec<u32> = (100..118).collect();
            (expected[0], expected[9]) = (3, 2);
            assert_holds(&store, &expected, "committed");
            assert_eq!(numbers(&mut reader).unwrap(), [1, 2]);
            if round == 1 {
                store.sync().unwrap();
            }
            let pages = store.free_pages().unwrap().len();
            let mut group = store.begin().unwrap();
            change(
                &mut group,
                &[Clear, Push(7), Push(8), Push(9), Pop, Set(0, 2)],
            )
            .unwrap();
            drop(group);
            assert_holds(&store, &expected, "dropped");
            assert!(store.free_pages().unwrap().len() <= pages + 6);
        }
        drop(reader);
        store.close().unwrap();
        assert_eq!(disk.violations(), [""; 0]);
        assert_eq!(all(&open_with(&disk, options)).unwrap().len(), 18);
    }
}

#[test]
fn a_group_that_is_larger_than_memory_may_fail_anywhere() {
    let options = Options {
        frames_bytes_max: 2 * 128,
        ..OPTIONS
    };
    let prepared = || {
        let disk = SimDisk::new();
        let store = open_with(&disk, options);
        commit(&store, &[Push(1), Push(2)]).unwrap();
        store.sync().unwrap();
        (disk, store)
    };
    let (disk, store) = prepared();
    let before = disk.operations().len();
    large_group(&store).unwrap();
    let after = disk.operations().len();
    assert!(after > before + 10, "it is written in parts");
    for at in before..after {
        let (disk, store) = prepared();
        disk.set_faults(Faults {
            fail: Some(Fail::Once(at)),
            failed_write: Part::Half,
            failed_sync: Unsynced::Zeroed,
            ..Faults::default()
        });
        let failed = large_group(&store);
        assert!(failed.is_err(), "operation {at}");
        assert_holds(&store, &[1, 2], "nothing changed");
        if !is_poisoned(&failed) {
            large_group(&store).unwrap();
            store.sync().unwrap();
            assert_eq!(all(&store).unwrap().len(), 18);
        }
        assert_eq!(disk.violations(), [""; 0]);
    }
}
