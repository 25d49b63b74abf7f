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
    for change in [Ahead::Put, Ahead::Delete, Ahead::New] {
        for order in ORDERS {
            let entries = 2..budget.many(200);
            let scripts = entries.map(|entries| changing_ahead(entries, change, order));
            each(s, CLAUSE, scripts)?;
        }
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

/// What changes while a scan stands at its first entry.
#[derive(Clone, Copy)]
enum Ahead {
    /// Its last entry gets another value.
    Put,
    /// Its last entry is deleted.
    Delete,
    /// An entry is added after its last.
    New,
}

fn changing_ahead(entries: usize, change: Ahead, order: Order) -> Script {
    let (direction, last, behind) = match order {
        Order::Ascending => ("", entries - 1, "l"),
        Order::Descending => (" desc", 0, "j"),
    };
    let change = match change {
        Ahead::Put => format!("put k{last:05} 1"),
        Ahead::Delete => format!("delete k{last:05}"),
        Ahead::New => format!("put {behind} 1"),
    };
    Script::of(&format!(
        "fill {entries}; cursor ..{direction}; {change}; next {entries}"
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
