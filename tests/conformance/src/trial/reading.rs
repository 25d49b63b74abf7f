//! Reads: what is visible is what was written, and cursors keep their promises.

use std::sync::Arc;

use engine::{Cursor, Entry, Error, KeyRange, Order};

use super::Trial;
use super::expect::State;
use super::judging::damage_or;
use super::problem::Problem;
use crate::level::Clause;
use crate::play::{entries_shown, entry_shown, value_shown};
use crate::subject::Opened;

impl Trial<'_> {
    /// Reads everything: it is what was written, whatever failed meanwhile.
    pub(super) fn read(&mut self, engine: &Opened) -> Result<(), Problem> {
        let called = self.called(|trial| trial.entries(engine));
        let found = match called.result {
            Ok(found) => found,
            Err(Unread::Engine(error)) => {
                return self.check_read("A scan", &error, called.failed);
            }
            Err(Unread::Problem(problem)) => return Err(problem),
        };
        let fingerprint = State::fingerprint_of_entries(&found);
        let is_found = |state: &Arc<State>| state.fingerprint == fingerprint;
        if !self.expected.visible().any(is_found) {
            let shown = |state: &Arc<State>| entries_shown(&state.entries());
            let expected: Vec<String> = self.expected.visible().map(shown).collect();
            let (clause, what) = match called.failed {
                0 => (
                    self.clause_of_reads(),
                    "A scan yields other entries than it should.",
                ),
                _ => (
                    Clause::OrderedScans,
                    "A scan met an error, and ended as if there was no more.",
                ),
            };
            return Err(Problem::new(clause, what)
                .expected(expected.join(", or\n"))
                .found(entries_shown(&found)));
        }
        let Some((key, value)) = found.first() else {
            return Ok(());
        };
        let called = self.called(|_| engine.get(key));
        match called.result {
            Ok(got) if got.as_ref() == Some(value) => Ok(()),
            Ok(got) => {
                let what = "A get answers something else than the scan before it.";
                Err(Problem::new(self.clause_of_reads(), what)
                    .expected(value_shown(key, Some(value)))
                    .found(value_shown(key, got.as_deref())))
            }
            Err(error) => self.check_read("A get", &error, called.failed),
        }
    }

    /// Reads everything with a cursor, and holds that to its own promises.
    pub(super) fn entries(&self, engine: &Opened) -> Result<Vec<Entry>, Unread> {
        let mut cursor = engine.scan(KeyRange::all(), Order::Ascending)?;
        let mut entries = Vec::new();
        loop {
            let is_at_end = match cursor.entry() {
                Some((key, value)) => {
                    entries.push((key.to_vec(), value.to_vec()));
                    false
                }
                None => true,
            };
            match cursor.advance() {
                Ok(()) if is_at_end => return Ok(entries),
                Ok(()) => {}
                Err(error) => {
                    check_sticky(&mut *cursor, &error).map_err(Unread::Problem)?;
                    return Err(Unread::Engine(error));
                }
            }
        }
    }

    fn clause_of_reads(&self) -> Clause {
        match (self.poisoned, self.failed) {
            (true, _) => Clause::Poison,
            (false, true) => Clause::WholeOrNothing,
            (false, false) => Clause::OneOrder,
        }
    }

    /// A read fails where the disk does, or where it has lost what is read.
    fn check_read(&self, call: &str, error: &Error, failed: u64) -> Result<(), Problem> {
        if failed > 0 || self.bereft && matches!(error, Error::Corrupt { .. }) {
            return Ok(());
        }
        let clause = match self.poisoned {
            true => Clause::Poison,
            false => damage_or(error, Clause::OneOrder),
        };
        Err(Problem::error(clause, call, error))
    }
}

/// Why a scan did not come to its end.
pub(super) enum Unread {
    /// The engine answered an error, as it may.
    Engine(Error),
    /// The cursor broke a promise.
    Problem(Problem),
}

impl From<Error> for Unread {
    fn from(error: Error) -> Self {
        Unread::Engine(error)
    }
}

impl Unread {
    /// What is wrong where there is no reason for an error.
    pub(super) fn problem(self) -> Problem {
        match self {
            Unread::Engine(error) => {
                Problem::error(damage_or(&error, Clause::OneOrder), "A scan", &error)
            }
            Unread::Problem(problem) => problem,
        }
    }
}

/// After an error a cursor stands nowhere and answers the same again.
fn check_sticky(cursor: &mut dyn Cursor, error: &Error) -> Result<(), Problem> {
    let expected = format!("no entry, and the error \"{error}\" again");
    let broken = |found: String| {
        let what = "A cursor answered an error, and went on.";
        Err(Problem::new(Clause::OrderedScans, what)
            .expected(expected.as_str())
            .found(found))
    };
    if cursor.entry().is_some() {
        return broken(entry_shown(cursor.entry()));
    }
    for again in [cursor.advance(), cursor.seek(b"")] {
        match again {
            Err(again) if again == *error => {}
            Err(again) => return broken(format!("the error \"{again}\"")),
            Ok(()) => return broken("success".to_owned()),
        }
    }
    Ok(())
}
