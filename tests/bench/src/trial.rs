//! One trial: one workload on one contender, in a process of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use engine::{Maintenance, Progress, Write};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};

use crate::class::Class;
use crate::contender::{self, Contender};
use crate::data::{Values, key, mix};
use crate::figures::{Figures, Measured};
use crate::ledger::{Ledger, Wrong};
use crate::limit::MemoryLimit;
use crate::meter::Meter;
use crate::store::{Store, named};
use crate::worker::{Share, Worker};
use crate::workload::{self, Arrangement, Kind, Workload};

/// What a process is asked to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The contender's name.
    pub contender: String,
    /// The workload's name.
    pub workload: String,
    /// How the store is opened.
    pub opened: Class,
    /// The store's directory. Where the workload begins with entries and the
    /// store keeps files, they are in it.
    pub directory: PathBuf,
    /// How many entries the store begins with, or is given.
    pub entries: u64,
    /// The length of each value.
    pub value_bytes: usize,
    /// Where the random choices come from.
    pub seed: u64,
    /// How long each thread may be busy.
    pub busy_max: Duration,
    /// How many entries, from the first on, were overwritten by a process that
    /// was then killed.
    pub held: u64,
    /// The limit on the process's memory, where there is one.
    pub memory: Option<MemoryLimit>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was done, and every answer was right.
    Measured(Figures),
    /// The store answered what no correct store would: there is no figure.
    Wrong(String),
    /// It could not be done.
    Failed(String),
}

/// A plan, with its names looked up.
#[derive(Debug)]
pub struct Trial {
    plan: Plan,
    contender: Contender,
    workload: &'static Workload,
    ledger: Ledger,
}

impl Trial {
    /// Looks the names up.
    ///
    /// # Errors
    ///
    /// Fails where there is no such contender or workload.
    pub fn new(plan: Plan) -> Result<Self> {
        let contender = contender::find(&plan.contender)
            .with_context(|| format!("there is no contender `{}`", plan.contender))?;
        let workload = workload::find(&plan.workload)
            .with_context(|| format!("there is no workload `{}`", plan.workload))?;
        let loaded = match workload.begins_empty() {
            true => 0,
            false => plan.entries,
        };
        let operations = workload.operations(plan.entries) * u64::from(workload.threads);
        // Inserts are a few of the operations, of those that warm up, too.
        let room = plan.entries + 2 * operations;
        let ledger = Ledger::new(Values::new(plan.value_bytes), loaded, room);
        Ok(Trial {
            plan,
            contender,
            workload,
            ledger,
        })
    }

    /// Does what was planned.
    ///
    /// # Errors
    ///
    /// None of the store's: they are an [`Outcome`].
    pub fn run(&self) -> Outcome {
        match self.measure() {
            Ok(figures) => Outcome::Measured(figures),
            Err(error) => match error.downcast_ref::<Wrong>() {
                Some(wrong) => Outcome::Wrong(wrong.to_string()),
                None => Outcome::Failed(format!("{error:#}")),
            },
        }
    }

    fn measure(&self) -> Result<Figures> {
        for number in 0..self.plan.held {
            self.ledger.begin_put(number, &mut Vec::new());
            self.ledger.done(number);
        }
        if matches!(self.workload.kind, Kind::Reopen | Kind::ReopenKilled) {
            return self.reopen();
        }
        let store = self.open()?;
        if !self.contender.keeps_files() && !self.workload.begins_empty() {
            fill(&*store, self.ledger.values(), self.plan.entries)?;
        }
        let operations = self.workload.operations(self.plan.entries);
        if self.workload.is_warmed_up() {
            self.work(&*store, operations / 10)?;
        }
        let before = store.stats();
        let meter = Meter::start(self.plan.memory.as_ref());
        let mut figures = self.work(&*store, operations)?;
        figures.counts = named(&store.stats().since(&before)).collect();
        if !self.contender.keeps_files() {
            figures.cost = meter.stop();
            self.ledger.check_all(&*store)?;
            store.close()?;
            return Ok(figures);
        }
        // What was put off until now is part of the work.
        store.close().context("it does not close")?;
        figures.cost = meter.stop();
        figures.directory_bytes = Some(bytes_in(&self.plan.directory)?);
        let store = self.open()?;
        self.ledger.check_all(&*store)?;
        store.close()?;
        Ok(figures)
    }

    /// Overwrites the entries that are to be held, one by one, and answers the
    /// store that holds them. Where it is `synced`, they are safe from a power
    /// loss; else they are as safe as a write of its class is. `answered` is
    /// told how many of them are so safe, each time that this is one more; with
    /// a sync that is once.
    ///
    /// # Errors
    ///
    /// What the store answers, or `answered`.
    pub fn hold(
        &self,
        synced: bool,
        mut answered: impl FnMut(u64) -> Result<()>,
    ) -> Result<Box<dyn Store>> {
        let store = self.open()?;
        let mut value = Vec::new();
        for number in 0..self.plan.held {
            self.ledger.begin_put(number, &mut value);
            let value = &value;
            store.write(&[Write::put(&key(number), value)])?;
            if !synced {
                answered(number + 1)?;
            }
        }
        if synced {
            store.sync()?;
            answered(self.plan.held)?;
        }
        Ok(store)
    }

