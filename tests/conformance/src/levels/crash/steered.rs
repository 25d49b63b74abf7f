//! Threads that write and sync beside each other, steered, and a power cut at
//! the moment when a sync returns.

use std::sync::Arc;

use crate::budget::Budget;
use crate::level::Clause;
use crate::levels::concurrent::history::{Event, State, has_prefix};
use crate::levels::playing::outcome;
use crate::panics;
use crate::report::Failure;
use crate::schedules::program::{Act, Answer, Mix, contents, shown};
use crate::schedules::search::{Finished, Search, Tally};
use crate::sim::{Cut, SimDisk};
use crate::subject::Subject;

const CLAUSE: Clause = Clause::Sync;

/// The image of what was synced, and of nothing else.
const SYNCED_ALONE: usize = 0;

/// What the check tries, and what it finds. No power is cut on a real disk,
/// and so nothing is tried there.
pub(crate) fn tried(s: &Subject, budget: &Budget) -> (Tally, Result<(), Failure>) {
    let programs = match s.is_on_real_disk() {
        true => 0,
        false => budget.many(budget.pick(200, 20_000)),
    };
    let search = Search {
        subject: s,
        clause: CLAUSE,
        budget: *budget,
        seed: budget.seed_of("what_a_sync_answered_for_survives_in_every_schedule"),
        programs,
        drawn: budget.pick(10, 60),
        mix: Mix::FailingSyncs,
        judge,
    };
    search.run()
}

/// A sync that returned.
struct Synced {
    call: u64,
    end: u64,
    /// How many changes the disk had taken in then.
    changes: usize,
}

/// Cuts the power at the end of each sync.
fn judge(run: &Finished<'_>) -> Result<(), (u64, Failure)> {
    let Some(disk) = run.place.simulation() else {
        return Ok(());
    };
    stays_poisoned(run)?;
    let syncs = syncs(run);
    let events = run.events();
    for sync in &syncs {
        let cut = Cut {
            at: sync.changes,
            image: SYNCED_ALONE,
        };
        let left = opened_after(run, disk, cut).map_err(|failure| (sync.end, failure))?;
        // What was called later is not part of this.
        let begun: Vec<Event> = events
            .iter()
            .filter(|e| e.call < sync.end)
            .cloned()
            .collect();
        let ended = syncs.iter().filter(|other| other.end <= sync.end);
        let answered_for = ended.map(|other| other.call).max().unwrap_or(0);
        let needed = mask(&begun, answered_for);
        let initial = run.program.initial();
        if has_prefix(&begun, initial, needed, left) {
            continue;
        }
        let what = match has_prefix(&begun, initial, 0, left) {
            true => "The power was cut, it was opened again, and what had been synced is gone.",
            false => {
                "The power was cut, it was opened again, and it shows what no prefix of any \
                 order of the writes leaves."
            }
        };
        let failure = Failure::new(CLAUSE, what)
            .trace(format!("          — the power is cut: {} —", cut.meaning()))
            .expected(format!(
                "what these leave, at least: {}",
                run.words(answered_for)
            ))
            .found(shown(&left));
        return Err((sync.end, failure));
    }
    Ok(())
}

/// An engine that has said that it is poisoned stays so.
fn stays_poisoned(run: &Finished<'_>) -> Result<(), (u64, Failure)> {
    let answers = || {
        let times = run.times.iter().flatten();
        run.answers.iter().flatten().zip(times)
    };
    let poisoned = answers()
        .filter(|(answer, _)| matches!(answer, Answer::Failed(engine::Error::Poisoned { .. })));
    let Some(since) = poisoned.map(|(_, (_, end))| *end).min() else {
        return Ok(());
    };
    let is_success = |answer: &Answer| matches!(answer, Answer::Done | Answer::Synced(_));
    match answers().find(|(answer, (call, _))| is_success(answer) && *call > since) {
        None => Ok(()),
        Some((_, (_, end))) => {
            let what = "An operation had answered Poisoned, and a later one succeeded.";
            let failure = Failure::new(Clause::Poison, what);
            Err((*end, failure.expected("Poisoned").found("success")))
        }
    }
}

/// What the engine shows when it is opened after a power cut.
fn opened_after(run: &Finished<'_>, disk: &SimDisk, cut: Cut) -> Result<State, Failure> {
    let after = Arc::new(SimDisk::from_image(&disk.cut(cut)));
    let open = || {
        let engine = run.subject.open(after, run.subject.supported()[0])?;
        contents(&*engine)
    };
    outcome(CLAUSE, panics::caught(open))
}

/// The syncs that returned, in the order in which they did.
fn syncs(run: &Finished<'_>) -> Vec<Synced> {
    let mut syncs = Vec::new();
    for (thread, acts) in run.program.threads.iter().enumerate() {
        for (number, act) in acts.iter().enumerate() {
            let (call, end) = run.times[thread][number];
            if let (Act::Sync, Answer::Synced(changes)) = (act, &run.answers[thread][number]) {
                let changes = *changes;
                syncs.push(Synced { call, end, changes });
            }
        }
    }
    syncs.sort_by_key(|sync| sync.end);
    syncs
}

/// The events that ended before `call`.
fn mask(events: &[Event], call: u64) -> u32 {
    let ended = |(_, event): &(usize, &Event)| event.end < call;
    let events = events.iter().enumerate().filter(ended);
    events.fold(0, |mask, (at, _)| mask | 1 << at)
}
