//! `get`: one value.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Result;

use super::known;
use super::place::{Need, Place};
use super::spelling::{escape, unescape, word};

/// What to get.
#[derive(Debug, clap::Args)]
pub struct Get {
    /// Where.
    #[command(flatten)]
    pub place: Place,

    /// The key; bytes that are no text are spelled \xNN. One that begins with
    /// a - comes last, behind --, as in `-- -key`.
    #[arg(value_parser = unescape)]
    pub key: Key,

    /// Print the value's bytes as they are, and no newline.
    #[arg(long)]
    pub raw: bool,
}

/// The bytes of a key or a value. (A name of its own: clap would take `Vec` for
/// several arguments.)
pub type Key = std::vec::Vec<u8>;

/// Prints the value. Status 1 says that there is none, status 2 that nobody
/// knows.
///
/// # Errors
///
/// None: what went wrong is said, and status 2 stands for it.
pub fn run(get: &Get) -> Result<ExitCode> {
    known(|| print(get))
}

fn print(get: &Get) -> Result<ExitCode> {
    let engine = get.place.open(Need::Files)?;
    let found = engine.get(&get.key);
    let Some(value) = found.map_err(|error| get.place.explain(&error))? else {
        eprintln!("there is no key {}", word(&get.key));
        return Ok(ExitCode::FAILURE);
    };
    let mut out = io::stdout().lock();
    match get.raw {
        true => out.write_all(&value)?,
        false => writeln!(out, "{}", escape(&value))?,
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
