//! Where a cursor may stand while others write.

use std::ops::Bound;

use engine::{KeyRange, Order};

use super::words::entry_shown;
use crate::model::{Batch, Change, Contents};

/// What is known of a scan since it was opened.
///
/// It holds every write that completed before it began, and of later ones it
/// may hold any. So a key that was there at the beginning and was never
/// deleted since must come, with its first value or a later one; a key that
/// was deleted or is new may come.
pub(super) struct OpenScan {
    range: KeyRange<'static>,
    order: Order,
    at_open: Contents,
    later: Vec<Change>,
    position: Position,
}

enum Position {
    /// At the first entry.
    Start,
    /// After this key, which was met.
    After(Vec<u8>),
    /// At the first entry that does not come before this key.
    From(Vec<u8>),
    /// After the last entry, where it stays until it seeks.
    End,
}

impl OpenScan {
    pub(super) fn new(contents: &Contents, range: KeyRange<'_>, order: Order) -> Self {
        OpenScan {
            range: range.into_owned(),
            order,
            at_open: contents.clone(),
            later: Vec::new(),
            position: Position::Start,
        }
    }

    /// Takes note of a write that was made while the scan is open.
    pub(super) fn wrote(&mut self, batch: &Batch) {
        self.later.extend(batch.0.iter().cloned());
    }

    /// Answers whether this entry was there when the scan was opened.
    pub(super) fn began_with(&self, (key, value): (&[u8], &[u8])) -> bool {
        self.at_open.get(key).is_some_and(|held| held == value)
    }

    /// Takes note of a seek.
    pub(super) fn sought(&mut self, key: Vec<u8>) {
        self.position = Position::From(key);
    }

    /// Takes note of where the cursor stands.
    ///
    /// # Errors
    ///
    /// Where it should stand instead, in words.
    pub(super) fn stands_at(&mut self, entry: Option<(&[u8], &[u8])>) -> Result<(), String> {
        let ahead = self.ahead();
        let Some((key, value)) = entry else {
            return match self.first_that_must_come(&ahead) {
                Some(must) => Err(self.described(Some(must))),
                None => {
                    self.position = Position::End;
                    Ok(())
                }
            };
        };
        let up_to = match self.order {
            Order::Ascending => KeyRange::new(ahead.start(), Bound::Excluded(key)),
            Order::Descending => KeyRange::new(Bound::Excluded(key), ahead.end()),
        };
        let skipped = self.first_that_must_come(&up_to);
        if !ahead.contains(key) || skipped.is_some() || !self.may_have_held(key, value) {
            return Err(self.described(self.first_that_must_come(&ahead)));
        }
        self.position = Position::After(key.to_vec());
        Ok(())
    }

    /// The keys that may still come.
    fn ahead(&self) -> KeyRange<'static> {
        let (start, end) = (self.range.start(), self.range.end());
        let range = match (&self.position, self.order) {
            _ if self.range.is_empty() => self.range.clone(),
            (Position::Start, _) => self.range.clone(),
            (Position::End, _) => KeyRange::half_open("", ""),
            (Position::After(key), Order::Ascending) => KeyRange::new(Bound::Excluded(key), end),
            (Position::After(key), Order::Descending) => KeyRange::new(start, Bound::Excluded(key)),
            (Position::From(key), Order::Ascending) => match is_before_start(key, start) {
                true => self.range.clone(),
                false => KeyRange::new(Bound::Included(key), end),
            },
            (Position::From(key), Order::Descending) => match is_behind_end(key, end) {
                true => self.range.clone(),
                false => KeyRange::new(start, Bound::Included(key)),
            },
        };
        range.into_owned()
    }

    fn first_that_must_come(&self, range: &KeyRange<'_>) -> Option<Vec<u8>> {
        if range.is_empty() {
            return None;
        }
        let deleted = |key: &[u8]| {
            let of_key = |change: &&Change| change.key == key;
            let mut later = self.later.iter().filter(of_key);
            later.any(|change| change.value.is_none())
        };
        let mut keys = self
            .at_open
            .range::<[u8], _>((range.start(), range.end()))
            .map(|(key, _)| key)
            .filter(|key| !deleted(key));
        match self.order {
            Order::Ascending => keys.next().cloned(),
            Order::Descending => keys.next_back().cloned(),
        }
    }

    /// Answers whether `key` held `value` at some moment since the scan was
    /// opened.
    fn may_have_held(&self, key: &[u8], value: &[u8]) -> bool {
        let at_open = self.at_open.get(key).map(Vec::as_slice);
        let of_key = |change: &&Change| change.key == key;
        let later = self.later.iter().filter(of_key);
        let mut values = later.filter_map(|change| change.value.as_deref());
        at_open == Some(value) || values.any(|later| later == value)
    }

    fn described(&self, key: Option<Vec<u8>>) -> String {
        let entry = key.and_then(|key| self.at_open.get_key_value(&key));
        let entry = entry.map(|(key, value)| (key.as_slice(), value.as_slice()));
        let mut words = entry_shown(entry);
        let has_ended = matches!(self.position, Position::End);
        if !self.later.is_empty() && !has_ended {
            words.push_str(", or what was written since");
        }
        words
    }
}

fn is_before_start(key: &[u8], start: Bound<&[u8]>) -> bool {
    match start {
        Bound::Included(start) => key < start,
        Bound::Excluded(start) => key <= start,
        Bound::Unbounded => false,
    }
}

fn is_behind_end(key: &[u8], end: Bound<&[u8]>) -> bool {
    match end {
        Bound::Included(end) => key > end,
        Bound::Excluded(end) => key >= end,
        Bound::Unbounded => false,
    }
}
