use conformance::sim::{Fail, Faults, SimDisk};
use engine::{Maintenance, Progress};

use super::engines::{count, files, fill, level_sizes, open, options};
use crate::picking::urgent;
use crate::shape::Shape;
use crate::{Lsm, Options};

/// Puts these keys, and makes a table of level 0 of them.
fn put_table(lsm: &Lsm, keys: std::ops::Range<u32>) {
    fill(lsm, keys, 1);
    lsm.rotate(&mut lsm.writer.lock(), 0).unwrap();
    let mut maintaining = lsm.maintaining.lock();
    while lsm.step_by(&mut maintaining, |_, _| None).unwrap() == Progress::Worked {}
}

#[test]
fn the_shape_of_the_levels_is_what_the_options_ask_for() {
    let asked = Options {
        level0_tables: 3,
        level_ratio: 5,
        ..options()
    };
    let expected = Shape {
        memtable_bytes: 4 << 10,
        table_bytes: 2 << 10,
        level0_tables: 3,
        ratio: 5,
        ..Shape::default()
    };
    assert_eq!(open(&SimDisk::new(), asked).shape(), expected);
}

#[test]
fn what_can_wait_is_done_once_nobody_has_written_since_the_last_step() {
    let lsm = open(&SimDisk::new(), options());
    put_table(&lsm, 0..3);
    for number in 3..6 {
        fill(&lsm, number..number + 1, 1);
        assert_eq!(lsm.step(), Ok(Progress::Idle), "somebody writes");
    }
    assert_eq!(level_sizes(&lsm)[0], 1);
    assert_eq!(lsm.step(), Ok(Progress::Worked));
    assert_eq!(level_sizes(&lsm)[0], 0, "it has gone down");
}

/// Several would be as many tables of level 0 as there were before, and those
/// after the first newer than what is flushed meanwhile.
#[test]
fn what_is_merged_within_level_0_becomes_one_table_however_long() {
    let short = Options {
        table_bytes: 64,
        ..options()
    };
    let lsm = open(&SimDisk::new(), short);
    for from in [0, 3, 6, 9] {
        put_table(&lsm, from..from + 3);
    }
    assert_eq!(level_sizes(&lsm)[0], 4);
    let mut maintaining = lsm.maintaining.lock();
    let mut steps = 0..100;
    while lsm.step_by(&mut maintaining, urgent).unwrap() == Progress::Worked {
        assert!(steps.next().is_some(), "it does not end");
    }
    assert_eq!(level_sizes(&lsm)[0], 1);
    assert_eq!(count(&lsm), 12);
}

#[test]
fn of_work_that_fails_anywhere_no_table_is_left_that_nobody_needs() {
    let short = Options {
        table_bytes: 300,
        ..options()
    };
    let run = |fault: Option<usize>| {
        let disk = SimDisk::new();
        let lsm = open(&disk, short.clone());
        put_table(&lsm, 0..40);
        put_table(&lsm, 20..60);
        fill(&lsm, 40..80, 2);
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
            let (there, needed) = (files(&disk, ".table"), level_sizes(&lsm));
            let message = format!("operation {fault:?} failed: {there:?} for {needed:?}");
            assert_eq!(there.len(), needed.iter().sum::<usize>(), "{message}");
        }
        to - from
    };
    let operations = run(None);
    for at in 0..operations {
        run(Some(at));
    }
}
