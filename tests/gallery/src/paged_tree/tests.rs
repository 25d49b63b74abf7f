use std::collections::BTreeMap;
use std::sync::Arc;

use engine::disk::RealDisk;

use super::meta::{Meta, Metas, renewal};
use super::page::{Cell, PIECE_BYTES, Page, Value};
use super::*;

fn open(disk: &SimDisk) -> PagedTree {
    PagedTree::open(Arc::new(disk.clone()), Durability::Buffered, &Right).unwrap()
}

fn contents(tree: &dyn StorageEngine) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let entries = tree.entries(KeyRange::all(), Order::Ascending).unwrap();
    entries.map(Result::unwrap).collect()
}

fn hex(bytes: &[u8]) -> String {
    let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    hex.join(" ")
}

/// Puts and deletes that split, join and borrow on several levels, with long
/// values among them, and what they leave.
fn filled(tree: &PagedTree) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut model = BTreeMap::new();
    for number in 0..600_u32 {
        let key = (number.wrapping_mul(2_654_435_761) >> 8) % 150;
        let key = format!("{key:03}").into_bytes();
        match number / 60 % 2 * 2 + number % 3 {
            0..=2 => {
                let len = number as usize % 5 * PIECE_BYTES / 2;
                tree.put(&key, &vec![7; len]).unwrap();
                model.insert(key, vec![7; len]);
            }
            _ => {
                tree.delete(&key).unwrap();
                model.remove(&key);
            }
        }
        if number % 7 == 0 {
            tree.sync().unwrap();
        }
        tree.check().unwrap();
        assert_eq!(contents(tree), model);
    }
    model
}

#[test]
fn the_formats_are_what_their_tables_say() {
    let page = Page {
        born: 9,
        level: 0,
        cells: vec![
            Cell {
                key: b"a".to_vec(),
                value: Value::Here(b"1".to_vec()),
            },
            Cell {
                key: b"b".to_vec(),
                value: Value::Chain(5),
            },
        ],
    };
    let bytes = page.encode(7);
    assert_eq!(
        hex(&bytes[..26]),
        "57 d3 10 a1 09 00 00 00 00 00 00 00 00 02 \
         00 01 61 01 31 \
         01 01 62 05 00 00 00"
    );
    assert!(bytes[26..].iter().all(|byte| *byte == 0));
    let bytes: [u8; PAGE_BYTES] = bytes.try_into().unwrap();
    assert_eq!(Page::decode(&bytes), Some(page));
    assert!(page::is_sound(&bytes, 7) && !page::is_sound(&bytes, 8));
    let meta = Meta {
        commit: 2,
        root: 3,
        pages: 4,
    };
    assert_eq!(
        hex(&meta.encode()),
        "50 41 47 45 54 52 45 45 82 fe f6 6a \
         02 00 00 00 00 00 00 00 03 00 00 00 04 00 00 00"
    );
}

#[test]
fn an_opening_renews_what_may_not_be_durable_and_never_over_what_may_be_needed() {
    let meta = |commit, root| {
        Some(Meta {
            commit,
            root,
            pages: 20,
        })
    };
    let cases: [(Metas, _); 10] = [
        ([meta(9, 5), meta(9, 5), meta(9, 5)], None),
        ([meta(9, 5), meta(8, 6), meta(9, 5)], None),
        ([meta(9, 5), meta(8, 6), meta(7, 7)], Some(2)),
        ([meta(9, 5), meta(8, 6), None], Some(2)),
        ([meta(9, 5), meta(9, 5), None], Some(2)),
        ([meta(9, 5), None, meta(10, 5)], Some(1)),
        ([meta(9, 5), meta(8, 6), meta(10, 5)], Some(2)),
        // Of 8 there is a copy, which may not be durable.
        ([meta(8, 6), meta(8, 6), meta(9, 5)], Some(1)),
        ([meta(8, 6), meta(9, 5), meta(8, 6)], Some(0)),
        ([meta(9, 5), meta(8, 6), meta(8, 6)], Some(2)),
    ];
    for (metas, wanted) in cases {
        assert_eq!(renewal(&metas), wanted, "{metas:?}");
    }
}

#[test]
fn puts_and_deletes_keep_the_tree_in_order_and_lose_no_page() {
    let disk = SimDisk::new();
    let tree = open(&disk);
    let model = filled(&tree);
    Box::new(tree).close().unwrap();
    let tree = open(&disk);
    tree.check().unwrap();
    assert_eq!(contents(&tree), model);
    for key in model.keys() {
        tree.delete(key).unwrap();
        tree.check().unwrap();
    }
    assert_eq!(tree.store.present.read().root, 0);
    assert_eq!(disk.violations(), [""; 0]);
}

#[test]
fn a_snapshot_keeps_its_pages_and_gives_them_back() {
    let disk = SimDisk::new();
    let tree = open(&disk);
    let model = filled(&tree);
    let snapshot = tree.snapshot().unwrap();
    for key in model.keys() {
        tree.put(key, &[0; 300]).unwrap();
        tree.sync().unwrap();
    }
    let mut cursor = snapshot.scan(KeyRange::all(), Order::Ascending).unwrap();
    let mut found = BTreeMap::new();
    while let Some((key, value)) = cursor.entry() {
        found.insert(key.to_vec(), value.to_vec());
        cursor.advance().unwrap();
    }
    assert_eq!(found, model);
    drop(cursor);
    drop(snapshot);
    let pages = tree.store.writer.lock().pages;
    for key in model.keys() {
        tree.put(key, &[1; 300]).unwrap();
        tree.sync().unwrap();
    }
    tree.check().unwrap();
    assert_eq!(tree.store.writer.lock().pages, pages);
}

#[test]
fn what_was_closed_opens_again_on_a_real_disk() {
    let directory = tempfile::tempdir().unwrap();
    let disk: Arc<dyn Disk> = Arc::new(RealDisk::new(directory.path()).unwrap());
    let open = || PagedTree::open(Arc::clone(&disk), Durability::Buffered, &Right).unwrap();
    let tree = open();
    let model = filled(&tree);
    Box::new(tree).close().unwrap();
    assert_eq!(contents(&open()), model);
}
