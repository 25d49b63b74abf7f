use std::collections::BTreeSet;

use conformance::sim::{Faults, SimDisk};
use engine::page::{PageGroup, PageId, PageRead, PageStore, STORE_BYTES};
use engine::{Counter, Error};

use super::store::array::Change::{Clear, Pop, Push, Set};
use super::store::array::{change, commit, numbers, reached};
use super::store::{OPTIONS, is_poisoned, open, open_with};
use crate::copy_on_write::{CopyOnWrite, Group, Options};
use crate::free_list::Freed;

/// Panics where a group that begins now does not see these numbers, or where a
/// page is lost or there twice. Nobody reads but groups.
#[track_caller]
fn assert_shows(store: &CopyOnWrite, expected: &[u32], when: &str) {
    let mut group = store.begin().unwrap();
    assert_eq!(numbers(&mut group).as_deref(), Ok(expected), "{when}");
    let used = reached(&mut group).unwrap();
    drop(group);
    let free = store.free_pages().unwrap();
    let mut all: Vec<u64> = free.into_iter().map(u64::from).collect();
    all.extend(used.iter().map(|page| page.0));
    all.sort_unstable();
    let expected: Vec<u64> = (3..).take(all.len()).collect();
    assert_eq!(all, expected, "each page is in use or free, once, {when}");
}

/// The group's pages, as it fills them: with this byte.
fn filled(group: &mut Group<'_>, byte: u8) -> PageId {
    let (page, bytes) = group.alloc().unwrap();
    bytes[STORE_BYTES..].fill(byte);
    page
}

/// The byte that a page was filled with.
#[track_caller]
fn byte(group: &mut Group<'_>, page: PageId) -> u8 {
    group.load(page).unwrap();
    let bytes = &group.bytes()[STORE_BYTES..];
    assert!(
        bytes.iter().all(|byte| *byte == bytes[0]),
        "{page:?} is torn"
    );
    bytes[0]
}

#[test]
fn ex_4_15_what_is_committed_is_seen_by_whoever_begins_then() {
    let store = open(&SimDisk::new());
    let mut group = store.begin().unwrap();
    change(&mut group, &[Push(1), Push(2)]).unwrap();
    assert_eq!(
        numbers(&mut group).unwrap(),
        [1, 2],
        "it sees what it has changed"
    );
    group.commit().unwrap();
    assert_shows(&store, &[1, 2], "committed");
    commit(&store, &[Set(0, 3), Push(4), Pop, Set(1, 5)]).unwrap();
    assert_shows(&store, &[3, 5], "committed");
    commit(&store, &[Clear]).unwrap();
    assert_shows(&store, &[], "cleared");
    commit(&store, &[Push(6)]).unwrap();
    assert_shows(&store, &[6], "committed");
}

#[test]
fn ex_4_15_a_group_that_is_dropped_leaves_nothing_and_gives_its_numbers_back() {
    let store = open(&SimDisk::new());
    commit(&store, &[Push(1), Push(2), Push(3)]).unwrap();
    let changes = [Set(0, 4), Pop, Push(5), Set(1, 6), Pop, Clear, Push(7)];
    for undone in 0..=changes.len() {
        let mut group = store.begin().unwrap();
        change(&mut group, &changes[..undone]).unwrap();
        drop(group);
        assert_shows(&store, &[1, 2, 3], &format!("after {undone} changes"));
    }
    let pages = store.free_pages().unwrap().len();
    let mut group = store.begin().unwrap();
    change(&mut group, &changes).unwrap();
    drop(group);
    assert_eq!(store.free_pages().unwrap().len(), pages, "the same numbers");
}

