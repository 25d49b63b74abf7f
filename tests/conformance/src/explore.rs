//! Cuts the power at every operation of many scripts, and opens what is left.
//!
//! For each script the engine plays it on the [simulated disk](crate::sim).
//! Then, for each change that the disk took in, at opening, writing, syncing
//! and closing alike:
//!
//! 1. the power is cut there, and several of the images that this may leave
//!    are opened. What the engine shows has to be the state after a prefix of
//!    the writes, with every one in it that had to survive;
//! 2. the process is killed there, and the same holds for what it leaves;
//! 3. the engine goes on with one more write and a sync, and the power is cut
//!    again: what an opening has shown is still there when everything unsynced
//!    is dropped, and so is what was synced. One recovery of several is cut at
//!    each of its own changes.

pub(crate) mod cuts;
pub(crate) mod parallel;
pub(crate) mod replay;
pub(crate) mod scripts;
#[cfg(test)]
mod tests;

use std::fmt;

use engine::Durability;

use crate::budget::Budget;
use crate::report::Failure;
use crate::script::{Script, shrink};
use crate::sim::Reach;
use crate::subject::Subject;
pub use cuts::Depth;
use cuts::{Cuts, Tally};
use parallel::{Numbers, in_two};

/// How much is explored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    /// How many scripts, in all durabilities together.
    pub scripts: usize,
    /// How much of each.
    pub depth: Depth,
}

impl Effort {
    /// What `budget` can afford.
    pub fn of(budget: &Budget) -> Self {
        budget.pick(
            Effort {
                scripts: 300,
                depth: Depth {
                    images: 16,
                    nested_every: 16,
                    nested_images: 6,
                    near: 8,
                },
            },
            Effort {
                scripts: 1500,
                depth: Depth {
                    images: 200,
                    nested_every: 32,
                    nested_images: 12,
                    near: 64,
                },
            },
        )
    }
}

/// What an exploration tried, and what it found. It shows as a table.
#[derive(Debug, Clone)]
pub struct Exploration {
    /// The engine's name.
    pub subject: String,
    /// How many scripts were played.
    pub scripts: u64,
    /// At how many places the power was cut.
    pub cuts: u64,
    /// At how many places within a recovery it was cut again.
    pub nested_cuts: u64,
    /// How many times the process was killed instead.
    pub deaths: u64,
    /// How many images were opened, or known from an equal one.
    pub images: u64,
    /// How many of them differed from all others.
    pub distinct: u64,
    /// Which outcomes of which operations were part of an image.
    pub reach: Reach,
    /// The clause that was broken, and how.
    pub failure: Option<Failure>,
}

/// Explores `subject` as far as `budget` goes.
///
/// # Panics
///
/// With the engine's own panic, when that is a `todo!`.
pub fn explore(subject: &Subject, budget: &Budget) -> Exploration {
    let durabilities = subject.supported();
    let mut effort = Effort::of(budget);
    if durabilities.len() > 1 {
        // Stronger durabilities reach the disk more often in each script.
        effort.scripts /= 2;
    }
    explore_with(subject, budget.seed, effort, durabilities)
}

/// Explores `subject` with scripts that follow from `seed`, in each of these
/// durabilities.
///
/// # Panics
///
/// With the engine's own panic, when that is a `todo!`.
pub fn explore_with(
    subject: &Subject,
    seed: u64,
    effort: Effort,
    durabilities: &[Durability],
) -> Exploration {
    let kinds = durabilities.len();
    let script = |number| scripts::script(seed, number / kinds, durabilities[number % kinds]);
    explore_scripts(subject, effort, script)
}

/// As [`explore_with`], for a subject that owes work: in every second script it
/// is stepped many times, and what it writes between fills files.
///
/// # Panics
///
/// With the engine's own panic, when that is a `todo!`.
pub fn explore_stepped(
    subject: &Subject,
    seed: u64,
    effort: Effort,
    durabilities: &[Durability],
) -> Exploration {
    explore_by_turns(subject, seed, effort, durabilities, scripts::maintained)
}

/// As [`explore_with`], for a subject whose files change their shape with the
/// number of entries: every second script puts and deletes many at a time, see
/// [`stretched_script`].
///
/// # Panics
///
/// With the engine's own panic, when that is a `todo!`.
pub fn explore_stretched(
    subject: &Subject,
    seed: u64,
    effort: Effort,
    durabilities: &[Durability],
) -> Exploration {
    explore_by_turns(subject, seed, effort, durabilities, scripts::stretched)
}

