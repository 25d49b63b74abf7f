//! Plays a script on an engine and on the model, and compares.

use std::cell::Cell;

use crate::budget::Budget;
use crate::level::Clause;
use crate::model::{Ending, Model};
use crate::panics;
use crate::place::Place;
use crate::report::Failure;
use crate::script::{Op, Script};
use crate::subject::{Opened, Subject};
use crate::watch;

mod open_scan;
mod session;
mod snapshots;
mod walk;
mod words;

use session::Session;
use words::Mismatch;
pub use words::{entries_shown, entry_shown, value_shown};

/// Plays `script` on a fresh engine.
///
/// # Errors
///
/// The first operation at which the engine does not do what the model does.
pub fn play(subject: &Subject, script: &Script) -> Result<(), Failure> {
    watch::playing(script);
    let step = Cell::new(0);
    let failure = match panics::caught(|| run(subject, script, &step)) {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(mismatch)) => {
            let clause = mismatch.clause;
            let clause = clause.unwrap_or_else(|| clause_of(subject, script, step.get()));
            mismatch.failure(clause)
        }
        Err(panic) => Failure::panicked(clause_of(subject, script, step.get()), &panic),
    };
    let mut played = script.clone();
    played.ops.truncate(step.get() + 1);
    Err(failure.script(&played).at_step(step.get()))
}

/// Plays one script, for `STRATA_SCRIPT`.
///
/// # Errors
///
/// As [`play`].
pub fn replay(subject: &Subject, _budget: &Budget, script: &Script) -> Result<(), Failure> {
    play(subject, script)
}

/// The clause that a failure at `step` speaks of: the least that the script
/// needs beside plain puts and gets. Where scans are held to one moment, that is
/// what syncs and maintenance must not change.
fn clause_of(subject: &Subject, script: &Script, step: usize) -> Clause {
    let so_far = &script.ops[..script.ops.len().min(step + 1)];
    let any = |which: fn(&Op) -> bool| so_far.iter().any(which);
    let is_of_moments = |op: &Op| op.is_scan() || op.snapshot().is_some();
    if subject.is_at_one_moment() && any(is_of_moments) {
        Clause::OrderedScans
    } else if any(|op| op.ending().is_some() || matches!(op, Op::Sync)) {
        Clause::Sync
    } else if any(|op| matches!(op, Op::Step)) {
        Clause::OneOrder
    } else if any(Op::is_scan) {
        Clause::OrderedScans
    } else if any(|op| matches!(op, Op::Write(_))) {
        Clause::WholeOrNothing
    } else {
        Clause::AnyBytes
    }
}

fn run(subject: &Subject, script: &Script, step: &Cell<usize>) -> Result<(), Mismatch> {
    let durability = script.durability.unwrap_or(subject.supported()[0]);
    let mut place = subject.place();
    let mut model = Model::new(durability);
    let opening = |place: &Place| {
        let opened = subject.open(place.disk(), durability);
        opened.map_err(|error| Mismatch::opening(&error))
    };
    let mut engine = opening(&place)?;
    let mut from = 0;
    loop {
        let at_one_moment = subject.is_at_one_moment();
        let mut session = Session::new(&engine, &mut model, at_one_moment);
        let ending = session.run(script, from, step)?;
        drop(session); // It holds snapshots and cursors of the engine.
        let Some((at, ending)) = ending else {
            drop(engine);
            return Mismatch::of_violations(&place).map_or(Ok(()), Err);
        };
        step.set(at);
        watch::at_step(at);
        place = end(engine, place, ending)?;
        engine = opening(&place)?;
        let found = session::read_out(&engine)?;
        let survivors = model.survivors(ending);
        if !survivors.contains(&found) {
            return Err(Mismatch::lost(ending, &survivors, &found));
        }
        model.reopened(found);
        from = at + 1;
    }
}

/// Ends `engine`, and answers where it can be opened again.
fn end(engine: Opened, place: Place, ending: Ending) -> Result<Place, Mismatch> {
    match ending {
        Ending::Closed => {
            let closed = engine.close();
            closed.map_err(|error| Mismatch::error("Closing it", &error))?;
            Ok(place)
        }
        Ending::Dropped => {
            drop(engine);
            Ok(place)
        }
        Ending::Killed => Ok(place.killed(engine)),
        Ending::PowerCut => unreachable!("no operation of a script cuts the power"),
    }
}
