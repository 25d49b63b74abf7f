use std::sync::Arc;

use conformance::sim::{Fail, Faults, SimDisk};
use engine::disk::{Counted, Disk};
use engine::{Counters, Error};

use crate::device::Device;
use crate::manifest::header::{HEADER_BYTES, Header};
use crate::manifest::{Edit, Manifest, Tables, edit, read};
use crate::table::TableInfo;

fn info(number: u32) -> TableInfo {
    TableInfo {
        number,
        bytes: 4096,
        entries: 30,
        tombstones: 2,
        smallest: b"a".to_vec(),
        largest: b"m".to_vec(),
    }
}

/// An edit that adds a table to level 0.
fn adds(number: u32) -> Edit {
    Edit {
        added: vec![(0, info(number))],
        removed: Vec::new(),
        log: number,
    }
}

/// A manifest that begins with the tables 1 and 2, and has these edits behind.
fn manifest(edits: &[Edit]) -> Vec<u8> {
    let mut tables = Tables::default();
    tables.apply(adds(1)).unwrap();
    tables.apply(adds(2)).unwrap();
    let first = tables.to_edit().encode(u64::from(HEADER_BYTES)).unwrap();
    let proven = u64::from(HEADER_BYTES) + first.len() as u64;
    let mut bytes = Header { proven }.to_bytes().to_vec();
    bytes.extend_from_slice(&first);
    for edit in edits {
        let offset = bytes.len() as u64;
        bytes.extend_from_slice(&edit.encode(offset).unwrap());
    }
    bytes
}

fn numbers(tables: &Tables) -> Vec<u32> {
    tables.tables.keys().copied().collect()
}

fn is_corrupt<T: std::fmt::Debug>(result: &engine::Result<T>) -> bool {
    matches!(result, Err(Error::Corrupt { .. }))
}

#[test]
fn ex_3_14_an_edit_leads_from_some_tables_to_others() {
    let mut tables = Tables::default();
    tables.apply(adds(1)).unwrap();
    tables.apply(adds(2)).unwrap();
    let compaction = Edit {
        added: vec![(1, info(3)), (1, info(4))],
        removed: vec![1, 2],
        log: 2,
    };
    tables.apply(compaction).unwrap();
    assert_eq!(numbers(&tables), [3, 4]);
    assert_eq!(tables.tables[&3], (1, info(3)));
    assert_eq!(tables.log, 2);
}

#[test]
fn ex_3_14_a_table_that_moves_is_removed_and_added() {
    let mut tables = Tables::default();
    tables.apply(adds(1)).unwrap();
    let moves = Edit {
        added: vec![(5, info(1))],
        removed: vec![1],
        log: 1,
    };
    tables.apply(moves).unwrap();
    assert_eq!(tables.tables[&1].0, 5);
}

#[test]
fn ex_3_14_an_edit_that_makes_no_sense_is_refused() {
    let mut tables = Tables::default();
    tables.apply(adds(7)).unwrap();
    assert!(tables.clone().apply(adds(7)).is_err(), "it is there");
    let removes = Edit {
        removed: vec![8],
        log: 7,
        ..Edit::default()
    };
    assert!(tables.clone().apply(removes).is_err(), "it is not there");
    assert!(tables.apply(Edit::default()).is_err(), "logs come back");
}

#[test]
fn ex_3_14_a_manifest_tells_what_its_edits_lead_to() {
    let (tables, is_proven) = read(&manifest(&[adds(3), adds(4)])).unwrap();
    assert_eq!(numbers(&tables), [1, 2, 3, 4]);
    assert!(!is_proven, "the edits came later");
    let (tables, is_proven) = read(&manifest(&[])).unwrap();
    assert_eq!(numbers(&tables), [1, 2]);
    assert!(is_proven);
}

#[test]
fn ex_3_14_a_flip_of_any_bit_that_was_proven_is_damage() {
    let bytes = manifest(&[]);
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            let found = read(&flipped);
            let is_found = is_corrupt(&found) || matches!(found, Err(Error::Version { .. }));
            assert!(is_found, "bit {bit} of byte {at}: {found:?}");
        }
    }
}

