use std::collections::BTreeMap;
use std::sync::Arc;

use conformance::sim::{Fail, Faults, Operation, SimDisk};
use engine::{Error, Order, Result};
use proptest::prelude::*;

use super::engines::options;
use super::states::change;
use super::tables::{Entries, key, rest};
use crate::Options;
use crate::files::Files;
use crate::job::Job;
use crate::levels::Levels;
use crate::memtable::Memtable;
use crate::source::Source;
use crate::state::Logged;
use crate::table::Table;

/// The files on this disk.
fn files_on(disk: &SimDisk, options: Options) -> Files {
    Files::new(Arc::new(disk.clone()), options)
}

/// Does all pieces of a job, and answers the tables and how many pieces it took.
fn done(mut job: Job, files: &Files) -> Result<(Vec<Arc<Table>>, usize)> {
    let mut pieces = 1;
    while job.piece(files)? {
        pieces += 1;
    }
    assert!(job.unfinished.is_none(), "a table was left unfinished");
    Ok((job.made, pieces))
}

/// A table with these entries.
fn table(files: &Files, entries: &Entries) -> Arc<Table> {
    let (_, mut builder) = files.begin_table(None).unwrap();
    for (key, value) in entries {
        builder.add(key, value.as_deref()).unwrap();
    }
    files.finish_table(builder).unwrap()
}

/// `a=1 b-` as entries.
fn entries(text: &str) -> Entries {
    let entry = |word: &str| match word.split_once('=') {
        Some((key, value)) => (key.into(), Some(value.into())),
        None => (word.trim_end_matches('-').into(), None),
    };
    text.split_whitespace().map(entry).collect()
}

/// Levels with these tables, the newest first: `0 a=1; 6 b=2`.
fn levels(files: &Files, text: &str) -> Arc<Levels<Arc<Table>>> {
    let mut tables = Vec::new();
    for layer in text
        .split(';')
        .rev()
        .filter(|layer| !layer.trim().is_empty())
    {
        let (level, text) = layer.trim().split_once(' ').unwrap();
        tables.push((level.parse().unwrap(), table(files, &entries(text))));
    }
    Arc::new(Levels::new(7).with(tables, &[]).unwrap())
}

/// What tables hold: `a=1 b- | c=2`.
fn said(tables: &[Arc<Table>]) -> String {
    let all = tables.iter().map(|table| {
        let mut source = table.source(Order::Ascending);
        source.seek(std::ops::Bound::Unbounded).unwrap();
        let entries = rest(&mut source).unwrap().into_iter();
        let words = entries.map(|(key, value)| match value {
            Some(value) => format!("{}={}", key.escape_ascii(), value.escape_ascii()),
            None => format!("{}-", key.escape_ascii()),
        });
        words.collect::<Vec<_>>().join(" ")
    });
    all.collect::<Vec<_>>().join(" | ")
}

/// The tables that a memtable with these writes becomes, over these levels.
fn flushed(writes: &[(&str, Option<&str>)], below: &str) -> String {
    let disk = SimDisk::new();
    let files = files_on(&disk, options());
    let memtable = Memtable::new(4096);
    for ((key, value), seq) in writes.iter().zip(1..) {
        memtable.insert(seq, &change(key.as_bytes(), value.map(str::as_bytes)));
    }
    let frozen = Arc::new(Logged::new(memtable));
    let job = Job::flush(&files, &frozen, &levels(&files, below)).unwrap();
    said(&done(job, &files).unwrap().0)
}

/// The tables that the tables of a level and those of the next one become: all
/// of level `from`, and all of level `into`.
fn compacted(tables: &str, from: usize, into: usize) -> String {
    let disk = SimDisk::new();
    let files = files_on(&disk, options());
    let levels = levels(&files, tables);
    let lower = if from == into {
        &[]
    } else {
        levels.tables(into)
    };
    let job = Job::compaction(&files, levels.tables(from), lower, (into, 2048), &levels);
    said(&done(job.unwrap(), &files).unwrap().0)
}

#[test]
fn ex_3_17_a_memtable_becomes_a_table_of_its_newest_entries() {
    let writes = [
        ("b", Some("1")),
        ("a", Some("2")),
        ("b", Some("3")),
        ("c", None),
    ];
    assert_eq!(flushed(&writes, "6 c=0"), "a=2 b=3 c-");
}

