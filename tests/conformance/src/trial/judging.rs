//! Which answers are right when something has failed, and whether counts are
//! true.

use engine::{Counter, Error, Result};

use super::Trial;
use super::problem::Problem;
use crate::level::Clause;
use crate::sim::Unsynced;
use crate::subject::Opened;

impl Trial<'_> {
    /// `Poisoned` is the right answer where something other than a lack of
    /// room went wrong.
    pub(super) fn check_poison<T>(
        &mut self,
        call: &str,
        called: &Called<T>,
    ) -> Result<(), Problem> {
        self.poisoned = true;
        if self.failed || called.failed_syncs > 0 {
            return Ok(());
        }
        let what = match called.failed {
            0 => format!("{call} answered Poisoned, though nothing had failed."),
            _ => format!("{call} answered Poisoned, though the disk was only full."),
        };
        Err(Problem::new(Clause::Poison, what))
    }

    /// Another error than `Poisoned` needs a reason, and must not hide that
    /// the engine is poisoned.
    pub(super) fn check_error<T>(
        &self,
        call: &str,
        error: &Error,
        called: &Called<T>,
    ) -> Result<(), Problem> {
        if self.poisoned || called.failed_syncs > 0 {
            let what = match self.poisoned {
                true => format!("{call} on a poisoned engine failed in another way."),
                false => format!("{call} met a failed sync and did not say Poisoned."),
            };
            return Err(Problem::new(Clause::Poison, what)
                .expected("Poisoned")
                .found(format!("the error \"{error}\"")));
        }
        match called.failed {
            0 => Err(Problem::error(
                damage_or(error, Clause::WholeOrNothing),
                call,
                error,
            )),
            _ => Ok(()),
        }
    }

    /// Notes that a sync failed: what the system held is no longer safe from
    /// the process's death, and the engine is poisoned.
    pub(super) fn device_failed<T>(&mut self, called: &Called<T>) {
        if called.failed_syncs > 0 {
            self.poisoned = true;
            self.bereft |= self.faults.failed_sync != Unsynced::Kept;
            self.expected.device_failed(self.at(), self.begun);
        }
    }

    /// Calls the engine, and notes what failed meanwhile.
    pub(super) fn called<T, E>(
        &mut self,
        call: impl FnOnce(&Self) -> Result<T, E>,
    ) -> Called<T, E> {
        let (at, before) = (self.at(), self.disk.counts());
        let result = call(self);
        let after = self.disk.counts();
        let called = Called {
            result,
            failed: after.failed - before.failed,
            failed_syncs: after.failed_syncs - before.failed_syncs,
        };
        let only_full = self.faults.fail.is_none() && self.faults.capacity.is_some();
        if called.failed > 0 {
            self.first_failed.get_or_insert(at);
        }
        self.expected.sync_failed |= called.failed_syncs > 0;
        self.failed |= called.failed > 0 && !only_full;
        called
    }

    /// The engine is about to end: its counts are final.
    pub(super) fn end(&mut self, engine: &Opened) -> Result<(), Problem> {
        if !self.check_counts {
            return Ok(());
        }
        let (stats, now, then) = (engine.stats(), self.disk.counts(), self.counted);
        let read = now.read - then.read;
        let lent = now.lent - then.lent;
        let reported = stats[Counter::BytesRead];
        let read_wanted = if reported == read + lent {
            reported
        } else {
            read
        };
        for (counter, what, wanted) in [
            (Counter::BytesRead, "bytes read", read_wanted),
            (
                Counter::BytesWritten,
                "bytes written",
                now.written - then.written,
            ),
            (Counter::Syncs, "syncs", now.syncs - then.syncs),
        ] {
            if stats[counter] != wanted {
                let what = format!("It counted other {what} than the disk did.");
                return Err(Problem::new(Clause::CountedCosts, what)
                    .expected(wanted.to_string())
                    .found(stats[counter].to_string()));
            }
        }
        Ok(())
    }

    /// What the disk had to refuse.
    pub(super) fn check_conduct(&self) -> Result<(), Problem> {
        let Some(violation) = self.disk.violations().into_iter().next() else {
            return Ok(());
        };
        let clause = match violation.contains("after it had failed") {
            true => Clause::Poison,
            false => Clause::OneOwner,
        };
        Err(Problem::new(clause, "It did what a disk does not allow:").found(violation))
    }

    /// Whatever is wrong where reads are short, and nothing else fails, is that
    /// the database is silently another one.
    pub(super) fn blame(&self, mut problem: Problem) -> Problem {
        let short = self.faults.read_max.is_some() && !self.failed;
        if short && problem.clause != Clause::CountedCosts {
            problem.clause = Clause::DamageIsFound;
        }
        problem
    }

    pub(super) fn clause_of_panic(&self) -> Clause {
        match (self.opening, self.failed) {
            (true, false) => Clause::DamageIsFound,
            _ => Clause::WholeOrNothing,
        }
    }
}

/// The answer of a call, and how many operations of the disk failed meanwhile.
pub(super) struct Called<T, E = Error> {
    pub(super) result: Result<T, E>,
    pub(super) failed: u64,
    pub(super) failed_syncs: u64,
}

impl<T> Called<T> {
    /// Success is the wrong answer where a sync failed.
    pub(super) fn no_sync_failed(&self, call: &str) -> Result<(), Problem> {
        if self.failed_syncs == 0 {
            return Ok(());
        }
        let what = format!("{call} succeeded, though a sync of the device had failed.");
        Err(Problem::new(Clause::Poison, what)
            .expected("Poisoned")
            .found("success"))
    }
}

pub(super) fn accepted_poisoned(call: &str) -> Problem {
    Problem::new(
        Clause::Poison,
        format!("{call} succeeded on a poisoned engine."),
    )
    .expected("Poisoned")
    .found("success")
}

pub(super) fn damage_or(error: &Error, clause: Clause) -> Clause {
    match error {
        Error::Corrupt { .. } | Error::Version { .. } => Clause::DamageIsFound,
        _ => clause,
    }
}
