//! How a test ended, and what its panics say.

use std::{fmt, process::ExitStatus, time::Duration};

use super::gauge::Activity;
use super::process::{End, Finished, Limits, Output};
use crate::exercise::ExerciseId;

/// A test that has run.
#[derive(Debug, Clone)]
pub struct Run {
    /// How it ended.
    pub outcome: Outcome,
    /// How long its process lived.
    pub time: Duration,
    /// What it wrote, bounded.
    pub output: Output,
    /// What it did last, for one that did not end.
    pub activity: Activity,
}

/// How a test ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The test ran and passed.
    Passed,
    /// The test panicked or returned an error.
    Failed {
        /// Every panic that was reported, in order. There are several when a
        /// thread's panic brings down the test that joins it, or when a
        /// property is shrunk; there is none when a test returns an error.
        panics: Vec<Panic>,
    },
    /// The test took longer than its limit and was killed.
    TimedOut {
        /// The limit.
        limit: Duration,
    },
    /// The test took more memory than its limit and was killed.
    TooLarge {
        /// The limit, in bytes.
        limit_bytes: u64,
    },
    /// The process ended without a verdict: an abort, a stack overflow, a
    /// signal, or a call to `process::exit`.
    Aborted {
        /// How the process ended, in the system's words.
        status: String,
    },
}

/// One panic, as the standard hook reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panic {
    /// The thread that panicked.
    pub thread: String,
    /// `file:line:column`.
    pub location: String,
    /// The message; it may have several lines.
    pub message: String,
}

impl Outcome {
    /// Whether the test passed.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        *self == Self::Passed
    }

    /// Whether the test ran into `exercise` before it was written.
    ///
    /// Any panic counts: the last one may only say that a thread panicked.
    #[must_use]
    pub fn reached_todo(&self, exercise: ExerciseId) -> bool {
        let Self::Failed { panics } = self else {
            return false;
        };
        panics.iter().any(|p| p.todo() == Some(exercise))
    }

    /// The first unwritten exercise that the test ran into.
    #[must_use]
    pub fn todo(&self) -> Option<ExerciseId> {
        let Self::Failed { panics } = self else {
            return None;
        };
        panics.iter().find_map(Panic::todo)
    }

    /// The panic that says most about the failure: the last one, unless that
    /// only passes on what happened in another thread.
    #[must_use]
    pub fn panic(&self) -> Option<&Panic> {
        let Self::Failed { panics } = self else {
            return None;
        };
        let tells = |p: &&Panic| !p.passes_on();
        panics.iter().rfind(tells).or(panics.last())
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => write!(f, "passed"),
            Self::Failed { .. } => match self.panic() {
                Some(panic) => write!(f, "failed: {}", panic.message),
                None => write!(f, "failed"),
            },
            Self::TimedOut { limit } => {
                write!(f, "was still running after {} s", limit.as_secs_f32())
            }
            Self::TooLarge { limit_bytes } => {
                write!(f, "took more than {} MiB of memory", limit_bytes >> 20)
            }
            Self::Aborted { status } => {
                write!(f, "ended without a verdict: {status}")
            }
        }
    }
}

impl Panic {
    /// The exercise whose `todo!()` this is.
    #[must_use]
    pub fn todo(&self) -> Option<ExerciseId> {
        ExerciseId::of_todo(&self.message)
    }

    /// Whether this panic only says that another thread panicked, or that a
    /// lock was poisoned by one.
    fn passes_on(&self) -> bool {
        self.message == "a scoped thread panicked"
            || self.message.contains("value: Any { .. }")
            || self.message.contains("PoisonError")
    }

    /// Every panic that the standard hook reported on `stderr`.
    ///
    /// ```text
    /// thread 'main' (4711) panicked at src/store.rs:12:5:
    /// the message, to the next panic, the hook's note, or the end
    /// note: run with `RUST_BACKTRACE=1` …
    /// ```
    fn read_all(stderr: &str) -> Vec<Self> {
        let mut panics: Vec<Self> = Vec::new();
        let mut within = false;
        for line in stderr.lines() {
            if let Some(panic) = Self::read_head(line) {
                panics.push(panic);
                within = true;
            } else if line.starts_with("note: run with `RUST_BACKTRACE=")
                || line == "stack backtrace:"
            {
                within = false;
            } else if let Some(panic) = panics.last_mut().filter(|_| within) {
                panic.message.push_str(line);
                panic.message.push('\n');
            }
        }
        for panic in &mut panics {
            panic.message.truncate(panic.message.trim_end().len());
        }
        panics
    }

    fn read_head(line: &str) -> Option<Self> {
        let (thread, rest) = line.strip_prefix("thread '")?.split_once('\'')?;
        let (_, location) = rest.split_once("panicked at ")?;
        Some(Self {
            thread: thread.to_owned(),
            location: location.strip_suffix(':')?.to_owned(),
            message: String::new(),
        })
    }
}

impl Run {
    /// Every panic that was reported, those that the test got over included.
    #[must_use]
    pub fn panics(&self) -> Vec<Panic> {
        Panic::read_all(&self.output.stderr)
    }

    /// Judges a process that ran exactly one test.
    pub(super) fn judge(finished: Finished, limits: &Limits) -> Self {
        let Finished {
            end,
            output,
            time,
            activity,
        } = finished;
        let outcome = match end {
            End::OutOfTime => Outcome::TimedOut { limit: limits.time },
            End::OutOfMemory => Outcome::TooLarge {
                limit_bytes: limits.memory_bytes,
            },
            End::Own(status) => verdict(status, &output),
        };
        Self {
            outcome,
            time,
            output,
            activity,
        }
    }
}

/// The status alone would take a `process::exit(0)` for a pass.
fn verdict(status: ExitStatus, output: &Output) -> Outcome {
    if status.success() && output.stdout.contains("test result: ok. 1 passed") {
        Outcome::Passed
    } else if status.code() == Some(101) && output.stdout.contains("test result: FAILED") {
        Outcome::Failed {
            panics: Panic::read_all(&output.stderr),
        }
    } else {
        Outcome::Aborted {
            status: status.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO_PANICS: &str = "\
noise before

thread '<unnamed>' (7) panicked at src/store.rs:12:5:
not yet implemented: exercise 1.2: Writes it
all at once.
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace

thread 'main' (3) panicked at src/tests.rs:4:9:
a scoped thread panicked
";

    #[test]
    fn panics_are_read_with_all_their_lines() {
        let panics = Panic::read_all(TWO_PANICS);
        assert_eq!(panics.len(), 2);
        assert_eq!(panics[0].location, "src/store.rs:12:5");
        assert_eq!(
            panics[0].message,
            "not yet implemented: exercise 1.2: Writes it\nall at once."
        );
        let outcome = Outcome::Failed { panics };
        assert_eq!(outcome.todo(), "1.2".parse().ok());
        assert_eq!(
            outcome.panic().map(|p| p.thread.as_str()),
            Some("<unnamed>")
        );
    }

    #[test]
    fn a_todo_is_told_from_a_longer_number() {
        let panic = |message: &str| Panic {
            thread: "main".into(),
            location: "a.rs:1:1".into(),
            message: message.into(),
        };
        assert_eq!(panic("exercise 1.12: x").todo(), "1.12".parse().ok());
        assert_eq!(panic("exercise 1.2.").todo(), "1.2".parse().ok());
        assert_eq!(panic("exercise is healthy").todo(), None);
    }
}
