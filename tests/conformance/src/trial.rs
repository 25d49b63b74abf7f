//! A trial: a script, on an engine over the simulated disk, with everything
//! that may be found there later.
//!
//! A trial plays the script and notes, at each change of the disk, which
//! states a power cut or the process's death may leave. Faults may be part of
//! the script; then errors may be the answer, and the trial holds the engine
//! to what the clauses say about errors. What a cut really leaves is for
//! [`explore`](mod@crate::explore) to try.

pub(crate) mod expect;
mod judging;
pub(crate) mod problem;
mod reading;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use engine::{Durability, Error};

use crate::level::Clause;
use crate::model::Contents;
use crate::panics;
use crate::script::Op;
use crate::sim::{Counts, Faults, SimDisk};
use crate::subject::{Opened, Subject};
use expect::{End, Expected, Mark, State};
use judging::{Called, accepted_poisoned};
use problem::{Problem, clause_of_loss};
use reading::Unread;

/// An engine on a simulated disk, and what may be found there.
pub(crate) struct Trial<'s> {
    subject: &'s Subject,
    durability: Durability,
    pub(crate) disk: SimDisk,
    pub(crate) expected: Expected,
    faults: Faults,
    /// How many operations have begun.
    pub(crate) begun: usize,
    /// The fingerprint of what the first opening showed.
    pub(crate) first_shown: Option<u128>,
    /// The engine has answered `Poisoned`, or should have.
    poisoned: bool,
    /// An operation has failed for another reason than a full disk since the
    /// engine was opened; and any has.
    failed: bool,
    /// How many changes the disk had taken in before the call during which
    /// something failed for the first time.
    pub(crate) first_failed: Option<usize>,
    /// The disk's counts when the engine was opened.
    counted: Counts,
    /// A failed sync has taken bytes away that the engine could read before.
    bereft: bool,
    /// An opening is under way.
    opening: bool,
    /// Close the engine in the end, instead of dropping it.
    pub(crate) close_at_end: bool,
    /// Hold the engine's counts against the disk's.
    pub(crate) check_counts: bool,
}

impl<'s> Trial<'s> {
    /// A trial of `subject` on an empty disk.
    pub(crate) fn new(subject: &'s Subject, durability: Durability) -> Self {
        let empty = Arc::new(State::new(Contents::new()));
        Trial::on(subject, durability, SimDisk::new(), Expected::new(empty))
    }