#[test]
fn ex_3_17_what_no_older_table_may_hold_needs_no_tombstone() {
    let graves = [("b", None), ("m", None), ("z", None)];
    assert_eq!(flushed(&graves, ""), "", "and no table is made of nothing");
    assert_eq!(flushed(&graves, "6 a=1 k=1"), "b-");
    assert_eq!(flushed(&graves, "3 m=1"), "m-");
    assert_eq!(
        flushed(&graves, "0 l=1 z=1"),
        "m- z-",
        "level 0 is older, too"
    );
    assert_eq!(flushed(&graves, "0 z=1; 5 b=1"), "b- z-");
}

#[test]
fn ex_3_17_in_a_compaction_the_newest_entry_of_a_key_is_kept() {
    assert_eq!(
        compacted("0 a=1 c=1; 0 a=2 b=2; 6 b=3 c=3 d=3", 0, 6),
        "a=1 b=2 c=1 d=3"
    );
}

#[test]
fn ex_3_17_a_tombstone_dies_where_nothing_stands_below() {
    assert_eq!(compacted("0 a- c=1; 6 a=3 b=3", 0, 6), "b=3 c=1");
    assert_eq!(
        compacted("4 a-; 5 a=2 b=2; 6 a=3", 4, 5),
        "a- b=2",
        "level 6 has one"
    );
    assert_eq!(
        compacted("4 a-; 5 a=2 b=2; 6 b=3", 4, 5),
        "b=2",
        "only of another key"
    );
    assert_eq!(
        compacted("4 b-; 5 b=2; 6 a=3 c=3", 4, 5),
        "b-",
        "it may lie in between"
    );
}

#[test]
fn ex_3_17_a_key_at_the_edge_of_a_table_below_is_one_that_it_may_hold() {
    assert_eq!(compacted("4 a-; 5 a=1; 6 a=0 c=0", 4, 5), "a-");
    assert_eq!(compacted("4 c-; 5 c=1; 6 a=0 c=0", 4, 5), "c-");
    assert_eq!(compacted("4 d-; 5 d=1; 6 a=0 c=0", 4, 5), "");
}

#[test]
fn ex_3_17_within_level_0_a_tombstone_is_not_kept_for_what_goes_away_with_it() {
    assert_eq!(
        compacted("0 a-; 0 a=1 b=1; 0 b=0 c-; 6 c=0", 0, 0),
        "b=1 c-"
    );
}

#[test]
fn ex_3_17_what_is_above_does_not_keep_a_tombstone() {
    assert_eq!(compacted("0 a=9; 4 a=8; 5 a-; 6 a=1 b=1", 5, 6), "b=1");
}

/// So many entries of a hundred bytes.
fn many(count: usize) -> Entries {
    let entry = |number| (format!("{number:010}").into_bytes(), Some(vec![7; 90]));
    (0..count).map(entry).collect()
}

#[test]
fn ex_3_17_a_table_ends_with_the_entry_that_brings_it_to_its_length() {
    let disk = SimDisk::new();
    let files = files_on(&disk, options());
    let upper = table(&files, &many(1000));
    let levels = Arc::new(
        Levels::new(7)
            .with(vec![(0, Arc::clone(&upper))], &[])
            .unwrap(),
    );
    let job = Job::compaction(&files, &[upper], &[], (6, 10_000), &levels).unwrap();
    let (tables, _) = done(job, &files).unwrap();
    let (last, whole) = tables.split_last().unwrap();
    let lens: Vec<u64> = tables.iter().map(|table| table.info().bytes).collect();
    // Filter, index and footer come on top.
    assert!(whole.len() >= 9, "{lens:?}");
    assert!(
        whole
            .iter()
            .all(|table| (10_000..11_200).contains(&table.info().bytes)),
        "{lens:?}"
    );
    assert!(last.info().bytes < 11_200, "{lens:?}");
    let entries: u64 = tables.iter().map(|table| table.info().entries).sum();
    assert_eq!(entries, 1000);
}

