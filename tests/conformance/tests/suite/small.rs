//! A small engine in memory that keeps clauses 1 to 4, and the same engine with
//! one mistake. Where a write copies the map, a scan or a snapshot can keep the
//! one that it found: that costs too much, and is at one moment.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use conformance::Powers;
use engine::sync::{Mutex, RwLock, RwLockReadGuard};
use engine::{
    Counter, Counters, Cursor, Entry, KeyRange, Limits, Order, Result, Snapshot, Snapshots, Stats,
    StorageEngine, Write,
};

type Map = BTreeMap<Vec<u8>, Vec<u8>>;

const LIMITS: Limits = Limits {
    key_bytes_max: 100,
    value_bytes_max: 8000,
    batch_bytes_max: 10_000,
};
const CHUNK: usize = 128;

/// One mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mistake {
    None,
    /// Keys end at their first zero byte, as in C.
    KeysEndAtZero,
    /// `get_into` adds to what the buffer held.
    BufferNotCleared,
    /// The limit itself is taken for too large.
    LimitExcluded,
    /// A batch is checked while it is written.
    ChecksTooLate,
    /// In a batch, deletes go first.
    DeletesFirst,
    /// A batch is written under one lock for each change.
    LocksPerChange,
    /// Keys are compared as signed bytes.
    SignedOrder,
    /// An inverted range panics.
    InvertedRangePanics,
    /// Bounds are always included.
    EndIncluded,
    /// A seek cannot go back.
    SeekOnlyForward,
    /// A seek before the range leaves it.
    SeekLeavesRange,
    /// A refill begins with the last entry again.
    ChunkRepeatsEntry,
    /// A refill leaves one entry out.
    ChunkSkipsEntry,
    /// A cursor copies all entries.
    CopiesAll,
    /// A writer waits until no scan is open.
    WriterWaits,
    /// A write copies the map while a scan is open.
    CopyOnWrite,
    /// The same, and a batch is written under one lock for each change.
    CopyPerChange,
    /// Every chunk is looked for from the first entry on.
    WalksFromStart,
    /// `stats` counts every batch twice.
    CountsTwice,
    /// Every byte is written 40 times, and every get touches three pages.
    CostsMuch,
    /// A write reads and writes the map under two locks.
    LostUpdate,
    /// The last value that was read is remembered, and not forgotten in time.
    StaleCache,
    /// A write takes a lock of the standard library first.
    OwnLock,
    /// The lookup of an absent key panics.
    PanicsOnAbsent,
    /// The scan is an exercise that is still to be done.
    TodoScan,
}

/// The engine.
pub(crate) struct Small {
    map: Arc<RwLock<Arc<Map>>>,
    counters: Arc<Counters>,
    mistake: Mistake,
    open_scans: Arc<Mutex<usize>>,
    cached: Mutex<Option<Entry>>,
    own: std::sync::Mutex<()>,
}

impl Small {
    pub(crate) fn new(mistake: Mistake) -> Self {
        Small {
            map: Arc::default(),
            counters: Arc::default(),
            mistake,
            open_scans: Arc::default(),
            cached: Mutex::default(),
            own: std::sync::Mutex::default(),
        }
    }

    fn is(&self, mistake: Mistake) -> bool {
        self.mistake == mistake
    }

    /// What it can do beyond the contract. Of one that copies its map, the
    /// snapshots are right.
    pub(crate) fn powers(&self) -> Powers<'_> {
        Powers {
            snapshots: Some(self),
            ..Powers::default()
        }
    }

    fn copies(&self) -> bool {
        matches!(self.mistake, Mistake::CopyOnWrite | Mistake::CopyPerChange)
    }

    /// The map as it is, if a write would copy it.
    fn kept(&self) -> Option<Arc<Map>> {
        self.copies().then(|| Arc::clone(&self.map.read()))
    }

    fn cursor(&self, kept: Option<Arc<Map>>, range: KeyRange<'_>, order: Order) -> SmallCursor<'_> {
        *self.open_scans.lock() += 1;
        let mut cursor = SmallCursor {
            engine: self,
            snapshot: kept,
            range: range.into_owned(),
            order,
            chunk: Vec::new(),
            at: 0,
        };
        cursor.fill(None);
        cursor
    }

    fn stored(&self, key: &[u8]) -> Vec<u8> {
        let end = key.iter().position(|byte| *byte == 0);
        let key = match end {
            Some(end) if self.is(Mistake::KeysEndAtZero) => &key[..end],
            _ => key,
        };
        self.flipped(key)
    }

    /// A key whose unsigned order is the signed order of `key`.
    fn flipped(&self, key: &[u8]) -> Vec<u8> {
        let flip = if self.is(Mistake::SignedOrder) {
            0x80
        } else {
            0
        };
        key.iter().map(|byte| byte ^ flip).collect()
    }

    fn apply(&self, map: &mut Map, write: &Write<'_>) {
        let key = self.stored(write.key());
        match write.value() {
            Some(value) => map.insert(key, value.to_vec()),
            None => map.remove(&key),
        };
    }

    fn change(&self, f: impl FnOnce(&mut Map)) {
        let mut map = self.map.write();
        if self.copies() {
            f(Arc::make_mut(&mut map));
        } else {
            f(Arc::get_mut(&mut map).expect("only a wrong engine shares its map"));
        }
    }
}