#[test]
fn ex_3_14_the_last_edit_may_be_torn_and_no_other() {
    let proven = manifest(&[]).len();
    let middle = manifest(&[adds(3)]).len();
    let bytes = manifest(&[adds(3), adds(4)]);
    for at in proven..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        let found = read(&flipped);
        if at < middle {
            assert!(is_corrupt(&found), "byte {at} of an edit before the last");
        } else {
            assert_eq!(numbers(&found.unwrap().0), [1, 2, 3], "byte {at}");
        }
    }
}

#[test]
fn ex_3_14_a_manifest_that_is_cut_off_tells_of_whole_edits() {
    let proven = manifest(&[]).len();
    let middle = manifest(&[adds(3)]).len();
    let bytes = manifest(&[adds(3), adds(4)]);
    for len in 0..bytes.len() {
        let found = read(&bytes[..len]);
        if len < proven {
            assert!(is_corrupt(&found), "{len} bytes");
            continue;
        }
        let whole: &[u32] = if len < middle { &[1, 2] } else { &[1, 2, 3] };
        assert_eq!(numbers(&found.unwrap().0), whole, "{len} bytes");
    }
}

#[test]
fn an_edit_of_another_place_is_none() {
    let bytes = adds(3).encode(100).unwrap();
    assert!(edit::decode(&[vec![0; 100], bytes.clone()].concat(), 100).is_ok());
    assert!(edit::decode(&[vec![0; 101], bytes].concat(), 101).is_err());
}

fn device(disk: &SimDisk) -> Device {
    let counters = Arc::new(Counters::new());
    Device::new(Counted::new(Arc::new(disk.clone()), counters))
}

fn on(disk: &SimDisk) -> Vec<u32> {
    let image = disk.image();
    let bytes = image.get("manifest").unwrap().bytes().to_vec();
    numbers(&read(&bytes).unwrap().0)
}

#[test]
fn ex_3_14_an_edit_is_appended_with_one_write_and_one_sync() {
    let disk = SimDisk::new();
    let device = device(&disk);
    let (mut manifest, mut tables) = (Manifest::default(), Tables::default());
    manifest.rewrite(&device, &tables).unwrap();
    let before = disk.operations().len();
    for number in 1..4 {
        tables.apply(adds(number)).unwrap();
        manifest.append(&device, &adds(number), &tables).unwrap();
    }
    assert_eq!(disk.operations().len() - before, 6);
    assert_eq!(on(&disk), [1, 2, 3]);
    assert!(!manifest.is_proven());
}

#[test]
fn ex_3_14_whatever_fails_not_all_is_proven_until_it_is_written_anew() {
    let (adds, mut tables) = (adds(1), Tables::default());
    for fails in 0.. {
        let disk = SimDisk::new();
        let device = device(&disk);
        let mut manifest = Manifest::default();
        manifest.rewrite(&device, &Tables::default()).unwrap();
        assert!(manifest.is_proven());
        disk.set_faults(Faults {
            fail: Some(Fail::Once(disk.operations().len() + fails)),
            ..Faults::default()
        });
        let result = manifest.rewrite(&device, &tables);
        disk.set_faults(Faults::default());
        if result.is_ok() {
            assert!(fails > 5, "each operation failed once");
            break;
        }
        assert!(!manifest.is_proven(), "operation {fails} failed");
        tables = Tables::default();
        tables.apply(adds.clone()).unwrap();
        // Where the device can be relied on, another attempt leaves it proven.
        if manifest.append(&device, &adds, &tables).is_ok() {
            assert_eq!(on(&disk), [1]);
            assert!(manifest.is_proven());
        }
    }
}

#[test]
fn ex_3_14_a_manifest_of_many_edits_is_written_anew() {
    let disk = SimDisk::new();
    let device = device(&disk);
    let (mut manifest, mut tables) = (Manifest::default(), Tables::default());
    manifest.rewrite(&device, &tables).unwrap();
    let mut longest = 0;
    for number in 1..4000 {
        let edit = Edit {
            removed: tables.tables.keys().copied().collect(),
            ..adds(number)
        };
        tables.apply(edit.clone()).unwrap();
        manifest.append(&device, &edit, &tables).unwrap();
        let image = disk.image();
        longest = longest.max(image.get("manifest").unwrap().len());
    }
    assert_eq!(on(&disk), [3999]);
    assert!((60 << 10..70 << 10).contains(&longest), "{longest} bytes");
    assert_eq!(disk.list().unwrap(), ["manifest"]);
}
