//! What a running process does: whether it computes or waits, and how much
//! memory it takes. Told by `/proc`, and so on Linux alone.

use std::collections::VecDeque;
use std::process::Child;
use std::time::{Duration, Instant};

/// How far back the gauge looks.
const WINDOW: Duration = Duration::from_secs(2);

/// What looks at less than this says nothing.
const WINDOW_MIN: Duration = Duration::from_millis(400);

/// A process that used at least this share of one processor computed. One that
/// waits uses none; one that loops on a busy machine still gets its turns.
const COMPUTING: f64 = 0.04;

/// What a process did in the last moments that anybody looked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Activity {
    /// Nobody can tell.
    #[default]
    Unknown,
    /// It used a processor.
    Computed,
    /// It waited for something and used none.
    Waited,
}

/// Looks at a process from time to time.
#[derive(Debug)]
pub(super) struct Gauge {
    pid: u32,
    /// When somebody looked, and how long the process had computed by then.
    looks: VecDeque<(Instant, Duration)>,
}

impl Gauge {
    pub(super) fn of(child: &Child) -> Self {
        Self {
            pid: child.id(),
            looks: VecDeque::new(),
        }
    }

    /// Looks, and answers the bytes of memory that the process has.
    pub(super) fn read(&mut self) -> u64 {
        let Some((computed, memory_bytes)) = look(self.pid) else {
            return 0;
        };
        let now = Instant::now();
        self.looks.push_back((now, computed));
        // One look from before the window stays, so that it is covered whole.
        while self.looks.get(1).is_some_and(|l| now - l.0 > WINDOW) {
            self.looks.pop_front();
        }
        memory_bytes
    }

    /// Answers whether the process computes, and had a processor for less than
    /// `time` so far.
    pub(super) fn is_kept_waiting(&self, time: Duration) -> bool {
        let computed = self.looks.back().map_or(time, |look| look.1);
        self.activity() == Activity::Computed && computed < time
    }

    pub(super) fn activity(&self) -> Activity {
        let (Some(first), Some(last)) = (self.looks.front(), self.looks.back()) else {
            return Activity::Unknown;
        };
        let (time, computed) = (last.0 - first.0, last.1.saturating_sub(first.1));
        if time < WINDOW_MIN {
            Activity::Unknown
        } else if computed.as_secs_f64() > COMPUTING * time.as_secs_f64() {
            Activity::Computed
        } else {
            Activity::Waited
        }
    }
}

/// How long the process has computed, in all its threads, and the bytes of
/// memory that it has.
fn look(pid: u32) -> Option<(Duration, u64)> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    read_stat(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// Reads `pid (name) state …`: the fields 14 and 15 are the time spent in the
/// program and in the system, in hundredths of a second whatever the kernel
/// counts in; field 24 is the memory in pages.
fn read_stat(stat: &str) -> Option<(Duration, u64)> {
    const PAGE_BYTES: u64 = 4096;
    // The name may hold spaces and parentheses.
    let (_, fields) = stat.rsplit_once(") ")?;
    // The first of these is field 3.
    let fields: Vec<&str> = fields.split(' ').collect();
    let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
    let computed = Duration::from_millis(10 * (field(14)? + field(15)?));
    Some((computed, field(24)? * PAGE_BYTES))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stat_is_read_behind_the_name() {
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194304 90 0 0 0 150 50 0 0 20 0 2 0 9 5000 3 18";
        let read = (Duration::from_secs(2), 3 * 4096);
        assert_eq!(read_stat(stat), Some(read));
        assert_eq!(read_stat("7 (a) S 1"), None);
    }

    #[test]
    fn computing_is_told_from_waiting() {
        let gauge = |computed_ms: u64| {
            let start = Instant::now();
            let later = start + Duration::from_secs(1);
            let computed = Duration::from_millis(computed_ms);
            Gauge {
                pid: 0,
                looks: [(start, Duration::ZERO), (later, computed)].into(),
            }
        };
        assert_eq!(gauge(0).activity(), Activity::Waited);
        assert_eq!(gauge(10).activity(), Activity::Waited);
        assert_eq!(gauge(200).activity(), Activity::Computed);
        let second = Duration::from_secs(1);
        assert!(gauge(200).is_kept_waiting(second), "others have the rest");
        assert!(!gauge(1000).is_kept_waiting(second), "it had its time");
        assert!(!gauge(10).is_kept_waiting(second), "it wants none");
    }
}
