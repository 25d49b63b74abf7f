//! `build-on`: which earlier chapter is underneath.

use std::process::ExitCode;

use anyhow::{Result, bail};

use super::{desk, no_such};
use crate::exercise::Scope;
use crate::report;
use crate::standing::{self, Ground};

/// Which chapter to put on what.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The chapter, as in 6.
    #[arg(value_name = "CH", value_parser = chapter)]
    pub chapter: u32,

    /// What it shall stand on.
    #[arg(value_enum)]
    pub ground: Ground,
}

fn chapter(text: &str) -> Result<u32, &'static str> {
    text.parse().map_err(|_| "write a chapter, as in 6")
}

/// Puts a chapter on the reader's own earlier chapters, or on the references.
///
/// # Errors
///
/// Fails if there is no such chapter, if it stands on no other, or if a
/// manifest cannot be written.
pub fn run(args: &Args) -> Result<ExitCode> {
    let desk = desk()?;
    let (progress, _) = desk.known();
    let number = args.chapter;
    if progress.chapter(number).is_none() {
        bail!("{}", no_such(&progress, Scope::Chapter(number)));
    }
    let moved = standing::put(desk.workspace(), number, args.ground)?;
    let below = |number| -> Result<String> {
        let chapter = desk.workspace().chapter(number)?;
        Ok(
            match standing::own_below(desk.workspace(), chapter)?.as_slice() {
                [] => "the references".to_owned(),
                own => format!("your own {}", report::chapters(own)),
            },
        )
    };
    for (changed, _) in &moved {
        let on = below(*changed)?;
        report::say(&format!("Chapter {changed} now stands on {on}.\n"));
    }
    if moved.is_empty() {
        let on = below(number)?;
        report::say(&format!(
            "Nothing to do: chapter {number} stands on {on}.\n"
        ));
    }
    Ok(ExitCode::SUCCESS)
}