    /// A trial of the same engine on `disk`, which is what was left of `self` at
    /// `mark`.
    pub(crate) fn resumed(&self, disk: SimDisk, mark: &Mark) -> Trial<'s> {
        let expected = self.expected.resumed(mark);
        Trial::on(self.subject, self.durability, disk, expected)
    }

    fn on(subject: &'s Subject, durability: Durability, disk: SimDisk, expected: Expected) -> Self {
        Trial {
            subject,
            durability,
            counted: disk.counts(),
            disk,
            expected,
            faults: Faults::default(),
            begun: 0,
            first_shown: None,
            poisoned: false,
            failed: false,
            first_failed: None,
            bereft: false,
            opening: false,
            close_at_end: false,
            check_counts: false,
        }
    }

    /// Opens the engine, where `end` has left the disk, plays `ops` and drops
    /// the engine. Faults at the beginning are there before the engine is
    /// opened.
    ///
    /// # Errors
    ///
    /// The first thing that the engine did wrong. The trial then tells how far
    /// it came.
    pub(crate) fn run(&mut self, end: End, ops: &[Op]) -> Result<(), Problem> {
        match panics::caught(|| self.play(end, ops)) {
            Ok(result) => result
                .and_then(|()| self.check_conduct())
                .map_err(|problem| self.blame(problem)),
            Err(panic) => Err(Problem::panicked(self.clause_of_panic(), panic)),
        }
    }

    fn play(&mut self, end: End, ops: &[Op]) -> Result<(), Problem> {
        let leading = |op: &&Op| matches!(op, Op::Fault(_));
        for op in ops.iter().take_while(leading) {
            self.fault(op);
            self.begun += 1;
        }
        self.expected.begins(self.at(), self.begun);
        let mut engine = self.open(
            end,
            match end {
                End::PowerCut => "The power was cut, it was opened again",
                End::Death => "The process was killed, it was opened again",
            },
        )?;
        for (place, op) in ops.iter().enumerate().skip(self.begun) {
            self.begun = place + 1;
            self.expected.begins(self.at(), self.begun);
            engine = self.step(engine, op)?;
        }
        match self.close_at_end {
            true => self.close(engine),
            false => self.drop(engine),
        }
    }

    fn drop(&mut self, engine: Opened) -> Result<(), Problem> {
        self.end(&engine)?;
        drop(engine);
        Ok(())
    }

    fn step(&mut self, engine: Opened, op: &Op) -> Result<Opened, Problem> {
        match op {
            Op::Put(..) | Op::Delete(_) | Op::Write(_) | Op::Fill(_) => self.write(&engine, op)?,
            Op::Get(_) | Op::Scan(..) | Op::ScanPrefix(..) | Op::Entries(..) => {
                self.read(&engine)?;
            }
            Op::Sync => self.sync(&engine)?,
            Op::Step => self.maintain(&engine)?,
            Op::Reopen => {
                self.close(engine)?;
                return self.open(End::Death, "It was closed, it was opened again");
            }
            Op::Drop => {
                self.drop(engine)?;
                return self.open(End::Death, "It was dropped, it was opened again");
            }
            Op::Kill => {
                self.disk = self.disk.kill();
                // To give its memory back: it can no longer touch the disk.
                let _unheard = panics::caught(|| drop(engine));
                return self.open(End::Death, "The process was killed, it was opened again");
            }
            Op::Fault(_) => self.fault(op),
            Op::Cursor(..)
            | Op::Next(_)
            | Op::Seek(_)
            | Op::Snapshot(_)
            | Op::Release(_)
            | Op::GetAt(..)
            | Op::ScanAt(..)
            | Op::CursorAt(..) => {}
            Op::Cut(_) | Op::KillAt(_) | Op::Flip(..) => {
                unreachable!("whoever plays the script cuts it here")
            }
        }
        Ok(engine)
    }

    fn fault(&mut self, op: &Op) {
        if let Op::Fault(fault) = op {
            self.faults = self.faults.clone().with(*fault);
            self.disk.set_faults(self.faults.clone());
        }
    }

    fn at(&self) -> usize {
        self.disk.changes()
    }

    /// Opens the engine where `end` has ended its use, and compares what it
    /// shows. An opening that meets a fault may fail; everything works for the
    /// second one.
    fn open(&mut self, end: End, how: &str) -> Result<Opened, Problem> {
        let mark = self.expected.now();
        self.opening = true;
        let engine = self.try_open(how)?;
        let called = self.called(|trial| trial.entries(&engine));
        let found = match called.result {
            Err(Unread::Engine(_)) if called.failed > 0 => {
                self.heal_disk();
                self.entries(&engine)
            }
            result => result,
        };
        let found = found.map_err(Unread::problem)?;
        let fingerprint = State::fingerprint_of_entries(&found);
        let left = self.expected.left(&mark, end);
        let Some(state) = left
            .iter()
            .rev()
            .find(|state| state.fingerprint == fingerprint)
        else {
            return Err(Problem::wrong_state(
                &self.expected,
                &mark,
                end,
                &found,
                how,
            ));
        };
        let state = Arc::clone(state);
        self.first_shown.get_or_insert(fingerprint);
        self.expected.opened(self.at(), self.begun, state);
        self.opening = false;
        Ok(engine)
    }

    fn try_open(&mut self, how: &str) -> Result<Opened, Problem> {
        self.poisoned = false;
        self.failed = false;
        self.bereft = false;
        loop {
            self.counted = self.disk.counts();
            let disk = Arc::new(self.disk.clone());
            let Called {
                result,
                failed,
                failed_syncs,
            } = self.called(|trial| trial.subject.open(disk, trial.durability));
            match result {
                Ok(engine) if failed_syncs == 0 => return Ok(engine),
                Ok(_) => {
                    let what = "An opening succeeded, though a sync of the device had failed.";
                    return Err(Problem::new(Clause::Poison, what)
                        .expected("an error")
                        .found("success"));
                }
                Err(Error::Locked { .. }) => {
                    let what = "An opening was refused, though the directory has no owner.";
                    return Err(Problem::new(Clause::OneOwner, what)
                        .expected("success")
                        .found("Locked"));
                }
                Err(_) if failed > 0 => self.heal_disk(),
                Err(error) => {
                    let clause = clause_of_loss(&self.expected);
                    let what = format!("{how}, and that failed.");
                    return Err(Problem::new(clause, what)
                        .expected("success")
                        .found(format!("the error \"{error}\"")));
                }
            }
        }
    }

    /// From now on the disk works.
    fn heal_disk(&mut self) {
        self.faults = Faults::default();
        self.disk.set_faults(Faults::default());
    }

    fn write(&mut self, engine: &Opened, op: &Op) -> Result<(), Problem> {
        let batch = op.batch(&engine.limits()).expect("the operation writes");
        self.expected.writing(self.at(), self.begun, &batch);
        let called = self.called(|_| engine.write(&batch.writes()));
        let (at, begun) = (self.at(), self.begun);
        match &called.result {
            Ok(()) if self.poisoned => {
                return Err(accepted_poisoned("A write"));
            }
            Ok(()) => {
                called.no_sync_failed("A write")?;
                self.expected.written(at, begun, self.durability);
            }
            Err(Error::Poisoned { .. }) => {
                self.check_poison("A write", &called)?;
                self.expected.unknown(at, begun);
            }
            Err(error) => {
                self.check_error("A write", error, &called)?;
                self.expected.failed(at, begun);
            }
        }
        self.device_failed(&called);
        self.read(engine)
    }

    fn sync(&mut self, engine: &Opened) -> Result<(), Problem> {
        let called = self.called(|_| engine.sync());
        match &called.result {
            Ok(()) if self.poisoned => return Err(accepted_poisoned("A sync")),
            Ok(()) => {
                called.no_sync_failed("A sync")?;
                self.expected.synced(self.at(), self.begun);
            }
            Err(Error::Poisoned { .. }) => self.check_poison("A sync", &called)?,
            Err(error) => self.check_error("A sync", error, &called)?,
        }
        self.device_failed(&called);
        self.read(engine)
    }

    fn maintain(&mut self, engine: &Opened) -> Result<(), Problem> {
        let called = self.called(|_| engine.step());
        match &called.result {
            Ok(_) => called.no_sync_failed("A piece of maintenance")?,
            Err(Error::Poisoned { .. }) => {
                self.check_poison("A piece of maintenance", &called)?;
            }
            Err(error) => self.check_error("A piece of maintenance", error, &called)?,
        }
        self.device_failed(&called);
        self.read(engine)
    }

    fn close(&mut self, engine: Opened) -> Result<(), Problem> {
        self.end(&engine)?;
        let called = self.called(|_| engine.close());
        match &called.result {
            Ok(()) if self.poisoned => return Err(accepted_poisoned("A close")),
            Ok(()) => {
                called.no_sync_failed("A close")?;
                self.expected.synced(self.at(), self.begun);
            }
            Err(Error::Poisoned { .. }) => self.check_poison("A close", &called)?,
            Err(error) => self.check_error("A close", error, &called)?,
        }
        self.device_failed(&called);
        Ok(())
    }
}
