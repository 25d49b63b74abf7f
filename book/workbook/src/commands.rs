//! What each command of readers does, in a module of its own.

pub mod bench;
pub mod build_on;
pub mod check;
pub mod diff;
pub mod hint;
pub mod json;
pub mod read;
pub mod reset;
pub mod restore;
pub mod status;
pub mod update;

use std::env;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::desk::{Desk, Under};
use crate::exercise::{ExerciseId, Scope};
use crate::judge::TIME_LIMIT;
use crate::progress::{ExerciseProgress, Progress};
use crate::ticker::Ticker;
use crate::{fault, interrupt, paint, report, runner};

/// How an answer is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For a person at a terminal.
    #[default]
    Text,
    /// For a program: one JSON object; see the page on how to use the book.
    Json,
}

/// Lays out the desk of the workspace around the current folder.
///
/// # Errors
///
/// Fails if there is no workspace, or no table of contents in it.
pub fn desk() -> Result<Desk> {
    Desk::at(&env::current_dir().context("cannot tell the current folder")?)
}

/// Judging that says how far it is, and that ends together with the tests it
/// has started: by Ctrl-C, or by being killed.
fn under(ticker: &Ticker) -> Under {
    runner::start_guard();
    let under = Under {
        listener: ticker.listener(),
        ..Under::default()
    };
    interrupt::stops(&under.cancel);
    under
}

/// Judges a chapter and takes over what was found; false if Ctrl-C ended it.
fn judge(desk: &mut Desk, progress: &mut Progress, number: u32) -> Result<bool> {
    let chapter = desk.workspace().chapter(number)?.clone();
    let under = under(&Ticker::announce(format!("Judging chapter {number}")));
    let judged = desk.judge(&chapter, &under, |_, _| {})?;
    if let Some(verdict) = &judged {
        progress.apply(number, verdict);
    }
    Ok(judged.is_some())
}

/// What to do next.
fn next(desk: &Desk, progress: &Progress) -> String {
    report::next(progress, desk.place_of_next(progress).as_ref())
}

/// How long a test may take, for the commands that run some.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Limit {
    /// Seconds that a test may take; one that takes longer counts as endless.
    #[arg(
        long = "limit",
        value_name = "SECONDS",
        default_value_t = TIME_LIMIT.as_secs(),
        value_parser = seconds,
        allow_negative_numbers = true
    )]
    seconds: u64,
}

impl Limit {
    /// The time.
    pub fn time(self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

fn seconds(text: &str) -> Result<u64, String> {
    let seconds = text.parse().ok().filter(|seconds| *seconds > 0);
    seconds.ok_or_else(|| "it takes seconds: a whole number, from 1 on".to_owned())
}

/// What a command says that Ctrl-C ended.
fn stopped() -> ExitCode {
    eprintln!("Stopped. What was not judged by then is as it was.");
    ExitCode::from(interrupt::INTERRUPTED)
}

fn exit(success: bool) -> ExitCode {
    if success {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// What a command says of an argument that does not fit what is there.
fn not_understood(what: &str) -> ExitCode {
    const STATUS: u8 = 2;
    let said = fault::indented(&format!("error: {what}"), 0);
    anstream::eprintln!("{}", said.replacen("error:", &paint::bad("error:"), 1));
    ExitCode::from(STATUS)
}

/// The exercise of that number.
fn exercise(progress: &Progress, id: ExerciseId) -> Result<&ExerciseProgress> {
    let Some(found) = progress.exercise(&id.to_string()) else {
        bail!("{}", no_such(progress, Scope::Exercise(id)));
    };
    Ok(found)
}

fn no_such(progress: &Progress, scope: Scope) -> String {
    let (what, number) = match scope {
        Scope::All => return "the book has no exercises yet".to_owned(),
        Scope::Chapter(number) => (format!("chapter {number}"), number),
        Scope::Exercise(id) => (format!("exercise {id}"), id.chapter),
    };
    if progress.chapter(number).is_none() {
        let why = match number {
            0 => "has no exercises: it is there to be read",
            number if progress.to_come.iter().any(|c| c.number == number) => "is not written yet",
            _ => "is none of the book's",
        };
        let there: Vec<String> = progress
            .chapters
            .iter()
            .map(|c| format!("{} {}", c.number, c.title))
            .collect();
        return format!(
            "chapter {number} {why}. Chapters with exercises: {}.",
            there.join(", ")
        );
    }
    match progress.chapter(number).map(|c| c.exercises.as_slice()) {
        Some([first, .., last]) => {
            format!(
                "there is no {what}; chapter {number} has {} to {}",
                first.id, last.id
            )
        }
        Some([only]) => format!("there is no {what}; chapter {number} has {}", only.id),
        _ => format!("there is no {what}; chapter {number} has no exercises yet"),
    }
}

/// `1 exercise`, `2 exercises`.
fn counted(count: usize, what: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {what}{ending}")
}
