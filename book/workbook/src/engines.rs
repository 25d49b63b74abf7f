//! Engines at the command line: a shell, and one command each.
//!
//! | module | answers |
//! |---|---|
//! | [`place`] | which engine, on which directory, and why it does not open |
//! | [`spelling`] | how bytes are written where a person reads and types them |
//! | [`get`], [`put`], [`delete`], [`scan`] | one command each |
//! | [`shell`] | all of them, line by line, on an engine that stays open |

pub mod delete;
pub mod get;
pub mod place;
pub mod put;
pub mod scan;
pub mod shell;
pub mod spelling;

use std::io;
use std::process::ExitCode;

use anyhow::Result;

/// The same result, unless nobody reads on, as behind `| head`: that is an
/// end like any other.
pub(crate) fn until_nobody_reads(result: Result<ExitCode>) -> Result<ExitCode> {
    match result {
        Err(error) if nobody_reads(&error) => Ok(ExitCode::SUCCESS),
        result => result,
    }
}

fn nobody_reads(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
