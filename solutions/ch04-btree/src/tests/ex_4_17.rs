mod around;

use std::collections::BTreeSet;
use std::sync::Arc;

use conformance::sim::{Faults, SimDisk};
use engine::Error;
use engine::page::{PageGroup, PageStore};

use super::held::Held;
use super::many;
use super::store::array::Change::{Push, Set};
use super::store::array::{assert_holds, assert_sound, commit, reachable};
use super::store::{OPTIONS, open, open_with};
use crate::copy_on_write::{CopyOnWrite, Options};
use crate::free_list::{FreeList, Freed};

fn freed(page: u32, born: u64, freed: u64) -> Freed {
    Freed { page, born, freed }
}

/// Lets go of what `pins` do not hold, and answers these numbers.
fn released(list: &mut FreeList, pins: &[u64]) -> Vec<u32> {
    let mut released = Vec::new();
    list.release(pins, |page| released.push(page));
    released.sort_unstable();
    released
}

#[test]
fn ex_4_17_who_sees_a_page_pins_it() {
    let page = freed(40, 5, 8);
    for (pins, expected) in [
        (&[][..], None),
        (&[4], None),
        (&[5], Some(5)),
        (&[7], Some(7)),
        (&[8], None),
        (&[4, 8], None),
        (&[1, 2, 6, 7, 9], Some(6)),
    ] {
        assert_eq!(page.pin(pins), expected, "{pins:?}");
    }
    // Captured, freed again, and never durable.
    assert_eq!(freed(40, 5, 5).pin(&[4, 5, 6]), None);
}

#[test]
fn ex_4_17_what_nobody_pins_may_be_used_again_and_the_rest_when_its_pin_is_gone() {
    let mut list = FreeList::default();
    for page in [
        freed(10, 1, 9),
        freed(11, 4, 9),
        freed(12, 7, 9),
        freed(13, 1, 3),
    ] {
        list.free(page);
    }
    assert_eq!(list.take(), None, "nobody has asked yet");
    assert_eq!(released(&mut list, &[3, 5]), [12, 13]);
    assert_eq!(released(&mut list, &[3, 5]), [0; 0]);
    // 3 is gone; 10 was born before 5, too.
    assert_eq!(released(&mut list, &[5]), [0; 0]);
    assert_eq!(list.count(), 4);
    assert_eq!(released(&mut list, &[9]), [10, 11]);
    let mut taken: Vec<u32> = std::iter::from_fn(|| list.take()).collect();
    taken.sort_unstable();
    assert_eq!(taken, [10, 11, 12, 13]);
    assert_eq!(list.count(), 0);
}

#[test]
fn ex_4_17_it_is_worth_asking_when_many_pages_were_freed() {
    let mut list = FreeList::default();
    let mut freed_pages = 0;
    while !list.is_worth_asking() {
        list.free(freed(10 + freed_pages, 1, 2));
        freed_pages += 1;
        assert!(freed_pages < 100, "never");
    }
    assert!(freed_pages > 4, "each time");
    // Asked about once, pinned pages do not count any more.
    assert_eq!(released(&mut list, &[1]), [0; 0]);
    assert!(!list.is_worth_asking());
}

#[test]
fn ex_4_17_what_becomes_ready_together_is_taken_in_the_order_of_the_file() {
    let mut list = FreeList::default();
    list.give_back(25);
    for page in [30, 10, 20, 40] {
        list.free(freed(page, 1, 2));
    }
    released(&mut list, &[]);
    let taken: Vec<u32> = std::iter::from_fn(|| list.take()).collect();
    assert_eq!(taken, [10, 20, 30, 40, 25], "what was ready before waits");
}

#[test]
fn ex_4_17_a_list_stands_on_pages_that_it_would_have_to_name() {
    let mut list = FreeList::default();
    list.give_back(10);
    assert_eq!(list.pages_needed(0, 4), 1);
    let [page] = &list.save(7, 4)[..] else {
        panic!("one page")
    };
    assert_eq!((page.number, page.numbers.len(), list.head()), (10, 0, 10));
    // After the next commit it is free, and has to be named, on another page.
    assert_eq!(list.pages_needed(0, 4), 1);
    assert_eq!(list.ready(), 0, "somebody has to find one");
    list.give_back(11);
    let pages = list.save(8, 4);
    assert_eq!((pages[0].number, &pages[0].numbers[..]), (11, &[10][..]));
    assert_eq!(list.count(), 1);
    assert_eq!(
        released(&mut list, &[7]),
        [0; 0],
        "the meta page of 7 names it"
    );
    assert_eq!(released(&mut list, &[8]), [10]);
}

