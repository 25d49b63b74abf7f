//! Clause 9: counts that are true, and scans that keep within them.

use engine::{Counter, KeyRange, Order, Stats, Write};

use super::costs::{FEW, MANY};
use super::scans::ORDERS;
use crate::budget::Budget;
use crate::level::Clause;
use crate::levels::playing::measured;
use crate::report::Failure;
use crate::subject::{Opened, Subject};

const CLAUSE: Clause = Clause::CountedCosts;

/// The most entries that a cursor may visit for its first one: a chunk.
const CHUNK_MAX: u64 = 4096;

pub(super) fn gets_and_batches_are_counted_once_each(
    s: &Subject,
    _: &Budget,
) -> Result<(), Failure> {
    let counted = |what: &str, counter: Counter, expected: u64, stats: Stats| {
        let found = stats[counter];
        match found == expected {
            true => Ok(()),
            false => Err(
                Failure::new(CLAUSE, format!("After {what}, the count is wrong."))
                    .expected(format!("{expected} {counter:?}"))
                    .found(format!("{found} {counter:?}")),
            ),
        }
    };
    let [new, reads, writes] = measured(s, CLAUSE, 0, |engine| {
        let new = engine.stats();
        engine.put(b"a", b"1")?;
        engine.delete(b"b")?;
        engine.write(&[
            Write::put(b"a", b"2"),
            Write::put(b"c", b"3"),
            Write::delete(b"a"),
        ])?;
        let writes = engine.stats();
        engine.get(b"a")?;
        engine.get(b"c")?;
        engine.get_into(b"c", &mut Vec::new())?;
        engine.contains(b"absent")?;
        Ok([new, engine.stats().since(&writes), writes.since(&new)])
    })?;
    counted("opening it", Counter::Gets, 0, new)?;
    counted("opening it", Counter::Batches, 0, new)?;
    counted("four lookups", Counter::Gets, 4, reads)?;
    counted("four lookups", Counter::Batches, 0, reads)?;
    counted(
        "a put, a delete and a batch of three",
        Counter::Batches,
        3,
        writes,
    )
}

pub(super) fn a_scan_visits_each_entry_about_once(s: &Subject, _: &Budget) -> Result<(), Failure> {
    // A chunk that begins anew may visit an entry of the last one again.
    let (entries, budget) = (FEW as u64, FEW as u64 + FEW as u64 / 8 + 64);
    for order in ORDERS {
        let visited = measured(s, CLAUSE, FEW, |engine| {
            visits(engine, |engine| {
                for entry in engine.entries(KeyRange::all(), order)? {
                    entry?;
                }
                Ok(())
            })
        })?;
        if !(entries..=budget).contains(&visited) {
            return Err(Failure::new(
                CLAUSE,
                format!("A scan of {entries} entries visited another number of them."),
            )
            .expected(format!("{entries} to {budget} EntriesVisited"))
            .found(format!("{visited} EntriesVisited")));
        }
    }
    Ok(())
}

pub(super) fn the_first_entry_of_a_scan_visits_few_others(
    s: &Subject,
    _: &Budget,
) -> Result<(), Failure> {
    for order in ORDERS {
        let visited = measured(s, CLAUSE, MANY, |engine| {
            visits(engine, |engine| {
                engine.scan(KeyRange::all(), order).map(drop)
            })
        })?;
        if !(1..=CHUNK_MAX).contains(&visited) {
            let direction = match order {
                Order::Ascending => "ascending",
                Order::Descending => "descending",
            };
            return Err(Failure::new(
                CLAUSE,
                format!("Opening a scan of {MANY} entries, {direction}, visited too many of them."),
            )
            .expected(format!("1 to {CHUNK_MAX} EntriesVisited"))
            .found(format!("{visited} EntriesVisited")));
        }
    }
    Ok(())
}

fn visits(
    engine: &Opened,
    work: impl FnOnce(&Opened) -> engine::Result<()>,
) -> engine::Result<u64> {
    let before = engine.stats();
    work(engine)?;
    Ok(engine.stats().since(&before)[Counter::EntriesVisited])
}
