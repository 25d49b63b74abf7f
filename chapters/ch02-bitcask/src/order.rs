//! All keys in their order, beside the keydir that has none.
//!
//! The keys stand in *leaves*, back to back, some hundreds in each; a map from
//! the smallest key that a leaf may hold leads to it. A key costs its bytes
//! and four more, and what room is left in its leaf.
//!
//! ```text
//! ""  ┌──────────────┐   m  ┌─────────────┐   t  ┌──────┐
//!     │apple·fig·kiwi│      │melon·plum·…│      │ugli·…│
//!     └──────────────┘      └─────────────┘      └──────┘
//! ```

use std::collections::BTreeMap;
use std::ops::Bound;

use engine::{KeyRange, Order};

/// A leaf is split when it holds more keys than this …
const LEAF_KEYS: usize = 256;
/// … or more bytes, and at least two keys.
const LEAF_BYTES: usize = 8 << 10;

/// Some keys, in order, back to back.
#[derive(Debug, Default, Clone)]
pub(crate) struct Leaf {
    bytes: Vec<u8>,
    /// Where each key ends in `bytes`.
    ends: Vec<u32>,
}

impl Leaf {
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Where the key at `index` begins, or where the last one ends.
    fn start(&self, index: usize) -> usize {
        match index {
            0 => 0,
            _ => self.ends[index - 1] as usize,
        }
    }

    pub(crate) fn key(&self, index: usize) -> &[u8] {
        &self.bytes[self.start(index)..self.ends[index] as usize]
    }

    /// The last key.
    fn last(&self) -> Option<&[u8]> {
        self.len().checked_sub(1).map(|index| self.key(index))
    }

    /// The index of `key`, or where it would stand.
    ///
    /// # Exercise 2.4
    pub(crate) fn find(&self, key: &[u8]) -> Result<usize, usize> {
        todo!("exercise 2.4: The index of `key`, or where it would stand")
    }

    /// Puts a key at `index`, in front of what stands there.
    ///
    /// # Exercise 2.4
    pub(crate) fn insert(&mut self, index: usize, key: &[u8]) {
        todo!("exercise 2.4: Puts a key at `index`, in front of what stands there")
    }

    /// Puts a key after the last.
    fn push(&mut self, key: &[u8]) {
        self.bytes.extend_from_slice(key);
        self.ends.push(narrow(self.bytes.len()));
    }

    /// Takes out all keys.
    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    /// Takes out the key at `index`.
    ///
    /// # Exercise 2.4
    pub(crate) fn remove(&mut self, index: usize) {
        todo!("exercise 2.4: Takes out the key at `index`")
    }

    /// Cuts off the keys from `index` on: they are the answer.
    ///
    /// # Exercise 2.4
    pub(crate) fn split_off(&mut self, index: usize) -> Leaf {
        todo!("exercise 2.4: Cuts off the keys from `index` on: they are the answer")
    }

    /// The indices of the keys that lie in `range`.
    ///
    /// # Exercise 2.4
    pub(crate) fn within(&self, range: &KeyRange<'_>) -> std::ops::Range<usize> {
        todo!("exercise 2.4: The indices of the keys that lie in `range`")
    }

    fn is_overfull(&self) -> bool {
        self.len() > LEAF_KEYS || self.bytes.len() > LEAF_BYTES && self.len() > 1
    }
}

/// All keys, in their order.
#[derive(Debug)]
pub struct Keys {
    /// Each leaf under the smallest key that it may hold. The first one is
    /// under the empty key, and always there.
    leaves: BTreeMap<Box<[u8]>, Leaf>,
}

impl Default for Keys {
    fn default() -> Self {
        Keys {
            leaves: BTreeMap::from([(Box::default(), Leaf::default())]),
        }
    }
}

