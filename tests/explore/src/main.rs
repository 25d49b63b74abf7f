//! Cuts the power of each engine at every operation of many scripts, and
//! prints which outcomes of which operations were reached:
//!
//! ```console
//! cargo run -p explore [ENGINE…]
//! cargo run -p explore --release -- soak ENGINE --minutes 60
//! cargo run -p explore --release -- schedules ENGINE
//! STRATA_SCRIPT='…' cargo run -p explore -- replay ENGINE LEVEL
//! ```
//!
//! `STRATA_BUDGET=full` tries more, and then too few images are a failure, too;
//! `STRATA_SEED` changes the scripts. A soak goes on for as long as it is told,
//! with other scripts all the time. The exit status is 1 where an engine broke a
//! clause, 2 where the command makes no sense.

mod dead;
mod engines;
mod replay;
mod schedules;
mod soak;

use std::process::ExitCode;
use std::time::Instant;

use clap::{Args, Parser, Subcommand};
use conformance::{Budget, Level, budget, suite};

use engines::{Engine, engines};

/// What the full budget has to reach for each engine.
const DISTINCT_IMAGES_MIN: u64 = 100_000;
const SCRIPTS_MIN: u64 = 500;

/// Cuts the power of engines at every operation of many scripts.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    task: Option<Task>,
    #[command(flatten)]
    explore: Explore,
}

#[derive(Args)]
struct Explore {
    /// The engines; all of them where none is named.
    #[arg(value_name = "ENGINE")]
    engines: Vec<String>,
}

#[derive(Subcommand)]
enum Task {
    /// Tries one random script after the other until there is no time left.
    Soak(soak::Arguments),
    /// Steers threads through one schedule after the other.
    Schedules(schedules::Arguments),
    /// Plays the script in STRATA_SCRIPT.
    Replay(replay::Arguments),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let is_well = Budget::from_env()
        .map_err(|error| error.to_string())
        .and_then(|budget| match arguments.task {
            Some(Task::Soak(task)) => soak::run(&task, &budget),
            Some(Task::Schedules(task)) => schedules::run(&task, &budget),
            Some(Task::Replay(task)) => replay::run(&task, &budget),
            None => explore(&arguments.explore.engines, &budget),
        });
    match is_well {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(what) => {
            eprintln!("{what}");
            ExitCode::from(2)
        }
    }
}

/// The engine of that name.
///
/// # Errors
///
/// A sentence that says which there are.
fn find(name: &str) -> Result<Engine, String> {
    let known = engines().map(|engine| engine.name).join(", ");
    let found = engines().into_iter().find(|engine| engine.name == name);
    found.ok_or_else(|| format!("There is no engine `{name}`; there is {known}."))
}

/// Explores the engines that were asked for, and answers whether all is well.
fn explore(wanted: &[String], budget: &Budget) -> Result<bool, String> {
    for name in wanted {
        find(name)?;
    }
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name);
    let mut all_well = true;
    for engine in engines().iter().filter(|engine| is_wanted(engine.name)) {
        all_well &= is_sound(engine, budget);
    }
    Ok(all_well)
}

/// Explores one engine, prints what was found, and answers whether all is well.
fn is_sound(engine: &Engine, budget: &Budget) -> bool {
    let start = Instant::now();
    let exploration = engine.explore(budget);
    print!("{exploration}");
    println!("\n{:.1} seconds\n", start.elapsed().as_secs_f64());
    if let Some(failure) = exploration.failure {
        let check = "explore";
        let rejection = suite::Rejection { check, failure };
        println!(
            "{}",
            suite::report(&engine.subject, Level::Crash, &rejection)
        );
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
