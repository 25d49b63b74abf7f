//! What `--format json` writes: a shape that stays, whatever the program's own
//! types become.
//!
//! | field | holds |
//! |---|---|
//! | `version` | 1; a field that changes its meaning or goes makes it 2 |
//! | `command` | `status` or `check` |
//! | `solved`, `total` | exercises, of those that are listed |
//! | `success` | whether all that was asked for is solved |
//! | `next` | the number of the first exercise that is not, or null |
//! | `chapters` | each with `number`, `title`, `page`, `package`, `builds_on`, `trouble` and `exercises` |
//!
//! `trouble` is null or a verdict; an exercise has `id`, `title`, `page` and the
//! fields of a verdict. Fields may be added at any time.

use serde::Serialize;

use crate::exercise::ExerciseId;
use crate::progress::{
    Cause, ChapterProgress, ExerciseProgress, Function, Place, Progress, Reading, State, Verdict,
};

/// The shape's version.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Answer<'a> {
    version: u32,
    command: &'static str,
    solved: usize,
    total: usize,
    success: bool,
    next: Option<&'a str>,
    chapters: Vec<Chapter<'a>>,
}

#[derive(Serialize)]
struct Chapter<'a> {
    number: u32,
    title: &'a str,
    page: Option<&'a str>,
    package: &'a str,
    builds_on: &'a [u32],
    trouble: Option<Shown<'a>>,
    exercises: Vec<Exercise<'a>>,
}

#[derive(Serialize)]
struct Exercise<'a> {
    id: &'a str,
    title: &'a str,
    page: Option<&'a str>,
    #[serde(flatten)]
    verdict: Shown<'a>,
}

/// A verdict.
#[derive(Serialize)]
struct Shown<'a> {
    /// `unknown`, `not-started`, `waiting`, `compile-error`, `failing`,
    /// `hung`, `aborted` or `solved`.
    state: State,
    /// The state in a sentence.
    sentence: &'a str,
    /// What went wrong: `test`, `clause`, `panic`, `endless-loop`, `deadlock`,
    /// `never-ended`, `stack-overflow`, `out-of-memory`, `double-panic`,
    /// `exit` or `abort`.
    cause: Option<Cause>,
    /// The clause of the contract that was broken.
    clause: Option<u32>,
    /// The test that decided.
    test: Option<&'a str>,
    /// What it says.
    message: Option<&'a str>,
    /// `file`, `line`, `column`, and whether the file is `yours`.
    place: Option<&'a Place>,
    /// The exercise's functions, each with `name` and `place`.
    functions: &'a [Function],
    /// Pages to read again, each with `title`, `source` and `url`.
    reread: &'a [Reading],
}

/// The answer of `status`.
pub fn status(progress: &Progress) -> String {
    let (solved, total) = progress.solved();
    text(&Answer {
        version: VERSION,
        command: "status",
        solved,
        total,
        success: solved == total,
        next: progress.next.as_deref(),
        chapters: progress.chapters.iter().map(|c| chapter(c, None)).collect(),
    })
}

/// The answer of `check` on some chapters, or on the exercises of one up to
/// `through`.
pub fn check(
    progress: &Progress,
    asked: &[u32],
    through: Option<ExerciseId>,
    success: bool,
) -> String {
    let judged = progress
        .chapters
        .iter()
        .filter(|c| asked.contains(&c.number));
    let chapters: Vec<Chapter<'_>> = judged.map(|c| chapter(c, through)).collect();
    let exercises = || chapters.iter().flat_map(|c| &c.exercises);
    text(&Answer {
        version: VERSION,
        command: "check",
        solved: exercises()
            .filter(|e| e.verdict.state == State::Solved)
            .count(),
        total: exercises().count(),
        success,
        next: progress.next.as_deref(),
        chapters,
    })
}

fn chapter(chapter: &ChapterProgress, through: Option<ExerciseId>) -> Chapter<'_> {
    let asked = |exercise: &&ExerciseProgress| {
        let id: Option<ExerciseId> = exercise.id.parse().ok();
        through.is_none_or(|through| id.is_some_and(|id| id <= through))
    };
    Chapter {
        number: chapter.number,
        title: &chapter.title,
        page: chapter.page.as_deref(),
        package: &chapter.package,
        builds_on: &chapter.builds_on,
        trouble: chapter.trouble.as_ref().map(shown),
        exercises: chapter
            .exercises
            .iter()
            .filter(asked)
            .map(exercise)
            .collect(),
    }
}

fn exercise(exercise: &ExerciseProgress) -> Exercise<'_> {
    Exercise {
        id: &exercise.id,
        title: &exercise.title,
        page: exercise.page.as_deref(),
        verdict: shown(&exercise.verdict),
    }
}

fn shown(verdict: &Verdict) -> Shown<'_> {
    Shown {
        state: verdict.state,
        sentence: &verdict.sentence,
        cause: verdict.cause,
        clause: verdict.clause,
        test: verdict.test.as_deref(),
        message: verdict.message.as_deref(),
        place: verdict.place.as_ref(),
        functions: &verdict.functions,
        reread: &verdict.reread,
    }
}

fn text(answer: &Answer<'_>) -> String {
    let text = serde_json::to_string_pretty(answer);
    text.expect("numbers, texts and lists are what JSON can hold") + "\n"
}
