use std::collections::BTreeMap;
use std::sync::Arc;

use conformance::sim::SimDisk;
use engine::disk::{Disk, RealDisk};
use engine::{Durability, KeyRange, Maintenance, Order, Progress, StorageEngine};

use super::manifest::Edit;
use super::table::{Entry, encode};
use super::*;

fn open(disk: &SimDisk) -> TableTree {
    TableTree::open(Arc::new(disk.clone()), Durability::Os, &Right).unwrap()
}

fn close(tree: TableTree) {
    Box::new(tree).close().unwrap();
}

fn contents(tree: &TableTree) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let entries = tree.entries(KeyRange::all(), Order::Ascending).unwrap();
    entries.map(Result::unwrap).collect()
}

/// Puts and deletes, with a step behind each, that fill every level, and what
/// they leave.
fn filled(tree: &TableTree) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut model = BTreeMap::new();
    for number in 0..120_u8 {
        let key = vec![b'a' + number.wrapping_mul(7) % 40];
        match number % 5 {
            4 => {
                tree.delete(&key).unwrap();
                model.remove(&key);
            }
            _ => {
                tree.put(&key, &[number; 30]).unwrap();
                model.insert(key, vec![number; 30]);
            }
        }
        tree.step().unwrap();
        assert_eq!(contents(tree), model);
    }
    model
}

fn rest(tree: &TableTree) {
    while tree.step().unwrap() == Progress::Worked {}
}

fn hex(bytes: &[u8]) -> String {
    let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    hex.join(" ")
}

#[test]
fn the_formats_are_what_their_tables_say() {
    let entries: [Entry; 2] = [(b"a".to_vec(), Some(b"1".to_vec())), (b"b".to_vec(), None)];
    assert_eq!(
        hex(&encode(&Right, &entries)),
        "3e 9e e5 9a 01 01 00 00 00 01 00 00 00 61 31 02 01 00 00 00 62 \
         03 00 00 00 18 20 0c \
         01 01 00 00 00 0c 00 00 00 61 00 00 00 00 00 00 00 00 15 00 00 00 01 01 00 00 00 00 00 00 00 62 \
         27 00 00 00 \
         32 25 6e 2b"
    );
    let edit = Edit {
        into: 1,
        added: vec![7],
        removed: vec![3],
        log: Some(9),
    };
    assert_eq!(
        hex(&edit.encode(24)),
        "8d 55 7e 5c 18 00 00 00 00 00 00 00 33 00 00 00 \
         02 08 00 00 00 03 00 00 00 00 00 00 00 \
         01 08 00 00 00 01 00 00 00 07 00 00 00 00 00 00 00 01 \
         01 03 00 00 00 08 00 00 00 6c 6f 67 09 00 00 00 00 00 00 00"
    );
}

#[test]
fn steps_fill_every_level_and_change_nothing_that_is_read() {
    let disk = SimDisk::new();
    let tree = open(&disk);
    let model = filled(&tree);
    rest(&tree);
    assert_eq!(contents(&tree), model);
    let state = tree.store.view().state;
    let [newest, middle, bottom] = state.levels.each_ref().map(Vec::len);
    assert!(newest < 2 && (1..=3).contains(&middle) && bottom > 3);
    for level in &state.levels[1..] {
        assert!(level.is_sorted_by(|a, b| a.largest() < b.smallest()));
    }
    drop((state, tree));
    assert_eq!(contents(&open(&disk)), model);
}

#[test]
fn a_cursor_goes_on_in_tables_that_were_compacted() {
    let disk = SimDisk::new();
    let tree = open(&disk);
    let model = filled(&tree);
    let mut cursor = tree.scan(KeyRange::all(), Order::Ascending).unwrap();
    for key in model.keys() {
        tree.put(key, &[0; 60]).unwrap();
        tree.step().unwrap();
    }
    rest(&tree);
    let kept = disk.list().unwrap().len();
    let mut found = BTreeMap::new();
    while let Some((key, value)) = cursor.entry() {
        found.insert(key.to_vec(), value.to_vec());
        cursor.advance().unwrap();
    }
    assert_eq!(found, model);
    drop(cursor);
    rest(&tree);
    assert!(disk.list().unwrap().len() < kept);
    assert_eq!(disk.violations(), [""; 0]);
}

#[test]
fn what_was_compacted_and_closed_opens_again_on_a_real_disk() {
    let directory = tempfile::tempdir().unwrap();
    let disk: Arc<dyn Disk> = Arc::new(RealDisk::new(directory.path()).unwrap());
    let open = || TableTree::open(Arc::clone(&disk), Durability::Os, &Right).unwrap();
    let tree = open();
    let model = filled(&tree);
    rest(&tree);
    close(tree);
    assert_eq!(contents(&open()), model);
}
