//! Segments, and where in them the newest record of each key is.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use engine::disk::File;
use engine::{Error, Result, Write};

use super::files::segment_name;
use super::merge::{Merge, Retired};
use crate::log_engine::format::{HEADER_BYTES, decode_record_of};
use crate::log_engine::replay::Read;
use crate::log_engine::steps::{Right, Steps};

/// Where a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) segment: u64,
    pub(crate) offset: u64,
    pub(crate) len: u32,
}

impl Place {
    /// The place of what stands in a segment from `start` to `end`.
    pub(crate) fn new(segment: u64, start: usize, end: usize) -> Self {
        Place {
            segment,
            offset: start as u64,
            len: u32::try_from(end - start).expect("no record reaches 4 GiB"),
        }
    }

    /// Its bytes in the segment.
    pub(crate) fn range(self) -> Range<usize> {
        let start = usize::try_from(self.offset).expect("a segment fits in memory");
        start..start + self.len as usize
    }
}

/// The keys that a segment changes, each with the place of the last record that
/// puts it; none, where it is deleted.
pub(crate) type Keys = BTreeMap<Vec<u8>, Option<Place>>;

/// Takes note of a record.
pub(crate) fn note(keys: &mut Keys, changes: &[Write<'_>], place: Place) {
    for change in changes {
        let place = change.value().map(|_| place);
        keys.insert(change.key().to_vec(), place);
    }
}

/// Where each key's newest record is.
pub(crate) type Index = BTreeMap<Vec<u8>, Place>;

/// All keys, and the files that hold their values.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) index: Index,
    pub(crate) files: BTreeMap<u64, Arc<dyn File>>,
}

impl Table {
    /// Takes note of what comes behind all that it knows.
    pub(crate) fn apply(&mut self, keys: &Keys) {
        for (key, place) in keys {
            match place {
                Some(place) => self.index.insert(key.clone(), *place),
                None => self.index.remove(key),
            };
        }
    }

    /// The record of `key`, if it has one, and the file to read it from.
    pub(crate) fn find(&self, key: &[u8]) -> Option<(Place, Arc<dyn File>)> {
        let place = *self.index.get(key)?;
        Some((place, self.file(place)))
    }

    /// The file of `place`.
    pub(crate) fn file(&self, place: Place) -> Arc<dyn File> {
        let file = self.files.get(&place.segment);
        Arc::clone(file.expect("places are in segments that are there"))
    }
}

/// A segment as the manifest lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) number: u64,
    /// Its length, if it is sealed.
    pub(crate) len: Option<u64>,
}

/// The segment that takes writes.
#[derive(Debug)]
pub(crate) struct Active {
    pub(crate) number: u64,
    pub(crate) file: Arc<dyn File>,
    /// Its length, in bytes: whole records.
    pub(crate) len: u64,
    /// How many of these bytes are known to be durable.
    pub(crate) synced: u64,
    pub(crate) keys: Keys,
}

impl Active {
    /// How the manifest lists it.
    pub(crate) fn listed(&self) -> Listed {
        Listed {
            number: self.number,
            len: None,
        }
    }

    /// Answers whether nothing was written to it.
    pub(crate) fn is_empty(&self) -> bool {
        self.len == HEADER_BYTES as u64
    }
}

/// Whoever holds this writes, and merges.
#[derive(Debug)]
pub(crate) struct Writer {
    /// The sealed segments, in the order of their writes.
    pub(crate) sealed: Vec<Listed>,
    pub(crate) active: Active,
    /// The number of the next segment.
    pub(crate) next: u64,
    /// The merge that goes on.
    pub(crate) merge: Option<Merge>,
    /// Segments that were merged, until nobody reads them any more.
    pub(crate) retired: Vec<Retired>,
    /// What poisoned the engine, as it answers from then on.
    pub(crate) poison: Option<Error>,
}

impl Writer {
    /// All segments, as a manifest lists them while the engine is open.
    pub(crate) fn listed(&self) -> Vec<Listed> {
        [&self.sealed[..], &[self.active.listed()]].concat()
    }

    /// Answers [`Error::Poisoned`] where the engine is.
    pub(crate) fn check_poison(&self) -> Result<()> {
        self.poison.clone().map_or(Ok(()), Err)
    }
}

/// Hands each record of a segment to `take`, with its place. The answer is
/// where the last whole one ends.
///
/// # Errors
///
/// [`Error::Corrupt`] where something is wrong that no power cut can have done.
pub(crate) fn replay(
    read: &Read<'_>,
    number: u64,
    mut take: impl FnMut(&[Write<'_>], Place),
) -> Result<usize> {
    let mut end = HEADER_BYTES;
    while let Some(record) = Right.next_record(read, end)? {
        take(&record.changes, Place::new(number, end, record.end));
        end = record.end;
    }
    match read.is_cut_off(end, true) {
        true => Err(read.damage(end, "the file ends early")),
        false => Ok(end),
    }
}

/// The value that the record at `place` puts under `key`.
///
/// # Errors
///
/// [`Error::Corrupt`] and [`Error::Io`].
pub(crate) fn read_value(file: &dyn File, place: Place, key: &[u8]) -> Result<Vec<u8>> {
    let mut bytes = vec![0; place.len as usize];
    file.read_exact_at(place.offset, &mut bytes)?;
    let damage = |what| Error::corrupt(&segment_name(place.segment), place.offset, what);
    let record = decode_record_of(&Right, &bytes, place.range().start).map_err(damage)?;
    let last = record.changes.iter().rfind(|change| change.key() == key);
    let value = last.and_then(|change| change.value());
    value
        .map(<[u8]>::to_vec)
        .ok_or_else(|| damage("another record was to stand here"))
}
