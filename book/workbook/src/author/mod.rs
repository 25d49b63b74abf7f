//! The gates of those who write chapters.

use std::process::ExitCode;

use clap::Subcommand;

/// What authors do and readers do not.
#[derive(Debug, Subcommand)]
pub enum Command {}

/// Runs one of the authors' commands.
///
/// # Errors
///
/// Fails with a sentence for the person at the terminal.
pub fn run(command: &Command) -> anyhow::Result<ExitCode> {
    match *command {}
}
