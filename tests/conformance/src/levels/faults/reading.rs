//! Disks that read in small pieces or cannot map, and what engines count.

use super::{durability, with_ops};
use crate::budget::Budget;
use crate::report::Failure;
use crate::script::{Op, Script};
use crate::sim::Fault;
use crate::subject::Subject;
use crate::trial::Trial;
use crate::trial::expect::End;

/// Counts are true, with whole reads and with short ones.
pub(super) fn counts(subject: &Subject, _: &Budget, script: &Script) -> Result<(), Failure> {
    play(subject, script, true)?;
    let mut ops = vec![Op::Fault(Fault::Read(7)), Op::Fault(Fault::Map)];
    ops.extend_from_slice(&script.ops);
    play(subject, &with_ops(script, ops), true)
}

/// Whatever was written is read again, in pieces of any size.
pub(super) fn short(subject: &Subject, _: &Budget, script: &Script) -> Result<(), Failure> {
    for faults in [
        &[Fault::Read(1)][..],
        &[Fault::Read(1), Fault::Map],
        &[Fault::Read(100)],
    ] {
        let mut ops = script.ops.clone();
        ops.extend(faults.iter().copied().map(Op::Fault));
        ops.extend([Op::Reopen, Op::Kill]);
        play(subject, &with_ops(script, ops), false)?;
    }
    Ok(())
}

fn play(subject: &Subject, script: &Script, check_counts: bool) -> Result<(), Failure> {
    crate::watch::playing(script);
    let mut trial = Trial::new(subject, durability(subject, script));
    trial.check_counts = check_counts;
    let result = trial.run(End::PowerCut, &script.ops);
    result.map_err(|problem| {
        let played = script.ops[..trial.begun].to_vec();
        problem.failure(&with_ops(script, played))
    })
}
