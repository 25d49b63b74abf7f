//! A cursor that is open, and scans that are read from end to end.

use engine::{Cursor, Entry};

use super::open_scan::OpenScan;
use super::words::{Mismatch, entry_shown, ok};
use crate::model::Batch;

/// An open cursor, and what is known of its scan.
pub(super) struct Walk<'c> {
    cursor: Box<dyn Cursor + 'c>,
    scan: OpenScan,
    /// It holds nothing that was written since it was opened.
    at_one_moment: bool,
}

impl<'c> Walk<'c> {
    /// A cursor that was just opened, compared with where it may stand.
    pub(super) fn begin(
        cursor: Box<dyn Cursor + 'c>,
        scan: OpenScan,
        at_one_moment: bool,
    ) -> Result<Self, Mismatch> {
        let mut walk = Walk {
            cursor,
            scan,
            at_one_moment,
        };
        walk.look("A new cursor")?;
        Ok(walk)
    }

    /// Takes note of a write that was made while the cursor is open.
    pub(super) fn wrote(&mut self, batch: &Batch) {
        if !self.at_one_moment {
            self.scan.wrote(batch);
        }
    }

    pub(super) fn next(&mut self, times: usize) -> Result<(), Mismatch> {
        for _ in 0..times {
            ok("`advance`", self.cursor.advance())?;
            self.look("After `advance` the cursor")?;
        }
        Ok(())
    }

    pub(super) fn seek(&mut self, key: Vec<u8>) -> Result<(), Mismatch> {
        ok("`seek`", self.cursor.seek(&key))?;
        self.scan.sought(key);
        self.look("After `seek` the cursor")
    }

    /// Compares where the cursor stands with where it may stand.
    fn look(&mut self, subject: &str) -> Result<(), Mismatch> {
        let entry = self.cursor.entry();
        let is_new = self.at_one_moment && !entry.is_none_or(|entry| self.scan.began_with(entry));
        let wrong = match is_new {
            true => "shows what was not there when it was opened",
            false => "stands where it must not",
        };
        self.scan.stands_at(entry).map_err(|expected| Mismatch {
            clause: None,
            what: format!("{subject} {wrong}."),
            expected,
            found: entry_shown(entry),
        })
    }
}

/// Reads a scan from end to end, and then a little further.
pub(super) fn read_scan(
    name: &str,
    cursor: &mut dyn Cursor,
    wanted: &[Entry],
) -> Result<(), Mismatch> {
    let mut found = Vec::new();
    while let Some((key, value)) = cursor.entry() {
        found.push((key.to_vec(), value.to_vec()));
        // One entry too many is enough to see that a scan does not end.
        if found.len() > wanted.len() {
            break;
        }
        ok("`advance`", cursor.advance())?;
    }
    if found != wanted {
        return Err(Mismatch::entries(name, wanted, &found));
    }
    for _ in 0..2 {
        ok("`advance` after the last entry", cursor.advance())?;
        if cursor.entry().is_some() {
            return Err(Mismatch {
                clause: None,
                what: "The cursor was after the last entry, and `advance` moved it.".to_owned(),
                expected: entry_shown(None),
                found: entry_shown(cursor.entry()),
            });
        }
    }
    Ok(())
}
