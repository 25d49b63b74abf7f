mod cuts;
mod flips;
mod groups;
mod readers;
mod threads;

use std::sync::Arc;

use conformance::sim::{Fail, Faults, Operation, Part, SimDisk, Unsynced};
use engine::Error;
use engine::page::PageStore;
use engine::sync::guide;

use super::store::array::Change::{Push, Set};
use super::store::array::{assert_holds, commit, numbers};
use super::store::{OPTIONS, fail_next, is_poisoned, open, open_with};
use super::threads::when_it_asks;
use crate::copy_on_write::{CopyOnWrite, Options};

/// A store of three numbers, and a fourth that was not synced.
fn prepared() -> (SimDisk, CopyOnWrite) {
    let disk = SimDisk::new();
    let store = open(&disk);
    commit(&store, &[Push(1), Push(2), Push(3)]).unwrap();
    store.sync().unwrap();
    commit(&store, &[Push(4), Set(0, 5)]).unwrap();
    (disk, store)
}

/// The operations of the sync of a prepared store.
fn operations_of_a_sync() -> Vec<Operation> {
    let (disk, store) = prepared();
    let before = disk.operations().len();
    store.sync().unwrap();
    disk.operations()[before..].to_vec()
}

#[test]
fn ex_4_18_a_sync_writes_pages_syncs_writes_a_meta_page_syncs_and_writes_a_copy() {
    let operations = operations_of_a_sync();
    let writes: Vec<&[Operation]> = operations.split(|one| one.is_sync()).collect();
    assert!(
        matches!(
            writes[..],
            [
                [Operation::Write, ..],
                [Operation::Write],
                [Operation::Write]
            ]
        ),
        "pages are written, and after a sync a meta page, and after another its copy; \
         but here the operations are {operations:?}"
    );
}

#[test]
fn ex_4_18_what_a_killed_process_has_synced_is_proven() {
    let (mut disk, mut store) = prepared();
    for number in 0..6 {
        commit(&store, &[Set(1, number)]).unwrap();
        store.sync().unwrap();
        disk = disk.kill();
        let before = disk.changes();
        store = open(&disk);
        assert_holds(&store, &[5, number, 3, 4], "opened after a kill");
        assert_eq!(disk.changes(), before, "sync {number}: nothing is written");
    }
}

#[test]
fn ex_4_18_what_fails_before_the_first_sync_is_tried_again() {
    let first_sync = operations_of_a_sync().iter().position(|one| one.is_sync());
    for at in 0..first_sync.unwrap() {
        for failed_write in Part::ALL {
            let (disk, store) = prepared();
            disk.set_faults(Faults {
                fail: Some(Fail::Once(disk.operations().len() + at)),
                failed_write,
                ..Faults::default()
            });
            let failed = store.sync();
            assert!(
                matches!(failed, Err(Error::Io { .. })),
                "a write before the first sync failed: {failed:?}, and it can be tried again"
            );
            assert_holds(&store, &[5, 2, 3, 4], "after a write that failed");
            commit(&store, &[Push(6)]).unwrap();
            store.sync().unwrap();
            assert_holds(&store, &[5, 2, 3, 4, 6], "tried again");
            store.close().unwrap();
            assert_holds(&open(&disk), &[5, 2, 3, 4, 6], "opened again");
        }
    }
}

#[test]
fn ex_4_18_what_fails_from_the_first_sync_on_poisons_and_reads_go_on() {
    let operations = operations_of_a_sync();
    let first_sync = operations.iter().position(|one| one.is_sync()).unwrap();
    for at in first_sync..operations.len() {
        for failed_sync in [Unsynced::Kept, Unsynced::Reverted, Unsynced::Zeroed] {
            let (disk, store) = prepared();
            let mut reader = store.read().unwrap();
            disk.set_faults(Faults {
                fail: Some(Fail::Once(disk.operations().len() + at)),
                failed_sync,
                ..Faults::default()
            });
            let failed = store.sync();
            let wrong =
                format!("operation {at} of {operations:?} failed, and the sync answers {failed:?}");
            assert!(is_poisoned(&failed), "{wrong}: the store is not poisoned");
            for _ in 0..2 {
                assert!(is_poisoned(&store.sync()));
                assert!(is_poisoned(&store.begin()));
                assert_eq!(numbers(&mut reader).unwrap(), [5, 2, 3, 4]);
                assert_holds(&store, &[5, 2, 3, 4], "poisoned");
            }
            drop(reader);
            assert!(is_poisoned(&store.close()));
            assert_eq!(disk.violations(), [""; 0]);
        }
    }
}

#[test]
fn ex_4_18_a_poisoned_store_does_not_sync_what_is_durable_either() {
    let disk = SimDisk::new();
    let store = open(&disk);
    commit(&store, &[Push(1)]).unwrap();
    store.sync().unwrap();
    store.poison(Error::NoSpace {
        file: "pages".to_owned(),
    });
    assert!(is_poisoned(&store.sync()));
    assert!(is_poisoned(&store.close()));
}