#[test]
fn ex_4_17_a_page_is_asked_about_again_when_its_pin_is_gone_and_not_before() {
    let mut list = FreeList::default();
    list.free(freed(10, 1, 9));
    assert_eq!(released(&mut list, &[3, 5, 8]), [0; 0]);
    assert_eq!(list.fresh(), [], "nothing is fresh");
    // 5 and 8 see it, too, but that was not asked.
    assert_eq!(released(&mut list, &[3]), [0; 0]);
    assert_eq!(
        released(&mut list, &[5]),
        [0; 0],
        "3 is gone, and 5 is here"
    );
    assert_eq!(released(&mut list, &[5, 8]), [0; 0]);
    assert_eq!(released(&mut list, &[8]), [0; 0]);
    assert_eq!(released(&mut list, &[9]), [10]);
    assert_eq!(released(&mut list, &[]), [0; 0], "once");
    assert_eq!((list.ready(), list.take()), (1, Some(10)));
}

/// Nobody begins to see an older commit. If somebody did, a page that is pinned
/// would not be found to be pinned by that one: nobody asks.
#[test]
fn ex_4_17_what_is_pinned_is_not_asked_about_while_its_pin_is_there() {
    let mut list = FreeList::default();
    list.free(freed(10, 1, 9));
    assert_eq!(released(&mut list, &[5]), [0; 0]);
    list.free(freed(11, 4, 9));
    assert_eq!(released(&mut list, &[3, 4, 5]), [0; 0]);
    let by_pin = list.in_memory();
    assert_eq!(by_pin, [11, 10], "4 pins 11, and not 3 but 5 pins 10");
}

#[test]
fn ex_4_17_durable_and_captured_and_written_commits_pin_and_so_do_readers() {
    let store = open(&SimDisk::new());
    let first = store.read().unwrap();
    commit(&store, &[Push(1)]).unwrap();
    commit(&store, &[Push(2)]).unwrap();
    let second = store.read().unwrap();
    let again = second.clone();
    let pins = |durable, captured, writing: &[u64]| {
        let pins = store.who_pins(durable, captured, writing);
        assert!(pins.is_sorted(), "{pins:?} are in no order");
        BTreeSet::from_iter(pins)
    };
    let set = |commits: &[u64]| commits.iter().copied().collect::<BTreeSet<u64>>();
    assert_eq!(pins([1, 1], 1, &[]), set(&[1, 3]));
    assert_eq!(
        pins([20, 30], 40, &[15, 25, 35]),
        set(&[1, 3, 15, 20, 25, 30, 35, 40])
    );
    drop(second);
    assert_eq!(pins([20, 30], 30, &[]), set(&[1, 3, 20, 30]));
    drop((first, again));
    assert_eq!(pins([20, 30], 40, &[]), set(&[20, 30, 40]));
}

#[test]
fn ex_4_17_pages_come_back_without_a_sync() {
    let disk = SimDisk::new();
    let store = open(&disk);
    commit(&store, &[Push(1), Push(2), Push(3)]).unwrap();
    for number in 0..many(1000) {
        commit(&store, &[Set(1, number)]).unwrap();
    }
    let pages = store.free_pages().unwrap().len();
    assert!(pages < 100, "{pages} free pages");
    let len = disk.image().get("pages").unwrap().len();
    assert!(len < 128 * 120, "{len} bytes");
}

