//! A gallery of wrong engines: what the suite is worth is what it rejects.
//!
//! Every [`Exhibit`] is wrong in one way that a good engineer on a tired
//! evening would be, and passes the tests that a storage engine usually gets:
//! put some, get some, delete some, scan, close, open, get again. The suite
//! rejects each of them by the clause that names its crime. [`table`] shows
//! them with the smallest script that convicts them.
//!
//! The rooms:
//!
//! | room | engines that are wrong about |
//! |---|---|
//! | [`keys`] | which bytes are keys and values |
//! | [`batches`] | what a batch does |
//! | [`scans`] | where a scan begins and ends |
//! | [`cursors`] | how a cursor moves, and what it costs |
//! | [`reading`] | scans that meet an error |
//! | [`threads`] | what other threads see |
//! | [`schedules`] | a moment between two lines |
//! | [`syncing`] | what a sync makes durable |
//! | [`opening`] | what an opening does with the files it finds |
//! | [`segments`] | a log in several files |
//! | [`merging`] | making one of two |
//! | [`failing`] | appends that fail |
//! | [`poison`] | syncs that fail |
//! | [`damage`] | bytes that changed |
//! | [`owners`] | who may open a directory |
//! | [`counts`] | what they count |
//!
//! Most are the [log engine](crate::log_engine) or the
//! [segmented log](crate::segmented_log) with one step taken wrongly; [`calls`]
//! holds what the others share.

pub mod batches;
pub mod calls;
pub mod counts;
pub mod cursors;
pub mod damage;
pub mod failing;
pub mod keys;
pub mod merging;
pub mod opening;
pub mod owners;
pub mod poison;
pub mod reading;
pub mod scans;
pub mod schedules;
pub mod segments;
pub mod syncing;
#[cfg(test)]
mod tests;
pub mod threads;

use std::fmt;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread;

use engine::disk::Disk;
use engine::sync::atomic::{AtomicUsize, Ordering};
use engine::{Durability, Result, StorageEngine};

use crate::budget::Budget;
use crate::level::{Clause, Level};
use crate::log_engine::LogEngine;
use crate::log_engine::steps::Steps;
use crate::segmented_log::{self, SegmentedLog};
use crate::subject::Subject;
use crate::suite::{self, Rejection, judge};

use calls::{Called, Calls};

/// A wrong engine, and what it is accused of.
#[derive(Clone, Copy)]
pub struct Exhibit {
    /// Its name, in kebab case.
    pub name: &'static str,
    /// The clause that it breaks.
    pub clause: Clause,
    /// The level that finds out.
    pub level: Level,
    /// What it does, in a sentence.
    pub crime: &'static str,
    /// Why a good engineer would write it.
    pub excuse: &'static str,
    open: Open,
    subject: fn(&Exhibit) -> Subject,
}

type Open = fn(Arc<dyn Disk>, Durability) -> Result<Box<dyn StorageEngine>>;

impl Exhibit {
    /// The log engine, taking one step as `S` does.
    const fn of_steps<S: Steps>(charge: Charge) -> Self {
        Exhibit::new(charge, |disk, durability| {
            Ok(Box::new(LogEngine::<S>::open(disk, durability)?))
        })
    }

    /// The log engine, answering one call as `C` does.
    const fn of_calls<C: Calls>(charge: Charge) -> Self {
        Exhibit::new(charge, |disk, durability| {
            Ok(Box::new(Called::<C>::open(disk, durability)?))
        })
    }

    /// The segmented log, taking one step as `S` does.
    const fn of_segments<S: segmented_log::steps::Steps>(charge: Charge) -> Self {
        let exhibit = Exhibit::new(charge, |disk, durability| {
            Ok(Box::new(SegmentedLog::<S>::open(disk, durability)?))
        });
        Exhibit {
            subject: |exhibit| segmented_log::subject_of::<S>(exhibit.name),
            ..exhibit
        }
    }

    const fn new(charge: Charge, open: Open) -> Self {
        let Charge(name, clause, level, crime, excuse) = charge;
        Exhibit {
            name,
            clause,
            level,
            crime,
            excuse,
            open,
            subject: |exhibit| Subject::new(exhibit.name, exhibit.open),
        }
    }

