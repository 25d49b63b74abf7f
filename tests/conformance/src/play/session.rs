//! The operations between one opening and the next.

use std::cell::Cell;

use engine::{Entry, KeyRange, Limits, Order};

use super::open_scan::OpenScan;
use super::snapshots::Snapshots;
use super::walk::{Walk, read_scan};
use super::words::{Mismatch, ok, value_shown};
use crate::model::{Batch, Contents, Ending, Model};
use crate::script::{Op, Script, Span, numbered, shown};
use crate::subject::Opened;
use crate::watch;

/// The most entries that `fill` puts in one batch.
const FILL_BATCH: usize = 500;

/// An open engine, its model, and the snapshots that are held of both.
pub(super) struct Session<'e> {
    engine: &'e Opened,
    model: &'e mut Model,
    limits: Limits,
    /// Scans of the engine are held to one moment each, as those of snapshots
    /// always are.
    at_one_moment: bool,
    snapshots: Snapshots<'e>,
}

impl<'e> Session<'e> {
    pub(super) fn new(engine: &'e Opened, model: &'e mut Model, at_one_moment: bool) -> Self {
        Session {
            limits: engine.limits(),
            engine,
            model,
            at_one_moment,
            snapshots: Snapshots::new(engine),
        }
    }

    /// Plays the operations from `from` on, and answers with the one that ends
    /// the engine, if one does.
    pub(super) fn run(
        &mut self,
        script: &Script,
        from: usize,
        step: &Cell<usize>,
    ) -> Result<Option<(usize, Ending)>, Mismatch> {
        let mut at = self.stretch(script, from, step, None)?;
        while let Some(op) = script.ops.get(at) {
            if let Some(ending) = op.ending() {
                return Ok(Some((at, ending)));
            }
            step.set(at);
            watch::at_step(at);
            // What lends to the cursor lives here, as long as it is open.
            let held = op.snapshot().and_then(|number| self.snapshots.get(number));
            let walk = match (op, &held) {
                (Op::Cursor(span, order), _) => Some(self.walk(span, *order)?),
                (Op::CursorAt(_, span, order), Some(held)) => {
                    Some(held.walk(span.range(&self.limits), *order)?)
                }
                _ => None,
            };
            at = self.stretch(script, at + 1, step, walk)?;
        }
        Ok(None)
    }

    /// Plays the operations from `from` on, with this cursor open, up to the
    /// next one that opens another or ends the engine. The answer is which.
    fn stretch(
        &mut self,
        script: &Script,
        from: usize,
        step: &Cell<usize>,
        mut walk: Option<Walk<'_>>,
    ) -> Result<usize, Mismatch> {
        for (at, op) in script.ops.iter().enumerate().skip(from) {
            if op.opens_cursor() || op.ending().is_some() {
                return Ok(at);
            }
            step.set(at);
            watch::at_step(at);
            self.op(op, &mut walk)?;
            self.check(op)?;
        }
        Ok(script.ops.len())
    }

