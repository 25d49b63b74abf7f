//! All exhibits, and what became of each.

use std::panic::resume_unwind;
use std::thread;

use conformance::Budget;
use conformance::suite::Rejection;
use engine::sync::atomic::{AtomicUsize, Ordering};

use crate::exhibit::Exhibit;
use crate::rooms::{
    batches, commits, counts, cursors, damage, failing, flushing, keys, levels, merging, moments,
    opening, owners, pages, poison, reading, scans, schedules, segments, syncing, threads, walks,
};

/// Every exhibit, room by room.
pub fn all() -> Vec<Exhibit> {
    [
        keys::EXHIBITS,
        batches::EXHIBITS,
        scans::EXHIBITS,
        cursors::EXHIBITS,
        reading::EXHIBITS,
        moments::EXHIBITS,
        threads::EXHIBITS,
        schedules::EXHIBITS,
        syncing::EXHIBITS,
        opening::EXHIBITS,
        segments::EXHIBITS,
        merging::EXHIBITS,
        levels::EXHIBITS,
        flushing::EXHIBITS,
        pages::EXHIBITS,
        walks::EXHIBITS,
        commits::EXHIBITS,
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
