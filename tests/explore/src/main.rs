//! Cuts the power of each engine at every operation of many scripts, and
//! prints which outcomes of which operations were reached:
//!
//! ```console
//! cargo run -p explore [ENGINE…]
//! ```
//!
//! `STRATA_BUDGET=full` tries more, and then too few images are a failure, too;
//! `STRATA_SEED` changes the scripts. The exit status is 1 where an engine
//! broke a clause, 2 where the command makes no sense.

use std::process::ExitCode;
use std::time::Instant;

use bitcask::{Bitcask, Options};
use conformance::explore::{Effort, explore_with};
use conformance::{Budget, Level, Powers, Subject, budget, subject, suite};
use engine::Durability;
use gallery::log_engine;
use memory::DurableMemory;

/// What the full budget has to reach for each engine.
const DISTINCT_IMAGES_MIN: u64 = 100_000;
const SCRIPTS_MIN: u64 = 500;

/// An engine that can be named, and how many scripts the full budget plays on
/// it, in all durabilities together: the less an engine does to its disk, the
/// fewer of its images differ, and the more scripts it takes.
struct Engine {
    name: &'static str,
    subject: Subject,
    scripts_full: usize,
}

fn engines() -> [Engine; 3] {
    [
        Engine {
            name: "log",
            subject: subject!("The log engine", log_engine::open),
            scripts_full: 1_000,
        },
        Engine {
            name: "memory",
            subject: subject!("DurableMemory", |disk, _| DurableMemory::open(disk))
                .durabilities(&[Durability::Buffered]),
            scripts_full: 3_000,
        },
        Engine {
            name: "bitcask",
            subject: subject!(
                "Bitcask",
                |disk, durability| Bitcask::open(disk, short_files(durability)),
                |bitcask| Powers {
                    maintenance: Some(bitcask),
                    ..Powers::default()
                }
            ),
            scripts_full: 500,
        },
    ]
}

/// Files so short that scripts fill many of them, each with a hint file.
fn short_files(durability: Durability) -> Options {
    Options {
        durability,
        file_bytes_max: 2 << 10,
        garbage_percent: 30,
        hint_bytes_min: 0,
        ..Options::default()
    }
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
        if !engines.iter().any(|engine| engine.name == name) {
            let known = engines.each_ref().map(|engine| engine.name);
            let known = known.join(", ");
            eprintln!("There is no engine `{name}`; there is {known}.");
            return ExitCode::from(2);
        }
    }
    let asked_for = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name);
    let mut all_well = true;
    for engine in &engines {
        if asked_for(engine.name) {
            all_well &= is_sound(engine, &budget);
        }
    }
    match all_well {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// Explores one engine, prints what was found, and answers whether all is well.
fn is_sound(engine: &Engine, budget: &Budget) -> bool {
    let subject = &engine.subject;
    let is_full = budget.size == budget::Size::Full;
    let mut effort = Effort::of(budget);
    if is_full {
        effort.scripts = engine.scripts_full;
    }
    let start = Instant::now();
    let exploration = explore_with(subject, budget.seed, effort, subject.supported());
    print!("{exploration}");
    println!("\n{:.1} seconds\n", start.elapsed().as_secs_f64());
    if let Some(failure) = exploration.failure {
        let check = "explore";
        let rejection = suite::Rejection { check, failure };
        println!("{}", suite::report(subject, Level::Crash, &rejection));
        return false;
    }
    let enough = exploration.distinct >= DISTINCT_IMAGES_MIN && exploration.scripts >= SCRIPTS_MIN;
    if is_full && !enough {
        println!(
            "That is too little: {DISTINCT_IMAGES_MIN} distinct images of {SCRIPTS_MIN} \
             scripts are asked for."
        );
        return false;
    }
    true
}
