//! Prints how many schedules the suite tries of the log engine, and how long
//! that takes: `quick` or `full`, as `STRATA_BUDGET` says.

use std::time::Instant;

use conformance::{Budget, schedules, subject};
use gallery::log_engine;

fn main() {
    let budget = Budget::from_env().unwrap_or_else(|error| panic!("{error}"));
    let subject = subject!("the log engine", log_engine::open);
    for (check, tried) in schedules::CHECKS {
        let start = Instant::now();
        let (tally, result) = tried(&subject, &budget);
        assert_eq!(result, Ok(()));
        if tally.programs == 0 {
            continue; // The engine owes no work.
        }
        let seconds = start.elapsed().as_secs_f64();
        println!("{check}\n    {tally}, {seconds:.2} s");
    }
}
