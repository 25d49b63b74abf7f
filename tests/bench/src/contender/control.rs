//! No store, but a measure of the machine: the least that one could do.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result};
use engine::Write;
use menu::engine::CONTROL;

use super::{Contender, Open, Role};
use crate::class::Class;
use crate::data::{Values, key, number};
use crate::store::{Store, Visit};

/// An array with a version in each slot, found by the number in the key,
/// without a lock, without a search and without memory to allocate. It stores
/// no value: it makes each anew. What two threads get out of *this* is what the
/// machine has to give to two threads; a store that gets the same share is not
/// held up by its locks.
pub fn contender() -> Contender {
    Contender {
        name: CONTROL.name,
        role: Role::Control,
        sentence: CONTROL.sentence.into(),
        version: env!("CARGO_PKG_VERSION").into(),
        settings: "none",
        durable_commit: "none: it keeps nothing",
        classes: vec![Class::InMemory],
        open: Open::InMemory(|| Box::new(Control::default())),
    }
}

/// The slots, in segments of 1, 2, 4 … that never move, so that nobody has to
/// wait while they grow.
#[derive(Debug, Default)]
struct Control {
    segments: [OnceLock<Box<[AtomicU64]>>; 32],
    /// All numbers that were ever stored are below.
    end: AtomicU64,
    values: OnceLock<Values>,
}

impl Control {
    /// The slot of the entry with that number.
    fn slot(&self, number: u64) -> Result<&AtomicU64> {
        let place = number + 1;
        let segment = place.ilog2() as usize;
        let slots = self
            .segments
            .get(segment)
            .context("the number is too large")?;
        let slots = slots.get_or_init(|| (0..1_u64 << segment).map(|_| 0.into()).collect());
        let within = usize::try_from(place - (1 << segment))?;
        Ok(&slots[within])
    }

    /// Puts what the slot holds into `value`; answers whether it holds anything.
    fn fetch(&self, number: u64, value: &mut Vec<u8>) -> Result<bool> {
        value.clear();
        if number >= self.end.load(Ordering::Acquire) {
            return Ok(false);
        }
        let version = self.slot(number)?.load(Ordering::Acquire);
        if let Some(values) = self.values.get().filter(|_| version != 0) {
            values.fill(number, version, value);
        }
        Ok(version != 0)
    }
}

impl Store for Control {
    fn get(&self, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        match number(key) {
            Some(number) => self.fetch(number, value),
            None => Ok(false),
        }
    }

    fn write(&self, batch: &[Write<'_>]) -> Result<()> {
        for change in batch {
            let number = number(change.key()).context("the control takes the bench's keys only")?;
            let version = match change.value() {
                Some(value) => {
                    let values = self.values.get_or_init(|| Values::new(value.len()));
                    let version = values.version(number, value);
                    version.context("the control takes the bench's values only")?
                }
                None => 0,
            };
            self.slot(number)?.store(version, Ordering::Release);
            self.end.fetch_max(number + 1, Ordering::AcqRel);
        }
        Ok(())
    }

    fn scan(&self, from: &[u8], entries_max: usize, visit: Visit<'_>) -> Result<()> {
        let from = number(from).context("the control scans from the bench's keys only")?;
        let (mut left, mut value) = (entries_max, Vec::new());
        for number in from..self.end.load(Ordering::Acquire) {
            if left == 0 {
                break;
            }
            if self.fetch(number, &mut value)? {
                visit(&key(number), &value);
                left -= 1;
            }
        }
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        Ok(())
    }

    fn close(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}
