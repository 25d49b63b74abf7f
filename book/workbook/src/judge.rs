//! Judging a chapter: its tests compiled once, each exercise given a state.

mod complete;
mod ending;
mod missing;
mod order;
mod place;
mod stray;
mod trouble;
mod verdict;

use std::collections::BTreeMap;
use std::num::NonZero;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use anyhow::Result;

use crate::exercise::{self, Exercise, ExerciseId};
use crate::progress::{Cause, ChapterVerdict, Function, Place, State, Verdict};
use crate::runner::{
    self, Build, BuildOptions, Cancel, Job, Limits, Listener, Outcome, Stage, Test, TestBinary,
    Turn,
};
use crate::workspace::Chapter;

use place::Places;
use trouble::{gone, in_trouble, refused};
use verdict::Ran;

/// How long a test may run before it counts as hung.
pub const TIME_LIMIT: Duration = Duration::from_secs(20);

/// What is to be judged, and how.
#[derive(Debug, Clone)]
pub struct Judge {
    /// The repository's root.
    pub root: PathBuf,
    /// Where artifacts go; cargo's own choice if `None`.
    pub target_dir: Option<PathBuf>,
    /// What a test may use.
    pub limits: Limits,
    /// Ends the judging early.
    pub cancel: Cancel,
    /// Hears of each package that is compiled and each test that is run.
    pub listener: Listener,
    /// Whether another judge may have to be waited for, or waits for this one.
    pub turn: Turn,
}

/// The part of a chapter to judge.
#[derive(Debug, Clone)]
pub struct Assignment<'a> {
    /// The chapter.
    pub chapter: &'a Chapter,
    /// Its exercises, in order.
    pub exercises: Vec<ExerciseId>,
    /// The one under work, which is judged first.
    pub first: Option<ExerciseId>,
    /// Which of them were solved when the chapter last compiled.
    pub solved: Vec<ExerciseId>,
}

