//! The command line.

use std::env;
use std::io;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};

use crate::desk::Desk;
use crate::engines::{delete, get, put, scan, shell};
use crate::exercise::{ExerciseId, Scope};
use crate::progress::Progress;
use crate::runner::Cancel;
use crate::{author, hints, inspect, preprocess, report, serve};

/// The book, your progress in it, and the commands that help you write it.
///
/// Without a command the book opens on localhost, shows your progress on its
/// pages, and judges each save under chapters/.
#[derive(Debug, Parser)]
#[command(
    name = "workbook",
    bin_name = "cargo run --",
    version,
    max_term_width = 80
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// The port to open the book on; another is taken if it is in use.
    #[arg(long, default_value_t = serve::PORT)]
    pub port: u16,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the map of the book: what is solved, what is next, and how.
    ///
    /// Chapters whose sources changed since they were last judged are judged
    /// first.
    Status,

    /// Run the tests of a chapter or an exercise, from scratch.
    ///
    /// Ends with success only if everything that was checked is solved.
    Check(Check),

    /// Show a hint on an exercise: a question, the invariant, or a sketch.
    Hint(Hint),

    /// Talk to an engine, line by line.
    Shell(shell::Shell),

    /// Show the value under a key of an engine.
    Get(get::Get),

    /// Store a value under a key of an engine, and sync.
    Put(put::Put),

    /// Remove a key from an engine, and sync.
    Delete(delete::Delete),

    /// Show an engine's entries, in the order of their keys.
    Scan(scan::Scan),

    /// Show an engine's files, byte by byte, with what each byte means.
    Inspect(inspect::Inspect),

    /// For authors: derive the chapters, and check what readers will get.
    #[command(subcommand)]
    Author(author::Command),

    /// For mdBook: resolve the directives of the pages.
    ///
    /// Reads mdBook's JSON from standard input and answers it on standard
    /// output.
    #[command(hide = true)]
    Preprocess {
        /// mdBook's question: `supports` and a renderer. Every one is.
        #[arg(num_args = 0..=2)]
        question: Vec<String>,
    },
}

/// What to check.
#[derive(Debug, Args)]
pub struct Check {
    /// A chapter, as in 2, or an exercise, as in 2.3, with those before it in
    /// its chapter; everything you have begun if left out.
    #[arg(value_name = "CH|CH.EX", default_value = "", hide_default_value = true, value_parser = scope)]
    pub scope: Scope,
}

/// Which hint to show.
#[derive(Debug, Args)]
pub struct Hint {
    /// The exercise, as in 2.3.
    #[arg(value_name = "CH.EX")]
    pub exercise: ExerciseId,

    /// How much to give away: 1 a question, 2 the invariant, 3 a sketch.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=3))]
    pub rung: u8,
}

fn scope(text: &str) -> Result<Scope, crate::exercise::NotAnExercise> {
    if text.is_empty() {
        Ok(Scope::All)
    } else {
        text.parse()
    }
}

