//! Which pages may be used again, and how the list of them is kept.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::free_list::{FreeList, Freed, ListPage};

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
fn who_sees_a_page_pins_it() {
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
fn what_nobody_pins_may_be_used_again_and_the_rest_when_its_pin_is_gone() {
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
fn it_is_worth_asking_when_many_pages_were_freed() {
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
fn what_becomes_ready_together_is_taken_in_the_order_of_the_file() {
    let mut list = FreeList::default();
    list.give_back(100);
    for page in [30, 10, 20, 40] {
        list.free(freed(page, 1, 2));
    }
    released(&mut list, &[]);
    let taken: Vec<u32> = std::iter::from_fn(|| list.take()).collect();
    assert_eq!(taken, [10, 20, 30, 40, 100]);
}

/// All pages of the list that begins with `head`.
fn chain(pages: &BTreeMap<u32, ListPage>, head: u32) -> Vec<&ListPage> {
    let mut chain = Vec::new();
    let mut next = head;
    while next != 0 {
        chain.push(&pages[&next]);
        next = pages[&next].next;
        assert!(chain.len() <= pages.len(), "the list ends");
    }
    chain
}

#[test]
fn a_list_of_nothing_takes_no_page() {
    let mut list = FreeList::default();
    assert_eq!(list.pages_needed(0, 4), 0);
    assert_eq!(list.save(7, 4), []);
    assert_eq!((list.head(), list.count()), (0, 0));
}

#[test]
fn a_list_stands_on_pages_that_it_would_have_to_name() {
    let mut list = FreeList::default();
    list.give_back(10);
    assert_eq!(list.pages_needed(0, 4), 1);
    let [page] = &list.save(7, 4)[..] else {
        panic!("one page")
    };
    assert_eq!((page.number, page.numbers.len(), list.head()), (10, 0, 10));
    // Behind the next commit it is free, and has to be named, on another page.
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

/// What is done with a list.
#[derive(Debug, Clone)]
enum Step {
    /// Takes so many numbers, new ones where none are ready, and commits.
    Take(usize),
    /// Frees so many of the pages that are in use, and commits.
    Free(usize),
    /// Takes and gives back.
    GiveBack(usize),
    /// Somebody pins the last commit.
    Pin,
    /// The first pin goes.
    Unpin,
    Release,
    /// Saves the list for the last commit, which becomes durable.
    Save,
    /// As a power cut would have it: what is not saved is gone.
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1..20_usize).prop_map(Step::Take),
        4 => (1..20_usize).prop_map(Step::Free),
        1 => (1..5_usize).prop_map(Step::GiveBack),
        1 => Just(Step::Pin),
        1 => Just(Step::Unpin),
        2 => Just(Step::Release),
        3 => Just(Step::Save),
        1 => Just(Step::Reopen),
    ]
}

/// What a power cut leaves.
#[derive(Debug, Clone)]
struct Saved {
    head: u32,
    count: u32,
    pages: u32,
    commit: u64,
    used: BTreeMap<u32, u64>,
}

/// A list with everything around it.
#[derive(Debug)]
struct Around {
    list: FreeList,
    pages: u32,
    commit: u64,
    /// The pages in use, and the commits that made them.
    used: BTreeMap<u32, u64>,
    /// Those that each pinned commit sees.
    pins: BTreeMap<u64, BTreeSet<u32>>,
    /// The commits of the last two saves.
    durable: [u64; 2],
    /// What stands on each page of the list.
    file: BTreeMap<u32, ListPage>,
    /// The commits that made these.
    made: BTreeMap<u32, u64>,
    saved: Option<Saved>,
}

const PER_PAGE: usize = 6;

impl Around {
    fn new() -> Self {
        Around {
            list: FreeList::default(),
            pages: 3,
            commit: 1,
            used: BTreeMap::new(),
            pins: BTreeMap::new(),
            durable: [1; 2],
            file: BTreeMap::new(),
            made: BTreeMap::new(),
            saved: None,
        }
    }

    fn take(&mut self) -> u32 {
        if self.list.ready() == 0 && self.list.next() != 0 {
            let page = self.file[&self.list.next()].clone();
            self.list.load(&page, self.made[&page.number]);
        }
        let number = self.list.take().unwrap_or_else(|| {
            self.pages += 1;
            self.pages - 1
        });
        self.nobody_sees(number);
        number
    }

    fn nobody_sees(&self, number: u32) {
        assert!(!self.used.contains_key(&number), "{number} is in use");
        for (commit, pages) in &self.pins {
            assert!(!pages.contains(&number), "who sees {commit} sees {number}");
        }
    }

    /// The pages that the last commit sees: also those of its list.
    fn seen(&self) -> BTreeSet<u32> {
        let lists = chain(&self.file, self.list.head()).into_iter();
        let lists = lists.map(|page| page.number);
        self.used.keys().copied().chain(lists).collect()
    }

    fn save(&mut self) {
        self.commit += 1;
        while self.list.ready() < self.list.pages_needed(0, PER_PAGE) {
            self.list.give_back(self.pages);
            self.pages += 1;
        }
        for page in self.list.save(self.commit, PER_PAGE) {
            assert!(page.numbers.len() <= PER_PAGE);
            self.nobody_sees(page.number);
            self.made.insert(page.number, self.commit);
            self.file.insert(page.number, page);
        }
        let seen = self.seen();
        self.pins.insert(self.commit, seen);
        let gone = self.durable[0];
        self.durable = [self.durable[1], self.commit];
        if !self.durable.contains(&gone) {
            self.pins.remove(&gone);
        }
        self.saved = Some(Saved {
            head: self.list.head(),
            count: self.list.count(),
            pages: self.pages,
            commit: self.commit,
            used: self.used.clone(),
        });
        self.check();
    }

    /// Each page is in use, or free, or a page of the list, and only one of them.
    fn check(&self) {
        let mut all: Vec<u32> = self.used.keys().copied().collect();
        let mut count = 0;
        for page in chain(&self.file, self.list.head()) {
            all.push(page.number);
            all.extend(&page.numbers);
            count += u32::try_from(page.numbers.len()).unwrap();
        }
        all.sort_unstable();
        assert_eq!(all, (3..self.pages).collect::<Vec<_>>());
        assert_eq!(count, self.list.count());
    }

    fn play(&mut self, step: &Step) {
        match *step {
            Step::Take(count) => {
                self.commit += 1;
                for _ in 0..count {
                    let page = self.take();
                    self.used.insert(page, self.commit);
                }
            }
            Step::Free(count) => {
                self.commit += 1;
                for _ in 0..count {
                    // Not always the newest, and not always the oldest.
                    let Some(page) = self.used.keys().nth(self.used.len() / 3).copied() else {
                        return;
                    };
                    let born = self.used.remove(&page).unwrap();
                    self.list.free(freed(page, born, self.commit));
                }
            }
            Step::GiveBack(count) => {
                let taken: Vec<u32> = (0..count).map(|_| self.take()).collect();
                taken.into_iter().for_each(|page| self.list.give_back(page));
            }
            Step::Pin => {
                let seen = self.used.keys().copied().collect();
                self.pins.entry(self.commit).or_insert(seen);
            }
            Step::Unpin => {
                let first = self.pins.keys().find(|pin| !self.durable.contains(pin));
                if let Some(pin) = first.copied() {
                    self.pins.remove(&pin);
                }
            }
            Step::Release => {
                let mut pins: Vec<u64> = self.pins.keys().copied().collect();
                pins.extend(self.durable);
                pins.sort_unstable();
                let released = released(&mut self.list, &pins);
                released.into_iter().for_each(|page| self.nobody_sees(page));
            }
            Step::Save => self.save(),
            Step::Reopen => {
                let Some(saved) = self.saved.clone() else {
                    return;
                };
                let (head, commit) = (saved.head, saved.commit);
                self.list = FreeList::stored(head, saved.count);
                (self.pages, self.commit, self.used) = (saved.pages, commit, saved.used);
                self.durable = [commit; 2];
                let seen = self.seen();
                self.pins = BTreeMap::from([(commit, seen)]);
                if head != 0 {
                    let page = self.file[&head].clone();
                    self.list.load(&page, self.made[&head]);
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn no_page_is_lost_handed_out_twice_or_taken_from_who_sees_it(
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut around = Around::new();
        for step in &steps {
            around.play(step);
        }
        around.save();
    }
}
