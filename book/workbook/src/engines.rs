//! Engines at the command line: a shell, and one command each.
//!
//! | module | answers |
//! |---|---|
//! | [`place`] | which engine, on which directory, and why it does not open |
//! | [`spelling`] | how bytes are written where a person reads and types them |
//! | [`get`], [`put`], [`delete`], [`scan`], [`step`] | one command each |
//! | [`shell`] | all of them, line by line, on an engine that stays open |

pub mod delete;
pub mod get;
pub mod place;
pub mod put;
pub mod scan;
pub mod shell;
pub mod spelling;
pub mod step;

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::fault::indented;

/// Runs a command. That nobody reads on, as behind `| head`, is an end like
/// any other; a panic is the engine's, and has been shown.
pub(crate) fn attempt(command: impl FnOnce() -> Result<ExitCode>) -> Result<ExitCode> {
    match catch_unwind(AssertUnwindSafe(command)) {
        Ok(Err(error)) if nobody_reads(&error) => Ok(ExitCode::SUCCESS),
        // Whatever else reads or writes says what it was at.
        Ok(Err(error)) if error.is::<io::Error>() && error.chain().len() == 1 => {
            Err(error.context("cannot write the output"))
        }
        Ok(result) => result,
        Err(_shown) => bail!(
            "the engine panicked, as it says above: what is not written yet does so, and \
             so does a mistake"
        ),
    }
}

/// Runs a command whose status tells what is known: 0 and 1 are answers, and 2
/// is none.
pub(crate) fn known(command: impl FnOnce() -> Result<ExitCode>) -> Result<ExitCode> {
    attempt(command).or_else(|error| {
        eprintln!("{}", indented(&format!("error: {error:#}"), 0));
        Ok(ExitCode::from(2))
    })
}

pub(crate) fn nobody_reads(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
