//! One thread that asks a store, times every answer and checks it.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use engine::Write;
use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;
use rand::seq::SliceRandom;

use crate::data::{Key, key, missing_key};
use crate::draw::{Choice, Draw};
use crate::figures::Measured;
use crate::ledger::{Ledger, Wrong};
use crate::scanned::{Found, Sum};
use crate::store::Store;
use crate::workload::{Arrangement, BATCH, Kind, Mix, SCAN_MAX};

/// A thread's share of a workload.
///
/// The clock is read right before each call and right after it; choosing what
/// to ask, making a value and checking an answer are not timed.
pub struct Worker<'t> {
    store: &'t dyn Store,
    ledger: &'t Ledger,
    share: Share<'t>,
    random: Xoshiro256PlusPlus,
    busy_max: Duration,
    measured: Measured,
    /// What is stored next.
    value: Vec<u8>,
    /// What was answered last.
    answer: Vec<u8>,
    found: Found,
}

/// Which part of the work is whose.
#[derive(Debug, Clone, Copy)]
pub struct Share<'t> {
    /// The number of the thread, below `threads`.
    pub thread: u64,
    /// How many threads there are.
    pub threads: u64,
    /// The number of the next new entry, of whichever thread.
    pub next_insert: &'t AtomicU64,
}

impl<'t> Worker<'t> {
    /// A worker that has done nothing. It ends when it has been busy for
    /// `busy_max`.
    pub fn new(
        store: &'t dyn Store,
        ledger: &'t Ledger,
        share: Share<'t>,
        random: Xoshiro256PlusPlus,
        busy_max: Duration,
    ) -> Self {
        Worker {
            store,
            ledger,
            share,
            random,
            busy_max,
            measured: Measured::new(),
            value: Vec::new(),
            answer: Vec::new(),
            found: Found::default(),
        }
    }

    /// Does so many operations of the workload, or as many as there is time
    /// for.
    ///
    /// # Errors
    ///
    /// What the store answers, or [`Wrong`] where that cannot be right.
    pub fn work(mut self, kind: Kind, operations: u64) -> Result<Measured> {
        let entries = self.ledger.entries();
        match kind {
            Kind::Load(arrangement) => self.load(arrangement, operations)?,
            Kind::Put => self.put_each(operations)?,
            Kind::DeleteHalf => self.delete_half(operations)?,
            Kind::ScanAll => self.scan_all()?,
            Kind::GetMissing => self.repeat(operations, |worker| {
                let number = worker.random.random_range(0..entries);
                worker.get_missing(number)
            })?,
            Kind::ScanShort => self.repeat(operations, |worker| {
                let from = worker.random.random_range(0..entries);
                worker.scan(from, SCAN_MAX)
            })?,
            Kind::Get(choice) | Kind::GetBeside(choice) => {
                let draw = Draw::new(choice, entries);
                self.repeat(operations, |worker| {
                    let number = draw.next(entries, &mut worker.random);
                    worker.get(number)
                })?;
            }
            Kind::Reopen | Kind::ReopenKilled => {
                let number = self.random.random_range(0..entries);
                self.get(number)?;
            }
            Kind::Overwrite | Kind::PutDurable => {
                let draw = Draw::new(Choice::Uniform, entries);
                self.repeat(operations, |worker| {
                    let number = worker.draw_own(&draw);
                    worker.put(number)
                })?;
            }
            Kind::Mix(mix) => {
                let draw = Draw::new(mix.choice, entries);
                self.repeat(operations, |worker| worker.mixed(&mix, &draw))?;
            }
        }
        Ok(self.measured)
    }

    fn repeat(
        &mut self,
        operations: u64,
        mut operation: impl FnMut(&mut Self) -> Result<()>,
    ) -> Result<()> {
        for _ in 0..operations {
            if self.is_out_of_time() {
                break;
            }
            operation(self)?;
        }
        Ok(())
    }

    fn is_out_of_time(&self) -> bool {
        self.measured.busy >= self.busy_max
    }

    /// One operation of a mix.
    fn mixed(&mut self, mix: &Mix, draw: &Draw) -> Result<()> {
        let mut lot = self.random.random_range(0..100);
        let mut falls_on = |percent: u32| {
            let falls = lot < percent;
            lot = lot.wrapping_sub(percent);
            falls
        };
        if falls_on(mix.reads) {
            let number = draw.next(self.ledger.entries(), &mut self.random);
            self.get(number)
        } else if falls_on(mix.updates) {
            let number = self.draw_own(draw);
            self.put(number)
        } else if falls_on(mix.inserts) {
            let number = self.share.next_insert.fetch_add(1, Ordering::Relaxed);
            self.put(number)
        } else if falls_on(mix.scans) {
            let number = draw.next(self.ledger.entries(), &mut self.random);
            let entries_max = self.random.random_range(1..=SCAN_MAX);
            self.scan(number, entries_max)
        } else {
            let number = self.draw_own(draw);
            self.get(number)?;
            self.put(number)
        }
    }