#[test]
fn ex_4_18_above_the_budget_a_write_that_fails_is_told_to_whoever_begins() {
    let disk = SimDisk::new();
    let options = Options {
        frames_bytes_max: 0,
        ..OPTIONS
    };
    let store = open_with(&disk, options);
    commit(&store, &[Push(1)]).unwrap();
    fail_next(&disk, Part::Half);
    assert!(matches!(commit(&store, &[Push(2)]), Err(Error::Io { .. })));
    assert_holds(&store, &[1], "nothing changed");
    commit(&store, &[Push(3)]).unwrap();
    // The write, and then the sync.
    disk.set_faults(Faults {
        fail: Some(Fail::Once(disk.operations().len() + 1)),
        failed_sync: Unsynced::Zeroed,
        ..Faults::default()
    });
    assert!(is_poisoned(&commit(&store, &[Push(4)])));
    assert_holds(&store, &[1, 3], "nothing changed, and nothing is lost");
}

#[test]
fn ex_4_18_a_store_has_one_owner() {
    let disk = SimDisk::new();
    let store = open(&disk);
    let second = CopyOnWrite::open(Arc::new(disk.clone()), OPTIONS);
    assert!(matches!(second, Err(Error::Locked { .. })));
    drop(store);
    open(&disk).close().unwrap();
    open(&disk);
}

#[test]
fn ex_4_18_pages_of_another_size_and_another_version_are_refused() {
    let disk = SimDisk::new();
    let store = open(&disk);
    commit(&store, &[Push(1)]).unwrap();
    store.close().unwrap();
    for page_bytes in [256, 4096] {
        let options = Options {
            page_bytes,
            ..OPTIONS
        };
        let refused = CopyOnWrite::open(Arc::new(disk.clone()), options);
        let what = "a store whose pages have another size";
        assert_eq!(refused.err(), Some(Error::Unsupported { what }));
    }
    for page_bytes in [0, 127, (1 << 16) + 1] {
        let options = Options {
            page_bytes,
            ..OPTIONS
        };
        let refused = CopyOnWrite::open(Arc::new(SimDisk::new()), options);
        assert!(matches!(refused, Err(Error::Unsupported { .. })));
    }
    let mut image = disk.image();
    for page in 0..3 {
        image = image.with_flipped_bit("pages", page * 128 + 8, 1);
    }
    let refused = CopyOnWrite::open(Arc::new(SimDisk::from_image(&image)), OPTIONS);
    let file = "pages".to_owned();
    let (found, supported) = (3, 1);
    let version = Error::Version {
        file,
        found,
        supported,
    };
    assert_eq!(refused.err(), Some(version));
    assert_holds(&open(&disk), &[1], "nothing changed");
}

/// Somebody who waited for its turn finds that the one before it has failed.
#[test]
fn ex_4_18_nothing_is_captured_or_written_behind_a_failure() {
    let (disk, store) = prepared();
    let failing = conformance::sim::Faults {
        fail: Some(Fail::From(disk.operations().len() + 1)),
        failed_sync: Unsynced::Kept,
        ..Faults::default()
    };
    disk.set_faults(failing);
    let failed = store.sync();
    assert!(is_poisoned(&failed), "the pages' sync fails: {failed:?}");
    let before = disk.operations().len();
    assert!(is_poisoned(&store.sync()));
    assert!(is_poisoned(&store.close()));
    assert_eq!(disk.operations().len(), before, "nobody tries again");
}

/// Another sync fails while this one waits for its turn.
#[test]
fn ex_4_18_whoever_has_waited_looks_whether_the_one_before_it_has_failed() {
    let (disk, store) = prepared();
    let store = Arc::new(store);
    let other = Arc::clone(&store);
    let fails = move || {
        let file = "pages".to_owned();
        other.poison(Error::NoSpace { file });
    };
    let before = (disk.operations().len(), store.freed());
    // The first lock says who it is that syncs, the second one whose turn it is.
    when_it_asks(move || when_it_asks(fails));
    assert!(is_poisoned(&store.sync()));
    guide::set(None);
    assert_eq!(
        (disk.operations().len(), store.freed()),
        before,
        "nothing is written, and nothing was captured: of what was freed nobody has asked yet \
         who pins it"
    );
}

#[test]
fn ex_4_18_a_close_that_cannot_make_the_copy_durable_poisons() {
    let (disk, store) = prepared();
    store.sync().unwrap();
    fail_next(&disk, Part::Half);
    let failed = store.close();
    assert!(
        is_poisoned(&failed),
        "whatever a close asks of the disk after its sync fails: {failed:?}"
    );
}
