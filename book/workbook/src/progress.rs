//! How far the reader is: what the terminal prints and the pages show.

mod plain;
mod to_come;
mod why;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::exercise::ExerciseId;
use crate::outline::{self, Outline};
use crate::workspace::Chapter;

pub use to_come::ToCome;
pub use why::{Cause, Failed, Function, Reading};

/// The whole book, chapter by chapter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The chapters with exercises, in the book's order.
    pub chapters: Vec<ChapterProgress>,
    /// The first exercise that is not solved of the chapter where the reader
    /// is: the last one that was begun, unless all of it is solved.
    pub next: Option<String>,
    /// Why the book could not be rendered, if so.
    pub book_trouble: Option<String>,
    /// The chapters that the book announces and that nobody has written yet.
    #[serde(default)]
    pub to_come: Vec<ToCome>,
}

/// One chapter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChapterProgress {
    /// Its number.
    pub number: u32,
    /// Its title, as the book's table of contents has it.
    pub title: String,
    /// Its page in the rendered book.
    pub page: Option<String>,
    /// Its package, as in `cargo test -p memory`.
    pub package: String,
    /// Whether its tests are running now.
    pub judging: bool,
    /// The earlier chapters of the reader's own that it stands on, in place
    /// of the references.
    #[serde(default)]
    pub builds_on: Vec<u32>,
    /// Why none of it can be judged, if so.
    pub trouble: Option<Verdict>,
    /// Its exercises, in the book's order.
    pub exercises: Vec<ExerciseProgress>,
    /// What to read once all of them are solved.
    #[serde(default)]
    pub closing: Vec<Reading>,
}

/// One exercise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExerciseProgress {
    /// Its number, as in `1.2`.
    pub id: String,
    /// Its title, as the book's table of contents has it.
    pub title: String,
    /// Its page in the rendered book.
    pub page: Option<String>,
    /// How it stands.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// How an exercise stands, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The state, for marks.
    pub state: State,
    /// The state in a sentence.
    pub sentence: String,
    /// The test that decided.
    pub test: Option<String>,
    /// What that test, or the compiler, says.
    pub message: Option<String>,
    /// Where to look.
    pub place: Option<Place>,
    /// Everything that the test wrote, or what the compiler says, which is in
    /// colour.
    pub output: Option<String>,
    /// Whether the exercise was solved when its chapter last compiled.
    #[serde(default)]
    pub was_solved: bool,
    /// How the test that decided went wrong, if it did.
    #[serde(default)]
    pub cause: Option<Cause>,
    /// The clause of the contract that it broke, if the suite says so.
    #[serde(default)]
    pub clause: Option<u32>,
    /// The functions of the exercise, in what readers write.
    #[serde(default)]
    pub functions: Vec<Function>,
    /// Whether `place` is in one of them.
    #[serde(default)]
    pub place_is_in_them: bool,
    /// What to read again.
    #[serde(default)]
    pub reread: Vec<Reading>,
    /// The tests that fail beside the one that decided.
    #[serde(default)]
    pub others: Vec<Failed>,
    /// The files of the chapter that are gone or empty, if that is why it cannot
    /// be judged; `update` brings them back.
    #[serde(default)]
    pub missing: Vec<String>,
}

/// The states of an exercise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Not judged yet.
    Unknown,
    /// Its tests stop at its own `todo!`.
    NotStarted,
    /// Its tests stop at the `todo!` of another exercise.
    Waiting,
    /// The chapter does not compile.
    CompileError,
    /// A test fails.
    Failing,
    /// A test ran into its time limit.
    Hung,
    /// A test ended its whole process.
    Aborted,
    /// All its tests pass.
    Solved,
}

impl State {
    /// The mark before an exercise in a list.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Unknown => "?",
            Self::NotStarted => "·",
            Self::Waiting => "…",
            Self::CompileError | Self::Failing | Self::Hung | Self::Aborted => "✗",
            Self::Solved => "✓",
        }
    }

    /// Whether something went wrong that a reader wants to read about.
    pub fn is_failure(self) -> bool {
        self.mark() == "✗"
    }
}

