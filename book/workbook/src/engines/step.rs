//! `step`: the work that writes have left for later, done now.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Result;
use engine::{Maintenance, Progress};

use super::attempt;
use super::place::{Need, Place};

/// Whose work to do.
#[derive(Debug, clap::Args)]
pub struct Step {
    /// Where.
    #[command(flatten)]
    pub place: Place,
}

/// Does what is due, and says how many steps it took.
///
/// # Errors
///
/// Fails where the engine cannot be opened, or a step or the closing fails.
pub fn run(step: &Step) -> Result<ExitCode> {
    attempt(|| work(step))
}

fn work(step: &Step) -> Result<ExitCode> {
    let explain = |error| step.place.explain(&error);
    let engine = step.place.open(Need::Files)?;
    let mut out = io::stdout().lock();
    match engine.maintenance() {
        None => writeln!(out, "{NONE}")?,
        Some(maintenance) => {
            let steps = steps(maintenance, || true).map_err(explain)?;
            writeln!(out, "{}", taken(steps))?;
        }
    }
    engine.close().map_err(explain)?;
    Ok(ExitCode::SUCCESS)
}

/// What is said of an engine that has no maintenance.
pub(super) const NONE: &str = "(this engine leaves no work for later)";

/// Steps until nothing is due, or until a step behind which it should not
/// `go_on`; answers how many steps did something.
pub(super) fn steps(
    maintenance: &dyn Maintenance,
    go_on: impl Fn() -> bool,
) -> engine::Result<u64> {
    let mut steps = 0;
    while maintenance.step()? == Progress::Worked {
        steps += 1;
        if !go_on() {
            break;
        }
    }
    Ok(steps)
}

/// So many steps, in words.
pub(super) fn taken(steps: u64) -> String {
    match steps {
        0 => "(nothing is due)".to_owned(),
        1 => "(1 step)".to_owned(),
        more => format!("({more} steps)"),
    }
}
