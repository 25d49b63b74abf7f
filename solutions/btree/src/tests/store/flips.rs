//! A bit of each byte of the file turned over.

use std::collections::BTreeMap;
use std::sync::Arc;

use conformance::sim::{Cut, Image, Reach, SimDisk};
use engine::page::PageStore;
use engine::{Error, Result};

use super::array::Change::{Pop, Push, Set};
use super::array::{all, assert_holds, commit, numbers};
use super::{OPTIONS, open, open_with};
use crate::copy_on_write::{CopyOnWrite, Options};
use crate::meta::{META_BYTES, Meta};

const PAGE_BYTES: u64 = 128;

fn shown(image: &Image) -> Result<Vec<u32>> {
    let store = CopyOnWrite::open(Arc::new(SimDisk::from_image(image)), OPTIONS)?;
    all(&store)
}

/// A store with free pages on a list of several pages. The answer are also the
/// offsets of its dead pages: free ones, and those of the list that an opening
/// does not read.
fn prepared(disk: &SimDisk) -> (CopyOnWrite, Vec<u64>) {
    let store = open(disk);
    commit(&store, &(0..25).map(Push).collect::<Vec<_>>()).unwrap();
    let reader = store.read().unwrap();
    for number in 0..25 {
        commit(&store, &[Set(number, 100), Set(number + 9, 200), Set(2, 7)]).unwrap();
        store.sync().unwrap();
    }
    commit(&store, &[Pop, Pop, Pop]).unwrap();
    drop(reader);
    store.sync().unwrap();
    let mut dead = store.free_pages().unwrap();
    let head = *dead.iter().find(|page| is_head(disk, **page)).unwrap();
    dead.retain(|page| *page != head);
    (
        store,
        dead.into_iter()
            .map(|page| u64::from(page) * PAGE_BYTES)
            .collect(),
    )
}

/// Answers whether the newest meta page names this page as the head of the list.
fn is_head(disk: &SimDisk, page: u32) -> bool {
    let image = disk.image();
    let (_, at) = metas(&image).pop().unwrap();
    let at = usize::try_from(at).unwrap();
    let bytes = image.get("pages").unwrap().bytes();
    bytes[at + 36..at + 40] == page.to_le_bytes()
}

#[test]
fn a_flip_of_any_live_byte_of_a_closed_store_is_found_or_survived() {
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
fn what_a_close_leaves_in_the_meta_pages_is_durable() {
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
fn a_flip_in_all_meta_pages_is_found() {
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
fn behind_a_power_cut_a_flip_costs_no_more_than_the_last_sync() {
    let disk = SimDisk::new();
    let (store, _) = prepared(&disk);
    let before = all(&store).unwrap();
    commit(&store, &[Set(0, 1), Set(1, 2), Push(3)]).unwrap();
    store.sync().unwrap();
    let last = all(&store).unwrap();
    // Pages that were free before the sync have been written since.
    commit(&store, &[Set(4, 1), Set(5, 2), Push(3)]).unwrap();
    let at = disk.changes();
    let image = disk.cut(Cut { at, image: 0 });
    let mut older = 0;
    for offset in 0..image.get("pages").unwrap().len() {
        let flipped = image.with_flipped_bit("pages", offset, (offset % 8) as u8);
        match shown(&flipped) {
            Ok(shown) if shown == last => {}
            Ok(shown) => {
                assert_eq!(shown, before, "byte {offset}");
                older += 1;
                // And it goes on from there.
                let disk = SimDisk::from_image(&flipped);
                let store = open(&disk);
                assert_holds(&store, &before, "the commit before");
                commit(&store, &[Set(7, 9)]).unwrap();
                store.close().unwrap();
                open(&disk);
            }
            Err(Error::Corrupt { .. }) => {}
            other => panic!("byte {offset}: {other:?}"),
        }
    }
    assert_eq!(older, META_BYTES, "those of the newest meta page");
}

/// The commit that each meta page shows, and the offset of that page.
fn metas(image: &Image) -> Vec<(u64, u64)> {
    let bytes = image.get("pages").map_or(&[][..], |file| file.bytes());
    let meta = |page: u64| {
        let start = usize::try_from(page * PAGE_BYTES).unwrap();
        let meta = bytes.get(start..start + META_BYTES)?.first_chunk()?;
        Some((Meta::decode(meta, 0).ok()?.commit, page * PAGE_BYTES))
    };
    let mut metas: Vec<_> = (0..3).filter_map(meta).collect();
    metas.sort_unstable();
    metas
}

/// Whatever is written behind a sync, what the one before it has made durable is
/// there, too: all of it.
#[test]
fn at_any_power_cut_the_newest_meta_page_may_be_damaged_as_well() {
    for frames_bytes_max in [5 * PAGE_BYTES, 1 << 20] {
        let frames_bytes_max = usize::try_from(frames_bytes_max).unwrap();
        let options = Options {
            frames_bytes_max,
            ..OPTIONS
        };
        let disk = SimDisk::new();
        let store = open_with(&disk, options);
        let mut shown_by = BTreeMap::from([(1, Vec::new())]);
        commit(&store, &(0..12).map(Push).collect::<Vec<_>>()).unwrap();
        for round in 0..60_u32 {
            for place in 0..12 {
                commit(&store, &[Set(place, round), Set(place + 5, round)]).unwrap();
                let mut reader = store.read().unwrap();
                shown_by.insert(reader.commit(), numbers(&mut reader).unwrap());
            }
            if round % 3 == 0 {
                store.sync().unwrap();
            }
        }
        let mut walk = disk.walk();
        let mut reach = Reach::default();
        let mut tried = 0;
        while walk.advance(&mut reach) {
            let image = walk.image(0, &mut reach);
            let [.., (before, _), (newest, at)] = metas(&image)[..] else {
                continue;
            };
            let damaged = image.with_flipped_bit("pages", at + 24, 0);
            let store = open_with(&SimDisk::from_image(&damaged), options);
            let when = format!("{newest} is damaged, {before} counts");
            assert_holds(&store, &shown_by[&before], &when);
            tried += 1;
        }
        assert!(tried > 60, "{tried}");
    }
}

#[test]
fn a_page_of_a_later_commit_in_the_place_of_another_is_found() {
    let disk = SimDisk::new();
    let store = open(&disk);
    commit(&store, &[Push(1)]).unwrap();
    store.sync().unwrap();
    let early = disk.image();
    for number in 0..40 {
        commit(&store, &[Set(0, number)]).unwrap();
        store.sync().unwrap();
    }
    store.close().unwrap();
    // The meta pages of then, and the pages of now.
    let (early, late) = (early.get("pages").unwrap(), disk.image());
    let mut bytes = late.get("pages").unwrap().bytes().to_vec();
    bytes[..384].copy_from_slice(&early.bytes()[..384]);
    let mut image = Image::new();
    image.insert("pages", conformance::sim::Content::new(bytes));
    let Err(Error::Corrupt { what, .. }) = shown(&image) else {
        panic!("not noticed");
    };
    assert_eq!(what, "the page is newer than the meta page");
}

#[test]
fn a_page_that_was_proved_is_not_proved_again_until_it_is_written() {
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
