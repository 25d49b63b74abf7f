//! Which entry is asked for next.

use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;
use rand_distr::{Distribution, Zipf};

use crate::data::mix;

pub use menu::workload::Choice;

/// The exponent of YCSB's zipfian distribution: `ZIPFIAN_CONSTANT` of its
/// `ZipfianGenerator`.
pub const ZIPFIAN_EXPONENT: f64 = 0.99;

/// Draws the numbers of entries.
#[derive(Debug)]
pub struct Draw {
    choice: Choice,
    rank: Zipf<f64>,
}

impl Draw {
    /// Draws among about `entries` entries, at least one.
    pub fn new(choice: Choice, entries: u64) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "2^53 entries are never stored")]
        let entries = entries.max(1) as f64;
        let rank = Zipf::new(entries, ZIPFIAN_EXPONENT)
            .expect("the exponent is positive, and there are entries");
        Draw { choice, rank }
    }

    /// One of the entries `0..entries`.
    pub fn next(&self, entries: u64, random: &mut Xoshiro256PlusPlus) -> u64 {
        match self.choice {
            Choice::Uniform => random.random_range(0..entries),
            Choice::Zipfian => mix(self.popularity(random)) % entries,
            Choice::Latest => entries - 1 - self.popularity(random) % entries,
        }
    }

    /// 0 for the most popular.
    fn popularity(&self, random: &mut Xoshiro256PlusPlus) -> u64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "ranks are whole numbers from 1 to the number of entries"
        )]
        let rank = self.rank.sample(random) as u64;
        rank - 1
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    const ENTRIES: u64 = 1000;

    fn counts(choice: Choice) -> Vec<u32> {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
        let draw = Draw::new(choice, ENTRIES);
        let mut counts = vec![0; 1000];
        for _ in 0..100_000 {
            counts[usize::try_from(draw.next(ENTRIES, &mut random)).unwrap()] += 1;
        }
        counts
    }

    #[test]
    fn uniform_draws_each_about_as_often() {
        let counts = counts(Choice::Uniform);
        assert!(counts.iter().all(|count| (50..160).contains(count)));
    }

    #[test]
    fn zipfian_draws_the_second_half_as_often_as_the_first_and_scatters_them() {
        let counts = counts(Choice::Zipfian);
        let place = |rank: u64| usize::try_from(mix(rank) % ENTRIES).unwrap();
        let (first, second) = (f64::from(counts[place(0)]), f64::from(counts[place(1)]));
        // One in H(1000, 0.99) = 7.73 draws is the most popular.
        assert!((first / 100_000.0 - 1.0 / 7.73).abs() < 0.02, "{first}");
        assert!((first / second - 2.0_f64.powf(0.99)).abs() < 0.2);
        assert_ne!(place(0).abs_diff(place(1)), 1);
    }

    #[test]
    fn latest_draws_the_newest_most_often_however_many_there_are() {
        let counts = counts(Choice::Latest);
        assert_eq!(counts.iter().max(), counts.last());
        let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
        let draw = Draw::new(Choice::Latest, ENTRIES);
        assert!((0..10_000).all(|_| draw.next(7, &mut random) < 7));
    }
}
