//! What a failing check says.

use std::fmt;
use std::time::Duration;

use crate::level::{Clause, Level};
use crate::panics::Panic;
use crate::script::Script;
use crate::watch::Stuck;

/// An engine broke a clause: what happened, and how to see it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The clause that was broken.
    pub clause: Clause,
    /// What happened, in a sentence or two.
    pub what: String,
    /// What the clause asks for.
    pub expected: Option<String>,
    /// What was there instead.
    pub found: Option<String>,
    /// The operations that led there.
    pub script: Option<Script>,
    /// Where in the script it showed, counted from 0.
    pub step: Option<usize>,
    /// Lines that are shown as they are: a history, a trace of the disk.
    pub trace: Vec<String>,
    /// Environment variables that the replay takes beside `STRATA_SCRIPT`.
    pub replay: Vec<(String, String)>,
}

impl Failure {
    /// `clause` was broken, and `what` happened.
    pub fn new(clause: Clause, what: impl Into<String>) -> Self {
        Failure {
            clause,
            what: what.into(),
            expected: None,
            found: None,
            script: None,
            step: None,
            trace: Vec::new(),
            replay: Vec::new(),
        }
    }

    /// The engine panicked.
    pub fn panicked(clause: Clause, panic: &Panic) -> Self {
        let Panic { message, location } = panic;
        Failure::new(clause, format!("the engine panicked at {location}:")).trace(message.as_str())
    }

    /// An operation did not return.
    pub fn stuck(clause: Clause, stuck: &Stuck, patience: Duration) -> Self {
        let mut failure = Failure::new(
            clause,
            format!("an operation did not return within {patience:?}"),
        );
        failure.script.clone_from(&stuck.script);
        failure.step = failure.script.as_ref().map(|_| stuck.step);
        failure
    }

    /// Says what the clause asks for.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// Says what was there instead.
    #[must_use]
    pub fn found(mut self, found: impl Into<String>) -> Self {
        self.found = Some(found.into());
        self
    }

    /// Says which operations led there.
    #[must_use]
    pub fn script(mut self, script: &Script) -> Self {
        self.script = Some(script.clone());
        self
    }

    /// Says at which operation of the script it showed, counted from 0.
    #[must_use]
    pub fn at_step(mut self, step: usize) -> Self {
        self.step = Some(step);
        self
    }

    /// Adds a line that is shown as it is.
    #[must_use]
    pub fn trace(mut self, line: impl Into<String>) -> Self {
        self.trace.push(line.into());
        self
    }

    /// Adds an environment variable to the command that replays the failure.
    #[must_use]
    pub fn replay_with(mut self, variable: &str, value: impl Into<String>) -> Self {
        self.replay.push((variable.to_owned(), value.into()));
        self
    }

    /// The failure as a person reads it.
    pub fn report<'f>(&'f self, context: &'f Context<'f>) -> impl fmt::Display + 'f {
        Report {
            failure: self,
            context,
        }
    }
}

/// Where a failure was noticed.
#[derive(Debug, Clone, Copy)]
pub struct Context<'c> {
    /// The engine's name.
    pub subject: &'c str,
    /// The package whose tests were running.
    pub package: &'c str,
    /// The level that was checked.
    pub level: Level,
    /// The check that failed.
    pub check: &'c str,
    /// The test that was running, where it is known.
    pub test: Option<&'c str>,
}

struct Report<'f> {
    failure: &'f Failure,
    context: &'f Context<'f>,
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (failure, context) = (self.failure, self.context);
        writeln!(f, "{} breaks {}", context.subject, failure.clause)?;
        writeln!(f, "{}", failure.what)
    }
}
