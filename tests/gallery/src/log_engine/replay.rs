//! Reading a log back: every record, and what to make of bytes that are none.

use engine::{Error, Result};

use super::format::{HEADER_BYTES, Record, decode_record};
use super::log::CLOSED;
use super::steps::Steps;
use super::table::{Entries, apply};

/// What a log said.
#[derive(Debug, Default)]
pub(crate) struct Replayed {
    pub(crate) entries: Entries,
    /// Where its last whole record ends.
    pub(crate) end: usize,
}

/// Makes the changes of every record of the log called `name`, in their order.
///
/// # Errors
///
/// [`Error::Corrupt`] and [`Error::Version`].
pub(crate) fn replay(steps: &dyn Steps, name: &str, bytes: &[u8]) -> Result<Replayed> {
    let base = steps.decode_header(name, bytes)?;
    let read = Read::new(name, bytes, base);
    let mut entries = Entries::new();
    let mut end = HEADER_BYTES;
    let mut is_ended = false;
    while let Some(record) = steps.next_record(&read, end)? {
        apply(&mut entries, &record.changes);
        is_ended = record.changes.is_empty();
        end = record.end;
    }
    if read.is_cut_off(end, is_ended) {
        return Err(read.damage(end, "the file ends early"));
    }
    Ok(Replayed { entries, end })
}

/// A log that is being read.
#[derive(Debug)]
pub(crate) struct Read<'a> {
    name: &'a str,
    pub(crate) bytes: &'a [u8],
    base: u64,
}

impl<'a> Read<'a> {
    /// The log called `name`, of which `base` bytes were synced.
    pub(crate) fn new(name: &'a str, bytes: &'a [u8], base: u64) -> Self {
        Read { name, bytes, base }
    }

    /// The record at `at`, or what is wrong with the bytes there.
    pub(crate) fn record(&self, steps: &dyn Steps, at: usize) -> Result<Record<'a>, &'static str> {
        decode_record(steps, self.bytes, at)
    }

    /// The error that says what is wrong at `at`.
    pub(crate) fn damage(&self, at: usize, what: &str) -> Error {
        Error::corrupt(self.name, at as u64, what)
    }

    /// Answers whether the log was closed: then all of it was synced.
    pub(crate) fn was_closed(&self) -> bool {
        self.name == CLOSED
    }

    /// Answers whether the log's name or header say that the byte at `at` was
    /// synced.
    pub(crate) fn was_synced(&self, at: usize) -> bool {
        self.was_closed() || (at as u64) < self.base
    }

    /// Answers whether any record behind `at`, where there is none, claims a
    /// sync of what stands there. Its place has to be searched for: that the
    /// bytes at `at` say where they end is not to be relied on.
    pub(crate) fn proves_a_later_sync(&self, steps: &dyn Steps, at: usize) -> bool {
        (at + 1..self.bytes.len()).any(|behind| {
            self.record(steps, behind)
                .is_ok_and(|record| record.synced > at as u64)
        })
    }

    /// Answers whether a log that ends at `end` was once longer: it was synced
    /// farther, or it was closed, which adds a record without changes.
    pub(crate) fn is_cut_off(&self, end: usize, is_ended: bool) -> bool {
        (end as u64) < self.base || self.was_closed() && !is_ended
    }
}
