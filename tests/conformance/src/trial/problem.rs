//! What an engine did wrong in a trial, and which clause that breaks.

use std::sync::Arc;

use engine::{Entry, Error};

use super::expect::{End, Expected, Mark, State, Why};
use crate::level::Clause;
use crate::panics::Panic;
use crate::play::entries_shown;
use crate::report::Failure;
use crate::script::Script;

/// A clause was broken.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) clause: Clause,
    pub(crate) what: String,
    pub(crate) expected: Option<String>,
    pub(crate) found: Option<String>,
    pub(crate) panic: Option<Panic>,
}

impl Problem {
    pub(crate) fn new(clause: Clause, what: impl Into<String>) -> Self {
        Problem {
            clause,
            what: what.into(),
            expected: None,
            found: None,
            panic: None,
        }
    }

    pub(crate) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    pub(crate) fn found(mut self, found: impl Into<String>) -> Self {
        self.found = Some(found.into());
        self
    }

    /// `call` answered an error for which there was no reason.
    pub(crate) fn error(clause: Clause, call: &str, error: &Error) -> Self {
        let what = format!("{call} failed, though no operation of the disk had.");
        Problem::new(clause, what)
            .expected("success")
            .found(format!("the error \"{error}\""))
    }

    /// The engine panicked.
    pub(crate) fn panicked(clause: Clause, panic: Panic) -> Self {
        let mut problem = Problem::new(clause, "");
        problem.panic = Some(panic);
        problem
    }

    /// An opening showed what `end` cannot have left.
    pub(crate) fn wrong_state(
        expected: &Expected,
        mark: &Mark,
        end: End,
        found: &[Entry],
        how: &str,
    ) -> Self {
        let (clause, what) = accuse(expected, mark, end, found);
        let mut states: Vec<String> = Vec::new();
        for state in expected.left(mark, end) {
            let shown = entries_shown(&state.entries());
            if states.last() != Some(&shown) {
                states.push(shown);
            }
        }
        Problem::new(clause, format!("{how}, and {what}"))
            .expected(states.join(", or\n"))
            .found(entries_shown(found))
    }

    /// The failure that this is, with the script that led to it.
    pub(crate) fn failure(&self, script: &Script) -> Failure {
        let mut failure = match &self.panic {
            Some(panic) => Failure::panicked(self.clause, panic),
            None => Failure::new(self.clause, self.what.as_str()),
        };
        failure.expected.clone_from(&self.expected);
        failure.found.clone_from(&self.found);
        failure.script(script)
    }
}

/// Names the clause that is broken by finding `found`.
fn accuse(expected: &Expected, mark: &Mark, end: End, found: &[Entry]) -> (Clause, &'static str) {
    let (first, why) = mark.first(end);
    let fingerprint = State::fingerprint_of_entries(found);
    let is_found = |state: &&Arc<State>| state.fingerprint == fingerprint;
    let loss = clause_of_loss(expected);
    if expected.refused.contains(&fingerprint) {
        return (Clause::WholeOrNothing, "it shows a write that had failed.");
    }
    if expected.states[..first]
        .iter()
        .any(|state| is_found(&state))
    {
        return match why {
            Why::Synced => (loss, "what had been synced is gone."),
            Why::Written => (loss, "what had been durable when written is gone."),
            Why::Shown => (Clause::Poison, "what an opening had shown is gone."),
            Why::Nothing => (loss, "it shows an older state."),
        };
    }
    let was_written = |entry: &Entry| {
        let holds = |state: &Arc<State>| state.contents.get(&entry.0) == Some(&entry.1);
        expected.states.iter().any(holds)
    };
    if !found.iter().all(was_written) {
        return (Clause::DamageIsFound, "it shows what nobody wrote.");
    }
    let states = expected.left(mark, end);
    let is_between = |pair: &[Arc<State>]| is_part(&pair[0], &pair[1], found);
    if states.windows(2).any(is_between) {
        return (Clause::WholeOrNothing, "it shows a part of a batch.");
    }
    (loss, "what it shows is no prefix of the writes.")
}

/// The clause that is broken where something is lost: after a failed sync, the
/// opening should have healed that.
pub(super) fn clause_of_loss(expected: &Expected) -> Clause {
    match expected.sync_failed {
        true => Clause::Poison,
        false => Clause::Sync,
    }
}

/// Answers whether `found` has some of the changes between two states, and
/// nothing else.
fn is_part(before: &State, after: &State, found: &[Entry]) -> bool {
    let get = |key: &Vec<u8>| {
        let place = found.binary_search_by(|(found, _)| found.cmp(key));
        place.ok().map(|place| &found[place].1)
    };
    let keys = before.contents.keys().chain(after.contents.keys());
    let of_either = |key: &Vec<u8>| {
        let value = get(key);
        value == before.contents.get(key) || value == after.contents.get(key)
    };
    let known = |entry: &Entry| {
        before.contents.contains_key(&entry.0) || after.contents.contains_key(&entry.0)
    };
    keys.clone().all(of_either) && found.iter().all(known)
}