    /// An entry that this thread may change: no other one does.
    fn draw_own(&mut self, draw: &Draw) -> u64 {
        let Share {
            thread, threads, ..
        } = self.share;
        let entries = self.ledger.entries();
        let drawn = draw.next(entries, &mut self.random);
        let own = drawn - drawn % threads + thread;
        match own < entries {
            true => own,
            false => thread.min(entries - 1),
        }
    }

    fn get(&mut self, number: u64) -> Result<()> {
        let begun = self.ledger.begin_get(number);
        let found = self.ask(&key(number))?;
        Ok(self
            .ledger
            .check_get(begun, found.then_some(&self.answer))?)
    }

    fn get_missing(&mut self, number: u64) -> Result<()> {
        match self.ask(&missing_key(number))? {
            true => Err(Wrong::found_missing(&missing_key(number)).into()),
            false => Ok(()),
        }
    }

    /// Times a get; its value is then in `answer`.
    fn ask(&mut self, key: &Key) -> Result<bool> {
        let start = Instant::now();
        let found = self.store.get(key, &mut self.answer);
        self.measured.note(start.elapsed(), 1);
        let found = found?;
        self.measured.moved_bytes += (key.len() + self.answer.len()) as u64;
        Ok(found)
    }

    fn put(&mut self, number: u64) -> Result<()> {
        self.ledger.begin_put(number, &mut self.value);
        let (key, value) = (key(number), self.value.as_slice());
        let start = Instant::now();
        let put = self.store.write(&[Write::Put { key: &key, value }]);
        self.measured.note(start.elapsed(), 1);
        put?;
        self.measured.store(key.len() + value.len());
        self.ledger.done(number);
        Ok(())
    }

    fn scan(&mut self, from: u64, entries_max: u64) -> Result<()> {
        let begun = self.ledger.begin_scan();
        let (from_key, found) = (key(from), &mut self.found);
        found.clear();
        let places = usize::try_from(entries_max)?;
        let start = Instant::now();
        let mut visit = |key: &[u8], value: &[u8]| found.push(key, value);
        let scanned = self.store.scan(&from_key, places, &mut visit);
        let time = start.elapsed();
        scanned?;
        self.measured.note(time, self.found.entries().len() as u64);
        self.measured.moved_bytes += self.found.bytes();
        Ok(self
            .ledger
            .check_scan(begun, from, entries_max, &self.found)?)
    }

    /// All entries. Summing them up is timed with the scan.
    fn scan_all(&mut self) -> Result<()> {
        let (mut sum, mut bytes) = (Sum::default(), 0);
        let start = Instant::now();
        self.store.scan(&key(0), usize::MAX, &mut |key, value| {
            sum.add(key, value);
            bytes += (key.len() + value.len()) as u64;
        })?;
        self.measured.note(start.elapsed(), sum.entries);
        self.measured.moved_bytes += bytes;
        Ok(self.ledger.check_sum(sum)?)
    }

    fn put_each(&mut self, entries: u64) -> Result<()> {
        for number in self.shuffled(entries) {
            if self.is_out_of_time() {
                break;
            }
            self.put(number)?;
        }
        Ok(())
    }

    fn delete_half(&mut self, deletes: u64) -> Result<()> {
        for half in self.shuffled(deletes) {
            if self.is_out_of_time() {
                break;
            }
            let (number, key) = (2 * half, key(2 * half));
            self.ledger.begin_delete(number);
            let start = Instant::now();
            let deleted = self.store.write(&[Write::Delete { key: &key }]);
            self.measured.note(start.elapsed(), 1);
            deleted?;
            self.measured.store(key.len());
            self.ledger.done(number);
        }
        Ok(())
    }

    /// Loads the entries in batches, and syncs.
    fn load(&mut self, arrangement: Arrangement, entries: u64) -> Result<()> {
        let numbers = match arrangement {
            Arrangement::Ascending => (0..entries).collect(),
            Arrangement::Random => self.shuffled(entries),
        };
        for numbers in numbers.chunks(BATCH) {
            let entries: Vec<(Key, Vec<u8>)> = numbers.iter().map(|n| self.begun(*n)).collect();
            let puts = entries.iter().map(|(key, value)| Write::put(key, value));
            let batch: Vec<Write<'_>> = puts.collect();
            let start = Instant::now();
            let written = self.store.write(&batch);
            self.measured.note(start.elapsed(), batch.len() as u64);
            written?;
            for (key, value) in &entries {
                self.measured.store(key.len() + value.len());
            }
            numbers.iter().for_each(|number| self.ledger.done(*number));
        }
        let start = Instant::now();
        self.store.sync()?;
        self.measured.note(start.elapsed(), 0);
        Ok(())
    }

    /// The entry, begun to be stored.
    fn begun(&self, number: u64) -> (Key, Vec<u8>) {
        let mut value = Vec::new();
        self.ledger.begin_put(number, &mut value);
        (key(number), value)
    }

    /// The numbers below `end`, in an order that is drawn.
    fn shuffled(&mut self, end: u64) -> Vec<u64> {
        let mut numbers: Vec<u64> = (0..end).collect();
        numbers.shuffle(&mut self.random);
        numbers
    }
}

impl fmt::Debug for Worker<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("share", &self.share)
            .finish_non_exhaustive()
    }
}