/// A place in a source file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The file, from the root of the repository.
    pub file: String,
    /// The line, counted from one.
    pub line: usize,
    /// The column, counted from one.
    pub column: usize,
    /// Whether readers write this file, rather than its tests.
    pub yours: bool,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

impl Verdict {
    /// A state that its sentence says all about.
    pub fn new(state: State, sentence: impl Into<String>) -> Self {
        Self {
            state,
            sentence: sentence.into(),
            test: None,
            message: None,
            place: None,
            output: None,
            was_solved: false,
            cause: None,
            clause: None,
            functions: Vec::new(),
            place_is_in_them: false,
            reread: Vec::new(),
            others: Vec::new(),
            missing: Vec::new(),
        }
    }

    /// Before any judging.
    pub fn unknown() -> Self {
        Self::new(State::Unknown, "Not judged yet.")
    }
}

/// What judging a chapter found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChapterVerdict {
    /// Why none of it could be judged, if so.
    pub trouble: Option<Verdict>,
    /// The exercises that were judged, by number as in `1.2`.
    pub exercises: BTreeMap<String, Verdict>,
}

impl ChapterVerdict {
    /// The verdict on one exercise.
    pub fn of(&self, id: ExerciseId) -> Option<&Verdict> {
        self.exercises.get(&id.to_string())
    }

    /// Whether an exercise is solved, as far as anybody knows: code that does
    /// not compile just now takes nothing back.
    pub fn is_solved(&self, id: ExerciseId) -> bool {
        self.of(id)
            .is_some_and(|v| v.state == State::Solved || v.was_solved)
    }
}

impl Progress {
    /// The progress of a book before anything is judged.
    ///
    /// Only chapters that the book's table of contents gives exercises appear.
    pub fn new(outline: &Outline, chapters: &[Chapter]) -> Self {
        let chapters = chapters
            .iter()
            .filter_map(|chapter| {
                let entry = outline.chapter(chapter.number);
                let exercises: Vec<_> = outline
                    .exercises
                    .iter()
                    .filter(|exercise| exercise.id.chapter == chapter.number)
                    .map(|exercise| ExerciseProgress {
                        id: exercise.id.to_string(),
                        title: exercise.title.clone(),
                        page: Some(outline::url(&exercise.page)),
                        verdict: Verdict::unknown(),
                    })
                    .collect();
                (!exercises.is_empty()).then(|| ChapterProgress {
                    number: chapter.number,
                    title: entry.map_or_else(|| chapter.package.clone(), |e| e.title.clone()),
                    page: entry.map(|e| outline::url(&e.page)),
                    package: chapter.package.clone(),
                    judging: false,
                    builds_on: Vec::new(),
                    trouble: None,
                    exercises,
                    closing: outline.closing(chapter.number),
                })
            })
            .collect();
        let mut progress = Self {
            chapters,
            to_come: outline.to_come.clone(),
            ..Self::default()
        };
        progress.find_next();
        progress
    }

    /// Takes over what judging a chapter found.
    pub fn apply(&mut self, number: u32, found: &ChapterVerdict) {
        if let Some(chapter) = self.chapter_mut(number) {
            chapter.trouble.clone_from(&found.trouble);
            for exercise in &mut chapter.exercises {
                if let Some(verdict) = found.exercises.get(&exercise.id) {
                    exercise.verdict = verdict.clone();
                }
            }
        }
        self.find_next();
    }

    /// Takes over a chapter's verdicts from `other`, exercise by exercise.
    pub fn keep_of(&mut self, number: u32, other: &Self) {
        let Some(kept) = other.chapter(number) else {
            return;
        };
        let known = ChapterVerdict {
            trouble: kept.trouble.clone(),
            exercises: kept
                .exercises
                .iter()
                .map(|e| (e.id.clone(), e.verdict.clone()))
                .collect(),
        };
        self.apply(number, &known);
        self.set_judging(number, kept.judging);
    }

