//! A map of the standard library behind a lock.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{PoisonError, RwLock};

use anyhow::Result;
use engine::Write;
use menu::engine::BTREEMAP;

use super::{Contender, Open, Role};
use crate::class::Class;
use crate::store::{Store, Visit};

/// What anyone would write without a contract: a scan holds the lock to its
/// end.
pub fn contender() -> Contender {
    Contender {
        name: BTREEMAP.name,
        role: Role::Peer,
        sentence: BTREEMAP.sentence.into(),
        version: "std".into(),
        settings: "none",
        durable_commit: "none: it keeps nothing",
        classes: vec![Class::InMemory],
        open: Open::InMemory(|| Box::new(Map::default())),
    }
}

/// The map.
#[derive(Debug, Default)]
pub struct Map(RwLock<BTreeMap<Vec<u8>, Vec<u8>>>);

impl Store for Map {
    fn get(&self, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        value.clear();
        let map = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let found = map.get(key);
        value.extend_from_slice(found.map_or(&[], Vec::as_slice));
        Ok(found.is_some())
    }

    fn write(&self, batch: &[Write<'_>]) -> Result<()> {
        let mut map = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for change in batch {
            match change {
                Write::Put { key, value } => drop(map.insert(key.to_vec(), value.to_vec())),
                Write::Delete { key } => drop(map.remove(*key)),
            }
        }
        Ok(())
    }

    fn scan(&self, from: &[u8], entries_max: usize, visit: Visit<'_>) -> Result<()> {
        let map = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let range = map.range::<[u8], _>((Bound::Included(from), Bound::Unbounded));
        range
            .take(entries_max)
            .for_each(|(key, value)| visit(key, value));
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        Ok(())
    }

    fn close(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}
