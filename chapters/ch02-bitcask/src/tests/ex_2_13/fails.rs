//! What fails in a merge, and is tried again.

use std::sync::Arc;

use conformance::sim::{Fail, Faults, Operation, Part, SimDisk};
use engine::disk::{Disk, Mode};
use engine::{Error, Maintenance, Progress, Result, StorageEngine};

use super::due;
use crate::names::Kind;
use crate::tests::files::{name, names};
use crate::tests::meanwhile::Meanwhile;
use crate::tests::{
    all, buffered, fill, is_poisoned, maintain, open, open_again, options, promptly, value,
};
use crate::{Bitcask, Options};

/// The names of the files that count.
fn sealed(disk: &SimDisk) -> Vec<String> {
    let mut names = names(disk);
    names.retain(|name| name.ends_with(".data"));
    names
}

/// A sealed file for each of these.
fn prepared(files: &[&str]) -> (SimDisk, Bitcask) {
    let disk = SimDisk::new();
    let engine = open(&disk, options());
    files.iter().for_each(|changes| fill(&engine, changes));
    (disk, engine)
}

/// An engine on a disk of which this operation will fail, once.
struct Failing {
    disk: SimDisk,
    engine: Bitcask,
    operation: Operation,
}

/// An engine with these sealed files, time and again: each operation that `work`
/// then asks of its disk will fail once, the first time the first one. A write
/// that fails does each of these parts.
fn failing<'f>(
    files: &'f [&str],
    parts: &'f [Part],
    work: impl FnOnce(&Bitcask),
) -> impl Iterator<Item = Failing> {
    let (rehearsal, engine) = prepared(files);
    let before = rehearsal.operations().len();
    work(&engine);
    let asked = rehearsal.operations().into_iter().enumerate().skip(before);
    asked.flat_map(move |(at, operation)| {
        parts.iter().map(move |&failed_write| {
            let (disk, engine) = prepared(files);
            disk.set_faults(Faults {
                fail: Some(Fail::Once(at)),
                failed_write,
                ..Faults::default()
            });
            Failing {
                disk,
                engine,
                operation,
            }
        })
    })
}

impl Failing {
    /// What the step answers that fails.
    #[track_caller]
    fn failed_step(&self) -> Result<Progress> {
        let mut steps = (0..100).map(|_| self.engine.step());
        let name = self.operation.name();
        let failed = steps.find(Result::is_err);
        failed.unwrap_or_else(|| panic!("`{name}` failed, and no step did"))
    }
}

/// A poisoned engine that was in the middle of a merge, and how much its disk
/// had been asked for by then.
fn poisoned() -> (Meanwhile, Arc<Bitcask>, usize) {
    let (disk, engine) = due(Operation::Sync, buffered());
    assert_eq!(engine.step(), Ok(Progress::Worked));
    disk.does(|| {
        Err(Error::NoSpace {
            file: "the device".to_owned(),
        })
    });
    let failed = engine.sync();
    assert!(is_poisoned(&failed), "{failed:?}");
    let asked = disk.disk.operations().len();
    (disk, engine, asked)
}

#[test]
fn ex_2_13_killed_at_any_point_everything_is_there() {
    let (disk, engine) = prepared(&["k1 a1 d1 e1 a2", "k2 d- a3"]);
    let before = disk.changes();
    engine.merge().unwrap();
    let mut walk = disk.walk();
    let mut reach = conformance::sim::Reach::default();
    while walk.at() < before && walk.advance(&mut reach) {}
    loop {
        let engine = open(&walk.killed(), options());
        let found = all(&engine);
        assert_eq!(found, "a=3 e=1 k=2", "killed after change {}", walk.at());
        engine.put(b"d", b"2").unwrap();
        engine.merge().unwrap();
        assert_eq!(all(&engine), "a=3 d=2 e=1 k=2");
        if !walk.advance(&mut reach) {
            break;
        }
    }
}

#[test]
fn ex_2_13_whatever_fails_nothing_is_lost() {
    let files = ["k1 a1 d1 e1 a2", "k2 d- a3"];
    for failing in failing(&files, &Part::ALL, |engine| engine.merge().unwrap()) {
        let Failing {
            disk,
            engine,
            operation,
        } = failing;
        let name = operation.name();
        let failed = engine.merge();
        assert!(failed.is_err(), "`{name}` failed, and the merge did not");
        let expected = "a=3 e=1 k=2";
        assert_eq!(all(&engine), expected, "after `{name}` failed");
        if !is_poisoned(&failed) {
            let again = engine.merge();
            assert_eq!(again, Ok(()), "`{name}` failed, and then worked");
            // What could not be removed is when the engine is opened again.
            let is_left = matches!(operation, Operation::List | Operation::Remove);
            let files = sealed(&disk).len();
            assert!(files == 1 || is_left, "{files} after `{name}` failed");
        }
        assert_eq!(all(&engine), expected);
        let found = all(&open_again(&disk, options()));
        assert_eq!(found, expected, "opened after `{name}` had failed");
        assert!(disk.violations().is_empty(), "{:?}", disk.violations());
    }
}

