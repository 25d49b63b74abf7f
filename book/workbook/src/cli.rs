//! The command line.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The book, your progress in it, and the commands that help you write it.
#[derive(Debug, Parser)]
#[command(name = "workbook", version)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// For authors: derive the chapters, and check what readers will get.
    #[command(subcommand)]
    Author(crate::author::Command),
}

/// Runs the command that was asked for.
///
/// # Errors
///
/// Fails with a sentence for the person at the terminal.
pub fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Some(Command::Author(command)) => crate::author::run(&command),
        None => Ok(ExitCode::SUCCESS),
    }
}
