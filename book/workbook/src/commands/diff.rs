//! `diff`: an exercise beside the reference.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use similar::{ChangeTag, TextDiff};

use super::{desk, exercise, judge, stopped};
use crate::desk::Desk;
use crate::exercise::{ExerciseId, of_crate};
use crate::fault::{indented, slashes};
use crate::progress::State;
use crate::shipped::{Body, bodies};
use crate::{ask, paint, report};

/// Which exercise to compare.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The exercise, as in 1.2.
    #[arg(value_name = "CH.EX")]
    pub exercise: ExerciseId,

    /// Show the reference before the exercise passes, after asking.
    #[arg(long)]
    pub peek: bool,

    /// Do not ask.
    #[arg(long, requires = "peek")]
    pub yes: bool,
}

/// Shows the reader's functions beside the reference's, once they pass.
///
/// # Errors
///
/// Fails if there is no such exercise, or if a source cannot be read.
pub fn run(args: &Args) -> Result<ExitCode> {
    let id = args.exercise;
    let mut desk = desk()?;
    let (mut progress, open) = desk.known();
    exercise(&progress, id)?;
    if open.contains(&id.chapter) && !args.peek && !judge(&mut desk, &mut progress, id.chapter)? {
        return Ok(stopped());
    }
    let found = exercise(&progress, id)?;
    let title = format!("{id} {}", found.title);
    let passes = found.verdict.state == State::Solved;
    if found.verdict.state == State::CompileError && !args.peek {
        let chapter = id.chapter;
        let text = format!(
            "Chapter {chapter} does not compile, so nobody knows whether {id} passes.\n\
             \n  see why  cargo run -- check {chapter}\
             \n  sure?    cargo run -- diff {id} --peek"
        );
        report::say(&format!("{}\n", indented(&text, 0)));
        return Ok(ExitCode::FAILURE);
    }
    if !passes && !args.peek {
        let text = format!(
            "{id} does not pass yet, and the reference would give it away: two \
             answers compared teach more than one that is copied.\n\
             \n  stuck?  cargo run -- hint {id}\
             \n  sure?   cargo run -- diff {id} --peek"
        );
        report::say(&format!("{}\n", indented(&text, 0)));
        return Ok(ExitCode::FAILURE);
    }
    let question = format!("Show the reference for {id} before it passes?");
    if !passes && !ask::yes(&question, args.yes)? {
        report::say("Good. A hint may be enough: ");
        report::say(&format!("cargo run -- hint {id}\n"));
        return Ok(ExitCode::SUCCESS);
    }
    report::say(&format!("{}\n", paint::heading(title)));
    report::say(&compared(&desk, id)?);
    Ok(ExitCode::SUCCESS)
}

/// Each function of the exercise, the reader's lines and the reference's.
fn compared(desk: &Desk, id: ExerciseId) -> Result<String> {
    let root = desk.workspace().root();
    let chapter = desk.workspace().chapter(id.chapter)?;
    let yours = functions(root, &chapter.dir(), id)?;
    let reference = functions(root, &chapter.solution_dir(), id)?;
    let mut out = String::new();
    for (file, theirs) in &reference {
        let name = &theirs.function;
        let mine = yours.iter().find(|(_, mine)| mine.function == *name);
        let _ = writeln!(out, "\n{}", paint::heading(format!("`{name}`")));
        let Some((your_file, mine)) = mine else {
            let text = format!(
                "Exercise {id} has no `{name}` in your chapter any more. The \
                 reference is at {file}:{}.",
                theirs.line
            );
            let _ = writeln!(out, "{}", indented(&text, 0));
            continue;
        };
        let _ = writeln!(out, "{} {your_file}:{}", paint::bad("-"), mine.line);
        let _ = writeln!(out, "{} {file}:{}", paint::good("+"), theirs.line);
        let (mine, theirs) = (left(&mine.whole), left(&theirs.whole));
        if mine == theirs {
            out.push_str("The same, letter by letter.\n");
        } else {
            out.push('\n');
            out.push_str(&lines(&mine, &theirs));
        }
    }
    Ok(out)
}

/// The functions of an exercise with the files they stand in. Their docs are
/// the same on both sides, and left out.
fn functions(root: &Path, dir: &Path, id: ExerciseId) -> Result<Vec<(String, Body)>> {
    let mut found = Vec::new();
    for function in of_crate(root, dir)?.into_iter().filter(|e| e.id == id) {
        let file = slashes(&function.file);
        let text = fs::read_to_string(root.join(&function.file))
            .with_context(|| format!("cannot read {file}"))?;
        let mut bodies = bodies(&text.replace("\r\n", "\n"));
        bodies.retain(|body| body.id == id && body.function == function.function);
        found.extend(bodies.pop().map(|body| (file, body)));
    }
    Ok(found)
}

/// As far to the left as its first line goes, and ended by a newline.
fn left(text: &str) -> String {
    let indent = text.len() - text.trim_start_matches(' ').len();
    let mut out = String::new();
    for line in text.lines() {
        let blank = line.len() - line.trim_start_matches(' ').len();
        out.push_str(line[blank.min(indent)..].trim_end());
        out.push('\n');
    }
    out
}

fn lines(yours: &str, theirs: &str) -> String {
    let diff = TextDiff::from_lines(yours, theirs);
    let mut out = String::new();
    for change in diff.iter_all_changes() {
        let line = change.value().trim_end();
        let line = match change.tag() {
            ChangeTag::Equal => format!("  {line}"),
            ChangeTag::Delete => paint::bad(format!("- {line}")),
            ChangeTag::Insert => paint::good(format!("+ {line}")),
        };
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}
