//! Plays one script with its faults, cuts and flips, as a failure reported it.

use super::damage::Damaged;
use super::{CHECKS_OF_A_SCRIPT, with_ops};
use crate::budget::Budget;
use crate::explore;
use crate::explore::Effort;
use crate::explore::cuts::Cuts;
use crate::report::Failure;
use crate::script::{Op, Script};
use crate::subject::Subject;

/// Plays `script`. Without a fault of its own it is held to every check of the
/// level.
///
/// # Errors
///
/// What went wrong.
pub(crate) fn replay(subject: &Subject, budget: &Budget, script: &Script) -> Result<(), Failure> {
    crate::watch::playing(script);
    let any = |which: fn(&Op) -> bool| script.ops.iter().any(which);
    if let [before @ .., Op::Flip(file, offset, bit)] = script.ops.as_slice() {
        let damaged = match before {
            [before @ .., Op::Cut(_)] => Damaged::cut(subject, &with_ops(script, before.to_vec()))?,
            before => Damaged::closed(subject, &with_ops(script, before.to_vec()))?,
        };
        return damaged.flip(file, *offset, *bit);
    }
    if any(|op| matches!(op, Op::Cut(_) | Op::KillAt(_))) {
        return explore::replay::replay(subject, budget, script);
    }
    if any(|op| matches!(op, Op::Fault(_))) {
        return Cuts::new(subject, Effort::of(budget).depth).shallow(script);
    }
    for check in CHECKS_OF_A_SCRIPT {
        check(subject, budget, script)?;
    }
    Ok(())
}
