use conformance::sim::{Fail, Faults, SimDisk};
use engine::{Counter, KeyRange, Maintenance, Order, Progress, Snapshots, StorageEngine};

use super::engines::{close, count, files, fill, key, killed, open, options, rest};
use crate::Lsm;
use crate::picking::urgent;

fn level_sizes(lsm: &Lsm) -> Vec<usize> {
    let state = lsm.present.state();
    let levels = 0..state.levels.count();
    levels
        .map(|level| state.levels.tables(level).len())
        .collect()
}

/// The numbers of the tables in the last level.
fn bottom(lsm: &Lsm) -> Vec<u32> {
    let state = lsm.present.state();
    let tables = state.levels.tables(state.levels.bottom()).iter();
    tables.map(|table| table.info().number).collect()
}

/// The bytes of all tables.
fn bytes(lsm: &Lsm) -> u64 {
    let state = lsm.present.state();
    (0..state.levels.count())
        .map(|level| state.levels.bytes(level))
        .sum()
}

#[test]
fn a_memtable_that_is_full_becomes_a_table_and_its_log_goes() {
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
fn whoever_writes_keeps_the_tree_in_shape_without_a_worker() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    let mut most = (0, 0);
    for round in 0..20 {
        fill(&lsm, 0..400, round);
        let state = lsm.present.state();
        most.0 = most.0.max(state.frozen.len());
        most.1 = most.1.max(state.levels.tables(0).len());
    }
    assert!(most.0 <= 2, "{} memtables waited to be flushed", most.0);
    assert!(most.1 <= 12, "level 0 had {} tables", most.1);
    assert_eq!(count(&lsm), 400);
    assert_eq!(lsm.get(&key(7)).unwrap().unwrap(), b"7 in round 19");
}

#[test]
fn at_rest_there_is_little_garbage() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    let once = {
        let disk = SimDisk::new();
        let lsm = open(&disk, options());
        fill(&lsm, 0..1000, 9);
        rest(&lsm);
        bytes(&lsm)
    };
    for round in 0..10 {
        fill(&lsm, 0..1000, round);
    }
    rest(&lsm);
    // What the memtable holds still is not garbage on the disk.
    let amplification = bytes(&lsm) as f64 / once as f64;
    assert!(amplification <= 1.15, "{amplification:.3}");
    assert_eq!(count(&lsm), 1000);
    close(lsm);
}

#[test]
fn what_was_deleted_takes_no_room_in_the_end() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    fill(&lsm, 0..500, 1);
    rest(&lsm);
    for number in 0..500 {
        lsm.delete(&key(number)).unwrap();
    }
    assert_eq!(count(&lsm), 0);
    close(lsm);
    let lsm = open(&disk, options());
    rest(&lsm);
    assert_eq!(count(&lsm), 0);
    assert_eq!(
        level_sizes(&lsm).iter().sum::<usize>(),
        0,
        "tables are left"
    );
    assert_eq!(files(&disk, ".table"), [""; 0]);
}

#[test]
fn a_table_stays_as_long_as_a_cursor_or_a_snapshot_reads_it() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    fill(&lsm, 0..300, 1);
    rest(&lsm);
    let old = files(&disk, ".table");
    let snapshot = lsm.snapshot().unwrap();
    let mut cursor = lsm.scan(KeyRange::all(), Order::Ascending).unwrap();
    for round in 2..8 {
        fill(&lsm, 0..300, round);
    }
    rest(&lsm);
    let mut seen = 0;
    while let Some((_, value)) = cursor.entry() {
        assert!(value.ends_with(b"in round 1"));
        seen += 1;
        cursor.advance().unwrap();
    }
    assert_eq!(seen, 300);
    let mut value = Vec::new();
    assert!(snapshot.get_into(&key(7), &mut value).unwrap());
    assert_eq!(value, b"7 in round 1");
    let there = files(&disk, ".table");
    assert!(old.iter().all(|table| there.contains(table)));
    drop((snapshot, cursor));
    rest(&lsm);
    let there = files(&disk, ".table");
    assert!(!old.iter().any(|table| there.contains(table)));
}

