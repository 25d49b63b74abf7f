//! A run: every trial of every round, in turns.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::class::Class;
use crate::contender::Contender;
use crate::copy::copy_cold;
use crate::device::Device;
use crate::limit::MemoryLimit;
use crate::machine::Machine;
use crate::program::Program;
use crate::proof::try_claim;
use crate::report::{About, Claim, Done, FORMAT, Proof, Report, Settings};
use crate::trial::{Outcome, Plan};
use crate::workload::{self, Kind, Setting, Workload};

mod resume;

/// What is to be run.
#[derive(Debug)]
pub struct Run {
    /// The program in which trials are made.
    pub program: Program,
    /// Who is measured.
    pub contenders: Vec<Contender>,
    /// At what.
    pub workloads: Vec<&'static Workload>,
    /// How much of it.
    pub settings: Settings,
    /// A directory for the stores, which is made and removed.
    pub directory: PathBuf,
    /// How large a file is written to measure the device.
    pub device_bytes: usize,
    /// A run that had the same to do: its rounds are not made again.
    pub resumes: Option<Report>,
}

/// How many entries are overwritten before a process is killed, at most.
const HELD_MAX: u64 = 10_000;

/// Is told how far a run is.
pub trait Progress {
    /// A step begins: what it is, and how many of all steps were made before.
    fn begins(&mut self, step: &str, made: usize, of: usize);
    /// Something went wrong that is worth saying at once.
    fn warns(&mut self, what: &str);
    /// A round ended: here is what there is so far.
    fn ends_round(&mut self, _report: &Report) {}
}

/// A piece of a run.
#[derive(Debug, Clone, Copy)]
enum Step<'r> {
    /// What a contender claims is tried.
    Claim(&'r Contender, Class),
    /// The device is measured.
    Device,
    /// The files are made that the trials of a round begin with.
    Base(u32, &'r Contender),
    /// A trial is made.
    Trial(u32, &'r Workload, &'r Contender, Setting),
}

impl Run {
    /// Tries what the contenders claim, then measures them, round by round. In
    /// a round each workload is given to one contender after the other, and
    /// each round begins with another one. Ends early, with what there is, when
    /// `stop` becomes true.
    ///
    /// A contender whose claim is broken is not measured in that class.
    ///
    /// # Errors
    ///
    /// Fails where nothing can be measured here, and where the run that this one
    /// [`resumes`](Self::resumes) was another one. What goes wrong within a
    /// trial is an [`Outcome`].
    pub fn run(&self, progress: &mut dyn Progress, stop: &AtomicBool) -> Result<Report> {
        let directory = self.directory.display();
        let cannot = || format!("`{directory}` cannot be made for the stores");
        fs::create_dir_all(&self.directory).with_context(cannot)?;
        let mut settings = self.settings.clone();
        if let Some(bytes) = settings.memory_bytes {
            match MemoryLimit::new("try", bytes) {
                Ok(limit) => limit.remove(),
                Err(error) => {
                    progress.warns(&format!(
                        "The memory of processes cannot be limited: {error}."
                    ));
                    settings.memory_bytes = None;
                }
            }
        }
        let report = Report {
            format: FORMAT,
            day: jiff::Zoned::now().date().to_string(),
            machine: Machine::this(&self.directory),
            settings,
            device: Vec::new(),
            contenders: self.contenders.iter().map(About::from).collect(),
            claims: Vec::new(),
            trials: Vec::new(),
        };
        let (made_before, report) = self.resumed(report)?;
        let mut running = Running { run: self, report };
        let steps = self.steps(made_before);
        for (made, step) in steps.iter().enumerate() {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            progress.begins(&step.to_string(), made, steps.len());
            let (claims, trials) = (running.report.claims.len(), running.report.trials.len());
            let warning = running.make(step)?;
            if stop.load(Ordering::Relaxed) {
                // What stopped the run stopped the step's process, too.
                running.report.claims.truncate(claims);
                running.report.trials.truncate(trials);
                break;
            }
            if let Some(warning) = warning {
                progress.warns(&warning);
            }
            // Each round begins with the device.
            let is_last = matches!(steps.get(made + 1), None | Some(Step::Device));
            if is_last && !matches!(step, Step::Claim(..)) {
                progress.ends_round(&running.report);
            }
        }
        Ok(running.report)
    }

    /// Everything that is to be done after so many rounds, in its order.
    fn steps(&self, made_before: u32) -> Vec<Step<'_>> {
        let claims = self.contenders.iter().flat_map(|contender| {
            let classes = contender.classes_to_open().into_iter();
            classes.map(move |class| Step::Claim(contender, class))
        });
        let rounds = made_before + 1..=self.settings.rounds;
        claims
            .chain(rounds.flat_map(|round| self.steps_of(round)))
            .collect()
    }

    /// What is to be done in a round.
    fn steps_of(&self, round: u32) -> Vec<Step<'_>> {
        let mut steps = vec![Step::Device];
        let turn = (round as usize - 1) % self.contenders.len().max(1);
        let (last, first) = self.contenders.split_at(turn);
        let in_turn = || first.iter().chain(last);
        if self
            .workloads
            .iter()
            .any(|workload| !workload.begins_empty())
        {
            let with_files = in_turn().filter(|contender| contender.keeps_files());
            steps.extend(with_files.map(|contender| Step::Base(round, contender)));
        }
        for workload in &self.workloads {
            for contender in in_turn() {
                let settings = workload::settings(workload, contender).into_iter();
                let trial = |setting| Step::Trial(round, workload, contender, setting);
                steps.extend(settings.map(trial));
            }
        }
        steps
    }
}