#[test]
fn ex_2_13_what_failed_once_is_counted_once() {
    let long = "v".repeat(200);
    let files = [&format!("k1 l{long}"), "k- a1 a2 a3 a4"];
    for failing in failing(&files, &[Part::Nothing], maintain) {
        if is_poisoned(&failing.failed_step()) {
            continue;
        }
        maintain(&failing.engine);
        let files = failing.engine.index.files();
        let copy = files.values().find(|file| file.header().last == 2).unwrap();
        assert_eq!(
            (copy.live(), copy.graves()),
            (13, 12),
            "(live, graves) of a copy of a=4 and of the delete of k, in bytes, after \
             `{}` had failed once",
            failing.operation.name()
        );
    }
}

#[test]
fn ex_2_13_a_write_that_fails_within_a_piece_leaves_no_record_twice() {
    // So long that the copy is written several times within a piece. Half of it
    // is garbage, and of a copy with three records twice it would be less.
    let long = "v".repeat(100 << 10);
    let changes = "k k k k k k a b c d".replace(' ', &format!("{long} ")) + &long;
    let begun = || {
        let disk = SimDisk::new();
        let file_bytes_max = 4 << 20;
        let engine = open(
            &disk,
            Options {
                file_bytes_max,
                ..options()
            },
        );
        fill(&engine, &changes);
        (disk, engine)
    };
    let len = |engine: &Bitcask| -> u32 {
        let files = engine.index.files();
        files.values().map(|file| file.end()).sum()
    };
    let (rehearsal, engine) = begun();
    let before = rehearsal.operations().len();
    maintain(&engine);
    let expected = len(&engine);
    let asked = rehearsal.operations().into_iter().enumerate().skip(before);
    for (at, _) in asked.filter(|(_, operation)| *operation == Operation::Write) {
        let (disk, engine) = begun();
        disk.set_faults(Faults {
            fail: Some(Fail::Once(at)),
            ..Faults::default()
        });
        while engine.step() == Ok(Progress::Worked) {}
        maintain(&engine);
        assert_eq!(len(&engine), expected, "bytes of the copy, seal included");
    }
}

#[test]
fn ex_2_13_until_the_copy_counts_the_index_has_the_files_that_were_merged() {
    for failing in failing(&["k1 a1 a2 a3 a4"], &[Part::Nothing], maintain) {
        failing.failed_step().unwrap_err();
        assert!(
            failing.engine.index.files().contains_key(&1),
            "`{}` failed, so that nothing takes the place of file 1 for sure, and it was \
             removed from the index",
            failing.operation.name()
        );
        // The names are synced last. Then the copy counts.
        if failing.operation == Operation::SyncDir {
            return;
        }
    }
    panic!("the name of the copy was never synced");
}

#[test]
fn ex_2_13_what_is_written_between_a_failure_and_the_next_step_counts() {
    // The copy needs less by then than what a failed write has left in its file.
    let files = ["k1 a1 d1 e1 a2"];
    for failing in failing(&files, &Part::ALL, |engine| engine.merge().unwrap()) {
        let Failing {
            disk,
            engine,
            operation,
        } = failing;
        if is_poisoned(&engine.merge()) {
            continue;
        }
        let name = operation.name();
        engine.delete(b"d").unwrap();
        engine.put(b"e", b"2").unwrap();
        engine.put(b"a", b"3").unwrap();
        maintain(&engine);
        let expected = "a=3 e=2 k=1";
        assert_eq!(all(&engine), expected, "after `{name}` failed");
        drop(engine);
        let found = all(&open_again(&disk, options()));
        assert_eq!(found, expected, "opened after `{name}` had failed");
    }
}

#[test]
fn ex_2_13_a_file_that_could_not_be_removed_is_tried_again() {
    let mut tried = Vec::new();
    for failing in failing(&["k1 a1 a2 a3 a4"], &[Part::Nothing], maintain) {
        let name = failing.operation.name();
        if !matches!(failing.operation, Operation::List | Operation::Remove) {
            continue;
        }
        tried.push(name);
        failing.failed_step().unwrap_err();
        maintain(&failing.engine);
        assert_eq!(names(&failing.disk), ["0000000002.data"], "{name}");
    }
    assert_eq!(tried.len(), 2, "what was asked for to remove: {tried:?}");
}

