use conformance::sim::{Fail, Faults, Operation, Part, SimDisk};
use engine::disk::Disk;
use engine::{Durability, Error, Maintenance, Progress, Snapshots, StorageEngine, Write};

use super::engines::{
    at, changes_of, close, count, files, fill, fill_and_step, is_damage_of, key, open, options,
    refused, rest, without,
};
use crate::log::header::Header;
use crate::log::record::record_len;
use crate::log::replay::{Ended, replay};
use crate::names::Name;
use crate::{Lsm, Options};

#[test]
fn ex_3_18_a_memtable_that_is_full_becomes_a_table_and_its_log_goes() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    let mut keys = 0;
    while lsm.present.state().frozen.is_empty() {
        fill(&lsm, keys..keys + 1, 1);
        keys += 1;
    }
    assert_eq!(files(&disk, ".log").len(), 2);
    while lsm.step().unwrap() == Progress::Worked {
        assert_eq!(count(&lsm), keys as usize, "at any time");
    }
    assert_eq!(lsm.present.state().frozen.len(), 0);
    assert_eq!(files(&disk, ".log").len(), 1);
    assert_eq!(files(&disk, ".table").len(), 1);
}

#[test]
fn ex_3_18_a_memtable_is_full_by_its_memory_however_much_its_log_takes() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    // The tombstone of a short key takes more in memory than in the log.
    let mut number = 0_u16;
    while lsm.present.state().frozen.is_empty() {
        let bytes = lsm.present.state().active.memtable.bytes();
        assert!(bytes < (4 << 10) + 256, "{bytes} bytes in memory");
        lsm.delete(&number.to_le_bytes()).unwrap();
        number += 1;
    }
}

#[test]
fn ex_3_18_an_engine_that_was_closed_has_no_log_and_is_opened_without_a_write() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    fill_and_step(&lsm, 0..200, 1);
    close(lsm);
    assert_eq!(files(&disk, ".log"), [""; 0]);
    let before = disk.operations().len();
    let lsm = open(&disk, options());
    for operation in &disk.operations()[before..] {
        use Operation::{Len, List, Lock, Map, Open, Read};
        let reads = matches!(operation, List | Open | Len | Read | Map | Lock);
        let name = operation.name();
        assert!(reads, "an opening of what was closed does `{name}`");
    }
    assert_eq!(count(&lsm), 200);
    let before = disk.changes();
    close(lsm);
    assert_eq!(disk.changes(), before, "nor is it closed with one");
}

#[test]
fn ex_3_18_a_table_that_is_missing_is_damage() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    fill_and_step(&lsm, 0..300, 1);
    close(lsm);
    let image = disk.image();
    for table in files(&disk, ".table") {
        let error = refused(&without(&image, &table));
        assert!(is_damage_of(&error, &table), "{error}");
    }
}

#[test]
fn ex_3_18_a_manifest_that_is_missing_is_damage() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    fill(&lsm, 0..10, 1);
    close(lsm);
    let error = refused(&without(&disk.image(), "manifest"));
    assert!(is_damage_of(&error, "manifest"), "{error}");
}

/// An engine with a memtable that waits to be flushed, and how many keys it holds.
fn frozen(disk: &SimDisk) -> (Lsm, u32) {
    let lsm = open(disk, options());
    let mut keys = 0;
    while lsm.present.state().frozen.is_empty() {
        fill(&lsm, keys..keys + 1, 1);
        keys += 1;
    }
    (lsm, keys)
}

fn number_of(log: &str) -> u32 {
    Name::parse(log)
        .and_then(Name::number)
        .expect("it is a log")
}

/// Where the first change stands that begins like this, which must be there.
#[track_caller]
fn find(trace: &[String], change: &str) -> usize {
    let found = trace.iter().position(|line| line.starts_with(change));
    found.unwrap_or_else(|| panic!("there is no `{change}` in {trace:#?}"))
}