/// Runs the command that was asked for.
///
/// # Errors
///
/// Fails with a sentence for the person at the terminal.
pub fn run(cli: Cli) -> Result<ExitCode> {
    match cli.command {
        None => serve::run(desk()?, cli.port).map(|()| ExitCode::SUCCESS),
        Some(Command::Status) => status(),
        Some(Command::Check(check)) => match check.scope {
            Scope::Exercise(id) => check_exercise(id),
            scope => check_chapters(scope),
        },
        Some(Command::Hint(hint)) => show_hint(&hint),
        Some(Command::Shell(shell)) => shell::run(&shell),
        Some(Command::Get(get)) => get::run(&get),
        Some(Command::Put(put)) => put::run(&put),
        Some(Command::Delete(delete)) => delete::run(&delete),
        Some(Command::Scan(scan)) => scan::run(&scan),
        Some(Command::Inspect(inspect)) => inspect::run(&inspect),
        Some(Command::Author(command)) => author::run(&command),
        Some(Command::Preprocess { question }) => {
            if question.is_empty() {
                preprocess::speak(io::stdin().lock(), io::stdout().lock())?;
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn desk() -> Result<Desk> {
    Desk::at(&env::current_dir().context("cannot tell the current folder")?)
}

fn status() -> Result<ExitCode> {
    let mut desk = desk()?;
    let (mut progress, open) = desk.known();
    for number in open {
        judge(&mut desk, &mut progress, number)?;
    }
    report::say(&report::map(&progress));
    Ok(ExitCode::SUCCESS)
}

/// Judges a chapter and says meanwhile that it takes a moment.
fn judge(desk: &mut Desk, progress: &mut Progress, number: u32) -> Result<()> {
    let chapter = desk.workspace().chapter(number)?.clone();
    eprintln!("Judging chapter {number} …");
    if let Some(verdict) = desk.judge(&chapter, Cancel::default(), |_, _| {})? {
        progress.apply(number, &verdict);
    }
    Ok(())
}

fn check_chapters(scope: Scope) -> Result<ExitCode> {
    let mut desk = desk()?;
    let (mut progress, _) = desk.known();
    let asked: Vec<u32> = progress.chapters.iter().map(|c| c.number).collect();
    let asked: Vec<u32> = asked.into_iter().filter(|n| scope.touches(*n)).collect();
    if asked.is_empty() {
        anyhow::bail!("{}", no_such(&progress, scope));
    }
    let mut solved = true;
    for number in asked {
        let chapter = desk.workspace().chapter(number)?.clone();
        if scope == Scope::All && desk.is_untouched(&chapter) {
            if let Some(chapter) = progress.chapter(number) {
                report::say(&format!("{number}. {}: not begun yet.\n\n", chapter.title));
            }
            solved = false;
            continue;
        }
        judge(&mut desk, &mut progress, number)?;
        let Some(judged) = progress.chapter(number) else {
            continue;
        };
        report::say(&report::chapter_map(judged, progress.next.as_deref()));
        let current = judged.exercises.iter().find(|e| !e.is_solved());
        solved &= current.is_none();
        match current {
            Some(current) if judged.trouble.is_none() => {
                report::say(&format!(
                    "\n{}",
                    report::exercise(current, &current.verdict)
                ));
            }
            _ => {}
        }
        report::say("\n");
    }
    report::say(&report::next(&progress));
    Ok(exit(solved))
}

fn check_exercise(id: ExerciseId) -> Result<ExitCode> {
    let desk = desk()?;
    let (mut progress, _) = desk.known();
    if progress.exercise(&id.to_string()).is_none() {
        anyhow::bail!("{}", no_such(&progress, Scope::Exercise(id)));
    }
    let chapter = desk.workspace().chapter(id.chapter)?;
    let listed = progress.clone();
    let mut solved = true;
    let verdict = desk.judge_through(chapter, id, |judged, verdict| {
        let Some(exercise) = listed.exercise(&judged.to_string()) else {
            return;
        };
        solved &= verdict.state == crate::progress::State::Solved;
        if judged == id && verdict.state.is_failure() {
            report::say(&report::exercise(exercise, verdict));
        } else {
            report::say(&report::line(exercise, verdict));
        }
    })?;
    if let Some(trouble) = &verdict.trouble {
        report::say(&report::failure(trouble, 0));
        return Ok(exit(false));
    }
    progress.apply(id.chapter, &verdict);
    if solved {
        report::say(&format!("\n{}", report::next(&progress)));
    }
    Ok(exit(solved))
}

fn show_hint(hint: &Hint) -> Result<ExitCode> {
    let desk = desk()?;
    let id = hint.exercise;
    let Some(entry) = desk.outline().exercise(id) else {
        let (progress, _) = desk.known();
        anyhow::bail!("{}", no_such(&progress, Scope::Exercise(id)));
    };
    let all = hints::read(desk.workspace().root(), entry)?;
    let rung = usize::from(hint.rung);
    let shown = all.get(rung - 1).context("an exercise has three hints")?;
    report::say(&format!("{id} {}\n", entry.title));
    report::say(&format!("{}\n\n", shown.title));
    report::say(&format!("{}\n", hints::for_terminal(&shown.text)));
    if let Some(further) = all.get(rung) {
        report::say(&format!(
            "\nMore: cargo run -- hint {id} --rung {}\n",
            rung + 1
        ));
        report::say(&format!("  ({})\n", further.title));
    }
    Ok(ExitCode::SUCCESS)
}

fn no_such(progress: &Progress, scope: Scope) -> String {
    let (what, number) = match scope {
        Scope::All => return "The book has no exercises yet.".to_owned(),
        Scope::Chapter(number) => (format!("chapter {number}"), number),
        Scope::Exercise(id) => (format!("exercise {id}"), id.chapter),
    };
    match progress.chapter(number).map(|c| c.exercises.as_slice()) {
        Some([first, .., last]) => {
            format!(
                "there is no {what}; chapter {number} has {} to {}",
                first.id, last.id
            )
        }
        Some([only]) => format!("there is no {what}; chapter {number} has {}", only.id),
        _ => {
            let there: Vec<String> = progress
                .chapters
                .iter()
                .map(|c| format!("{} {}", c.number, c.title))
                .collect();
            format!("there is no {what}; chapters: {}", there.join(", "))
        }
    }
}

fn exit(success: bool) -> ExitCode {
    if success {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
