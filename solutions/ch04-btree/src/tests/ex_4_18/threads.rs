//! Threads: readers beside a writer, and syncs that are shared.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use conformance::Budget;
use conformance::budget::Size;
use conformance::sim::SimDisk;
use engine::Counter;
use engine::disk::Disk;
#[cfg(not(miri))]
use engine::disk::RealDisk;
use engine::page::{PageGroup, PageId, PageStore};

use crate::copy_on_write::{CopyOnWrite, Options};
use crate::tests::store::array::Change::{Push, Set};
use crate::tests::store::array::{all, assert_holds, assert_sound, change, commit, numbers};
use crate::tests::store::pausing::Pausing;
use crate::tests::store::{OPTIONS, open};
use crate::tests::threads::Over;

/// Sets all numbers to one number, in one group.
fn set_all(store: &CopyOnWrite, number: u32) {
    let mut group = store.begin().unwrap();
    for place in 0..6 {
        change(&mut group, &[Set(place, number)]).unwrap();
    }
    group.commit().unwrap();
}

/// Readers look while a writer commits and syncs: each sees one commit, and none
/// sees an older one than it saw before.
fn race(disk: Arc<dyn Disk>, options: Options, rounds: u32) {
    let store = CopyOnWrite::open(disk, options).unwrap();
    commit(&store, &[Push(0); 6]).unwrap();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let _over = Over(&is_over);
                let mut last = 0;
                while !is_over.load(Ordering::Relaxed) {
                    let mut reader = store.read().unwrap();
                    let seen = numbers(&mut reader).unwrap();
                    assert!(seen.iter().all(|number| *number == seen[0]), "{seen:?}");
                    assert!(seen[0] >= last, "{} after {last}", seen[0]);
                    last = seen[0];
                    assert_eq!(numbers(&mut reader).unwrap(), seen);
                }
            });
        }
        scope.spawn(|| {
            let _over = Over(&is_over);
            while !is_over.load(Ordering::Relaxed) {
                store.sync().unwrap();
            }
        });
        let _over = Over(&is_over);
        for round in 0..rounds {
            set_all(&store, round);
        }
    });
    assert_sound(&store, "in the end");
    store.close().unwrap();
}

fn rounds(quick: u32) -> u32 {
    match Budget::from_env().unwrap().size {
        Size::Tiny => 10,
        Size::Quick => quick,
        Size::Full => 20 * quick,
    }
}

#[test]
fn ex_4_18_every_reader_sees_one_commit_while_another_thread_commits() {
    for frames_bytes_max in [0, 20 * 128, 1 << 20] {
        let disk = SimDisk::new();
        let options = Options {
            frames_bytes_max,
            ..OPTIONS
        };
        race(Arc::new(disk.clone()), options, rounds(200));
        assert_eq!(disk.violations(), [""; 0]);
    }
}

#[cfg(not(miri))]
#[test]
fn ex_4_18_every_reader_sees_one_commit_on_the_real_disk() {
    for frames_bytes_max in [20 * 128, 1 << 20] {
        let folder = tempfile::tempdir().unwrap();
        let options = Options {
            frames_bytes_max,
            ..OPTIONS
        };
        let disk = Arc::new(RealDisk::new(folder.path()).unwrap());
        race(disk, options, rounds(500));
    }
}

#[test]
fn ex_4_18_threads_that_sync_share_what_the_device_does() {
    let disk = SimDisk::new();
    let store = open(&disk);
    commit(&store, &[Push(0); 6]).unwrap();
    // Whoever waits for one who never comes back would wait for ever: a sync that
    // does not work fails here, alone.
    store.sync().unwrap();
    let before = store.stats()[Counter::Syncs];
    let (threads, each) = (4, 25);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let store = &store;
            scope.spawn(move || {
                for _ in 0..each {
                    commit(store, &[Set(thread, 1)]).unwrap();
                    store.sync().unwrap();
                }
            });
        }
    });
    let syncs = store.stats()[Counter::Syncs] - before;
    assert!(syncs <= 2 * (threads as u64 * each), "{syncs}");
    assert_holds(&store, &[1, 1, 1, 1, 0, 0], "in the end");
    store.close().unwrap();
    assert_holds(&open(&disk), &[1, 1, 1, 1, 0, 0], "opened again");
}

