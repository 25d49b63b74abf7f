use std::collections::BTreeMap;
use std::sync::Arc;

use conformance::sim::{Content, Fail, Faults, Image, SimDisk};
use engine::disk::{Counted, Disk};
use engine::{Error, Maintenance, Result, StorageEngine, Write};
use proptest::prelude::*;

use super::engines::{close, count, fill, key, open, options, rest, without};
use super::tables::{Entries, write};
use crate::Options;
use crate::compression::Compression;
use crate::device::Device;
use crate::judge::{JUDGE, notes};
use crate::layout::LOG_FILE;
use crate::manifest::{Manifest, Tables};
use crate::table::TableOptions;

/// How often each word is said of which file: `5.table: 1 live, 2 garbage`.
fn said(disk: &SimDisk) -> String {
    let notes = notes(disk).unwrap();
    let names = disk.list().unwrap();
    let lines = names.iter().filter(|name| (JUDGE.is_about)(name));
    let lines = lines.map(|name| {
        let counts = notes.counts(name);
        let counts: Vec<_> = counts.map(|(word, n)| format!("{n} {word}")).collect();
        let name = name.trim_start_matches('0');
        format!("{name}: {}", counts.join(", "))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// How often each word is said of all files together.
fn totals(disk: &SimDisk) -> BTreeMap<&'static str, usize> {
    let notes = notes(disk).unwrap();
    let mut totals = BTreeMap::new();
    for name in disk.list().unwrap() {
        for (word, times) in notes.counts(&name) {
            *totals.entry(word).or_default() += times;
        }
    }
    totals
}

#[test]
fn the_newest_of_each_key_is_live_whatever_file_it_is_in() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    lsm.write(&[
        Write::put(b"a", b"1"),
        Write::put(b"b", b"1"),
        Write::put(b"c", b"1"),
    ])
    .unwrap();
    close(lsm);
    assert_eq!(said(&disk), "2.table: 3 live");
    let lsm = open(&disk, options());
    lsm.put(b"a", b"2").unwrap();
    close(lsm);
    assert_eq!(said(&disk), "2.table: 2 live, 1 garbage\n4.table: 1 live");
    let lsm = open(&disk, options());
    lsm.put(b"b", b"2").unwrap();
    lsm.put(b"d", b"1").unwrap();
    lsm.put(b"d", b"2").unwrap();
    let expected = "\
2.table: 1 live, 2 garbage\n4.table: 1 live\n5.log: 2 live, 1 garbage";
    assert_eq!(said(&disk), expected);
    drop(lsm);
}

#[test]
fn a_word_is_said_of_the_place_at_which_the_entry_is_drawn() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    fill(&lsm, 0..200, 1);
    close(lsm);
    let lsm = open(&disk, options());
    fill(&lsm, 0..20, 2);
    let batch = [
        Write::put(b"one", b"of a batch"),
        Write::delete(b"two"),
        Write::put(b"three", b"of it"),
    ];
    lsm.write(&batch).unwrap();
    let notes = notes(&disk).unwrap();
    let image = disk.image();
    let mut words = 0;
    for (name, content) in image.files() {
        let format = match (LOG_FILE.is_named)(name) {
            true => LOG_FILE,
            false if (JUDGE.is_about)(name) => crate::layout::TABLE_FILE,
            false => continue,
        };
        let mut parts = String::new();
        (format.dissect)(content.bytes(), &mut parts);
        for line in parts.lines() {
            let (at, what) = line.trim_start().split_once(' ').unwrap();
            let is_entry = what.starts_with("put") || what.starts_with("delete");
            if is_entry {
                words += 1;
                let word = notes.word(name, at.parse().unwrap());
                assert!(word.is_some(), "{name}: {line}");
            }
        }
    }
    assert_eq!(words, totals(&disk).values().sum::<usize>());
    assert!(words >= 223);
    drop(lsm);
}

