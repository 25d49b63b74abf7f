//! A wrong engine, its charge, and its trial.

use std::fmt;
use std::sync::Arc;

use conformance::suite::{self, Rejection, judge};
use conformance::{Budget, Clause, Level, Subject, subject};
use engine::disk::Disk;
use engine::{Durability, Result, StorageEngine};

use crate::calls::{Called, Calls};
use crate::log_engine::{self, LogEngine};
use crate::paged_tree::{self, PagedTree};
use crate::segmented_log::{self, SegmentedLog};
use crate::table_tree::{self, TableTree};
use crate::versioned_map::{self, VersionedMap};

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
    made: Made,
}

/// How an exhibit is made.
#[derive(Clone, Copy)]
enum Made {
    /// By a function of its own.
    By(Open),
    /// Of the log engine, with these steps.
    OfLog(&'static dyn log_engine::steps::Steps),
    /// Of the segmented log, with these steps.
    OfSegments(&'static dyn segmented_log::steps::Steps),
    /// Of the table tree, with these steps.
    OfTables(&'static dyn table_tree::steps::Steps),
    /// Of the paged tree, with these steps and powers.
    OfPages(&'static dyn paged_tree::steps::Steps, paged_tree::Lent),
    /// Of the versioned map, with these steps.
    OfVersions(&'static dyn versioned_map::steps::Steps),
}

type Open = fn(Arc<dyn Disk>, Durability) -> Result<Box<dyn StorageEngine>>;

impl Exhibit {
    /// The log engine, taking one step as `steps` does.
    pub(crate) const fn of_steps(
        steps: &'static dyn log_engine::steps::Steps,
        charge: Charge,
    ) -> Self {
        Exhibit::made(charge, Made::OfLog(steps))
    }

    /// The log engine, answering one call as `C` does.
    pub(crate) const fn of_calls<C: Calls>(charge: Charge) -> Self {
        Exhibit::new(charge, |disk, durability| {
            Ok(Box::new(Called::<C>::open(disk, durability)?))
        })
    }

    /// The segmented log, taking one step as `steps` does.
    pub(crate) const fn of_segments(
        steps: &'static dyn segmented_log::steps::Steps,
        charge: Charge,
    ) -> Self {
        Exhibit::made(charge, Made::OfSegments(steps))
    }

    /// The table tree, taking one step as `steps` does.
    pub(crate) const fn of_tables(
        steps: &'static dyn table_tree::steps::Steps,
        charge: Charge,
    ) -> Self {
        Exhibit::made(charge, Made::OfTables(steps))
    }

    /// The paged tree, taking one step as `steps` does. It does not lend its own
    /// `check`: what it answers is to convict it.
    pub(crate) const fn of_pages(
        steps: &'static dyn paged_tree::steps::Steps,
        charge: Charge,
    ) -> Self {
        Exhibit::made(charge, Made::OfPages(steps, PagedTree::unchecked))
    }

    /// The same, where it answers right, and only its own `check` can tell.
    pub(crate) const fn of_checked_pages(
        steps: &'static dyn paged_tree::steps::Steps,
        charge: Charge,
    ) -> Self {
        Exhibit::made(charge, Made::OfPages(steps, PagedTree::powers))
    }

    /// The versioned map, taking one step as `steps` does.
    pub(crate) const fn of_versions(
        steps: &'static dyn versioned_map::steps::Steps,
        charge: Charge,
    ) -> Self {
        Exhibit::made(charge, Made::OfVersions(steps))
    }

    pub(crate) const fn new(charge: Charge, open: Open) -> Self {
        Exhibit::made(charge, Made::By(open))
    }

    const fn made(charge: Charge, made: Made) -> Self {
        let Charge(name, clause, level, crime, excuse) = charge;
        Exhibit {
            name,
            clause,
            level,
            crime,
            excuse,
            made,
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
        match self.made {
            Made::By(open) => open(disk, durability),
            Made::OfLog(steps) => Ok(Box::new(LogEngine::open(disk, durability, steps)?)),
            Made::OfSegments(steps) => Ok(Box::new(SegmentedLog::open(disk, durability, steps)?)),
            Made::OfVersions(steps) => Ok(Box::new(VersionedMap::open(disk, durability, steps)?)),
            Made::OfTables(steps) => Ok(Box::new(TableTree::open(disk, durability, steps)?)),
            Made::OfPages(steps, _) => Ok(Box::new(PagedTree::open(disk, durability, steps)?)),
        }
    }

    /// The engine, as the suite takes it.
    pub fn subject(&self) -> Subject {
        let subject = match self.made {
            Made::By(open) => subject!(self.name, open),
            Made::OfLog(steps) => log_engine::subject_of(self.name, steps),
            Made::OfSegments(steps) => segmented_log::subject_of(self.name, steps),
            Made::OfVersions(steps) => versioned_map::subject_of(self.name, steps),
            Made::OfTables(steps) => table_tree::subject_of(self.name, steps),
            Made::OfPages(steps, powers) => paged_tree::subject_of(self.name, steps, powers),
        };
        subject.claims(&[self.level])
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
pub(crate) struct Charge(
    pub(crate) &'static str,
    pub(crate) Clause,
    pub(crate) Level,
    pub(crate) &'static str,
    pub(crate) &'static str,
);