impl Keys {
    /// The keys that `keys` yields, in ascending order and each once.
    pub fn from_sorted<'k>(keys: impl Iterator<Item = &'k [u8]>) -> Self {
        let mut all = Keys::default();
        // Filled again and again: each copy has just the room that it needs.
        let mut leaf = Leaf::default();
        for key in keys {
            if leaf.len() == LEAF_KEYS || leaf.bytes.len() + key.len() > LEAF_BYTES {
                all.push_leaf(leaf.clone());
                leaf.clear();
            }
            leaf.push(key);
        }
        all.push_leaf(leaf);
        all
    }

    /// Adds a leaf after the others.
    fn push_leaf(&mut self, leaf: Leaf) {
        if leaf.len() == 0 {
            return;
        }
        let is_first = self.leaves.len() == 1 && self.leaf_mut(&[]).len() == 0;
        let first = if is_first { &[][..] } else { leaf.key(0) };
        self.leaves.insert(first.into(), leaf);
    }

    /// Adds a key; if it is there already, nothing changes.
    pub fn insert(&mut self, key: &[u8]) {
        let leaf = self.leaf_mut(key);
        // Asked first, since ascending keys need no search then.
        let at_end = leaf.last().is_none_or(|last| last < key);
        let found = if at_end {
            Err(leaf.len())
        } else {
            leaf.find(key)
        };
        let Err(index) = found else { return };
        leaf.insert(index, key);
        if leaf.is_overfull() {
            // A key at the very end is probably not the last that comes there:
            // then the leaf stays full, and the next one begins with it.
            let middle = if at_end { index } else { leaf.len() / 2 };
            let behind = leaf.split_off(middle);
            self.leaves.insert(behind.key(0).into(), behind);
        }
    }

    /// Removes a key, if it is there.
    pub fn remove(&mut self, key: &[u8]) {
        let leaf = self.leaf_mut(key);
        let Ok(index) = leaf.find(key) else { return };
        leaf.remove(index);
        if leaf.len() == 0 {
            self.remove_leaf_of(key);
        }
    }

    /// Calls `take` with the keys in `range`, in `order`, until it answers
    /// false.
    pub fn visit(&self, range: &KeyRange<'_>, order: Order, mut take: impl FnMut(&[u8]) -> bool) {
        if range.is_empty() {
            return;
        }
        let first = match range.start() {
            Bound::Included(key) | Bound::Excluded(key) => self.first_of_leaf(key),
            Bound::Unbounded => &[],
        };
        let leaves = self
            .leaves
            .range::<[u8], _>((Bound::Included(first), range.end()))
            .map(|(_, leaf)| (leaf, leaf.within(range)));
        match order {
            Order::Ascending => leaves
                .flat_map(|(leaf, within)| within.map(|index| leaf.key(index)))
                .all(&mut take),
            Order::Descending => leaves
                .rev()
                .flat_map(|(leaf, within)| within.rev().map(|index| leaf.key(index)))
                .all(take),
        };
    }

    /// How many leaves there are.
    #[cfg(test)]
    pub(crate) fn leaves(&self) -> usize {
        self.leaves.len()
    }

    /// The smallest key that the leaf of `key` may hold.
    fn first_of_leaf(&self, key: &[u8]) -> &[u8] {
        let to_key = (Bound::Unbounded, Bound::Included(key));
        let found = self.leaves.range::<[u8], _>(to_key).next_back();
        found.map_or(&[], |(first, _)| first)
    }

    fn leaf_mut(&mut self, key: &[u8]) -> &mut Leaf {
        const ALWAYS: &str = "the first leaf is under the empty key";
        let (last, _) = self.leaves.last_key_value().expect(ALWAYS);
        if **last <= *key {
            return self.leaves.last_entry().expect(ALWAYS).into_mut();
        }
        let to_key = (Bound::Unbounded, Bound::Included(key));
        let leaf = self.leaves.range_mut::<[u8], _>(to_key).next_back();
        leaf.expect(ALWAYS).1
    }

    fn remove_leaf_of(&mut self, key: &[u8]) {
        let first: Box<[u8]> = self.first_of_leaf(key).into();
        if !first.is_empty() {
            self.leaves.remove(&first);
        }
    }
}

/// A length within a leaf, as the leaf holds it.
fn narrow(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("a leaf is split long before")
}
