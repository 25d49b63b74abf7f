//! What a comparison says when it fails.

use engine::{Entry, Error};

use crate::level::Clause;
use crate::model::{Contents, Ending};
use crate::place::Place;
use crate::report::Failure;
use crate::script::shown;

/// The engine did one thing, and the model another.
#[derive(Debug)]
pub(super) struct Mismatch {
    /// The clause that it breaks, where that does not depend on the script.
    pub(super) clause: Option<Clause>,
    pub(super) what: String,
    pub(super) expected: String,
    pub(super) found: String,
}

impl Mismatch {
    /// `call` answered an error that it must not answer.
    pub(super) fn error(call: &str, error: &Error) -> Self {
        Mismatch {
            clause: None,
            what: format!("{call} failed."),
            expected: "success".to_owned(),
            found: format!("the error \"{error}\""),
        }
    }

    /// Opening the engine failed.
    pub(super) fn opening(error: &Error) -> Self {
        let clause = matches!(error, Error::Locked { .. }).then_some(Clause::OneOwner);
        Mismatch {
            clause,
            ..Mismatch::error("Opening it", error)
        }
    }

    /// `call` should have refused what is too large.
    pub(super) fn refusal(call: &str, expected: &Error, found: &str) -> Self {
        Mismatch {
            clause: None,
            what: format!("{call} took something larger than the limits allow."),
            expected: format!("TooLarge: {expected}"),
            found: found.to_owned(),
        }
    }

    /// A scan yielded other entries.
    pub(super) fn entries(name: &str, wanted: &[Entry], found: &[Entry]) -> Self {
        let (expected, found) = difference(wanted, found);
        Mismatch {
            clause: None,
            what: format!("{name} yielded other entries than it should."),
            expected,
            found,
        }
    }

    /// The engine did to its simulated disk what none may.
    pub(super) fn of_violations(place: &Place) -> Option<Self> {
        let violations = place.simulation()?.violations();
        let first = violations.first()?;
        Some(Mismatch {
            clause: None,
            what: "The engine used the disk as the contract of `Disk` forbids.".to_owned(),
            expected: "what works on every system".to_owned(),
            found: first.clone(),
        })
    }

    /// After `ending`, the engine opened with entries that it must not hold.
    pub(super) fn lost(ending: Ending, survivors: &[Contents], found: &Contents) -> Self {
        let ended = match ending {
            Ending::Closed => "closed",
            Ending::Dropped => "dropped",
            Ending::Killed => "killed",
            Ending::PowerCut => "cut off from power",
        };
        let listed = |contents: &Contents| entries_shown(&as_entries(contents));
        let (expected, found) = match survivors {
            [only] => difference(&as_entries(only), &as_entries(found)),
            _ => {
                let mut states: Vec<String> = survivors.iter().map(listed).collect();
                states.dedup();
                (states.join(", or\n"), listed(found))
            }
        };
        Mismatch {
            clause: None,
            what: format!("It was {ended} and opened again, and does not hold what it must."),
            expected,
            found,
        }
    }

    pub(super) fn failure(self, clause: Clause) -> Failure {
        Failure::new(clause, self.what)
            .expected(self.expected)
            .found(self.found)
    }
}

/// What `call` answered, or that it failed.
pub(super) fn ok<T>(call: &str, result: engine::Result<T>) -> Result<T, Mismatch> {
    result.map_err(|error| Mismatch::error(call, &error))
}

/// A key and what it holds, in words.
pub fn value_shown(key: &[u8], value: Option<&[u8]>) -> String {
    match value {
        Some(value) => format!("{} holds {}", shown(key), shown(value)),
        None => format!("{} is absent", shown(key)),
    }
}

/// Where a cursor stands, in words.
pub fn entry_shown(entry: Option<(&[u8], &[u8])>) -> String {
    match entry {
        Some((key, value)) => format!("at {} {}", shown(key), shown(value)),
        None => "at the end".to_owned(),
    }
}

/// The most entries that are shown one by one.
const LISTED_MAX: usize = 6;

/// Entries, in words; of many only the first.
pub fn entries_shown(entries: &[Entry]) -> String {
    if entries.is_empty() {
        return "nothing".to_owned();
    }
    let shown = |(key, value): &Entry| format!("{} {}", shown(key), shown(value));
    let listed: Vec<String> = entries.iter().take(LISTED_MAX).map(shown).collect();
    let listed = listed.join(", ");
    match entries.len() {
        ..=LISTED_MAX => listed,
        all => format!("{listed}, … ({all} entries)"),
    }
}

/// Two lists of entries, in words: whole where they are short, and otherwise
/// where they begin to differ.
fn difference(wanted: &[Entry], found: &[Entry]) -> (String, String) {
    if wanted.len() <= LISTED_MAX && found.len() <= LISTED_MAX {
        return (entries_shown(wanted), entries_shown(found));
    }
    let same = wanted.iter().zip(found).take_while(|(w, f)| w == f).count();
    let at = |entries: &[Entry]| match entries.get(same) {
        Some((key, value)) => format!("entry {} is {} {}", same + 1, shown(key), shown(value)),
        None => format!("it ends after {same} entries"),
    };
    (at(wanted), at(found))
}

fn as_entries(contents: &Contents) -> Vec<Entry> {
    let owned = |(key, value): (&Vec<u8>, &Vec<u8>)| (key.clone(), value.clone());
    contents.iter().map(owned).collect()
}
