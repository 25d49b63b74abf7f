//! redb, a copy-on-write B+tree in Rust.

use std::path::Path;

use anyhow::Result;
use engine::Write;
use menu::engine::REDB;
use redb::{Builder, Database, Durability, ReadableDatabase, TableDefinition};

use super::{CACHE_BYTES, Contender, Open, Role, locked_version};
use crate::class::Class;
use crate::store::{Store, Visit};

/// A transaction for each read and for each write, as its docs show. The cache
/// is its default cut from a gibibyte to what all stores get.
pub fn contender() -> Contender {
    Contender {
        name: REDB.name,
        role: Role::Peer,
        sentence: REDB.sentence.into(),
        version: locked_version("redb").into(),
        settings: "a cache of 64 MiB",
        durable_commit: "writes new pages and the header, one fdatasync (Durability::Immediate)",
        classes: vec![Class::Nothing, Class::Power],
        open: Open::In(|directory, class| Ok(Box::new(Redb::open(directory, class)?))),
    }
}

const TABLE: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("entries");

struct Redb {
    database: Database,
    durability: Durability,
}

impl Redb {
    fn open(directory: &Path, class: Class) -> Result<Self> {
        let database = Builder::new()
            .set_cache_size(CACHE_BYTES)
            .create(directory.join("entries.redb"))?;
        let creating = database.begin_write()?;
        creating.open_table(TABLE)?;
        creating.commit()?;
        let durability = match class {
            Class::Power => Durability::Immediate,
            _ => Durability::None,
        };
        Ok(Redb {
            database,
            durability,
        })
    }
}

impl Store for Redb {
    fn get(&self, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        value.clear();
        let table = self.database.begin_read()?.open_table(TABLE)?;
        let found = table.get(key)?;
        if let Some(found) = &found {
            value.extend_from_slice(found.value());
        }
        Ok(found.is_some())
    }

    fn write(&self, batch: &[Write<'_>]) -> Result<()> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_durability(self.durability)?;
        let mut table = transaction.open_table(TABLE)?;
        for change in batch {
            match change {
                Write::Put { key, value } => drop(table.insert(*key, *value)?),
                Write::Delete { key } => drop(table.remove(*key)?),
            }
        }
        drop(table);
        Ok(transaction.commit()?)
    }

    fn scan(&self, from: &[u8], entries_max: usize, visit: Visit<'_>) -> Result<()> {
        let table = self.database.begin_read()?.open_table(TABLE)?;
        for entry in table.range(from..)?.take(entries_max) {
            let (key, value) = entry?;
            visit(key.value(), value.value());
        }
        Ok(())
    }

    /// An immediate commit makes those before it durable, too.
    fn sync(&self) -> Result<()> {
        match self.durability {
            Durability::Immediate => Ok(()),
            _ => Ok(self.database.begin_write()?.commit()?),
        }
    }

    /// Dropping a database would end it as well, and keep what goes wrong to
    /// itself.
    fn close(self: Box<Self>) -> Result<()> {
        self.sync()
    }
}
