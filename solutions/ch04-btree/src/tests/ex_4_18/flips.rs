//! A bit of each byte of a closed file turned over.

use std::sync::Arc;

use conformance::sim::{Cut, SimDisk};
use engine::Error;
use engine::page::PageStore;

use crate::copy_on_write::CopyOnWrite;
use crate::meta::META_BYTES;
use crate::tests::flipping::{PAGE_BYTES, metas, prepared, shown};
use crate::tests::store::array::Change::Push;
use crate::tests::store::array::{all, commit};
use crate::tests::store::{OPTIONS, open};

#[test]
fn ex_4_18_a_flip_of_any_live_byte_of_a_closed_store_is_found_or_survived() {
    let disk = SimDisk::new();
    let (store, dead) = prepared(&disk);
    let expected = all(&store).unwrap();
    store.close().unwrap();
    let image = disk.image();
    assert!(dead.len() > 20, "there are free pages");
    let bytes = image.get("pages").unwrap().len();
    let mut found = 0;
    for offset in 0..bytes {
        let flipped = image.with_flipped_bit("pages", offset, (offset % 8) as u8);
        let is_meta = offset < 3 * PAGE_BYTES;
        let page = offset - offset % PAGE_BYTES;
        match shown(&flipped) {
            Err(Error::Corrupt { offset, .. }) => {
                assert_eq!(offset, page, "damage is where the flip is");
                assert!(!is_meta, "byte {offset}: the other meta pages say the same");
                found += 1;
            }
            Ok(shown) => {
                assert_eq!(shown, expected, "byte {offset}");
                assert!(
                    is_meta || dead.contains(&page),
                    "byte {offset}: not noticed"
                );
            }
            other => panic!("byte {offset}: {other:?}"),
        }
    }
    // The root, 22 numbers, and a page of the list.
    assert_eq!(found, 24 * PAGE_BYTES);
}

#[test]
fn ex_4_18_what_a_close_leaves_in_the_meta_pages_is_durable() {
    let disk = SimDisk::new();
    let (store, _) = prepared(&disk);
    store.close().unwrap();
    let at = disk.changes();
    let metas = metas(&disk.cut(Cut { at, image: 0 }));
    assert!(metas.len() == 3 && metas.iter().all(|meta| meta.0 == metas[0].0));
    // So an opening has nothing to write.
    let before = disk.changes();
    open(&disk);
    assert_eq!(disk.changes(), before);
}

#[test]
fn ex_4_18_each_sync_writes_over_the_oldest_meta_pages_and_leaves_the_newest_before() {
    let disk = SimDisk::new();
    let store = open(&disk);
    let commits = || {
        metas(&disk.image())
            .iter()
            .map(|meta| meta.0)
            .collect::<Vec<_>>()
    };
    for number in 0..8 {
        let before = commits();
        commit(&store, &[Push(number)]).unwrap();
        store.sync().unwrap();
        let commit = store.read().unwrap().commit();
        assert_eq!(commits(), [before[2], commit, commit], "sync {number}");
    }
}

#[test]
fn ex_4_18_a_flip_in_all_meta_pages_is_found() {
    let disk = SimDisk::new();
    let (store, _) = prepared(&disk);
    store.close().unwrap();
    for offset in 0..META_BYTES as u64 {
        let mut image = disk.image();
        for page in 0..3 {
            image = image.with_flipped_bit("pages", page * PAGE_BYTES + offset, 3);
        }
        let shown = shown(&image);
        let is_found = matches!(shown, Err(Error::Corrupt { .. } | Error::Version { .. }));
        assert!(is_found, "byte {offset}: {shown:?}");
    }
}

#[test]
fn ex_4_18_a_page_that_was_proved_is_not_proved_again_until_it_is_written() {
    let disk = SimDisk::new();
    let store = open(&disk);
    commit(&store, &[Push(1), Push(2)]).unwrap();
    store.close().unwrap();
    let image = disk.image();
    let len = image.get("pages").unwrap().len();
    let flipped = image.with_flipped_bit("pages", len - 1, 0);
    let store = CopyOnWrite::open(Arc::new(SimDisk::from_image(&flipped)), OPTIONS).unwrap();
    for _ in 0..2 {
        // What is damaged is never taken for proved.
        assert!(matches!(all(&store), Err(Error::Corrupt { .. })));
    }
}
