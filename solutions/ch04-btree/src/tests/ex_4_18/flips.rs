//! A bit of each byte of a closed file turned over.

use std::sync::Arc;

use conformance::sim::{Cut, Fail, Faults, Part, SimDisk, Unsynced};
use engine::Error;
use engine::page::{PageGroup, PageStore};

use crate::copy_on_write::CopyOnWrite;
use crate::meta::META_BYTES;
use crate::tests::flipping::{PAGE_BYTES, metas, prepared, shown};
use crate::tests::store::array::Change::{Push, Set};
use crate::tests::store::array::{all, commit};
use crate::tests::store::{OPTIONS, open};

#[test]
#[cfg_attr(miri, ignore = "it opens thousands of stores")]
fn ex_4_18_a_flip_of_any_live_byte_of_a_closed_store_is_found() {
    let disk = SimDisk::new();
    let (store, dead) = prepared(&disk);
    let expected = all(&store).unwrap();
    store.close().unwrap();
    let image = disk.image();
    assert!(dead.len() > 20, "there are free pages");
    let bytes = image.get("pages").unwrap().len();
    let mut found = 0;
    for offset in 3 * PAGE_BYTES..bytes {
        let flipped = image.with_flipped_bit("pages", offset, (offset % 8) as u8);
        let page = offset - offset % PAGE_BYTES;
        match shown(&flipped) {
            Err(Error::Corrupt { offset, .. }) => {
                assert_eq!(offset, page, "damage is where the flip is");
                found += 1;
            }
            Ok(shown) => {
                assert_eq!(shown, expected, "byte {offset}");
                assert!(dead.contains(&page), "byte {offset}: not noticed");
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
    assert_eq!(metas[1].0, metas[2].0, "the newest, and its copy");
    // So an opening has nothing to write.
    let before = disk.changes();
    open(&disk);
    assert_eq!(disk.changes(), before);
}

/// A group that was dropped has let the file grow.
#[test]
fn ex_4_18_a_close_gives_back_the_room_after_the_last_page() {
    let disk = SimDisk::new();
    let store = open(&disk);
    commit(&store, &[Push(1)]).unwrap();
    store.sync().unwrap();
    let mut group = store.begin().unwrap();
    for _ in 0..100 {
        group.alloc().unwrap();
    }
    drop(group);
    store.close().unwrap();
    // The meta pages, the root, the number, and no list.
    assert_eq!(
        disk.image().get("pages").unwrap().len(),
        5 * PAGE_BYTES,
        "bytes: the room after the pages that the last meta page names is cut off"
    );
}

#[test]
fn ex_4_18_each_sync_writes_over_the_oldest_meta_page_and_to_the_place_after_it() {
    let disk = SimDisk::new();
    let store = open(&disk);
    for number in 0..8 {
        let before = metas(&disk.image());
        commit(&store, &[Push(number)]).unwrap();
        store.sync().unwrap();
        let newest = store.read().unwrap().commit();
        let (_, oldest) = before[0];
        let mut copies = [oldest, (oldest + PAGE_BYTES) % (3 * PAGE_BYTES)];
        copies.sort_unstable();
        let [first, second] = copies.map(|place| (newest, place));
        let after = metas(&disk.image());
        assert_eq!(
            after[1..],
            [first, second],
            "sync {number}: the commit of each of the two newest meta pages, and where it stands"
        );
        assert_eq!(after[0].0, before[2].0, "the commit before stays");
    }
}

/// Whatever becomes of the meta page and of its sync, the two of the last commit
/// that is durable are there.
#[test]
fn ex_4_18_a_sync_that_fails_leaves_the_newest_and_its_copy() {
    for synced in 1..5 {
        for at in 0.. {
            let disk = SimDisk::new();
            let store = open(&disk);
            for number in 0..synced {
                commit(&store, &[Push(number)]).unwrap();
                store.sync().unwrap();
            }
            let [_, first, second] = metas(&disk.image())[..] else {
                panic!("a meta page is not sound")
            };
            commit(&store, &[Set(0, 9)]).unwrap();
            disk.set_faults(Faults {
                fail: Some(Fail::Once(disk.operations().len() + at)),
                failed_write: Part::Half,
                failed_sync: Unsynced::Kept,
                ..Faults::default()
            });
            let failed = store.sync();
            let left = metas(&disk.image());
            let are_there = left.contains(&first) && left.contains(&second);
            if !are_there {
                // The last operation writes a copy over one of them.
                let is_last = failed.is_err() && at > 2 && left.last().unwrap().0 > first.0;
                assert!(
                    is_last,
                    "operation {at} of the sync failed, and one of the two newest meta pages is \
                     written over: those that are left, each with its commit and where it \
                     stands, are {left:?}"
                );
                break;
            }
            assert!(failed.is_err(), "operation {at}");
        }
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
