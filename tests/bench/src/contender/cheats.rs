//! Stores that claim more than they do: what the bench is tried on.
//!
//! A benchmark that measures only time can be won by being wrong. Each of these
//! is wrong in a way that makes it fast, or could; each is called out by the
//! bench, and none is measured unless it is named. All are the gallery's log
//! engine, honest but for one thing.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use engine::{StorageEngine, Write};
use gallery::log_engine;
use menu::engine::{
    CHEAT_BUFFERS_WRITES, CHEAT_DROPS_PUTS, CHEAT_STALE_READS, CHEAT_SYNCS_LATER, HONEST_LOG,
};
use registry::Registered;

use super::{Contender, Open, Role};
use crate::class::Class;
use crate::store::{Layer, Layered, Store};

/// The honest log engine, and the cheats.
pub fn contenders() -> Vec<Contender> {
    vec![
        contender(
            HONEST_LOG,
            Open::OnDisk(|_, disk, durability| Ok(store(log_engine::open(disk, durability)?))),
        ),
        contender(
            CHEAT_DROPS_PUTS,
            Open::OnDisk(|_, disk, durability| {
                let inner = store(log_engine::open(disk, durability)?);
                Ok(Box::new(Layered::new(inner, DropsPuts::default())))
            }),
        ),
        contender(
            CHEAT_STALE_READS,
            Open::OnDisk(|_, disk, durability| {
                let inner = store(log_engine::open(disk, durability)?);
                Ok(Box::new(Layered::new(inner, StaleReads::default())))
            }),
        ),
        contender(
            CHEAT_SYNCS_LATER,
            Open::OnDisk(|_, disk, durability| {
                let wrong = exhibit("always-sometimes");
                Ok(store(wrong.open(disk, durability)?))
            }),
        ),
        contender(
            CHEAT_BUFFERS_WRITES,
            Open::OnDisk(|_, disk, durability| {
                let wrong = exhibit("os-in-the-process");
                Ok(store(wrong.open(disk, durability)?))
            }),
        ),
    ]
}

fn store(engine: Box<dyn StorageEngine>) -> Box<dyn Store> {
    let engine: Box<dyn Registered> = Box::new(engine);
    Box::new(engine)
}

fn contender(engine: menu::engine::Engine, open: Open) -> Contender {
    Contender {
        name: engine.name,
        role: Role::Cheat,
        sentence: engine.sentence.into(),
        version: env!("CARGO_PKG_VERSION").into(),
        settings: "none",
        durable_commit: "appends a record to its log and syncs it",
        classes: vec![Class::Nothing, Class::Kill, Class::Power],
        open,
    }
}

/// A wrong engine of the gallery.
fn exhibit(name: &str) -> gallery::Exhibit {
    let mut exhibits = gallery::all().into_iter();
    exhibits
        .find(|exhibit| exhibit.name == name)
        .expect("the gallery has this one")
}

/// Forgets one put in a thousand of those that come alone.
#[derive(Debug, Default)]
struct DropsPuts {
    puts: AtomicU64,
}

impl Layer for DropsPuts {
    fn write(&self, inner: &dyn Store, batch: &[Write<'_>]) -> Result<()> {
        if let [Write::Put { .. }] = batch
            && self.puts.fetch_add(1, Ordering::Relaxed) % 1000 == 999
        {
            return Ok(());
        }
        inner.write(batch)
    }
}

/// Has a cache of values in front that overwriting does not touch: the first
/// get of a key after it was overwritten is answered with the value before.
#[derive(Debug, Default)]
struct StaleReads {
    before: Mutex<HashMap<Vec<u8>, Vec<u8>>>,
}

impl Layer for StaleReads {
    fn write(&self, inner: &dyn Store, batch: &[Write<'_>]) -> Result<()> {
        let mut value = Vec::new();
        if let [Write::Put { key, .. }] = batch
            && inner.get(key, &mut value)?
        {
            let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
            before.insert(key.to_vec(), value);
        }
        inner.write(batch)
    }

    fn get(&self, inner: &dyn Store, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cached) = before.remove(key) {
            *value = cached;
            return Ok(true);
        }
        inner.get(key, value)
    }
}
