//! How a test went wrong, in words that lead to the mistake.

use std::time::Duration;

use super::verdict::{output, short};
use crate::fault::WIDTH;
use crate::progress::{Cause, State};
use crate::runner::{Activity, Outcome, Run};

/// How a test went wrong.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ending {
    pub(super) state: State,
    pub(super) cause: Cause,
    /// What happened, in a sentence that names the test.
    pub(super) sentence: String,
    /// What the test says, or what such an ending is usually a sign of.
    pub(super) message: String,
    /// Where it panicked, as `file:line:column` or `file:line`.
    pub(super) location: Option<String>,
    /// The clause that the suite found broken.
    pub(super) clause: Option<u32>,
}

/// Tells how a test went wrong that did not pass.
pub(super) fn of(test: &str, run: &Run) -> Ending {
    let name = short(test);
    let panic = panic_of(run);
    let found = match &run.outcome {
        Outcome::TimedOut { limit } => stuck(name, run.activity, *limit),
        Outcome::TooLarge { limit_bytes } => (
            State::Aborted,
            Cause::OutOfMemory,
            format!(
                "`{name}` took more than {} MiB of memory and was stopped.",
                limit_bytes >> 20
            ),
            prose(MEMORY),
        ),
        Outcome::Aborted { status } => aborted(name, run, status),
        Outcome::Passed | Outcome::Failed { .. } => {
            let message = panic
                .as_ref()
                .map_or_else(|| last_words(run), |p| p.1.clone());
            return failed(name, run, message, panic.map(|p| p.0));
        }
    };
    let (state, cause, sentence, message) = found;
    Ending {
        state,
        cause,
        sentence,
        message,
        location: panic.map(|p| p.0),
        clause: None,
    }
}

/// A test that panicked or returned an error.
fn failed(name: &str, run: &Run, message: String, location: Option<String>) -> Ending {
    let report = Report::read(&message);
    let stuck = report.is_stuck;
    let mut ending = Ending {
        state: State::Failing,
        cause: match (report.clause, &report.panicked_at) {
            (_, Some(_)) => Cause::Panic,
            (Some(_), None) => Cause::Clause,
            (None, None) => Cause::Test,
        },
        sentence: format!("`{name}` fails."),
        location: report.panicked_at.or(location),
        clause: report.clause,
        message,
    };
    if stuck {
        // The suite noticed, and says where; what the process did meanwhile
        // says whether to look for a loop or for a lock.
        let (cause, what, sign) = kind(run.activity);
        ending.state = State::Hung;
        ending.cause = cause;
        ending.sentence = format!("`{name}` fails: an operation did not end: {what}.");
        ending.message = format!("{}\n\n{}", ending.message.trim_end(), prose(sign));
    }
    ending
}

const LOOP: &str = "Look for a loop without an end, such as a condition that stays \
    true or a step that gets no further, or for a function that calls itself. \
    If it is only slow here, `--limit 60` gives it a minute.";
const LOCK: &str = "Look for a sleep, for a thread or a message that never comes, and \
    first of all for a deadlock: a lock that is taken by the thread that holds it already, or two threads that each wait for \
    what the other one holds. A guard is held to the end of its block, and one in \
    the head of a `match` or an `if let` to the end of that.";
const EITHER: &str = "Look for a loop whose condition stays true, or for a lock that \
    is taken while it is held.";
const MEMORY: &str = "Something grows without end: look for a loop that pushes and \
    never stops, or for a length that is taken at its word.";
const TWICE: &str = "A panic dropped what was in use, and dropping that panicked, \
    too. Mend the first panic, and let no `drop` panic.";
const STACK: &str = "A function calls itself, directly or through another one, and \
    never stops. Look for the case in which it must not call itself again; `Debug`, \
    `Clone` and the like can call themselves, too.";

/// A test that was stopped because it took too long.
fn stuck(name: &str, activity: Activity, limit: Duration) -> (State, Cause, String, String) {
    let (cause, what, sign) = kind(activity);
    let after = seconds(limit);
    let sentence = format!("`{name}` did not end within {after}: {what}.");
    (State::Hung, cause, sentence, prose(sign))
}

