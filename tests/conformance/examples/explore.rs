//! Cuts the power of an engine at every operation of many scripts, and prints
//! which outcomes of which operations were reached:
//!
//! ```console
//! cargo run -p conformance --example explore -- log
//! ```
//!
//! `STRATA_BUDGET=full` tries more; `STRATA_SEED` changes the scripts. The
//! exit status is 1 where the engine broke a clause, 2 where there is no such
//! engine.

use std::process::ExitCode;
use std::time::Instant;

use conformance::{Budget, Level, Subject, explore, log_engine, suite};

/// The engines that can be named.
fn engines() -> Vec<(&'static str, Subject)> {
    vec![(
        "log",
        conformance::subject!("The log engine", log_engine::open),
    )]
}

fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_else(|| "log".to_owned());
    let budget = match Budget::from_env() {
        Ok(budget) => budget,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    let engines = engines();
    let Some((_, subject)) = engines.iter().find(|(known, _)| *known == name) else {
        let known: Vec<&str> = engines.iter().map(|(known, _)| *known).collect();
        eprintln!(
            "There is no engine `{name}`; there is {}.",
            known.join(", ")
        );
        return ExitCode::from(2);
    };
    let start = Instant::now();
    let exploration = explore(subject, &budget);
    print!("{exploration}");
    println!("\n{:.1} seconds", start.elapsed().as_secs_f64());
    match exploration.failure {
        None => ExitCode::SUCCESS,
        Some(failure) => {
            let rejection = suite::Rejection {
                check: "explore",
                failure,
            };
            println!("\n{}", suite::report(subject, Level::Crash, &rejection));
            ExitCode::FAILURE
        }
    }
}
