//! How much a run of the suite tries, and from which seed.

use std::env;
use std::fmt;
use std::iter::StepBy;

use proptest::test_runner::{Config, RngSeed, TestRunner};

/// How much a check may try, and the seed of what it tries.
///
/// The seed is fixed unless `STRATA_SEED` says otherwise, so that whoever runs
/// a test again sees the same failure again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// How much.
    pub size: Size,
    /// Where the random choices start.
    pub seed: u64,
}

/// How much a check may try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// What an interpreter such as Miri can afford, a thousand times slower
    /// than the machine: every check, with a part of what it repeats.
    Tiny,
    /// What a reader waits for after every save: about a second for a level.
    Quick,
    /// What a nightly run can afford: about a minute for a level.
    Full,
}

impl Budget {
    /// The default: quick, from the fixed seed.
    pub const QUICK: Budget = Budget {
        size: Size::Quick,
        seed: 0,
    };

    /// The budget that `STRATA_BUDGET` (`tiny`, `quick` or `full`) and
    /// `STRATA_SEED` (a number or `random`) ask for. Where nothing is asked it
    /// is quick, and tiny under Miri.
    ///
    /// # Errors
    ///
    /// A sentence for a person, where one of them is something else.
    pub fn from_env() -> Result<Budget, BadVariable> {
        let variable = |name| env::var(name).ok();
        Budget::parse(
            variable("STRATA_BUDGET").as_deref(),
            variable("STRATA_SEED").as_deref(),
        )
    }

    fn parse(size: Option<&str>, seed: Option<&str>) -> Result<Budget, BadVariable> {
        let size = match size.map(str::trim) {
            None | Some("") if cfg!(miri) => Size::Tiny,
            Some("tiny") => Size::Tiny,
            None | Some("" | "quick") => Size::Quick,
            Some("full") => Size::Full,
            Some(other) => {
                return Err(BadVariable::new(
                    "STRATA_BUDGET",
                    other,
                    "`tiny`, `quick` or `full`",
                ));
            }
        };
        let seed = match seed.map(str::trim) {
            None | Some("") => Budget::QUICK.seed,
            Some("random") => random_seed(),
            Some(number) => number
                .parse()
                .map_err(|_| BadVariable::new("STRATA_SEED", number, "a number or `random`"))?,
        };
        Ok(Budget { size, seed })
    }

    /// `quick` or `full`, whichever this budget is. A tiny one is quick where
    /// it is asked like this.
    pub fn pick<T>(&self, quick: T, full: T) -> T {
        match self.size {
            Size::Tiny | Size::Quick => quick,
            Size::Full => full,
        }
    }

    /// `count`, or under a tiny budget a twentieth of it: for entries that only
    /// have to be many, and for what is tried again and again.
    pub fn many(&self, count: usize) -> usize {
        match self.size {
            Size::Tiny => count.div_ceil(20),
            Size::Quick | Size::Full => count,
        }
    }

    /// A source of random choices for the check called `name`. Another check
    /// gets others, and neither depends on what ran before.
    pub fn runner(&self, name: &str) -> TestRunner {
        TestRunner::new(Config {
            failure_persistence: None,
            rng_seed: RngSeed::Fixed(self.seed_of(name)),
            ..Config::default()
        })
    }

    /// All of `cases`, or under a tiny budget every seventh.
    pub fn each<I: IntoIterator>(&self, cases: I) -> StepBy<I::IntoIter> {
        cases.into_iter().step_by(match self.size {
            Size::Tiny => 7,
            Size::Quick | Size::Full => 1,
        })
    }

    /// The seed of the check called `name`.
    pub fn seed_of(&self, name: &str) -> u64 {
        // FNV-1a: the standard library's hasher may change between releases.
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for byte in self.seed.to_le_bytes().iter().chain(name.as_bytes()) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
        hash
    }
}

/// A seed that differs from run to run: the standard library draws the keys of
/// its hash maps from the system.
fn random_seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(())
}

/// An environment variable that says nothing the suite understands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadVariable {
    name: &'static str,
    value: String,
    takes: &'static str,
}

impl BadVariable {
    fn new(name: &'static str, value: &str, takes: &'static str) -> Self {
        BadVariable {
            name,
            value: value.to_owned(),
            takes,
        }
    }
}

impl fmt::Display for BadVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let BadVariable { name, value, takes } = self;
        write!(f, "{name} is `{value}`, but it takes {takes}")
    }
}

impl std::error::Error for BadVariable {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::strategy::ValueTree;

    use super::*;

    #[test]
    fn variables_are_understood_or_refused_with_a_sentence() {
        assert_eq!(Budget::parse(None, None), Ok(Budget::QUICK));
        let full = Budget::parse(Some("full"), Some("7")).unwrap();
        assert_eq!((full.size, full.seed), (Size::Full, 7));
        assert_ne!(
            Budget::parse(None, Some("random")),
            Budget::parse(None, Some("random"))
        );
        assert_eq!(
            Budget::parse(Some("huge"), None).unwrap_err().to_string(),
            "STRATA_BUDGET is `huge`, but it takes `tiny`, `quick` or `full`"
        );
        assert_eq!(
            Budget::parse(None, Some("x")).unwrap_err().to_string(),
            "STRATA_SEED is `x`, but it takes a number or `random`"
        );
    }

    #[test]
    fn a_tiny_budget_tries_a_part_of_everything() {
        let tiny = Budget::parse(Some("tiny"), None).unwrap();
        assert_eq!(tiny.size, Size::Tiny);
        assert_eq!(
            (tiny.many(3000), tiny.many(3), tiny.pick(1, 2)),
            (150, 1, 1)
        );
        assert_eq!(tiny.each(0..15).collect::<Vec<_>>(), [0, 7, 14]);
        let quick = Budget::QUICK;
        assert_eq!((quick.many(3000), quick.pick(1, 2)), (3000, 1));
        assert_eq!(quick.each(0..15).count(), 15);
    }

    #[test]
    fn each_check_has_choices_of_its_own_that_repeat() {
        let draw = |seed, name| {
            let budget = Budget {
                seed,
                ..Budget::QUICK
            };
            let mut runner = budget.runner(name);
            let tree = any::<u64>().new_tree(&mut runner);
            tree.map(|tree| tree.current())
        };
        assert_eq!(draw(0, "a"), draw(0, "a"));
        assert_ne!(draw(0, "a"), draw(0, "b"));
        assert_ne!(draw(0, "a"), draw(1, "a"));
    }
}
