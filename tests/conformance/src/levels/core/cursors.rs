//! Clause 3: cursors that move, and writers that do not wait for them.

use engine::Order;

use super::super::playing::{each, long, random, spelled};
use super::scans::{ORDERS, puts};
use crate::budget::Budget;
use crate::level::Clause;
use crate::report::Failure;
use crate::script::{KEYS, Op, Script, Vocabulary, scripts, scripts_around_a_cursor};
use crate::subject::Subject;

const CLAUSE: Clause = Clause::OrderedScans;

pub(super) fn seek_finds_the_first_entry_from_there_on(
    s: &Subject,
    budget: &Budget,
) -> Result<(), Failure> {
    spelled(
        s,
        CLAUSE,
        &[
            "put a 1; put b 2; cursor ..; seek b",
            "put a 1; cursor .. desc; seek a",
            "put a 1; put b 2; cursor ..; next; seek a",
            "put a 1; put c 2; cursor ..; seek b",
            "put a 1; put c 2; cursor .. desc; seek b",
            "put a 1; put b 2; cursor ..; next 2; seek a",
            "put a 1; put b 2; cursor b..; seek a",
            "put a 1; put b 2; cursor ..=a; seek b",
            "put a 1; put b 2; cursor ..=a desc; seek b",
            "put a 1; put b 2; cursor b.. desc; seek a",
            "put a 1; cursor ..; seek b; next",
        ],
    )?;
    let many = budget.many(3000);
    let (half, low, high) = (many / 2, many / 30, many - many / 30);
    for moves in [
        format!("cursor ..; next {half}; seek k{low:05}; next {half}"),
        format!("cursor .. desc; next {half}; seek k{high:05}; next {many}"),
    ] {
        long(s, CLAUSE, Script::of(&format!("fill {many}; {moves}")))?;
    }
    let spans = ["..", "a..=\\x80", "\"\"<..\\xff", "ab..", "..=a", "b..a"];
    for stored in [1, 2] {
        let mut ops = puts(stored);
        for span in spans {
            for order in ORDERS {
                let Op::Scan(span, _) = Script::of(&format!("scan {span}")).ops.remove(0) else {
                    unreachable!("the text spells a scan");
                };
                ops.push(Op::Cursor(span, order));
                for one in budget.each(KEYS) {
                    for other in budget.each(KEYS) {
                        ops.extend([Op::Seek(one.into()), Op::Seek(other.into()), Op::Next(1)]);
                    }
                }
            }
        }
        long(s, CLAUSE, Script::new(ops))?;
    }
    Ok(())
}

pub(super) fn a_write_completes_while_a_scan_is_open(
    s: &Subject,
    _: &Budget,
) -> Result<(), Failure> {
    spelled(
        s,
        CLAUSE,
        &[
            "cursor ..; put a 1; get a",
            "put a 1; cursor ..; put b 2; get b",
            "put a 1; cursor .. desc; delete a; get a; next",
            "put a 1; put b 2; cursor ..; next; put b 3; put c 4; next; get b",
            "put a 1; put b 2; cursor ..; next 2; put c 4; scan ..",
        ],
    )
}

pub(super) fn a_scan_that_has_ended_stays_ended(
    s: &Subject,
    budget: &Budget,
) -> Result<(), Failure> {
    spelled(
        s,
        CLAUSE,
        &[
            "cursor ..; put a 1; next",
            "put a 1; cursor ..; next; put b 2; next",
            "put b 1; cursor .. desc; next; put a 2; next",
            "put a 1; cursor ..=b; next; put b 2; next; seek b; next",
        ],
    )?;
    // Whatever the size of a chunk is, one of these scans ends with one.
    for entries in 1..=budget.many(300) {
        let script = format!("fill {entries}; cursor ..; next {entries}; put z 1; next");
        long(s, CLAUSE, Script::of(&script))?;
    }
    Ok(())
}

pub(super) fn a_scan_holds_each_untouched_key_while_others_are_written(
    s: &Subject,
    budget: &Budget,
) -> Result<(), Failure> {
    for script in [
        "put a 1; put b 2; cursor ..; delete a; next",
        "put a 1; put b 2; put c 3; cursor ..; delete b; next; next",
        "put a 1; put b 2; cursor .. desc; delete b; next",
        "put b 1; put c 2; cursor ..; put a 3; next; next",
        "put b 1; put c 2; cursor .. desc; put d 3; next; next",
    ] {
        long(s, CLAUSE, Script::of(script))?;
    }
    let third = budget.many(1000);
    let many = 3 * third;
    for (order, here) in [("", third), (" desc", many - third - 1)] {
        let (before, behind) = (here - 1, here + 1);
        let script = format!(
            "fill {many}; cursor ..{order}; next {third}; delete k{here:05}; \
             put k{before:05}x 1; put k{behind:05}x 2; next {many}"
        );
        long(s, CLAUSE, Script::of(&script))?;
    }
    for order in ORDERS {
        each(
            s,
            CLAUSE,
            (0..budget.many(200)).map(|at| deleting_where_it_stands(at, order)),
        )?;
    }
    let name = "a_scan_holds_each_untouched_key_while_others_are_written";
    random(
        s,
        budget,
        name,
        (60, 10_000),
        &scripts_around_a_cursor(8, 12),
    )?;
    random(
        s,
        budget,
        name,
        (25, 2_000),
        &scripts_around_a_cursor(budget.many(1200), 20),
    )
}

/// A script whose cursor stands on the entry at place `at` when that is
/// deleted, with one after it. At some place ends what is copied at a time.
fn deleting_where_it_stands(at: usize, order: Order) -> Script {
    let entries = at + 2;
    let (direction, number) = match order {
        Order::Ascending => ("", at),
        Order::Descending => (" desc", entries - 1 - at),
    };
    let moves = if at == 0 {
        String::new()
    } else {
        format!("next {at}; ")
    };
    Script::of(&format!(
        "fill {entries}; cursor ..{direction}; {moves}delete k{number:05}; next"
    ))
}

pub(super) fn scans_and_cursors_do_what_the_model_does(
    s: &Subject,
    budget: &Budget,
) -> Result<(), Failure> {
    let vocabulary = Vocabulary {
        batches: true,
        scans: true,
        ..Vocabulary::default()
    };
    let name = "scans_and_cursors_do_what_the_model_does";
    random(s, budget, name, (300, 30_000), &scripts(vocabulary, 24))
}