#[test]
fn a_tombstone_is_a_grave_where_an_older_table_may_hold_its_key() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    lsm.put(b"b", b"1").unwrap();
    lsm.put(b"d", b"1").unwrap();
    close(lsm);
    let lsm = open(&disk, options());
    // What hides nothing is not even written to a table.
    for key in [b"a", b"b", b"c"] {
        lsm.delete(key).unwrap();
    }
    let log = "3.log: 2 grave, 1 garbage";
    assert_eq!(said(&disk), format!("2.table: 1 live, 1 garbage\n{log}"));
    close(lsm);
    let table = "4.table: 2 grave";
    assert_eq!(said(&disk), format!("2.table: 1 live, 1 garbage\n{table}"));
    let lsm = open(&disk, options());
    lsm.put(b"b", b"2").unwrap();
    close(lsm);
    let tables = "4.table: 1 grave, 1 garbage\n6.table: 1 live";
    assert_eq!(said(&disk), format!("2.table: 1 live, 1 garbage\n{tables}"));
}

#[test]
fn what_is_deleted_in_the_log_that_holds_it_hides_nothing() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    lsm.put(b"a", b"1").unwrap();
    lsm.delete(b"a").unwrap();
    assert_eq!(said(&disk), "1.log: 2 garbage");
    drop(lsm);
}

#[test]
fn what_is_deleted_in_a_later_log_is_hidden_there() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    lsm.put(b"a", b"1").unwrap();
    lsm.rotate(&mut lsm.writer.lock(), 0).unwrap();
    lsm.delete(b"a").unwrap();
    assert_eq!(said(&disk), "1.log: 1 garbage\n2.log: 1 grave");
    drop(lsm);
}

/// As when all that a table has hidden was compacted, and the table was not.
#[test]
fn a_tombstone_of_a_table_that_hides_nothing_any_more_is_garbage() {
    let disk = SimDisk::new();
    let old: Entries = [(b"b".to_vec(), Some(b"1".to_vec()))].into();
    let graves: Entries = [(b"a".to_vec(), None), (b"b".to_vec(), None)].into();
    let mut tables = Tables::default();
    for (number, entries) in [(8, old), (9, graves)] {
        let info = write(&disk, number, TableOptions::default(), &entries);
        tables.tables.insert(number, (0, info));
    }
    let device = Device::new(Counted::new(Arc::new(disk.clone()), Arc::default()));
    Manifest::default().rewrite(&device, &tables).unwrap();
    assert_eq!(
        said(&disk),
        "8.table: 1 garbage\n9.table: 1 grave, 1 garbage"
    );
}

#[test]
fn what_does_not_count_is_garbage() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    lsm.put(b"a", b"1").unwrap();
    lsm.delete(b"b").unwrap();
    let old = disk.image();
    close(lsm);
    let log = "0000000001.log";
    let mut image = disk.image();
    image.insert(log, old.get(log).unwrap().clone());
    let disk = SimDisk::from_image(&image);
    let orphan: Entries = [(b"a".to_vec(), Some(b"2".to_vec()))].into();
    write(&disk, 9, TableOptions::default(), &orphan);
    let expected = "1.log: 2 garbage\n2.table: 1 live\n9.table: 1 garbage";
    assert_eq!(said(&disk), expected);
    // It may be damaged: an opening does not read it.
    let mut image = disk.image();
    let content = Content::new(b"what was never finished".to_vec());
    image.insert("0000000009.table", content);
    assert!(said(&SimDisk::from_image(&image)).ends_with("9.table: "));
}

#[test]
fn an_engine_finds_live_what_is_said_to_be_and_compactions_leave_nothing_else() {
    let disk = SimDisk::new();
    let lsm = open(&disk, options());
    for round in 0..3 {
        fill(&lsm, 0..300, round);
        for number in (0..300).step_by(3) {
            lsm.delete(&key(number)).unwrap();
        }
    }
    let words = totals(&disk);
    assert_eq!(words["live"], count(&lsm));
    assert!(words["garbage"] > 300 && words["grave"] > 0, "{words:?}");
    close(lsm);
    let lsm = open(&disk, options());
    rest(&lsm);
    lsm.put(b"", b"").unwrap();
    rest(&lsm);
    assert_eq!(totals(&disk)["live"], count(&lsm));
    assert_eq!(count(&lsm), 201);
    drop(lsm);
}

