//! A skip list that one thread fills while others read it without a lock
//! (W. Pugh, "Skip Lists: A Probabilistic Alternative to Balanced Trees",
//! 1990).
//!
//! All nodes are in a list, that of level 0. A quarter of them is also in the
//! list of level 1, a quarter of those in that of level 2, and so on: who looks
//! for a place runs along the highest list as far as it can, steps down a
//! level, and runs on.
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

use std::fmt;

use engine::sync::Mutex;
use engine::sync::atomic::{AtomicUsize, Ordering};

use crate::arena::{Address, Arena, Room};
use crate::node::{Node, Place};

/// How many levels there are: with a quarter of the nodes of each in the next,
/// enough for 16 million.
pub(crate) const LEVELS: usize = 12;
/// How far a walk goes step by step before it searches.
const STEPS: usize = 8;

/// Versions of keys, in their order.
pub struct SkipList {
    arena: Arena,
    /// A node of all levels that lies before every place and has no version.
    head: Address,
    /// How many levels have a node. Who sees too few of them searches longer,
    /// and finds the same.
    height: AtomicUsize,
    /// How many words its nodes take.
    words: AtomicUsize,
    writer: Mutex<Writer>,
}

/// What only the thread that inserts needs.
#[derive(Debug)]
struct Writer {
    room: Room,
    random: u64,
    /// The last node before the place of the last insert, in each level, or the
    /// node that was inserted where it has that level.
    finger: [Address; LEVELS],
}

impl Writer {
    /// How many levels the next node gets: one, and with a chance of one in
    /// four each another one.
    fn height(&mut self) -> usize {
        // Marsaglia, "Xorshift RNGs", 2003.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let pairs = self.random.trailing_zeros() as usize / 2;
        LEVELS.min(1 + pairs)
    }
}

impl SkipList {
    /// An empty list, which is expected to take so many bytes of memory. It may
    /// take more, see [`Room`].
    pub fn new(bytes_max: usize) -> Self {
        let arena = Arena::default();
        let mut room = Room::new(bytes_max);
        let words = LEVELS + Node::words(&[], None);
        let head = arena.take(&mut room, words).behind(LEVELS);
        Node::new(head, arena.words(head)).fill(&[], u64::MAX, None);
        SkipList {
            arena,
            head,
            height: AtomicUsize::new(1),
            words: AtomicUsize::new(0),
            writer: Mutex::new(Writer {
                room,
                random: 0x9e37_79b9_7f4a_7c15,
                finger: [head; LEVELS],
            }),
        }
    }

    /// How many bytes of memory its nodes take.
    pub fn bytes(&self) -> usize {
        self.words.load(Ordering::Relaxed) * size_of::<u64>()
    }

    /// The node at this address, which is one of this list's.
    #[inline]
    pub fn node(&self, address: Address) -> Node<'_> {
        Node::new(address, self.arena.words(address))
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
        self.unless_head(self.search(|_| true).0)
    }

    /// The node behind this one.
    pub fn after(&self, node: Node<'_>) -> Option<Node<'_>> {
        node.next(0).map(|next| self.node(next))
    }

    /// The first node behind this place.
    pub fn first_behind(&self, place: &Place<'_>) -> Option<Node<'_>> {
        self.search(|node| node.is_before(place)).1
    }

    /// The last node before this place.
    pub fn last_before(&self, place: &Place<'_>) -> Option<Node<'_>> {
        self.unless_head(self.search(|node| node.is_before(place)).0)
    }

    /// The first node behind this place, which itself is not before `node` and
    /// probably not far from it.
    pub fn first_behind_near(&self, node: Node<'_>, place: &Place<'_>) -> Option<Node<'_>> {
        let mut near = node.next(0);
        for _ in 0..STEPS {
            let node = self.node(near?);
            if !node.is_before(place) {
                return Some(node);
            }
            near = node.next(0);
        }
        self.first_behind(place)
    }

    fn unless_head<'l>(&self, node: Node<'l>) -> Option<Node<'l>> {
        (node.address() != self.head).then_some(node)
    }

    /// The last node that `is_before`, and the first that is not.
    fn search(&self, is_before: impl Fn(&Node<'_>) -> bool) -> (Node<'_>, Option<Node<'_>>) {
        let height = self.height.load(Ordering::Relaxed);
        self.descend(self.head(), height, is_before, |_, _| {})
    }

    /// Runs along the lists of so many levels, from the highest down, as far as
    /// nodes are before the place that is looked for, and tells `at_level` of
    /// the last of them in each. The answer is the last of all, and the first
    /// that is not before the place.
    ///
    /// # Exercise 3.1
    fn descend<'l>(
        &'l self,
        from: Node<'l>,
        levels: usize,
        is_before: impl Fn(&Node<'_>) -> bool,
        mut at_level: impl FnMut(usize, Node<'l>),
    ) -> (Node<'l>, Option<Node<'l>>) {
        let (mut node, mut end) = (from, None::<Node<'l>>);
        for level in (0..levels).rev() {
            while let Some(next) = node.next(level) {
                // The node that ended the level above often ends this, too.
                if end.is_some_and(|end| end.address() == next) {
                    break;
                }
                let next = self.node(next);
                if !is_before(&next) {
                    end = Some(next);
                    break;
                }
                node = next;
            }
            at_level(level, node);
        }
        (node, end)
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
        assert!(key.len() <= usize::from(u16::MAX), "a key's length fits");
        assert!(seq < u64::MAX, "the largest number is the head's");
        let mut writer = self.writer.lock();
        let height = writer.height();
        let words = height + Node::words(key, value);
        let piece = self.arena.take(&mut writer.room, words);
        let node = self.node(piece.behind(height));
        node.fill(key, seq, value);

        self.move_finger(&mut writer.finger, &Place::newest(key, seq));
        for (level, finger) in writer.finger[..height].iter_mut().enumerate() {
            let before = self.node(*finger);
            node.set_next(level, before.next(level));
            before.set_next(level, Some(node.address()));
            *finger = node.address();
        }
        self.height.fetch_max(height, Ordering::Relaxed);
        self.words.fetch_add(words, Ordering::Relaxed);
    }

    /// Moves the finger to the last node before a place, in each level.
    ///
    /// Where the place lies behind the finger, only the levels change whose
    /// next node still lies before it. So a key that comes soon behind the last
    /// one costs a few steps, however large the list is.
    ///
    /// # Exercise 3.1
    fn move_finger(&self, finger: &mut [Address; LEVELS], place: &Place<'_>) {
        let (mut from, mut levels) = (self.head, self.height.load(Ordering::Relaxed));
        if self.node(finger[0]).is_before(place) {
            let falls_short = |&(level, node): &(usize, &Address)| {
                let next = self.node(*node).next(level);
                next.is_some_and(|next| self.node(next).is_before(place))
            };
            levels = finger.iter().enumerate().take_while(falls_short).count();
            from = finger[levels.saturating_sub(1)];
        }
        let is_before = |node: &Node<'_>| node.is_before(place);
        self.descend(self.node(from), levels, is_before, |level, node| {
            finger[level] = node.address();
        });
    }
}

impl fmt::Debug for SkipList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SkipList")
            .field("bytes", &self.bytes())
            .finish_non_exhaustive()
    }
}
