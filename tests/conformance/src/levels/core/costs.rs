//! Clause 3: what a scan costs, in bytes of memory.
//!
//! A budget on allocated bytes repeats where a timing does not, and sees the
//! mistake that no comparison of entries can: a cursor that is right because
//! it copied everything first.

use engine::{KeyRange, Order};

use super::counts::spelled;
use super::scans::ORDERS;
use crate::allocations;
use crate::budget::Budget;
use crate::level::Clause;
use crate::levels::playing::measured;
use crate::report::Failure;
use crate::script::{Script, numbered};
use crate::subject::{Opened, Subject};

const CLAUSE: Clause = Clause::OrderedScans;

/// Few entries, more than a chunk; and eight times as many.
pub(super) const FEW: usize = 2_000;
pub(super) const MANY: usize = 16_000;

/// What a scan or a put may allocate in any case: a chunk, a few pages.
const FREE_BYTES: u64 = 64 << 10;

pub(super) fn the_first_entry_of_a_scan_costs_no_copy_of_the_rest(
    s: &Subject,
    budget: &Budget,
) -> Result<(), Failure> {
    // Of three entries there is no rest, so what is copied there was not even
    // in the range.
    let spans = [
        ("k00010..k00013", KeyRange::half_open("k00010", "k00013")),
        ("..", KeyRange::all()),
    ];
    for (span, range) in spans {
        for order in ORDERS {
            the_first_entry_costs_no_copy(s, budget, span, &range, order)?;
        }
    }
    Ok(())
}

fn the_first_entry_costs_no_copy(
    s: &Subject,
    budget: &Budget,
    span: &str,
    range: &KeyRange<'_>,
    order: Order,
) -> Result<(), Failure> {
    let entries = [FEW, MANY].map(|entries| budget.many(entries));
    let [few, many] = entries.map(|entries| {
        measured(s, CLAUSE, entries, |engine| {
            Ok(allocated(|| first_entry(engine, range.clone(), order)))
        })
    });
    let (few, many) = (few?, many?);
    // A copy of everything would be eight times as large.
    let bytes_max = 2 * few + FREE_BYTES;
    if many <= bytes_max {
        return Ok(());
    }
    let [entries_few, entries_many] = entries;
    Err(Failure::new(
        CLAUSE,
        "Opening a scan copies entries that nobody asked for yet.",
    )
    .script(&Script::of(&format!(
        "fill {entries_many}; cursor {span}{}",
        spelled(order)
    )))
    .at_step(1)
    .measured()
    .expected(format!(
        "with {entries_many} entries at most {bytes_max} bytes allocated for the first\n\
         (twice the {few} with {entries_few} entries, and {FREE_BYTES})"
    ))
    .found(format!("{many} bytes allocated")))
}

pub(super) fn a_write_while_a_scan_is_open_copies_no_map(
    s: &Subject,
    budget: &Budget,
) -> Result<(), Failure> {
    let many = budget.many(MANY);
    // A write now and then may do more than its own work (flush, split), so
    // the cheapest of a few tells.
    let with_scan = measured(s, CLAUSE, many, |engine| {
        let mut cheapest = u64::MAX;
        for number in 0..5 {
            let (key, _) = numbered(number * (many / 16));
            let cursor = engine.scan(KeyRange::all(), Order::Ascending)?;
            let mut result = Ok(());
            cheapest = cheapest.min(allocated(|| result = engine.put(&key, b"again")));
            result?;
            drop(cursor);
        }
        Ok(cheapest)
    })?;
    // All entries have 12 bytes each, and whatever holds them. Under a tiny budget
    // that is less than the pages which a put may copy.
    let bytes_max = (12 * many as u64 / 2).max(FREE_BYTES);
    if with_scan <= bytes_max {
        return Ok(());
    }
    Err(Failure::new(
        CLAUSE,
        format!("With {many} entries, a put pays for the scan that is open: it copies them."),
    )
    .script(&Script::of(&format!(
        "fill {many}; cursor ..; put k00000 again"
    )))
    .at_step(2)
    .measured()
    .expected(format!("at most {bytes_max} bytes allocated by the put"))
    .found(format!("{with_scan} bytes allocated")))
}

fn first_entry(engine: &Opened, range: KeyRange<'_>, order: Order) {
    if let Ok(cursor) = engine.scan(range, order) {
        std::hint::black_box(cursor.entry());
    }
}

fn allocated(work: impl FnOnce()) -> u64 {
    allocations::measure(work).total
}