    /// Opens the engine.
    ///
    /// # Errors
    ///
    /// What a right engine answers, or what a wrong one does.
    pub fn open(
        &self,
        disk: Arc<dyn Disk>,
        durability: Durability,
    ) -> Result<Box<dyn StorageEngine>> {
        (self.open)(disk, durability)
    }

    /// The engine, as the suite takes it.
    pub fn subject(&self) -> Subject {
        (self.subject)(self).claims(&[self.level])
    }

    /// What the suite says about the engine, as a reader's tests would say it.
    pub fn report(&self, budget: &Budget) -> String {
        match self.judge(budget) {
            Ok(()) => format!("{} is not rejected by level {}.\n", self.name, self.level),
            Err(rejection) => suite::report(&self.subject(), self.level, &rejection),
        }
    }

    /// What the level that should reject the engine finds.
    ///
    /// # Errors
    ///
    /// The rejection. `Ok` means a hole in the suite.
    pub fn judge(&self, budget: &Budget) -> Result<(), Rejection> {
        judge(&self.subject(), self.level, budget, |_| true)
    }
}

impl fmt::Debug for Exhibit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Exhibit").field(&self.name).finish()
    }
}

/// Name, clause, level, crime and excuse of an exhibit.
#[derive(Clone, Copy)]
struct Charge(&'static str, Clause, Level, &'static str, &'static str);

/// Every exhibit, room by room.
pub fn all() -> Vec<Exhibit> {
    [
        keys::EXHIBITS,
        batches::EXHIBITS,
        scans::EXHIBITS,
        cursors::EXHIBITS,
        reading::EXHIBITS,
        threads::EXHIBITS,
        schedules::EXHIBITS,
        syncing::EXHIBITS,
        opening::EXHIBITS,
        segments::EXHIBITS,
        merging::EXHIBITS,
        failing::EXHIBITS,
        poison::EXHIBITS,
        damage::EXHIBITS,
        owners::EXHIBITS,
        counts::EXHIBITS,
    ]
    .concat()
}

/// What became of every exhibit, in the order of [`all`]. Two are judged at a
/// time.
pub fn verdicts(budget: &Budget) -> Vec<(Exhibit, Result<(), Rejection>)> {
    let exhibits = all();
    let next = AtomicUsize::new(0);
    let judge_some = || {
        let mut judged = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(exhibit) = exhibits.get(number) else {
                return judged;
            };
            judged.push((number, *exhibit, exhibit.judge(budget)));
        }
    };
    let mut judged = thread::scope(|scope| {
        let other = scope.spawn(judge_some);
        let mut judged = judge_some();
        judged.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        judged
    });
    judged.sort_by_key(|(number, ..)| *number);
    judged
        .into_iter()
        .map(|(_, exhibit, verdict)| (exhibit, verdict))
        .collect()
}

/// The gallery as a Markdown table, the same on every run: clause, level, the
/// wrong engine and its crime, and the smallest script that shows it.
pub fn table() -> String {
    table_of(&verdicts(&Budget::QUICK))
}

fn table_of(verdicts: &[(Exhibit, Result<(), Rejection>)]) -> String {
    let mut table = String::from(
        "| clause | level | wrong engine | its crime | smallest script |\n\
         |---|---|---|---|---|\n",
    );
    for (exhibit, verdict) in verdicts {
        let Exhibit {
            name,
            clause,
            level,
            crime,
            ..
        } = exhibit;
        let proof = match verdict {
            Ok(()) => "none".to_owned(),
            Err(rejection) => proof(*level, rejection),
        };
        let number = clause.number();
        table.push_str(&format!(
            "| {number} | {level} | {name} | {crime} | {proof} |\n"
        ));
    }
    table
}

/// What convicts an exhibit, in a line: the script and how to replay it; for
/// threads that are steered, what they do beside each other; for those that
/// are not, where no run is like the other, that there are threads.
fn proof(level: Level, rejection: &Rejection) -> String {
    let failure = &rejection.failure;
    if let Some(beside) = &failure.beside {
        return beside.clone();
    }
    match &failure.script {
        Some(script) if level != Level::Concurrent => {
            let mut proof = format!("`{script}`");
            for (variable, value) in &failure.replay {
                proof.push_str(&format!(" `{variable}={value}`"));
            }
            proof.replace('|', "\\|")
        }
        _ if level == Level::Concurrent => "threads, by chance".to_owned(),
        _ => rejection.check.replace('_', " "),
    }
}
