//! Clause 3: ordered scans, of what does not change.

use std::ops::Bound;

use engine::Order;

use super::super::playing::{long, spelled};
use crate::budget::Budget;
use crate::level::Clause;
use crate::report::Failure;
use crate::script::{Bytes, KEYS, Op, Script, Span};
use crate::subject::Subject;

const CLAUSE: Clause = Clause::OrderedScans;
pub(super) const ORDERS: [Order; 2] = [Order::Ascending, Order::Descending];

pub(super) fn a_scan_is_in_the_order_of_unsigned_bytes(
    s: &Subject,
    _: &Budget,
) -> Result<(), Failure> {
    spelled(
        s,
        CLAUSE,
        &[
            "scan ..",
            "scan .. desc",
            "put a 1; scan ..",
            "put a 1; scan .. desc",
            "put b 1; put a 2; scan ..",
            "put a 1; put b 2; scan .. desc",
            "put b 1; put aa 2; scan ..",
            "put \\x80 1; put \\x7f 2; scan ..",
            "put ab 1; put a 2; scan ..",
            "put a\\x00 1; put a 2; scan ..",
            "put a 1; put \"\" 2; scan ..",
            "put a 1; put \"\" 2; scan .. desc",
            "put a 1; put a 2; scan ..",
            "put a 1; delete a; scan ..",
            "put a 1; put b 2; delete a; scan .. desc",
        ],
    )
}

pub(super) fn an_inverted_range_is_empty(s: &Subject, _: &Budget) -> Result<(), Failure> {
    spelled(
        s,
        CLAUSE,
        &[
            "put a 1; put b 2; scan b..a",
            "put a 1; put b 2; scan b..=a desc",
            "put a 1; scan a..a",
            "put a 1; scan a<..a",
            "put a 1; scan a<..a desc",
            "put a 1; scan a<..=a",
            "put a 1; scan a<..=a desc",
            "put a 1; cursor b..a; seek a; next",
        ],
    )
}

pub(super) fn a_scan_keeps_within_every_pair_of_bounds(
    s: &Subject,
    budget: &Budget,
) -> Result<(), Failure> {
    spelled(
        s,
        CLAUSE,
        &[
            "put a 1; scan a..b",
            "put a 1; scan a..b desc",
            "put a 1; put b 2; scan a..b",
            "put a 1; put b 2; scan a..=b",
            "put a 1; put b 2; scan a<..",
            "put a 1; put b 2; scan a..b desc",
            "put a 1; put b 2; scan a..=b desc",
            "put a 1; put b 2; scan a<.. desc",
        ],
    )?;
    let bounds: Vec<Bound<Bytes>> = KEYS
        .into_iter()
        .flat_map(|key| [Bound::Included(key.into()), Bound::Excluded(key.into())])
        .chain([Bound::Unbounded])
        .collect();
    for stored in [1, 2] {
        let mut ops = puts(stored);
        for start in &bounds {
            for end in budget.each(&bounds) {
                let (start, end) = (start.clone(), end.clone());
                let span = Span { start, end };
                ops.extend(ORDERS.map(|order| Op::Scan(span.clone(), order)));
            }
        }
        long(s, CLAUSE, Script::new(ops))?;
    }
    Ok(())
}

pub(super) fn a_prefix_scan_holds_the_keys_that_begin_so(
    s: &Subject,
    _: &Budget,
) -> Result<(), Failure> {
    spelled(
        s,
        CLAUSE,
        &[
            "put a 1; put ab 2; put b 3; scan_prefix a",
            "put a 1; put ab 2; put b 3; scan_prefix a desc",
            "put \\xff 1; put \\xff\\xff 2; scan_prefix \\xff",
            "put a 1; scan_prefix \"\"",
        ],
    )?;
    let mut ops = puts(1);
    for prefix in KEYS.into_iter().chain([&b"c"[..], b"aa"]) {
        ops.extend(ORDERS.map(|order| Op::ScanPrefix(prefix.into(), order)));
    }
    long(s, CLAUSE, Script::new(ops))
}

pub(super) fn the_iterator_yields_what_the_scan_does(
    s: &Subject,
    _: &Budget,
) -> Result<(), Failure> {
    spelled(
        s,
        CLAUSE,
        &[
            "entries ..",
            "put a 1; put b 2; entries ..",
            "put a 1; put b 2; entries .. desc",
            "put a 1; put b 2; entries a<..",
            "put a 1; entries b..a",
        ],
    )
}

pub(super) fn a_long_scan_holds_each_key_once(s: &Subject, budget: &Budget) -> Result<(), Failure> {
    let many = budget.many(3000);
    let (low, high) = (many / 6, many - many / 6);
    for scan in [
        "scan ..",
        "scan .. desc",
        &format!("entries k{low:05}<..=k{high:05}"),
        &format!("scan k{low:05}..k{high:05} desc"),
    ] {
        long(s, CLAUSE, Script::of(&format!("fill {many}; {scan}")))?;
    }
    // Few entries, but many bytes: a chunk may be full by either.
    let large: Vec<String> = (10..50).map(|key| format!("put {key} x*4000")).collect();
    let large = large.join("; ");
    for scan in ["scan ..", "scan .. desc"] {
        long(s, CLAUSE, Script::of(&format!("{large}; {scan}")))?;
    }
    Ok(())
}

/// Puts of every `stored`th nasty key, each with a value of its own.
pub(super) fn puts(stored: usize) -> Vec<Op> {
    let keys = KEYS.into_iter().enumerate().step_by(stored);
    let put = |(number, key): (usize, &[u8])| {
        Op::Put(key.into(), Bytes::Plain(number.to_string().into_bytes()))
    };
    keys.map(put).collect()
}
