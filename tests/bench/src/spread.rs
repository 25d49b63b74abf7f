//! By how much two runs of the same program differ: what a report states
//! beside each figure, and what a difference has to exceed.
//!
//! A figure of a report is the median of `n` rounds. Its scatter from round to
//! round says by how much the median of another run would be off. All of it is
//! reckoned with logarithms, for what disturbs a machine makes everything twice
//! as slow rather than slower by a second:
//!
//! ```text
//! spread = t · s · √(π / n)
//! ```
//!
//! - `s²` is the variance between rounds (divided by `n - 1`), the mean over a
//!   pool of cells: two or three rounds of one cell would say next to nothing.
//!   The pool is every contender of the same workload and class, and of the
//!   same family of workloads where one workload has fewer than
//!   [`FREEDOM_MIN`] degrees of freedom. A contender whose own cells in the
//!   pool scatter more than the pool keeps its own `s²`, so that a calm
//!   neighbour does not lend it calm. The control is pooled with itself alone.
//! - `t` is the quantile of Student's distribution that 99 of 100 are within,
//!   for as many degrees of freedom as the pool has: `n - 1` for each
//!   *workload* in it. Contenders add none: in a round they take turns within
//!   seconds, and the machine's mood is common to them.
//! - The median of `n` values of density `f` at their median has a variance of
//!   about `1 / 4 n f²`. Normal values have `f = 1 / √(2π) s` there, which makes
//!   it `π s² / 2n`: a little too much for few rounds, 0.52 in place of
//!   0.45 `s²` for three. The difference of two such medians has twice that.
//!
//! A machine that is another one for a whole run, in all of its rounds, is not
//! seen by this: that is what the control is looked at for.

use std::f64::consts::PI;
use std::fmt;

/// Of so many pairs of runs of one program, one differs by more than its spread.
pub const EXCEEDED_ONCE_IN: usize = 100;

/// With fewer degrees of freedom, the pool takes in the family.
pub const FREEDOM_MIN: usize = 4;

/// The least spread, as a logarithm: figures have three digits.
pub const LEAST: f64 = 0.01;

/// By how much two medians may differ and be the same: a natural logarithm, so
/// that a figure may be larger or smaller by a factor of `exp(spread)`.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Spread(f64);

impl Spread {
    /// Of the median of so many rounds, from the variance of logarithms between
    /// rounds, which is known with so many degrees of freedom. Nothing where it
    /// is not known.
    pub fn of(variance: f64, freedom: usize, rounds: usize) -> Option<Self> {
        if freedom == 0 || rounds == 0 {
            return None;
        }
        let spread = student(freedom) * (variance * PI / count(rounds)).sqrt();
        Some(Spread(spread.max(LEAST)))
    }

    /// The logarithm.
    pub fn ln(self) -> f64 {
        self.0
    }

    /// The factor by which a figure may differ: above 1.
    pub fn factor(self) -> f64 {
        self.0.exp()
    }

    /// That of the ratio of two figures that differ by chance alone, each in its
    /// own way: the root of the sum of the squares, as logarithms that are
    /// independent add up. Where the two were reckoned with different degrees of
    /// freedom, it is a little too wide.
    #[must_use]
    pub fn of_ratio_to(self, other: Self) -> Self {
        Spread(self.0.hypot(other.0))
    }

    /// Whether a figure that was `old` and is `new` has changed by more.
    pub fn is_exceeded(self, old: f64, new: f64) -> bool {
        (new / old).ln().abs() > self.0
    }
}

/// As a report says it: in percent, and as a factor where a percentage would no
/// longer mean much the same in both directions.
impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self.factor() {
            factor if factor < 1.245 => format!("±{:.0} %", (factor - 1.0) * 100.0),
            factor if factor < 9.95 => format!("×÷{factor:.1}"),
            factor if factor < 999.5 => format!("×÷{factor:.0}"),
            _ => "×÷>999".into(),
        };
        f.pad(&text)
    }
}

/// Which cells say something about a cell's scatter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// What was done.
    pub workload: &'a str,
    /// Who did it.
    pub contender: &'a str,
}

/// The cells of one family and class, to pool scatter over.
#[derive(Debug, Default)]
pub struct Pool<'a> {
    cells: Vec<(Place<'a>, Vec<f64>)>,
}

impl<'a> Pool<'a> {
    /// Adds a cell with a figure for each round. One without a logarithm in any
    /// round says nothing.
    pub fn add(&mut self, place: Place<'a>, rounds: &[f64]) {
        if rounds
            .iter()
            .all(|figure| *figure > 0.0 && figure.is_finite())
        {
            let logarithms = rounds.iter().map(|figure| figure.ln()).collect();
            self.cells.push((place, logarithms));
        }
    }

