//! Runs checks and says how they ended.

use std::env;

use crate::budget::Budget;
use crate::level::{Check, Clause, Level};
use crate::report::{Context, Failure};
use crate::script::Script;
use crate::subject::Subject;
use crate::watch;

/// The first check that an engine failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The check's name.
    pub check: &'static str,
    /// What it found.
    pub failure: Failure,
}

/// Runs the checks of `level` that `chosen` chooses, one after the other,
/// until one fails. The environment is not asked.
///
/// # Errors
///
/// The first check that failed.
///
/// # Panics
///
/// Where the level has no such check; with the engine's own panic, when that
/// is a `todo!`.
pub fn judge(
    subject: &Subject,
    level: Level,
    budget: &Budget,
    chosen: impl Fn(&Check) -> bool,
) -> Result<(), Rejection> {
    let checks: Vec<&Check> = level
        .checks()
        .iter()
        .filter(|check| chosen(check))
        .collect();
    assert!(!checks.is_empty(), "level {level} has no such check yet");
    for check in checks {
        let run = check.run;
        run_guarded(subject, budget, check.clause, run).map_err(|failure| Rejection {
            check: check.name,
            failure,
        })?;
    }
    Ok(())
}

/// Runs checks as the tests of a package do: as the environment says, and
/// panicking with a report.
#[track_caller]
pub(crate) fn check(subject: &Subject, level: Level, chosen: impl Fn(&Check) -> bool) {
    let budget = Budget::from_env().unwrap_or_else(|error| panic!("{error}"));
    let result = match script_from_env() {
        Some(script) => replay(subject, level, &budget, script),
        None => judge(subject, level, &budget, chosen),
    };
    match (result, subject.expected_failure(level)) {
        (Ok(()), None) => {}
        (Ok(()), Some(later)) => panic!(
            "\n{} passes level {level}, though it was expected to fail until\n{later}. \
             If it is meant to, take `expect_failure` away.\n",
            subject.name()
        ),
        (Err(rejection), Some(later)) => println!(
            "As expected until {later}, {} fails level {level}:\n{}",
            subject.name(),
            report(subject, level, &rejection)
        ),
        (Err(rejection), None) => panic!("\n{}", report(subject, level, &rejection)),
    }
}

/// The failure as the reader of a test's output sees it.
pub fn report(subject: &Subject, level: Level, rejection: &Rejection) -> String {
    let thread = std::thread::current();
    let context = Context {
        subject: subject.name(),
        package: subject.package(),
        level,
        check: rejection.check,
        test: thread.name().filter(|name| *name != "main"),
        rerun: subject.rerun(),
    };
    rejection.failure.report(&context).to_string()
}

fn script_from_env() -> Option<Script> {
    let text = env::var("STRATA_SCRIPT").ok()?;
    match text.parse() {
        Ok(script) => Some(script),
        Err(error) => panic!("STRATA_SCRIPT: {error}"),
    }
}

/// Plays one script as `level` does. The environment is not asked.
///
/// # Errors
///
/// What went wrong.
///
/// # Panics
///
/// Where the level replays no scripts; with the engine's own panic, when that
/// is a `todo!`.
pub fn replay(
    subject: &Subject,
    level: Level,
    budget: &Budget,
    script: Script,
) -> Result<(), Rejection> {
    let Some(replay) = level.replay() else {
        panic!("level {level} replays no scripts, as STRATA_SCRIPT asks for");
    };
    run_guarded(subject, budget, Clause::OneOrder, move |s, b| {
        replay(s, b, &script)
    })
    .map_err(|failure| Rejection {
        check: "the_script_does_what_the_model_does",
        failure,
    })
}

fn run_guarded(
    subject: &Subject,
    budget: &Budget,
    clause: Clause,
    run: impl FnOnce(&Subject, &Budget) -> Result<(), Failure> + Send + 'static,
) -> Result<(), Failure> {
    let (theirs, budget) = (subject.clone(), *budget);
    let work = move || crate::panics::caught(|| run(&theirs, &budget));
    match watch::guarded(subject.patience(), work) {
        Ok(Ok(result)) => result,
        Ok(Err(panic)) => Err(Failure::panicked(clause, &panic)),
        Err(stuck) => Err(Failure::stuck(clause, &stuck, subject.patience())),
    }
}
