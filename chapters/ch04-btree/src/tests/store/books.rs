//! The books: a page that is lost, or there twice, is found.

use std::collections::BTreeSet;

use conformance::sim::{Content, SimDisk};
use engine::Error;
use engine::page::{PageGroup, PageId, PageStore};

use super::array::Change::{Clear, Push, Set};
use super::array::{commit, reachable};
use super::open;
use crate::copy_on_write::CopyOnWrite;
use crate::meta::FILE;
use crate::stamp::seal;
use crate::tests::metas::newest_in;

fn prepared() -> (CopyOnWrite, BTreeSet<PageId>) {
    let store = open(&SimDisk::new());
    for number in 0..20 {
        commit(&store, &[Push(number), Set(0, number)]).unwrap();
        store.sync().unwrap();
    }
    let reachable = reachable(&store).unwrap();
    assert_eq!(store.check_books(|_| Ok(reachable.clone())), Ok(()));
    (store, reachable)
}

#[track_caller]
fn is_wrong(store: &CopyOnWrite, reachable: &BTreeSet<PageId>, page: PageId, expected: &str) {
    let Err(Error::Corrupt { offset, what, .. }) = store.check_books(|_| Ok(reachable.clone()))
    else {
        panic!("not noticed: {expected}");
    };
    assert_eq!((offset, &*what), (page.0 * 128, expected));
}

#[test]
fn a_page_that_nothing_leads_to_is_found() {
    let (store, mut reachable) = prepared();
    let lost = *reachable.iter().nth(5).unwrap();
    reachable.remove(&lost);
    is_wrong(&store, &reachable, lost, "nothing leads to the page");
}

#[test]
fn a_free_page_that_the_root_leads_to_is_found() {
    let (store, mut reachable) = prepared();
    let free = PageId(u64::from(store.free_pages().unwrap()[0]));
    reachable.insert(free);
    is_wrong(
        &store,
        &reachable,
        free,
        "the page is free, and the root leads to it",
    );
}

#[test]
fn a_page_that_is_not_there_is_found() {
    let (store, mut reachable) = prepared();
    reachable.insert(PageId(1000));
    is_wrong(&store, &reachable, PageId(1000), "there is no such page");
}

#[test]
fn a_page_that_was_freed_twice_is_found() {
    let (store, mut reachable) = prepared();
    let victim = *reachable.iter().next_back().unwrap();
    let mut group = store.begin().unwrap();
    group.free(victim).unwrap();
    group.free(victim).unwrap();
    group.commit().unwrap();
    reachable.remove(&victim);
    is_wrong(&store, &reachable, victim, "the page is free twice");
}

#[test]
fn a_page_that_was_freed_and_is_still_used_is_found() {
    let (store, reachable) = prepared();
    let victim = *reachable.iter().next().unwrap();
    let mut group = store.begin().unwrap();
    group.free(victim).unwrap();
    group.commit().unwrap();
    is_wrong(
        &store,
        &reachable,
        victim,
        "the page is free, and the root leads to it",
    );
}

#[test]
fn a_page_that_was_allocated_and_never_used_is_found() {
    let (store, reachable) = prepared();
    let mut group = store.begin().unwrap();
    let (lost, _) = group.alloc().unwrap();
    group.commit().unwrap();
    is_wrong(&store, &reachable, lost, "nothing leads to the page");
}

#[test]
fn a_list_that_bites_its_tail_is_found() {
    for pages in 3..7 {
        let disk = SimDisk::new();
        let store = open(&disk);
        commit(&store, &vec![Push(1); pages]).unwrap();
        commit(&store, &[Clear]).unwrap();
        store.close().unwrap();
        let mut image = disk.image();
        let mut file = image.get(FILE).unwrap().bytes().to_vec();
        let head = newest_in(&file, 128).free_head;
        let list = &mut file[head as usize * 128..][..128];
        list[20..24].copy_from_slice(&head.to_le_bytes());
        seal(list);
        image.insert(FILE, Content::new(file));
        let store = open(&SimDisk::from_image(&image));
        let Err(Error::Corrupt { what, .. }) = store.free_pages() else {
            panic!("not noticed, with {pages} pages");
        };
        assert_eq!(what, "the free list does not end");
    }
}
