use std::sync::Arc;

use conformance::sim::{Fail, Faults, Operation, SimDisk};
use conformance::{Level, Subject, subject};
use engine::disk::Disk;
use engine::sync::Mutex;
use engine::{Counter, Durability, Error, Result, StorageEngine};

use crate::DurableMemory;
use crate::snapshot_file::{SNAPSHOT, load};
use crate::tests::{Meanwhile, bytes_of, failing, map, promptly, same, value};

fn open(disk: &SimDisk) -> DurableMemory {
    DurableMemory::open(Arc::new(disk.clone())).unwrap()
}

/// A first put and a sync: what most tests here let fail somewhere.
fn put_and_sync(disk: &SimDisk) -> (DurableMemory, Result<()>) {
    let engine = open(disk);
    engine.put(b"apple", b"red").unwrap();
    let synced = engine.sync();
    (engine, synced)
}

/// Panics where an engine that is not poisoned does not go on as if nothing
/// had been, after a sync that failed.
#[track_caller]
fn goes_on(engine: DurableMemory, disk: &SimDisk) {
    disk.set_faults(Faults::default());
    let put = engine.put(b"banana", b"yellow");
    assert_eq!(put, Ok(()), "a put after the failed sync");
    assert_eq!(engine.sync(), Ok(()), "the sync after the failed one");
    drop(engine);
    let fruit = map(&[("apple", "red"), ("banana", "yellow")]);
    same(&load(disk).unwrap(), &fruit, "saved after a failed sync");
}

fn is_poisoned<T>(result: &Result<T>) -> bool {
    matches!(result, Err(Error::Poisoned { .. }))
}

fn suite() -> Subject {
    subject!("DurableMemory", |disk, _durability| DurableMemory::open(
        disk
    ))
    .durabilities(&[Durability::Buffered])
}

/// What two syncs answer, of which the second is called while the first is
/// syncing the names. Whether it is already waiting when the first one ends is
/// up to the scheduler; it is, most times.
fn two_syncs(disk: &Meanwhile, engine: &Arc<DurableMemory>) -> [Result<()>; 2] {
    let (second, waiter) = (Arc::clone(engine), Arc::new(Mutex::new(None)));
    let thread = Arc::clone(&waiter);
    disk.does(move || {
        let (here, there) = std::sync::mpsc::channel();
        *thread.lock() = Some(std::thread::spawn(move || {
            here.send(()).unwrap();
            second.sync()
        }));
        there.recv().unwrap();
        (0..100).for_each(|_| std::thread::yield_now());
        Ok(())
    });
    let first = engine.sync();
    let waiter = waiter.lock().take().expect("the second thread was started");
    [first, waiter.join().unwrap()]
}

#[test]
fn ex_1_12_a_sync_saves_everything() {
    let disk = SimDisk::new();
    let (engine, synced) = put_and_sync(&disk);
    synced.unwrap();
    engine.put(b"banana", b"yellow").unwrap();
    engine.sync().unwrap();
    drop(engine);
    let fruit = map(&[("apple", "red"), ("banana", "yellow")]);
    same(&load(&disk).unwrap(), &fruit, "what was saved");
}

#[test]
fn ex_1_12_a_delete_is_saved_like_a_put() {
    let disk = SimDisk::new();
    let (engine, _) = put_and_sync(&disk);
    engine.delete(b"apple").unwrap();
    engine.sync().unwrap();
    drop(engine);
    same(&load(&disk).unwrap(), &map(&[]), "saved after a delete");
}

#[test]
fn ex_1_12_nothing_is_written_where_nothing_changed() {
    let disk = SimDisk::new();
    let engine = open(&disk);
    let asked = disk.operations().len();
    engine.sync().unwrap();
    assert_eq!(
        disk.operations().len(),
        asked,
        "operations: a new engine is saved"
    );
    engine.put(b"apple", b"red").unwrap();
    engine.sync().unwrap();
    let asked = disk.operations().len();
    engine.sync().unwrap();
    assert_eq!(disk.operations().len(), asked, "a second sync has no work");
    drop(engine);
    let engine = open(&disk);
    let asked = disk.operations().len();
    engine.sync().unwrap();
    assert_eq!(
        disk.operations().len(),
        asked,
        "operations: what was loaded is saved"
    );
}