    /// Opens a cursor over the engine.
    fn walk(&self, span: &Span, order: Order) -> Result<Walk<'e>, Mismatch> {
        let range = span.range(&self.limits);
        let scan = OpenScan::new(self.model.contents(), range.clone(), order);
        let cursor = ok("Opening the scan", self.engine.scan(range, order))?;
        Walk::begin(cursor, scan, self.at_one_moment)
    }

    /// Lets an engine that can prove itself sound do so after every change.
    fn check(&self, op: &Op) -> Result<(), Mismatch> {
        let changes = op.batch(&self.limits).is_some() || matches!(op, Op::Step | Op::Sync);
        match self.engine.powers().check {
            Some(check) if changes => ok("The engine's own `check`", check.check()),
            _ => Ok(()),
        }
    }

    fn op(&mut self, op: &Op, walk: &mut Option<Walk<'_>>) -> Result<(), Mismatch> {
        match op {
            Op::Put(..) | Op::Delete(_) | Op::Write(_) => self.write(op, walk),
            Op::Fill(entries) => self.fill(*entries, walk),
            Op::Get(key) => self.get(&key.to_vec(self.limits.key_bytes_max)),
            Op::Scan(span, order) => {
                let range = span.range(&self.limits);
                let cursor = self.engine.scan(range.clone(), *order);
                let wanted = self.model.scan(&range, *order);
                read_scan("The scan", &mut *ok("Opening the scan", cursor)?, &wanted)
            }
            Op::ScanPrefix(prefix, order) => {
                let prefix = prefix.to_vec(self.limits.key_bytes_max);
                let cursor = self.engine.scan_prefix(&prefix, *order);
                let wanted = self.model.scan(&KeyRange::prefix(&prefix), *order);
                read_scan("The scan", &mut *ok("Opening the scan", cursor)?, &wanted)
            }
            Op::Entries(span, order) => self.entries(&span.range(&self.limits), *order),
            Op::Next(times) => walk.as_mut().map_or(Ok(()), |walk| walk.next(*times)),
            Op::Seek(key) => {
                let key = key.to_vec(self.limits.key_bytes_max);
                walk.as_mut().map_or(Ok(()), |walk| walk.seek(key))
            }
            Op::Snapshot(number) => self.snapshots.take(*number, self.model.contents()),
            Op::Release(number) => {
                self.snapshots.release(*number);
                Ok(())
            }
            Op::GetAt(number, key) => match self.snapshots.get(*number) {
                Some(held) => held.get(&key.to_vec(self.limits.key_bytes_max)),
                None => Ok(()),
            },
            Op::ScanAt(number, span, order) => match self.snapshots.get(*number) {
                Some(held) => held.scan(&span.range(&self.limits), *order),
                None => Ok(()),
            },
            Op::Sync => {
                ok("`sync`", self.engine.sync())?;
                self.model.synced();
                Ok(())
            }
            Op::Step => ok("The step of maintenance", self.engine.step()).map(drop),
            Op::Cursor(..) | Op::CursorAt(..) | Op::Reopen | Op::Drop | Op::Kill => {
                unreachable!("a stretch stops at these")
            }
            Op::Cut(_) | Op::KillAt(_) | Op::Fault(_) | Op::Flip(..) => Err(Mismatch {
                clause: None,
                what: format!("`{op}` is for the levels crash and faults."),
                expected: "a script without it".to_owned(),
                found: op.to_string(),
            }),
        }
    }

    fn write(&mut self, op: &Op, walk: &mut Option<Walk<'_>>) -> Result<(), Mismatch> {
        let batch = op.batch(&self.limits).expect("the operation writes");
        let writes = batch.writes();
        let (call, result) = match (op, &writes[..]) {
            (Op::Put(..), [put]) => {
                let value = put.value().expect("a put has a value");
                ("`put`", self.engine.put(put.key(), value))
            }
            (Op::Delete(_), [delete]) => ("`delete`", self.engine.delete(delete.key())),
            _ => ("`write`", self.engine.write(&writes)),
        };
        let too_large = self.limits.check(&writes);
        if let Err(expected) = too_large {
            return match result {
                Err(found) if tells_what_is_too_large(&batch, &self.limits, &found) => Ok(()),
                Err(found) => Err(Mismatch::refusal(call, &expected, &found.to_string())),
                Ok(()) => Err(Mismatch::refusal(call, &expected, "it succeeded")),
            };
        }
        ok(call, result)?;
        self.wrote(batch, walk);
        Ok(())
    }

    fn fill(&mut self, entries: usize, walk: &mut Option<Walk<'_>>) -> Result<(), Mismatch> {
        let entry_bytes = numbered(0).0.len() + numbered(0).1.len();
        let fits = self.limits.batch_bytes_max / entry_bytes;
        let batch = fits.clamp(1, FILL_BATCH);
        for from in (0..entries).step_by(batch) {
            let batch = Batch::numbered(from..entries.min(from + batch));
            ok("`write`", self.engine.write(&batch.writes()))?;
            self.wrote(batch, walk);
            watch::beat();
        }
        Ok(())
    }

    fn wrote(&mut self, batch: Batch, walk: &mut Option<Walk<'_>>) {
        if let Some(walk) = walk {
            walk.wrote(&batch);
        }
        self.model.write(batch);
    }

    fn get(&mut self, key: &[u8]) -> Result<(), Mismatch> {
        // What the buffer held before must not matter.
        let mut buffer = b"dirty".to_vec();
        let present = ok("`get_into`", self.engine.get_into(key, &mut buffer))?;
        let wanted = self.model.get(key);
        if present && wanted == Some(&buffer[..])
            || !present && wanted.is_none() && buffer.is_empty()
        {
            return Ok(());
        }
        let fresh = ok("`get`", self.engine.get(key))?;
        if fresh.as_deref() == wanted {
            return Err(Mismatch {
                clause: None,
                what: "`get_into` was lent a buffer that held `dirty`, and what it held shows."
                    .to_owned(),
                expected: match wanted {
                    Some(value) => format!("true, and the buffer holds {}", shown(value)),
                    None => "false, and the buffer is empty".to_owned(),
                },
                found: format!("{present}, and the buffer holds {}", shown(&buffer)),
            });
        }
        Err(Mismatch {
            clause: None,
            what: "`get` answered something else than what was written.".to_owned(),
            expected: value_shown(key, wanted),
            found: value_shown(key, present.then_some(&buffer)),
        })
    }

    fn entries(&mut self, range: &KeyRange<'_>, order: Order) -> Result<(), Mismatch> {
        let wanted = self.model.scan(range, order);
        let entries = self.engine.entries(range.clone(), order);
        let found: engine::Result<Vec<Entry>> = ok("Opening the scan", entries)?
            .take(wanted.len() + 1)
            .collect();
        let found = ok("The iterator", found)?;
        match found == wanted {
            true => Ok(()),
            false => Err(Mismatch::entries("The iterator", &wanted, &found)),
        }
    }
}

/// All entries of an engine that was just opened.
pub(super) fn read_out(engine: &Opened) -> Result<Contents, Mismatch> {
    let entries = engine.entries(KeyRange::all(), Order::Ascending);
    let entries: engine::Result<Contents> = ok("Opening a scan", entries)?.collect();
    ok("Scanning", entries)
}

/// Answers whether `error` says what is too large in `batch`, truly.
fn tells_what_is_too_large(batch: &Batch, limits: &Limits, error: &engine::Error) -> bool {
    let writes = batch.writes();
    let value = |write: &engine::Write<'_>| write.value().map_or(0, <[u8]>::len);
    let mut sizes = Vec::new();
    for write in &writes {
        sizes.push(("key", write.key().len(), limits.key_bytes_max));
        sizes.push(("value", value(write), limits.value_bytes_max));
    }
    let total = writes.iter().map(|write| write.key().len() + value(write));
    sizes.push(("batch", total.sum(), limits.batch_bytes_max));
    sizes.into_iter().any(|(what, bytes, bytes_max)| {
        let too_large = engine::Error::TooLarge {
            what,
            bytes,
            bytes_max,
        };
        bytes > bytes_max && *error == too_large
    })
}
