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

use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::exercise::ExerciseId;
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
        Err(shown) => match unwritten(&*shown) {
            Some(id) => bail!(
                "the engine needs exercise {id}, which is not written yet:\n  \
                 cargo run -- read {id}"
            ),
            None => bail!("the engine panicked, as it says above, which is a mistake in it"),
        },
    }
}

/// The exercise that an engine came upon, if it panicked for that.
pub(crate) fn unwritten(panic: &(dyn Any + Send)) -> Option<ExerciseId> {
    let formatted = panic.downcast_ref::<String>().map(String::as_str);
    let message = formatted.or_else(|| panic.downcast_ref::<&str>().copied())?;
    let is_todo = message.starts_with("not yet implemented");
    ExerciseId::of_todo(message).filter(|_| is_todo)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_that_is_not_written_says_which_exercise_it_needs() {
        let said = |panics: fn()| {
            let attempted = attempt(|| {
                panics();
                Ok(ExitCode::SUCCESS)
            });
            attempted.unwrap_err().to_string()
        };
        // As a `todo!` says it.
        const TODO: &str = "exercise 1.11: Reads the snapshot back";
        assert_eq!(
            said(|| panic!("not yet implemented: {TODO}")),
            "the engine needs exercise 1.11, which is not written yet:\n  \
             cargo run -- read 1.11"
        );
        for other in [
            || panic!("exercise 1.2 is hard"),
            || panic!("not yet implemented"),
        ] {
            let told = "the engine panicked, as it says above";
            assert!(said(other).starts_with(told));
        }
    }
}