fn kind(activity: Activity) -> (Cause, &'static str, &'static str) {
    match activity {
        Activity::Computed => (Cause::EndlessLoop, "it was still computing", LOOP),
        Activity::Waited => (Cause::Deadlock, "it waited nearly all the time", LOCK),
        Activity::Unknown => (Cause::NeverEnded, "it was still running", EITHER),
    }
}

/// A test that took its process with it.
fn aborted(name: &str, run: &Run, status: &str) -> (State, Cause, String, String) {
    let said = |words: &str| run.output.stderr.contains(words);
    let code = status
        .strip_prefix("exit status: ")
        .or(status.strip_prefix("exit code: "))
        .filter(|code| !code.starts_with("0xc"));
    let (cause, sentence, message) = if said("has overflowed its stack") {
        let sentence = format!("`{name}` overflowed its stack, which ended the whole process.");
        (Cause::StackOverflow, sentence, prose(STACK))
    } else if said("memory allocation of ") || status.starts_with("signal: 9") {
        let sentence = format!("`{name}` ran out of memory, which ended the whole process.");
        (Cause::OutOfMemory, sentence, prose(MEMORY))
    } else if said("panicked while processing panic")
        || said("panic in a destructor during cleanup")
        || said("panic in a function that cannot unwind")
    {
        let sentence = format!("`{name}` panicked twice, which ended the whole process.");
        let first = run.panics().into_iter().next();
        let first = first.map_or_else(String::new, |p| format!("{}\n\n", p.message));
        let message = first + &prose(TWICE);
        (Cause::DoublePanic, sentence, message)
    } else if let Some(code) = code {
        let sentence = format!("`{name}` ended its whole process with exit code {code}.");
        let message = "Look for `std::process::exit`. A library answers with an \
            error, or panics; it never ends the program.";
        (Cause::Exit, sentence, with_last_words(run, message))
    } else {
        // Whether the system also wrote a core file is nobody's business.
        let status = status.trim_end_matches(" (core dumped)");
        let sentence = format!("`{name}` ended its whole process ({status}).");
        let message = "Look for `std::process::abort`, or for `extern` code that \
            fails. A library answers with an error, or panics; it never ends the \
            program.";
        (Cause::Abort, sentence, with_last_words(run, message))
    };
    (State::Aborted, cause, sentence, message)
}

fn with_last_words(run: &Run, message: &str) -> String {
    match last_words(run) {
        words if words.is_empty() => prose(message),
        words => format!("{words}\n\n{}", prose(message)),
    }
}

/// This program's own words, in lines that stay short among those of a test.
fn prose(text: &str) -> String {
    let options = textwrap::Options::new(WIDTH - 8);
    textwrap::fill(
        text,
        options.word_splitter(textwrap::WordSplitter::NoHyphenation),
    )
}

/// Place and message of the panic that says most; the process may have ended
/// because of it.
fn panic_of(run: &Run) -> Option<(String, String)> {
    let panic = match &run.outcome {
        Outcome::Failed { .. } => run.outcome.panic().cloned(),
        // Those behind the first one came while it was cleaned up.
        Outcome::Aborted { .. } => run.panics().into_iter().next(),
        _ => None,
    }?;
    let message = panic.message.trim_start_matches('\n').to_owned();
    Some((panic.location, message))
}

fn seconds(limit: Duration) -> String {
    if limit == Duration::from_secs(1) {
        "1 second".to_owned()
    } else {
        format!("{} seconds", limit.as_secs_f32())
    }
}

fn last_words(run: &Run) -> String {
    let text = output(run);
    let lines: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).collect();
    let from = lines.len().saturating_sub(3);
    lines[from..].join("\n")
}

/// What the suite's report says, as far as this program acts on it.
#[derive(Debug, Default)]
struct Report {
    /// The clause that was broken.
    clause: Option<u32>,
    /// Where the engine panicked.
    panicked_at: Option<String>,
    /// Whether an operation did not return.
    is_stuck: bool,
}

