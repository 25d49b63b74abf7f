//! A soak: random scripts, one after the other, for as long as somebody wants.
//!
//! The levels try what a test can afford, and the same in every run. A soak goes
//! on: each script is drawn from the seed and its number alone, so that a failure
//! is seen again by these two. By turns, a script is tried in one of these ways:
//!
//! | way | the script |
//! |---|---|
//! | compared | is long, scans, holds snapshots, ends the engine again and again, and does what the model does |
//! | cut | is cut at every change of the disk, and so are recoveries |
//! | failing | is played with each operation of the disk failing, or with a full disk |
//! | mixed | meets several faults, and the power is cut after the first |
//! | flipped | leaves files in which bits turn over, after a close or a power cut |
//! | short reads | is played on a disk that reads a few bytes at a time, and on one that has no maps |

mod draw;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use engine::sync::Mutex;
use engine::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::budget::{Budget, Size};
use crate::explore::Effort;
use crate::explore::cuts::Cuts;
use crate::explore::parallel::{Numbers, in_two};
use crate::level::{Clause, Level};
use crate::levels::faults::CHECKS_OF_A_SCRIPT;
use crate::report::Failure;
use crate::script::{Script, shrink};
use crate::subject::Subject;
use crate::{panics, watch};
use draw::Drawing;

/// What is done with a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// It is compared with the model.
    Compared,
    /// The power is cut everywhere.
    Cut,
    /// Operations of the disk fail.
    Failing,
    /// Several faults, where the script has them.
    Mixed,
    /// Bits of files turn over.
    Flipped,
    /// Reads are short.
    ShortReads,
}

impl Way {
    /// All of them.
    pub const ALL: [Way; 6] = [
        Way::Compared,
        Way::Cut,
        Way::Failing,
        Way::Mixed,
        Way::Flipped,
        Way::ShortReads,
    ];

    /// Its name, in a word or two.
    pub fn name(self) -> &'static str {
        match self {
            Way::Compared => "compared",
            Way::Cut => "cut",
            Way::Failing => "failing",
            Way::Mixed => "mixed",
            Way::Flipped => "flipped",
            Way::ShortReads => "short reads",
        }
    }

    /// The way of the script of this number. Those that find what others do not
    /// come more often.
    fn of(number: usize) -> Self {
        const TURNS: [Way; 12] = [
            Way::Compared,
            Way::Cut,
            Way::Failing,
            Way::Mixed,
            Way::Compared,
            Way::Cut,
            Way::Mixed,
            Way::Flipped,
            Way::Compared,
            Way::Cut,
            Way::Mixed,
            Way::ShortReads,
        ];
        TURNS[number % TURNS.len()]
    }

    /// The level whose replay shows what this way finds.
    fn level(self) -> Level {
        match self {
            Way::Compared => Level::Snapshot,
            Way::Cut => Level::Crash,
            Way::Failing | Way::Mixed | Way::Flipped | Way::ShortReads => Level::Faults,
        }
    }

    fn try_on(self, subject: &Subject, budget: &Budget, script: &Script) -> Result<(), Failure> {
        let [short, counts, closed, failing, syncs, full, cut] = CHECKS_OF_A_SCRIPT;
        let depth = Effort::of(budget).depth;
        let checks = match self {
            Way::Compared => {
                // Who has no snapshots promises less of scans, too.
                return crate::play::play(subject, script);
            }
            Way::Cut => return Cuts::new(subject, depth).script(script),
            Way::Mixed => return Cuts::new(subject, depth).shallow(script),
            Way::Failing => &[failing, syncs, full][..],
            Way::Flipped => &[closed, cut],
            Way::ShortReads => &[short, counts],
        };
        checks
            .iter()
            .try_for_each(|check| check(subject, budget, script))
    }
}

/// How much was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// The scripts that were tried in each way.
    pub scripts: [u64; Way::ALL.len()],
    /// How often the engine was opened.
    pub openings: u64,
}

/// A script that showed a mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its number.
    pub number: usize,
    /// The way in which it was tried.
    pub way: Way,
    /// The level whose replay shows the same.
    pub level: Level,
    /// What went wrong, with the script.
    pub failure: Failure,
}

