//! The list with everything around it: who sees what, and what a power cut leaves.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{freed, released};
use crate::free_list::{FreeList, ListPage};

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
    fn ex_4_17_no_page_is_lost_handed_out_twice_or_taken_from_who_sees_it(
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut around = Around::new();
        for step in &steps {
            around.play(step);
        }
        around.save();
    }
}