impl StorageEngine for Small {
    fn get_into(&self, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        self.counters.add(Counter::Gets, 1);
        if self.is(Mistake::CostsMuch) {
            self.counters.add(Counter::PagesTouched, 3);
        }
        if !self.is(Mistake::BufferNotCleared) {
            value.clear();
        }
        if self.is(Mistake::StaleCache)
            && let Some((cached, held)) = &*self.cached.lock()
            && cached == key
        {
            value.extend_from_slice(held);
            return Ok(true);
        }
        let map = self.map.read();
        let found = map.get(&self.stored(key)).cloned();
        drop(map);
        assert!(
            found.is_some() || !self.is(Mistake::PanicsOnAbsent),
            "the key is always there"
        );
        let Some(found) = found else {
            return Ok(false);
        };
        value.extend_from_slice(&found);
        if self.is(Mistake::StaleCache) {
            *self.cached.lock() = Some((key.to_vec(), found));
        }
        Ok(true)
    }

    fn write(&self, batch: &[Write<'_>]) -> Result<()> {
        if self.is(Mistake::ChecksTooLate) {
            for write in batch {
                LIMITS.check(std::slice::from_ref(write))?;
                self.change(|map| self.apply(map, write));
            }
            return LIMITS.check(batch);
        }
        let limits = self.limits();
        let tight = Limits {
            key_bytes_max: limits.key_bytes_max - 1,
            ..limits
        };
        let tight = if self.is(Mistake::LimitExcluded) {
            tight
        } else {
            limits
        };
        tight.check(batch)?;
        if self.is(Mistake::WriterWaits) {
            while *self.open_scans.lock() > 0 {
                std::thread::park_timeout(std::time::Duration::from_millis(1));
            }
        }
        let _own = self.is(Mistake::OwnLock).then(|| self.own.lock());
        match self.mistake {
            Mistake::DeletesFirst => self.change(|map| {
                let (puts, deletes) = batch.iter().partition::<Vec<_>, _>(|w| w.value().is_some());
                for write in deletes.into_iter().chain(puts) {
                    self.apply(map, write);
                }
            }),
            Mistake::LocksPerChange | Mistake::CopyPerChange => {
                for write in batch {
                    self.change(|map| self.apply(map, write));
                }
            }
            Mistake::LostUpdate => {
                let mut copy = Map::clone(&self.map.read());
                for write in batch {
                    self.apply(&mut copy, write);
                }
                *self.map.write() = Arc::new(copy);
            }
            _ => self.change(|map| {
                for write in batch {
                    self.apply(map, write);
                }
            }),
        }
        // Another reader may have looked the old value up in between.
        if self.is(Mistake::StaleCache) {
            *self.cached.lock() = None;
        }
        if self.is(Mistake::CostsMuch) {
            let len = |write: &Write<'_>| write.key().len() + write.value().map_or(0, <[u8]>::len);
            let bytes: usize = batch.iter().map(len).sum();
            self.counters.add(Counter::BytesWritten, 40 * bytes as u64);
        }
        let counted = if self.is(Mistake::CountsTwice) { 2 } else { 1 };
        self.counters.add(Counter::Batches, counted);
        Ok(())
    }

    fn scan<'s>(&'s self, range: KeyRange<'_>, order: Order) -> Result<Box<dyn Cursor + 's>> {
        if self.is(Mistake::TodoScan) {
            panic!("not yet implemented: exercise 1.4: Opens a cursor over the entries.");
        }
        Ok(Box::new(self.cursor(self.kept(), range, order)))
    }

    fn sync(&self) -> Result<()> {
        Ok(())
    }

    fn close(self: Box<Self>) -> Result<()> {
        Ok(())
    }

    fn limits(&self) -> Limits {
        LIMITS
    }

    fn stats(&self) -> Stats {
        self.counters.stats()
    }
}

impl Snapshots for Small {
    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>> {
        Ok(Box::new(SmallSnapshot {
            engine: self,
            kept: self.kept(),
        }))
    }
}

/// The map that was kept; without one, the engine as it is.
struct SmallSnapshot<'e> {
    engine: &'e Small,
    kept: Option<Arc<Map>>,
}

