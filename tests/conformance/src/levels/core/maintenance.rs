//! Work that an engine owes, stepped between operations: nobody who reads can
//! tell.

use engine::Progress;

use super::super::playing::{measured, owes_work, random, spelled};
use crate::budget::Budget;
use crate::level::Clause;
use crate::report::Failure;
use crate::script::{Script, Vocabulary, scripts};
use crate::subject::Subject;
use crate::watch;

const CLAUSE: Clause = Clause::OneOrder;

/// How many entries leave work to be done, and the steps for each at most: who
/// goes on for longer does something again.
const ENTRIES: usize = 1500;
const STEPS_OF_ENTRY: usize = 2;

/// An engine that is asked to step until nothing is due comes to an end.
pub(super) fn maintenance_comes_to_an_end(s: &Subject, budget: &Budget) -> Result<(), Failure> {
    const CLAUSE: Clause = Clause::CountedCosts;
    if !owes_work(s, CLAUSE)? {
        return Ok(());
    }
    let entries = budget.many(ENTRIES);
    let steps_max = STEPS_OF_ENTRY * entries;
    let ends = measured(s, CLAUSE, entries, |engine| {
        for _ in 0..=steps_max {
            if engine.step()? == Progress::Idle {
                return Ok(true);
            }
            watch::beat();
        }
        Ok(false)
    })?;
    if ends {
        return Ok(());
    }
    let what = "Nothing was written any more, and its maintenance never came to an end.";
    Err(Failure::new(CLAUSE, what)
        .script(&Script::of(&format!("fill {entries}; step")))
        .at_step(1)
        .measured()
        .expected(format!("Idle, after at most {steps_max} steps"))
        .found("Worked, every time"))
}

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
