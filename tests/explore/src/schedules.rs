//! Schedules of several threads, as many as are asked for.

use std::time::Instant;

use conformance::schedules::{CHECKS, Tally};
use conformance::{Budget, Level, suite};

use crate::find;

/// What to steer, and how long.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    engine: String,
    /// How many schedules there are to be at least, of all checks together.
    #[arg(long, default_value_t = 100_000)]
    at_least: u64,
}

/// Tries schedules of one seed after the other, prints how many there were, and
/// answers whether all is well.
///
/// # Errors
///
/// That there is no such engine, as a sentence.
pub(crate) fn run(arguments: &Arguments, budget: &Budget) -> Result<bool, String> {
    let subject = find(&arguments.engine)?.subject;
    let start = Instant::now();
    let mut tallies = vec![Tally::default(); CHECKS.len()];
    let sum = |tallies: &[Tally]| tallies.iter().map(|tally| tally.schedules).sum::<u64>();
    let mut budget = *budget;
    while sum(&tallies) < arguments.at_least {
        for ((check, tried), all) in CHECKS.iter().zip(&mut tallies) {
            let (tally, result) = tried(&subject, &budget);
            all.add(&tally);
            if let Err(failure) = result {
                let rejection = suite::Rejection { check, failure };
                println!("{}", suite::report(&subject, level_of(check), &rejection));
                return Ok(false);
            }
        }
        if sum(&tallies) == 0 {
            return Err("Here nothing can be steered.".to_owned());
        }
        budget.seed += 1;
    }
    for ((check, _), tally) in CHECKS.iter().zip(&tallies) {
        println!("{check}\n    {tally}");
    }
    let (schedules, seconds) = (sum(&tallies), start.elapsed().as_secs_f64());
    println!("\n{schedules} schedules, 0 violations, {seconds:.1} seconds");
    Ok(true)
}

/// The level that has this check.
fn level_of(check: &str) -> Level {
    let has_it = |level: &Level| level.checks().iter().any(|one| one.name == check);
    let level = Level::ALL.into_iter().find(has_it);
    level.expect("each check is of a level")
}
