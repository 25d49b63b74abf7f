//! Where the newest record of each key stands: the index in memory.
//!
//! The keydir holds no keys. A slot is twelve bytes: 32 bits of the key's hash
//! and the place of its record, where the whole key stands in front of the
//! value, to be compared when it is read. Two keys whose hashes agree have a
//! slot each, and whoever looks one of them up may have to read both records.

use hashbrown::HashTable;
use hashbrown::hash_table::IterHash;

use crate::place::Place;

/// What is kept of a key's hash, which is the same in every process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyHash {
    /// In which of 256 parts of an index the key is.
    pub shard: u8,
    /// What a slot there remembers.
    pub short: u32,
}

impl KeyHash {
    /// The hash of this key.
    pub fn of(key: &[u8]) -> Self {
        use std::hash::BuildHasher;
        let hash = foldhash::fast::FixedState::default().hash_one(key);
        let [s0, s1, s2, s3, .., shard] = hash.to_le_bytes();
        let short = u32::from_le_bytes([s0, s1, s2, s3]);
        KeyHash { shard, short }
    }
}

/// One key's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Slot {
    hash: u32,
    place: Place,
}

impl Slot {
    /// The hash as the table wants it: it takes its position from the low bits
    /// and tells neighbours apart by the high ones.
    fn spread(hash: u32) -> u64 {
        u64::from(hash) | u64::from(hash) << 32
    }
}

/// The places of keys.
#[derive(Debug)]
pub struct Keydir {
    slots: HashTable<Slot>,
}

impl Keydir {
    /// A keydir with room for this many keys.
    pub fn with_capacity(keys: usize) -> Self {
        Keydir {
            slots: HashTable::with_capacity(keys),
        }
    }

    /// The places of the records whose keys have this hash: of the key itself,
    /// if it is there, and rarely of others.
    ///
    /// # Exercise 2.3
    pub fn places(&self, hash: KeyHash) -> Candidates<'_> {
        Candidates {
            slots: self.slots.iter_hash(Slot::spread(hash.short)),
            hash: hash.short,
        }
    }

    /// Adds the place of a key that has none.
    ///
    /// # Exercise 2.3
    pub fn insert(&mut self, hash: KeyHash, place: Place) {
        let hash = hash.short;
        self.slots
            .insert_unique(Slot::spread(hash), Slot { hash, place }, |slot| {
                Slot::spread(slot.hash)
            });
    }

    /// Puts the place `new` where `old` is, and answers whether it was there.
    ///
    /// # Exercise 2.3
    pub fn replace(&mut self, hash: KeyHash, old: Place, new: Place) -> bool {
        let found = self
            .slots
            .find_mut(Slot::spread(hash.short), |slot| slot.place == old);
        found.map(|slot| slot.place = new).is_some()
    }

    /// Removes a place, and answers whether it was there.
    ///
    /// # Exercise 2.3
    pub fn remove(&mut self, hash: KeyHash, place: Place) -> bool {
        let found = self
            .slots
            .find_entry(Slot::spread(hash.short), |slot| slot.place == place);
        match found {
            Ok(slot) => {
                slot.remove();
                true
            }
            Err(_absent) => false,
        }
    }

    /// How many keys have a place.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether no key has a place.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The places of the records whose keys have one hash: one of them is the key's
/// that was asked for, if any is.
#[derive(Debug)]
pub struct Candidates<'k> {
    slots: IterHash<'k, Slot>,
    hash: u32,
}

impl Iterator for Candidates<'_> {
    type Item = Place;

    /// The place in the next slot with this whole hash. The table compares only a
    /// part of each hash, and offers other slots, too.
    ///
    /// # Exercise 2.3
    fn next(&mut self) -> Option<Place> {
        let found = self.slots.find(|slot| slot.hash == self.hash)?;
        Some(found.place)
    }
}