#[test]
fn ex_4_15_a_page_of_others_is_copied_once_and_a_page_of_its_own_never() {
    let store = open(&SimDisk::new());
    let mut group = store.begin().unwrap();
    let first = filled(&mut group, 7);
    let (same, bytes) = group.page_mut(first).unwrap();
    assert_eq!(
        (same, bytes[STORE_BYTES]),
        (first, 7),
        "it is the group's own"
    );
    group.set_root(Some(first));
    group.commit().unwrap();

    let mut group = store.begin().unwrap();
    let (copy, bytes) = group.page_mut(first).unwrap();
    assert_ne!(copy, first, "others see that one");
    assert!(
        bytes[STORE_BYTES..].iter().all(|byte| *byte == 7),
        "the copy has other bytes after its stamp than the page"
    );
    bytes[STORE_BYTES..].fill(8);
    let (again, bytes) = group.page_mut(copy).unwrap();
    assert_eq!(
        (again, bytes[STORE_BYTES]),
        (copy, 8),
        "the copy is its own"
    );
    assert_eq!(byte(&mut group, first), 7, "the page itself is as it was");
    assert_eq!(byte(&mut group, copy), 8, "the byte of the copy");
    group.set_root(Some(copy));
    group.commit().unwrap();
    let mut group = store.begin().unwrap();
    assert_eq!(group.root(), Some(copy), "the root after the commit");
    assert_eq!(byte(&mut group, copy), 8, "the byte of the copy");
}

#[test]
fn ex_4_15_a_copy_says_its_own_number_and_its_own_commit() {
    let store = open(&SimDisk::new());
    let mut group = store.begin().unwrap();
    let first = filled(&mut group, 7);
    group.set_root(Some(first));
    group.commit().unwrap();
    let mut group = store.begin().unwrap();
    let stamp = |bytes: &[u8]| crate::stamp::Stamp::of(bytes);
    group.load(first).unwrap();
    let before = stamp(group.bytes());
    let (copy, bytes) = group.page_mut(first).unwrap();
    let after = stamp(bytes);
    assert_eq!(u64::from(before.number), first.0, "the number in the stamp");
    assert_eq!(
        u64::from(after.number),
        copy.0,
        "the number in the copy's stamp, and the one that `page_mut` answers"
    );
    assert_eq!(after.commit, before.commit + 1, "the copy's commit");
}

#[test]
fn ex_4_15_what_a_commit_frees_is_noted_with_who_made_it_and_who_freed_it() {
    let store = open(&SimDisk::new());
    let number = |page: PageId| u32::try_from(page.0).unwrap();
    let mut group = store.begin().unwrap();
    let (one, other) = (filled(&mut group, 1), filled(&mut group, 2));
    group.set_root(Some(one));
    group.commit().unwrap();
    // The first commit is the one that a new store shows.
    assert_eq!(store.freed(), [], "nothing was freed");
    let mut group = store.begin().unwrap();
    group.page_mut(one).unwrap();
    group.commit().unwrap();
    let copied = Freed {
        page: number(one),
        born: 2,
        freed: 3,
    };
    assert_eq!(store.freed(), [copied], "a page of which there is a copy");
    let mut group = store.begin().unwrap();
    group.free(other).unwrap();
    let own = filled(&mut group, 3);
    group.free(own).unwrap();
    group.commit().unwrap();
    let freed = Freed {
        page: number(other),
        born: 2,
        freed: 4,
    };
    assert_eq!(
        store.freed(),
        [copied, freed],
        "the page that others see, and not its own"
    );
    let mut group = store.begin().unwrap();
    group.free(one).unwrap();
    drop(group);
    assert_eq!(
        store.freed(),
        [copied, freed],
        "a group that is dropped frees nothing"
    );
}

#[test]
fn ex_4_15_a_page_of_its_own_that_it_frees_is_handed_out_again_full_of_zeros() {
    let store = open(&SimDisk::new());
    let mut group = store.begin().unwrap();
    let pages: Vec<PageId> = (0..5).map(|_| filled(&mut group, 9)).collect();
    // Not the last one: the others keep their bytes.
    group.free(pages[1]).unwrap();
    let lost = group.load(pages[1]);
    assert!(
        lost.is_err() || group.bytes()[STORE_BYTES] == 0,
        "its own page that the group has freed is still there"
    );
    let (again, bytes) = group.alloc().unwrap();
    assert_eq!(again, pages[1], "the number that was freed");
    assert!(
        bytes[STORE_BYTES..].iter().all(|byte| *byte == 0),
        "a new page is full of zeros"
    );
    for page in [pages[0], pages[2], pages[3], pages[4]] {
        assert_eq!(byte(&mut group, page), 9, "{page:?}");
    }
}