/// Few pages were freed when the disk is full, and then each of them counts.
#[test]
fn ex_4_17_on_a_full_disk_pages_come_back_as_soon_as_they_can() {
    let disk = SimDisk::new();
    let options = Options {
        growth_bytes_min: 1,
        ..OPTIONS
    };
    let store = open_with(&disk, options);
    commit(&store, &[Push(0); 6]).unwrap();
    for number in 0..3 {
        commit(&store, &[Set(0, number)]).unwrap();
    }
    let full = disk.image().get("pages").unwrap().len();
    disk.set_faults(Faults {
        capacity: Some(full),
        ..Faults::default()
    });
    let mut expected = [2, 0, 0, 0, 0, 0];
    for number in 0..many(100) {
        // So many pages at a time that none is left now and then.
        for at in 0..=number * number % 5 {
            expected[at as usize] = number;
        }
        let changes = (0..6).zip(expected).map(|(at, number)| Set(at, number));
        let changes: Vec<_> = changes.take((number * number % 5) as usize + 1).collect();
        commit(&store, &changes).unwrap();
        assert_holds(&store, &expected, "on a full disk");
    }
    assert_eq!(disk.image().get("pages").unwrap().len(), full);
}

#[test]
fn ex_4_17_a_full_disk_is_found_by_the_group_and_nothing_has_changed() {
    for capacity in (3 * 128..4000).step_by(if cfg!(miri) { 500 } else { 50 }) {
        let disk = SimDisk::new();
        disk.set_faults(Faults {
            capacity: Some(capacity),
            ..Faults::default()
        });
        let Ok(store) = CopyOnWrite::open(Arc::new(disk.clone()), OPTIONS) else {
            continue;
        };
        let mut expected = Vec::new();
        for number in 0..20 {
            match commit(&store, &[Push(number), Set(0, number)]) {
                Ok(()) => {
                    expected.push(number);
                    expected[0] = number;
                }
                Err(error) => assert!(matches!(error, Error::NoSpace { .. }), "{error:?}"),
            }
            assert_holds(&store, &expected, "a commit that fails leaves nothing");
        }
    }
}

#[test]
fn ex_4_17_readers_see_the_same_while_hundreds_of_commits_go_by() {
    let store = open(&SimDisk::new());
    commit(&store, &(0..12).map(Push).collect::<Vec<_>>()).unwrap();
    let mut held = Vec::new();
    for round in 0..many(400_u32) {
        if round % 40 == 0 {
            held.push(Held::new(&store));
        }
        commit(&store, &[Set(round as usize, round), Set(3, round)]).unwrap();
        held.iter_mut().for_each(Held::sees_the_same);
        if round % 90 == 89 {
            held.remove(held.len() / 2);
        }
    }
    assert_sound(&store, "in the end");
}

#[test]
fn ex_4_17_a_reader_that_stays_keeps_no_more_than_it_sees() {
    let store = open(&SimDisk::new());
    commit(&store, &(0..20).map(Push).collect::<Vec<_>>()).unwrap();
    let mut held = Held::new(&store);
    let mut most = 0;
    for round in 0..many(1000) {
        commit(&store, &[Set(round, 7)]).unwrap();
        most = most.max(store.free_pages().unwrap().len());
    }
    // What was made and freed since is used again, though the reader is older.
    assert!(most < 200, "{most} free pages");
    held.sees_the_same();
}

#[test]
fn ex_4_17_no_number_is_handed_out_that_anybody_sees() {
    let store = open(&SimDisk::new());
    commit(&store, &(0..8).map(Push).collect::<Vec<_>>()).unwrap();
    let mut held: Vec<Held<'_>> = Vec::new();
    for round in 0..many(300_usize) {
        if round % 5 == 0 {
            held.push(Held::new(&store));
        }
        if held.len() > 6 {
            held.remove(round % 6);
        }
        let used = reachable(&store).unwrap();
        let mut group = store.begin().unwrap();
        let mut own = BTreeSet::new();
        for _ in 0..=round % 9 {
            let (page, _) = group.alloc().unwrap();
            assert!(own.insert(page), "{page:?} twice in a group");
            assert!(!used.contains(&page), "{page:?} is in use");
            let seen = held.iter().find(|held| held.pages.contains(&page));
            assert!(seen.is_none(), "a reader sees {page:?}");
        }
        drop(group);
        commit(&store, &[Set(round, 1), Set(round / 3, 2)]).unwrap();
    }
    held.iter_mut().for_each(Held::sees_the_same);
}
