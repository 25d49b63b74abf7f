use std::sync::Arc;

use conformance::sim::{Fail, Faults, Operation, SimDisk};
use conformance::{Level, Subject, subject};
use engine::disk::{Disk, File, Lock, Mode};
use engine::sync::Mutex;
use engine::{Counter, Durability, Error, Result, StorageEngine};

use crate::DurableMemory;
use crate::snapshot_file::{SNAPSHOT, load};
use crate::tests::{bytes_of, failing, map};

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

fn is_poisoned<T>(result: &Result<T>) -> bool {
    matches!(result, Err(Error::Poisoned { .. }))
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
    assert_eq!(load(&disk).unwrap(), fruit);
}

#[test]
fn ex_1_12_nothing_is_written_where_nothing_changed() {
    let disk = SimDisk::new();
    let engine = open(&disk);
    let asked = disk.operations().len();
    engine.sync().unwrap();
    assert_eq!(disk.operations().len(), asked, "a new engine is saved");
    engine.put(b"apple", b"red").unwrap();
    engine.sync().unwrap();
    let asked = disk.operations().len();
    engine.sync().unwrap();
    assert_eq!(disk.operations().len(), asked, "a second sync has no work");
    drop(engine);
    let engine = open(&disk);
    let asked = disk.operations().len();
    engine.sync().unwrap();
    assert_eq!(disk.operations().len(), asked, "what was loaded is saved");
}

#[test]
fn ex_1_12_a_delete_is_saved_like_a_put() {
    let disk = SimDisk::new();
    let (engine, _) = put_and_sync(&disk);
    engine.delete(b"apple").unwrap();
    engine.sync().unwrap();
    drop(engine);
    assert_eq!(load(&disk).unwrap(), map(&[]));
}

#[test]
fn ex_1_12_a_sync_is_two_syncs_of_the_device_and_writes_the_file_once() {
    let disk = SimDisk::new();
    let (engine, synced) = put_and_sync(&disk);
    synced.unwrap();
    let stats = engine.stats();
    assert_eq!(stats[Counter::Syncs], 2);
    let file = bytes_of(&disk, SNAPSHOT).unwrap();
    assert_eq!(stats[Counter::BytesWritten], file.len() as u64);
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
    assert!(matches!(synced, Err(Error::NoSpace { .. })), "{synced:?}");
    engine.put(b"banana", b"yellow").unwrap();
    disk.set_faults(Faults::default());
    engine.sync().unwrap();
    drop(engine);
    assert_eq!(load(&disk).unwrap().len(), 2);
}

#[test]
fn ex_1_12_a_failure_before_the_first_sync_of_the_device_does_not_poison() {
    for operation in [Operation::Create, Operation::Write] {
        let disk = failing(SimDisk::new, operation, Fail::Once, put_and_sync);
        let (engine, synced) = put_and_sync(&disk);
        assert!(matches!(synced, Err(Error::Io { .. })), "{synced:?}");
        engine.put(b"banana", b"yellow").unwrap();
        engine.sync().unwrap();
        drop(engine);
        assert_eq!(load(&disk).unwrap().len(), 2);
    }
}

#[test]
fn ex_1_12_a_failure_from_then_on_poisons() {
    for operation in [Operation::Sync, Operation::Rename, Operation::SyncDir] {
        let disk = failing(SimDisk::new, operation, Fail::Once, put_and_sync);
        let (engine, synced) = put_and_sync(&disk);
        let Err(Error::Poisoned { cause }) = &synced else {
            panic!("{operation:?} failed, and the sync answered {synced:?}");
        };
        assert!(matches!(**cause, Error::Io { .. }), "the cause: {cause:?}");

        // Nothing is written any more, and the disk is not even asked.
        let asked = disk.operations().len();
        assert!(is_poisoned(&engine.put(b"banana", b"yellow")));
        assert!(is_poisoned(&engine.write(&[])));
        assert_eq!(engine.sync(), synced, "with the first cause");
        assert_eq!(disk.operations().len(), asked);

        // Reads go on.
        assert_eq!(engine.get(b"apple").unwrap(), Some(b"red".to_vec()));
        assert_eq!(engine.get(b"banana").unwrap(), None);
        assert!(is_poisoned(&Box::new(engine).close()));

        // Opening again heals.
        let engine = open(&disk.kill());
        engine.put(b"cherry", b"dark").unwrap();
        engine.sync().unwrap();
    }
}

