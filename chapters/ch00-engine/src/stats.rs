//! What an engine did, counted.
//!
//! A timing differs from run to run; a count does not. So a chapter's tests
//! hold an engine to its costs by these counts: *a missing key reads no block*,
//! *reaching the first entry of a scan visits at most a chunk*.

use std::fmt;
use std::ops::Index;

use crate::sync::atomic::{AtomicU64, Ordering};
use crate::sync::{PLACES, place_of_this_thread};

/// The things that engines count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Counter {
    /// Calls of `get`, `get_into` and `contains`.
    Gets,
    /// Batches that were written.
    Batches,
    /// Entries that cursors copied or looked at, whether a caller saw them or
    /// not.
    EntriesVisited,
    /// Bytes read from files.
    BytesRead,
    /// Bytes that were asked to be written to files.
    BytesWritten,
    /// Syncs of files and of the directory that were attempted.
    Syncs,
    /// Pages or blocks that were needed.
    PagesTouched,
    /// Pages or blocks that were needed and found in memory.
    CacheHits,
    /// Pages or blocks that were needed and had to be read from a file.
    CacheMisses,
}

impl Counter {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Counter; 9] = [
        Counter::Gets,
        Counter::Batches,
        Counter::EntriesVisited,
        Counter::BytesRead,
        Counter::BytesWritten,
        Counter::Syncs,
        Counter::PagesTouched,
        Counter::CacheHits,
        Counter::CacheMisses,
    ];
}

/// The counts at one moment, since the engine was opened:
/// `stats[Counter::Syncs]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats([u64; Counter::ALL.len()]);

impl Stats {
    /// What was counted between `earlier` and these.
    #[must_use]
    pub fn since(&self, earlier: &Stats) -> Stats {
        let mut counts = self.0;
        for (count, before) in counts.iter_mut().zip(earlier.0) {
            *count = count.saturating_sub(before);
        }
        Stats(counts)
    }
}

impl Index<Counter> for Stats {
    type Output = u64;

    fn index(&self, counter: Counter) -> &u64 {
        &self.0[counter as usize]
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for counter in Counter::ALL {
            if self[counter] != 0 {
                writeln!(f, "{:>16} {counter:?}", self[counter])?;
            }
        }
        Ok(())
    }
}

/// The counters that an engine keeps, and adds to from any thread.
///
/// They are *sharded*: each thread adds to the shard of its place (there are
/// [`PLACES`]), on cache lines of its own, so that two readers that count do not
/// pass one cache line back and forth. [`stats`](Self::stats) adds the shards
/// up.
#[derive(Debug, Default)]
pub struct Counters {
    shards: [Shard; PLACES],
}

// Two lines of 64 bytes: processors fetch neighbouring lines in pairs.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard([AtomicU64; Counter::ALL.len()]);

impl Counters {
    /// All counts at zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `amount` to one count.
    pub fn add(&self, counter: Counter, amount: u64) {
        // Relaxed: a count orders nothing, it only has to be complete.
        self.shards[place_of_this_thread()].0[counter as usize]
            .fetch_add(amount, Ordering::Relaxed);
    }

    /// The counts now.
    pub fn stats(&self) -> Stats {
        let mut stats = Stats::default();
        for Shard(shard) in &self.shards {
            for (sum, count) in stats.0.iter_mut().zip(shard) {
                *sum += count.load(Ordering::Relaxed);
            }
        }
        stats
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_many_threads_add_up() {
        let counters = Counters::new();
        std::thread::scope(|scope| {
            for _ in 0..2 * PLACES {
                scope.spawn(|| {
                    for _ in 0..100 {
                        counters.add(Counter::Gets, 1);
                        counters.add(Counter::BytesRead, 7);
                    }
                });
            }
        });
        let stats = counters.stats();
        assert_eq!(stats[Counter::Gets], 200 * PLACES as u64);
        assert_eq!(stats[Counter::BytesRead], 1400 * PLACES as u64);
        assert_eq!(stats[Counter::Syncs], 0);
    }

    #[test]
    fn threads_have_shards_of_their_own() {
        let shards: std::collections::BTreeSet<usize> = (0..8 * PLACES)
            .map(|_| std::thread::spawn(place_of_this_thread).join().unwrap())
            .collect();
        // The test beside this one starts 2 × PLACES threads, which can take
        // every turn of at most three shards.
        assert!(shards.len() >= PLACES - 3, "{shards:?}");
        assert_eq!(place_of_this_thread(), place_of_this_thread());
    }

    #[test]
    fn every_counter_has_its_own_place_in_the_order_shown() {
        let counters = Counters::new();
        for (place, counter) in Counter::ALL.into_iter().enumerate() {
            assert_eq!(counter as usize, place);
            counters.add(counter, place as u64 + 1);
        }
        let before = counters.stats();
        counters.add(Counter::Syncs, 5);
        let since = counters.stats().since(&before);
        for (place, counter) in Counter::ALL.into_iter().enumerate() {
            assert_eq!(before[counter], place as u64 + 1);
            assert_eq!(
                since[counter],
                if counter == Counter::Syncs { 5 } else { 0 }
            );
        }
        assert_eq!(since.to_string(), "               5 Syncs\n");
    }
}