impl Snapshot for SmallSnapshot<'_> {
    fn get_into(&self, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        let Some(map) = &self.kept else {
            return self.engine.get_into(key, value);
        };
        let found = map.get(&self.engine.stored(key));
        value.clear();
        value.extend(found.into_iter().flatten());
        Ok(found.is_some())
    }

    fn scan<'s>(&'s self, range: KeyRange<'_>, order: Order) -> Result<Box<dyn Cursor + 's>> {
        let cursor = self.engine.cursor(self.kept.clone(), range, order);
        Ok(Box::new(cursor))
    }
}

struct SmallCursor<'e> {
    engine: &'e Small,
    snapshot: Option<Arc<Map>>,
    range: KeyRange<'static>,
    order: Order,
    /// Entries of the scan that are next to each other, and the place among
    /// them. An empty chunk is the end.
    chunk: Vec<Entry>,
    at: usize,
}

/// The first key that a chunk may hold.
enum From {
    At(Vec<u8>),
    Behind(Vec<u8>),
}

impl SmallCursor<'_> {
    fn fill(&mut self, from: Option<&From>) {
        let engine = self.engine;
        let mut range = self.range.clone();
        let bound = match from {
            Some(From::At(key)) if range.contains(key) => Some(Bound::Included(&key[..])),
            Some(From::Behind(key)) => Some(Bound::Excluded(&key[..])),
            Some(From::At(key)) => match self.seeks_before_range(key) {
                true if engine.is(Mistake::SeekLeavesRange) => Some(Bound::Included(&key[..])),
                true => None,
                false => {
                    self.chunk.clear();
                    return;
                }
            },
            None => None,
        };
        if let Some(bound) = bound {
            range = match self.order {
                Order::Ascending => KeyRange::new(bound, range.end()).into_owned(),
                Order::Descending => KeyRange::new(range.start(), bound).into_owned(),
            };
        }
        self.chunk.clear();
        self.at = 0;
        if range.is_empty() && !engine.is(Mistake::InvertedRangePanics) {
            return;
        }
        let stored = |bound: Bound<&[u8]>| bound.map(|key| engine.flipped(key));
        let end = match stored(range.end()) {
            Bound::Excluded(end)
                if engine.is(Mistake::EndIncluded) && self.order == Order::Ascending =>
            {
                Bound::Included(end)
            }
            end => end,
        };
        let guard: RwLockReadGuard<'_, Arc<Map>> = engine.map.read();
        let map = self.snapshot.as_ref().unwrap_or(&guard);
        let entries = map.range((stored(range.start()), end));
        let entry = |(k, v): (&Vec<u8>, &Vec<u8>)| (engine.flipped(k), v.clone());
        let chunk = if engine.is(Mistake::CopiesAll) {
            usize::MAX
        } else {
            CHUNK
        };
        self.chunk = match self.order {
            Order::Ascending => entries.take(chunk).map(entry).collect(),
            Order::Descending => entries.rev().take(chunk).map(entry).collect(),
        };
        let walked = match self.chunk.first() {
            Some((first, _)) if engine.is(Mistake::WalksFromStart) => {
                map.range(..first.clone()).count()
            }
            _ => 0,
        };
        let visited = (self.chunk.len() + walked) as u64;
        engine.counters.add(Counter::EntriesVisited, visited);
    }

    fn seeks_before_range(&self, key: &[u8]) -> bool {
        match self.order {
            Order::Ascending => match self.range.start() {
                Bound::Included(start) | Bound::Excluded(start) => key <= start,
                Bound::Unbounded => false,
            },
            Order::Descending => match self.range.end() {
                Bound::Included(end) | Bound::Excluded(end) => key >= end,
                Bound::Unbounded => false,
            },
        }
    }
}

impl Cursor for SmallCursor<'_> {
    fn entry(&self) -> Option<(&[u8], &[u8])> {
        let (key, value) = self.chunk.get(self.at)?;
        Some((key, value))
    }

    fn advance(&mut self) -> Result<()> {
        if self.chunk.is_empty() {
            return Ok(());
        }
        self.at += 1;
        if self.at < self.chunk.len() {
            return Ok(());
        }
        let (last, _) = self.chunk[self.at - 1].clone();
        let full = self.chunk.len() >= CHUNK;
        let from = match full && self.engine.is(Mistake::ChunkRepeatsEntry) {
            true => From::At(last),
            false => From::Behind(last),
        };
        self.fill(Some(&from));
        if full && self.engine.is(Mistake::ChunkSkipsEntry) {
            self.at = 1;
        }
        Ok(())
    }

    fn seek(&mut self, key: &[u8]) -> Result<()> {
        if self.engine.is(Mistake::SeekOnlyForward)
            && let Some((here, _)) = self.entry()
            && self.order == Order::Ascending
            && key < here
        {
            return Ok(());
        }
        self.fill(Some(&From::At(key.to_vec())));
        Ok(())
    }
}

impl Drop for SmallCursor<'_> {
    fn drop(&mut self) {
        *self.engine.open_scans.lock() -= 1;
    }
}