#[test]
fn ex_4_15_pages_that_are_not_there_are_damage() {
    let store = open(&SimDisk::new());
    commit(&store, &[Push(1)]).unwrap();
    let mut group = store.begin().unwrap();
    for page in [0, 2, 1000, u64::MAX].map(PageId) {
        let is_damage = |result: Result<(), Error>| matches!(result, Err(Error::Corrupt { .. }));
        assert!(is_damage(group.page_mut(page).map(drop)), "{page:?}");
        assert!(is_damage(group.free(page)), "{page:?}");
    }
    drop(group);
    assert_shows(&store, &[1], "nothing was freed");
}

#[test]
fn ex_4_15_a_commit_of_nothing_is_none() {
    let store = open(&SimDisk::new());
    let mut group = store.begin().unwrap();
    let first = filled(&mut group, 7);
    group.set_root(Some(first));
    group.commit().unwrap();
    store.begin().unwrap().commit().unwrap();
    let mut group = store.begin().unwrap();
    let own = filled(&mut group, 8);
    group.free(own).unwrap();
    group.commit().unwrap();
    // Another root is a change.
    let mut group = store.begin().unwrap();
    group.set_root(None);
    group.commit().unwrap();
    let mut group = store.begin().unwrap();
    group.free(first).unwrap();
    group.commit().unwrap();
    let page = u32::try_from(first.0).unwrap();
    let freed = Freed {
        page,
        born: 2,
        freed: 4,
    };
    assert_eq!(
        store.freed(),
        [freed],
        "by the third commit that changed something"
    );
}

#[test]
fn ex_4_15_pages_that_went_to_the_file_come_back_under_their_numbers() {
    let options = Options {
        frames_bytes_max: 3 * 128,
        ..OPTIONS
    };
    let store = open_with(&SimDisk::new(), options);
    let mut group = store.begin().unwrap();
    let before = store.stats()[Counter::BytesWritten];
    let pages: Vec<PageId> = (0..20).map(|at| filled(&mut group, at)).collect();
    let written = store.stats()[Counter::BytesWritten] - before;
    assert_eq!(written, 16 * 128, "bytes: no more than four pages are left");
    for (at, page) in (0..).zip(&pages) {
        let (same, bytes) = group.page_mut(*page).unwrap();
        assert_eq!(
            (same, bytes[STORE_BYTES]),
            (*page, at),
            "the page as it was, and its byte: it is the group's own"
        );
        bytes[STORE_BYTES..].fill(at + 100);
    }
    group.free(pages[4]).unwrap();
    let all: BTreeSet<PageId> = pages.iter().copied().collect();
    let again = filled(&mut group, 1);
    assert!(
        all.contains(&again),
        "{again:?} is a new number, and one was free"
    );
    for (at, page) in (0..).zip(&pages) {
        let expected = if *page == again { 1 } else { at + 100 };
        assert_eq!(byte(&mut group, *page), expected, "the byte of {page:?}");
    }
    drop(group);
    assert_eq!(store.free_pages().unwrap().len(), 20, "all are given back");
}

#[test]
fn ex_4_15_a_group_that_went_to_the_file_is_committed_like_any_other() {
    let options = Options {
        frames_bytes_max: 3 * 128,
        ..OPTIONS
    };
    let store = open_with(&SimDisk::new(), options);
    let mut group = store.begin().unwrap();
    let pages: Vec<PageId> = (0..18).map(|at| filled(&mut group, at)).collect();
    group.set_root(pages.first().copied());
    group.commit().unwrap();
    // None of them is the next group's own: it would be changed where it stands.
    let mut group = store.begin().unwrap();
    for (at, page) in (0..).zip(&pages) {
        assert_eq!(
            byte(&mut group, *page),
            at,
            "the byte of {page:?}, which the last group went with to the file: is its number \
             in use again?"
        );
        let (copy, _) = group.page_mut(*page).unwrap();
        assert_ne!(copy, *page, "what is committed is copied");
    }
}

