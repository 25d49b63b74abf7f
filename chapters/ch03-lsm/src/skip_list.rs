//! A skip list that one thread fills while others read it without a lock
//! (W. Pugh, "Skip Lists: A Probabilistic Alternative to Balanced Trees",
//! 1990).
//!
//! All nodes are in a list, that of level 0. Half of them are also in the list
//! of level 1, half of those in that of level 2, and so on: who looks for a
//! place runs along the highest list as far as it can, steps down a level, and
//! runs on.
//!
//! ```text
//! level 2  head ─────────────────▶ fig ──────────────────────────▶ end
//! level 1  head ─────▶ cherry ───▶ fig ─────────────▶ melon ─────▶ end
//! level 0  head ▶ apple ▶ cherry ▶ fig ▶ kiwi ▶ lime ▶ melon ▶ plum ▶ end
//! ```
//!
//! **Invariants:**
//!
//! - The list of each level is sorted: by key, and the versions of a key from
//!   the newest to the oldest.
//! - A node of one level is in all below it. It is linked from the lowest up,
//!   and never unlinked.
//! - A node is filled before it is linked. The store that links it is a release
//!   and the load that finds it an acquire: who finds a node sees all of it.

use std::cmp::Ordering::{Equal, Greater, Less};
use std::fmt;

use engine::sync::Mutex;
use engine::sync::atomic::{AtomicUsize, Ordering};

use crate::arena::{Address, Arena, Room};
use crate::link::Link;
use crate::node::{self, Node, Place};

/// How many levels there are: with half of the nodes of each in the next,
/// enough for 16 million.
pub(crate) const LEVELS: usize = 24;
/// How far a walk goes step by step before it searches.
const STEPS: usize = 8;
/// How many levels up it is looked whether a place is near the finger.
const NEAR: usize = 4;

/// Versions of keys, in their order.
pub struct SkipList {
    nodes: Arena,
    values: Arena,
    /// A node of all levels that lies before every place and has no version.
    head: Address,
    /// How many levels have a node. Who sees too few of them searches longer,
    /// and finds the same.
    height: AtomicUsize,
    written: Written,
}

/// What changes with each insert. It has cache lines of its own, since readers
/// would have to fetch again whatever shared them.
#[derive(Debug)]
#[repr(align(128))]
struct Written {
    /// How many words the nodes and the values take.
    words: AtomicUsize,
    writer: Mutex<Writer>,
}

/// What only the thread that inserts needs.
#[derive(Debug)]
struct Writer {
    nodes: Room,
    values: Room,
    random: u64,
    /// The last node before the place of the last insert, in each level, or the
    /// node that was inserted where it has that level.
    finger: [Address; LEVELS],
}

impl Writer {
    /// How many levels the next node gets: one, and with a chance of one in
    /// two each another one.
    fn height(&mut self) -> usize {
        // Marsaglia, "Xorshift RNGs", 2003.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        LEVELS.min(1 + self.random.trailing_zeros() as usize)
    }
}

impl SkipList {
    /// An empty list, which is expected to take so many bytes of memory. It may
    /// take more, see [`Room`].
    pub fn new(bytes_max: usize) -> Self {
        let (nodes, mut room) = (Arena::default(), Room::new(bytes_max));
        let words = LEVELS + Node::words(&[]);
        let head = nodes.take(&mut room, words).behind(LEVELS);
        Node::new(head, nodes.words(head)).fill(&[], u64::MAX, None);
        SkipList {
            nodes,
            values: Arena::default(),
            head,
            height: AtomicUsize::new(1),
            written: Written {
                words: AtomicUsize::new(0),
                writer: Mutex::new(Writer {
                    nodes: room,
                    values: Room::new(bytes_max),
                    random: 0x9e37_79b9_7f4a_7c15,
                    finger: [head; LEVELS],
                }),
            },
        }
    }

    /// How many bytes of memory its nodes and their values take.
    pub fn bytes(&self) -> usize {
        self.written.words.load(Ordering::Relaxed) * size_of::<u64>()
    }

