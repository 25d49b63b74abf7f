use std::sync::Arc;

use conformance::sim::{Content, Fail, Faults, Image, Operation, SimDisk};
use engine::disk::Disk;
use engine::{Error, Maintenance, Progress, StorageEngine};

use super::engines::{
    close, count, files, fill, is_damage_of, key, killed, open, options, refused, without,
};
use crate::Lsm;
use crate::log::header::Header;
use crate::log::record::{Record, Says};
use crate::names::Name;

#[test]
fn ex_3_20_work_that_fails_anywhere_is_done_in_the_end() {
    let work = |lsm: &Lsm| while let Ok(Progress::Worked) = lsm.step() {};
    let (disk, lsm) = begun();
    let from = disk.operations().len();
    work(&lsm);
    work(&lsm);
    let to = disk.operations().len();
    drop(lsm);
    for operation in from..to {
        let (disk, lsm) = begun();
        disk.set_faults(Faults {
            fail: Some(Fail::Once(operation)),
            ..Faults::default()
        });
        work(&lsm);
        disk.set_faults(Faults::default());
        work(&lsm);
        assert_eq!(count(&lsm), 300, "operation {operation} failed");
        drop(lsm);
        let lsm = open(&killed(&disk), options());
        assert_eq!(count(&lsm), 300, "operation {operation} failed");
    }
}

/// An engine in which a flush is due, and compactions.
fn begun() -> (SimDisk, Lsm) {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    fill(&lsm, 0..300, 1);
    for number in (0..300).step_by(3) {
        lsm.put(&key(number), b"again").unwrap();
    }
    (disk, lsm)
}

#[test]
fn ex_3_20_what_was_written_is_found_after_the_process_was_killed() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    fill(&lsm, 0..300, 1);
    lsm.delete(&key(7)).unwrap();
    drop(lsm);
    let disk = killed(&disk);
    assert!(
        files(&disk, ".log").len() > 1,
        "several memtables were begun"
    );
    let lsm = open(&disk, options());
    assert_eq!(count(&lsm), 299);
    assert_eq!(lsm.get(&key(7)).unwrap(), None);
    assert_eq!(files(&disk, ".log"), [""; 0], "what they held is in tables");
}

#[test]
fn ex_3_20_a_log_that_is_missing_is_damage_unless_it_is_the_last() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    let mut keys = 0..;
    while lsm.present.state().frozen.is_empty() {
        let number = keys.next().expect("there are always more");
        fill(&lsm, number..number + 1, 1);
    }
    drop(lsm);
    let disk = killed(&disk);
    let image = disk.image();
    let logs = files(&disk, ".log");
    assert!(logs.len() > 1, "{logs:?}");
    for log in &logs[..logs.len() - 1] {
        let error = refused(&without(&image, log));
        assert!(is_damage_of(&error, log), "{error}");
    }
}

#[test]
fn ex_3_20_what_does_not_count_is_removed() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    fill(&lsm, 0..300, 1);
    close(lsm);
    let mut image = disk.image();
    let table = files(&disk, ".table").remove(0);
    let content = image.get(&table).unwrap().clone();
    for orphan in ["0000009000.table", "0000009001.log", "manifest.new"] {
        image.insert(orphan, content.clone());
    }
    // A log with a header of its own counts, so this one is blank.
    let blank = conformance::sim::Content::new(vec![0; 100]);
    image.insert("0000009001.log", blank);
    let names = disk.list().unwrap();
    let disk = SimDisk::from_image(&image);
    let lsm = open(&disk, options());
    assert_eq!(disk.list().unwrap(), names);
    assert_eq!(count(&lsm), 300);
    // Nor is a number given twice.
    lsm.put(b"new", b"").unwrap();
    assert!(files(&disk, ".log")[0].as_str() > "0000009001.log");
}

#[test]
fn ex_3_20_an_opening_that_fails_anywhere_loses_nothing() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    fill(&lsm, 0..200, 1);
    drop(lsm);
    let image = killed(&disk).image();
    let all = {
        let disk = SimDisk::from_image(&image);
        drop(open(&disk, options()));
        disk.operations().len()
    };
    for operation in 0..all {
        let disk = SimDisk::from_image(&image);
        disk.set_faults(conformance::sim::Faults {
            fail: Some(conformance::sim::Fail::Once(operation)),
            ..conformance::sim::Faults::default()
        });
        let shared = std::sync::Arc::new(disk.clone());
        drop(Lsm::open(shared, options()));
        let lsm = open(&killed(&disk), options());
        assert_eq!(
            count(&lsm),
            200,
            "operation {operation} of the opening failed"
        );
    }
}

/// What a process leaves behind that was killed with two logs: the first has
/// ended, and no memtable was flushed.
fn two_logs() -> (Image, Vec<String>) {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    fill(&lsm, 0..3, 1);
    lsm.rotate(&mut lsm.writer.lock(), 0).unwrap();
    fill(&lsm, 2..5, 2);
    drop(lsm);
    let disk = killed(&disk);
    let logs = files(&disk, ".log");
    assert_eq!(logs.len(), 2, "{logs:?}");
    (disk.image(), logs)
}