#[test]
fn ex_1_12_a_sync_is_two_syncs_of_the_device_and_writes_the_file_once() {
    let disk = SimDisk::new();
    let (engine, synced) = put_and_sync(&disk);
    synced.unwrap();
    let stats = engine.stats();
    assert_eq!(stats[Counter::Syncs], 2, "syncs of the device: file, names");
    let file = bytes_of(&disk, SNAPSHOT).unwrap();
    let written = stats[Counter::BytesWritten];
    assert_eq!(written, file.len() as u64, "bytes written, for one file");
}

#[test]
fn ex_1_12_what_is_written_while_a_sync_runs_is_left_to_the_next() {
    let disk = Meanwhile::new(SimDisk::new(), Operation::SyncDir);
    let engine = Arc::new(DurableMemory::open(Arc::new(disk.clone())).unwrap());
    engine.put(b"apple", b"red").unwrap();
    let (writer, syncing) = (Arc::clone(&engine), Arc::clone(&engine));
    disk.does(move || writer.put(b"banana", b"yellow"));
    promptly(
        "a write waits for the sync: the map's lock is held across I/O",
        move || syncing.sync(),
    )
    .unwrap();
    engine.sync().unwrap();
    drop(engine);
    let fruit = map(&[("apple", "red"), ("banana", "yellow")]);
    let saved = load(&disk.disk).unwrap();
    same(
        &saved,
        &fruit,
        "saved by a sync, a put while it ran, and another sync",
    );
}

#[test]
fn ex_1_12_a_full_disk_does_not_poison() {
    let disk = SimDisk::new();
    let engine = open(&disk);
    engine.put(b"apple", b"red").unwrap();
    disk.set_faults(Faults {
        capacity: Some(10),
        ..Faults::default()
    });
    let synced = engine.sync();
    assert!(
        matches!(synced, Err(Error::NoSpace { .. })),
        "the device was full before anything was synced: that is answered as it is, \
         and nothing is poisoned; the sync answered {synced:?}"
    );
    goes_on(engine, &disk);
}

#[test]
fn ex_1_12_a_failure_before_the_first_sync_of_the_device_does_not_poison() {
    for operation in [Operation::Create, Operation::Write] {
        let disk = failing(SimDisk::new, operation, Fail::Once, put_and_sync);
        let (engine, synced) = put_and_sync(&disk);
        let name = operation.name();
        assert!(
            matches!(synced, Err(Error::Io { .. })),
            "`{name}` failed before anything was synced: that is answered as it is, \
             and nothing is poisoned; the sync answered {synced:?}"
        );
        goes_on(engine, &disk);
    }
}

#[test]
fn ex_1_12_the_next_sync_makes_up_for_one_that_failed() {
    let disk = failing(SimDisk::new, Operation::Write, Fail::Once, put_and_sync);
    let (engine, synced) = put_and_sync(&disk);
    assert!(
        matches!(synced, Err(Error::Io { .. })),
        "`write` failed before anything was synced: that is answered as it is; the \
         sync answered {synced:?}"
    );
    engine.sync().unwrap();
    drop(engine);
    same(
        &load(&disk).unwrap(),
        &map(&[("apple", "red")]),
        "saved by the sync after one that failed",
    );
}

#[test]
fn ex_1_12_a_failure_from_then_on_poisons() {
    for operation in [Operation::Sync, Operation::Rename, Operation::SyncDir] {
        let disk = failing(SimDisk::new, operation, Fail::Once, put_and_sync);
        let (engine, synced) = put_and_sync(&disk);
        let Err(Error::Poisoned { cause }) = &synced else {
            let name = operation.name();
            panic!(
                "`{name}` failed, after which nobody knows what is durable: that poisons; \
                 the sync answered {synced:?}"
            );
        };
        assert!(matches!(**cause, Error::Io { .. }), "the cause: {cause:?}");

        // Nothing is written any more, and the disk is not even asked.
        let asked = disk.operations().len();
        let put = engine.put(b"banana", b"yellow");
        assert!(is_poisoned(&put), "a put on a poisoned engine: {put:?}");
        let empty = engine.write(&[]);
        assert!(is_poisoned(&empty), "an empty batch, poisoned: {empty:?}");
        let again = engine.sync();
        assert_eq!(again, synced, "the next sync answers the first cause");
        let now = disk.operations().len();
        assert_eq!(now, asked, "a poisoned engine asks nothing of the disk");

        // Reads go on.
        assert_eq!(value(&engine, b"apple").as_deref(), Some("red"));
        assert_eq!(value(&engine, b"banana"), None, "that put was refused");
        let closed = Box::new(engine).close();
        assert!(
            is_poisoned(&closed),
            "closing a poisoned engine: {closed:?}"
        );

        // Opening again heals.
        let engine = open(&disk.kill());
        engine.put(b"cherry", b"dark").unwrap();
        engine.sync().unwrap();
    }
}