#[test]
fn ex_3_18_a_log_is_durable_to_its_end_before_the_next_one_is_begun() {
    let disk = SimDisk::new();
    let (_lsm, _) = frozen(&disk);
    let logs = files(&disk, ".log");
    let [old, new] = &logs[..] else {
        panic!("there are two logs: {logs:?}");
    };
    let trace = disk.trace();
    let ended = find(&trace, &format!("sync {old}"));
    let last = trace
        .iter()
        .rposition(|line| line.starts_with(&format!("write {old}")));
    let begun = find(&trace, &format!("create {new}"));
    assert!(last < Some(ended) && ended < begun, "{trace:#?}");
    let image = disk.image();
    let ended = |log| replay(log, number_of(log), image.get(log).unwrap().bytes(), |_| {});
    assert_eq!(ended(old), Ok(Ended::Here), "a record says so");
    assert!(
        matches!(ended(new), Ok(Ended::Broken(..))),
        "the other goes on"
    );
}

#[test]
fn ex_3_18_what_waits_in_memory_is_written_before_the_log_ends() {
    let disk = SimDisk::new();
    let options = Options {
        durability: Durability::Buffered,
        ..options()
    };
    let lsm = open(&disk, options);
    fill(&lsm, 0..3, 1);
    lsm.rotate(&mut lsm.writer.lock(), 0).unwrap();
    let log = &files(&disk, ".log")[0];
    assert_eq!(changes_of(&disk, log).len(), 3);
    assert_eq!(count(&lsm), 3);
    let state = lsm.present.state();
    assert!(state.active.memtable.is_empty());
    assert_eq!(state.frozen.len(), 1);
}

#[test]
fn ex_3_18_without_a_write_there_is_nothing_to_rotate() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    lsm.rotate(&mut lsm.writer.lock(), 0).unwrap();
    assert!(lsm.present.state().frozen.is_empty());
    assert_eq!(disk.list().unwrap(), [""; 0]);
    fill(&lsm, 0..1, 1);
    for _ in 0..2 {
        lsm.rotate(&mut lsm.writer.lock(), 0).unwrap();
    }
    assert_eq!(
        lsm.present.state().frozen.len(),
        1,
        "the second one held nothing"
    );
}

#[test]
fn ex_3_18_a_log_names_the_one_before_it() {
    let disk = SimDisk::new();
    let (_lsm, _) = frozen(&disk);
    let logs = files(&disk, ".log");
    let image = disk.image();
    let previous = |log: &String| {
        let bytes = image.get(log).unwrap().bytes();
        Header::decode(log, number_of(log), bytes).unwrap().previous
    };
    assert_eq!(previous(&logs[0]), 0);
    assert_eq!(previous(&logs[1]), number_of(&logs[0]));
}

#[test]
fn ex_3_18_a_moment_before_a_rotation_does_not_see_what_comes_behind_it() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    fill(&lsm, 0..3, 1);
    let before = lsm.snapshot().unwrap();
    lsm.rotate(&mut lsm.writer.lock(), 0).unwrap();
    let between = lsm.snapshot().unwrap();
    // Nothing is due for so few writes: see to it that they pay nothing.
    while lsm.step().unwrap() == Progress::Worked {}
    fill(&lsm, 0..5, 2);
    for snapshot in [before, between] {
        assert_eq!(at(&*snapshot, &key(0)).unwrap(), b"0 in round 1");
        assert_eq!(at(&*snapshot, &key(4)), None);
    }
    assert_eq!(lsm.get(&key(4)).unwrap().unwrap(), b"4 in round 2");
}

/// The order of a flush: what a crash between any two steps leaves is found.
#[test]
fn ex_3_18_each_step_of_a_flush_is_durable_before_the_next_one() {
    let disk = SimDisk::new();
    let (lsm, keys) = frozen(&disk);
    let log = files(&disk, ".log").remove(0);
    let from = disk.trace().len();
    while lsm.step().unwrap() == Progress::Worked {}
    assert_eq!(count(&lsm), keys as usize);
    let trace: Vec<String> = disk.trace().split_off(from);
    let table = files(&disk, ".table").remove(0);
    let steps = [
        format!("create {table}"),
        format!("write {table}"),
        format!("sync {table}"),
        "sync_dir".to_owned(),
        "write manifest at".to_owned(),
        "sync manifest".to_owned(),
        format!("remove {log}"),
    ];
    let places = steps.each_ref().map(|step| find(&trace, step));
    assert!(places.is_sorted(), "{trace:#?}");
}

