//! `status`: the map of the book.

use std::process::ExitCode;

use anyhow::Result;

use super::{Format, desk, json, judge, stopped};
use crate::report;

/// How to show the map.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How to write it.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Shows the map, after judging what changed.
///
/// # Errors
///
/// Fails if there is no workspace, or if a test cannot be run.
pub fn run(args: &Args) -> Result<ExitCode> {
    let mut desk = desk()?;
    let (mut progress, open) = desk.known();
    for number in open {
        if !judge(&mut desk, &mut progress, number)? {
            return Ok(stopped());
        }
    }
    match args.format {
        Format::Json => report::say(&json::status(&progress)),
        Format::Text => {
            report::say(&report::map(
                &progress,
                desk.place_of_next(&progress).as_ref(),
            ));
            report::say(&report::news(desk.outdated()));
        }
    }
    Ok(ExitCode::SUCCESS)
}