#[test]
fn ex_3_17_a_table_that_has_just_its_length_is_finished() {
    let disk = SimDisk::new();
    let files = files_on(&disk, options());
    let all = many(30);
    let mut lens = Vec::new();
    let (_, mut builder) = files.begin_table(None).unwrap();
    for (key, value) in &all {
        builder.add(key, value.as_deref()).unwrap();
        lens.push(builder.bytes());
    }
    let upper = files.finish_table(builder).unwrap();
    let levels = levels(&files, "");
    for count in [1, 7, 20] {
        let upper = [Arc::clone(&upper)];
        let job = Job::compaction(&files, &upper, &[], (6, lens[count - 1]), &levels);
        let (made, _) = done(job.unwrap(), &files).unwrap();
        assert_eq!(made[0].info().entries, count as u64);
    }
}

#[test]
fn ex_3_17_the_first_table_has_the_number_that_was_taken_when_the_job_began() {
    let disk = SimDisk::new();
    let files = files_on(&disk, options());
    let upper = table(&files, &many(100));
    let levels = levels(&files, "");
    let before = files.next_number().unwrap();
    let job = Job::compaction(&files, &[upper], &[], (6, 3000), &levels).unwrap();
    let meanwhile = files.next_number().unwrap();
    let (made, _) = done(job, &files).unwrap();
    let numbers: Vec<u32> = made.iter().map(|table| table.info().number).collect();
    assert!((before..meanwhile).contains(&numbers[0]), "{numbers:?}");
    assert!(numbers.len() > 1 && meanwhile < numbers[1], "{numbers:?}");
}

#[test]
fn ex_3_17_a_piece_that_ends_with_the_last_entry_leaves_the_table_to_the_next_one() {
    let disk = SimDisk::new();
    let files = files_on(&disk, options());
    let large = Entries::from([(b"a".to_vec(), Some(vec![7; 1 << 20]))]);
    let upper = table(&files, &large);
    let job = Job::compaction(&files, &[upper], &[], (6, u64::MAX), &levels(&files, ""));
    let (made, _) = done(job.unwrap(), &files).unwrap();
    assert_eq!(made.len(), 1);
    assert_eq!(made[0].info().entries, 1);
}

/// The whole of a table is not what stands in front of the first damage in it.
#[test]
fn ex_3_17_damage_in_the_middle_of_a_table_is_answered() {
    let disk = SimDisk::new();
    let files = files_on(&disk, options());
    let info = table(&files, &many(100)).info().clone();
    let name = format!("{:010}.table", info.number);
    let image = disk.image().with_flipped_bit(&name, info.bytes / 2, 0);
    let disk = SimDisk::from_image(&image);
    let files = files_on(&disk, options());
    files.pass_number(info.number);
    let upper = files.open_table(info).unwrap();
    let job = Job::compaction(&files, &[upper], &[], (6, 3000), &levels(&files, ""));
    let error = done(job.unwrap(), &files).expect_err("a block is damaged");
    assert!(matches!(error, Error::Corrupt { .. }), "{error}");
}

#[test]
fn ex_3_17_a_piece_is_about_a_megabyte() {
    let disk = SimDisk::new();
    let files = files_on(&disk, options());
    let upper = table(&files, &many(35_000));
    let levels = Arc::new(
        Levels::new(7)
            .with(vec![(0, Arc::clone(&upper))], &[])
            .unwrap(),
    );
    let whole = (6, u64::MAX);
    let job = Job::compaction(&files, &[upper], &[], whole, &levels).unwrap();
    let (tables, pieces) = done(job, &files).unwrap();
    assert_eq!((tables.len(), pieces), (1, 4), "of 3.5 megabytes");
}

#[test]
fn ex_3_17_tombstones_that_die_count_as_work() {
    let disk = SimDisk::new();
    let files = files_on(&disk, options());
    let graves: Entries = many(110_000).into_keys().map(|key| (key, None)).collect();
    let upper = table(&files, &graves);
    let levels = Arc::new(
        Levels::new(7)
            .with(vec![(0, Arc::clone(&upper))], &[])
            .unwrap(),
    );
    let job = Job::compaction(&files, &[upper], &[], (6, 4096), &levels).unwrap();
    let (tables, pieces) = done(job, &files).unwrap();
    assert_eq!((tables.len(), pieces), (0, 2), "of 1.1 megabytes of keys");
}

