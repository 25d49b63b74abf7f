//! What a trial found out.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// The figures of one trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// How many entries were read or changed.
    pub entries: u64,
    /// How many calls it took: a load has a call for a thousand entries.
    pub calls: u64,
    /// Entries a second while the threads were busy: waiting for the store, and
    /// nothing else. Over several threads, the sum.
    pub entries_per_second: f64,
    /// How long calls took.
    pub latency: Latency,
    /// Bytes of keys and values that went in or came out.
    pub moved_bytes: u64,
    /// Bytes of keys and values that went in.
    pub stored_bytes: u64,
    /// What it cost the machine.
    pub cost: Cost,
    /// What the store's files take on the device when it is closed.
    pub directory_bytes: Option<u64>,
    /// What the store counted itself.
    pub counts: BTreeMap<String, u64>,
}

/// The time that calls took: in nanoseconds, to three digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "their names say all")]
pub struct Latency {
    pub p50_ns: u64,
    pub p90_ns: u64,
    pub p99_ns: u64,
    pub p999_ns: u64,
    pub max_ns: u64,
}

/// What a trial cost the machine, work that the store put off until it was
/// closed included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Cost {
    /// Processor time of all threads, the store's own and the bench's included.
    pub cpu: Duration,
    /// Bytes that the process gave the operating system to write to the device.
    pub written_bytes: u64,
    /// The most memory that the process had, with the pages of files that the
    /// operating system kept for it where those can be counted.
    pub memory_peak_bytes: Option<u64>,
}

/// What one thread measured.
#[derive(Debug)]
pub struct Measured {
    /// Entries that were read or changed.
    pub entries: u64,
    /// See [`Figures::moved_bytes`].
    pub moved_bytes: u64,
    /// See [`Figures::stored_bytes`].
    pub stored_bytes: u64,
    /// The time of all calls.
    pub busy: Duration,
    /// The time of each call, in nanoseconds.
    pub calls: Histogram<u64>,
}

impl Measured {
    /// Nothing yet.
    pub fn new() -> Self {
        Measured {
            entries: 0,
            moved_bytes: 0,
            stored_bytes: 0,
            busy: Duration::ZERO,
            calls: Histogram::new(3).expect("three digits can be kept"),
        }
    }

    /// Notes a call.
    pub fn note(&mut self, time: Duration, entries: u64) {
        self.entries += entries;
        self.busy += time;
        let ns = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let noted = self.calls.record(ns);
        noted.expect("the histogram grows with what it is shown");
    }

    /// Notes that bytes were stored.
    pub fn store(&mut self, bytes: usize) {
        self.stored_bytes += bytes as u64;
        self.moved_bytes += bytes as u64;
    }
}

impl Default for Measured {
    fn default() -> Self {
        Measured::new()
    }
}

impl Figures {
    /// What the threads measured, together.
    pub fn of(threads: impl IntoIterator<Item = Measured>) -> Self {
        let mut all = Measured::new();
        let mut entries_per_second = 0.0;
        for thread in threads {
            entries_per_second += per_second(thread.entries, thread.busy);
            all.entries += thread.entries;
            all.moved_bytes += thread.moved_bytes;
            all.stored_bytes += thread.stored_bytes;
            all.calls += thread.calls;
        }
        Figures {
            entries: all.entries,
            calls: all.calls.len(),
            entries_per_second,
            latency: Latency::of(&all.calls),
            moved_bytes: all.moved_bytes,
            stored_bytes: all.stored_bytes,
            cost: Cost::default(),
            directory_bytes: None,
            counts: BTreeMap::new(),
        }
    }

    /// Bytes written to the device for each byte that was stored.
    pub fn write_amplification(&self) -> Option<f64> {
        (self.stored_bytes > 0).then(|| ratio(self.cost.written_bytes, self.stored_bytes))
    }

    /// Processor time for each entry, in nanoseconds.
    pub fn cpu_ns_per_entry(&self) -> f64 {
        self.cost.cpu.as_secs_f64() * 1e9 / ratio(self.entries.max(1), 1)
    }
}

impl Latency {
    fn of(calls: &Histogram<u64>) -> Self {
        Latency {
            p50_ns: calls.value_at_quantile(0.5),
            p90_ns: calls.value_at_quantile(0.9),
            p99_ns: calls.value_at_quantile(0.99),
            p999_ns: calls.value_at_quantile(0.999),
            max_ns: calls.max(),
        }
    }
}

/// How many a second. Nothing in no time is none.
fn per_second(count: u64, time: Duration) -> f64 {
    match count {
        0 => 0.0,
        _ => ratio(count, 1) / time.as_secs_f64().max(1e-9),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "figures for people, to a few digits"
)]
fn ratio(of: u64, to: u64) -> f64 {
    of as f64 / to as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(times_ns: &[u64]) -> Measured {
        let mut measured = Measured::new();
        times_ns
            .iter()
            .for_each(|ns| measured.note(Duration::from_nanos(*ns), 1));
        measured
    }

    #[test]
    fn threads_add_up_by_the_time_that_each_was_busy() {
        let slow = measured(&[1000; 10]);
        let fast = measured(&[100; 10]);
        let both = Figures::of([slow, fast]);
        assert_eq!((both.entries, both.calls), (20, 20));
        assert!((both.entries_per_second - 11e6).abs() < 1.0);
        assert_eq!(both.latency.max_ns, 1000);
        assert_eq!(both.latency.p50_ns, 100);
        assert_eq!(Figures::of([Measured::new()]).entries_per_second, 0.0);
    }

    #[test]
    fn percentiles_are_of_calls() {
        let mut times: Vec<u64> = (1..=1000).collect();
        times.reverse();
        let latency = Figures::of([measured(&times)]).latency;
        assert_eq!(latency.p50_ns, 500);
        assert_eq!(latency.p90_ns, 900);
        assert_eq!(latency.p99_ns, 990);
        assert_eq!(latency.p999_ns, 999);
        assert_eq!(latency.max_ns, 1000);
        let minute = 60_000_000_000;
        let latency = Figures::of([measured(&[5, minute])]).latency;
        assert!(
            latency.max_ns.abs_diff(minute) < minute / 1000,
            "{latency:?}"
        );
    }

    #[test]
    fn costs_are_quoted_for_each_byte_and_entry() {
        let mut figures = Figures::of([measured(&[1; 4])]);
        assert_eq!(figures.write_amplification(), None);
        figures.stored_bytes = 100;
        figures.cost.written_bytes = 250;
        figures.cost.cpu = Duration::from_micros(2);
        assert_eq!(figures.write_amplification(), Some(2.5));
        assert_eq!(figures.cpu_ns_per_entry(), 500.0);
    }
}
