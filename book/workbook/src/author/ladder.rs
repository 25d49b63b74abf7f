//! `author ladder`, the gate of the same name: each exercise can be reached
//! with nothing but the earlier ones solved, and none can be skipped.
//!
//! Every exercise's body has a switch that is read at run time, so each chapter
//! is compiled once and no more. A test `ex_N_M_…` runs twice:
//!
//! | exercises that are off | the test |
//! |---|---|
//! | all behind N.M | passes, and runs into none of them |
//! | N.M alone | fails, and the message names exercise N.M |
//!
//! The first row holds at every later step of the ladder, too, up to the last,
//! without running the test there: what it did not run into while it was off
//! makes no difference to it when it is on. A test of no exercise runs once,
//! with all of them on.

use std::{
    collections::BTreeSet,
    ops::ControlFlow,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::Result;

use super::{
    derive::read_all,
    progress::Progress,
    solution::Solution,
    splice::SWITCH_VARIABLE,
    tree::{Desk, Tree},
};
use crate::workspace::Workspace;
use crate::{
    exercise::{ExerciseId, Scope},
    fault::{Fault, Faults},
    runner::{self, Build, BuildOptions, Job, Limits, Outcome, Run, Test, TestBinary},
};

/// Tests that run at the same time.
const WORKERS: usize = 2;

/// What climbing the ladder found.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Everything that breaks the ladder, at the tests that do.
    pub faults: Faults,
    /// Exercises climbed.
    pub exercises: usize,
    /// Tests that ran, each several times.
    pub tests: usize,
    /// Processes that ran them.
    pub runs: usize,
    /// How long it all took, compiling included.
    pub time: Duration,
}

/// Climbs the ladder of every chapter within `scope`.
///
/// # Errors
///
/// Fails with [`Faults`] if a solution breaks a rule. What the tests do wrong
/// is in the report.
pub fn ladder(workspace: &Workspace, scope: Scope, time_limit: Duration) -> Result<Report> {
    let start = Instant::now();
    let solutions = read_all(workspace)?;
    refuse_unknown(scope, &solutions)?;
    let tree = Desk::open(workspace)?.lay_out(workspace, &solutions)?;
    let mut climb = Climb {
        tree: &tree,
        scope,
        limits: Limits {
            time: time_limit,
            ..Limits::default()
        },
        progress: Progress::on_stderr(),
        report: Report::default(),
    };
    for solution in &solutions {
        if scope.touches(solution.chapter.number) {
            climb.chapter(solution)?;
        }
    }
    climb.progress.clear();
    let mut report = climb.report;
    report.faults.0.sort();
    report.time = start.elapsed();
    Ok(report)
}

/// A gate that checks nothing must not look green.
fn refuse_unknown(scope: Scope, solutions: &[Solution]) -> Result<()> {
    let mut exercises = solutions.iter().flat_map(Solution::exercises);
    if exercises.any(|id| scope.holds(id)) {
        return Ok(());
    }
    match scope {
        Scope::All => anyhow::bail!("no solution has an exercise: there is no ladder to climb"),
        Scope::Chapter(number) => anyhow::bail!("chapter {number} has no exercises in solutions/"),
        Scope::Exercise(id) => anyhow::bail!("there is no exercise {id} in solutions/"),
    }
}

struct Climb<'a> {
    tree: &'a Tree,
    scope: Scope,
    limits: Limits,
    progress: Progress,
    report: Report,
}

/// One run of a test, and what it is to show.
struct Step {
    job: Job,
    off: Off,
}

/// Which exercises are switched off.
#[derive(Clone, Copy)]
enum Off {
    Behind(ExerciseId),
    Only(ExerciseId),
    Nothing,
}

impl AsRef<Job> for Step {
    fn as_ref(&self) -> &Job {
        &self.job
    }
}

impl Climb<'_> {
    fn chapter(&mut self, solution: &Solution) -> Result<()> {
        let folder = &solution.chapter.folder;
        self.progress.show(&format!("{folder}: compiling"));
        let options = BuildOptions {
            target_dir: Some(self.tree.target_dir.clone()),
            ..BuildOptions::default()
        };
        match runner::build(&self.tree.root, &solution.own_name(), &options)? {
            Build::Ready { tests, .. } => self.tests(solution, &tests),
            Build::CompileErrors(errors) => {
                for error in errors {
                    let file = error
                        .file
                        .unwrap_or_else(|| solution.chapter.solution_dir());
                    let what = format!(
                        "The solution does not compile with a switch in each \
                         exercise: {}.",
                        error.message
                    );
                    self.report.faults.0.push(Fault::at(file, error.line, what));
                }
                Ok(())
            }
        }
    }

    fn tests(&mut self, solution: &Solution, binary: &TestBinary) -> Result<()> {
        let places = Places::of(solution);
        let exercises = solution.exercises();
        let tests = binary.list()?;
        let compiled: BTreeSet<ExerciseId> = tests.iter().filter_map(|t| t.exercise).collect();
        for id in exercises.iter().filter(|id| self.scope.holds(**id)) {
            self.report.exercises += 1;
            if !compiled.contains(id) {
                let what = format!(
                    "Exercise {id} has tests in the sources, but none of them is \
                     compiled: is there a `mod` line missing, or a `cfg` too many?"
                );
                let dir = solution.chapter.solution_dir();
                self.report.faults.0.push(Fault::of(dir, what));
            }
        }
        let mut steps = Vec::new();
        for test in &tests {
            if test
                .exercise
                .map_or(self.is_whole(), |id| self.scope.holds(id))
            {
                self.report.tests += 1;
                steps.extend(steps_of(test, &exercises));
            }
        }
        let Self {
            limits,
            progress,
            report,
            ..
        } = self;
        let (count, folder) = (steps.len(), &solution.chapter.folder);
        let mut broken: Vec<(String, String)> = Vec::new();
        let mut done = 0;
        binary.run_all(steps, WORKERS, limits, |step, run| {
            done += 1;
            progress.show(&format!("{folder}: {done} of {count} runs"));
            let fault = step.judge(&run);
            broken.extend(fault.map(|what| (step.job.test, what)));
            ControlFlow::Continue(())
        })?;
        report.runs += done;
        let faults = broken.iter().map(|(test, what)| places.fault(test, what));
        report.faults.0.extend(faults);
        Ok(())
    }

    /// Whether tests that belong to no exercise are in scope.
    fn is_whole(&self) -> bool {
        !matches!(self.scope, Scope::Exercise(_))
    }
}