#[test]
fn keys_that_come_in_their_order_are_written_to_tables_once() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    for number in 0..3000 {
        lsm.put(format!("{number:010}").as_bytes(), &[7; 20])
            .unwrap();
    }
    let before = lsm.stats()[Counter::BytesWritten];
    rest(&lsm);
    let moved = lsm.stats()[Counter::BytesWritten] - before;
    let all = bytes(&lsm);
    assert!(moved < all / 4, "{moved} bytes were written of {all}");
    assert!(lsm.stats()[Counter::BytesWritten] < 4 * all);
}

#[test]
fn a_store_that_is_closed_after_every_few_writes_is_not_written_anew() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    fill(&lsm, 0..1000, 1);
    close(lsm);
    let lsm = open(&disk, options());
    rest(&lsm);
    let large = bottom(&lsm);
    close(lsm);
    for round in 2..30 {
        let lsm = open(&disk, options());
        // All over the keys, so that each table overlaps all the others.
        fill(&lsm, 0..3, round);
        while lsm.step_by(&mut lsm.maintaining.lock(), urgent).unwrap() == Progress::Worked {}
        assert!(level_sizes(&lsm)[0] < 4, "in round {round}");
        let newest = format!("2 in round {round}").into_bytes();
        assert_eq!(lsm.get(&key(2)).unwrap(), Some(newest));
        close(lsm);
    }
    let lsm = open(&disk, options());
    assert_eq!(bottom(&lsm), large);
    assert_eq!(count(&lsm), 1000);
}

/// In level 0 the order of the numbers is that of the entries.
#[test]
fn a_memtable_that_is_flushed_beside_a_merge_within_level_0_is_newer() {
    let disk = SimDisk::new();
    for round in 1..=4 {
        let lsm = open(&disk, options());
        fill(&lsm, 0..3, round);
        close(lsm);
    }
    let lsm = open(&disk, options());
    let mut maintaining = lsm.maintaining.lock();
    let pick = urgent(&lsm.present.state().levels, &lsm.shape()).unwrap();
    assert_eq!((pick.next_level, pick.inputs.len()), (0, 4));
    let mut task = lsm.begin_compaction(&lsm.present.state(), &pick).unwrap();
    drop(maintaining);
    fill(&lsm, 0..3, 5);
    lsm.rotate(&mut lsm.writer.lock(), 0).unwrap();
    maintaining = lsm.maintaining.lock();
    lsm.step_by(&mut maintaining, |_, _| None).unwrap();
    assert_eq!(level_sizes(&lsm)[0], 5);
    assert!(lsm.advance(&mut maintaining, &mut task).unwrap());
    drop(maintaining);
    assert_eq!(level_sizes(&lsm)[0], 2);
    assert_eq!(lsm.get(&key(0)).unwrap().unwrap(), b"0 in round 5");
}

#[test]
fn work_that_fails_anywhere_is_done_in_the_end() {
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
fn a_missing_key_costs_no_block_but_for_false_positives() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    fill(&lsm, 0..2000, 1);
    rest(&lsm);
    let before = lsm.stats();
    for number in 0..2000 {
        let mut absent = key(number);
        absent.push(b'+');
        assert_eq!(lsm.get(&absent).unwrap(), None);
    }
    let touched = lsm.stats().since(&before)[Counter::PagesTouched];
    // Ten bits a key: a filter errs once in 120 times, and there are two levels
    // or three.
    assert!(touched < 2000 * 3 / 100, "{touched} blocks");
}

#[test]
fn a_key_at_rest_costs_one_block() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    fill(&lsm, 0..2000, 1);
    close(lsm);
    let lsm = open(&disk, options());
    rest(&lsm);
    let before = lsm.stats();
    for number in 0..2000 {
        assert!(lsm.contains(&key(number)).unwrap());
    }
    let touched = lsm.stats().since(&before)[Counter::PagesTouched];
    assert!((2000..2060).contains(&touched), "{touched} blocks");
}
