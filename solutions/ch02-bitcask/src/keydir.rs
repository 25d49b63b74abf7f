//! Where the newest record of each key stands: the index in memory.
//!
//! The keydir holds no keys. A slot is twelve bytes: 32 bits of the key's hash
//! and the place of its record, where the whole key stands in front of the
//! value, to be compared when it is read. Two keys whose hashes agree have a
//! slot each, and whoever looks one of them up may have to read both records.

use hashbrown::HashTable;

use crate::place::Place;

/// How many tables share the slots. Each grows by itself, so that no write
/// waits until millions of slots have moved.
const TABLES: usize = 256;

/// The hash of a key. It is the same in every process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyHash(u64);

impl KeyHash {
    /// The hash of this key.
    pub fn of(key: &[u8]) -> Self {
        use std::hash::BuildHasher;
        KeyHash(foldhash::fast::FixedState::default().hash_one(key))
    }

    /// Which table its slot is in.
    fn table(self) -> usize {
        (self.0 >> 56) as usize
    }

    /// What the slot remembers.
    fn short(self) -> u32 {
        self.0 as u32
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

/// The places of all keys.
#[derive(Debug)]
pub struct Keydir {
    tables: Vec<HashTable<Slot>>,
}

impl Keydir {
    /// A keydir with room for this many keys.
    pub fn with_capacity(keys: usize) -> Self {
        let table = || HashTable::with_capacity(keys.div_ceil(TABLES));
        Keydir {
            tables: (0..TABLES).map(|_| table()).collect(),
        }
    }

    /// The places of the records whose keys have this hash: of the key itself,
    /// if it is there, and rarely of others.
    ///
    /// # Exercise 2.2
    pub fn places(&self, hash: KeyHash) -> impl Iterator<Item = Place> {
        self.tables[hash.table()]
            .iter_hash(Slot::spread(hash.short()))
            .filter(move |slot| slot.hash == hash.short())
            .map(|slot| slot.place)
    }

    /// Adds the place of a key that has none.
    ///
    /// # Exercise 2.2
    pub fn insert(&mut self, hash: KeyHash, place: Place) {
        let slot = Slot {
            hash: hash.short(),
            place,
        };
        self.tables[hash.table()].insert_unique(Slot::spread(slot.hash), slot, |slot| {
            Slot::spread(slot.hash)
        });
    }

    /// Puts the place `new` where `old` is, and answers whether it was there.
    ///
    /// # Exercise 2.2
    pub fn replace(&mut self, hash: KeyHash, old: Place, new: Place) -> bool {
        let table = &mut self.tables[hash.table()];
        let found = table.find_mut(Slot::spread(hash.short()), |slot| slot.place == old);
        found.map(|slot| slot.place = new).is_some()
    }

    /// Removes a place, and answers whether it was there.
    ///
    /// # Exercise 2.2
    pub fn remove(&mut self, hash: KeyHash, place: Place) -> bool {
        let table = &mut self.tables[hash.table()];
        match table.find_entry(Slot::spread(hash.short()), |slot| slot.place == place) {
            Ok(found) => {
                found.remove();
                true
            }
            Err(_absent) => false,
        }
    }

    /// How many keys have a place.
    pub fn len(&self) -> usize {
        self.tables.iter().map(HashTable::len).sum()
    }
}
