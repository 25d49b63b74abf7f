use std::sync::Arc;

use conformance::Level;
use conformance::sim::{Fail, Faults, Operation, Part, SimDisk};
use engine::{Durability, Error, Snapshots, StorageEngine, Write};

use super::engines::{at, changes_of, files, open};
use super::looking;
use super::suite::{bare, long, longest};
use crate::{Lsm, Options};

/// An engine whose memtable nothing here fills.
fn engine(disk: &SimDisk, durability: Durability) -> Lsm {
    let options = Options {
        durability,
        ..longest(durability)
    };
    open(disk, options)
}

fn writes(disk: &SimDisk) -> usize {
    let operations = disk.operations();
    let writes = operations.iter().filter(|op| **op == Operation::Write);
    writes.count()
}

#[test]
fn ex_3_16_the_log_has_a_record_for_each_batch_in_their_order() {
    let disk = SimDisk::new();
    let lsm = engine(&disk, Durability::Os);
    lsm.put(b"a", b"1").unwrap();
    lsm.write(&[Write::put("b", "2"), Write::delete("a")])
        .unwrap();
    lsm.put(b"a", b"3").unwrap();
    let logs = files(&disk, ".log");
    assert_eq!(logs.len(), 1);
    assert_eq!(
        changes_of(&disk, &logs[0]),
        ["put a 1", "put b 2", "delete a", "put a 3"]
    );
    assert_eq!(lsm.get(b"a").unwrap().unwrap(), b"3");
    assert_eq!(lsm.get(b"b").unwrap().unwrap(), b"2");
}

#[test]
fn ex_3_16_a_batch_that_must_survive_a_killed_process_is_one_write_to_the_file() {
    let disk = SimDisk::new();
    let lsm = engine(&disk, Durability::Os);
    lsm.put(b"first", b"").unwrap();
    for number in 0..20_u8 {
        let before = writes(&disk);
        let batch: Vec<Write<'_>> = (0..number)
            .map(|_| Write::Put {
                key: b"key",
                value: b"value",
            })
            .collect();
        lsm.write(&batch).unwrap();
        assert_eq!(
            writes(&disk) - before,
            usize::from(number > 0),
            "{number} puts"
        );
    }
}

#[test]
fn ex_3_16_what_need_not_survive_a_killed_process_waits_in_pieces_of_64_kib() {
    let disk = SimDisk::new();
    let lsm = engine(&disk, Durability::Buffered);
    lsm.put(b"key", &[7; 100]).unwrap();
    let before = writes(&disk);
    for _ in 0..1000 {
        lsm.put(b"key", &[7; 1000]).unwrap();
    }
    let count = writes(&disk) - before;
    // A record takes 1019 bytes.
    assert!((15..=17).contains(&count), "{count} writes for a megabyte");
    let before = writes(&disk);
    lsm.put(b"key", &[7; 200_000]).unwrap();
    assert_eq!(writes(&disk) - before, 1, "what waited was written first");
}

#[test]
fn ex_3_16_no_more_waits_than_a_piece_has() {
    let disk = SimDisk::new();
    let lsm = engine(&disk, Durability::Buffered);
    lsm.put(b"key", b"").unwrap();
    let before = writes(&disk);
    // A log's header has 24 bytes, and a record of one put 16 besides key and value.
    lsm.put(b"key", &vec![7; (64 << 10) - 24 - 19 - 19])
        .unwrap();
    assert_eq!(writes(&disk) - before, 0, "this just fills it");
    lsm.put(b"key", b"").unwrap();
    assert_eq!(writes(&disk) - before, 1, "this is more");
}

#[test]
fn ex_3_16_a_batch_before_which_writing_fails_leaves_no_trace() {
    let disk = SimDisk::new();
    let lsm = engine(&disk, Durability::Buffered);
    lsm.put(b"a", b"1").unwrap();
    lsm.put(b"b", &[7; 60_000]).unwrap();
    let seen = lsm.present.seen();
    disk.set_faults(Faults {
        fail: Some(Fail::Once(disk.operations().len())),
        failed_write: Part::Half,
        ..Faults::default()
    });
    let batch = [
        Write::put("a", "2"),
        Write::Put {
            key: b"c",
            value: &[8; 10_000],
        },
    ];
    let error = lsm.write(&batch).unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error}");
    assert_eq!(lsm.present.seen(), seen);
    assert_eq!(lsm.get(b"a").unwrap().unwrap(), b"1");
    assert_eq!(lsm.get(b"c").unwrap(), None);
    disk.set_faults(Faults::default());
    lsm.put(b"c", b"3").unwrap();
    lsm.sync().unwrap();
    let log = &files(&disk, ".log")[0];
    let last = changes_of(&disk, log).pop();
    assert_eq!(
        last.as_deref(),
        Some("put c 3"),
        "and nothing of the batch before it"
    );
    assert_eq!(changes_of(&disk, log).len(), 3);
}

#[test]
fn ex_3_16_each_change_has_a_number_of_its_own() {
    let disk = SimDisk::new();
    let lsm = engine(&disk, Durability::Os);
    let before = lsm.snapshot().unwrap();
    lsm.write(&[
        Write::put("a", "1"),
        Write::put("a", "2"),
        Write::delete("b"),
    ])
    .unwrap();
    assert_eq!(lsm.present.seen(), 3);
    assert_eq!(lsm.get(b"a").unwrap().unwrap(), b"2", "the last one counts");
    assert_eq!(at(&*before, b"a"), None);
}

#[test]
fn ex_3_16_no_part_of_a_batch_is_seen_before_all_of_it() {
    let disk = SimDisk::new();
    let lsm = Arc::new(engine(&disk, Durability::Os));
    lsm.write(&[
        Write::put("a", "0"),
        Write::put("b", "0"),
        Write::put("c", "0"),
    ])
    .unwrap();
    let reader = Arc::clone(&lsm);
    let read = move || ["a", "b", "c"].map(|key| reader.get(key.as_bytes()).unwrap().unwrap());
    let looks = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = Arc::clone(&looks);
    let look = move || {
        counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let found = read();
        assert_eq!(found, [b"0", b"0", b"0"], "between two changes of a batch");
    };
    looking(look, || {
        let batch = [
            Write::put("a", "1"),
            Write::put("b", "1"),
            Write::put("c", "1"),
        ];
        lsm.write(&batch).unwrap();
    });
    assert!(looks.load(std::sync::atomic::Ordering::Relaxed) >= 3);
    assert_eq!(lsm.get(b"c").unwrap().unwrap(), b"1");
}

#[test]
fn ex_3_16_what_is_inserted_is_in_the_log_already() {
    let disk = SimDisk::new();
    let lsm = engine(&disk, Durability::Os);
    lsm.put(b"a", b"1").unwrap();
    let log = files(&disk, ".log").remove(0);
    let look = move || {
        let changes = changes_of(&disk, &log);
        assert_eq!(changes.last().map(String::as_str), Some("put b 2"));
    };
    looking(look, || lsm.put(b"b", b"2").unwrap());
}

#[test]
fn ex_3_16_core() {
    bare(long).check(Level::Core);
}

/// Without the checks that close the engine.
#[test]
fn ex_3_16_concurrent() {
    bare(long).check_named(
        Level::Concurrent,
        &[
            "every_schedule_has_one_order",
            "every_schedule_of_gets_and_writes_has_one_order",
        ],
    );
    bare(longest).check_named(Level::Concurrent, &["every_history_has_one_order"]);
}