    /// The spread of a cell that was added.
    pub fn spread(&self, place: Place<'_>) -> Option<Spread> {
        let (_, rounds) = self.cells.iter().find(|(at, _)| *at == place)?;
        let of_workload = |cell: &&Cell<'_>| cell.0.workload == place.workload;
        let workload: Vec<_> = self.cells.iter().filter(of_workload).collect();
        let pool = match freedom(&workload) < FREEDOM_MIN {
            true => self.cells.iter().collect(),
            false => workload,
        };
        let own: Vec<_> = pool
            .iter()
            .copied()
            .filter(|cell| cell.0.contender == place.contender)
            .collect();
        let variance = variance(&pool)?.max(variance(&own).unwrap_or(0.0));
        Spread::of(variance, freedom(&pool), rounds.len())
    }
}

type Cell<'a> = (Place<'a>, Vec<f64>);

/// The rounds beyond the first of each workload.
fn freedom(cells: &[&Cell<'_>]) -> usize {
    let mut workloads: Vec<(&str, usize)> = Vec::new();
    for (place, rounds) in cells {
        let more = rounds.len().saturating_sub(1);
        match workloads
            .iter_mut()
            .find(|(name, _)| *name == place.workload)
        {
            Some((_, most)) => *most = more.max(*most),
            None => workloads.push((place.workload, more)),
        }
    }
    workloads.iter().map(|(_, most)| most).sum()
}

/// The variance about each cell's own mean, over all cells.
fn variance(cells: &[&Cell<'_>]) -> Option<f64> {
    let (mut squares, mut freedom) = (0.0, 0);
    for (_, rounds) in cells {
        let mean = rounds.iter().sum::<f64>() / count(rounds.len());
        squares += rounds.iter().map(|one| (one - mean).powi(2)).sum::<f64>();
        freedom += rounds.len().saturating_sub(1);
    }
    (freedom > 0).then(|| squares / count(freedom))
}

/// The median; of an even number of figures, the mean of the middle two.
pub fn median(figures: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = figures.into_iter().collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        length if length % 2 == 0 => Some(f64::midpoint(sorted[middle - 1], sorted[middle])),
        _ => Some(sorted[middle]),
    }
}

/// What 99 of 100 values of Student's distribution are within: exact for one
/// and two degrees of freedom, from a table for three and four, else by the
/// expansion in Abramowitz and Stegun,
/// *Handbook of Mathematical Functions*, 26.7.5.
fn student(freedom: usize) -> f64 {
    const Z: f64 = 2.575_829_303_548_901;
    match freedom {
        0 => f64::INFINITY,
        1 => (0.495 * PI).tan(),
        2 => 0.99 * (2.0_f64 / (4.0 * 0.995 * 0.005)).sqrt(),
        3 => 5.841,
        4 => 4.604,
        _ => {
            let by = 1.0 / count(freedom);
            let power = |exponent| Z.powi(exponent);
            let terms = [
                (power(3) + Z) / 4.0,
                (5.0 * power(5) + 16.0 * power(3) + 3.0 * Z) / 96.0,
                (3.0 * power(7) + 19.0 * power(5) + 17.0 * power(3) - 15.0 * Z) / 384.0,
                (79.0 * power(9) + 776.0 * power(7) + 1482.0 * power(5)
                    - 1920.0 * power(3)
                    - 945.0 * Z)
                    / 92160.0,
            ];
            let sum = terms.iter().rev().fold(0.0, |sum, term| by * (sum + term));
            Z + sum
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "rounds and cells are few")]
fn count(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use rand::rngs::Xoshiro256PlusPlus;
    use rand::{RngExt, SeedableRng};
    use rand_distr::{Distribution, StandardNormal};

    use super::*;

    #[test]
    fn a_median_is_the_middle() {
        assert_eq!(median([]), None);
        assert_eq!(median([3.0, 1.0, 100.0]), Some(3.0));
        assert_eq!(median([4.0, 1.0, 2.0, 100.0]), Some(3.0));
    }

    /// The table in every textbook.
    #[test]
    fn students_quantiles_are_those_of_the_tables() {
        let table = [
            (1, 63.657),
            (2, 9.925),
            (3, 5.841),
            (4, 4.604),
            (5, 4.032),
            (6, 3.707),
            (12, 3.055),
            (30, 2.750),
        ];
        for (freedom, quantile) in table {
            let off = (student(freedom) - quantile).abs();
            assert!(off < 0.02, "{freedom}: {}", student(freedom));
        }
    }

    #[test]
    fn one_round_has_no_spread_and_equal_rounds_have_the_least() {
        let place = |contender| Place {
            workload: "put",
            contender,
        };
        let mut pool = Pool::default();
        pool.add(place("once"), &[5.0]);
        assert_eq!(pool.spread(place("once")), None);
        assert_eq!(pool.spread(place("nobody")), None);
        let mut pool = Pool::default();
        pool.add(place("calm"), &[5.0; 3]);
        pool.add(place("nothing"), &[0.0; 3]);
        assert_eq!(pool.spread(place("calm")), Some(Spread(LEAST)));
        assert_eq!(pool.spread(place("nothing")), None);
    }

    #[test]
    fn the_formula_is_that_of_the_docs() {
        let place = Place {
            workload: "put",
            contender: "one",
        };
        let mut pool = Pool::default();
        let e = std::f64::consts::E;
        pool.add(place, &[1.0, e, e * e]);
        let spread = pool.spread(place).unwrap();
        assert!((spread.ln() - 9.9248 * (PI / 3.0).sqrt()).abs() < 1e-3);
        assert!(spread.is_exceeded(1.0, 3e4) && spread.is_exceeded(3e4, 1.0));
        assert!(!spread.is_exceeded(1.0, 2e4));
    }

    /// As [`of_a_hundred_pairs_of_runs_ninety_nine_differ_by_less_than_is_stated`].
    #[test]
    fn of_a_hundred_ratios_ninety_nine_differ_by_less_than_is_stated() {
        const PAIRS: u32 = 4000;
        let mut random = Xoshiro256PlusPlus::seed_from_u64(11);
        let noise = Noise {
            scatter: &[1.0, 1.0, 1.0, 3.0],
            common: 0.0,
            has_bursts: false,
        };
        let mut within = 0;
        for _ in 0..PAIRS {
            // On one thread and on two, of each run.
            let [old, new] =
                [(); 2].map(|()| [3, 2].map(|workloads| noise.run(workloads, 3, &mut random)));
            let spread = |run: &[Vec<Vec<f64>>]| {
                let mut pool = Pool::default();
                for (workload, cells) in WORKLOADS.into_iter().zip(run) {
                    for (contender, cell) in CONTENDERS.into_iter().zip(cells) {
                        let place = Place {
                            workload,
                            contender,
                        };
                        pool.add(place, cell);
                    }
                }
                let place = Place {
                    workload: WORKLOADS[0],
                    contender: CONTENDERS[0],
                };
                pool.spread(place).unwrap()
            };
            let ratio = |run: &[Figures; 2]| {
                let [one, two] = run.each_ref().map(|run| median(run[0][0].clone()).unwrap());
                two / one
            };
            let stated = spread(&old[0]).of_ratio_to(spread(&old[1]));
            within += u32::from(!stated.is_exceeded(ratio(&old), ratio(&new)));
        }
        let share = f64::from(within) / f64::from(PAIRS);
        assert!(share >= 0.985, "{share}");
    }

    #[test]
    fn a_spread_reads_as_percent_or_as_a_factor() {
        let shown = |factor: f64| Spread(factor.ln()).to_string();
        assert_eq!(shown(1.05), "±5 %");
        assert_eq!(shown(1.24), "±24 %");
        assert_eq!(shown(1.25), "×÷1.2");
        assert_eq!(shown(3.12), "×÷3.1");
        assert_eq!(shown(31.4), "×÷31");
        assert_eq!(shown(1e9), "×÷>999");
    }

    /// A machine to simulate: how its contenders scatter, how much of it is
    /// common to all in a round, and whether one value in ten is off by four
    /// times as much.
    struct Noise {
        scatter: &'static [f64],
        common: f64,
        has_bursts: bool,
    }

    /// By workload and contender, one a round.
    type Figures = Vec<Vec<Vec<f64>>>;

    impl Noise {
        fn draw(&self, random: &mut Xoshiro256PlusPlus) -> f64 {
            let value: f64 = StandardNormal.sample(random);
            let burst = self.has_bursts && random.random_bool(0.1);
            value * if burst { 4.0 } else { 1.0 }
        }

        /// The figures of a run.
        fn run(&self, workloads: usize, rounds: usize, random: &mut Xoshiro256PlusPlus) -> Figures {
            let mut workload = || {
                let common: Vec<f64> = (0..rounds).map(|_| self.draw(random)).collect();
                let mut figure = |scatter: &f64, round: usize| {
                    let own = (1.0 - self.common).sqrt() * self.draw(random);
                    (0.1 * scatter * (self.common.sqrt() * common[round] + own)).exp()
                };
                let mut cell = |scatter| (0..rounds).map(|at| figure(scatter, at)).collect();
                self.scatter.iter().map(&mut cell).collect()
            };
            (0..workloads).map(|_| workload()).collect()
        }
    }

    const WORKLOADS: [&str; 3] = ["a", "b", "c"];
    const CONTENDERS: [&str; 4] = ["k", "l", "m", "n"];

    /// The share of pairs of runs that differ by less than the first states,
    /// for each contender; and of how many pairs.
    fn coverage(noise: &Noise, workloads: usize, rounds: usize) -> (Vec<f64>, u32) {
        let figures = u32::try_from(noise.scatter.len() * workloads * rounds).unwrap();
        let pairs = (24_000 / figures).clamp(600, 4000);
        let mut random = Xoshiro256PlusPlus::seed_from_u64(7);
        let mut within = vec![0_u32; noise.scatter.len()];
        for _ in 0..pairs {
            let [one, other] = [(); 2].map(|()| noise.run(workloads, rounds, &mut random));
            let mut pool = Pool::default();
            for (workload, cells) in WORKLOADS.into_iter().zip(&one) {
                for (contender, cell) in CONTENDERS.into_iter().zip(cells) {
                    let place = Place {
                        workload,
                        contender,
                    };
                    pool.add(place, cell);
                }
            }
            for (at, within) in within.iter_mut().enumerate() {
                let place = Place {
                    workload: WORKLOADS[0],
                    contender: CONTENDERS[at],
                };
                let spread = pool.spread(place).unwrap();
                let [one, other] = [&one, &other].map(|run| median(run[0][at].clone()).unwrap());
                *within += u32::from(!spread.is_exceeded(one, other));
            }
        }
        let share = |within| f64::from(within) / f64::from(pairs);
        (within.into_iter().map(share).collect(), pairs)
    }

    /// Also where scatter differs tenfold between contenders, where the machine
    /// slows all of them together, and where single rounds are far off.
    #[test]
    fn of_a_hundred_pairs_of_runs_ninety_nine_differ_by_less_than_is_stated() {
        let scatters: [&[f64]; 3] = [&[1.0], &[1.0; 4], &[0.3, 1.0, 1.0, 3.0]];
        for scatter in scatters {
            for (workloads, rounds) in [(1, 3), (2, 3), (3, 2), (2, 5), (1, 9)] {
                for (common, has_bursts) in [(0.0, false), (0.7, false), (0.7, true)] {
                    let noise = Noise {
                        scatter,
                        common,
                        has_bursts,
                    };
                    let (covered, pairs) = coverage(&noise, workloads, rounds);
                    let mean = covered.iter().sum::<f64>() / count(covered.len());
                    let case = format!(
                        "scatter {scatter:?}, {workloads} workloads, {rounds} rounds, \
                         {common} common, bursts {has_bursts}: {covered:?}"
                    );
                    println!("{mean:.3} {case}");
                    assert!(mean >= 0.985, "{case}");
                    // Each by itself, as far as so many pairs can tell: of the
                    // hundred shares that are tried here, one in five thousand
                    // would be off by more than 3.5 standard errors.
                    let error = (0.99_f64 * 0.01 / f64::from(pairs)).sqrt();
                    let least = 0.985 - 3.5 * error;
                    assert!(covered.iter().all(|share| *share >= least), "{case}");
                }
            }
        }
    }

    /// A spread that covered everything would say nothing.
    #[test]
    fn a_change_of_twice_the_scatter_is_seen_with_enough_rounds() {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(9);
        let noise = Noise {
            scatter: &[1.0; 4],
            common: 0.0,
            has_bursts: false,
        };
        let mut seen = 0;
        for _ in 0..500 {
            let run = noise.run(1, 15, &mut random);
            let place = Place {
                workload: "a",
                contender: "k",
            };
            let mut pool = Pool::default();
            pool.add(place, &run[0][0]);
            let old = median(run[0][0].clone()).unwrap();
            let new = median(run[0][1].clone()).unwrap() * 0.2_f64.exp();
            seen += u32::from(pool.spread(place).unwrap().is_exceeded(old, new));
        }
        assert!(seen > 400, "{seen}");
    }
}