#[test]
fn ex_3_20_a_flip_of_any_byte_of_a_log_before_the_last_is_damage() {
    let (image, logs) = two_logs();
    let bytes = image.get(&logs[0]).unwrap().bytes();
    let written = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    for at in 0..=written {
        let error = refused(&image.with_flipped_bit(&logs[0], at as u64, 0));
        assert!(is_damage_of(&error, &logs[0]), "byte {at}: {error}");
    }
    // What stands behind the end was never written.
    let behind = image.with_flipped_bit(&logs[0], written as u64 + 9, 0);
    assert_eq!(count(&open(&SimDisk::from_image(&behind), options())), 5);
    // Of the last one, nobody was told that it is durable.
    let torn = image.with_flipped_bit(&logs[1], 30, 0);
    assert_eq!(count(&open(&SimDisk::from_image(&torn), options())), 3);
}

#[test]
fn ex_3_20_the_first_log_that_counts_is_missed_where_a_later_one_names_it() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    fill(&lsm, 0..1, 1);
    lsm.rotate(&mut lsm.writer.lock(), 0).unwrap();
    fill(&lsm, 1..2, 1);
    while lsm.step().unwrap() == Progress::Worked {}
    let log = Name::Log(lsm.maintaining.lock().tables.log).to_string();
    assert_eq!(files(&disk, ".log"), [&*log], "it counts, and is the first");
    lsm.rotate(&mut lsm.writer.lock(), 0).unwrap();
    fill(&lsm, 2..3, 1);
    drop(lsm);
    let error = refused(&without(&killed(&disk).image(), &log));
    assert!(is_damage_of(&error, &log), "{error}");
}

#[test]
fn ex_3_20_each_step_of_an_opening_is_durable_before_the_next_one() {
    let (image, logs) = two_logs();
    let disk = SimDisk::from_image(&image);
    let lsm = open(&disk, options());
    let trace = disk.trace();
    let find = |change: &str| {
        let found = trace.iter().position(|line| line.starts_with(change));
        found.unwrap_or_else(|| panic!("there is no `{change}` in {trace:#?}"))
    };
    for table in files(&disk, ".table") {
        let steps = [
            format!("create {table}"),
            format!("write {table}"),
            format!("sync {table}"),
            "sync_dir".to_owned(),
            "sync manifest.new".to_owned(),
            "rename manifest.new to manifest".to_owned(),
        ];
        assert!(steps.map(|step| find(&step)).is_sorted(), "{trace:#?}");
    }
    let named = trace.iter().rposition(|line| line == "sync_dir").unwrap();
    for log in logs {
        assert!(named < find(&format!("remove {log}")), "{trace:#?}");
    }
    assert_eq!(count(&lsm), 5);
    assert_eq!(lsm.get(&key(2)).unwrap().unwrap(), b"2 in round 2");
}

/// Opens this with each removal failing once: the opening says so, and the next
/// one goes on without a look at what does not count any more.
fn removals_that_fail(image: &Image, removals: usize, entries: usize) {
    let whole = SimDisk::from_image(image);
    drop(open(&whole, options()));
    let operations = whole.operations();
    let places = (0..operations.len()).filter(|at| operations[*at] == Operation::Remove);
    let places: Vec<usize> = places.collect();
    assert_eq!(places.len(), removals);
    for at in places {
        let disk = SimDisk::from_image(image);
        disk.set_faults(Faults {
            fail: Some(Fail::Once(at)),
            ..Faults::default()
        });
        let error = Lsm::open(Arc::new(disk.clone()), options()).expect_err("a removal failed");
        assert!(matches!(error, Error::Io { .. }), "{error}");
        let tables = files(&disk, ".table");
        let disk = killed(&disk);
        let lsm = open(&disk, options());
        assert_eq!(count(&lsm), entries);
        assert_eq!(files(&disk, ".table"), tables, "they hold all of it");
        assert_eq!(files(&disk, ".log"), [""; 0]);
    }
}

#[test]
fn ex_3_20_an_opening_says_that_a_log_cannot_be_removed_and_the_next_one_does_not_replay_it() {
    let (image, _) = two_logs();
    removals_that_fail(&image, 2, 5);
    // Logs without a change, of which the second names the first.
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    fill(&lsm, 0..1, 1);
    close(lsm);
    let mut image = disk.image();
    for (number, previous) in [(9000, 0), (9001, 9000)] {
        let mut bytes = Header { number, previous }.to_bytes().to_vec();
        let end = Record {
            log: number,
            offset: 24,
            says: Says::End,
        };
        end.append_to(&mut bytes);
        image.insert(Name::Log(number).to_string(), Content::new(bytes));
    }
    removals_that_fail(&image, 2, 1);
}
