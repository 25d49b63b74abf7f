//! The list of free pages, as it comes to pages of its own and back.

use std::collections::{BTreeMap, BTreeSet};

use crate::free_list::{FreeList, Freed, ListPage};

#[test]
fn a_list_of_nothing_takes_no_page() {
    let mut list = FreeList::default();
    assert_eq!(list.pages_needed(0, 4), 0);
    assert_eq!(list.save(7, 4), []);
    assert_eq!((list.head(), list.count()), (0, 0));
}

#[test]
fn a_stored_list_begins_where_it_was_saved() {
    let list = FreeList::stored(9, 5);
    assert_eq!((list.head(), list.next(), list.count()), (9, 9, 5));
}

/// Of so many ready and freed numbers, with ten on each page, those that become
/// pages of the list need not be listed.
#[test]
fn a_list_takes_no_more_pages_than_it_must() {
    for (ready, freed, more, needed) in [
        (11, 0, 0, 1),
        (12, 0, 0, 2),
        (22, 0, 0, 2),
        (0, 10, 0, 1),
        (0, 11, 0, 2),
        (1, 10, 0, 1),
        (1, 9, 1, 1),
        (1, 10, 1, 2),
        (0, 0, 11, 2),
    ] {
        let mut list = FreeList::default();
        (100..100 + ready).for_each(|page| list.give_back(page));
        for page in 200..200 + freed {
            let (born, freed) = (1, 5);
            list.free(Freed { page, born, freed });
        }
        let found = list.pages_needed(more, 10);
        assert_eq!(found, needed, "{ready} ready, {freed} and {more} freed");
    }
}

#[test]
fn numbers_that_are_not_needed_soon_leave_memory_and_come_back() {
    let mut list = FreeList::default();
    (100..150).for_each(|page| list.give_back(page));
    let pages = list.save(7, 10);
    let on_pages: BTreeMap<u32, ListPage> =
        pages.into_iter().map(|page| (page.number, page)).collect();
    assert!((5..15).contains(&list.ready()), "{}", list.ready());
    assert_eq!(list.count() as usize + on_pages.len(), 50);
    // The next time only what is in memory is listed anew.
    let again = list.save(8, 10);
    assert!(again.len() <= 2, "{again:?}");
    let mut taken = BTreeSet::new();
    while list.next() != 0 || list.ready() > 0 {
        match list.take() {
            Some(page) => assert!(taken.insert(page), "{page} twice"),
            None => list.load(&on_pages[&list.next()], 7),
        }
    }
    // The others are what the lists stood on.
    assert!(taken.len() >= 40, "{}", taken.len());
}
