//! Compaction without files: what the levels come to while a store is written,
//! and what that costs.
//!
//! Keys are numbers and values nothing but their length. Tables hold both in
//! memory, and everything else is as in a store: a memtable that is full becomes
//! a table of level 0, [`picking`](crate::picking) says what to compact, and a
//! merge keeps of each key what is found first.

mod workload;

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::Result;

use crate::levels::{Described, Levels};
use crate::picking::{Pick, idle, urgent};
use crate::shape::Shape;
use crate::table::TableInfo;

pub use workload::Workload;

/// How many bytes an entry takes that has a value …
pub const PUT_BYTES: u64 = 100;
/// … and one that is a tombstone.
pub const TOMBSTONE_BYTES: u64 = 20;

/// After so many compactions in a row, it is said that they will never end.
const PICKS_MAX: usize = 100_000;

/// What was written to a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: u32,
    /// How many writes there were before it.
    pub seq: u64,
    /// Whether it deletes the key.
    pub is_tombstone: bool,
}

impl Entry {
    fn bytes(self) -> u64 {
        match self.is_tombstone {
            true => TOMBSTONE_BYTES,
            false => PUT_BYTES,
        }
    }
}

/// A table in memory.
#[derive(Debug)]
pub struct Sheet {
    info: TableInfo,
    /// In the order of the keys.
    entries: Vec<Entry>,
}

impl Described for Sheet {
    fn info(&self) -> &TableInfo {
        &self.info
    }
}

impl Sheet {
    /// A table of entries in the order of their keys, of which there is one at
    /// least.
    fn new(number: u32, entries: Vec<Entry>) -> Self {
        let tombstones = entries.iter().filter(|entry| entry.is_tombstone).count();
        let ends = (entries.first(), entries.last());
        let key = |entry: Option<&Entry>| entry.map(|entry| spelled(entry.key)).unwrap_or_default();
        let info = TableInfo {
            number,
            bytes: bytes_of(&entries),
            entries: entries.len() as u64,
            tombstones: tombstones as u64,
            smallest: key(ends.0),
            largest: key(ends.1),
        };
        Sheet { info, entries }
    }

    fn find(&self, key: u32) -> Option<Entry> {
        let found = self.entries.binary_search_by_key(&key, |entry| entry.key);
        Some(self.entries[found.ok()?])
    }
}

/// The key as bytes, in the order of the numbers.
fn spelled(key: u32) -> Vec<u8> {
    format!("{key:010}").into_bytes()
}

fn bytes_of(entries: &[Entry]) -> u64 {
    entries.iter().map(|entry| entry.bytes()).sum()
}

/// What there was at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// What was written by then: entries, in bytes.
    pub written: u64,
    /// What was written to tables for it, flushes included, in bytes.
    pub written_to_tables: u64,
    /// What a store would need that has each live entry once, in bytes.
    pub live: u64,
    /// What each level has, in bytes.
    pub levels: Vec<u64>,
}

impl Sample {
    /// How many bytes are written for each.
    pub fn write_amplification(&self) -> f64 {
        self.written_to_tables as f64 / self.written.max(1) as f64
    }

    /// How many bytes are stored for each that is live.
    pub fn space_amplification(&self) -> f64 {
        let stored: u64 = self.levels.iter().sum();
        stored as f64 / self.live.max(1) as f64
    }
}

/// What the levels have after each flush and the urgent compactions after it,
/// and last of all when nothing is left to do even for an idle store.
///
/// # Errors
///
/// [`Error::Corrupt`](engine::Error::Corrupt), if compaction put tables where
/// they do not belong.
pub fn simulate(shape: Shape, workload: Workload) -> Result<Vec<Sample>> {
    let mut simulation = Simulation::new(shape);
    let mut samples = Vec::new();
    for key in workload.keys() {
        simulation.put(key);
        if simulation.is_full() {
            simulation.flush()?;
            simulation.settle()?;
            samples.push(simulation.sample());
        }
    }
    simulation.flush()?;
    simulation.rest()?;
    samples.push(simulation.sample());
    Ok(samples)
}

/// What says which tables are due.
type Due = fn(&Levels<Arc<Sheet>>, &Shape) -> Option<Pick<Arc<Sheet>>>;

/// A store without files.
#[derive(Debug)]
pub struct Simulation {
    shape: Shape,
    levels: Levels<Arc<Sheet>>,
    memtable: BTreeMap<u32, Entry>,
    memtable_bytes: u64,
    /// The newest write to each key: what a search should find.
    newest: BTreeMap<u32, Entry>,
    /// How many keys have a value.
    live: u64,
    next_number: u32,
    next_seq: u64,
    written: u64,
    written_to_tables: u64,
    read_from_tables: u64,
}

impl Simulation {
    /// An empty one.
    pub fn new(shape: Shape) -> Self {
        Simulation {
            shape,
            levels: Levels::new(shape.levels),
            memtable: BTreeMap::new(),
            memtable_bytes: 0,
            newest: BTreeMap::new(),
            live: 0,
            next_number: 1,
            next_seq: 0,
            written: 0,
            written_to_tables: 0,
            read_from_tables: 0,
        }
    }

    /// Gives a key a value.
    pub fn put(&mut self, key: u32) {
        self.write(key, false);
    }

    /// Deletes a key.
    pub fn delete(&mut self, key: u32) {
        self.write(key, true);
    }

