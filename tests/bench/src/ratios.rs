//! Two that take turns in one process.
//!
//! Round by round both do the same work on the same keys, and what is quoted is
//! the median of the ratios of the rounds. A machine that slows down slows
//! both.

use std::time::{Duration, Instant};

/// How long `work` takes.
pub fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

/// The ratios of several rounds, each the speed of the subject over the speed
/// of its control: above 1 the subject is the faster.
#[derive(Debug, Default)]
pub struct Ratios(Vec<f64>);

impl Ratios {
    /// Adds a round in which the subject and its control did the same work.
    pub fn push(&mut self, subject: Duration, control: Duration) {
        self.0.push(control.as_secs_f64() / subject.as_secs_f64());
    }

    /// The smallest, the median and the largest ratio; the median of an even
    /// number of rounds is the mean of the middle two. `None` without rounds.
    pub fn spread(&self) -> Option<(f64, f64, f64)> {
        let mut sorted = self.0.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let middle = sorted.len() / 2;
        let median = match sorted.len() % 2 {
            0 => f64::midpoint(sorted[middle - 1], sorted[middle]),
            _ => sorted[middle],
        };
        Some((min, median, max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_that_takes_half_the_time_has_a_ratio_of_two() {
        let mut ratios = Ratios::default();
        assert_eq!(ratios.spread(), None);
        let ms = Duration::from_millis;
        ratios.push(ms(10), ms(20));
        assert_eq!(ratios.spread(), Some((2.0, 2.0, 2.0)));
        ratios.push(ms(20), ms(10));
        assert_eq!(ratios.spread(), Some((0.5, 1.25, 2.0)));
        ratios.push(ms(10), ms(10));
        assert_eq!(ratios.spread(), Some((0.5, 1.0, 2.0)));
    }
}