fn steps_of(test: &Test, exercises: &[ExerciseId]) -> Vec<Step> {
    let step = |off| {
        let is_off = |id: &&ExerciseId| match off {
            Off::Behind(last) => **id > last,
            Off::Only(one) => **id == one,
            Off::Nothing => false,
        };
        let ids: Vec<String> = exercises
            .iter()
            .filter(is_off)
            .map(ToString::to_string)
            .collect();
        Step {
            job: Job::new(&test.name)
                .with_env(SWITCH_VARIABLE, ids.join(","))
                // The first failing case says as much as the smallest.
                .with_env("PROPTEST_MAX_SHRINK_ITERS", "0"),
            off,
        }
    };
    match test.exercise {
        Some(id) => vec![step(Off::Behind(id)), step(Off::Only(id))],
        None => vec![step(Off::Nothing)],
    }
}

impl Step {
    /// What the run did wrong, and what to do about it.
    fn judge(&self, run: &Run) -> Option<String> {
        let name = self.job.test.rsplit("::").next().unwrap_or_default();
        let outcome = shortened(&run.outcome);
        let passed = run.outcome.is_passed();
        let what = match self.off {
            Off::Behind(id) => match run.panics().iter().find_map(runner::Panic::todo) {
                Some(later) if passed => format!(
                    "With everything up to {id} solved, `{name}` passes, but runs into \
                     exercise {later} on the way. Begin its name with the last exercise \
                     it needs, or keep {later} off its path."
                ),
                Some(later) => format!(
                    "With everything up to {id} solved, `{name}` needs exercise {later}. \
                     Begin its name with the last exercise it needs, or let given code \
                     reach {later} only where this test does not go."
                ),
                None if passed => return None,
                None => format!("With everything up to {id} solved, `{name}` {outcome}."),
            },
            Off::Only(id) if passed => format!(
                "`{name}` passes without exercise {id}, so it would tell a reader who \
                 wrote nothing that it is solved. Let it look at something that only \
                 {id} does."
            ),
            Off::Only(id) if run.outcome.reached_todo(id) => return None,
            Off::Only(id) => format!(
                "Without exercise {id}, `{name}` {outcome}. It must fail with the \
                 message \"exercise {id}\", so that readers see what is missing: let the \
                 panic of the stub through."
            ),
            Off::Nothing if passed => return None,
            Off::Nothing => format!("With everything solved, `{name}` {outcome}."),
        };
        Some(what)
    }
}

/// The outcome as the rest of a sentence: its first lines, without a full stop.
fn shortened(outcome: &Outcome) -> String {
    let text = outcome.to_string();
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty())
        .collect();
    let mut short = lines[..lines.len().min(3)].join(" / ");
    if lines.len() > 3 {
        short.push_str(" …");
    }
    short.trim_end_matches('.').to_owned()
}

/// Where the tests of a solution stand.
struct Places<'a> {
    dir: PathBuf,
    solution: &'a Solution,
}

impl<'a> Places<'a> {
    fn of(solution: &'a Solution) -> Self {
        Self {
            dir: solution.chapter.solution_dir(),
            solution,
        }
    }

    /// By the last part of the test's path; two tests of one name are told
    /// apart by their exercise's file.
    fn fault(&self, test: &str, what: &str) -> Fault {
        let name = test.rsplit("::").next().unwrap_or(test);
        let in_file = |path: &Path| {
            let module = path.file_stem().and_then(|stem| stem.to_str());
            module.is_some_and(|module| test.split("::").any(|part| part == module))
        };
        let mut found: Vec<(&PathBuf, usize)> = Vec::new();
        for (path, parsed) in &self.solution.sources {
            let tests = parsed.scan.tests.iter().filter(|t| t.name == name);
            found.extend(tests.map(|t| (path, t.line)));
        }
        let place = found
            .iter()
            .find(|(path, _)| in_file(path))
            .or(found.first());
        match place {
            Some((path, line)) => Fault::at(self.dir.join(path), *line, what),
            None => Fault::of(&self.dir, what),
        }
    }
}