#[test]
fn of_what_is_compressed_nothing_is_said_and_all_else_is() {
    let disk = SimDisk::new();
    let compressed = || Options {
        compression: Compression::Lz4,
        ..options()
    };
    let lsm = open(&disk, compressed());
    lsm.put(b"a", &[b'x'; 400]).unwrap();
    lsm.put(b"b", &[b'x'; 400]).unwrap();
    close(lsm);
    assert_eq!(said(&disk), "2.table: ");
    let lsm = open(&disk, compressed());
    lsm.delete(b"a").unwrap();
    lsm.delete(b"c").unwrap();
    assert_eq!(said(&disk), "2.table: \n3.log: 1 grave, 1 garbage");
    drop(lsm);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn as_much_is_live_as_an_engine_holds(
        ops in prop::collection::vec((0..12_u32, 0..40_u32), 1..120),
    ) {
        let disk = SimDisk::new();
        let short = || Options {
            memtable_bytes: 400,
            table_bytes: 300,
            block_bytes: 100,
            level0_tables: 2,
            level_ratio: 2,
            ..options()
        };
        let mut lsm = open(&disk, short());
        for (what, number) in ops {
            match what {
                0..6 => lsm.put(&key(number), b"value").unwrap(),
                6..9 => lsm.delete(&key(number)).unwrap(),
                9..11 => drop(lsm.step().unwrap()),
                _ => {
                    close(lsm);
                    lsm = open(&disk, short());
                }
            }
        }
        let live = totals(&disk).get("live").copied().unwrap_or_default();
        prop_assert_eq!(live, count(&lsm));
    }
}

/// A directory with two tables and a log.
fn mixed() -> Image {
    let disk = SimDisk::new();
    for key in [b"a", b"b"] {
        let lsm = open(&disk, options());
        lsm.put(key, b"1").unwrap();
        close(lsm);
    }
    let lsm = open(&disk, options());
    lsm.put(b"c", b"1").unwrap();
    lsm.sync().unwrap();
    lsm.put(b"d", b"1").unwrap();
    drop(lsm);
    disk.image()
}

#[test]
fn a_directory_that_cannot_be_judged_is_told_by_the_file() {
    let image = mixed();
    let judged = |image: &Image| notes(&SimDisk::from_image(image));
    assert!(judged(&image).is_ok());
    let file = |result: Result<_>| match result {
        Err(Error::Corrupt { file, .. } | Error::Version { file, .. }) => file,
        _ => panic!("it should be damaged"),
    };
    for (name, at) in [
        ("manifest", 30),
        ("0000000002.table", 2),
        ("0000000005.log", 30),
    ] {
        let flipped = image.with_flipped_bit(name, at, 3);
        assert_eq!(file(judged(&flipped)), name);
    }
    for name in ["manifest", "0000000002.table"] {
        assert_eq!(file(judged(&without(&image, name))), name);
    }
    let disk = SimDisk::from_image(&image);
    disk.set_faults(Faults {
        fail: Some(Fail::From(0)),
        ..Faults::default()
    });
    assert!(matches!(notes(&disk), Err(Error::Io { .. })));
}

#[test]
fn no_bytes_make_it_panic() {
    let sound = mixed();
    for (name, content) in sound.files() {
        let bytes = content.bytes();
        // Of a log, its records; all behind is room.
        for at in 0..bytes.len().min(200) {
            for byte in [0, 1, 3, 0x81, 255] {
                let mut bytes = bytes.to_vec();
                bytes[at] = byte;
                let cut_off = bytes[..at].to_vec();
                for bytes in [bytes, cut_off] {
                    let mut image = sound.clone();
                    image.insert(Arc::clone(name), Content::new(bytes));
                    let _ = notes(&SimDisk::from_image(&image));
                }
            }
        }
    }
}
