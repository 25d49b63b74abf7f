//! What a store has to hold: every answer is checked against it.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;

use crate::data::{Values, key, number};
use crate::scanned::{Found, Sum};
use crate::store::Store;

/// What was written to a store, entry by entry, and so what it may answer.
///
/// Each entry has a version that grows with each change of it. A change is
/// noted twice: as begun before the store is asked, as done when it has
/// answered. A read that runs beside changes by other threads may see any
/// version between the last that was done when it began and the last that was
/// begun when it ended; without other threads that is exactly one. Each entry
/// is changed by one thread at a time, and none is deleted and stored again
/// while it is read.
#[derive(Debug)]
pub struct Ledger {
    values: Values,
    entries: Vec<Entry>,
    /// How many entries there are: all numbers below were stored at least once.
    done: AtomicU64,
    /// How many there may be, those that are being stored included.
    begun: AtomicU64,
}

/// The versions of an entry, 0 where it was never stored. Odd versions are
/// values, even ones are absences.
#[derive(Debug, Default)]
struct Entry {
    begun: AtomicU64,
    done: AtomicU64,
}

/// The version of every entry that was loaded.
pub const LOADED: u64 = 1;

/// A read that was begun.
#[derive(Debug, Clone, Copy)]
pub struct Begun {
    number: u64,
    version_min: u64,
}

/// A wrong answer of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong(String);