#[test]
fn ex_1_12_closing_syncs_and_dropping_does_not() {
    let disk = SimDisk::new();
    let engine = open(&disk);
    engine.put(b"apple", b"red").unwrap();
    drop(engine);
    assert_eq!(load(&disk).unwrap(), map(&[]));
    let engine = open(&disk);
    engine.put(b"apple", b"red").unwrap();
    Box::new(engine).close().unwrap();
    assert_eq!(load(&disk).unwrap(), map(&[("apple", "red")]));
    drop(disk.lock().unwrap());
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

/// A disk that does something else, once, while the names are being synced.
#[derive(Clone)]
struct Meanwhile {
    disk: SimDisk,
    work: Arc<Mutex<Option<Work>>>,
}

type Work = Box<dyn FnOnce() + Send>;

impl Disk for Meanwhile {
    fn open(&self, name: &str, mode: Mode) -> Result<Box<dyn File>> {
        self.disk.open(name, mode)
    }

    fn rename(&self, from: &str, to: &str) -> Result<()> {
        self.disk.rename(from, to)
    }

    fn remove(&self, name: &str) -> Result<()> {
        self.disk.remove(name)
    }

    fn list(&self) -> Result<Vec<String>> {
        self.disk.list()
    }

    fn sync_dir(&self) -> Result<()> {
        let work = self.work.lock().take();
        work.into_iter().for_each(|work| work());
        self.disk.sync_dir()
    }

    fn lock(&self) -> Result<Lock> {
        self.disk.lock()
    }
}

impl std::fmt::Debug for Meanwhile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Meanwhile")
    }
}

#[test]
fn ex_1_12_what_is_written_while_a_sync_runs_is_left_to_the_next() {
    let disk = Meanwhile {
        disk: SimDisk::new(),
        work: Arc::default(),
    };
    let engine = Arc::new(DurableMemory::open(Arc::new(disk.clone())).unwrap());
    engine.put(b"apple", b"red").unwrap();
    let writer = Arc::clone(&engine);
    // A lock of the map that is held across the sync would wait for ever here.
    *disk.work.lock() = Some(Box::new(move || writer.put(b"banana", b"yellow").unwrap()));
    engine.sync().unwrap();
    engine.sync().unwrap();
    drop(engine);
    let fruit = map(&[("apple", "red"), ("banana", "yellow")]);
    assert_eq!(load(&disk.disk).unwrap(), fruit, "the next sync saved both");
}

#[test]
fn ex_1_12_whoever_waited_for_a_sync_that_failed_is_poisoned_too() {
    // Whether the second thread is already waiting when the first one fails is
    // up to the scheduler; it is, in most of the rounds.
    for _ in 0..50 {
        let disk = Meanwhile {
            disk: failing(SimDisk::new, Operation::SyncDir, Fail::Once, put_and_sync),
            work: Arc::default(),
        };
        let engine = Arc::new(DurableMemory::open(Arc::new(disk.clone())).unwrap());
        engine.put(b"apple", b"red").unwrap();
        let (second, waiter) = (Arc::clone(&engine), Arc::new(Mutex::new(None)));
        let thread = Arc::clone(&waiter);
        *disk.work.lock() = Some(Box::new(move || {
            let (here, there) = std::sync::mpsc::channel();
            *thread.lock() = Some(std::thread::spawn(move || {
                here.send(()).unwrap();
                second.sync()
            }));
            there.recv().unwrap();
            (0..100).for_each(|_| std::thread::yield_now());
        }));
        assert!(is_poisoned(&engine.sync()), "the first sync failed");
        let waiter = waiter.lock().take().expect("the second thread was started");
        let synced = waiter.join().unwrap();
        assert!(
            is_poisoned(&synced),
            "ask for the poison when it is your turn"
        );
    }
}

fn suite() -> Subject {
    subject!("DurableMemory", |disk, _durability| DurableMemory::open(
        disk
    ))
    .durabilities(&[Durability::Buffered])
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
