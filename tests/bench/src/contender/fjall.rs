//! fjall, an LSM-tree in Rust.

use std::path::Path;

use anyhow::Result;
use engine::Write;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use menu::engine::FJALL;

use super::{CACHE_BYTES, Contender, Open, Role, locked_version};
use crate::class::Class;
use crate::store::{Store, Visit};

/// Its defaults but for the cache and the compression: a journal of
/// preallocated files, memtables of 64 MiB, blocks of 4 KiB with Bloom filters,
/// levelled compaction in the background. A write is in the operating system's
/// hands when it is answered, and on the device after a `persist`.
pub fn contender() -> Contender {
    Contender {
        name: FJALL.name,
        role: Role::Peer,
        sentence: FJALL.sentence.into(),
        version: format!(
            "{} (lsm-tree {})",
            locked_version("fjall"),
            locked_version("lsm-tree")
        ),
        settings: "a cache of 64 MiB, no compression",
        durable_commit: "appends to its preallocated journal, one fdatasync \
                         (PersistMode::SyncData)",
        classes: vec![Class::Kill, Class::Power],
        open: Open::In(|directory, class| Ok(Box::new(Fjall::open(directory, class)?))),
    }
}

struct Fjall {
    // In this order they are dropped, and the database waits for its threads.
    entries: Keyspace,
    database: Database,
    mode: PersistMode,
}

impl Fjall {
    fn open(directory: &Path, class: Class) -> Result<Self> {
        let database = Database::builder(directory)
            .cache_size(CACHE_BYTES as u64)
            .open()?;
        let entries = database.keyspace("entries", KeyspaceCreateOptions::default)?;
        let mode = match class {
            Class::Power => PersistMode::SyncData,
            _ => PersistMode::Buffer,
        };
        Ok(Fjall {
            entries,
            database,
            mode,
        })
    }

    fn write_batch(&self, batch: &[Write<'_>]) -> Result<()> {
        let mut changes = self.database.batch().durability(Some(self.mode));
        for change in batch {
            match change {
                Write::Put { key, value } => changes.insert(&self.entries, *key, *value),
                Write::Delete { key } => changes.remove(&self.entries, *key),
            }
        }
        Ok(changes.commit()?)
    }
}

impl Store for Fjall {
    fn get(&self, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        value.clear();
        let found = self.entries.get(key)?;
        value.extend_from_slice(found.as_deref().unwrap_or_default());
        Ok(found.is_some())
    }

    fn write(&self, batch: &[Write<'_>]) -> Result<()> {
        match batch {
            [Write::Put { key, value }] => self.entries.insert(*key, *value)?,
            [Write::Delete { key }] => self.entries.remove(*key)?,
            _ => return self.write_batch(batch),
        }
        match self.mode {
            // So much is done by now.
            PersistMode::Buffer => Ok(()),
            mode => Ok(self.database.persist(mode)?),
        }
    }

    fn scan(&self, from: &[u8], entries_max: usize, visit: Visit<'_>) -> Result<()> {
        for entry in self.entries.range(from..).take(entries_max) {
            let (key, value) = entry.into_inner()?;
            visit(&key, &value);
        }
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        Ok(self.database.persist(PersistMode::SyncAll)?)
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.sync()
    }
}
