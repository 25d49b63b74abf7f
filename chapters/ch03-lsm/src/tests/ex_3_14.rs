use std::sync::Arc;

use conformance::sim::{Fail, Faults, Part, SimDisk};
use engine::disk::{Counted, Disk, Mode};
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

#[test]
fn ex_3_14_of_several_things_that_make_no_sense_the_first_is_told() {
    let mut tables = Tables::default();
    tables.apply(adds(7)).unwrap();
    let mut edit = Edit {
        removed: vec![8],
        log: 6,
        ..adds(7)
    };
    let what = |edit: &Edit| tables.clone().apply(edit.clone()).unwrap_err();
    assert_eq!(what(&edit), "a table is removed that is not there");
    edit.removed.clear();
    assert_eq!(what(&edit), "a table is added that is there");
    edit.added.clear();
    assert_eq!(what(&edit), "logs count again that did not count any more");
}

/// Where a manifest is damaged, and how.
#[track_caller]
fn damage(bytes: &[u8]) -> (u64, String) {
    match read(bytes) {
        Err(Error::Corrupt { file, offset, what }) if file == "manifest" => (offset, what),
        found => panic!("no damage was found: {found:?}"),
    }
}

#[test]
fn ex_3_14_damage_is_told_of_at_the_edit_that_is_damaged() {
    let proven = manifest(&[]).len();
    let cut = (u64::from(HEADER_BYTES), "an edit is cut off".to_owned());
    assert_eq!(damage(&manifest(&[])[..proven - 1]), cut);
    let mut flipped = manifest(&[adds(3), adds(4)]);
    flipped[proven + 10] ^= 1;
    let what = "the checksum of an edit does not match".to_owned();
    assert_eq!(damage(&flipped), (proven as u64, what));
    // Sound bytes, and what they say makes no sense: nobody tears them so.
    let twice = manifest(&[adds(3), adds(3)]);
    let at = manifest(&[adds(3)]).len() as u64;
    let what = "a table is added that is there".to_owned();
    assert_eq!(damage(&twice), (at, what));
    // The header tells of more than there is.
    let mut short = manifest(&[adds(3)]);
    let proven = short.len() as u64 + 1;
    short[..HEADER_BYTES as usize].copy_from_slice(&Header { proven }.to_bytes());
    let what = "the manifest is cut off".to_owned();
    assert_eq!(damage(&short), (proven - 1, what));
}

#[test]
fn ex_3_14_a_manifest_with_a_torn_tail_is_not_proven() {
    let proven = manifest(&[]).len();
    let bytes = manifest(&[adds(3)]);
    for len in proven..bytes.len() {
        let (_, is_proven) = read(&bytes[..len]).unwrap();
        assert_eq!(is_proven, len == proven, "{len} bytes");
    }
}

/// A manifest on a disk, and what is done to it.
struct Written {
    disk: SimDisk,
    device: Device,
    manifest: Manifest,
    tables: Tables,
}

impl Written {
    fn new() -> Self {
        let disk = SimDisk::new();
        let device = device(&disk);
        let (mut manifest, tables) = (Manifest::default(), Tables::default());
        manifest.rewrite(&device, &tables).unwrap();
        Written {
            disk,
            device,
            manifest,
            tables,
        }
    }

    /// Adds a table whose keys take so many bytes, and answers what was done.
    fn add(&mut self, number: u32, key_bytes: usize) -> engine::Result<Vec<String>> {
        let mut edit = adds(number);
        edit.added[0].1.largest = vec![b'm'; key_bytes];
        let from = self.disk.trace().len();
        let mut tables = self.tables.clone();
        tables.apply(edit.clone()).unwrap();
        self.manifest.append(&self.device, &edit, &tables)?;
        self.tables = tables;
        let mut trace = self.disk.trace().split_off(from);
        for line in &mut trace {
            // How many bytes were written where is not told.
            line.truncate(line.find(" at ").unwrap_or(line.len()));
        }
        Ok(trace)
    }

