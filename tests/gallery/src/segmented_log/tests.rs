use std::collections::BTreeMap;
use std::sync::Arc;

use conformance::sim::SimDisk;
use engine::disk::{Disk, RealDisk};
use engine::{Durability, KeyRange, Maintenance, Order, Progress, StorageEngine, Write};

use super::files::{decode_hint, encode_hint, encode_manifest};
use super::segment::{Keys, Listed, Place};
use super::*;

fn open(disk: &SimDisk) -> SegmentedLog {
    SegmentedLog::open(Arc::new(disk.clone()), Durability::Os, &Right).unwrap()
}

fn contents(engine: &SegmentedLog) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let entries = engine.entries(KeyRange::all(), Order::Ascending).unwrap();
    entries.map(Result::unwrap).collect()
}

/// Puts and deletes that fill segments, and what they leave.
fn filled(engine: &SegmentedLog) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut model = BTreeMap::new();
    for number in 0..24_u8 {
        let key = vec![b'a' + number % 5];
        match number % 7 {
            6 => {
                engine.delete(&key).unwrap();
                model.remove(&key);
            }
            _ => {
                engine.put(&key, &[number]).unwrap();
                model.insert(key, vec![number]);
            }
        }
    }
    model
}

fn hex(bytes: &[u8]) -> String {
    let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    hex.join(" ")
}

#[test]
fn the_formats_are_what_their_tables_say() {
    let listed = [(7, Some(105)), (3, None)].map(|(number, len)| Listed { number, len });
    assert_eq!(
        hex(&encode_manifest(&listed)),
        "e9 ae 13 47 07 00 00 00 00 00 00 00 69 00 00 00 00 00 00 00 \
         03 00 00 00 00 00 00 00 ff ff ff ff ff ff ff ff"
    );
    let place = Place::new(7, 24, 51);
    let keys = Keys::from([(b"a".to_vec(), Some(place)), (b"b".to_vec(), None)]);
    let hint = encode_hint(&keys);
    assert_eq!(
        hex(&hint),
        "a0 69 6a 66 01 01 00 00 00 0c 00 00 00 61 18 00 00 00 00 00 00 00 1b 00 00 00 \
         02 01 00 00 00 62"
    );
    assert_eq!(decode_hint(7, &hint[4..]).unwrap(), keys);
}

#[test]
fn steps_leave_one_sealed_segment_and_the_same_entries() {
    let disk = SimDisk::new();
    let engine = open(&disk);
    let model = filled(&engine);
    assert!(disk.list().unwrap().len() > 8);
    while engine.step().unwrap() == Progress::Worked {
        assert_eq!(contents(&engine), model);
    }
    let names = disk.list().unwrap();
    assert_eq!(names, ["14.hint", "14.log", "8.log", "manifest"]);
    drop(engine);
    assert_eq!(contents(&open(&disk)), model);
}

#[test]
fn what_is_written_between_the_steps_of_a_merge_stays() {
    let disk = SimDisk::new();
    let engine = open(&disk);
    let mut model = filled(&engine);
    assert_eq!(engine.step().unwrap(), Progress::Worked);
    for key in [b"a", b"c"] {
        engine.put(key, b"new").unwrap();
        model.insert(key.to_vec(), b"new".to_vec());
    }
    engine
        .write(&[Write::delete("b"), Write::delete("e")])
        .unwrap();
    model.retain(|key, _| key != b"b" && key != b"e");
    while engine.step().unwrap() == Progress::Worked {
        assert_eq!(contents(&engine), model);
    }
    engine.close_boxed();
    assert_eq!(contents(&open(&disk)), model);
}

#[test]
fn a_cursor_goes_on_in_a_segment_that_was_merged() {
    let disk = SimDisk::new();
    let engine = open(&disk);
    let model = filled(&engine);
    let mut cursor = engine.scan(KeyRange::all(), Order::Ascending).unwrap();
    while engine.step().unwrap() == Progress::Worked {}
    let kept = disk.list().unwrap().len();
    let mut found = BTreeMap::new();
    while let Some((key, value)) = cursor.entry() {
        found.insert(key.to_vec(), value.to_vec());
        cursor.advance().unwrap();
    }
    assert_eq!(found, model);
    drop(cursor);
    assert_eq!(engine.step().unwrap(), Progress::Idle);
    assert!(disk.list().unwrap().len() < kept);
    assert_eq!(disk.violations(), [""; 0]);
}

#[test]
fn what_superseded_records_leave_is_dead() {
    let disk = SimDisk::new();
    let engine = open(&disk);
    engine.put(b"a", b"1").unwrap();
    engine.put(b"a", b"2").unwrap();
    engine.close_boxed();
    let dead = dead_bytes(&disk.image(), "1.log");
    assert_eq!(dead, [24..51, 78..usize::MAX]);
    assert_eq!(dead_bytes(&disk.image(), "1.hint"), []);
}

#[test]
fn what_was_merged_and_closed_opens_again_on_a_real_disk() {
    let directory = tempfile::tempdir().unwrap();
    let disk: Arc<dyn Disk> = Arc::new(RealDisk::new(directory.path()).unwrap());
    let open = || SegmentedLog::open(Arc::clone(&disk), Durability::Os, &Right).unwrap();
    let engine = open();
    let model = filled(&engine);
    while engine.step().unwrap() == Progress::Worked {}
    engine.close_boxed();
    let engine = open();
    assert_eq!(contents(&engine), model);
}

impl SegmentedLog {
    fn close_boxed(self) {
        Box::new(self).close().unwrap();
    }
}
