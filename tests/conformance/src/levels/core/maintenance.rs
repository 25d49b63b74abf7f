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

/// Scripts for engines that merge files. Their values are so long that most
/// files are full with one.
const MERGED: [&str; 5] = [
    "put a x*2000; put b x*2000; put c 1; step; step; get a; get b",
    "put a x*2000; put b x*2000; put c 1; step; put a 2; step; get a",
    "put a x*2000; put b x*2000; put c 1; step; delete a; step; get a",
    "put a x*2000; put b x*2000; put c 1; cursor ..; step; step; next",
    "put a x*2000; put b x*2000; put c x*2000; step; step; put d 1; scan ..",
];

/// Scripts for engines that keep tables in levels: a key stands in several, and
/// each of these looks for it where one of them was merged.
const IN_LEVELS: [&str; 11] = [
    "put a x*2000; step; put a y*2000; step; get a",
    "put a x*2000; step; put b x*2000; step; step; get a",
    "put a x*2000; step; put a y*2000; step; step; get a",
    "put a x*2000; put c x*2000; write [put a 1, put c y*2000]; put d 1; step; step; step; step; \
     get c",
    "write [put a x*2000, put b 1]; step; put d x*2000; step; step; \
     write [put b 2, put c x*2000]; step; step; put e x*2000; step; step; get b",
    "put a x*2000; step; put a y*2000; step; step; put b x*2000; step; step; get a",
    "write [put a 1, put b x*2000]; step; put a x*2000; step; step; put c x*2000; step; step; \
     get b",
    "put a x*2000; step; put b x*2000; step; step; write [delete a, put c x*2000]; step; get a",
    "fill 1001; step; step; step; step; write [delete k00000, put z x*2000]; step; step; \
     put y x*2000; step; step; get k00000",
    "put a x*2000; step; put b x*2000; step; cursor ..; step; step; step; step; next",
    "put \"\" x*2000; step; get \"\"",
];

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
    spelled(s, CLAUSE, &MERGED)?;
    spelled(s, CLAUSE, &IN_LEVELS)?;
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