/// The operations of a sync are a write of pages, a sync, the write of a meta
/// page, another sync, and the write of its copy.
#[test]
fn ex_4_18_others_commit_and_read_while_a_sync_is_under_way() {
    for left in 0..5 {
        let disk = Pausing::new(SimDisk::new());
        let store = CopyOnWrite::open(Arc::new(disk.clone()), OPTIONS).unwrap();
        commit(&store, &[Push(1), Push(2), Push(3)]).unwrap();
        let mut reader = store.read().unwrap();
        let beside = || {
            commit(&store, &[Set(0, 4), Push(5)]).unwrap();
            commit(&store, &[Set(1, 6), Set(0, 7)]).unwrap();
            assert_eq!(all(&store).unwrap(), [7, 6, 3, 5]);
            assert_eq!(numbers(&mut reader).unwrap(), [1, 2, 3]);
        };
        disk.beside(left, || store.sync(), beside).unwrap();
        assert_holds(&store, &[7, 6, 3, 5], "after the sync");
        assert_eq!(numbers(&mut reader).unwrap(), [1, 2, 3]);
        drop(reader);
        store.close().unwrap();
        let store = CopyOnWrite::open(Arc::new(disk.clone()), OPTIONS).unwrap();
        assert_holds(&store, &[7, 6, 3, 5], "opened again");
        assert_eq!(disk.disk.violations(), [""; 0]);
    }
}

/// So many pages are freed that the next group asks who pins them; and that one is
/// larger than memory, takes their numbers, and goes to the file before it commits.
fn large_group_after_commits(store: &CopyOnWrite, frames_max: usize) {
    for place in 0..17 {
        commit(store, &[Set(place % 12, 55)]).unwrap();
    }
    let mut group = store.begin().unwrap();
    let changes: Vec<_> = (0..12).map(|place| Set(place, 60)).collect();
    change(&mut group, &changes).unwrap();
    let more: Vec<PageId> = (0..=frames_max + 13)
        .map(|_| group.alloc().unwrap().0)
        .collect();
    more.iter().for_each(|page| group.free(*page).unwrap());
    group.commit().unwrap();
}

/// Whoever is ahead of the writers writes pages that nobody but the last commit
/// sees, and that are freed meanwhile.
#[test]
fn ex_4_18_a_page_that_is_written_ahead_is_not_used_again_before() {
    let frames_max = 400;
    let options = Options {
        frames_bytes_max: frames_max * 128,
        ..OPTIONS
    };
    let disk = Pausing::new(SimDisk::new());
    let store = CopyOnWrite::open(Arc::new(disk.clone()), options).unwrap();
    commit(&store, &(0..12).map(Push).collect::<Vec<_>>()).unwrap();
    // Enough to be written ahead.
    let mut group = store.begin().unwrap();
    let more: Vec<PageId> = (0..300).map(|_| group.alloc().unwrap().0).collect();
    group.commit().unwrap();
    let beside = || large_group_after_commits(&store, frames_max);
    let written = disk.beside(0, || store.spill_ahead(), beside);
    assert_eq!(written, Ok(true), "pages were written ahead");
    assert_eq!(all(&store), Ok(vec![60; 12]), "whoever wrote last");
    let mut group = store.begin().unwrap();
    more.iter().for_each(|page| group.free(*page).unwrap());
    group.commit().unwrap();
    assert_holds(&store, &[60; 12], "whoever wrote last");
    assert_eq!(disk.disk.violations(), [""; 0]);
}

/// A page that only a reader still saw was among those that a sync wrote. The
/// reader ended, a large group took the number, and wrote its own page before the
/// sync came to write the old one over it.
#[test]
fn ex_4_18_a_page_that_a_sync_is_writing_is_not_used_again_before() {
    let frames_max = 80;
    let options = Options {
        frames_bytes_max: frames_max * 128,
        ..OPTIONS
    };
    for left in 0..3 {
        let disk = Pausing::new(SimDisk::new());
        let store = CopyOnWrite::open(Arc::new(disk.clone()), options).unwrap();
        commit(&store, &(0..12).map(Push).collect::<Vec<_>>()).unwrap();
        let reader = store.read().unwrap();
        for place in 0..12 {
            commit(&store, &[Set(place, 50)]).unwrap();
        }
        let beside = || {
            drop(reader);
            large_group_after_commits(&store, frames_max);
        };
        disk.beside(left, || store.sync(), beside).unwrap();
        assert_holds(&store, &[60; 12], "whoever wrote last");
        store.close().unwrap();
        let store = CopyOnWrite::open(Arc::new(disk.clone()), OPTIONS).unwrap();
        assert_holds(&store, &[60; 12], "opened again");
        assert_eq!(disk.disk.violations(), [""; 0]);
    }
}