#[test]
fn ex_2_13_a_damaged_file_is_not_merged_away() {
    let (disk, engine) = prepared(&["k1 a1 a2 a3 a4"]);
    let first = name(1, Kind::Data);
    let behind_its_back = disk.open(&first, Mode::Write).unwrap();
    behind_its_back.write_at(28 + 12, b"2").unwrap();
    drop(behind_its_back);
    let what = "the checksum of a record does not match";
    let expected = Error::corrupt(&first, 28, what);
    for _ in 0..3 {
        let merged = engine.step();
        assert_eq!(merged, Err(expected.clone()), "it was not there by itself");
    }
    assert!(names(&disk).contains(&first), "it may be of use yet");
    assert_eq!(value(&engine, b"a").as_deref(), Some("4"), "reads go on");
    engine.put(b"b", b"1").unwrap();
}

#[test]
fn ex_2_13_a_full_disk_refuses_a_merge_and_no_more() {
    let (disk, engine) = prepared(&["k1 a1 a2 a3 a4"]);
    disk.set_faults(Faults {
        capacity: Some(4096),
        ..Faults::default()
    });
    let full = engine.step();
    assert!(matches!(full, Err(Error::NoSpace { .. })), "{full:?}");
    assert_eq!(all(&engine), "a=4 k=1");
    disk.set_faults(Faults::default());
    maintain(&engine);
    assert_eq!(
        sealed(&disk),
        ["0000000002.data"],
        "it was copied to another"
    );
    assert_eq!(all(&engine), "a=4 k=1");
}

#[test]
fn ex_2_13_what_there_was_no_room_for_leaves_no_file_each_time() {
    let (disk, engine) = prepared(&["k1 a1 a2 a3 a4"]);
    disk.set_faults(Faults {
        capacity: Some(4096),
        ..Faults::default()
    });
    for _ in 0..5 {
        let full = engine.step();
        assert!(matches!(full, Err(Error::NoSpace { .. })), "{full:?}");
    }
    assert_eq!(all(&engine), "a=4 k=1");
    assert!(names(&disk).len() <= 2, "{:?}", names(&disk));
    disk.set_faults(Faults::default());
    maintain(&engine);
    assert_eq!(all(&engine), "a=4 k=1");
}

/// The number of a copy comes back after a later one was given to somebody else.
#[test]
fn ex_2_13_no_number_is_given_back_behind_a_later_one() {
    let (disk, engine) = due(Operation::Write, options());
    engine.seal_active().unwrap();
    let writer = Arc::clone(&engine);
    disk.does(move || {
        writer.put(b"z", b"2")?;
        let file = "the copy".to_owned();
        Err(Error::NoSpace { file })
    });
    let merging = Arc::clone(&engine);
    let wrong = "a write waits for a write of the merge: the writer's lock is held meanwhile";
    let full = promptly(wrong, move || merging.step());
    assert!(matches!(full, Err(Error::NoSpace { .. })), "{full:?}");
    let later = engine.index.files().keys().max().copied();
    engine.seal_active().unwrap();
    engine.put(b"z", b"3").unwrap();
    let newest = engine.index.files().keys().max().copied();
    assert!(
        newest > later,
        "the last put began a file, and the largest number of one was {later:?} before and is \
         {newest:?} now: an opening takes the larger number for the newer file"
    );
    let expected = "a=6 d=1 k=1 z=3";
    maintain(&engine);
    assert_eq!(all(&*engine), expected);
    assert_eq!(all(&open_again(&disk.disk, options())), expected);
}

#[test]
fn ex_2_13_a_poisoned_engine_merges_nothing() {
    let (disk, engine, asked) = poisoned();
    let step = engine.step();
    assert!(is_poisoned(&step), "a step of a poisoned engine: {step:?}");
    assert_eq!(disk.disk.operations().len(), asked, "the disk is not asked");
}

#[test]
fn ex_2_13_a_poisoned_engine_goes_on_with_no_merge_and_is_not_even_sealed() {
    let (disk, engine, asked) = poisoned();
    let merged = engine.merge();
    assert!(
        is_poisoned(&merged),
        "a merge of a poisoned engine: {merged:?}"
    );
    assert_eq!(disk.disk.operations().len(), asked, "the disk is not asked");
}
