//! Clauses 1 and 3: what is left when most of what there was is deleted.
//!
//! What grows as entries are put shrinks by other code as they are deleted. In a
//! tree of pages that is the half that is written last, and tried least: a few
//! deletes here and there empty no page.

use super::super::playing::{long, random};
use super::scans::ORDERS;
use crate::budget::Budget;
use crate::level::Clause;
use crate::report::Failure;
use crate::script::{Bytes, Edit, Op, Script, Span, numbered, scripts_that_delete};
use crate::subject::Subject;

/// Entries of which pages of the usual size hold only some.
const MANY: usize = 1000;
/// Of so many entries one is left.
const ONE_OF: usize = 25;
/// How many deletes make a batch.
const BATCH: usize = 50;
/// Entries of which short pages hold only some, and what is drawn for these.
const FEW: usize = 32;
const OPS_MAX: usize = 60;

pub(super) fn what_many_deletes_leave_is_found(
    s: &Subject,
    budget: &Budget,
) -> Result<(), Failure> {
    let name = "what_many_deletes_leave_is_found";
    let drawn = scripts_that_delete(FEW, OPS_MAX, false);
    random(s, budget, name, (150, 15_000), &drawn)?;
    for way in WAYS {
        let many = budget.many(MANY);
        let mut ops = thinned(many, way);
        // Those that are left, and one beside each.
        let kept = (0..many).step_by(ONE_OF);
        let read = kept.flat_map(|number| [number, (number + 1).min(many - 1)]);
        ops.extend(read.map(|number| Op::Get(key(number))));
        long(s, Clause::AnyBytes, Script::new(ops))?;
    }
    Ok(())
}

pub(super) fn a_scan_holds_what_many_deletes_leave(
    s: &Subject,
    budget: &Budget,
) -> Result<(), Failure> {
    let name = "a_scan_holds_what_many_deletes_leave";
    let drawn = scripts_that_delete(FEW, OPS_MAX, true);
    random(s, budget, name, (150, 15_000), &drawn)?;
    for way in WAYS {
        let many = budget.many(MANY);
        let scans = ORDERS.map(|order| Op::Scan(Span::ALL, order));
        let mut ops = thinned(many, way);
        ops.extend(scans.clone());
        // From few to many again.
        ops.push(Op::Fill(many / 2));
        ops.extend(scans);
        long(s, Clause::OrderedScans, Script::new(ops))?;
    }
    Ok(())
}

/// The order in which keys are deleted.
#[derive(Clone, Copy)]
enum Way {
    Upwards,
    Downwards,
    /// Every second one, and then what is between them.
    InTurns,
}

const WAYS: [Way; 3] = [Way::Upwards, Way::Downwards, Way::InTurns];

/// Puts many entries, and deletes all but a few.
fn thinned(many: usize, way: Way) -> Vec<Op> {
    let mut gone: Vec<usize> = (0..many).filter(|number| number % ONE_OF != 0).collect();
    match way {
        Way::Upwards => {}
        Way::Downwards => gone.reverse(),
        Way::InTurns => gone.sort_by_key(|number| number % 2),
    }
    let edits = gone.iter().map(|number| Edit::Delete(key(*number)));
    let edits: Vec<Edit> = edits.collect();
    let mut ops = vec![Op::Fill(many)];
    ops.extend(edits.chunks(BATCH).map(|batch| Op::Write(batch.to_vec())));
    ops
}

fn key(number: usize) -> Bytes {
    Bytes::Plain(numbered(number).0)
}
