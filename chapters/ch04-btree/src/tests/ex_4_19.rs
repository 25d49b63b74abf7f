mod crash;
mod flips;

use std::sync::Arc;

use conformance::sim::{Fail, Faults, Operation, Reach, SimDisk, Unsynced};

use super::metas::{meta, renewed};
use super::store::array::Change::{Push, Set};
use super::store::array::{all, assert_holds, commit};
use super::store::{OPTIONS, open, open_again};
use crate::copy_on_write::CopyOnWrite;
use crate::meta::{Metas, Renewal};

#[test]
fn ex_4_19_a_renewal_leaves_the_last_one_that_may_be_durable() {
    for (metas, expected) in [
        // Without a copy of 9: that one stays, and so does 8, which is durable; but
        // not the copy of 8, which may not be.
        ([meta(8), meta(8), meta(9)], (renewed(9, 10), 1)),
        ([meta(9), meta(8), meta(8)], (renewed(9, 10), 2)),
        ([meta(8), meta(9), meta(8)], (renewed(9, 10), 0)),
        ([meta(7), meta(8), meta(9)], (renewed(9, 10), 0)),
        // The copy is torn.
        ([meta(9), None, meta(8)], (renewed(9, 10), 1)),
        // After an opening that did not come to its end: 9 is there twice, and
        // the newer one may be written over.
        ([meta(9), renewed(9, 10), meta(8)], (renewed(9, 11), 1)),
        ([renewed(9, 10), meta(8), meta(9)], (renewed(9, 11), 0)),
        // Or that failed when it wrote the copy.
        ([renewed(9, 12), None, meta(9)], (renewed(9, 13), 1)),
        ([None, meta(9), renewed(9, 10)], (renewed(9, 11), 0)),
        // Of which nothing but the newest is left.
        ([None, renewed(9, 10), None], (renewed(9, 11), 0)),
    ] {
        let metas = Metas(metas);
        let (meta, over) = expected;
        let meta = meta.unwrap();
        assert_eq!(metas.renewal(), Some(Renewal { meta, over }), "{metas:?}");
    }
}

/// A store of three numbers that is left by a process that was killed in a sync,
/// before it wrote the copy of the meta page.
fn left_by_a_kill() -> SimDisk {
    let disk = SimDisk::new();
    let store = open(&disk);
    for number in 1..4 {
        commit(&store, &[Push(number)]).unwrap();
        store.sync().unwrap();
    }
    drop(store);
    killed_before_the_last_change(&disk)
}

/// What a process leaves that did all that was done on this disk, and was killed
/// before the last change.
fn killed_before_the_last_change(disk: &SimDisk) -> SimDisk {
    let mut walk = disk.walk();
    while walk.at() + 1 < disk.changes() {
        walk.advance(&mut Reach::default());
    }
    walk.killed()
}

#[test]
fn ex_4_19_an_opening_writes_syncs_and_writes_a_copy_and_the_next_one_nothing() {
    use Operation::{Allocate, SetLen, Sync, Write};
    let disk = left_by_a_kill();
    let of = |disk: &SimDisk| {
        let before = disk.operations().len();
        assert_holds(&open(disk), &[1, 2, 3], "opened");
        let operations = disk.operations()[before..].to_vec();
        let changes = |operation: &Operation| matches!(operation, Write | Sync | Allocate | SetLen);
        operations.into_iter().filter(changes).collect::<Vec<_>>()
    };
    assert_eq!(of(&disk), [Write, Sync, Write]);
    assert_eq!(of(&disk), [], "the copy proves the first one");
    open(&disk).close().unwrap();
    assert_eq!(of(&disk), [], "after a close, which has left no room");
}

#[test]
fn ex_4_19_what_was_opened_goes_on_from_the_renewed_meta_pages() {
    let disk = left_by_a_kill();
    for round in 0..10 {
        let store = open(&disk);
        commit(&store, &[Set(0, 50 + round)]).unwrap();
        store.sync().unwrap();
        assert_holds(&store, &[50 + round, 2, 3], "synced");
        drop(store);
    }
    assert_holds(&open(&disk), &[59, 2, 3], "in the end");
}

#[test]
fn ex_4_19_an_opening_that_fails_has_shown_nothing_and_the_next_one_may_succeed() {
    for at in 0..3 {
        let disk = left_by_a_kill();
        let opening = || CopyOnWrite::open(Arc::new(disk.clone()), OPTIONS);
        let first = disk.operations().iter().len();
        let writes = {
            let disk = left_by_a_kill();
            let before = disk.operations().len();
            drop(open(&disk));
            let operations = disk.operations()[before..].to_vec();
            let is_change =
                |(_, one): &(usize, &Operation)| matches!(one, Operation::Write | Operation::Sync);
            let changes = operations.iter().enumerate().filter(is_change);
            changes.map(|(at, _)| at).collect::<Vec<_>>()
        };
        disk.set_faults(Faults {
            fail: Some(Fail::Once(first + writes[at])),
            failed_sync: Unsynced::Kept,
            ..Faults::default()
        });
        assert!(opening().is_err(), "operation {at}");
        disk.set_faults(Faults::default());
        assert_holds(&opening().unwrap(), &[1, 2, 3], "opened again");
    }
}

#[test]
fn ex_4_19_what_a_failed_sync_has_left_is_shown_whole_or_not_at_all_and_then_lasts() {
    for at in 0..6 {
        for failed_sync in [Unsynced::Kept, Unsynced::Reverted, Unsynced::Zeroed] {
            let disk = SimDisk::new();
            let store = open(&disk);
            commit(&store, &[Push(1), Push(2), Push(3)]).unwrap();
            store.sync().unwrap();
            commit(&store, &[Push(4), Set(0, 5)]).unwrap();
            disk.set_faults(Faults {
                fail: Some(Fail::Once(disk.operations().len() + at)),
                failed_sync,
                ..Faults::default()
            });
            let synced = store.sync();
            drop(store);
            let shown = all(&open_again(&disk)).unwrap();
            let before = shown == [1, 2, 3] && synced.is_err();
            assert!(
                before || shown == [5, 2, 3, 4],
                "{shown:?} after {synced:?}"
            );
            let disk = disk.kill();
            disk.set_faults(Faults::default());
            let store = open(&disk);
            assert_holds(&store, &shown, "opened again");
            commit(&store, &[Set(1, 9)]).unwrap();
            store.sync().unwrap();
        }
    }
}
