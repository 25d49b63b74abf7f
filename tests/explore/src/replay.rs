//! One script again.

use std::env;

use conformance::{Budget, Level, Script, suite};

use crate::find;

/// What to replay it on.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    engine: String,
    /// The level whose check failed.
    #[arg(value_parser = level)]
    level: Level,
}

/// Plays the script in `STRATA_SCRIPT`, and answers whether all is well.
///
/// # Errors
///
/// Why there is nothing to play, as a sentence.
pub(crate) fn run(arguments: &Arguments, budget: &Budget) -> Result<bool, String> {
    let engine = find(&arguments.engine)?;
    let script = env::var("STRATA_SCRIPT").map_err(|_| "STRATA_SCRIPT says what to replay.")?;
    let script: Script = script
        .parse()
        .map_err(|error| format!("STRATA_SCRIPT: {error}"))?;
    match suite::replay(&engine.subject, arguments.level, budget, script) {
        Ok(()) => {
            println!("{} does all of that as it should.", engine.subject.name());
            Ok(true)
        }
        Err(rejection) => {
            let report = suite::report(&engine.subject, arguments.level, &rejection);
            println!("{report}");
            Ok(false)
        }
    }
}

/// The level of that name, if it replays scripts.
fn level(name: &str) -> Result<Level, String> {
    let mut levels = Level::ALL.into_iter().filter(|one| one.replay().is_some());
    let found = levels.clone().find(|level| level.to_string() == name);
    found.ok_or_else(|| {
        let first = levels.next().map(|one| one.to_string()).unwrap_or_default();
        let rest: Vec<String> = levels.map(|level| level.to_string()).collect();
        format!("there is {first}, {}", rest.join(", "))
    })
}
