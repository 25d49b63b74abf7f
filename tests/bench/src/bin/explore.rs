//! Cuts the power of each engine at every operation of many scripts, and
//! prints which outcomes of which operations were reached:
//!
//! ```console
//! cargo run -p bench --bin explore [-- ENGINE…]
//! ```
//!
//! `STRATA_BUDGET=full` tries more, and then too few images are a failure, too;
//! `STRATA_SEED` changes the scripts. The exit status is 1 where an engine
//! broke a clause, 2 where the command makes no sense.

use std::process::ExitCode;
use std::time::Instant;

use conformance::{Budget, Level, Subject, budget, explore, log_engine, subject, suite};
use engine::Durability;
use memory::DurableMemory;

/// What the full budget has to reach for each engine.
const DISTINCT_IMAGES_MIN: u64 = 100_000;
const SCRIPTS_MIN: u64 = 500;

/// The engines that can be named.
fn engines() -> [(&'static str, Subject); 2] {
    [
        ("log", subject!("The log engine", log_engine::open)),
        (
            "memory",
            subject!("DurableMemory", |disk, _| DurableMemory::open(disk))
                .durabilities(&[Durability::Buffered]),
        ),
    ]
}

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let budget = match Budget::from_env() {
        Ok(budget) => budget,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    let engines = engines();
    for name in &wanted {
        if !engines.iter().any(|(known, _)| known == name) {
            let known: Vec<&str> = engines.iter().map(|(known, _)| *known).collect();
            let known = known.join(", ");
            eprintln!("There is no engine `{name}`; there is {known}.");
            return ExitCode::from(2);
        }
    }
    let asked_for = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name);
    let mut all_well = true;
    for (name, subject) in &engines {
        if asked_for(name) {
            all_well &= is_sound(subject, &budget);
        }
    }
    match all_well {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// Explores one engine, prints what was found, and answers whether all is well.
fn is_sound(subject: &Subject, budget: &Budget) -> bool {
    let start = Instant::now();
    let exploration = explore(subject, budget);
    print!("{exploration}");
    println!("\n{:.1} seconds\n", start.elapsed().as_secs_f64());
    if let Some(failure) = exploration.failure {
        let check = "explore";
        let rejection = suite::Rejection { check, failure };
        println!("{}", suite::report(subject, Level::Crash, &rejection));
        return false;
    }
    let enough = exploration.distinct >= DISTINCT_IMAGES_MIN && exploration.scripts >= SCRIPTS_MIN;
    if budget.size == budget::Size::Full && !enough {
        println!(
            "That is too little: {DISTINCT_IMAGES_MIN} distinct images of {SCRIPTS_MIN} \
             scripts are asked for."
        );
        return false;
    }
    true
}