/// A sync puts what was freed on a list, which takes a page; the first to learn
/// that there is no room for it is whoever commits.
#[test]
fn ex_4_15_a_commit_finds_room_for_a_list_of_what_it_frees() {
    let disk = SimDisk::new();
    let options = Options {
        growth_bytes_min: 1,
        ..OPTIONS
    };
    let store = open_with(&disk, options);
    let room = || disk.image().get("pages").unwrap().len() / 128;
    let mut group = store.begin().unwrap();
    let page = filled(&mut group, 7);
    group.set_root(Some(page));
    group.commit().unwrap();
    assert_eq!(
        room(),
        4,
        "pages of the file: three meta pages and this one; nothing was freed"
    );
    let mut group = store.begin().unwrap();
    let (copy, _) = group.page_mut(page).unwrap();
    group.set_root(Some(copy));
    assert_eq!(room(), 5, "pages of the file: the copy is new");
    group.commit().unwrap();
    assert_eq!(
        room(),
        6,
        "pages of the file: one more, to say which one was freed"
    );
}

/// A store with one page, and room for so many.
fn with_room_for(pages: u64) -> (SimDisk, CopyOnWrite, PageId) {
    let disk = SimDisk::new();
    let options = Options {
        growth_bytes_min: 1,
        ..OPTIONS
    };
    let store = open_with(&disk, options);
    let mut group = store.begin().unwrap();
    let page = filled(&mut group, 7);
    group.set_root(Some(page));
    group.commit().unwrap();
    disk.set_faults(Faults {
        capacity: Some(pages * 128),
        ..Faults::default()
    });
    (disk, store, page)
}

#[test]
fn ex_4_15_a_page_of_which_there_is_no_copy_is_not_freed() {
    let (disk, store, page) = with_room_for(4);
    let mut group = store.begin().unwrap();
    let failed = group.page_mut(page).map(|_| ());
    assert!(
        matches!(failed, Err(Error::NoSpace { .. })),
        "there is no room for a copy, and `page_mut` answers {failed:?}"
    );
    disk.set_faults(Faults::default());
    filled(&mut group, 8);
    group.commit().unwrap();
    assert_eq!(
        store.freed(),
        [],
        "the root still leads to the page that could not be copied"
    );
}

#[test]
fn ex_4_15_a_commit_that_finds_no_room_for_that_list_changes_nothing() {
    let (_disk, store, page) = with_room_for(5);
    let mut group = store.begin().unwrap();
    let (copy, bytes) = group.page_mut(page).unwrap();
    bytes[STORE_BYTES..].fill(8);
    group.set_root(Some(copy));
    let failed = group.commit();
    assert!(
        matches!(failed, Err(Error::NoSpace { .. })),
        "there is no room for the list, and the commit answers {failed:?}"
    );
    assert_eq!(store.freed(), [], "the commit failed, so nothing is freed");
    let free = store.free_pages().unwrap();
    assert_eq!(free.len(), 1, "the copy's number is given back: {free:?}");
    let mut group = store.begin().unwrap();
    assert_eq!(group.root(), Some(page), "the root is the one from before");
    assert_eq!(byte(&mut group, page), 7, "the byte of {page:?}");
}

/// A sync has failed since the group began.
#[test]
fn ex_4_15_a_store_that_is_poisoned_meanwhile_refuses_the_commit() {
    let store = open(&SimDisk::new());
    commit(&store, &[Push(1)]).unwrap();
    let mut group = store.begin().unwrap();
    change(&mut group, &[Push(2)]).unwrap();
    let file = "pages".to_owned();
    store.poison(Error::NoSpace { file });
    let refused = group.commit();
    assert!(
        is_poisoned(&refused),
        "a sync has failed since the group began, and the commit answers {refused:?}"
    );
    // The copy of the root, and the page of the second number.
    let free = store.free_pages().unwrap();
    assert_eq!(
        free.len(),
        2,
        "the commit was refused, and the numbers of its pages are given back: {free:?}"
    );
}
