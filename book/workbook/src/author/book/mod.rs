//! `author book`, the *book* gate: what the book says is so.
//!
//! | module | checks |
//! |---|---|
//! | [`pages`] | exercises have their pages, pages their frame, paths exist |
//! | [`commands`] | commands name packages and subcommands that there are |
//! | [`console`] | what a page says a command prints is what it prints |
//! | [`links`] | links, anchors and pictures of the rendered book |
//!
//! Every fault is collected before the gate fails.

mod commands;
mod console;
mod links;
mod output;
mod pages;
mod sandbox;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::derive::read_all;
use super::progress::Progress;
use super::solution::Solution;
use crate::exercise::ExerciseId;
use crate::fault::{Fault, Faults};
use crate::files;
use crate::outline::Outline;
use crate::preprocess::PAGES;
use crate::workspace::Workspace;

/// What the gate looked at, and what is wrong.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// Everything that is not so, at its page and line.
    pub faults: Faults,
    /// Pages of the book.
    pub pages: usize,
    /// Links followed.
    pub links: usize,
    /// Commands whose output was compared.
    pub commands: usize,
    /// How long it took.
    pub time: Duration,
}

/// What the checks look at.
struct Book<'a> {
    workspace: &'a Workspace,
    outline: Outline,
    /// Every page below `book/src`, the table of contents left out.
    pages: Vec<Page>,
    /// The exercises that the solutions hold.
    exercises: BTreeSet<ExerciseId>,
}

/// A page, as it was written.
struct Page {
    /// From the repository's root.
    path: PathBuf,
    text: String,
}

impl Page {
    /// From `book/src`.
    fn listed(&self) -> &Path {
        self.path.strip_prefix(PAGES).unwrap_or(&self.path)
    }
}

/// Checks the book.
///
/// # Errors
///
/// Fails if the book or the solutions cannot be read at all; what is wrong in
/// them is in the answer.
pub(super) fn check(workspace: &Workspace) -> Result<Checked> {
    let start = Instant::now();
    let progress = Progress::on_stderr();
    let solutions = read_all(workspace)?;
    let book = read(workspace, &solutions)?;
    let mut faults = Faults(book.outline.faults.clone());
    progress.show("reading the pages");
    pages::check(&book, &mut faults);
    let metadata = workspace.metadata()?;
    commands::check(&book, &metadata, &mut faults);
    progress.show("rendering the book");
    let target_dir = metadata.target_directory.as_std_path();
    let links = rendered(&book, target_dir, &mut faults)?;
    let sandbox = sandbox::Sandbox::open(workspace, solutions, &metadata)?;
    let commands = console::check(&book, sandbox, &progress, &mut faults)?;
    progress.clear();
    faults.0.sort();
    faults.0.dedup();
    Ok(Checked {
        faults,
        pages: book.pages.len(),
        links,
        commands,
        time: start.elapsed(),
    })
}

fn read<'a>(workspace: &'a Workspace, solutions: &[Solution]) -> Result<Book<'a>> {
    let root = workspace.root();
    let mut pages = Vec::new();
    for file in files::below(&root.join(PAGES))? {
        let is_page = file.extension().is_some_and(|e| e == "md");
        if is_page && file != Path::new("SUMMARY.md") {
            let path = Path::new(PAGES).join(&file);
            let text = std::fs::read_to_string(root.join(&path))
                .with_context(|| format!("cannot read {}", path.display()))?;
            pages.push(Page { path, text });
        }
    }
    Ok(Book {
        workspace,
        outline: Outline::read(root)?,
        pages,
        exercises: solutions.iter().flat_map(Solution::exercises).collect(),
    })
}

/// Renders the book and follows its links; answers how many there were.
fn rendered(book: &Book<'_>, target_dir: &Path, faults: &mut Faults) -> Result<usize> {
    // Beside the book that `cargo run` shows: a faulty one is not for readers.
    let out = target_dir.join("author").join("rendered");
    match crate::book::build(book.workspace.root(), &out) {
        Ok(built) => {
            for warning in built.warnings {
                let what = format!("mdBook warns: {warning}");
                faults.0.push(Fault::of(PAGES, what));
            }
            links::check(book, &out, faults)
        }
        Err(error) => {
            match error.downcast::<Faults>() {
                Ok(found) => faults.0.extend(found.0),
                Err(error) => {
                    let what = format!("The book cannot be rendered: {error:#}.");
                    faults.0.push(Fault::of(PAGES, what));
                }
            }
            Ok(0)
        }
    }
}