    fn fail(&self, fail: Option<Fail>, failed_write: Part) {
        self.disk.set_faults(Faults {
            fail,
            failed_write,
            ..Faults::default()
        });
    }
}

/// What is done where a manifest is written anew.
const ANEW: [&str; 5] = [
    "create manifest.new",
    "write manifest.new",
    "sync manifest.new",
    "rename manifest.new to manifest",
    "sync_dir",
];
/// What is done where an edit is appended.
const APPENDED: [&str; 2] = ["write manifest", "sync manifest"];

#[test]
fn ex_3_14_a_manifest_that_is_written_anew_is_durable_before_it_takes_the_others_place() {
    let mut written = Written::new();
    assert_eq!(written.add(1, 100_000).unwrap(), ANEW);
    // What an earlier attempt has left goes first.
    drop(written.disk.open("manifest.new", Mode::CreateNew).unwrap());
    let from = written.disk.trace().len();
    let Written {
        disk,
        device,
        manifest,
        tables,
    } = &mut written;
    manifest.rewrite(device, tables).unwrap();
    assert!(manifest.is_proven());
    assert_eq!(disk.trace()[from], "remove manifest.new");
    assert_eq!(disk.trace().len() - from, 1 + ANEW.len());
    let image = disk.image();
    let (found, is_proven) = read(image.get("manifest").unwrap().bytes()).unwrap();
    assert_eq!(&found, tables);
    assert!(
        is_proven,
        "the header tells of all that was written with it"
    );
    assert_eq!(
        disk.violations(),
        [""; 0],
        "no file is renamed that is open"
    );
}

#[test]
fn ex_3_14_no_edit_ends_beyond_what_a_manifest_may_have() {
    let mut written = Written::new();
    assert_eq!(written.add(1, 1).unwrap(), APPENDED);
    assert_eq!(written.add(2, 40_000).unwrap(), APPENDED);
    assert_eq!(written.add(3, 40_000).unwrap(), ANEW, "of 64 KiB");
    // It begins with 80 KB, and may have twice as much behind that.
    assert_eq!(written.add(4, 60_000).unwrap(), APPENDED);
    assert_eq!(written.add(5, 60_000).unwrap(), APPENDED);
    assert_eq!(written.add(6, 60_000).unwrap(), ANEW);
    assert_eq!(on(&written.disk), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn ex_3_14_nothing_is_appended_behind_an_edit_that_failed() {
    for part in [Part::Nothing, Part::Half, Part::All] {
        let mut written = Written::new();
        written.add(1, 1).unwrap();
        let operation = written.disk.operations().len();
        written.fail(Some(Fail::Once(operation)), part);
        written.add(2, 1).unwrap_err();
        assert!(!written.manifest.is_proven());
        assert_eq!(written.add(3, 1).unwrap(), ANEW, "{part:?} was written");
        assert_eq!(on(&written.disk), [1, 3], "{part:?} was written");
        assert_eq!(written.add(4, 1).unwrap(), APPENDED);
    }
}

#[test]
fn ex_3_14_a_manifest_that_cannot_be_written_anew_can_be_tried_again() {
    let run = |fault: Option<usize>| {
        let mut written = Written::new();
        written.add(1, 1).unwrap();
        let from = written.disk.operations().len();
        written.fail(fault.map(|at| Fail::Once(from + at)), Part::Half);
        let failed = written.add(2, 100_000).err();
        let to = written.disk.operations().len();
        written.fail(None, Part::Nothing);
        let there = on(&written.disk);
        assert!(
            there == [1] || there == [1, 2],
            "operation {fault:?} failed"
        );
        match written.add(3, 1) {
            _ if failed.is_none() => assert_eq!(fault, None),
            Ok(done) => assert_eq!(done[done.len() - 5..], ANEW, "operation {fault:?} failed"),
            Err(error) => assert!(matches!(error, Error::Poisoned { .. }), "{error}"),
        }
        assert_eq!(
            written.disk.violations(),
            [""; 0],
            "operation {fault:?} failed"
        );
        to - from
    };
    let operations = run(None);
    for at in 0..operations {
        run(Some(at));
    }
}
