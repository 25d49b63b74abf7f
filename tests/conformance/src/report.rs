//! What a failing check says.

use std::fmt;
use std::time::Duration;

use crate::level::{Clause, Level};
use crate::panics::Panic;
use crate::script::Script;
use crate::watch::Stuck;

mod layout;

use layout::{Shell, folded, listing, wrapped};

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
    /// What threads did beside each other, in a line: `put a 1` beside `get a`.
    pub beside: Option<String>,
    /// Where in the script it showed, counted from 0.
    pub step: Option<usize>,
    /// Lines that are shown as they are: a history, a trace of the disk.
    pub trace: Vec<String>,
    /// Environment variables that the replay takes beside `STRATA_SCRIPT`.
    pub replay: Vec<(String, String)>,
    /// What failed is a cost. Only the check itself measures it, so that the
    /// script alone would show nothing.
    pub is_measured: bool,
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
            beside: None,
            step: None,
            trace: Vec::new(),
            replay: Vec::new(),
            is_measured: false,
        }
    }

    /// The engine panicked.
    pub fn panicked(clause: Clause, panic: &Panic) -> Self {
        let Panic { message, location } = panic;
        Failure::new(clause, format!("The engine panicked at {location}:")).trace(message.as_str())
    }

    /// An operation did not return.
    pub fn stuck(clause: Clause, stuck: &Stuck, patience: Duration) -> Self {
        let mut failure = Failure::new(
            clause,
            format!("An operation has not returned for {patience:?}, and never will."),
        );
        failure.script.clone_from(&stuck.script);
        if let Some(script) = &mut failure.script {
            script.ops.truncate(stuck.step + 1);
            failure.step = Some(stuck.step);
        }
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

    /// Says that what failed is a cost: the script shows what it is the cost
    /// of, and running the whole check again shows the failure.
    #[must_use]
    pub fn measured(mut self) -> Self {
        self.is_measured = true;
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
    /// The command that plays a script at a level, where no test does.
    pub rerun: Option<&'c str>,
}

struct Report<'f> {
    failure: &'f Failure,
    context: &'f Context<'f>,
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { failure, context } = self;
        let Context { subject, level, .. } = context;
        let heading = format!("{subject} breaks {} at level {level}.", failure.clause);
        writeln!(f, "{}\n", wrapped(&heading, 0))?;
        writeln!(f, "{}\n", wrapped(failure.clause.promise_at(*level), 4))?;
        writeln!(f, "{}\n", wrapped(&failure.what, 0))?;
        if !failure.trace.is_empty() {
            for line in failure.trace.iter().flat_map(|line| line.lines()) {
                writeln!(f, "    {line}")?;
            }
            writeln!(f)?;
        }
        for (label, words) in [("expected", &failure.expected), ("found", &failure.found)] {
            if let Some(words) = words {
                writeln!(f, "    {label:<8}  {}", wrapped(words, 14).trim_start())?;
            }
        }
        if failure.expected.is_some() || failure.found.is_some() {
            writeln!(f)?;
        }
        if let Some(script) = &failure.script {
            writeln!(
                f,
                "This script shows it:\n\n{}",
                listing(script, failure.step)
            )?;
        }
        writeln!(f, "Check: {}\n\nRun it again:\n", context.check)?;
        f.write_str(&self.command(Shell::HERE))
    }
}

impl Report<'_> {
    /// The command that shows the failure again.
    fn command(&self, shell: Shell) -> String {
        let mut variables = self.failure.replay.clone();
        if let (Some(script), false) = (&self.failure.script, self.failure.is_measured) {
            let script = ("STRATA_SCRIPT".to_owned(), folded(&script.to_string()));
            variables.insert(0, script);
        }
        let Context {
            package,
            test,
            rerun,
            level,
            ..
        } = self.context;
        let mut cargo = match rerun {
            Some(command) => format!("{command} {level}"),
            None => format!("cargo test -p {package}"),
        };
        if let Some(test) = test {
            // The name alone is enough to find it, and fits the line.
            let name = test.rsplit("::").next().unwrap_or(test);
            cargo = format!("{cargo} {name}");
        }
        shell.command(&variables, &cargo)
    }
}
