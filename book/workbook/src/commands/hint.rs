//! `hint`: one of the three hints on an exercise's page.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use super::{desk, no_such};
use crate::exercise::{ExerciseId, Scope};
use crate::{hints, paint, report};

/// Which hint to show.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The exercise, as in 1.2.
    #[arg(value_name = "CH.EX")]
    pub exercise: ExerciseId,

    /// How much to give away: 1 a question, 2 the invariant, 3 a sketch.
    #[arg(long, default_value_t = 1, value_parser = rung, allow_negative_numbers = true)]
    pub rung: u8,
}

fn rung(text: &str) -> Result<u8, &'static str> {
    let rung = text.parse().ok().filter(|rung| (1..=3).contains(rung));
    rung.ok_or("it takes 1 for a question, 2 for the invariant or 3 for a sketch")
}

/// Shows the hint, and how to get the next one.
///
/// # Errors
///
/// Fails if there is no such exercise, or if its page lacks hints.
pub fn run(args: &Args) -> Result<ExitCode> {
    let desk = desk()?;
    let id = args.exercise;
    let Some(entry) = desk.outline().exercise(id) else {
        let (progress, _) = desk.known();
        bail!("{}", no_such(&progress, Scope::Exercise(id)));
    };
    let all = hints::read(desk.workspace().root(), entry)?;
    let rung = usize::from(args.rung);
    let shown = all.get(rung - 1).context("an exercise has three hints")?;
    let title = format!("{id} {}", entry.title);
    report::say(&format!("{}\n", paint::heading(title)));
    report::say(&format!("{}\n\n", paint::heading(&shown.title)));
    report::say(&format!("{}\n", hints::for_terminal(&shown.text)));
    if let Some(further) = all.get(rung) {
        report::say(&format!(
            "\nMore: cargo run -- hint {id} --rung {}\n",
            rung + 1
        ));
        report::say(&format!("  ({})\n", further.title));
    }
    Ok(ExitCode::SUCCESS)
}