impl Judge {
    /// A judge of the repository at `root`, under the usual limits.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            target_dir: None,
            limits: Limits {
                time: TIME_LIMIT,
                ..Limits::default()
            },
            cancel: Cancel::default(),
            listener: Listener::default(),
            turn: Turn::default(),
        }
    }

    /// Judges a chapter; each verdict is also handed to `on_verdict` as soon as
    /// it is known.
    ///
    /// `None` if the judging was cancelled.
    ///
    /// # Errors
    ///
    /// Fails if cargo or a test cannot be run; code that does not compile is a
    /// verdict.
    pub fn judge(
        &self,
        assignment: &Assignment<'_>,
        mut on_verdict: impl FnMut(ExerciseId, &Verdict),
    ) -> Result<Option<ChapterVerdict>> {
        let chapter = assignment.chapter;
        let places = Places {
            root: &self.root,
            dir: &chapter.dir(),
        };
        if !self.root.join(chapter.dir()).join("Cargo.toml").is_file() {
            let trouble = gone(&self.root, chapter);
            return Ok(Some(in_trouble(&self.root, assignment, &trouble)));
        }
        let options = BuildOptions {
            target_dir: self.target_dir.clone(),
            cancel: self.cancel.clone(),
            listener: self.listener.clone(),
            turn: self.turn.clone(),
            ..BuildOptions::default()
        };
        let turn = self.turn.begin(chapter.number);
        let built = runner::build(&self.root, &chapter.package, &options);
        drop(turn);
        if self.cancel.is_cancelled() {
            return Ok(None);
        }
        let tests = match built {
            Ok(Build::Ready { tests, .. }) => tests.stopped_by(self.cancel.clone()),
            Ok(Build::CompileErrors(errors)) => {
                let place_of = |location: &str| places.read(location);
                let trouble = verdict::of_errors(&chapter.package, &errors, place_of);
                let trouble = missing::blamed(&self.root, chapter, trouble);
                return Ok(Some(in_trouble(&self.root, assignment, &trouble)));
            }
            Err(error) => {
                let trouble = refused(&self.root, chapter, &error);
                let trouble = missing::blamed(&self.root, chapter, trouble);
                return Ok(Some(in_trouble(&self.root, assignment, &trouble)));
            }
        };
        let by_exercise = group(order::as_written(
            tests.list()?,
            &self.root.join(chapter.dir()),
        ));
        let came = complete::tests(&self.root, chapter);
        if by_exercise.is_empty() && !came.is_empty() {
            let trouble = missing::blamed(&self.root, chapter, complete::no_tests());
            return Ok(Some(in_trouble(&self.root, assignment, &trouble)));
        }
        let asked = assignment.exercises.iter();
        let count = asked
            .filter_map(|id| by_exercise.get(id))
            .map(Vec::len)
            .sum();
        let mut tell = Tell {
            listener: &self.listener,
            number: 0,
            of: count,
        };
        let functions = exercise::of_crate(&self.root, &chapter.dir()).unwrap_or_default();
        let untouched = untouched(&functions);
        let mut found = ChapterVerdict::default();
        let mut hung: Option<ExerciseId> = None;
        for id in in_order(assignment) {
            let verdict = match (by_exercise.get(&id), untouched.get(&id), hung) {
                // Whatever its tests run into is the fault of another.
                (Some(_), Some(place), _) => not_started(place.clone()),
                (_, _, Some(hung)) if hung < id => verdict::behind_hung(hung),
                (None, ..) => missing::blamed(&self.root, chapter, verdict::without_tests(id)),
                (Some(names), ..) => {
                    let came = came.get(&id).map(Vec::as_slice).unwrap_or_default();
                    let verdict = self.exercise(id, names, &tests, &places, &mut tell)?;
                    complete::lacking(verdict, came, names)
                }
            };
            let verdict = match assignment.solved.contains(&id) {
                true => verdict::broken(verdict),
                false => verdict,
            };
            let verdict = with_functions(verdict, id, &functions);
            if self.cancel.is_cancelled() {
                return Ok(None);
            }
            if verdict.state == State::Hung {
                hung = hung.or(Some(id));
            }
            on_verdict(id, &verdict);
            found.exercises.insert(id.to_string(), verdict);
        }
        Ok(Some(found))
    }

    /// Runs an exercise's tests, side by side, and judges it.
    fn exercise(
        &self,
        id: ExerciseId,
        names: &[String],
        tests: &TestBinary,
        places: &Places<'_>,
        tell: &mut Tell<'_>,
    ) -> Result<Verdict> {
        let workers = thread::available_parallelism().map_or(1, NonZero::get);
        let mut runs = Vec::new();
        let jobs: Vec<Job> = names.iter().map(Job::new).collect();
        tell.next();
        tests.run_all(jobs, workers, &self.limits, |job, run| {
            let hung = matches!(run.outcome, Outcome::TimedOut { .. });
            runs.push(Ran {
                run: stray::heard(run, &job.test, places),
                test: job.test,
            });
            if hung || self.cancel.is_cancelled() {
                ControlFlow::Break(())
            } else {
                if runs.len() < names.len() {
                    tell.next();
                }
                ControlFlow::Continue(())
            }
        })?;
        runs.sort_by_key(|ran| names.iter().position(|name| *name == ran.test));
        let place_of = |location: &str| places.read(location);
        let mut verdict = verdict::of_runs(id, &runs, names.len(), place_of);
        let wants_place = verdict.state == State::Failing
            && verdict.place.as_ref().is_none_or(|place| !place.yours);
        if wants_place && let Some(test) = &verdict.test {
            verdict.place = self.trace(test, tests, places)?.or(verdict.place);
        }
        let panicked = verdict.place.as_ref().is_some_and(|place| place.yours);
        if panicked && verdict.cause == Some(Cause::Test) {
            verdict.cause = Some(Cause::Panic);
        }
        Ok(verdict)
    }

    /// Runs a failing test once more for its backtrace, to find the reader's
    /// line behind a panic in somebody else's code.
    fn trace(&self, test: &str, tests: &TestBinary, places: &Places<'_>) -> Result<Option<Place>> {
        let job = Job::new(test).with_env("RUST_BACKTRACE", "1");
        let run = tests.run(&job, &self.limits)?;
        Ok(places.in_backtrace(&run.output.stderr))
    }

    /// The verdict on a chapter in which every exercise still is its `todo!`,
    /// and no file is missing, without asking the compiler; `None` for any
    /// other.
    pub fn untouched(&self, assignment: &Assignment<'_>) -> Option<ChapterVerdict> {
        let exercises = exercise::of_crate(&self.root, &assignment.chapter.dir()).ok()?;
        let is_written = exercises.iter().any(|exercise| !exercise.unwritten);
        if is_written || !missing::sources(&self.root, assignment.chapter).is_empty() {
            return None;
        }
        let mut open = untouched(&exercises);
        let mut found = ChapterVerdict::default();
        for id in &assignment.exercises {
            let place = open.remove(id)?;
            found.exercises.insert(id.to_string(), not_started(place));
        }
        Some(found)
    }
}

