//! A trial: a script, on an engine over the simulated disk, with everything
//! that may be found there later.
//!
//! A trial plays the script and notes, at each change of the disk, which
//! states a power cut or the process's death may leave. Faults may be part of
//! the script; then errors may be the answer, and the trial holds the engine
//! to what the clauses say about errors. What a cut really leaves is for
//! [`explore`](mod@crate::explore) to try.

pub(crate) mod expect;
pub(crate) mod problem;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use engine::{Counter, Cursor, Durability, Entry, Error, KeyRange, Order, Result};

use crate::level::Clause;
use crate::model::Contents;
use crate::panics;
use crate::play::{entries_shown, entry_shown, value_shown};
use crate::script::Op;
use crate::sim::{Faults, SimDisk, Unsynced};
use crate::subject::{Opened, Subject};
use expect::{End, Expected, Mark, State};
use problem::{Problem, clause_of_loss};

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
    counted: crate::sim::Counts,
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

    /// A trial of `subject` on what `end` left of `self` at `mark`.
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

    /// Whatever is wrong where reads are short, and nothing else fails, is that
    /// the database is silently another one.
    fn blame(&self, mut problem: Problem) -> Problem {
        let short = self.faults.read_max.is_some() && !self.failed;
        if short && problem.clause != Clause::CountedCosts {
            problem.clause = Clause::DamageIsFound;
        }
        problem
    }

    fn clause_of_panic(&self) -> Clause {
        match (self.opening, self.failed) {
            (true, false) => Clause::DamageIsFound,
            _ => Clause::WholeOrNothing,
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
            Op::Cursor(..) | Op::Next(_) | Op::Seek(_) => {}
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

    /// Reads everything with a cursor, and holds that to its own promises.
    fn entries(&self, engine: &Opened) -> Result<Vec<Entry>, Unread> {
        let mut cursor = engine.scan(KeyRange::all(), Order::Ascending)?;
        let mut entries = Vec::new();
        loop {
            let is_at_end = match cursor.entry() {
                Some((key, value)) => {
                    entries.push((key.to_vec(), value.to_vec()));
                    false
                }
                None => true,
            };
            match cursor.advance() {
                Ok(()) if is_at_end => return Ok(entries),
                Ok(()) => {}
                Err(error) => {
                    check_sticky(&mut *cursor, &error).map_err(Unread::Problem)?;
                    return Err(Unread::Engine(error));
                }
            }
        }
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

    /// Reads everything: it is what was written, whatever failed meanwhile.
    fn read(&mut self, engine: &Opened) -> Result<(), Problem> {
        let called = self.called(|trial| trial.entries(engine));
        let found = match called.result {
            Ok(found) => found,
            Err(Unread::Engine(error)) => {
                return self.check_read("A scan", &error, called.failed);
            }
            Err(Unread::Problem(problem)) => return Err(problem),
        };
        let fingerprint = State::fingerprint_of_entries(&found);
        let is_found = |state: &Arc<State>| state.fingerprint == fingerprint;
        if !self.expected.visible().any(is_found) {
            let shown = |state: &Arc<State>| entries_shown(&state.entries());
            let expected: Vec<String> = self.expected.visible().map(shown).collect();
            let (clause, what) = match called.failed {
                0 => (
                    self.clause_of_reads(),
                    "A scan yields other entries than it should.",
                ),
                _ => (
                    Clause::OrderedScans,
                    "A scan met an error, and ended as if there was no more.",
                ),
            };
            return Err(Problem::new(clause, what)
                .expected(expected.join(", or\n"))
                .found(entries_shown(&found)));
        }
        let Some((key, value)) = found.first() else {
            return Ok(());
        };
        let called = self.called(|_| engine.get(key));
        match called.result {
            Ok(got) if got.as_ref() == Some(value) => Ok(()),
            Ok(got) => {
                let what = "A get answers something else than the scan before it.";
                Err(Problem::new(self.clause_of_reads(), what)
                    .expected(value_shown(key, Some(value)))
                    .found(value_shown(key, got.as_deref())))
            }
            Err(error) => self.check_read("A get", &error, called.failed),
        }
    }

    fn clause_of_reads(&self) -> Clause {
        match (self.poisoned, self.failed) {
            (true, _) => Clause::Poison,
            (false, true) => Clause::WholeOrNothing,
            (false, false) => Clause::OneOrder,
        }
    }

    /// A read fails where the disk does, or where it has lost what is read.
    fn check_read(&self, call: &str, error: &Error, failed: u64) -> Result<(), Problem> {
        if failed > 0 || self.bereft && matches!(error, Error::Corrupt { .. }) {
            return Ok(());
        }
        let clause = match self.poisoned {
            true => Clause::Poison,
            false => damage_or(error, Clause::OneOrder),
        };
        Err(Problem::error(clause, call, error))
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

    /// Notes that a sync failed: what the system held is no longer safe from
    /// the process's death, and the engine is poisoned.
    fn device_failed<T>(&mut self, called: &Called<T>) {
        if called.failed_syncs > 0 {
            self.poisoned = true;
            self.bereft |= self.faults.failed_sync != Unsynced::Kept;
            self.expected.device_failed(self.at(), self.begun);
        }
    }

    /// `Poisoned` is the right answer where something other than a lack of
    /// room went wrong.
    fn check_poison<T>(&mut self, call: &str, called: &Called<T>) -> Result<(), Problem> {
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
    fn check_error<T>(&self, call: &str, error: &Error, called: &Called<T>) -> Result<(), Problem> {
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

    /// Calls the engine, and notes what failed meanwhile.
    fn called<T, E>(&mut self, call: impl FnOnce(&Self) -> Result<T, E>) -> Called<T, E> {
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
    fn end(&mut self, engine: &Opened) -> Result<(), Problem> {
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
    fn check_conduct(&self) -> Result<(), Problem> {
        let Some(violation) = self.disk.violations().into_iter().next() else {
            return Ok(());
        };
        let clause = match violation.contains("after it had failed") {
            true => Clause::Poison,
            false => Clause::OneOwner,
        };
        Err(Problem::new(clause, "It did what a disk does not allow:").found(violation))
    }
}

/// The answer of a call, and how many operations of the disk failed meanwhile.
struct Called<T, E = Error> {
    result: Result<T, E>,
    failed: u64,
    failed_syncs: u64,
}

impl<T> Called<T> {
    /// Success is the wrong answer where a sync failed.
    fn no_sync_failed(&self, call: &str) -> Result<(), Problem> {
        if self.failed_syncs == 0 {
            return Ok(());
        }
        let what = format!("{call} succeeded, though a sync of the device had failed.");
        Err(Problem::new(Clause::Poison, what)
            .expected("Poisoned")
            .found("success"))
    }
}

/// Why a scan did not come to its end.
enum Unread {
    /// The engine answered an error, as it may.
    Engine(Error),
    /// The cursor broke a promise.
    Problem(Problem),
}

impl From<Error> for Unread {
    fn from(error: Error) -> Self {
        Unread::Engine(error)
    }
}

impl Unread {
    /// What is wrong where there is no reason for an error.
    fn problem(self) -> Problem {
        match self {
            Unread::Engine(error) => {
                Problem::error(damage_or(&error, Clause::OneOrder), "A scan", &error)
            }
            Unread::Problem(problem) => problem,
        }
    }
}

/// After an error a cursor stands nowhere and answers the same again.
fn check_sticky(cursor: &mut dyn Cursor, error: &Error) -> Result<(), Problem> {
    let expected = format!("no entry, and the error \"{error}\" again");
    let broken = |found: String| {
        let what = "A cursor answered an error, and went on.";
        Err(Problem::new(Clause::OrderedScans, what)
            .expected(expected.as_str())
            .found(found))
    };
    if cursor.entry().is_some() {
        return broken(entry_shown(cursor.entry()));
    }
    for again in [cursor.advance(), cursor.seek(b"")] {
        match again {
            Err(again) if again == *error => {}
            Err(again) => return broken(format!("the error \"{again}\"")),
            Ok(()) => return broken("success".to_owned()),
        }
    }
    Ok(())
}

fn accepted_poisoned(call: &str) -> Problem {
    Problem::new(
        Clause::Poison,
        format!("{call} succeeded on a poisoned engine."),
    )
    .expected("Poisoned")
    .found("success")
}

fn damage_or(error: &Error, clause: Clause) -> Clause {
    match error {
        Error::Corrupt { .. } | Error::Version { .. } => Clause::DamageIsFound,
        _ => clause,
    }
}