#[test]
fn ex_3_17_each_table_is_synced_and_no_name_is() {
    let disk = SimDisk::new();
    let files = files_on(&disk, options());
    let upper = table(&files, &many(100));
    let levels = Arc::new(
        Levels::new(7)
            .with(vec![(0, Arc::clone(&upper))], &[])
            .unwrap(),
    );
    let before = disk.operations().len();
    let job = Job::compaction(&files, &[upper], &[], (6, 3000), &levels).unwrap();
    let (tables, _) = done(job, &files).unwrap();
    let operations = &disk.operations()[before..];
    let count = |wanted| operations.iter().filter(|found| **found == wanted).count();
    assert_eq!(count(Operation::Sync), tables.len());
    assert_eq!(
        count(Operation::SyncDir),
        0,
        "one for all of them comes later"
    );
}

#[test]
fn ex_3_17_a_failure_is_answered_wherever_it_comes() {
    let run = |fault: Option<usize>| {
        let disk = SimDisk::new();
        let files = files_on(&disk, options());
        let upper = table(&files, &many(60));
        let levels = Levels::new(7)
            .with(vec![(0, Arc::clone(&upper))], &[])
            .unwrap();
        let from = disk.operations().len();
        disk.set_faults(Faults {
            fail: fault.map(|at| Fail::Once(from + at)),
            ..Faults::default()
        });
        let job = Job::compaction(&files, &[upper], &[], (6, 3000), &Arc::new(levels));
        let made = job.and_then(|job| done(job, &files));
        (
            disk.operations().len() - from,
            made.map(|(tables, _)| tables.len()),
        )
    };
    let (operations, made) = run(None);
    assert!(made.unwrap() > 1);
    for at in 0..operations {
        let (_, made) = run(Some(at));
        let error = made.expect_err("an operation failed");
        let is_told = matches!(error, Error::Io { .. } | Error::Poisoned { .. });
        assert!(is_told, "operation {at}: {error}");
    }
}

fn some_entries() -> impl Strategy<Value = Entries> {
    let value = prop::option::of(prop::collection::vec(any::<u8>(), 0..40));
    prop::collection::btree_map(key(), value, 1..30)
}

proptest! {
    #[test]
    fn ex_3_17_a_compaction_changes_nothing_that_can_be_seen(
        level0 in prop::collection::vec(some_entries(), 1..4),
        lower in prop::collection::vec(some_entries(), 0..2),
        below in prop::collection::vec(some_entries(), 0..2),
    ) {
        let disk = SimDisk::new();
        let files = files_on(&disk, options());
        let mut tables = Vec::new();
        for (level, all) in [(6, below.first()), (5, lower.first())] {
            let all: Vec<_> = all.into_iter().flatten().collect();
            for part in all.chunks(7) {
                let part = part.iter().map(|(key, value)| ((*key).clone(), (*value).clone()));
                tables.push((level, table(&files, &part.collect())));
            }
        }
        for entries in level0.iter().rev() {
            tables.push((0, table(&files, entries)));
        }
        let levels = Arc::new(Levels::new(7).with(tables, &[]).unwrap());
        let job = Job::compaction(
            &files, levels.tables(0), levels.tables(5), (5, 300), &levels,
        ).unwrap();
        let (made, _) = done(job, &files).unwrap();
        let removed: Vec<u32> = levels.all().filter(|(level, _)| *level < 6)
            .map(|(_, table)| table.info().number).collect();
        let added = made.into_iter().map(|table| (5, table)).collect();
        let after = levels.with(added, &removed).unwrap();
        after.check().unwrap();
        let find = |levels: &Levels<Arc<Table>>, key: &[u8]| {
            let mut value = Vec::new();
            let found = crate::sorted::tables_of(levels, key)
                .find_map(|table| table.get(key, &mut value).unwrap());
            (found == Some(true)).then_some(value)
        };
        let mut keys: BTreeMap<Vec<u8>, ()> = BTreeMap::new();
        for entries in level0.iter().chain(&lower).chain(&below) {
            keys.extend(entries.keys().map(|key| (key.clone(), ())));
        }
        for key in keys.keys() {
            prop_assert_eq!(find(&after, key), find(&levels, key), "{:?}", key);
        }
        for (level, table) in after.all().filter(|(level, _)| *level < 6) {
            let mut source = table.source(Order::Ascending);
            source.seek(std::ops::Bound::Unbounded).unwrap();
            for (key, value) in rest(&mut source).unwrap() {
                let needed = after.is_below(level, &(&*key..=&*key));
                prop_assert!(value.is_some() || needed, "{:?} hides nothing", key);
            }
        }
    }
}