/// The exercises of which every function still is its `todo!`, each with the
/// place to begin at.
fn untouched(functions: &[Exercise]) -> BTreeMap<ExerciseId, Place> {
    let mut open = BTreeMap::new();
    for function in functions {
        open.entry(function.id)
            .or_insert_with(|| function.at(function.first_line));
    }
    for written in functions.iter().filter(|function| !function.unwritten) {
        open.remove(&written.id);
    }
    open
}

fn not_started(place: Place) -> Verdict {
    let sentence = format!("Not started; begin at {place}.");
    Verdict {
        place: Some(place),
        ..Verdict::new(State::NotStarted, sentence)
    }
}

/// Counts tests for whoever listens.
struct Tell<'l> {
    listener: &'l Listener,
    number: usize,
    of: usize,
}

impl Tell<'_> {
    fn next(&mut self) {
        self.number += 1;
        self.listener.tell(Stage::Test {
            number: self.number,
            of: self.of,
        });
    }
}

/// Adds where the exercise's functions stand, if something went wrong.
fn with_functions(mut verdict: Verdict, id: ExerciseId, all: &[Exercise]) -> Verdict {
    let own = || all.iter().filter(|exercise| exercise.id == id);
    let is_in_one = |place: &Place| own().any(|exercise| exercise.holds(place));
    if verdict.state.is_failure() {
        verdict.place_is_in_them = verdict.place.as_ref().is_some_and(is_in_one);
        let found = own().map(|exercise| Function {
            name: exercise.function.clone(),
            place: exercise.at(exercise.line),
        });
        verdict.functions = found.collect();
        // The one that the failing test is named for comes first.
        let test = verdict.test.clone().unwrap_or_default();
        let named = |function: &Function| {
            let name = function.name.rsplit("::").next().unwrap_or_default();
            test.contains(&format!("_{name}_"))
        };
        verdict.functions.sort_by_key(|function| !named(function));
    }
    verdict
}

/// The order of judging: the exercise under work, then the book's.
pub(crate) fn in_order(assignment: &Assignment<'_>) -> Vec<ExerciseId> {
    let first = assignment.first;
    let mut order: Vec<ExerciseId> = first
        .into_iter()
        .filter(|id| assignment.exercises.contains(id))
        .collect();
    let rest = assignment.exercises.iter();
    order.extend(rest.filter(|id| Some(**id) != first));
    order
}

fn group(tests: Vec<Test>) -> BTreeMap<ExerciseId, Vec<String>> {
    let mut groups: BTreeMap<ExerciseId, Vec<String>> = BTreeMap::new();
    for test in tests {
        if let Some(id) = test.exercise {
            groups.entry(id).or_default().push(test.name);
        }
    }
    groups
}
