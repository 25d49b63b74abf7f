//! Snapshots that are held while the engine is written.

use std::ops::Bound;

use super::super::playing::{long, random, spelled};
use super::scans::ORDERS;
use crate::budget::Budget;
use crate::level::Clause;
use crate::report::Failure;
use crate::script::{
    Bytes, KEYS, Op, Script, Span, Vocabulary, scripts, scripts_around_a_snapshot,
};
use crate::subject::Subject;

const CLAUSE: Clause = Clause::OrderedScans;

pub(super) fn a_write_waits_for_no_snapshot(s: &Subject, _: &Budget) -> Result<(), Failure> {
    spelled(
        &s.at_one_moment(),
        CLAUSE,
        &[
            "snapshot 1; put a 1; get a",
            "put a 1; snapshot 1; delete a; sync; get a",
            "snapshot 1; cursor_at 1 ..; put a 1; get a",
            "snapshot 1; snapshot 2; write [put a 1, put b 2]; get b",
        ],
    )
}

pub(super) fn a_get_in_a_snapshot_finds_what_was_there(
    s: &Subject,
    _: &Budget,
) -> Result<(), Failure> {
    spelled(
        &s.at_one_moment(),
        CLAUSE,
        &[
            "put a 1; snapshot 1; get_at 1 a",
            "snapshot 1; put a 1; get_at 1 a",
            "put a 1; snapshot 1; put a 2; get_at 1 a",
            "put a 1; snapshot 1; delete a; get_at 1 a",
            "put a 1; snapshot 1; delete a; put a 2; get_at 1 a",
            "put a 1; delete a; snapshot 1; get_at 1 a",
            "put a 1; delete a; snapshot 1; put a 2; get_at 1 a",
            "put a 1; put a 2; snapshot 1; put a 3; put a 4; get_at 1 a",
            "put a 1; snapshot 1; write [put b 2, delete a]; get_at 1 a; get_at 1 b",
            "put a \"\"; snapshot 1; put a 1; get_at 1 a",
            "put a 1; sync; snapshot 1; put a 2; sync; get_at 1 a; get a",
        ],
    )
}

pub(super) fn a_scan_of_a_snapshot_holds_what_was_there(
    s: &Subject,
    budget: &Budget,
) -> Result<(), Failure> {
    let s = &s.at_one_moment();
    spelled(
        s,
        CLAUSE,
        &[
            "put a 1; snapshot 1; scan_at 1 ..",
            "snapshot 1; put a 1; scan_at 1 ..",
            "put a 1; snapshot 1; put a 2; scan_at 1 ..",
            "put a 1; snapshot 1; delete a; scan_at 1 ..",
            "put a 1; delete a; snapshot 1; put a 2; scan_at 1 ..",
            "snapshot 1; put a 1; scan_at 1 .. desc",
            "put a 1; snapshot 1; put a 2; scan_at 1 .. desc",
            "put a 1; snapshot 1; delete a; scan_at 1 .. desc",
            "put a 1; snapshot 1; scan_at 1 ..; put a 2; put b 3; scan_at 1 ..",
            "put a 1; snapshot 1; put a 2; cursor_at 1 ..; put a 3; seek a",
            "put a 1; put b 2; snapshot 1; cursor_at 1 ..; delete b; next; seek a; next",
            "put a 1; snapshot 1; cursor_at 1 ..; snapshot 1; put a 2; seek a; get_at 1 a",
        ],
    )?;
    long(s, CLAUSE, every_pair_of_bounds(budget))?;
    let many = budget.many(3000);
    let (low, high) = (many / 6, many - many / 6);
    for order in ["", " desc"] {
        let script = format!(
            "fill {many}; delete k{low:05}; snapshot 1; put k{low:05} 1; delete k{high:05}; \
             put k{high:05}x 2; scan_at 1 ..{order}; cursor_at 1 ..{order}; next {low}; \
             fill {many}; seek k{high:05}; next {many}; scan_at 1 k{low:05}..=k{high:05}{order}"
        );
        long(s, CLAUSE, Script::of(&script))?;
    }
    Ok(())
}

/// Scans of a snapshot with every pair of bounds. Of the nasty keys every
/// second was there, and all have changed since.
fn every_pair_of_bounds(budget: &Budget) -> Script {
    let put = |key: &[u8], value: &str| Op::Put(key.into(), value.into());
    let mut ops: Vec<Op> = Vec::new();
    ops.extend(KEYS.into_iter().step_by(2).map(|key| put(key, "1")));
    ops.push(Op::Snapshot(1));
    ops.extend(KEYS.into_iter().skip(1).step_by(2).map(|key| put(key, "2")));
    ops.extend(KEYS.into_iter().step_by(4).map(|key| put(key, "3")));
    let others = KEYS.into_iter().skip(2).step_by(4);
    ops.extend(others.map(|key| Op::Delete(key.into())));
    let both = |key: Bytes| [Bound::Included(key.clone()), Bound::Excluded(key)];
    let keys = KEYS.into_iter().flat_map(|key| both(key.into()));
    let bounds: Vec<Bound<Bytes>> = keys.chain([Bound::Unbounded]).collect();
    for start in &bounds {
        for end in budget.each(&bounds) {
            let (start, end) = (start.clone(), end.clone());
            let span = Span { start, end };
            ops.extend(ORDERS.map(|order| Op::ScanAt(1, span.clone(), order)));
        }
    }
    Script::new(ops)
}

pub(super) fn snapshots_do_not_disturb_each_other(s: &Subject, _: &Budget) -> Result<(), Failure> {
    spelled(
        &s.at_one_moment(),
        CLAUSE,
        &[
            "put a 1; snapshot 1; put a 2; snapshot 2; get_at 1 a",
            "put a 1; snapshot 1; put a 2; snapshot 2; put a 3; get_at 2 a",
            "put a 1; snapshot 1; put a 2; snapshot 2; put a 3; release 1; get_at 2 a",
            "put a 1; snapshot 1; put a 2; snapshot 2; put a 3; release 2; get_at 1 a",
            "put a 1; snapshot 1; snapshot 2; release 1; put a 2; get_at 2 a",
            "put a 1; snapshot 1; put a 2; snapshot 1; put a 3; get_at 1 a",
            "put a 1; snapshot 1; cursor ..; put a 2; snapshot 2; seek a; scan_at 2 ..; get_at 1 a",
        ],
    )
}

pub(super) fn scans_and_snapshots_do_what_the_model_did(
    s: &Subject,
    budget: &Budget,
) -> Result<(), Failure> {
    let s = &s.at_one_moment();
    let vocabulary = Vocabulary {
        batches: true,
        scans: true,
        syncs: true,
        snapshots: true,
        ..Vocabulary::default()
    };
    let name = "scans_and_snapshots_do_what_the_model_did";
    random(s, budget, name, (200, 20_000), &scripts(vocabulary, 30))?;
    random(
        s,
        budget,
        name,
        (60, 6_000),
        &scripts_around_a_snapshot(8, 16),
    )?;
    let many = scripts_around_a_snapshot(budget.many(1200), 20);
    random(s, budget, name, (20, 2_000), &many)
}
