//! Work that an engine owes, stepped between operations: nobody who reads can
//! tell.

use super::super::playing::{owes_work, random, spelled};
use crate::budget::Budget;
use crate::level::Clause;
use crate::report::Failure;
use crate::script::{Vocabulary, scripts};
use crate::subject::Subject;

const CLAUSE: Clause = Clause::OneOrder;

pub(super) fn maintenance_changes_nothing_that_is_read(
    s: &Subject,
    budget: &Budget,
) -> Result<(), Failure> {
    if !owes_work(s, CLAUSE)? {
        return Ok(());
    }
    // Values so long that most files are full with one.
    spelled(
        s,
        CLAUSE,
        &[
            "put a x*2000; put b x*2000; put c 1; step; step; get a; get b",
            "put a x*2000; put b x*2000; put c 1; step; put a 2; step; get a",
            "put a x*2000; put b x*2000; put c 1; step; delete a; step; get a",
            "put a x*2000; put b x*2000; put c 1; cursor ..; step; step; next",
            "put a x*2000; put b x*2000; put c x*2000; step; step; put d 1; scan ..",
        ],
    )?;
    let name = "maintenance_changes_nothing_that_is_read";
    let batches = Vocabulary {
        batches: true,
        steps: true,
        ..Vocabulary::default()
    };
    random(s, budget, name, (300, 30_000), &scripts(batches, 40))?;
    // Cursors stay open while files are merged and removed beside them.
    let scans = Vocabulary {
        scans: true,
        ..batches
    };
    random(s, budget, name, (300, 30_000), &scripts(scans, 40))
}