#[test]
fn ex_1_12_a_device_that_is_full_only_when_it_syncs_poisons() {
    let disk = Meanwhile::new(SimDisk::new(), Operation::SyncDir);
    let full = Error::NoSpace {
        file: SNAPSHOT.to_owned(),
    };
    let cause = full.clone();
    disk.does(|| Err(cause));
    let engine = DurableMemory::open(Arc::new(disk)).unwrap();
    engine.put(b"apple", b"red").unwrap();
    assert_eq!(
        engine.sync(),
        Err(Error::poisoned(full)),
        "after a failed sync nobody knows what is durable, whatever made it fail"
    );
    let put = engine.put(b"banana", b"yellow");
    assert!(is_poisoned(&put), "a put on a poisoned engine: {put:?}");
}

#[test]
fn ex_1_12_whoever_waited_for_a_sync_that_failed_is_poisoned_too() {
    for _ in 0..50 {
        let failing = failing(SimDisk::new, Operation::SyncDir, Fail::Once, put_and_sync);
        let disk = Meanwhile::new(failing, Operation::SyncDir);
        let engine = Arc::new(DurableMemory::open(Arc::new(disk.clone())).unwrap());
        engine.put(b"apple", b"red").unwrap();
        let [first, second] = two_syncs(&disk, &engine);
        assert!(
            is_poisoned(&first),
            "the device failed the first sync, and that answered {first:?}"
        );
        assert!(
            is_poisoned(&second),
            "ask for the poison when it is your turn: a sync that waited for one that \
             failed answered {second:?}"
        );
    }
}

#[test]
fn ex_1_12_whoever_waited_for_a_sync_has_nothing_left_to_do() {
    for _ in 0..50 {
        let disk = Meanwhile::new(SimDisk::new(), Operation::SyncDir);
        let engine = Arc::new(DurableMemory::open(Arc::new(disk.clone())).unwrap());
        engine.put(b"apple", b"red").unwrap();
        let both = two_syncs(&disk, &engine);
        assert_eq!(both, [Ok(()), Ok(())], "two syncs at once");
        assert_eq!(
            engine.stats()[Counter::Syncs],
            2,
            "look for what is to be saved when it is your turn: what was seen before \
             may be older than what was saved meanwhile"
        );
    }
}

#[test]
fn ex_1_12_threads_that_sync_together_share_the_work() {
    let disk = SimDisk::new();
    let engine = open(&disk);
    engine.put(b"apple", b"red").unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| engine.sync().unwrap());
        }
    });
    assert_eq!(engine.stats()[Counter::Syncs], 2, "one of them saved");
}

#[test]
fn ex_1_12_closing_syncs_and_dropping_does_not() {
    let disk = SimDisk::new();
    let engine = open(&disk);
    engine.put(b"apple", b"red").unwrap();
    drop(engine);
    same(&load(&disk).unwrap(), &map(&[]), "dropped without a sync");
    let engine = open(&disk);
    engine.put(b"apple", b"red").unwrap();
    Box::new(engine).close().unwrap();
    same(&load(&disk).unwrap(), &map(&[("apple", "red")]), "closed");
    drop(disk.lock().unwrap());
}

#[test]
fn ex_1_12_suite_reopen() {
    suite().check(Level::Reopen);
}

#[test]
fn ex_1_12_suite_crash() {
    suite().check(Level::Crash);
}

#[test]
fn ex_1_12_suite_faults() {
    suite().check(Level::Faults);
}

#[test]
fn ex_1_12_suite_on_the_real_disk() {
    suite().on_real_disk().check(Level::Reopen);
}