/// A script of this number of puts and deletes of many neighbouring keys at a
/// time.
pub fn stretched_script(seed: u64, number: usize, durability: Durability) -> Script {
    scripts::stretched(seed, number, durability)
}

/// Explores `subject` with ordinary scripts, and others in turn with them.
fn explore_by_turns(
    subject: &Subject,
    seed: u64,
    effort: Effort,
    durabilities: &[Durability],
    other: fn(u64, usize, Durability) -> Script,
) -> Exploration {
    let kinds = durabilities.len();
    let script = |number: usize| {
        let (number, durability) = (number / kinds, durabilities[number % kinds]);
        let draw = [scripts::script, other][number % 2];
        draw(seed, number / 2, durability)
    };
    explore_scripts(subject, effort, script)
}

/// Explores `subject` with the script of each number.
pub(crate) fn explore_scripts(
    subject: &Subject,
    effort: Effort,
    script: impl Fn(usize) -> Script + Sync,
) -> Exploration {
    let numbers = Numbers::new(effort.scripts);
    let (mut tried, more) = in_two(|| worker(subject, effort.depth, &numbers, &script));
    if let Some((tally, failures)) = more {
        tried.0.add(tally);
        tried.1.extend(failures);
    }
    let (tally, failures) = tried;
    let failure = simplest(failures, numbers.end());
    Exploration {
        subject: subject.name().to_owned(),
        scripts: tally.scripts,
        cuts: tally.cuts,
        nested_cuts: tally.nested_cuts,
        deaths: tally.deaths,
        images: tally.images,
        distinct: tally.distinct.len() as u64,
        reach: tally.reach,
        failure: failure.map(|failure| shrunk(subject, effort.depth, failure)),
    }
}

/// After a script that failed only where the power was cut twice, so many
/// more are tried for a failure that is simpler.
const PATIENCE: usize = 60;

/// What was tried, and the failures with the numbers of their scripts.
type Found = (Tally, Vec<(usize, Failure)>);

fn worker(
    subject: &Subject,
    depth: Depth,
    numbers: &Numbers,
    script: impl Fn(usize) -> Script,
) -> Found {
    let mut cuts = Cuts::new(subject, depth);
    let mut failures = Vec::new();
    while let Some(number) = numbers.next() {
        let Err(failure) = cuts.script(&script(number)) else {
            continue;
        };
        let more = match replay::cuts(&failure) {
            0 | 1 => 1,
            _ => PATIENCE,
        };
        numbers.end_at(number + more);
        failures.push((number, failure));
    }
    (cuts.tally, failures)
}

/// The failure to report: the first of those with the fewest cuts. What only a
/// fast worker found, after the end, does not count, so that every run
/// reports the same.
fn simplest(failures: Vec<(usize, Failure)>, end: usize) -> Option<Failure> {
    let within = failures.into_iter().filter(|(number, _)| *number < end);
    let first = within.min_by_key(|(number, failure)| (replay::cuts(failure), *number));
    first.map(|(_, failure)| failure)
}

/// The smallest script found that breaks the same clause with as many cuts.
fn shrunk(subject: &Subject, depth: Depth, failure: Failure) -> Failure {
    let Some(script) = &failure.script else {
        return failure;
    };
    let kind = |failure: &Failure| (failure.clause, replay::cuts(failure));
    let alike = |script: &Script| {
        let other = Cuts::new(subject, depth).script(script).err();
        other.filter(|other| kind(other) == kind(&failure))
    };
    let start = replay::without_cuts(script);
    let smallest = shrink(start, |script| alike(script).is_some());
    alike(&smallest).unwrap_or(failure)
}

impl fmt::Display for Exploration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.subject)?;
        for (number, what) in [
            (self.scripts, "scripts"),
            (self.cuts, "power cuts"),
            (self.nested_cuts, "power cuts within a recovery"),
            (self.deaths, "killed processes"),
            (self.images, "images"),
            (self.distinct, "of them distinct"),
            (u64::from(self.failure.is_some()), "violations"),
        ] {
            writeln!(f, "{number:>9} {what}")?;
        }
        writeln!(f)?;
        write!(f, "{}", self.reach)
    }
}