#[test]
fn ex_3_18_readers_find_the_table_before_its_log_goes() {
    let disk = SimDisk::new();
    let (lsm, keys) = frozen(&disk);
    let held = lsm.present.state();
    while lsm.step().unwrap() == Progress::Worked {}
    assert_eq!(lsm.present.state().frozen.len(), 0);
    assert_eq!(
        files(&disk, ".log").len(),
        2,
        "somebody still reads what it holds"
    );
    assert_eq!(count(&lsm), keys as usize);
    drop(held);
    while lsm.step().unwrap() == Progress::Worked {}
    assert_eq!(files(&disk, ".log").len(), 1);
}

#[test]
fn ex_3_18_logs_before_the_flushed_one_count_no_more() {
    let disk = SimDisk::new();
    let (lsm, _) = frozen(&disk);
    let logs = files(&disk, ".log");
    while lsm.step().unwrap() == Progress::Worked {}
    let log = lsm.maintaining.lock().tables.log;
    assert!(
        number_of(&logs[0]) < log && log <= number_of(&logs[1]),
        "{log}"
    );
}

#[test]
fn ex_3_18_a_compaction_removes_what_it_was_made_of_and_leaves_the_logs() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    fill_and_step(&lsm, 0..400, 1);
    // The first idle step sees that nobody writes.
    rest(&lsm);
    let before = lsm.maintaining.lock().tables.clone();
    let state = lsm.present.state();
    let all: Vec<u32> = state
        .levels
        .all()
        .map(|(_, table)| table.info().number)
        .collect();
    let told: Vec<u32> = before.tables.keys().copied().collect();
    let mut sorted = all.clone();
    sorted.sort_unstable();
    assert_eq!(
        told, sorted,
        "the manifest tells of the tables that there are"
    );
    let names: Vec<String> = all
        .iter()
        .map(|number| Name::Table(*number).to_string())
        .collect();
    let there = files(&disk, ".table");
    assert_eq!(there.len(), names.len(), "{there:?} and {names:?}");
    assert!(before.log > 0);
    assert_eq!(count(&lsm), 400);
}

/// With `Durability::Os` a batch is written to the file at once. Where that
/// fails, nobody knows how much of it stands there.
#[test]
fn ex_3_18_a_failed_write_ends_the_log_and_is_covered_with_zeros() {
    for part in [Part::Nothing, Part::Half, Part::All] {
        let disk = SimDisk::new();
        let lsm = open(&disk, options());
        lsm.put(b"a", b"1").unwrap();
        disk.set_faults(Faults {
            fail: Some(Fail::Once(disk.operations().len())),
            failed_write: part,
            ..Faults::default()
        });
        let batch = [Write::put("b", "lost"), Write::put("c", "lost")];
        lsm.write(&batch).unwrap_err();
        disk.set_faults(Faults::default());
        let log = &files(&disk, ".log")[0];
        assert_eq!(changes_of(&disk, log), ["put a 1"]);
        let image = disk.image();
        let bytes = image.get(log).unwrap().bytes().to_vec();
        let is_lost = bytes.windows(4).any(|bytes| bytes == b"lost");
        assert!(!is_lost, "{part:?}: a part of the batch is left in the log");
        assert_eq!(lsm.get(b"b").unwrap(), None);
        lsm.step().unwrap();
        while lsm.step().unwrap() == Progress::Worked {}
        lsm.put(b"d", b"4").unwrap();
        assert_eq!(count(&lsm), 2);
        assert!(
            disk.trace()
                .iter()
                .any(|line| *line == format!("sync {log}"))
        );
    }
}