    /// The node at this address, which is one of this list's.
    #[inline]
    pub fn node(&self, address: Address) -> Node<'_> {
        Node::new(address, self.nodes.words(address))
    }

    /// The node that lies before every place.
    pub(crate) fn head(&self) -> Node<'_> {
        self.node(self.head)
    }

    /// The first node.
    pub fn first(&self) -> Option<Node<'_>> {
        self.after(self.head())
    }

    /// The last node.
    pub fn last(&self) -> Option<Node<'_>> {
        let mut node = self.head();
        for level in (0..LEVELS).rev() {
            while let Some(next) = node.next(level) {
                node = self.node(next.to);
            }
        }
        self.unless_head(node)
    }

    /// The node after this one.
    pub fn after(&self, node: Node<'_>) -> Option<Node<'_>> {
        node.next(0).map(|next| self.node(next.to))
    }

    /// The first node after this place.
    pub fn first_behind(&self, place: &Place<'_>) -> Option<Node<'_>> {
        self.search(place).1
    }

    /// The last node before this place.
    pub fn last_before(&self, place: &Place<'_>) -> Option<Node<'_>> {
        self.unless_head(self.search(place).0)
    }

    /// The first node after this place, which itself is not before `node` and
    /// probably not far from it.
    pub fn first_behind_near<'l>(&'l self, node: Node<'l>, place: &Place<'_>) -> Option<Node<'l>> {
        let mut near = node;
        for _ in 0..STEPS {
            near = self.after(near)?;
            if !near.is_before(place) {
                return Some(near);
            }
        }
        self.first_behind(place)
    }

    /// Puts the value of a node in place of what is in `value`. Where it is a
    /// tombstone, the answer is false and nothing happens.
    pub fn copy_value(&self, node: Node<'_>, value: &mut Vec<u8>) -> bool {
        let Some(address) = node.value() else {
            return false;
        };
        let (chunk, at) = self.values.words(address);
        node::copy_value(&chunk[at..], value);
        true
    }

    fn unless_head<'l>(&self, node: Node<'l>) -> Option<Node<'l>> {
        (node.address() != self.head).then_some(node)
    }

    /// The last node before a place, and the first after it.
    fn search(&self, place: &Place<'_>) -> (Node<'_>, Option<Node<'_>>) {
        let levels = self.height.load(Ordering::Relaxed);
        let from = Reached::new(self.head(), place);
        let (last, next) = self.descend(from, levels, place, |_, _| {});
        (last, next.map(|next| self.node(next.to)))
    }

    /// Runs along the lists of so many levels, from the highest down, as far as
    /// the nodes are before the place, and tells `at_level` of the last of them
    /// in each. The answer is the last of all, and the link after it.
    ///
    /// # Exercise 3.1
    fn descend<'l>(
        &'l self,
        from: Reached<'l>,
        levels: usize,
        place: &Place<'_>,
        mut at_level: impl FnMut(usize, Node<'l>),
    ) -> (Node<'l>, Option<Link>) {
        todo!(
            "exercise 3.1: Runs along the lists of so many levels, from the highest down, as far as the nodes are before the place, and tells `at_level` of the last of them in each"
        )
    }

    /// The node that a link leads to, if it is before the place, too.
    #[inline]
    fn step<'l>(&'l self, from: Reached<'l>, link: Link, place: &Place<'_>) -> Option<Reached<'l>> {
        match link.compare(place.key(), from.shared) {
            Less => None,
            Greater => Some(Reached {
                node: self.node(link.to),
                ..from
            }),
            Equal => {
                let node = self.node(link.to);
                node.is_before(place).then(|| Reached::new(node, place))
            }
        }
    }

    /// Inserts a version of a key; without a value it is a tombstone.
    ///
    /// One thread at a time inserts, and the caller's lock sees to that: here
    /// nobody waits.
    ///
    /// # Panics
    ///
    /// Where a key is longer than 65,535 bytes, a sequence number is
    /// [`u64::MAX`], or the memory that is taken exceeds what a [`Room`] has.
    ///
    /// # Exercise 3.1
    pub fn insert(&self, key: &[u8], seq: u64, value: Option<&[u8]>) {
        todo!("exercise 3.1: Inserts a version of a key; without a value it is a tombstone")
    }

    /// A node of so many levels that nobody knows of yet.
    fn new_node(
        &self,
        writer: &mut Writer,
        height: usize,
        key: &[u8],
        seq: u64,
        value: Option<&[u8]>,
    ) -> Node<'_> {
        let mut words = height + Node::words(key);
        let piece = self.nodes.take(&mut writer.nodes, words);
        let node = self.node(piece.behind(height));
        let value = value.map(|value| {
            let value_words = node::value_words(value);
            words += value_words;
            let address = self.values.take(&mut writer.values, value_words);
            let (chunk, at) = self.values.words(address);
            node::fill_value(&chunk[at..], value);
            address
        });
        node.fill(key, seq, value);
        words += self.written.words.load(Ordering::Relaxed);
        self.written.words.store(words, Ordering::Relaxed);
        node
    }

    /// The link from a new node to the one that `next` leads to from the node
    /// before, with which the new key shares so many bytes.
    fn link_on(&self, next: Link, key: &[u8], shared: usize) -> Link {
        if next.compare(key, shared).is_lt() {
            // It departs from both keys at the same byte.
            return next;
        }
        let next = self.node(next.to);
        Link::new(next, next.shared(key))
    }

    /// Moves the finger to the last node before a place, in each level.
    ///
    /// Where the place lies shortly after the finger, only the levels change
    /// whose next node still lies before it. So a key that comes soon after
    /// the last one costs a few steps, however large the list is.
    fn move_finger(&self, finger: &mut [Address; LEVELS], place: &Place<'_>) {
        let falls_short = |&level: &usize| {
            let from = Reached::new(self.node(finger[level]), place);
            let next = from.node.next(level);
            next.is_some_and(|next| self.step(from, next, place).is_some())
        };
        let (mut from, mut levels) = (self.head, self.height.load(Ordering::Relaxed));
        if self.node(finger[0]).is_before(place) {
            let short = (0..NEAR).take_while(falls_short).count();
            if short < NEAR {
                (from, levels) = (finger[short.saturating_sub(1)], short);
            }
        }
        let from = Reached::new(self.node(from), place);
        self.descend(from, levels, place, |level, node| {
            finger[level] = node.address();
        });
    }
}

/// A node that a search has reached, and how many bytes its key shares with the
/// one that is looked for.
#[derive(Debug, Clone, Copy)]
struct Reached<'l> {
    node: Node<'l>,
    shared: usize,
}

impl<'l> Reached<'l> {
    fn new(node: Node<'l>, place: &Place<'_>) -> Self {
        let shared = node.shared(place.key());
        Reached { node, shared }
    }
}

impl fmt::Debug for SkipList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SkipList")
            .field("bytes", &self.bytes())
            .finish_non_exhaustive()
    }
}
