//! The concurrent map of crossbeam.

use std::ops::Bound;
use std::sync::{PoisonError, RwLock};

use anyhow::Result;
use crossbeam_skiplist::SkipMap;
use engine::Write;
use menu::engine::SKIPLIST;

use super::{Contender, Open, Role, locked_version};
use crate::class::Class;
use crate::store::{Store, Visit};

/// An ordered map that threads change without waiting for one another.
///
/// Its `insert` takes the entry out before it puts the new one in, and a reader
/// beside it sees neither; so each value is behind a lock of its own and is
/// overwritten where it is, as the crate's docs recommend.
pub fn contender() -> Contender {
    Contender {
        name: SKIPLIST.name,
        role: Role::Peer,
        sentence: SKIPLIST.sentence.into(),
        version: locked_version("crossbeam-skiplist").into(),
        settings: "each value behind a lock of its own, to be overwritten; a reader can see \
                   half a batch",
        durable_commit: "none: it keeps nothing",
        classes: vec![Class::InMemory],
        open: Open::InMemory(|| Box::new(SkipList::default())),
    }
}

#[derive(Default)]
struct SkipList(SkipMap<Vec<u8>, RwLock<Vec<u8>>>);

impl SkipList {
    fn put(&self, key: &[u8], value: &[u8]) {
        loop {
            let entry = match self.0.get(key) {
                Some(entry) => entry,
                None => self.0.get_or_insert(key.to_vec(), RwLock::default()),
            };
            let mut held = entry
                .value()
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            held.clear();
            held.extend_from_slice(value);
            drop(held);
            // Who removed it in between has removed what was before.
            if !entry.is_removed() {
                break;
            }
        }
    }
}

impl Store for SkipList {
    fn get(&self, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        value.clear();
        let Some(entry) = self.0.get(key) else {
            return Ok(false);
        };
        let held = entry.value().read().unwrap_or_else(PoisonError::into_inner);
        value.extend_from_slice(&held);
        Ok(true)
    }

    fn write(&self, batch: &[Write<'_>]) -> Result<()> {
        for change in batch {
            match change {
                Write::Put { key, value } => self.put(key, value),
                Write::Delete { key } => drop(self.0.remove(*key)),
            }
        }
        Ok(())
    }

    fn scan(&self, from: &[u8], entries_max: usize, visit: Visit<'_>) -> Result<()> {
        let range = self
            .0
            .range::<[u8], _>((Bound::Included(from), Bound::Unbounded));
        for entry in range.take(entries_max) {
            let held = entry.value().read().unwrap_or_else(PoisonError::into_inner);
            visit(entry.key(), &held);
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