#[test]
fn ex_3_18_a_publication_that_fails_is_tried_again() {
    let run = |fault: Option<usize>| {
        let disk = SimDisk::new();
        let (lsm, keys) = frozen(&disk);
        let from = disk.operations().len();
        disk.set_faults(Faults {
            fail: fault.map(|at| Fail::Once(from + at)),
            ..Faults::default()
        });
        while let Ok(Progress::Worked) = lsm.step() {}
        let to = disk.operations().len();
        disk.set_faults(Faults::default());
        while let Ok(Progress::Worked) = lsm.step() {}
        assert_eq!(count(&lsm), keys as usize, "operation {fault:?} failed");
        let is_poisoned = matches!(lsm.files.device.check(), Err(Error::Poisoned { .. }));
        let is_flushed = lsm.present.state().frozen.is_empty();
        assert!(is_flushed || is_poisoned, "operation {fault:?} failed");
        to - from
    };
    let operations = run(None);
    for at in 0..operations {
        run(Some(at));
    }
}

#[test]
fn ex_3_18_who_does_what_is_due_behind_each_write_owes_nothing() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    for number in 0..600 {
        while lsm.step().unwrap() == Progress::Worked {}
        assert!(!lsm.debt.is_owed(), "before key {number}");
        lsm.put(&key(number), b"value").unwrap();
    }
}

/// Writes as [`Lsm::write`] does, and pays for nothing.
#[track_caller]
fn make(lsm: &Lsm, batch: &[Write<'_>]) {
    let len = record_len(batch).unwrap();
    lsm.make(&mut lsm.writer.lock(), batch, len).unwrap();
}

/// Steps until no memtable waits.
fn flush(lsm: &Lsm) {
    while !lsm.present.state().frozen.is_empty() {
        let mut maintaining = lsm.maintaining.lock();
        lsm.step_by(&mut maintaining, |_, _| None).unwrap();
    }
}

/// How often the disk was asked for this.
fn asked(disk: &SimDisk, wanted: Operation) -> usize {
    let operations = disk.operations();
    let found = operations.iter().filter(|found| **found == wanted);
    found.count()
}

#[test]
fn ex_3_18_a_log_that_cannot_be_ended_goes_on() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    lsm.put(b"a", b"1").unwrap();
    disk.set_faults(Faults {
        fail: Some(Fail::Once(disk.operations().len())),
        failed_write: Part::Half,
        ..Faults::default()
    });
    let error = lsm.rotate(&mut lsm.writer.lock(), 0).unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error}");
    disk.set_faults(Faults::default());
    assert!(lsm.present.state().frozen.is_empty(), "nothing has changed");
    make(&lsm, &[Write::put("b", "2")]);
    assert_eq!(lsm.get(b"b").unwrap().as_deref(), Some(&b"2"[..]));
    let syncs = asked(&disk, Operation::Sync);
    lsm.sync().unwrap();
    let more = asked(&disk, Operation::Sync) - syncs;
    assert_eq!(more, 1, "nothing of the log was durable");
    lsm.rotate(&mut lsm.writer.lock(), 0).unwrap();
    let log = &files(&disk, ".log")[0];
    assert_eq!(changes_of(&disk, log), ["put a 1", "put b 2"]);
    let image = disk.image();
    let ended = replay(log, number_of(log), image.get(log).unwrap().bytes(), |_| {});
    assert_eq!(ended, Ok(Ended::Here));
}

#[test]
fn ex_3_18_what_a_rotation_has_made_durable_needs_no_sync() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    fill(&lsm, 0..3, 1);
    // As of a thread whose batch is in the log, and that will wait for a sync.
    let end = lsm.writer.lock().end();
    lsm.rotate(&mut lsm.writer.lock(), 0).unwrap();
    make(&lsm, &[Write::put("a", "1")]);
    let syncs = asked(&disk, Operation::Sync);
    lsm.sync_to(end).unwrap();
    assert_eq!(asked(&disk, Operation::Sync) - syncs, 0);
}

#[test]
fn ex_3_18_a_memtable_that_waits_is_owed_for_until_it_is_flushed() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    fill(&lsm, 0..3, 1);
    assert!(!lsm.debt.is_owed());
    lsm.rotate(&mut lsm.writer.lock(), 0).unwrap();
    assert!(lsm.debt.is_owed());
    flush(&lsm);
    assert!(!lsm.debt.is_owed());
}

