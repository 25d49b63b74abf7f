//! Groups of changes, and what becomes of them when the file has them.

use std::sync::Arc;

use conformance::sim::{Fail, Faults, Part, SimDisk, Unsynced};
use engine::page::{PageGroup, PageId, PageRead, PageStore};
use engine::{Counter, Error, Result};

use crate::copy_on_write::{CopyOnWrite, Options};
use crate::tests::many;
use crate::tests::store::array::Change::{Clear, Pop, Push, Set};
use crate::tests::store::array::{all, assert_holds, assert_sound, change, commit, numbers};
use crate::tests::store::{OPTIONS, is_poisoned, open, open_with};

#[test]
fn ex_4_18_a_new_store_is_empty_and_stays_so() {
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
fn ex_4_18_a_commit_of_nothing_is_none() {
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
fn ex_4_18_a_full_disk_is_found_by_the_group_and_not_by_the_sync() {
    for capacity in (3 * 128..4000).step_by(if cfg!(miri) { 500 } else { 50 }) {
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
fn ex_4_18_pages_above_the_budget_are_written_before_the_next_group_begins() {
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
fn ex_4_18_what_was_written_above_the_budget_is_used_again_at_once() {
    let disk = SimDisk::new();
    let options = Options {
        frames_bytes_max: 4 * 128,
        ..OPTIONS
    };
    let store = open_with(&disk, options);
    commit(&store, &(0..20).map(Push).collect::<Vec<_>>()).unwrap();
    let mut most = 0;
    for round in 0..many(500) {
        commit(&store, &[Set(round, 7)]).unwrap();
        most = most.max(store.free_pages().unwrap().len());
    }
    assert!(
        most < 100,
        "{most} free pages, which should be fewer than 100: who still pins them? \
         What was written pins nothing any more"
    );
    assert_sound(&store, "in the end");
}

/// The pages that are written when a group begins, and there is no room in memory
/// for what it may change.
fn spilled(disk: &SimDisk, store: &CopyOnWrite) -> Vec<String> {
    let before = disk.trace().len();
    drop(store.begin().unwrap());
    disk.trace().split_off(before)
}

#[test]
fn ex_4_18_half_of_the_budget_stays_in_memory_and_the_file_is_gone_round() {
    let disk = SimDisk::new();
    let options = Options {
        frames_bytes_max: 8 * 128,
        growth_bytes_min: 1 << 14,
        ..OPTIONS
    };
    let store = open_with(&disk, options);
    let add = |count| {
        let mut group = store.begin().unwrap();
        for _ in 0..count {
            let (page, _) = group.alloc().unwrap();
            group.set_root(Some(page));
        }
        group.commit().unwrap();
    };
    let spilled = || {
        add(6);
        spilled(&disk, &store)
    };
    let write = |page, pages| format!("write pages at {}, {} bytes", page * 128, pages * 128);
    let sync = || "sync pages".to_owned();
    assert_eq!(spilled(), [""; 0], "six of eight");
    assert_eq!(
        spilled(),
        [write(3, 8), sync()],
        "twelve, of which four stay"
    );
    assert_eq!(spilled(), [write(11, 6), sync()], "on from there");

    // Numbers that are in the file come back.
    let mut group = store.begin().unwrap();
    (3..15).for_each(|page| group.free(PageId(page)).unwrap());
    group.commit().unwrap();
    assert_eq!(spilled(), [write(17, 6), sync()], "old ones or new ones");
    assert_eq!(
        spilled(),
        [write(23, 4), write(3, 2), sync()],
        "to the end, and on from the beginning"
    );
}

/// Few pages were freed when the disk is full, and then each of them counts.
#[test]
fn ex_4_18_on_a_full_disk_pages_come_back_as_soon_as_they_can() {
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
    for number in 0..many(100) {
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
fn ex_4_18_whoever_maintains_the_store_is_ahead_of_those_who_write() {
    let options = Options {
        frames_bytes_max: 16 * 128,
        ..OPTIONS
    };
    let store = open_with(&SimDisk::new(), options);
    let syncs = || store.stats()[Counter::Syncs];
    let before = syncs();
    commit(&store, &(0..11).map(Push).collect::<Vec<_>>()).unwrap();
    assert_eq!(store.spill_ahead(), Ok(false), "eleven numbers and a root");
    commit(&store, &[Push(11), Push(12)]).unwrap();
    assert_eq!(syncs(), before, "not yet more than 16");
    assert_eq!(store.spill_ahead(), Ok(true), "more than 12");
    assert_eq!(syncs(), before + 1);
    assert_eq!(store.spill_ahead(), Ok(false), "half of 16 are left");
    commit(&store, &[Set(0, 7), Set(1, 8)]).unwrap();
    assert_eq!(syncs(), before + 1, "nobody has to wait");
    let expected = [7, 8, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    assert_holds(&store, &expected, "in memory or not");
}

#[test]
fn ex_4_18_what_was_changed_many_times_between_two_syncs_is_written_once() {
    let store = open(&SimDisk::new());
    commit(&store, &(0..20).map(Push).collect::<Vec<_>>()).unwrap();
    store.sync().unwrap();
    let mut most = 0;
    for round in 0..many(50) {
        for number in 0..100 {
            commit(&store, &[Set(round, number)]).unwrap();
        }
        let before = store.stats();
        store.sync().unwrap();
        most = most.max(store.stats().since(&before)[Counter::BytesWritten]);
    }
    // The number, the root, a list of the pages that a hundred commits take at a
    // time, and a meta page.
    assert!(
        most <= 128 * 6,
        "{most} bytes in one sync, which should be six pages of 128 at most"
    );
}

/// A group of more pages than there is memory for, and what it does with them.
fn large_group(store: &CopyOnWrite) -> Result<()> {
    let mut group = store.begin()?;
    let pushed: Vec<u32> = (100..120).collect();
    change(&mut group, &[Clear])?;
    change(
        &mut group,
        &pushed.iter().copied().map(Push).collect::<Vec<_>>(),
    )?;
    assert_eq!(numbers(&mut group)?, pushed);
    // Pages that have gone to the file keep their numbers when they come back.
    let before = group.root();
    change(&mut group, &[Set(0, 1), Set(9, 2), Pop, Set(0, 3), Pop])?;
    assert_eq!(group.root(), before);
    group.commit()
}

#[test]
fn ex_4_18_a_group_may_be_larger_than_memory() {
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
fn ex_4_18_a_group_that_is_larger_than_memory_may_fail_anywhere() {
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
