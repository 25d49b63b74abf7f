//! `check`: the tests of an exercise, a chapter, or all that was begun.

use std::process::ExitCode;

use anyhow::{Result, bail};

use super::{Format, Limit, desk, exercise, exit, json, judge, next, no_such, stopped, under};
use crate::desk::Desk;
use crate::exercise::{ExerciseId, NotAScope, Scope};
use crate::progress::{Progress, State};
use crate::report;
use crate::ticker::Ticker;

/// What to check.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A chapter, as in 1, or an exercise, as in 1.2, with those before it in
    /// its chapter; everything you have begun if left out.
    #[arg(value_name = "CH|CH.EX", default_value = "", hide_default_value = true, value_parser = scope)]
    pub scope: Scope,

    /// Show what every failing test of the exercise says, not the first alone.
    #[arg(long)]
    pub all: bool,

    /// How to write it.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,

    /// How long a test may take.
    #[command(flatten)]
    pub limit: Limit,
}

fn scope(text: &str) -> Result<Scope, NotAScope> {
    if text.is_empty() {
        Ok(Scope::All)
    } else {
        text.parse()
    }
}

/// Runs the tests and says how they went; success if all of it is solved.
///
/// # Errors
///
/// Fails if there is no such exercise, or if a test cannot be run.
pub fn run(args: &Args) -> Result<ExitCode> {
    let mut desk = desk()?;
    desk.say_what_is_not_mirrored();
    desk.limit(args.limit.time());
    match args.scope {
        Scope::Exercise(id) => one(&mut desk, id, args),
        scope => chapters(&mut desk, scope, args),
    }
}

fn chapters(desk: &mut Desk, scope: Scope, args: &Args) -> Result<ExitCode> {
    let format = args.format;
    let (mut progress, _) = desk.known();
    let asked: Vec<u32> = progress.chapters.iter().map(|c| c.number).collect();
    let asked: Vec<u32> = asked.into_iter().filter(|n| scope.touches(*n)).collect();
    if asked.is_empty() {
        bail!("{}", no_such(&progress, scope));
    }
    let mut solved = true;
    for &number in &asked {
        let chapter = desk.workspace().chapter(number)?.clone();
        let begun = scope != Scope::All || !desk.is_untouched(&chapter);
        if begun && !judge(desk, &mut progress, number)? {
            return Ok(stopped());
        }
        if format == Format::Text {
            report::say(&shown(&progress, number, begun, args.all));
        }
        solved &= progress.chapter(number).is_some_and(|c| c.is_solved());
    }
    match format {
        Format::Text => report::say(&next(desk, &progress)),
        Format::Json => report::say(&json::check(&progress, &asked, None, solved)),
    }
    Ok(exit(solved))
}

/// A chapter's map, and why its current exercise fails.
fn shown(progress: &Progress, number: u32, begun: bool, all: bool) -> String {
    let Some(chapter) = progress.chapter(number) else {
        return String::new();
    };
    if !begun {
        return format!("{number}. {}: not begun yet.\n\n", chapter.title);
    }
    let mut out = report::chapter_map(chapter, progress.next.as_deref());
    let current = chapter.exercises.iter().find(|e| !e.is_solved());
    if let Some(current) = current
        && chapter.trouble.is_none()
    {
        out.push('\n');
        out.push_str(&report::exercise(current, &current.verdict));
        if all {
            out.push_str(&report::others(&current.verdict));
        }
    }
    out.push('\n');
    out
}

/// What to do about an exercise that is not started; nothing about any other.
fn how_to_begin(desk: &Desk, progress: &Progress, id: ExerciseId) -> Result<String> {
    let found = exercise(progress, id)?;
    if found.verdict.state != State::NotStarted {
        return Ok(String::new());
    }
    let steps = report::steps(found, desk.place_of(id).as_ref());
    Ok(format!("\n{steps}"))
}

fn one(desk: &mut Desk, id: ExerciseId, args: &Args) -> Result<ExitCode> {
    let format = args.format;
    let (mut progress, _) = desk.known();
    exercise(&progress, id)?;
    let chapter = desk.workspace().chapter(id.chapter)?.clone();
    let listed = progress.clone();
    let under = under(&Ticker::begin(format!("Judging exercise {id}")));
    let mut solved = true;
    let judged = desk.judge_through(&chapter, id, &under, |judged, verdict| {
        let Some(exercise) = listed.exercise(&judged.to_string()) else {
            return;
        };
        solved &= verdict.state == State::Solved;
        if format == Format::Text {
            report::say(&if judged == id && verdict.state.is_failure() {
                let others = match args.all {
                    true => report::others(verdict),
                    false => String::new(),
                };
                report::exercise(exercise, verdict) + &others
            } else {
                report::line(exercise, verdict)
            });
        }
    })?;
    drop(under);
    let Some(judged) = judged else {
        return Ok(stopped());
    };
    solved &= judged.trouble.is_none();
    progress.apply(id.chapter, &judged);
    match (format, &judged.trouble) {
        (Format::Json, _) => {
            report::say(&json::check(&progress, &[id.chapter], Some(id), solved));
        }
        (Format::Text, Some(trouble)) => report::say(&report::failure(trouble, 0)),
        (Format::Text, None) if solved => {
            let closing = progress.chapter(id.chapter).map(report::closing);
            let closing = closing.unwrap_or_default();
            report::say(&format!("\n{closing}{}", next(desk, &progress)));
        }
        (Format::Text, None) => report::say(&how_to_begin(desk, &progress, id)?),
    }
    Ok(exit(solved))
}