#[test]
fn ex_3_18_of_memtables_that_wait_the_newest_counts_and_the_oldest_is_flushed_first() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    for value in ["1", "2", "3"] {
        make(&lsm, &[Write::put("a", value), Write::put(value, "here")]);
        lsm.rotate(&mut lsm.writer.lock(), 0).unwrap();
    }
    let logs: Vec<u32> = files(&disk, ".log")
        .iter()
        .map(|log| number_of(log))
        .collect();
    let look = |waiting: usize| {
        let found = lsm.get(b"a").unwrap();
        assert_eq!(found.as_deref(), Some(&b"3"[..]), "where {waiting} wait");
        assert_eq!(count(&lsm), 4, "where {waiting} wait");
        assert_eq!(lsm.present.state().frozen.len(), waiting);
    };
    look(3);
    for flushed in 1..=3 {
        let mut maintaining = lsm.maintaining.lock();
        while lsm.present.state().frozen.len() > 3 - flushed {
            lsm.step_by(&mut maintaining, |_, _| None).unwrap();
        }
        let log = maintaining.tables.log;
        let still = logs.iter().filter(|number| **number >= log).count();
        assert_eq!(still, 3 - flushed, "so many logs count");
        drop(maintaining);
        look(3 - flushed);
    }
}

#[test]
fn ex_3_18_a_flush_of_which_nothing_is_left_ends_its_log_all_the_same() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    lsm.delete(b"a").unwrap();
    lsm.rotate(&mut lsm.writer.lock(), 0).unwrap();
    let log = number_of(&files(&disk, ".log")[0]);
    let before = asked(&disk, Operation::SyncDir);
    flush(&lsm);
    assert_eq!(
        files(&disk, ".table"),
        [""; 0],
        "there was nothing to delete"
    );
    let synced = asked(&disk, Operation::SyncDir) - before;
    assert_eq!(synced, 0, "no table has a name to be made durable");
    assert!(
        lsm.maintaining.lock().tables.log > log,
        "the log counts still"
    );
    while lsm.step().unwrap() == Progress::Worked {}
    assert_eq!(files(&disk, ".log"), [""; 0]);
}

/// As that of a flush.
#[test]
fn ex_3_18_each_step_of_a_compaction_is_durable_before_the_next_one() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    for value in ["1", "2", "3", "4"] {
        make(&lsm, &[Write::put("a", value)]);
        lsm.rotate(&mut lsm.writer.lock(), 0).unwrap();
        flush(&lsm);
    }
    while lsm
        .step_by(&mut lsm.maintaining.lock(), |_, _| None)
        .unwrap()
        == Progress::Worked
    {}
    let old = files(&disk, ".table");
    assert_eq!(old.len(), 4);
    let from = disk.trace().len();
    while lsm.step().unwrap() == Progress::Worked {}
    let trace = disk.trace().split_off(from);
    let begun = trace.iter().find(|line| line.starts_with("create "));
    let table = begun.expect("a table is made").split_at("create ".len()).1;
    let steps = [
        format!("write {table}"),
        format!("sync {table}"),
        "sync_dir".to_owned(),
        "write manifest at".to_owned(),
        "sync manifest".to_owned(),
    ];
    let places = steps.each_ref().map(|step| find(&trace, step));
    assert!(places.is_sorted(), "{trace:#?}");
    for table in old {
        let removed = find(&trace, &format!("remove {table}"));
        assert!(places[4] < removed, "{trace:#?}");
    }
    assert_eq!(lsm.get(b"a").unwrap().as_deref(), Some(&b"4"[..]));
}