impl Wrong {
    /// A value under a key that was never stored.
    pub fn found_missing(key: &[u8]) -> Self {
        Wrong(format!(
            "key {}: a value, though none was ever stored",
            spelled(key)
        ))
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Wrong {}

impl Ledger {
    /// A ledger of a store that was loaded with the entries `0..loaded`, with
    /// room for `room` entries in all.
    pub fn new(values: Values, loaded: u64, room: u64) -> Self {
        let entry = |number| {
            let version = if number < loaded { LOADED } else { 0 };
            Entry {
                begun: version.into(),
                done: version.into(),
            }
        };
        Ledger {
            values,
            entries: (0..room.max(loaded)).map(entry).collect(),
            done: loaded.into(),
            begun: loaded.into(),
        }
    }

    /// Makes the values.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// How many entries were stored so far.
    pub fn entries(&self) -> u64 {
        self.done.load(Ordering::Acquire)
    }

    /// Begins to store a value under the entry: puts it into `value`.
    pub fn begin_put(&self, number: u64, value: &mut Vec<u8>) {
        let version = (self.entry(number).begun.load(Ordering::Relaxed) + 1) | 1;
        self.begin(number, version);
        self.values.fill(number, version, value);
    }

    /// Begins to delete the entry.
    pub fn begin_delete(&self, number: u64) {
        let version = self.entry(number).begun.load(Ordering::Relaxed);
        self.begin(number, version + version % 2);
    }

    fn begin(&self, number: u64, version: u64) {
        self.begun.fetch_max(number + 1, Ordering::AcqRel);
        self.entry(number).begun.store(version, Ordering::Release);
    }

    /// The store has answered that the change of the entry is made.
    pub fn done(&self, number: u64) {
        let entry = self.entry(number);
        let version = entry.begun.load(Ordering::Relaxed);
        entry.done.store(version, Ordering::Release);
        // New entries are made in the order of their numbers; where several
        // threads make them, the store holds all below only when each is done.
        while let Ok(next) = usize::try_from(self.entries())
            && self
                .entries
                .get(next)
                .is_some_and(|entry| entry.done.load(Ordering::Acquire) > 0)
        {
            let next = next as u64;
            let _ = self
                .done
                .compare_exchange(next, next + 1, Ordering::AcqRel, Ordering::Relaxed);
        }
    }

    /// Begins to read the entry.
    pub fn begin_get(&self, number: u64) -> Begun {
        let version_min = self.entry(number).done.load(Ordering::Acquire);
        Begun {
            number,
            version_min,
        }
    }

    /// Checks what the store answered: the value, or that there is none.
    ///
    /// # Errors
    ///
    /// [`Wrong`] where no correct store answers that.
    pub fn check_get(&self, begun: Begun, answer: Option<&[u8]>) -> Result<(), Wrong> {
        let Begun {
            number,
            version_min,
        } = begun;
        let version_max = self.entry(number).begun.load(Ordering::Acquire);
        let wrong = |what: String| Err(Wrong(format!("key {}: {what}", spelled(&key(number)))));
        let Some(value) = answer else {
            return match version_min.is_multiple_of(2) || version_max.is_multiple_of(2) {
                true => Ok(()),
                false => wrong(format!("absent, though version {version_min} was stored")),
            };
        };
        match self.values.version(number, value) {
            Some(found) if (version_min..=version_max).contains(&found) => Ok(()),
            Some(found) if found < version_min && version_min % 2 == 1 => wrong(format!(
                "version {found}, though version {version_min} had been stored"
            )),
            Some(found) if found < version_min => {
                wrong(format!("version {found}, though it had been deleted"))
            }
            Some(found) => wrong(format!("version {found}, which was never stored")),
            None => wrong("a value that was never stored under it".into()),
        }
    }

    /// Begins a scan.
    pub fn begin_scan(&self) -> u64 {
        self.entries()
    }

    /// Checks what a scan from the entry `from` on handed out, where no entry
    /// was ever deleted, and none changed while it ran: there is no gap between
    /// the entries, but there may be new ones after the last.
    /// `entries_begun` is what [`begin_scan`](Self::begin_scan) answered.
    ///
    /// # Errors
    ///
    /// [`Wrong`] where no correct store hands that out.
    pub fn check_scan(
        &self,
        entries_begun: u64,
        from: u64,
        entries_max: u64,
        found: &Found,
    ) -> Result<(), Wrong> {
        let mut expected = from;
        for (found_key, value) in found.entries() {
            // After what was there, one new entry may be seen and another
            // before it not.
            let fits = |number: &u64| match expected < entries_begun {
                true => *number == expected,
                false => (expected..self.entries.len() as u64).contains(number),
            };
            let Some(number) = number(found_key).filter(fits) else {
                let (found, expected) = (spelled(found_key), spelled(&key(expected)));
                return Err(Wrong(format!(
                    "a scan shows key {found} in place of {expected}"
                )));
            };
            let version_min = match number < entries_begun {
                true => self.entry(number).done.load(Ordering::Acquire),
                false => 1,
            };
            let begun = Begun {
                number,
                version_min,
            };
            self.check_get(begun, Some(value))?;
            expected = number + 1;
        }
        let expected = entries_begun.saturating_sub(from).min(entries_max);
        let shown = found.entries().len() as u64;
        if shown < expected || shown > entries_max {
            let from = spelled(&key(from));
            return Err(Wrong(format!(
                "a scan from key {from} shows {shown} entries in place of {expected}"
            )));
        }
        Ok(())
    }

    /// Checks the sum of what a full scan showed, while nothing changes.
    ///
    /// # Errors
    ///
    /// [`Wrong`] where it is another one than that of the entries noted here.
    pub fn check_sum(&self, found: Sum) -> Result<(), Wrong> {
        let expected = self.sum();
        if found.entries != expected.entries {
            let (found, expected) = (found.entries, expected.entries);
            return Err(Wrong(format!("{found} entries in place of {expected}")));
        }
        match found == expected {
            true => Ok(()),
            false => Err(Wrong("other entries than were stored".into())),
        }
    }

    /// Checks everything that the store holds, while nothing changes: by a scan
    /// of all, and by gets to find the first that is wrong.
    ///
    /// # Errors
    ///
    /// [`Wrong`], or what the store answers.
    pub fn check_all(&self, store: &dyn Store) -> Result<()> {
        let mut sum = Sum::default();
        store.scan(&key(0), usize::MAX, &mut |key, value| sum.add(key, value))?;
        let Err(wrong) = self.check_sum(sum) else {
            return Ok(());
        };
        let mut value = Vec::new();
        for number in 0..self.entries.len() as u64 {
            let begun = self.begin_get(number);
            let found = store.get(&key(number), &mut value)?;
            self.check_get(begun, found.then_some(&value))?;
        }
        Err(wrong.into())
    }

    fn sum(&self) -> Sum {
        let (mut sum, mut value) = (Sum::default(), Vec::new());
        for (number, entry) in (0..).zip(&self.entries) {
            let version = entry.done.load(Ordering::Acquire);
            if version % 2 == 1 {
                self.values.fill(number, version, &mut value);
                sum.add(&key(number), &value);
            }
        }
        sum
    }

    fn entry(&self, number: u64) -> &Entry {
        let place = usize::try_from(number).expect("entries fit in memory");
        &self.entries[place]
    }
}

fn spelled(key: &[u8]) -> String {
    String::from_utf8_lossy(key).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger() -> Ledger {
        Ledger::new(Values::new(100), 10, 20)
    }

    fn value(number: u64, version: u64) -> Vec<u8> {
        let mut value = Vec::new();
        Values::new(100).fill(number, version, &mut value);
        value
    }

    #[test]
    fn without_other_threads_one_answer_is_right() {
        let ledger = ledger();
        let check = |answer: Option<&[u8]>| ledger.check_get(ledger.begin_get(3), answer);
        let said = |answer: Option<&[u8]>| check(answer).unwrap_err().to_string();
        assert_eq!(check(Some(&value(3, 1))), Ok(()));
        assert_eq!(
            said(None),
            "key 0000000000000006: absent, though version 1 was stored"
        );

        ledger.begin_put(3, &mut Vec::new());
        ledger.done(3);
        assert_eq!(check(Some(&value(3, 3))), Ok(()));
        let stale = "key 0000000000000006: version 1, though version 3 had been stored";
        assert_eq!(said(Some(&value(3, 1))), stale);
        assert!(said(Some(&value(3, 5))).ends_with("version 5, which was never stored"));
        let other = "a value that was never stored under it";
        assert!(said(Some(&value(4, 3))).ends_with(other));
        assert!(said(Some(b"")).ends_with(other));

        ledger.begin_delete(3);
        ledger.done(3);
        assert_eq!(check(None), Ok(()));
        assert!(said(Some(&value(3, 3))).ends_with("version 3, though it had been deleted"));
        ledger.begin_delete(3);
        ledger.done(3);
        assert_eq!(check(None), Ok(()));
        ledger.begin_put(3, &mut Vec::new());
        ledger.done(3);
        assert_eq!(check(Some(&value(3, 5))), Ok(()));
        assert!(check(None).is_err());
    }

    #[test]
    fn beside_a_change_either_answer_is_right_and_none_older() {
        let ledger = ledger();
        let mut new = Vec::new();
        let before = ledger.begin_get(3);
        ledger.begin_put(3, &mut new);
        assert_eq!(new, value(3, 3));
        assert_eq!(ledger.check_get(before, Some(&value(3, 1))), Ok(()));
        assert_eq!(ledger.check_get(before, Some(&new)), Ok(()));
        ledger.done(3);
        assert_eq!(ledger.check_get(before, Some(&value(3, 1))), Ok(()));
        let after = ledger.begin_get(3);
        assert!(ledger.check_get(after, Some(&value(3, 1))).is_err());
    }

    #[test]
    fn new_entries_count_when_all_before_them_are_done() {
        let ledger = ledger();
        let mut value = Vec::new();
        ledger.begin_put(10, &mut value);
        ledger.begin_put(11, &mut value);
        ledger.done(11);
        assert_eq!(ledger.entries(), 10);
        assert_eq!(ledger.check_get(ledger.begin_get(10), None), Ok(()));
        ledger.done(10);
        assert_eq!(ledger.entries(), 12);
    }

    #[test]
    fn a_scan_has_no_gap_no_stranger_and_no_early_end() {
        let ledger = ledger();
        let check = |from, max, shown: &[u64]| {
            let mut found = Found::default();
            let show = |number: &u64| found.push(&key(*number), &value(*number, 1));
            shown.iter().for_each(show);
            ledger.check_scan(10, from, max, &found)
        };
        assert_eq!(check(4, 100, &[4, 5, 6, 7, 8, 9]), Ok(()));
        assert_eq!(check(4, 3, &[4, 5, 6]), Ok(()));
        assert_eq!(check(10, 3, &[]), Ok(()));
        let said = |from, max, shown: &[u64]| check(from, max, shown).unwrap_err().to_string();
        let short = "a scan from key 0000000000000008 shows 3 entries in place of 4";
        assert_eq!(said(4, 4, &[4, 5, 6]), short);
        assert!(said(4, 2, &[4, 5, 6]).ends_with("3 entries in place of 2"));
        let gap = "a scan shows key 0000000000000012 in place of 0000000000000010";
        assert_eq!(said(4, 100, &[4, 6]), gap);
        assert!(said(3, 100, &[4]).contains("in place of"));
        assert!(said(9, 100, &[9, 10]).ends_with("never stored"));
        assert!(said(19, 100, &[20]).contains("in place of"));

        ledger.begin_put(4, &mut Vec::new());
        ledger.done(4);
        let stale = "version 1, though version 3 had been stored";
        assert!(said(4, 1, &[4]).ends_with(stale));

        ledger.begin_put(11, &mut Vec::new());
        assert_eq!(check(9, 100, &[9, 11]), Ok(()));
        assert!(said(8, 100, &[8, 11]).contains("in place of"));
    }

    #[test]
    fn the_sum_knows_contents_and_order() {
        let ledger = ledger();
        let sum = |order: &[u64]| {
            let mut sum = Sum::default();
            order.iter().for_each(|n| sum.add(&key(*n), &value(*n, 1)));
            sum
        };
        assert_eq!(ledger.sum(), sum(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
        assert_ne!(ledger.sum(), sum(&[1, 0, 2, 3, 4, 5, 6, 7, 8, 9]));
        ledger.begin_delete(0);
        ledger.done(0);
        assert_eq!(ledger.sum(), sum(&[1, 2, 3, 4, 5, 6, 7, 8, 9]));
    }
}
