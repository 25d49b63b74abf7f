//! What the checks of several levels do with scripts.

use std::ops::Deref;

use engine::Limits;
use proptest::strategy::{Strategy, ValueTree};

use crate::budget::Budget;
use crate::level::Clause;
use crate::model::Batch;
use crate::panics::{self, Panic};
use crate::place::Place;
use crate::play::play;
use crate::report::Failure;
use crate::script::{Script, shrink, shrink_tree};
use crate::subject::{Opened, Subject};
use crate::watch;

/// The most bytes that a quick and a full check write to reach a limit.
const REACHABLE_BYTES: (usize, usize) = (16 << 20, 200 << 20);

/// Plays scripts that are spelled out, each on a fresh engine. They are as
/// small as they can be, and what they find breaks `clause`.
pub(super) fn each(
    subject: &Subject,
    clause: Clause,
    scripts: impl IntoIterator<Item = Script>,
) -> Result<(), Failure> {
    for script in scripts {
        play(subject, &script).map_err(|failure| blamed(clause, failure))?;
    }
    Ok(())
}

/// As [`each`], for texts of scripts.
pub(super) fn spelled(subject: &Subject, clause: Clause, texts: &[&str]) -> Result<(), Failure> {
    each(subject, clause, texts.iter().map(|text| Script::of(text)))
}

/// Plays one long script, and shrinks it when it fails.
pub(super) fn long(subject: &Subject, clause: Clause, mut script: Script) -> Result<(), Failure> {
    let Err(failure) = play(subject, &script) else {
        return Ok(());
    };
    let past = failure.step.map_or(script.ops.len(), |step| step + 1);
    script.ops.truncate(past);
    let smallest = shrink(script, |script| play(subject, script).is_err());
    let failure = play(subject, &smallest).err().unwrap_or(failure);
    Err(blamed(clause, failure))
}

/// A failure of a check that is made for `clause`; unless an opening found the
/// directory locked, which breaks a clause of its own, whatever was checked.
fn blamed(clause: Clause, failure: Failure) -> Failure {
    match failure.clause {
        Clause::OneOwner => failure,
        _ => Failure { clause, ..failure },
    }
}

/// Plays random scripts, and shrinks the first that fails.
pub(super) fn random(
    subject: &Subject,
    budget: &Budget,
    name: &str,
    scripts: (usize, usize),
    strategy: &impl Strategy<Value = Script>,
) -> Result<(), Failure> {
    let mut runner = budget.runner(name);
    // What draws the scripts costs an interpreter more than playing them.
    let scripts = budget.many(budget.many(budget.pick(scripts.0, scripts.1)));
    // A real disk is slower by orders of magnitude, and no wiser.
    let scripts = if subject.is_on_real_disk() {
        scripts.div_ceil(20)
    } else {
        scripts
    };
    for _ in 0..scripts {
        let tree = strategy
            .new_tree(&mut runner)
            .expect("the strategies for scripts reject nothing");
        let Err(failure) = play(subject, &tree.current()) else {
            continue;
        };
        let smallest = shrink_tree(tree, |script| play(subject, script).is_err());
        return Err(play(subject, &smallest).err().unwrap_or(failure));
    }
    Ok(())
}

/// The limits of the engine.
pub(super) fn limits(subject: &Subject, clause: Clause) -> Result<Limits, Failure> {
    let place = subject.place();
    let open = || subject.open(place.disk(), subject.supported()[0]);
    outcome(
        clause,
        panics::caught(|| open().map(|engine| engine.limits())),
    )
}

/// Opens a fresh engine, puts so many numbered entries into it, and answers
/// with what `measure` measures there.
pub(super) fn measured<T>(
    subject: &Subject,
    clause: Clause,
    entries: usize,
    measure: impl FnOnce(&Opened) -> engine::Result<T>,
) -> Result<T, Failure> {
    let place = subject.place();
    let work = || {
        let engine = subject.open(place.disk(), subject.supported()[0])?;
        for from in (0..entries).step_by(500) {
            let batch = Batch::numbered(from..entries.min(from + 500));
            engine.write(&batch.writes())?;
            watch::beat();
        }
        measure(&engine)
    };
    outcome(clause, panics::caught(work))
}

/// Answers whether the engine owes work that can be stepped. For one that does
/// not, there is nothing to be checked about that.
pub(crate) fn owes_work(subject: &Subject, clause: Clause) -> Result<bool, Failure> {
    let engine = opened(subject, clause)?;
    Ok(engine.powers().maintenance.is_some())
}

/// A fresh engine in a place of its own.
pub(crate) struct Housed {
    engine: Opened,
    // Behind the engine, so that it is dropped later.
    _place: Place,
}

impl Deref for Housed {
    type Target = Opened;

    fn deref(&self) -> &Opened {
        &self.engine
    }
}

/// Opens a fresh engine.
pub(crate) fn opened(subject: &Subject, clause: Clause) -> Result<Housed, Failure> {
    let place = subject.place();
    let open = || subject.open(place.disk(), subject.supported()[0]);
    let engine = outcome(clause, panics::caught(open))?;
    Ok(Housed {
        engine,
        _place: place,
    })
}

/// An operation failed that should not.
pub(crate) fn failed(clause: Clause, error: &engine::Error) -> Failure {
    Failure::new(clause, "An operation failed.")
        .expected("success")
        .found(format!("the error \"{error}\""))
}

/// What `work` answered, or the failure that it was.
pub(crate) fn outcome<T>(
    clause: Clause,
    result: Result<engine::Result<T>, Panic>,
) -> Result<T, Failure> {
    match result {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(failed(clause, &error)),
        Err(panic) => Err(Failure::panicked(clause, &panic)),
    }
}

/// Answers whether a test can afford what `script` spells.
pub(super) fn is_reachable(script: &Script, limits: &Limits, budget: &Budget) -> bool {
    script.bytes(limits) <= budget.pick(REACHABLE_BYTES.0, REACHABLE_BYTES.1)
}
