//! Threads that are steered through every place where one could give way.

use std::sync::Arc;

use crate::budget::Budget;
use crate::level::Clause;
use crate::levels::playing::{failed, outcome, owes_work};
use crate::panics;
use crate::report::Failure;
use crate::schedules::program::{Mix, contents, look, shown};
use crate::schedules::search::{Finished, Search, Tally};
use crate::sim::SimDisk;
use crate::subject::Subject;

use super::history::{Action, Event, KEYS, State, has_one_order};

const CLAUSE: Clause = Clause::OneOrder;

/// What the check `every_schedule_has_one_order` tries, and what it finds.
pub(crate) fn one_order(s: &Subject, budget: &Budget) -> (Tally, Result<(), Failure>) {
    let judge = |run: &Finished<'_>| has_order(run).map(|_| ());
    search(
        s,
        budget,
        "every_schedule_has_one_order",
        200,
        Mix::Reads,
        judge,
    )
}

/// What the check `every_schedule_of_gets_and_writes_has_one_order` tries, and
/// what it finds.
pub(crate) fn one_order_of_gets(s: &Subject, budget: &Budget) -> (Tally, Result<(), Failure>) {
    let name = "every_schedule_of_gets_and_writes_has_one_order";
    let judge = |run: &Finished<'_>| has_order(run).map(|_| ());
    search(s, budget, name, 100, Mix::Gets, judge)
}

/// What the check `every_schedule_beside_maintenance_has_one_order` tries, and
/// what it finds. An engine that owes no work has no such schedules.
pub(crate) fn one_order_of_steps(s: &Subject, budget: &Budget) -> (Tally, Result<(), Failure>) {
    match owes_work(s, CLAUSE) {
        Ok(true) => {}
        Ok(false) => return (Tally::default(), Ok(())),
        Err(failure) => return (Tally::default(), Err(failure)),
    }
    let name = "every_schedule_beside_maintenance_has_one_order";
    let judge = |run: &Finished<'_>| has_order(run).map(|_| ());
    search(s, budget, name, 60, Mix::Steps, judge)
}

/// What the check `opening_again_keeps_the_order_of_every_schedule` tries, and
/// what it finds.
pub(crate) fn order_kept(s: &Subject, budget: &Budget) -> (Tally, Result<(), Failure>) {
    let name = "opening_again_keeps_the_order_of_every_schedule";
    search(s, budget, name, 60, Mix::Syncs, |run| {
        let (end, left) = has_order(run)?;
        opened_again(run, left).map_err(|failure| (end, failure))
    })
}

/// Tries so many programs in a quick run, and a hundred times as many in a full
/// one.
fn search(
    s: &Subject,
    budget: &Budget,
    name: &str,
    programs: usize,
    mix: Mix,
    judge: fn(&Finished<'_>) -> Result<(), (u64, Failure)>,
) -> (Tally, Result<(), Failure>) {
    let search = Search {
        subject: s,
        clause: CLAUSE,
        budget: *budget,
        seed: budget.seed_of(name),
        programs: budget.many(budget.pick(programs, 100 * programs)),
        drawn: budget.pick(10, 60),
        mix,
        judge,
    };
    search.run()
}

/// Searches for an order of all operations, and of a look at every key after
/// them. The answer is when that was, and what they hold.
fn has_order(run: &Finished<'_>) -> Result<(u64, State), (u64, Failure)> {
    let what = "No order of these operations explains what they found and left.";
    explained(run, || Failure::new(CLAUSE, what))
}

/// As `has_order`, with the failure that it is where there is none.
pub(in crate::levels) fn explained(
    run: &Finished<'_>,
    failure: impl Fn() -> Failure,
) -> Result<(u64, State), (u64, Failure)> {
    let mut events = run.events();
    let end = events.iter().map(|event| event.end).max().unwrap_or(0) + 1;
    let mut left = [None; KEYS];
    for (key, found) in left.iter_mut().enumerate() {
        *found =
            look(&**run.engine, key).map_err(|error| (end, failed(failure().clause, &error)))?;
        events.push(Event {
            thread: 0,
            call: end,
            end: end + 1,
            action: Action::Get(key, *found),
        });
    }
    if has_one_order(&events, run.program.initial()) {
        return Ok((end, left));
    }
    let left = format!("In the end: {}.", shown(&left));
    Err((end, failure().trace(left)))
}

/// What threads saw in one order is not opened again in another. An engine in
/// memory has nothing to open.
fn opened_again(run: &Finished<'_>, left: State) -> Result<(), Failure> {
    let Some(disk) = run.place.simulation().filter(|disk| disk.changes() > 0) else {
        return Ok(());
    };
    let again = || {
        run.engine.sync()?;
        let disk = SimDisk::from_image(&disk.image());
        contents(
            &*run
                .subject
                .open(Arc::new(disk), run.subject.supported()[0])?,
        )
    };
    let found = outcome(CLAUSE, panics::caught(again))?;
    if found == left {
        return Ok(());
    }
    let what = "The writes had one order until the engine was synced, and have another since it \
                was opened again.";
    Err(Failure::new(CLAUSE, what)
        .expected(shown(&left))
        .found(shown(&found)))
}
