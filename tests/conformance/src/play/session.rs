//! The operations between one opening and the next.

use std::cell::Cell;

use engine::{Cursor, Entry, KeyRange, Limits, Order};

use super::open_scan::OpenScan;
use super::words::{Mismatch, entry_shown, value_shown};
use crate::model::{Batch, Contents, Ending, Model};
use crate::script::{Op, Script, numbered, shown};
use crate::subject::Opened;
use crate::watch;

/// The most entries that `fill` puts in one batch.
const FILL_BATCH: usize = 500;

/// An open engine, its model, and the cursor that is open in both.
pub(super) struct Session<'e> {
    engine: &'e Opened,
    model: &'e mut Model,
    limits: Limits,
    cursor: Option<(Box<dyn Cursor + 'e>, OpenScan)>,
}

impl<'e> Session<'e> {
    pub(super) fn new(engine: &'e Opened, model: &'e mut Model) -> Self {
        Session {
            limits: engine.limits(),
            engine,
            model,
            cursor: None,
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
        for (at, op) in script.ops.iter().enumerate().skip(from) {
            if let Some(ending) = op.ending() {
                return Ok(Some((at, ending)));
            }
            step.set(at);
            watch::at_step(at);
            self.op(op)?;
            self.check(op)?;
        }
        Ok(None)
    }

    /// Lets an engine that can prove itself sound do so after every change.
    fn check(&self, op: &Op) -> Result<(), Mismatch> {
        let changes = op.batch(&self.limits).is_some() || matches!(op, Op::Step | Op::Sync);
        match self.engine.powers().check {
            Some(check) if changes => ok("The engine's own `check`", check.check()),
            _ => Ok(()),
        }
    }

    fn op(&mut self, op: &Op) -> Result<(), Mismatch> {
        match op {
            Op::Put(..) | Op::Delete(_) | Op::Write(_) => self.write(op),
            Op::Fill(entries) => self.fill(*entries),
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
            Op::Cursor(span, order) => {
                let range = span.range(&self.limits);
                let scan = OpenScan::new(self.model.contents(), range.clone(), *order);
                self.cursor = None;
                let cursor = ok("Opening the scan", self.engine.scan(range, *order))?;
                self.cursor = Some((cursor, scan));
                self.look("A new cursor")
            }
            Op::Next(times) => self.next(*times),
            Op::Seek(key) => {
                let key = key.to_vec(self.limits.key_bytes_max);
                let Some((cursor, scan)) = &mut self.cursor else {
                    return Ok(());
                };
                ok("`seek`", cursor.seek(&key))?;
                scan.sought(key);
                self.look("After `seek` the cursor")
            }
            Op::Sync => {
                ok("`sync`", self.engine.sync())?;
                self.model.synced();
                Ok(())
            }
            Op::Step => ok("The step of maintenance", self.engine.step()).map(drop),
            Op::Reopen | Op::Drop | Op::Kill => unreachable!("`run` stops at these"),
            Op::Cut(_) | Op::KillAt(_) | Op::Fault(_) | Op::Flip(..) => Err(Mismatch {
                clause: None,
                what: format!("`{op}` is for the levels crash and faults."),
                expected: "a script without it".to_owned(),
                found: op.to_string(),
            }),
        }
    }

    fn write(&mut self, op: &Op) -> Result<(), Mismatch> {
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
        self.wrote(batch);
        Ok(())
    }

    fn fill(&mut self, entries: usize) -> Result<(), Mismatch> {
        let entry_bytes = numbered(0).0.len() + numbered(0).1.len();
        let fits = self.limits.batch_bytes_max / entry_bytes;
        let batch = fits.clamp(1, FILL_BATCH);
        for from in (0..entries).step_by(batch) {
            let batch = Batch::numbered(from..entries.min(from + batch));
            ok("`write`", self.engine.write(&batch.writes()))?;
            self.wrote(batch);
            watch::beat();
        }
        Ok(())
    }

    fn wrote(&mut self, batch: Batch) {
        if let Some((_, scan)) = &mut self.cursor {
            scan.wrote(&batch);
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

    fn next(&mut self, times: usize) -> Result<(), Mismatch> {
        for _ in 0..times {
            let Some((cursor, _)) = &mut self.cursor else {
                return Ok(());
            };
            ok("`advance`", cursor.advance())?;
            self.look("After `advance` the cursor")?;
        }
        Ok(())
    }

    /// Compares where the cursor stands with where it may stand.
    fn look(&mut self, subject: &str) -> Result<(), Mismatch> {
        let Some((cursor, scan)) = &mut self.cursor else {
            return Ok(());
        };
        let entry = cursor.entry();
        scan.stands_at(entry).map_err(|expected| Mismatch {
            clause: None,
            what: format!("{subject} stands where it must not."),
            expected,
            found: entry_shown(entry),
        })
    }
}

/// All entries of an engine that was just opened.
pub(super) fn read_out(engine: &Opened) -> Result<Contents, Mismatch> {
    let entries = engine.entries(KeyRange::all(), Order::Ascending);
    let entries: engine::Result<Contents> = ok("Opening a scan", entries)?.collect();
    ok("Scanning", entries)
}

/// Reads a scan from end to end, and then a little further.
fn read_scan(name: &str, cursor: &mut dyn Cursor, wanted: &[Entry]) -> Result<(), Mismatch> {
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
        ok("`advance` behind the last entry", cursor.advance())?;
        if cursor.entry().is_some() {
            return Err(Mismatch {
                clause: None,
                what: "The cursor was behind the last entry, and `advance` moved it.".to_owned(),
                expected: entry_shown(None),
                found: entry_shown(cursor.entry()),
            });
        }
    }
    Ok(())
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

fn ok<T>(call: &str, result: engine::Result<T>) -> Result<T, Mismatch> {
    result.map_err(|error| Mismatch::error(call, &error))
}
