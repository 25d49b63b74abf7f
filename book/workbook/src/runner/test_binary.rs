//! The compiled tests of one package, and how they are run.

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
};

use anyhow::{Context, Result, bail};

use super::{
    outcome::Run,
    process::{self, Cancel, End, Limits},
};
use crate::exercise::ExerciseId;

/// The compiled tests of one package.
#[derive(Debug, Clone)]
pub struct TestBinary {
    executable: PathBuf,
    package_dir: PathBuf,
    cancel: Cancel,
}

/// A test that a binary holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    /// Its full path, as in `tests::ex_1_2::ex_1_2_put_then_get`.
    pub name: String,
    /// The exercise that it judges, if its name says one.
    pub exercise: Option<ExerciseId>,
}

/// A test to be run, and the environment to run it in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The test's full path.
    pub test: String,
    /// Variables set beside those of this process.
    pub env: Vec<(String, String)>,
}

impl Job {
    /// A test in the environment of this process.
    #[must_use]
    pub fn new(test: impl Into<String>) -> Self {
        Self {
            test: test.into(),
            env: Vec::new(),
        }
    }

    /// The same test with one variable more.
    #[must_use]
    pub fn with_env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }
}

impl AsRef<Job> for Job {
    fn as_ref(&self) -> &Job {
        self
    }
}

impl TestBinary {
    pub(super) fn new(executable: PathBuf, package_dir: PathBuf) -> Self {
        Self {
            executable,
            package_dir,
            cancel: Cancel::default(),
        }
    }

    /// The same tests, to be stopped by `cancel`. A test that was stopped is
    /// reported as if its time had been over.
    #[must_use]
    pub fn stopped_by(self, cancel: Cancel) -> Self {
        Self { cancel, ..self }
    }

    /// The binary's file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.executable
    }

    /// Every test in the binary, sorted by exercise, those without one last.
    ///
    /// # Errors
    ///
    /// Fails if the binary cannot be run.
    pub fn list(&self) -> Result<Vec<Test>> {
        let finished = process::run(
            self.command().args(["--list", "--format", "terse"]),
            &Limits {
                output_bytes: 8 << 20,
                ..Limits::default()
            },
            &self.cancel,
        )
        .with_context(|| self.cannot_run())?;
        if !matches!(&finished.end, End::Own(status) if status.success()) {
            bail!(
                "{} does not list its tests:\n{}",
                self.executable.display(),
                finished.output.stderr
            );
        }
        let mut tests: Vec<Test> = finished
            .output
            .stdout
            .lines()
            .filter_map(|line| line.strip_suffix(": test"))
            .map(|name| Test {
                name: name.to_owned(),
                exercise: ExerciseId::of_test(name),
            })
            .collect();
        tests.sort_by(|a, b| {
            let key = |t: &Test| (t.exercise.is_none(), t.exercise);
            key(a).cmp(&key(b)).then_with(|| a.name.cmp(&b.name))
        });
        Ok(tests)
    }

    /// Runs one test in a process of its own.
    ///
    /// # Errors
    ///
    /// Fails if the binary cannot be run. A failing test is no error, it is an
    /// [`Outcome`](super::Outcome).
    pub fn run(&self, job: &Job, limits: &Limits) -> Result<Run> {
        let mut command = self.command();
        command
            .args(["--exact", &job.test, "--include-ignored"])
            // Straight to the pipes: what a killed test wrote is kept, too.
            .args(["--nocapture", "--test-threads=1"])
            .envs(job.env.iter().map(|(name, value)| (name, value)));
        let finished =
            process::run(&mut command, limits, &self.cancel).with_context(|| self.cannot_run())?;
        Ok(Run::judge(finished, limits))
    }

    /// Runs `jobs` in their order, `workers` of them at a time, and hands each
    /// back with its result to `on_run` in the calling thread, in the order
    /// they end. No further test is started once `on_run` answered `Break`;
    /// those that run by then are still handed back.
    ///
    /// A job may be a type of the caller's own, which knows what it is for.
    ///
    /// # Errors
    ///
    /// Fails if the binary cannot be run.
    pub fn run_all<J: AsRef<Job> + Send>(
        &self,
        jobs: impl IntoIterator<Item = J, IntoIter: Send>,
        workers: usize,
        limits: &Limits,
        mut on_run: impl FnMut(J, Run) -> ControlFlow<()>,
    ) -> Result<()> {
        let queue = Mutex::new(jobs.into_iter().fuse());
        let stop = AtomicBool::new(false);
        let next = || {
            let job = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
            job.filter(|_| !stop.load(Ordering::Relaxed))
        };
        thread::scope(|scope| {
            // A run is handed over before its worker takes the next job, so that
            // no worker is far ahead of who may break.
            let (done, runs) = mpsc::sync_channel(0);
            for _ in 0..workers.max(1) {
                let (next, done) = (&next, done.clone());
                scope.spawn(move || {
                    while let Some(job) = next() {
                        let run = self.run(job.as_ref(), limits);
                        if done.send((job, run)).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(done);
            // Leaving this loop early drops the receiver, and the workers stop.
            for (job, run) in runs {
                if on_run(job, run?).is_break() {
                    stop.store(true, Ordering::Relaxed);
                }
            }
            Ok(())
        })
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.executable);
        command
            .current_dir(&self.package_dir)
            .env("CARGO_MANIFEST_DIR", &self.package_dir)
            // The hook's report is read; a backtrace would only be in the way.
            .env("RUST_BACKTRACE", "0")
            // A failing snapshot leaves no file beside the sources.
            .env("INSTA_UPDATE", "no");
        command
    }

    fn cannot_run(&self) -> String {
        format!("cannot run the tests in {}", self.executable.display())
    }
}