impl Report {
    fn read(message: &str) -> Self {
        // Lines are wrapped anywhere.
        let words: Vec<&str> = message.split_whitespace().collect();
        let behind = |before: &[&str]| {
            let at = words.windows(before.len()).position(|w| w == before)?;
            words.get(at + before.len()).copied()
        };
        let Some(clause) = behind(&["breaks", "clause"]).and_then(|n| n.parse().ok()) else {
            return Self::default();
        };
        let panicked_at = behind(&["engine", "panicked", "at"]);
        Self {
            clause: Some(clause),
            panicked_at: panicked_at.map(|at| at.trim_end_matches(':').to_owned()),
            is_stuck: behind(&["operation", "has", "not", "returned"]).is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::Output;

    fn run(outcome: Outcome, activity: Activity, stderr: &str) -> Run {
        Run {
            outcome,
            time: Duration::ZERO,
            activity,
            output: Output {
                stdout: String::new(),
                stderr: stderr.to_owned(),
            },
        }
    }

    fn aborted(status: &str, stderr: &str) -> Ending {
        let status = status.to_owned();
        of(
            "a::ex_1_2_a",
            &run(Outcome::Aborted { status }, Activity::Unknown, stderr),
        )
    }

    #[test]
    fn endings_are_told_apart() {
        let overflow = "\nthread 'x' (7) has overflowed its stack\nfatal runtime error";
        let memory = "memory allocation of 9 bytes failed\n";
        let twice = "thread 'x' (7) panicked at src/a.rs:3:1:\nfirst\n\
            thread 'x' (7) panicked at src/a.rs:9:1:\nsecond\n\
            thread 'x' (7) panicked at core/src/panicking.rs:9:1:\n\
            panic in a destructor during cleanup\n";
        for (status, stderr, cause) in [
            (
                "signal: 6 (SIGABRT) (core dumped)",
                overflow,
                Cause::StackOverflow,
            ),
            ("exit code: 0xc00000fd", overflow, Cause::StackOverflow),
            ("signal: 6 (SIGABRT)", memory, Cause::OutOfMemory),
            ("signal: 9 (SIGKILL)", "", Cause::OutOfMemory),
            ("signal: 6 (SIGABRT)", twice, Cause::DoublePanic),
            ("exit status: 3", "", Cause::Exit),
            ("exit code: 3", "", Cause::Exit),
            ("signal: 6 (SIGABRT)", "", Cause::Abort),
            ("exit code: 0xc0000409", "", Cause::Abort),
        ] {
            assert_eq!(aborted(status, stderr).cause, cause, "{status} {stderr}");
        }
    }

    #[test]
    fn of_two_panics_the_first_one_tells() {
        let stderr = "thread 'x' (7) panicked at src/a.rs:3:1:\nfirst\n\
            thread 'x' (7) panicked at src/a.rs:9:1:\npanic in a destructor during cleanup\n";
        let ending = aborted("signal: 6 (SIGABRT)", stderr);
        assert!(
            ending.message.starts_with("first\n\nA panic dropped"),
            "{}",
            ending.message
        );
        assert_eq!(ending.location.as_deref(), Some("src/a.rs:3:1"));
    }

    #[test]
    fn a_report_of_the_suite_names_clause_place_and_silence() {
        let words = "Memory breaks clause 4\n(one order) at level concurrent.\n\n\
            The engine panicked at chapters/ch01-memory/src/a.rs:3:\n\n    why\n";
        let report = Report::read(words);
        assert_eq!(report.clause, Some(4));
        assert_eq!(
            report.panicked_at.as_deref(),
            Some("chapters/ch01-memory/src/a.rs:3")
        );
        assert!(!report.is_stuck);
        let words = words.replace(
            "The engine panicked at",
            "An operation has not returned for 10s",
        );
        assert!(Report::read(&words).is_stuck);
        assert_eq!(Report::read("assertion failed").clause, None);
    }
}