    /// Says whether a chapter's tests are running.
    pub fn set_judging(&mut self, number: u32, judging: bool) {
        if let Some(chapter) = self.chapter_mut(number) {
            chapter.judging = judging;
        }
    }

    /// A chapter by its number.
    pub fn chapter(&self, number: u32) -> Option<&ChapterProgress> {
        self.chapters.iter().find(|c| c.number == number)
    }

    /// An exercise by its number, as in `1.2`.
    pub fn exercise(&self, id: &str) -> Option<&ExerciseProgress> {
        let mut all = self.chapters.iter().flat_map(|c| &c.exercises);
        all.find(|exercise| exercise.id == id)
    }

    /// How many exercises are solved, and how many there are.
    pub fn solved(&self) -> (usize, usize) {
        let all = self.chapters.iter().flat_map(|c| &c.exercises);
        all.fold((0, 0), |(solved, all), exercise| {
            (solved + usize::from(exercise.is_solved()), all + 1)
        })
    }

    /// A chapter by its number, to change it.
    pub fn chapter_mut(&mut self, number: u32) -> Option<&mut ChapterProgress> {
        self.chapters.iter_mut().find(|c| c.number == number)
    }

    fn find_next(&mut self) {
        let begun = |chapter: &&ChapterProgress| {
            let mut exercises = chapter.exercises.iter();
            exercises.any(|e| e.is_solved() || e.verdict.state.is_failure())
        };
        let first_open = |chapter: &ChapterProgress| {
            let open = chapter.exercises.iter().find(|e| !e.is_solved());
            open.map(|exercise| exercise.id.clone())
        };
        let here = self.chapters.iter().rfind(begun).and_then(first_open);
        self.next = here.or_else(|| self.chapters.iter().find_map(first_open));
    }
}

impl ChapterProgress {
    /// Whether every exercise is solved, as far as anybody knows, and the
    /// chapter can be judged.
    pub fn is_solved(&self) -> bool {
        self.trouble.is_none() && self.exercises.iter().all(ExerciseProgress::is_solved)
    }
}

impl ExerciseProgress {
    /// Whether it is solved, as far as anybody knows.
    pub fn is_solved(&self) -> bool {
        self.verdict.state == State::Solved || self.verdict.was_solved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Chapters 1 and 2, with these states of their exercises.
    fn next(of_chapters: [&[State]; 2]) -> Option<String> {
        let exercise = |chapter: u32, number: usize, state: State| ExerciseProgress {
            id: format!("{chapter}.{number}"),
            title: String::new(),
            page: None,
            verdict: Verdict::new(state, ""),
        };
        let chapters = (1..)
            .zip(of_chapters)
            .map(|(number, states)| ChapterProgress {
                number,
                title: String::new(),
                page: None,
                package: String::new(),
                judging: false,
                builds_on: Vec::new(),
                trouble: None,
                exercises: (1..)
                    .zip(states)
                    .map(|(exercise_number, &state)| exercise(number, exercise_number, state))
                    .collect(),
                closing: Vec::new(),
            });
        let mut progress = Progress {
            chapters: chapters.collect(),
            ..Progress::default()
        };
        progress.find_next();
        progress.next
    }

    #[test]
    fn the_next_exercise_is_in_the_last_chapter_that_was_begun() {
        use State::{Failing, NotStarted, Solved, Unknown};
        for (of_chapters, expected) in [
            ([&[Unknown, Unknown], &[Unknown]], Some("1.1")),
            ([&[Solved, NotStarted], &[NotStarted]], Some("1.2")),
            ([&[Solved, Solved], &[NotStarted]], Some("2.1")),
            ([&[Unknown, Unknown], &[Solved, NotStarted]], Some("2.2")),
            ([&[Solved, NotStarted], &[Failing, NotStarted]], Some("2.1")),
            ([&[Solved, NotStarted], &[Solved, Solved]], Some("1.2")),
            ([&[Solved], &[Solved]], None),
        ] as [([&[State]; 2], Option<&str>); 7]
        {
            assert_eq!(next(of_chapters).as_deref(), expected, "{of_chapters:?}");
        }
    }
}
