//! The memtable, and the log that holds the same.

use std::collections::BTreeMap;

use engine::sync::RwLock;
use engine::sync::atomic::{AtomicUsize, Ordering};
use engine::{KeyRange, Order, Write};

/// What a write left under a key: none, where it deleted it.
pub(crate) type Value = Option<Vec<u8>>;

/// The versions of a key, the newest last, each with the number of its write.
pub(crate) type Versions = Vec<(u64, Value)>;

/// The newest writes, in memory.
#[derive(Debug)]
pub(crate) struct Memtable {
    /// The number of its log. A later memtable has a higher one.
    pub(crate) number: u64,
    pub(crate) versions: RwLock<BTreeMap<Vec<u8>, Versions>>,
    bytes: AtomicUsize,
}

impl Memtable {
    pub(crate) fn new(number: u64) -> Self {
        Memtable {
            number,
            versions: RwLock::default(),
            bytes: AtomicUsize::new(0),
        }
    }

    /// How many bytes of keys and values were written to it.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Adds a batch. Within it the last write to a key wins.
    pub(crate) fn add(&self, number: u64, batch: &[Write<'_>]) {
        let mut map = self.versions.write();
        for write in batch {
            let versions = map.entry(write.key().to_vec()).or_default();
            versions.pop_if(|(last, _)| *last == number);
            versions.push((number, write.value().map(<[u8]>::to_vec)));
            let bytes = write.key().len() + write.value().map_or(0, <[u8]>::len);
            self.bytes.fetch_add(bytes, Ordering::Relaxed);
        }
    }

    /// What the writes up to that of this number left under `key`, if any of
    /// them wrote to it.
    pub(crate) fn get(&self, key: &[u8], number: u64) -> Option<Value> {
        version(self.versions.read().get(key)?, number).cloned()
    }

    /// The first key of `range`, in that order, that the writes up to that of
    /// this number wrote to, and what they left there.
    pub(crate) fn next(
        &self,
        range: &KeyRange<'_>,
        order: Order,
        number: u64,
    ) -> Option<(Vec<u8>, Value)> {
        if range.is_empty() {
            return None; // Asked for such a range, a BTreeMap panics.
        }
        let map = self.versions.read();
        let mut keys = map.range::<[u8], _>((range.start(), range.end()));
        let found = |(key, versions): (&Vec<u8>, &Versions)| {
            Some((key.clone(), version(versions, number)?.clone()))
        };
        match order {
            Order::Ascending => keys.find_map(found),
            Order::Descending => keys.rev().find_map(found),
        }
    }
}

fn version(versions: &Versions, number: u64) -> Option<&Value> {
    let version = versions.iter().rfind(|(found, _)| *found <= number);
    version.map(|(_, value)| value)
}