/// A run, with what it found so far.
struct Running<'r> {
    run: &'r Run,
    report: Report,
}

impl Running<'_> {
    /// Makes a step. Answers what is worth saying at once.
    fn make(&mut self, step: &Step<'_>) -> Result<Option<String>> {
        match *step {
            Step::Claim(contender, class) => self.claim(contender, class),
            Step::Device => {
                let device = Device::measure(&self.run.directory, self.run.device_bytes)?;
                self.report.device.push(device);
                Ok(None)
            }
            Step::Base(round, contender) => {
                let base = self.directory("base", contender)?;
                let plan = self.plan(round, workload::BASE, contender, contender.weakest(), &base);
                match self.run.program.trial(&plan)? {
                    Outcome::Measured(_) => Ok(None),
                    Outcome::Wrong(what) | Outcome::Failed(what) => {
                        // Without files to begin with every trial says so, too.
                        fs::remove_dir_all(&base)?;
                        Ok(Some(format!(
                            "{} cannot be loaded: {what}.",
                            contender.name
                        )))
                    }
                }
            }
            Step::Trial(round, workload, contender, setting) => {
                if self.report.is_broken(contender.name, setting.opened) {
                    return Ok(None);
                }
                // Where not even its files can be copied, the others may go on.
                let outcome = self.trial(round, workload, contender, setting.opened);
                let failed = |error: anyhow::Error| Outcome::Failed(format!("{error:#}"));
                let outcome = outcome.unwrap_or_else(failed);
                let warning = match &outcome {
                    Outcome::Measured(_) => None,
                    Outcome::Wrong(what) => Some(format!(
                        "{} is wrong at {}: {what}.",
                        contender.name, workload.name
                    )),
                    Outcome::Failed(what) => Some(format!(
                        "{} fails at {}: {what}.",
                        contender.name, workload.name
                    )),
                };
                self.report.trials.push(Done {
                    round,
                    workload: workload.name.into(),
                    contender: contender.name.into(),
                    class: setting.class,
                    outcome,
                });
                Ok(warning)
            }
        }
    }

    fn claim(&mut self, contender: &Contender, class: Class) -> Result<Option<String>> {
        let directory = self.directory("claim", contender)?;
        let proof = try_claim(contender, class, &self.run.program, &directory);
        fs::remove_dir_all(&directory)?;
        let warning = match &proof {
            Proof::Broken(how) => Some(format!("{} says: {class}. But {how}.", contender.name)),
            Proof::Holds(_) | Proof::Untried(_) => None,
        };
        self.report.claims.push(Claim {
            contender: contender.name.into(),
            class,
            proof,
        });
        Ok(warning)
    }

    fn trial(
        &self,
        round: u32,
        workload: &Workload,
        contender: &Contender,
        opened: Class,
    ) -> Result<Outcome> {
        let directory = self.directory("trial", contender)?;
        if contender.keeps_files() && !workload.begins_empty() {
            let base = self.run.directory.join("base").join(contender.name);
            if !base.exists() {
                return Ok(Outcome::Failed("it could not be loaded".into()));
            }
            copy_cold(&base, &directory)?;
        }
        let mut plan = self.plan(round, workload, contender, opened, &directory);
        if workload.kind == Kind::ReopenKilled {
            plan.held = (plan.entries / 10).clamp(1, HELD_MAX);
            if let Err(error) = self.run.program.hold(&plan, true) {
                return Ok(Outcome::Failed(format!("{error:#}")));
            }
        }
        let limit = self.report.settings.memory_bytes;
        plan.memory = limit
            .map(|bytes| MemoryLimit::new("trial", bytes))
            .transpose()?;
        let outcome = self.run.program.trial(&plan);
        if let Some(limit) = &plan.memory {
            limit.remove();
        }
        fs::remove_dir_all(&directory)?;
        outcome
    }

    fn plan(
        &self,
        round: u32,
        workload: &Workload,
        contender: &Contender,
        opened: Class,
        directory: &Path,
    ) -> Plan {
        let settings = &self.report.settings;
        Plan {
            contender: contender.name.into(),
            workload: workload.name.into(),
            opened,
            directory: directory.to_path_buf(),
            entries: settings.entries,
            value_bytes: settings.value_bytes,
            seed: settings.seed + u64::from(round),
            busy_max: Duration::from_millis(settings.busy_ms_max),
            held: 0,
            memory: None,
        }
    }

    /// An empty directory of the contender's.
    fn directory(&self, purpose: &str, contender: &Contender) -> Result<PathBuf> {
        let directory = self.run.directory.join(purpose).join(contender.name);
        if directory.exists() {
            fs::remove_dir_all(&directory)?;
        }
        fs::create_dir_all(&directory)?;
        Ok(directory)
    }
}

impl fmt::Display for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Claim(contender, class) => write!(f, "claim: {} {class}", contender.name),
            Step::Device => f.write_str("the device"),
            Step::Base(round, contender) => write!(f, "round {round}: loading {}", contender.name),
            Step::Trial(round, workload, contender, _) => {
                write!(f, "round {round}: {}, {}", workload.name, contender.name)
            }
        }
    }
}
