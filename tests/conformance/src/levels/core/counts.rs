//! Clause 9: counts that are true, and scans that keep within them.

use engine::{Counter, KeyRange, Order, Stats};

use super::costs::{FEW, MANY};
use super::scans::ORDERS;
use crate::budget::Budget;
use crate::level::Clause;
use crate::levels::playing::measured;
use crate::report::Failure;
use crate::script::{Op, Script};
use crate::subject::{Opened, Subject};

const CLAUSE: Clause = Clause::CountedCosts;

/// The most entries that a cursor may visit for its first one: a chunk.
const CHUNK_MAX: u64 = 4096;

pub(super) fn gets_and_batches_are_counted_once_each(
    s: &Subject,
    _: &Budget,
) -> Result<(), Failure> {
    for (text, gets, batches) in [
        ("get a", 1, 0),
        ("put a 1", 0, 1),
        ("delete a", 0, 1),
        ("write [put a 1, put b 2]", 0, 1),
        ("put a 1; get a", 1, 1),
        (
            "write [put a 1, delete a, put b 2]; delete b; get a; get b",
            2,
            2,
        ),
    ] {
        let script = Script::of(text);
        let stats = measured(s, CLAUSE, 0, |engine| {
            let before = engine.stats();
            for op in &script.ops {
                if let Op::Get(key) = op {
                    engine.get(&key.to_vec(usize::MAX))?;
                } else if let Some(batch) = op.batch(&engine.limits()) {
                    engine.write(&batch.writes())?;
                }
            }
            Ok(engine.stats().since(&before))
        })?;
        for (counter, expected) in [(Counter::Gets, gets), (Counter::Batches, batches)] {
            counted(&script, counter, expected, stats)?;
        }
    }
    let stats = measured(s, CLAUSE, 0, |engine| {
        engine.put(b"a", b"1")?;
        engine.get_into(b"a", &mut Vec::new())?;
        engine.contains(b"b")?;
        engine.delete(b"a")?;
        Ok(engine.stats())
    })?;
    let script = Script::of("put a 1; get a; get b; delete a");
    counted(&script, Counter::Gets, 2, stats)?;
    counted(&script, Counter::Batches, 2, stats)
}

fn counted(script: &Script, counter: Counter, expected: u64, stats: Stats) -> Result<(), Failure> {
    let found = stats[counter];
    if found == expected {
        return Ok(());
    }
    Err(Failure::new(CLAUSE, "Its count of what was done is wrong.")
        .script(script)
        .measured()
        .expected(format!("{expected} {counter:?}"))
        .found(format!("{found} {counter:?}")))
}

pub(super) fn a_scan_visits_each_entry_about_once(
    s: &Subject,
    budget: &Budget,
) -> Result<(), Failure> {
    let few = budget.many(FEW);
    // A chunk that begins anew may visit an entry of the last one again.
    let (entries, visits_max) = (few as u64, few as u64 + few as u64 / 8 + 64);
    for order in ORDERS {
        let visited = measured(s, CLAUSE, few, |engine| {
            visits(engine, |engine| {
                for entry in engine.entries(KeyRange::all(), order)? {
                    entry?;
                }
                Ok(())
            })
        })?;
        if !(entries..=visits_max).contains(&visited) {
            return Err(Failure::new(
                CLAUSE,
                format!("A scan of {entries} entries visited another number of them."),
            )
            .script(&Script::of(&format!(
                "fill {few}; scan ..{}",
                spelled(order)
            )))
            .at_step(1)
            .expected(format!("{entries} to {visits_max} EntriesVisited"))
            .found(format!("{visited} EntriesVisited")));
        }
    }
    Ok(())
}

pub(super) fn the_first_entry_of_a_scan_visits_few_others(
    s: &Subject,
    budget: &Budget,
) -> Result<(), Failure> {
    let many = budget.many(MANY);
    for order in ORDERS {
        let visited = measured(s, CLAUSE, many, |engine| {
            visits(engine, |engine| {
                engine.scan(KeyRange::all(), order).map(drop)
            })
        })?;
        if !(1..=CHUNK_MAX).contains(&visited) {
            return Err(Failure::new(
                CLAUSE,
                format!("Opening a scan of {many} entries visited too many of them."),
            )
            .script(&Script::of(&format!(
                "fill {many}; cursor ..{}",
                spelled(order)
            )))
            .at_step(1)
            .expected(format!("1 to {CHUNK_MAX} EntriesVisited"))
            .found(format!("{visited} EntriesVisited")));
        }
    }
    Ok(())
}

/// How a script spells the order of a scan.
pub(super) fn spelled(order: Order) -> &'static str {
    match order {
        Order::Ascending => "",
        Order::Descending => " desc",
    }
}

fn visits(
    engine: &Opened,
    work: impl FnOnce(&Opened) -> engine::Result<()>,
) -> engine::Result<u64> {
    let before = engine.stats();
    work(engine)?;
    Ok(engine.stats().since(&before)[Counter::EntriesVisited])
}
