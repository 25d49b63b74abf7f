//! Scans of the engine itself, while it is written.

use engine::Order;

use super::super::playing::{each, long, spelled};
use crate::budget::Budget;
use crate::level::Clause;
use crate::report::Failure;
use crate::script::Script;
use crate::subject::Subject;

const CLAUSE: Clause = Clause::OrderedScans;
pub(super) const ORDERS: [Order; 2] = [Order::Ascending, Order::Descending];

pub(super) fn a_scan_holds_the_writes_of_one_moment(
    s: &Subject,
    budget: &Budget,
) -> Result<(), Failure> {
    let s = &s.at_one_moment();
    spelled(
        s,
        CLAUSE,
        &[
            "put a 1; cursor ..; put b 2; next",
            "put a 1; put b 2; cursor ..; put b 3; next",
            "put a 1; put b 2; cursor ..; delete b; next",
            "put b 1; cursor .. desc; put a 2; next",
            "put a 1; put b 2; cursor .. desc; put a 3; next",
            "put a 1; put b 2; cursor .. desc; delete a; next",
            "put a 1; put c 2; cursor ..; write [put b 3, delete c, put a 4]; next; next",
            "put a 1; put b 2; cursor ..; sync; put b 3; sync; next",
        ],
    )?;
    // Whatever is copied at a time, one of these scans comes back for more.
    for order in ORDERS {
        let entries = 2..budget.many(200);
        each(
            s,
            CLAUSE,
            entries.map(|entries| writing_ahead(entries, order)),
        )?;
    }
    let many = budget.many(3000);
    let (early, late) = (many / 3, many - many / 3);
    for order in ["", " desc"] {
        let script = format!(
            "fill {many}; cursor ..{order}; next {}; put k{early:05} 1; delete k{late:05}; \
             put k{early:05}x 2; put k{late:05}x 3; next {many}",
            many / 10,
        );
        long(s, CLAUSE, Script::of(&script))?;
    }
    Ok(())
}

/// A script that changes the last entry of a scan, which has come to the first.
fn writing_ahead(entries: usize, order: Order) -> Script {
    let (direction, last) = match order {
        Order::Ascending => ("", entries - 1),
        Order::Descending => (" desc", 0),
    };
    Script::of(&format!(
        "fill {entries}; cursor ..{direction}; put k{last:05} 1; next {}",
        entries - 1
    ))
}

pub(super) fn a_seek_stays_in_the_moment_of_its_scan(
    s: &Subject,
    budget: &Budget,
) -> Result<(), Failure> {
    let s = &s.at_one_moment();
    spelled(
        s,
        CLAUSE,
        &[
            "put a 1; cursor ..; put a 2; seek a",
            "put b 1; cursor ..; put a 2; seek a",
            "put a 1; put b 2; cursor ..; delete b; seek b",
            "put a 1; cursor .. desc; put a 2; seek a",
            "put a 1; cursor .. desc; put b 2; seek b",
            "put a 1; put b 2; cursor .. desc; delete a; seek a",
            "cursor ..; put a 1; seek a",
            "put a 1; cursor ..=b; next; put b 2; seek b",
            "put a 1; put b 2; cursor a<..; next; put b 3; seek a",
            "put a 1; put b 2; cursor ..b desc; next; put a 3; seek b",
        ],
    )?;
    let many = budget.many(3000);
    let (low, half, high) = (many / 30, many / 2, many - many / 30);
    for (order, there, back) in [("", high, low), (" desc", low, high)] {
        let script = format!(
            "fill {many}; cursor ..{order}; put k{low:05} 1; delete k{high:05}; \
             seek k{there:05}; next 2; put k{half:05} 2; seek k{half:05}; next 2; \
             seek k{back:05}; next {many}"
        );
        long(s, CLAUSE, Script::of(&script))?;
    }
    Ok(())
}
