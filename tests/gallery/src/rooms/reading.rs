//! Engines that are wrong about scans that meet an error.

use conformance::{Clause, Level};
use engine::disk::{File, Mode};
use engine::{Counter, Cursor, KeyRange, Order, Result, StorageEngine};

use crate::calls::{Calls, Inner};
use crate::exhibit::{Charge, Exhibit};
use crate::log_engine::log::OPEN;

/// The exhibits of this room.
pub static EXHIBITS: &[Exhibit] = &[
    Exhibit::of_calls::<ErrorPassedOver>(Charge(
        "error-passed-over",
        Clause::OrderedScans,
        Level::Faults,
        "answers a read error once, and the next call goes on after it",
        "the error was returned, so the caller knows",
    )),
    Exhibit::of_calls::<ErrorTakenForEnd>(Charge(
        "error-taken-for-end",
        Clause::OrderedScans,
        Level::Faults,
        "ends a scan quietly where an entry cannot be read",
        "`while let Ok(entry)` is such a short loop",
    )),
];

/// Returns the error and forgets it. The loop that logs an error and goes on
/// skips an entry, and nobody downstream can tell.
///
/// Seen in RocksDB, whose iterators could be valid and in error at once
/// (facebook/rocksdb#3810).
#[derive(Default)]
struct ErrorPassedOver;

impl Calls for ErrorPassedOver {
    fn scan<'s>(
        &'s self,
        inner: &'s Inner,
        range: KeyRange<'_>,
        order: Order,
    ) -> Result<Box<dyn Cursor + 's>> {
        let cursor = FromFile::<false>::open(inner, range, order)?;
        Ok(Box::new(cursor))
    }
}

/// Takes a failed read for the end. What copies a database by a scan, such as
/// a backup, copies the first half and reports success.
///
/// Seen in TiKV (tikv/tikv#4470); CockroachDB, where a restore could
/// report success without the tables (cockroachdb/cockroach#151148).
#[derive(Default)]
struct ErrorTakenForEnd;

impl Calls for ErrorTakenForEnd {
    fn scan<'s>(
        &'s self,
        inner: &'s Inner,
        range: KeyRange<'_>,
        order: Order,
    ) -> Result<Box<dyn Cursor + 's>> {
        let cursor = FromFile::<true>::open(inner, range, order)?;
        Ok(Box::new(cursor))
    }
}

/// A cursor that needs the file for every entry, as those of engines do that
/// hold more than memory does. On an error it ends quietly, or says so once.
struct FromFile<'s, const ENDS: bool> {
    inner: &'s Inner,
    cursor: Box<dyn Cursor + 's>,
    file: Box<dyn File>,
    is_at_end: bool,
}

impl<'s, const ENDS: bool> FromFile<'s, ENDS> {
    fn open(inner: &'s Inner, range: KeyRange<'_>, order: Order) -> Result<Self> {
        let mut cursor = FromFile {
            inner,
            cursor: inner.scan(range, order)?,
            file: inner.disk.open(OPEN, Mode::Read)?,
            is_at_end: false,
        };
        cursor.read_entry()?;
        Ok(cursor)
    }

    fn read_entry(&mut self) -> Result<()> {
        let mut byte = [0];
        match self.file.read_exact_at(0, &mut byte) {
            Ok(()) => self.inner.counters.add(Counter::BytesRead, 1),
            Err(_) if ENDS => self.is_at_end = true,
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

impl<const ENDS: bool> Cursor for FromFile<'_, ENDS> {
    fn entry(&self) -> Option<(&[u8], &[u8])> {
        self.cursor.entry().filter(|_| !self.is_at_end)
    }

    fn advance(&mut self) -> Result<()> {
        self.cursor.advance()?;
        self.read_entry()
    }

    fn seek(&mut self, key: &[u8]) -> Result<()> {
        self.cursor.seek(key)?;
        self.read_entry()
    }
}
