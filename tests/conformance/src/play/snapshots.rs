//! The snapshots that a script holds, and what they should.

use std::collections::BTreeMap;
use std::rc::Rc;

use engine::{Error, KeyRange, Order, Snapshot};

use super::open_scan::OpenScan;
use super::walk::{Walk, read_scan};
use super::words::{Mismatch, ok, value_shown};
use crate::model::{self, Contents};
use crate::script::shown;
use crate::subject::Opened;

/// The snapshots of an engine, by their numbers.
pub(super) struct Snapshots<'e> {
    engine: &'e Opened,
    held: BTreeMap<usize, Rc<Held<'e>>>,
}

/// A snapshot, and what was there when it was taken.
pub(super) struct Held<'e> {
    snapshot: Box<dyn Snapshot + 'e>,
    contents: Contents,
}

impl<'e> Snapshots<'e> {
    pub(super) fn new(engine: &'e Opened) -> Self {
        Snapshots {
            engine,
            held: BTreeMap::new(),
        }
    }

    /// Takes a snapshot of the engine, which holds `contents`. One that can
    /// hold only so many may say so, if it holds one.
    pub(super) fn take(&mut self, number: usize, contents: &Contents) -> Result<(), Mismatch> {
        self.release(number);
        let Some(snapshots) = self.engine.powers().snapshots else {
            return Err(Mismatch {
                clause: None,
                what: "A snapshot is asked for, and the engine lends no `Snapshots`.".to_owned(),
                expected: "`snapshots: Some(…)` among the `Powers` that `subject!` is given"
                    .to_owned(),
                found: "`None`".to_owned(),
            });
        };
        let snapshot = match snapshots.snapshot() {
            Err(Error::Busy { .. }) if !self.held.is_empty() => return Ok(()),
            taken => ok("`snapshot`", taken)?,
        };
        let contents = contents.clone();
        let held = Rc::new(Held { snapshot, contents });
        self.held.insert(number, held);
        Ok(())
    }

    /// Lets a snapshot go, if it is held; once the cursor over it is closed,
    /// if one is open.
    pub(super) fn release(&mut self, number: usize) {
        self.held.remove(&number);
    }

    pub(super) fn get(&self, number: usize) -> Option<Rc<Held<'e>>> {
        self.held.get(&number).cloned()
    }
}

impl Held<'_> {
    pub(super) fn get(&self, key: &[u8]) -> Result<(), Mismatch> {
        // What the buffer held before must not matter.
        let mut buffer = b"dirty".to_vec();
        let is_present = ok(
            "`get_into` of the snapshot",
            self.snapshot.get_into(key, &mut buffer),
        )?;
        let wanted = self.contents.get(key).map(Vec::as_slice);
        if !is_present && !buffer.is_empty() {
            return Err(Mismatch {
                clause: None,
                what: "`get_into` of the snapshot found nothing, and left bytes in the buffer."
                    .to_owned(),
                expected: "an empty buffer".to_owned(),
                found: shown(&buffer),
            });
        }
        let found = is_present.then_some(&buffer[..]);
        if found == wanted {
            return Ok(());
        }
        Err(Mismatch {
            clause: None,
            what: "A get in the snapshot answered something else than what was there when it was \
                   taken."
                .to_owned(),
            expected: value_shown(key, wanted),
            found: value_shown(key, found),
        })
    }

    pub(super) fn scan(&self, range: &KeyRange<'_>, order: Order) -> Result<(), Mismatch> {
        let cursor = self.snapshot.scan(range.clone(), order);
        let wanted = model::scan(&self.contents, range, order);
        let mut cursor = ok("Opening the scan of the snapshot", cursor)?;
        read_scan("The scan of the snapshot", &mut *cursor, &wanted)
    }

    /// Opens a cursor over the snapshot.
    pub(super) fn walk(&self, range: KeyRange<'_>, order: Order) -> Result<Walk<'_>, Mismatch> {
        let scan = OpenScan::new(&self.contents, range.clone(), order);
        let cursor = self.snapshot.scan(range, order);
        let cursor = ok("Opening the scan of the snapshot", cursor)?;
        Walk::begin(cursor, scan, true)
    }
}
