use conformance::sim::{Fail, Faults, SimDisk};
use engine::disk::Disk;
use engine::{Maintenance, Progress, StorageEngine};

use super::engines::{
    close, count, files, fill, is_damage_of, key, killed, open, options, refused, without,
};
use crate::Lsm;

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
