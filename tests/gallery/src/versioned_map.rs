//! The smallest engine that holds on to moments and keeps clause 3 as level
//! snapshot asks: the log engine, and above it a map of every version of a key
//! that somebody may still read.
//!
//! It is what the engines of the gallery are made of that are wrong about
//! moments, by getting one of its steps wrong (`versioned_map/steps.rs`).
//!
//! - Batches are numbered in their order, and each change is a version of its
//!   key that bears its batch's number. No version is ever overwritten.
//! - A *moment* is a number: what was there at it is, of each key, the newest
//!   version that is not newer. A scan and a snapshot take the number of the
//!   last batch that was *published*, which is one step for a whole batch.
//! - Whoever reads at a moment *pins* it. A step of maintenance takes away
//!   versions that are read neither at a pinned moment nor now.
//!
//! **Deliberately absent:** versions on disk, and a bound on what one step of
//! maintenance looks through. The chapters' engines have those.

mod moments;
pub(crate) mod steps;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use conformance::{Powers, Subject, subject};
use engine::disk::Disk;
use engine::sync::{Mutex, RwLock};
use engine::{
    Counter, Cursor, Durability, KeyRange, Limits, Maintenance, Order, Progress, Result, Snapshot,
    Snapshots, Stats, StorageEngine, Write,
};

use crate::calls::Inner;
use crate::log_engine::steps::Right as RightLog;
use moments::{Held, Pin, VersionedCursor};
use steps::{Right, Steps};

/// The versioned map, as the suite takes it.
pub fn subject() -> Subject {
    subject_of("the versioned map", &Right)
}

/// The versioned map called `name`, taking its steps like that.
pub(crate) fn subject_of(name: &str, steps: &'static dyn Steps) -> Subject {
    let open = move |disk, durability| VersionedMap::open(disk, durability, steps);
    subject!(name, open, VersionedMap::powers)
}

/// The versioned map, taking its steps like that.
pub(crate) struct VersionedMap {
    steps: &'static dyn Steps,
    /// The log, and the lock that gives it the order of the versions. It comes
    /// before all others.
    log: Mutex<Inner>,
    store: Store,
}

/// What the steps are taken with. Its locks are taken in this order.
pub(crate) struct Store {
    pub(crate) map: RwLock<Map>,
    /// The number of the last batch that a scan or a snapshot may see.
    pub(crate) published: Mutex<u64>,
    /// The moments that are read at, and how many read there.
    pub(crate) pins: Mutex<BTreeMap<u64, usize>>,
    /// The number of the last batch that was synced.
    pub(crate) synced: Mutex<u64>,
    pub(crate) counters: Arc<engine::Counters>,
}

/// The versions of each key, the newest last.
#[derive(Debug, Default)]
pub(crate) struct Map {
    pub(crate) versions: BTreeMap<Vec<u8>, Vec<Version>>,
    /// The number of the last batch.
    pub(crate) last: u64,
    /// The keys of which some version may be taken away, now or later.
    pub(crate) due: BTreeSet<Vec<u8>>,
}

/// What a batch left under a key: `None` where it deleted it.
#[derive(Debug)]
pub(crate) struct Version {
    pub(crate) number: u64,
    pub(crate) value: Option<Vec<u8>>,
}

impl Map {
    /// Adds a version. Within a batch the last write to a key wins.
    pub(crate) fn add(&mut self, number: u64, write: &Write<'_>) {
        let versions = self.versions.entry(write.key().to_vec()).or_default();
        versions.pop_if(|last| last.number == number);
        let value = write.value().map(<[u8]>::to_vec);
        versions.push(Version { number, value });
        if versions.len() > 1 || write.value().is_none() {
            self.due.insert(write.key().to_vec());
        }
    }

    /// The value under `key` now.
    pub(crate) fn newest(&self, key: &[u8]) -> Option<&[u8]> {
        self.versions.get(key)?.last()?.value.as_deref()
    }
}

impl VersionedMap {
    /// Opens the log in `disk`, or begins one where there is none.
    pub(crate) fn open(
        disk: Arc<dyn Disk>,
        durability: Durability,
        steps: &'static dyn Steps,
    ) -> Result<Self> {
        let log = Inner::open(disk, durability, &RightLog)?;
        let mut map = Map::default();
        for (key, value) in log.table.entries.read().iter() {
            map.add(0, &Write::put(key, value));
        }
        let store = Store {
            map: RwLock::new(map),
            published: Mutex::new(0),
            pins: Mutex::default(),
            synced: Mutex::new(0),
            counters: Arc::clone(&log.counters),
        };
        Ok(VersionedMap {
            steps,
            log: Mutex::new(log),
            store,
        })
    }

    /// What it can do beyond the contract.
    fn powers(&self) -> Powers<'_> {
        Powers {
            maintenance: Some(self),
            snapshots: Some(self),
            ..Powers::default()
        }
    }
}

impl StorageEngine for VersionedMap {
    fn get_into(&self, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        self.store.counters.add(Counter::Gets, 1);
        let map = self.store.map.read();
        Ok(fill(value, map.newest(key)))
    }

    fn write(&self, batch: &[Write<'_>]) -> Result<()> {
        let log = self.log.lock();
        self.steps.check_write(&self.store)?;
        log.write(batch)?;
        if !batch.is_empty() {
            self.steps.commit(&self.store, batch);
        }
        Ok(())
    }

    fn scan<'s>(&'s self, range: KeyRange<'_>, order: Order) -> Result<Box<dyn Cursor + 's>> {
        let pin = Pin::new(self.steps, &self.store, self.steps.begin_scan(&self.store));
        Ok(Box::new(VersionedCursor::of(pin, range, order)))
    }

    fn sync(&self) -> Result<()> {
        let log = self.log.lock();
        log.sync()?;
        *self.store.synced.lock() = self.store.map.read().last;
        Ok(())
    }

    fn close(self: Box<Self>) -> Result<()> {
        Box::new(self.log.into_inner()).close()
    }

    fn limits(&self) -> Limits {
        crate::log_engine::LIMITS
    }

    fn stats(&self) -> Stats {
        self.store.counters.stats()
    }
}

impl Snapshots for VersionedMap {
    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>> {
        let moment = self.steps.begin_snapshot(&self.store);
        Ok(Box::new(Held::new(Pin::new(
            self.steps,
            &self.store,
            moment,
        ))))
    }
}

impl Maintenance for VersionedMap {
    fn step(&self) -> Result<Progress> {
        Ok(self.steps.collect(&self.store))
    }
}

impl fmt::Debug for VersionedMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VersionedMap").finish_non_exhaustive()
    }
}

/// Puts what was found into the caller's buffer, and answers whether anything
/// was.
fn fill(buffer: &mut Vec<u8>, found: Option<&[u8]>) -> bool {
    buffer.clear();
    buffer.extend_from_slice(found.unwrap_or_default());
    found.is_some()
}
