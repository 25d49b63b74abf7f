//! `delete`: one key, removed and synced.

use std::process::ExitCode;

use anyhow::Result;

use super::get::Key;
use super::known;
use super::place::{Need, Place};
use super::spelling::unescape;

/// What to delete.
#[derive(Debug, clap::Args)]
pub struct Delete {
    /// Where.
    #[command(flatten)]
    pub place: Place,

    /// The key; bytes that are no text are spelled \xNN. One that begins with
    /// a - comes last, behind --, as in `-- -key`.
    #[arg(value_parser = unescape)]
    pub key: Key,
}

/// Removes the key. That it is gone survives a power loss when this returns.
///
/// # Errors
///
/// None: what went wrong is said, and status 2 stands for it.
pub fn run(delete: &Delete) -> Result<ExitCode> {
    known(|| remove(delete))
}

fn remove(delete: &Delete) -> Result<ExitCode> {
    let engine = delete.place.open(Need::Files)?;
    let removed = engine
        .delete(&delete.key)
        .and_then(|()| engine.sync())
        .and_then(|()| engine.close());
    removed.map_err(|error| delete.place.explain(&error))?;
    Ok(ExitCode::SUCCESS)
}
