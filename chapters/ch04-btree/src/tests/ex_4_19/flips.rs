//! Flips where nobody has closed the store.

use std::collections::BTreeMap;

use conformance::sim::{Cut, Image, Reach, SimDisk};
use engine::Error;
use engine::page::{PageGroup, PageId, PageStore};

use crate::copy_on_write::Options;
use crate::meta::META_BYTES;
use crate::tests::flipping::{PAGE_BYTES, metas, prepared, shown};
use crate::tests::store::array::Change::{Push, Set};
use crate::tests::store::array::{all, assert_holds, commit, numbers};
use crate::tests::store::{OPTIONS, open, open_with};

#[test]
fn ex_4_19_a_flip_in_a_meta_page_of_a_closed_store_costs_nothing() {
    let disk = SimDisk::new();
    let (store, _) = prepared(&disk);
    let expected = all(&store).unwrap();
    store.close().unwrap();
    let image = disk.image();
    for page in 0..3 {
        for offset in 0..META_BYTES as u64 {
            let flipped = image.with_flipped_bit("pages", page * PAGE_BYTES + offset, 5);
            let shown = shown(&flipped);
            assert_eq!(shown, Ok(expected.clone()), "byte {offset} of page {page}");
        }
    }
}

#[test]
#[cfg_attr(miri, ignore = "it opens thousands of stores")]
fn ex_4_19_behind_a_power_cut_a_flip_costs_no_more_than_the_last_sync() {
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

/// Whatever is written after a sync, what the one before it has made durable is
/// there, too: all of it.
#[test]
#[cfg_attr(miri, ignore = "it opens thousands of stores")]
fn ex_4_19_at_any_power_cut_the_newest_meta_page_may_be_damaged_as_well() {
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
        damage_the_newest(&disk, 0, 1, options, &shown_by);
    }
}

/// Cuts the power everywhere from change `from` on, and damages in so many of the
/// images that are left the newest meta page: the one before it counts then, and leads
/// to what it has shown.
#[track_caller]
fn damage_the_newest(
    disk: &SimDisk,
    from: usize,
    images: usize,
    options: Options,
    shown_by: &BTreeMap<u64, Vec<u32>>,
) {
    let mut walk = disk.walk();
    let mut reach = Reach::default();
    let mut tried = 0;
    while walk.advance(&mut reach) {
        if walk.at() < from {
            continue;
        }
        for number in walk.numbers(images) {
            let image = walk.image(number, &mut reach);
            let [.., (before, _), (newest, at)] = metas(&image)[..] else {
                continue;
            };
            let damaged = image.with_flipped_bit("pages", at + 24, 0);
            let store = open_with(&SimDisk::from_image(&damaged), options);
            let when = format!("{newest} is damaged, {before} counts");
            assert_holds(&store, &shown_by[&before], &when);
            tried += 1;
        }
    }
    assert!(tried > 60, "{tried}");
}

/// The list of free pages is long, and read back between two syncs, when the numbers
/// in memory are used up. The meta page before the newest needs these pages, too.
#[test]
#[cfg_attr(miri, ignore = "it opens hundreds of stores")]
fn ex_4_19_the_list_of_the_meta_page_before_the_newest_is_there() {
    let disk = SimDisk::new();
    let store = open(&disk);
    let mut shown_by = BTreeMap::from([(1, Vec::new())]);
    commit(&store, &(0..12).map(Push).collect::<Vec<_>>()).unwrap();
    let mut set_all = |number| {
        let changes: Vec<_> = (0..12).map(|place| Set(place, number)).collect();
        commit(&store, &changes).unwrap();
        let mut reader = store.read().unwrap();
        shown_by.insert(reader.commit(), numbers(&mut reader).unwrap());
    };
    let mut group = store.begin().unwrap();
    let many: Vec<PageId> = (0..300).map(|_| group.alloc().unwrap().0).collect();
    group.commit().unwrap();
    store.sync().unwrap();
    let mut group = store.begin().unwrap();
    many.iter().for_each(|page| group.free(*page).unwrap());
    group.commit().unwrap();
    for number in [100, 101] {
        store.sync().unwrap();
        set_all(number);
    }
    store.sync().unwrap();
    let from = disk.changes();
    for number in 0..50 {
        set_all(number);
        if number % 5 == 0 {
            store.sync().unwrap();
        }
    }
    damage_the_newest(&disk, from, 60, OPTIONS, &shown_by);
}

#[test]
fn ex_4_19_a_page_of_a_later_commit_in_the_place_of_another_is_found() {
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
    // The meta pages of then, without the copy, which need not be durable, and
    // the pages of now.
    let copy = usize::try_from(metas(&early)[1].1).unwrap();
    let (early, late) = (early.get("pages").unwrap(), disk.image());
    let mut bytes = late.get("pages").unwrap().bytes().to_vec();
    bytes[..384].copy_from_slice(&early.bytes()[..384]);
    bytes[copy..copy + META_BYTES].fill(0);
    let mut image = Image::new();
    image.insert("pages", conformance::sim::Content::new(bytes));
    let Err(Error::Corrupt { what, .. }) = shown(&image) else {
        panic!("not noticed");
    };
    assert_eq!(what, "the page is newer than the meta page");
}
