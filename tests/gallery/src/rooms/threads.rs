//! Engines that are wrong about what other threads see.
//!
//! Each gives way to other threads in the middle of its crime. That changes
//! nothing but how soon it shows: a busy machine does the same.

use std::collections::HashMap;
use std::thread;

use conformance::{Clause, Level};
use engine::sync::Mutex;
use engine::sync::atomic::{AtomicU64, Ordering};
use engine::{Counter, Result, StorageEngine, Write};

use crate::calls::{Calls, Inner};
use crate::exhibit::{Charge, Exhibit};
use crate::log_engine::steps::Steps;
use crate::log_engine::table::{self, Table};

/// The exhibits of this room.
pub static EXHIBITS: &[Exhibit] = &[
    Exhibit::of_calls::<CopiedThenSwapped>(Charge(
        "copied-then-swapped",
        Clause::OneOrder,
        Level::Concurrent,
        "copies the map, changes the copy and swaps it in, with no lock around all three",
        "copy-on-write frees the readers of the lock, and each step has one",
    )),
    Exhibit::of_calls::<StaleCache>(Charge(
        "stale-cache",
        Clause::OneOrder,
        Level::Concurrent,
        "drops a key from its read cache before the write, so a reader puts the old value back",
        "after the write would leave the old value readable for a moment",
    )),
    Exhibit::of_calls::<LooksTwice>(Charge(
        "looks-twice",
        Clause::OneOrder,
        Level::Concurrent,
        "looks whether a key is there, and then, under another lock, for its value",
        "`contains` and `get` are there to be called",
    )),
    Exhibit::of_calls::<TwoOrders>(Charge(
        "two-orders",
        Clause::OneOrder,
        Level::Concurrent,
        "logs under one lock and changes the map under another, in another order",
        "readers need not wait for the log",
    )),
];

/// Reads, changes and writes back the map without keeping others out. Of two
/// writers one loses all it wrote.
#[derive(Default)]
struct CopiedThenSwapped;

impl Calls for CopiedThenSwapped {
    fn write(&self, inner: &Inner, batch: &[Write<'_>]) -> Result<()> {
        let mut copy = inner.table.entries.read().clone();
        inner.write(batch)?; // The log, which has a lock of its own.
        table::apply(&mut copy, batch);
        thread::yield_now();
        *inner.table.entries.write() = copy;
        Ok(())
    }
}

/// Invalidates, then writes. A reader in between misses the cache, reads the
/// old value and caches it, where it stays.
///
/// Seen in nearcore (near/nearcore#14987), epocxy (duomark/epocxy#43).
#[derive(Default)]
struct StaleCache {
    values: Mutex<HashMap<Vec<u8>, Option<Vec<u8>>>>,
}

impl Calls for StaleCache {
    fn get_into(&self, inner: &Inner, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        if let Some(cached) = self.values.lock().get(key) {
            inner.counters.add(Counter::Gets, 1);
            value.clear();
            value.extend_from_slice(cached.as_deref().unwrap_or_default());
            return Ok(cached.is_some());
        }
        let is_found = inner.get_into(key, value)?;
        let cached = is_found.then(|| value.clone());
        self.values.lock().insert(key.to_vec(), cached);
        Ok(is_found)
    }

    fn write(&self, inner: &Inner, batch: &[Write<'_>]) -> Result<()> {
        for write in batch {
            self.values.lock().remove(write.key());
        }
        thread::yield_now();
        inner.write(batch)
    }
}

/// Looks twice. When the key is deleted in between, the answer is a value that
/// nobody ever wrote: present and empty.
#[derive(Default)]
struct LooksTwice;

impl Calls for LooksTwice {
    fn get_into(&self, inner: &Inner, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        let is_found = inner.table.entries.read().contains_key(key);
        thread::yield_now();
        inner.get_into(key, value)?;
        Ok(is_found)
    }
}

/// Lets another writer pass between the log and the map. Both put the same
/// key; until the next opening everyone reads the one, and then the other.
#[derive(Default)]
struct TwoOrders {
    writes: AtomicU64,
}

impl Calls for TwoOrders {
    fn write(&self, inner: &Inner, batch: &[Write<'_>]) -> Result<()> {
        inner.limits().check(batch)?;
        let mut log = inner.log.lock();
        log.check_poison()?;
        OnlyLogged.commit(&mut log, &inner.table, batch, inner.durability)?;
        drop(log);
        inner.counters.add(Counter::Batches, 1);
        if self
            .writes
            .fetch_add(1, Ordering::Relaxed)
            .is_multiple_of(8)
        {
            for _ in 0..20 {
                thread::yield_now(); // Time enough to be overtaken.
            }
        }
        table::apply(&mut inner.table.entries.write(), batch);
        Ok(())
    }
}

struct OnlyLogged;

impl Steps for OnlyLogged {
    fn apply(&self, _table: &Table, _batch: &[Write<'_>]) {}
}
