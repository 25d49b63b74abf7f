//! The gates of those who write chapters.
//!
//! `solutions/` is written by hand, `chapters/` is derived from it. Three gates
//! keep the two honest; they run before a commit and in continuous
//! integration, never as tests, because readers edit `chapters/`.
//!
//! | gate | command | says |
//! |---|---|---|
//! | *fresh* | `author derive --check` | deriving again changes nothing |
//! | *ladder* | `author ladder` | each exercise can be reached, none skipped |
//! | *book* | `author book` | what the book says is so |
//!
//! Beside them, `author render` makes the book as files, to be published.

mod book;
mod derive;
mod fresh;
mod ladder;
mod manifest;
mod progress;
mod render;
mod rules;
mod scan;
mod solution;
mod splice;
mod tree;

use std::{collections::BTreeMap, env, path::PathBuf, process::ExitCode, time::Duration};

use anyhow::{Context, Result};
use clap::Subcommand;

use crate::{
    exercise::Scope,
    fault::Faults,
    fault::slashes,
    workspace::{Chapter, Workspace},
};

use solution::Solution;

pub use book::Checked;
pub use derive::{Derived, derive};
pub use fresh::check;
pub use ladder::{Report, ladder};
pub use render::{Rendered, render};

/// The files of a chapter as readers get it; paths from its folder.
///
/// # Errors
///
/// Fails if the solution cannot be read or is not Rust.
pub(crate) fn shipped(
    workspace: &Workspace,
    chapter: &Chapter,
) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    Solution::read(workspace, chapter)?.derived()
}

/// What authors do and readers do not.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write chapters/ from solutions/, or check that it is up to date.
    Derive {
        /// Change nothing; fail if deriving would, or if the derived text does
        /// not compile without a warning.
        #[arg(long)]
        check: bool,
        /// Overwrite edits in chapters/ that are nowhere else.
        #[arg(long, conflicts_with = "check")]
        force: bool,
    },
    /// Check that what the book says is so: excerpts, paths, links, exercises,
    /// commands, and what they print.
    Book,
    /// Check that each exercise can be solved with only the earlier ones
    /// solved, and that each of its tests fails without it.
    Ladder {
        /// A chapter (2) or an exercise (2.3); everything if left out.
        scope: Option<Scope>,
        /// Seconds that a test may run.
        #[arg(long, value_name = "SECONDS", default_value_t = 60)]
        limit: u64,
    },
    /// Render the book into a folder, to be published as files.
    Render {
        /// The folder: a new one, an empty one, or one that holds such a book.
        dir: PathBuf,
        /// The path at which the folder will stand on its site, as in /strata/.
        #[arg(long, value_name = "PATH", value_parser = render::site_url)]
        site_url: Option<String>,
    },
}

/// Runs one of the authors' commands, in the workspace around the current
/// folder.
///
/// # Errors
///
/// Fails with sentences for the person at the terminal.
pub fn run(command: &Command) -> Result<ExitCode> {
    let here = env::current_dir().context("the current folder is gone")?;
    let workspace = Workspace::find(&here)?;
    match command {
        Command::Derive { check: true, .. } => {
            check(&workspace)?;
            println!("fresh: every chapter is what its solution derives to.");
            Ok(ExitCode::SUCCESS)
        }
        Command::Derive { force, .. } => {
            show_derived(&derive(&workspace, *force)?);
            Ok(ExitCode::SUCCESS)
        }
        Command::Book => Ok(show_checked(&book::check(&workspace)?)),
        Command::Ladder { scope, limit } => {
            let limit = Duration::from_secs(*limit);
            let report = ladder(&workspace, scope.unwrap_or_default(), limit)?;
            Ok(show_report(&report))
        }
        Command::Render { dir, site_url } => {
            show_rendered(&render(&workspace, dir, site_url.as_deref())?);
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn show_derived(derived: &Derived) {
    for path in &derived.written {
        println!("wrote   {}", slashes(path));
    }
    for path in &derived.removed {
        println!("removed {}", slashes(path));
    }
    if derived.written.is_empty() && derived.removed.is_empty() {
        println!("Nothing to do: chapters/ is up to date.");
    }
}

fn show_report(report: &Report) -> ExitCode {
    let exit = show_faults(&report.faults);
    let verdict = match report.faults.0.len() {
        0 => "every step holds".to_owned(),
        1 => "1 step does not hold".to_owned(),
        count => format!("{count} steps do not hold"),
    };
    println!(
        "ladder: {}, {}, {} in {:.1} s: {verdict}.",
        counted(report.exercises, "exercise"),
        counted(report.tests, "test"),
        counted(report.runs, "run"),
        report.time.as_secs_f32()
    );
    exit
}

fn show_checked(checked: &Checked) -> ExitCode {
    let exit = show_faults(&checked.faults);
    let verdict = match checked.faults.0.len() {
        0 => "what they say is so".to_owned(),
        count => format!("{} to mend", counted(count, "fault")),
    };
    println!(
        "book: {}, {}, {} run in {:.1} s: {verdict}.",
        counted(checked.pages, "page"),
        counted(checked.links, "link"),
        counted(checked.commands, "command"),
        checked.time.as_secs_f32()
    );
    exit
}

/// Prints what is wrong, if anything is, and answers what that ends with.
fn show_faults(faults: &Faults) -> ExitCode {
    if faults.0.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("{faults}\n");
    ExitCode::FAILURE
}

fn show_rendered(rendered: &Rendered) {
    println!(
        "rendered {}, {} of them changed. Begin with\n    {}",
        counted(rendered.files, "file"),
        rendered.changed,
        rendered.start.display()
    );
}

fn counted(count: usize, what: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {what}{ending}")
}