    fn open(&self) -> Result<Box<dyn Store>> {
        self.contender
            .open_in(&self.plan.directory, self.plan.opened)
    }

    /// Does the workload on each of its threads.
    fn work(&self, store: &dyn Store, operations: u64) -> Result<Figures> {
        let threads = u64::from(self.workload.threads);
        let next_insert = AtomicU64::new(self.ledger.entries());
        let start = Barrier::new(self.workload.threads as usize);
        let work = |thread: u64| {
            let share = Share {
                thread,
                threads,
                next_insert: &next_insert,
            };
            let random = Xoshiro256PlusPlus::seed_from_u64(mix(self.plan.seed ^ thread));
            let worker = Worker::new(store, &self.ledger, share, random, self.plan.busy_max);
            start.wait();
            worker.work(self.workload.kind, operations)
        };
        let is_over = AtomicBool::new(false);
        let measured: Result<Vec<_>> = thread::scope(|scope| {
            let work = &work;
            let maintained = store
                .maintenance()
                .map(|maintenance| scope.spawn(|| maintain(maintenance, &is_over)));
            let commits = matches!(self.workload.kind, Kind::GetBeside(_))
                .then(|| scope.spawn(|| self.commit(store, &is_over)));
            let threads: Vec<_> = (0..threads).map(|n| scope.spawn(move || work(n))).collect();
            let ended: Result<_> = threads.into_iter().map(join).collect();
            is_over.store(true, Ordering::Relaxed);
            maintained.map_or(Ok(()), join)?;
            commits.map_or(Ok(()), join)?;
            ended
        });
        Ok(Figures::of(measured?))
    }

    /// Overwrites an entry, syncs and rests, again and again until the work is
    /// over: those who read meet a commit every few milliseconds, and hardly ever
    /// wait for a processor.
    fn commit(&self, store: &dyn Store, is_over: &AtomicBool) -> Result<()> {
        const REST: Duration = Duration::from_millis(1);
        let mut random = Xoshiro256PlusPlus::seed_from_u64(mix(!self.plan.seed));
        let mut value = Vec::new();
        while !is_over.load(Ordering::Relaxed) {
            let number = random.random_range(0..self.ledger.entries());
            self.ledger.begin_put(number, &mut value);
            store.write(&[Write::put(&key(number), &value)])?;
            self.ledger.done(number);
            store.sync()?;
            thread::sleep(REST);
        }
        Ok(())
    }

    /// Opens the store, reads an entry, and checks that all are there.
    fn reopen(&self) -> Result<Figures> {
        let meter = Meter::start(self.plan.memory.as_ref());
        let start = Instant::now();
        let store = self.open()?;
        let opened = start.elapsed();
        let first = self.work(&*store, 1)?;
        let mut measured = Measured::new();
        measured.note(opened + Duration::from_nanos(first.latency.max_ns), 1);
        let mut figures = Figures::of([measured]);
        figures.counts = named(&store.stats()).collect();
        figures.cost = meter.stop();
        self.ledger.check_all(&*store)?;
        store.close()?;
        figures.directory_bytes = Some(bytes_in(&self.plan.directory)?);
        Ok(figures)
    }
}

fn join<T>(thread: ScopedJoinHandle<'_, Result<T>>) -> Result<T> {
    let ended = thread.join();
    ended.unwrap_or_else(|_| Err(anyhow!("a thread panicked")))
}

/// Does what a store owes, as it comes to owe it, until the work is over.
fn maintain(maintenance: &dyn Maintenance, is_over: &AtomicBool) -> Result<()> {
    /// A store that owes nothing is asked again after so long.
    const REST: Duration = Duration::from_millis(5);
    while !is_over.load(Ordering::Relaxed) {
        if maintenance.step().context("its maintenance fails")? == Progress::Idle {
            thread::sleep(REST);
        }
    }
    Ok(())
}

/// Loads entries into an empty store, untimed, in an order that is the same
/// each time.
fn fill(store: &dyn Store, values: &Values, entries: u64) -> Result<()> {
    let ledger = Ledger::new(Values::new(values.bytes()), 0, entries);
    let share = Share {
        thread: 0,
        threads: 1,
        next_insert: &AtomicU64::new(0),
    };
    let random = Xoshiro256PlusPlus::seed_from_u64(0);
    let worker = Worker::new(store, &ledger, share, random, Duration::MAX);
    worker.work(Kind::Load(Arrangement::Random), entries)?;
    Ok(())
}

/// What the files in a directory take on the device.
fn bytes_in(directory: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(directory).context("the store's directory is gone")? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += match metadata.is_dir() {
            true => bytes_in(&entry.path())?,
            false => allocated(&metadata),
        };
    }
    Ok(bytes)
}

/// Holes in a file take nothing.
#[cfg(unix)]
fn allocated(metadata: &fs::Metadata) -> u64 {
    use std::os::unix::fs::MetadataExt;
    512 * metadata.blocks()
}

#[cfg(not(unix))]
fn allocated(metadata: &fs::Metadata) -> u64 {
    metadata.len()
}