#[test]
fn ex_3_18_whatever_fails_once_in_a_flush_its_log_goes_in_the_end() {
    let run = |fault: Option<usize>| {
        let disk = SimDisk::new();
        let lsm = open(&disk, options());
        fill(&lsm, 0..3, 1);
        lsm.rotate(&mut lsm.writer.lock(), 0).unwrap();
        let from = disk.operations().len();
        disk.set_faults(Faults {
            fail: fault.map(|at| Fail::Once(from + at)),
            ..Faults::default()
        });
        while let Ok(Progress::Worked) = lsm.step() {}
        let to = disk.operations().len();
        disk.set_faults(Faults::default());
        while let Ok(Progress::Worked) = lsm.step() {}
        if lsm.files.device.check().is_ok() {
            let logs = files(&disk, ".log");
            assert_eq!(logs, [""; 0], "operation {fault:?} failed");
        }
        to - from
    };
    let operations = run(None);
    for at in 0..operations {
        run(Some(at));
    }
}

/// With `Durability::Always` a batch is in the file before it is synced, and the
/// sync is all that may fail behind that.
#[test]
fn ex_3_18_a_batch_that_cannot_be_written_is_never_seen() {
    for durability in [Durability::Os, Durability::Always] {
        let disk = SimDisk::new();
        let lsm = open(
            &disk,
            Options {
                durability,
                ..options()
            },
        );
        lsm.put(b"a", b"1").unwrap();
        disk.set_faults(Faults {
            fail: Some(Fail::Once(disk.operations().len())),
            failed_write: Part::All,
            ..Faults::default()
        });
        let error = lsm.put(b"a", b"2").unwrap_err();
        assert!(matches!(error, Error::Io { .. }), "{durability:?}: {error}");
        disk.set_faults(Faults::default());
        let found = lsm.get(b"a").unwrap();
        assert_eq!(found.as_deref(), Some(&b"1"[..]), "{durability:?}");
        assert_eq!(lsm.present.state().frozen.len(), 1, "its log has ended");
    }
}

/// Behind a sync, a mark that tells of it goes in front of the next batch.
#[test]
fn ex_3_18_a_failed_write_is_covered_with_the_mark_in_front_of_it() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    lsm.put(b"a", b"1").unwrap();
    lsm.sync().unwrap();
    disk.set_faults(Faults {
        fail: Some(Fail::Once(disk.operations().len())),
        failed_write: Part::All,
        ..Faults::default()
    });
    lsm.put(b"b", b"lost").unwrap_err();
    let log = &files(&disk, ".log")[0];
    let image = disk.image();
    let bytes = image.get(log).unwrap().bytes();
    let is_lost = bytes.windows(4).any(|bytes| bytes == b"lost");
    assert!(!is_lost, "a part of the batch is left in the log");
    assert_eq!(changes_of(&disk, log), ["put a 1"]);
}

#[test]
fn ex_3_18_a_failed_write_is_covered_though_the_disk_is_full() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    // Short, so that the next one fits into the room that the log has by now.
    lsm.put(b"a", b"1").unwrap();
    let image = disk.image();
    let full = image.files().map(|(_, content)| content.len()).sum();
    disk.set_faults(Faults {
        fail: Some(Fail::Once(disk.operations().len())),
        failed_write: Part::All,
        capacity: Some(full),
        ..Faults::default()
    });
    let error = lsm.put(b"b", b"lost").unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error}");
    disk.set_faults(Faults::default());
    while lsm.step().unwrap() == Progress::Worked {}
    lsm.put(b"b", b"2").unwrap();
    assert_eq!(count(&lsm), 2);
}

#[test]
fn ex_3_18_where_a_failed_write_cannot_be_covered_the_engine_is_poisoned() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    lsm.put(b"a", b"1").unwrap();
    disk.set_faults(Faults {
        fail: Some(Fail::From(disk.operations().len())),
        failed_write: Part::All,
        ..Faults::default()
    });
    let error = lsm.put(b"a", b"2").unwrap_err();
    assert!(matches!(error, Error::Poisoned { .. }), "{error}");
    disk.set_faults(Faults::default());
    let error = lsm.put(b"b", b"3").unwrap_err();
    assert!(matches!(error, Error::Poisoned { .. }), "{error}");
    assert_eq!(lsm.get(b"a").unwrap().as_deref(), Some(&b"1"[..]));
}
