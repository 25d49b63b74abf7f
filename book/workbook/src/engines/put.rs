//! `put`: one value, stored and synced.

use std::io::{self, IsTerminal, Read};
use std::process::ExitCode;

use anyhow::{Context, Result};

use super::attempt;
use super::get::Key;
use super::place::{Need, Place};
use super::spelling::unescape;

/// What to put.
#[derive(Debug, clap::Args)]
pub struct Put {
    /// Where.
    #[command(flatten)]
    pub place: Place,

    /// The key; bytes that are no text are spelled \xNN. One that begins with
    /// a - comes last, behind --, as in `-- -key`.
    #[arg(value_parser = unescape)]
    pub key: Key,

    /// The value, spelled likewise; without one, all of standard input, byte
    /// for byte.
    #[arg(value_parser = unescape)]
    pub value: Option<Key>,
}

/// Stores the value. It survives a power loss when this returns.
///
/// # Errors
///
/// Fails where the engine cannot be opened, or does not take the entry.
pub fn run(put: &Put) -> Result<ExitCode> {
    attempt(|| store(put))
}

fn store(put: &Put) -> Result<ExitCode> {
    let value = match &put.value {
        Some(value) => value.clone(),
        None => {
            if io::stdin().is_terminal() {
                eprintln!("The value is read from here, until Ctrl-D at a line's beginning:");
            }
            let mut value = Vec::new();
            let read = io::stdin().lock().read_to_end(&mut value);
            read.context("cannot read the value from standard input")?;
            value
        }
    };
    let engine = put.place.open(Need::Room)?;
    let stored = engine
        .put(&put.key, &value)
        .and_then(|()| engine.sync())
        .and_then(|()| engine.close());
    stored.map_err(|error| put.place.explain(&error))?;
    Ok(ExitCode::SUCCESS)
}