/// Random scripts on one engine, until one fails or somebody ends it.
#[derive(Debug)]
pub struct Soak {
    subject: Subject,
    seed: u64,
    drawing: Drawing,
    numbers: Numbers,
    is_over: AtomicBool,
    scripts: Mutex<[u64; Way::ALL.len()]>,
    openings: Arc<AtomicU64>,
}

impl Soak {
    /// The scripts of `seed` from the number `first` on, `count` of them at
    /// most.
    ///
    /// # Errors
    ///
    /// Where the engine cannot even be opened.
    pub fn new(subject: &Subject, seed: u64, first: usize, count: usize) -> Result<Self, Failure> {
        let drawing = Drawing::of(subject)?;
        let openings = Arc::new(AtomicU64::new(0));
        let mut subject = subject.counted(&openings);
        if drawing.has_snapshots() {
            subject = subject.at_one_moment();
        }
        Ok(Soak {
            subject,
            seed,
            drawing,
            numbers: Numbers::between(first, first.saturating_add(count)),
            is_over: AtomicBool::new(false),
            scripts: Mutex::new([0; Way::ALL.len()]),
            openings,
        })
    }

    /// Tries the scripts in two threads, and answers with the first of those
    /// that failed.
    ///
    /// # Panics
    ///
    /// With the engine's own panic, when that is a `todo!`.
    pub fn run(&self) -> Option<Found> {
        let (one, other) = in_two(|| self.work());
        let found = one.into_iter().chain(other.flatten());
        found.min_by_key(|found| found.number)
    }

    /// Lets no script begin any more.
    pub fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// What was tried until now.
    pub fn counts(&self) -> Counts {
        Counts {
            scripts: *self.scripts.lock(),
            openings: self.openings.load(Ordering::Relaxed),
        }
    }

    /// The script of this number, and what is done with it.
    pub fn script(&self, number: usize) -> (Way, Script) {
        let way = Way::of(number);
        (way, self.drawing.script(way, self.seed, number))
    }

    fn work(&self) -> Option<Found> {
        while !self.is_over.load(Ordering::Relaxed) {
            let number = self.numbers.next()?;
            let (way, script) = self.script(number);
            if let Err(failure) = self.try_script(way, &script) {
                self.numbers.end_at(number);
                return Some(Found {
                    number,
                    way,
                    level: self.level(way),
                    failure,
                });
            }
            self.scripts.lock()[way as usize] += 1;
        }
        None
    }

    fn level(&self, way: Way) -> Level {
        match way.level() {
            Level::Snapshot if !self.drawing.has_snapshots() => Level::Reopen,
            level => level,
        }
    }

    /// Tries a script in a thread of its own, which is left behind where the
    /// engine does not return.
    fn try_script(&self, way: Way, script: &Script) -> Result<(), Failure> {
        let (subject, budget, theirs) = (self.subject.clone(), self.budget(), script.clone());
        let patience = subject.patience();
        let work = move || panics::caught(|| way.try_on(&subject, &budget, &theirs));
        let mut failure = match watch::guarded(patience, work) {
            Ok(Ok(Ok(()))) => return Ok(()),
            Ok(Ok(Err(failure))) => failure,
            Ok(Err(panic)) => Failure::panicked(Clause::OneOrder, &panic),
            Err(stuck) => Failure::stuck(Clause::OneOrder, &stuck, patience),
        };
        failure.script.get_or_insert_with(|| script.clone());
        Err(failure)
    }

    /// What is found in a script that breaks the same clause, and is as small as
    /// it gets. It takes its time.
    #[must_use]
    pub fn shrunk(&self, found: Found) -> Found {
        let (_, script) = self.script(found.number);
        let alike = |script: &Script| {
            let other = self.try_script(found.way, script).err();
            other.filter(|other| other.clause == found.failure.clause)
        };
        let smallest = shrink(script, |script| alike(script).is_some());
        match alike(&smallest) {
            Some(failure) => Found { failure, ..found },
            None => found,
        }
    }

    fn budget(&self) -> Budget {
        Budget {
            size: Size::Quick,
            seed: self.seed,
        }
    }
}
