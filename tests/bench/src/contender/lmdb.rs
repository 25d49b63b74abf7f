//! LMDB, a copy-on-write B+tree in a mapped file, in C.

use std::ops::Bound;
use std::path::Path;

use anyhow::Result;
use engine::Write;
use heed::types::Bytes;
use heed::{CommitOrAbort, Env, EnvFlags, EnvOpenOptions, WithTls};
use menu::engine::LMDB;

use super::{Contender, Open, Role, locked_version};
use crate::class::Class;
use crate::store::{Store, Visit};

/// Its defaults: pages are read in the map and written by system calls
/// (without `MDB_WRITEMAP`), and a thread keeps its slot among the readers, so
/// that it begins a read transaction without a lock. It has no cache of its
/// own.
pub fn contender() -> Contender {
    let version = heed::lmdb_version();
    Contender {
        name: LMDB.name,
        role: Role::Peer,
        sentence: LMDB.sentence.into(),
        version: format!(
            "{}.{}.{} (heed {})",
            version.major,
            version.minor,
            version.patch,
            locked_version("heed")
        ),
        settings: "a map of 16 GiB",
        durable_commit: "writes new pages, one fdatasync, then the meta page through a descriptor \
                         that is synced with each write",
        classes: vec![Class::Kill, Class::Power],
        open: Open::In(|directory, class| Ok(Box::new(Lmdb::open(directory, class)?))),
    }
}

/// Addresses only: the file grows as it is filled.
const MAP_BYTES: usize = 16 << 30;

struct Lmdb {
    env: Env<WithTls>,
    entries: Entries,
    class: Class,
}

type Entries = heed::Database<'static, Bytes, Bytes>;

impl Lmdb {
    fn open(directory: &Path, class: Class) -> Result<Self> {
        let env = open_env(directory, class)?;
        let creating = env.write_txn()?;
        let created = env.create_databases_and_commit(creating, |databases, creating| {
            let entries = databases.create_database(creating, None)?;
            Ok::<_, heed::Error>(CommitOrAbort::<_, ()>::Commit(entries))
        })?;
        let entries = created.unwrap_commit();
        Ok(Lmdb {
            env,
            entries,
            class,
        })
    }
}

#[expect(
    unsafe_code,
    reason = "the file is mapped, and `MDB_NOSYNC` is an option: both are sound as long as \
              nobody else changes the files, which are in a directory of the bench's own"
)]
fn open_env(directory: &Path, class: Class) -> Result<Env<WithTls>> {
    let mut options = EnvOpenOptions::new();
    options.map_size(MAP_BYTES);
    // SAFETY: nobody else opens the files or changes them while they are
    // mapped, and heed refuses to open them twice in one process.
    let env = unsafe {
        if class != Class::Power {
            options.flags(EnvFlags::NO_SYNC);
        }
        options.open(directory)?
    };
    Ok(env)
}

impl Store for Lmdb {
    fn get(&self, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        value.clear();
        let reading = self.env.read_txn()?;
        let found = self.entries.get(&reading, key)?;
        value.extend_from_slice(found.unwrap_or_default());
        Ok(found.is_some())
    }

    fn write(&self, batch: &[Write<'_>]) -> Result<()> {
        let mut writing = self.env.write_txn()?;
        for change in batch {
            match change {
                Write::Put { key, value } => self.entries.put(&mut writing, key, value)?,
                Write::Delete { key } => {
                    self.entries.delete(&mut writing, key)?;
                }
            }
        }
        Ok(writing.commit()?)
    }

    fn scan(&self, from: &[u8], entries_max: usize, visit: Visit<'_>) -> Result<()> {
        let reading = self.env.read_txn()?;
        // LMDB has no empty keys.
        let start = match from {
            [] => Bound::Unbounded,
            from => Bound::Included(from),
        };
        let range = (start, Bound::Unbounded);
        for entry in self.entries.range(&reading, &range)?.take(entries_max) {
            let (key, value) = entry?;
            visit(key, value);
        }
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        match self.class {
            Class::Power => Ok(()),
            _ => Ok(self.env.force_sync()?),
        }
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.env.prepare_for_closing().wait();
        Ok(())
    }
}
