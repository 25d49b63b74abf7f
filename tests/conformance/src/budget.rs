//! How much a run of the suite tries, and from which seed.

use std::env;
use std::fmt;

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

    /// The budget that `STRATA_BUDGET` (`quick` or `full`) and `STRATA_SEED`
    /// (a number or `random`) ask for.
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
            None | Some("" | "quick") => Size::Quick,
            Some("full") => Size::Full,
            Some(other) => {
                return Err(BadVariable::new(
                    "STRATA_BUDGET",
                    other,
                    "`quick` or `full`",
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

    /// `quick` or `full`, whichever this budget is.
    pub fn pick<T>(&self, quick: T, full: T) -> T {
        match self.size {
            Size::Quick => quick,
            Size::Full => full,
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
            "STRATA_BUDGET is `huge`, but it takes `quick` or `full`"
        );
        assert_eq!(
            Budget::parse(None, Some("x")).unwrap_err().to_string(),
            "STRATA_SEED is `x`, but it takes a number or `random`"
        );
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