    fn write(&mut self, key: u32, is_tombstone: bool) {
        let entry = Entry {
            key,
            seq: self.next_seq,
            is_tombstone,
        };
        self.next_seq += 1;
        self.written += entry.bytes();
        self.memtable_bytes += entry.bytes();
        self.memtable.insert(key, entry);
        let before = self.newest.insert(key, entry);
        let was_live = before.is_some_and(|before| !before.is_tombstone);
        self.live = self.live + u64::from(!is_tombstone) - u64::from(was_live);
    }

    /// Whether the memtable has all the bytes that it should.
    pub fn is_full(&self) -> bool {
        self.memtable_bytes >= self.shape.memtable_bytes
    }

    /// Makes a table of the memtable, if there is anything in it.
    ///
    /// # Errors
    ///
    /// As for [`simulate`], and so below.
    pub fn flush(&mut self) -> Result<()> {
        let entries: Vec<Entry> = std::mem::take(&mut self.memtable).into_values().collect();
        self.memtable_bytes = 0;
        if entries.is_empty() {
            return Ok(());
        }
        let table = self.table(entries);
        self.levels = self.levels.with(vec![(0, table)], &[])?;
        Ok(())
    }

    /// Compacts until nothing is urgent.
    ///
    /// # Errors
    ///
    /// See [`flush`](Self::flush).
    pub fn settle(&mut self) -> Result<()> {
        self.compact_while(urgent)
    }

    /// Compacts until nothing is left to do.
    ///
    /// # Errors
    ///
    /// See [`flush`](Self::flush).
    pub fn rest(&mut self) -> Result<()> {
        self.compact_while(idle)
    }

    fn compact_while(&mut self, due: Due) -> Result<()> {
        let mut picks = 0;
        while let Some(pick) = due(&self.levels, &self.shape) {
            self.compact(&pick)?;
            picks += 1;
            assert!(picks < PICKS_MAX, "there is always something left to do");
        }
        self.levels.check()
    }

    /// Compacts what was picked.
    ///
    /// # Errors
    ///
    /// See [`flush`](Self::flush).
    pub fn compact(&mut self, pick: &Pick<Arc<Sheet>>) -> Result<()> {
        self.read_from_tables += pick.bytes();
        let next = pick.next_level;
        let tables = match pick.is_move {
            true => pick.inputs.clone(),
            false => self.merged(pick),
        };
        let added = tables.into_iter().map(|table| (next, table)).collect();
        let removed = pick.inputs.iter().chain(&pick.next_inputs);
        let removed: Vec<u32> = removed.map(|table| table.info().number).collect();
        self.levels = self.levels.with(added, &removed)?;
        Ok(())
    }

    /// The tables that come out of a compaction.
    fn merged(&mut self, pick: &Pick<Arc<Sheet>>) -> Vec<Arc<Sheet>> {
        // What is found first comes first, and stays first where keys are equal.
        let inputs = pick.inputs.iter().chain(&pick.next_inputs);
        let mut entries: Vec<Entry> = inputs.flat_map(|table| table.entries.clone()).collect();
        entries.sort_by_key(|entry| entry.key);
        entries.dedup_by_key(|entry| entry.key);
        entries.retain(|entry| {
            let key = spelled(entry.key);
            !entry.is_tombstone || self.levels.is_below(pick.next_level, &(&*key..=&*key))
        });
        let table_bytes = match pick.next_level {
            0 => u64::MAX,
            _ => self.shape.table_bytes,
        };
        let mut tables = vec![Vec::new()];
        let mut bytes = 0;
        for entry in entries {
            if bytes >= table_bytes {
                tables.push(Vec::new());
                bytes = 0;
            }
            bytes += entry.bytes();
            tables.last_mut().expect("there is one").push(entry);
        }
        tables.retain(|table| !table.is_empty());
        tables.into_iter().map(|table| self.table(table)).collect()
    }

    /// Writes a table.
    fn table(&mut self, entries: Vec<Entry>) -> Arc<Sheet> {
        let table = Sheet::new(self.next_number, entries);
        self.next_number += 1;
        self.written_to_tables += table.info.bytes;
        Arc::new(table)
    }

    /// What a search finds under a key: in the memtable, or else in the tables.
    pub fn find(&self, key: u32) -> Option<Entry> {
        let bytes = spelled(key);
        let level0 = self.levels.tables(0).iter();
        let deeper = 1..self.levels.count();
        let deeper = deeper.filter_map(|level| self.levels.table_of(level, &bytes));
        let mut tables = level0.chain(deeper);
        let in_memory = self.memtable.get(&key).copied();
        in_memory.or_else(|| tables.find_map(|table| table.find(key)))
    }

    /// What a search should find, if not that the key was deleted and nothing of
    /// it is left.
    pub fn newest(&self, key: u32) -> Option<Entry> {
        self.newest.get(&key).copied()
    }

    /// The tables.
    pub fn levels(&self) -> &Levels<Arc<Sheet>> {
        &self.levels
    }

    /// The bytes that compaction has read so far.
    pub fn read_from_tables(&self) -> u64 {
        self.read_from_tables
    }

    /// What there is now.
    pub fn sample(&self) -> Sample {
        let levels = 0..self.levels.count();
        Sample {
            written: self.written,
            written_to_tables: self.written_to_tables,
            live: self.live * PUT_BYTES,
            levels: levels.map(|level| self.levels.bytes(level)).collect(),
        }
    }
}
