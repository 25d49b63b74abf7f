use std::collections::BTreeSet;

use conformance::sim::{Faults, SimDisk};
use engine::disk::Disk;
use engine::{Counter, Error, KeyRange, Order, Progress, Snapshots, StorageEngine, Write};

use super::engines::{
    bottom, bytes, close, count, files, fill, key, level_sizes, open, options, rest,
};
use super::ex_3_13::simulation::predicted;
use crate::costs::owed;
use crate::log::record::record_len;
use crate::picking::urgent;
use crate::{Lsm, Options};

#[test]
fn ex_3_19_whoever_writes_keeps_the_tree_in_shape_without_a_worker() {
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
fn ex_3_19_at_rest_there_is_little_garbage() {
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
fn ex_3_19_what_was_deleted_takes_no_room_in_the_end() {
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
fn ex_3_19_a_table_stays_as_long_as_a_cursor_or_a_snapshot_reads_it() {
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
fn ex_3_19_keys_that_come_in_their_order_are_written_to_tables_once() {
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
fn ex_3_19_a_store_that_is_closed_after_every_few_writes_is_not_written_anew() {
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
fn ex_3_19_a_memtable_that_is_flushed_beside_a_merge_within_level_0_is_newer() {
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
fn ex_3_19_a_missing_key_costs_no_block_but_for_false_positives() {
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
fn ex_3_19_a_key_at_rest_costs_one_block() {
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

#[test]
fn ex_3_19_no_write_does_much_more_than_its_share() {
    let disk = SimDisk::new();
    let options = Options {
        memtable_bytes: 2 << 20,
        table_bytes: 1 << 20,
        ..options()
    };
    let lsm = open(&disk, options);
    let mut most = 0;
    for number in 0..40_000 {
        let before = lsm.stats()[Counter::BytesWritten];
        lsm.put(&key(number), &[7; 1000]).unwrap();
        most = most.max(lsm.stats()[Counter::BytesWritten] - before);
    }
    // A piece of a flush and one of a compaction, with what they had gathered.
    assert!(most < 4 << 20, "one put wrote {most} bytes");
    let state = lsm.present.state();
    assert!(state.levels.tables(0).len() + state.frozen.len() <= 12);
    assert!(level_sizes(&lsm)[6] > 0, "nothing was compacted");
}

#[test]
fn ex_3_19_where_no_room_is_left_a_write_waits_for_it() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    // Another thread is at work all the time, so the writer's own is put off.
    fill(&lsm, 0..1, 1);
    let maintaining = lsm.maintaining.lock();
    while lsm.present.state().frozen.len() < 2 {
        fill(&lsm, 0..1, 1);
    }
    drop(maintaining);
    fill(&lsm, 0..1, 2);
    assert!(lsm.present.state().frozen.len() < 2, "both wait still");
    assert_eq!(lsm.get(&key(0)).unwrap().unwrap(), b"0 in round 2");
}

#[test]
fn ex_3_19_where_no_room_is_left_and_work_fails_the_write_says_so() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    fill(&lsm, 0..1, 1);
    let maintaining = lsm.maintaining.lock();
    while lsm.present.state().frozen.len() < 2 {
        fill(&lsm, 0..1, 1);
    }
    drop(maintaining);
    disk.set_faults(Faults {
        capacity: Some(0),
        ..Faults::default()
    });
    let error = lsm.put(b"a", b"1").unwrap_err();
    assert!(matches!(error, Error::NoSpace { .. }), "{error}");
    assert_eq!(lsm.get(b"a").unwrap(), None);
    disk.set_faults(Faults::default());
    lsm.put(b"a", b"1").unwrap();
}

/// An engine in which one memtable waits, and there is room for another one: for
/// each byte that is written, one byte of work is owed.
fn waiting(disk: &SimDisk) -> Lsm {
    let lsm = open(disk, options());
    freeze(&lsm);
    lsm
}

/// Writes something, pays for nothing, and lets the memtable wait.
fn freeze(lsm: &Lsm) {
    let mut writer = lsm.writer.lock();
    let batch = [Write::put("a", "1")];
    let len = record_len(&batch).unwrap();
    lsm.make(&mut writer, &batch, len).unwrap();
    lsm.rotate(&mut writer, 0).unwrap();
}

fn are_waiting(lsm: &Lsm) -> usize {
    lsm.present.state().frozen.len()
}

#[test]
fn ex_3_19_what_writes_take_on_adds_up_to_pieces() {
    let piece = 1 << 20;
    let disk = SimDisk::new();
    let lsm = waiting(&disk);
    lsm.pay(piece - 1).unwrap();
    assert_eq!(are_waiting(&lsm), 1, "a byte is missing");
    lsm.pay(1).unwrap();
    assert_eq!(are_waiting(&lsm), 0, "this is a piece: the flush");
    assert_eq!(
        files(&disk, ".log").len(),
        1,
        "what comes then is another one"
    );
    // What remains is kept.
    freeze(&lsm);
    lsm.pay(piece + piece / 2).unwrap();
    freeze(&lsm);
    let logs = files(&disk, ".log").len();
    lsm.pay(piece / 2).unwrap();
    assert_eq!(files(&disk, ".log").len(), logs - 1, "two halves");
    lsm.pay(piece - 1).unwrap();
    assert_eq!(files(&disk, ".log").len(), logs - 1, "and nothing besides");
}

#[test]
fn ex_3_19_what_is_owed_is_spread_over_the_room_that_level_0_has_left() {
    let piece = 1 << 20;
    let due = || {
        let lsm = open(&SimDisk::new(), options());
        for _ in 0..4 {
            freeze(&lsm);
            let mut maintaining = lsm.maintaining.lock();
            while lsm.step_by(&mut maintaining, |_, _| None).unwrap() == Progress::Worked {}
        }
        freeze(&lsm);
        lsm
    };
    let memtable = 4 << 10;
    // A flush, what the tables cost, and a piece should they only move.
    let all = memtable + owed(&due().present.state().levels, &due().shape()) + piece;
    // Of 12 tables there are 4, and one waits. A rate is in 256ths.
    let rate = (256 * all).div_ceil(7 * memtable);
    let enough = u32::try_from((256 * piece).div_ceil(rate)).unwrap();
    for (bytes, waiting) in [(enough - 1, 1), (enough, 0)] {
        let lsm = due();
        lsm.pay(bytes).unwrap();
        assert_eq!(are_waiting(&lsm), waiting, "{bytes} of {enough} bytes");
    }
}

#[test]
fn ex_3_19_who_takes_on_two_pieces_does_both_and_nothing_that_is_not_urgent() {
    let disk = SimDisk::new();
    let lsm = waiting(&disk);
    lsm.pay(2 << 20).unwrap();
    assert_eq!(are_waiting(&lsm), 0, "the flush");
    assert_eq!(
        files(&disk, ".log"),
        [""; 0],
        "and the log, which is removed"
    );
    freeze(&lsm);
    lsm.pay(1 << 19).unwrap();
    assert_eq!(are_waiting(&lsm), 1, "nothing was left of the two");
    lsm.pay(9 << 20).unwrap();
    assert_eq!(level_sizes(&lsm)[0], 2, "two tables can wait");
}

#[test]
fn ex_3_19_where_another_is_at_work_a_piece_is_put_off() {
    let disk = SimDisk::new();
    let lsm = waiting(&disk);
    let (done, is_done) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let maintaining = lsm.maintaining.lock();
        let paying = scope.spawn(|| {
            lsm.pay(1 << 20).unwrap();
            done.send(()).unwrap();
        });
        // Long enough for any machine, and over at once where it is right.
        let waited = is_done.recv_timeout(std::time::Duration::from_secs(10));
        drop(maintaining);
        paying.join().unwrap();
        assert!(waited.is_ok(), "it waited for the lock");
    });
    assert_eq!(are_waiting(&lsm), 1);
    lsm.pay(1).unwrap();
    assert_eq!(are_waiting(&lsm), 0, "the next one does it");
}

#[test]
fn ex_3_19_work_that_fails_and_could_be_put_off_is_not_the_writes_error() {
    let disk = SimDisk::new();
    let lsm = waiting(&disk);
    disk.set_faults(Faults {
        capacity: Some(0),
        ..Faults::default()
    });
    lsm.pay(3 << 20).unwrap();
    assert_eq!(are_waiting(&lsm), 1, "there was no room for a table");
    disk.set_faults(Faults::default());
    lsm.pay(1 << 19).unwrap();
    assert_eq!(
        are_waiting(&lsm),
        1,
        "nothing was left of what was taken on"
    );
    lsm.pay(1 << 19).unwrap();
    assert_eq!(files(&disk, ".table"), [""; 0], "what was begun goes first");
    lsm.pay(1 << 20).unwrap();
    assert_eq!(are_waiting(&lsm), 0);
}

#[test]
fn ex_3_19_where_no_room_is_left_a_write_goes_on_until_there_is_some() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    for _ in 0..4 {
        freeze(&lsm);
    }
    lsm.pay(1).unwrap();
    assert_eq!(are_waiting(&lsm), 1, "two are too many");
}

#[test]
fn ex_3_19_files_of_others_stay_where_they_are() {
    let disk = SimDisk::new();
    drop(
        disk.open("notes.txt", engine::disk::Mode::CreateNew)
            .unwrap(),
    );
    let lsm = open(&disk, options());
    fill(&lsm, 0..300, 1);
    rest(&lsm);
    close(lsm);
    drop(open(&disk, options()));
    assert_eq!(files(&disk, ".txt"), ["notes.txt"]);
}

/// The bytes that were written to tables.
fn written_to_tables(disk: &SimDisk) -> u64 {
    let trace = disk.trace();
    let writes = trace.iter().filter(|line| line.starts_with("write "));
    let tables = writes.filter(|line| line.contains(".table at "));
    let len = |line: &String| line.split(' ').rev().nth(1)?.parse::<u64>().ok();
    tables
        .map(|line| len(line).expect("a write has a length"))
        .sum()
}

#[test]
fn ex_3_19_a_random_load_writes_what_the_sizes_of_the_levels_predict() {
    let memtables = 10;
    let disk = SimDisk::new();
    let options = Options {
        memtable_bytes: 256 << 10,
        table_bytes: 128 << 10,
        block_bytes: 4 << 10,
        ..options()
    };
    let lsm = open(&disk, options);
    let shape = lsm.shape();
    let (mut number, mut logs) = (0, BTreeSet::new());
    // The log of the memtable behind the last one is begun.
    while logs.len() <= memtables {
        lsm.put(&key(number), &[7; 100]).unwrap();
        number += 1;
        logs.extend(files(&disk, ".log"));
    }
    let loaded = u64::from(number) * 110;
    while lsm.step_by(&mut lsm.maintaining.lock(), urgent).unwrap() == Progress::Worked {}
    let found = written_to_tables(&disk) as f64 / loaded as f64;
    let predicted = predicted(u32::try_from(memtables).unwrap(), &shape);
    let message = format!("{found:.2} bytes for one, and {predicted:.2} are predicted");
    assert!((found / predicted - 1.0).abs() < 0.15, "{message}");
}
