//! Work that an engine owes, stepped while scans are open and snapshots held.

use super::super::playing::{owes_work, random, spelled};
use crate::budget::Budget;
use crate::level::Clause;
use crate::report::Failure;
use crate::script::{Vocabulary, scripts};
use crate::subject::Subject;

const CLAUSE: Clause = Clause::OrderedScans;

pub(super) fn maintenance_changes_nothing_that_is_held(
    s: &Subject,
    budget: &Budget,
) -> Result<(), Failure> {
    if !owes_work(s, CLAUSE)? {
        return Ok(());
    }
    let s = &s.at_one_moment();
    spelled(
        s,
        CLAUSE,
        &[
            "put a 1; snapshot 1; step; get_at 1 a",
            "put a 1; snapshot 1; put a 2; step; get_at 1 a",
            "put a 1; snapshot 1; put a 2; step; scan_at 1 ..",
            "put a 1; snapshot 1; delete a; step; get_at 1 a",
            "put a 1; cursor ..; put a 2; step; seek a",
            "put a 1; put b 2; cursor ..; delete b; step; next",
            "put a 1; put b 2; cursor .. desc; delete a; step; next",
            "put a 1; delete a; snapshot 1; put a 2; step; get_at 1 a",
            "put a 1; snapshot 1; delete a; snapshot 2; put a 2; step; get_at 2 a",
            "put a 1; snapshot 1; put a 2; snapshot 2; put a 3; step; get_at 1 a; get_at 2 a",
            "put a 1; snapshot 1; put a 2; snapshot 2; put a 3; release 1; step; get_at 2 a",
            "put a 1; snapshot 1; put a 2; snapshot 2; put a 3; release 2; step; get_at 1 a",
            "put a 1; snapshot 1; snapshot 2; release 2; put a 2; step; get_at 1 a",
            "put a 1; snapshot 1; cursor ..; cursor ..; put a 2; step; get_at 1 a",
            // Values so long that files are full with a few.
            "put a x*2000; put b x*2000; snapshot 1; put a 1; put c x*2000; step; step; get_at 1 a",
            "put a x*2000; put b x*2000; snapshot 1; delete a; put c x*2000; step; step; scan_at 1 ..",
            "put a x*2000; put b x*2000; cursor ..; put b 1; put c x*2000; step; step; next; next",
        ],
    )?;
    let name = "maintenance_changes_nothing_that_is_held";
    let vocabulary = Vocabulary {
        batches: true,
        scans: true,
        steps: true,
        snapshots: true,
        ..Vocabulary::default()
    };
    random(s, budget, name, (200, 20_000), &scripts(vocabulary, 40))
}
