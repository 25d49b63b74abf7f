//! Plays one script with its cuts, as a failure reported it.

use crate::budget::Budget;
use crate::report::Failure;
use crate::script::{Op, Script};
use crate::sim::{Reach, SimDisk};
use crate::subject::Subject;
use crate::trial::Trial;
use crate::trial::expect::End;

use super::Effort;
use super::cuts::{Cuts, trace};

/// Plays `script`. Where it has cuts of its own, exactly these are made;
/// otherwise the power is cut at every change.
///
/// # Errors
///
/// What went wrong.
pub(crate) fn replay(subject: &Subject, budget: &Budget, script: &Script) -> Result<(), Failure> {
    crate::watch::playing(script);
    if !script.ops.iter().any(is_cut) {
        return Cuts::new(subject, Effort::of(budget).depth).script(script);
    }
    let durability = script.durability.unwrap_or(subject.supported()[0]);
    let mut trial = Trial::new(subject, durability);
    let mut end = End::PowerCut;
    let mut history = Vec::new();
    let mut rest = script.ops.as_slice();
    loop {
        let until = rest.iter().position(is_cut).unwrap_or(rest.len());
        let (played, behind) = rest.split_at(until);
        if let Err(problem) = trial.run(end, played) {
            let mut failure = problem.failure(script);
            failure.trace = history;
            return Err(failure);
        }
        let Some((cut, after)) = behind.split_first() else {
            return Ok(());
        };
        rest = after;
        (trial, end) = end_at(&trial, cut, &mut history);
    }
}

/// What `cut` leaves of `trial`, and how it ended. The lines that tell about it
/// go to `history`.
fn end_at<'s>(trial: &Trial<'s>, cut: &Op, history: &mut Vec<String>) -> (Trial<'s>, End) {
    let at = match cut {
        Op::Cut(cut) => cut.at,
        Op::KillAt(at) => *at,
        other => unreachable!("`{other}` cuts nothing"),
    };
    let mut reach = Reach::default();
    let mut walk = trial.disk.walk();
    while walk.at() < at && walk.advance(&mut reach) {}
    history.extend(trace(trial, walk.at(), cut));
    let mark = trial.expected.at(walk.at());
    let (disk, end) = match cut {
        Op::Cut(cut) => {
            let image = walk.image(cut.image, &mut reach);
            (SimDisk::from_image(&image), End::PowerCut)
        }
        _ => (walk.killed(), End::Death),
    };
    (trial.resumed(disk, &mark), end)
}

/// The script up to its first cut.
pub(crate) fn without_cuts(script: &Script) -> Script {
    let before = script.ops.iter().take_while(|op| !is_cut(op));
    Script {
        durability: script.durability,
        ops: before.cloned().collect(),
    }
}

/// How many cuts led to `failure`.
pub(super) fn cuts(failure: &Failure) -> usize {
    let ops = failure.script.iter().flat_map(|script| &script.ops);
    ops.filter(|op| is_cut(op)).count()
}

fn is_cut(op: &Op) -> bool {
    matches!(op, Op::Cut(_) | Op::KillAt(_))
}
