//! SQLite, a relational database in C.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use engine::Write;
use menu::engine::SQLITE;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use thread_local::ThreadLocal;

use super::{CACHE_BYTES, Contender, Open, Role, locked_version};
use crate::class::Class;
use crate::store::{Store, Visit};

/// A table of keys and values behind prepared statements.
///
/// Each thread has a connection of its own, for reads and for writes: a
/// connection forgets what it has cached when another one has written. One
/// thread writes at a time, and the others wait for it at a lock rather than
/// in SQLite's busy handler, which sleeps.
pub fn contender() -> Contender {
    Contender {
        name: SQLITE.name,
        role: Role::Peer,
        sentence: SQLITE.sentence.into(),
        version: format!(
            "{} (rusqlite {})",
            rusqlite::version(),
            locked_version("rusqlite")
        ),
        settings: "WAL, a table without rowid, a connection for each thread with a cache of \
                   64 MiB",
        durable_commit: "appends to the WAL, one fdatasync (synchronous=FULL)",
        classes: vec![Class::Kill, Class::Power],
        open: Open::In(|directory, class| Ok(Box::new(Sqlite::open(directory, class)?))),
    }
}

const GET: &str = "SELECT value FROM entries WHERE key = ?1";
const SCAN: &str = "SELECT key, value FROM entries WHERE key >= ?1 ORDER BY key";
const PUT: &str = "INSERT OR REPLACE INTO entries (key, value) VALUES (?1, ?2)";
const DELETE: &str = "DELETE FROM entries WHERE key = ?1";

struct Sqlite {
    path: PathBuf,
    class: Class,
    connections: ThreadLocal<Connection>,
    writing: Mutex<()>,
}

impl Sqlite {
    fn open(directory: &Path, class: Class) -> Result<Self> {
        let store = Sqlite {
            path: directory.join("entries.sqlite"),
            class,
            connections: ThreadLocal::new(),
            writing: Mutex::new(()),
        };
        store.connection()?.execute_batch(
            "CREATE TABLE IF NOT EXISTS entries (
                 key BLOB PRIMARY KEY,
                 value BLOB NOT NULL
             ) WITHOUT ROWID",
        )?;
        Ok(store)
    }

    /// The connection of this thread.
    fn connection(&self) -> Result<&Connection> {
        self.connections.get_or_try(|| {
            let connection = Connection::open(&self.path)?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.pragma_update(None, "synchronous", self.synchronous())?;
            let kibibytes = i64::try_from(CACHE_BYTES / 1024)?;
            connection.pragma_update(None, "cache_size", -kibibytes)?;
            Ok(connection)
        })
    }

    fn synchronous(&self) -> &'static str {
        match self.class {
            Class::Power => "FULL",
            _ => "OFF",
        }
    }
}

fn make(connection: &Connection, change: &Write<'_>) -> rusqlite::Result<usize> {
    match change {
        Write::Put { key, value } => connection.prepare_cached(PUT)?.execute((key, value)),
        Write::Delete { key } => connection.prepare_cached(DELETE)?.execute((key,)),
    }
}

impl Store for Sqlite {
    fn get(&self, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        value.clear();
        let mut get = self.connection()?.prepare_cached(GET)?;
        let mut rows = get.query((key,))?;
        let row = rows.next()?;
        if let Some(row) = row {
            value.extend_from_slice(row.get_ref(0)?.as_blob()?);
        }
        Ok(row.is_some())
    }

    fn write(&self, batch: &[Write<'_>]) -> Result<()> {
        let connection = self.connection()?;
        let _one_at_a_time = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if let [change] = batch {
            make(connection, change)?;
            return Ok(());
        }
        let behavior = TransactionBehavior::Immediate;
        let transaction = Transaction::new_unchecked(connection, behavior)?;
        for change in batch {
            make(&transaction, change)?;
        }
        Ok(transaction.commit()?)
    }

    fn scan(&self, from: &[u8], entries_max: usize, visit: Visit<'_>) -> Result<()> {
        let mut scan = self.connection()?.prepare_cached(SCAN)?;
        let mut rows = scan.query((from,))?;
        for _ in 0..entries_max {
            let Some(row) = rows.next()? else { break };
            visit(row.get_ref(0)?.as_blob()?, row.get_ref(1)?.as_blob()?);
        }
        Ok(())
    }

    /// With `synchronous=OFF` not even a checkpoint is synced, and one that
    /// finds nothing left to copy does not sync the database with `FULL`
    /// either. So something is changed, and that is checkpointed: the WAL is
    /// synced, copied into the database, and that is synced.
    fn sync(&self) -> Result<()> {
        if self.class == Class::Power {
            return Ok(());
        }
        let connection = self.connection()?;
        let _one_at_a_time = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        connection.pragma_update(None, "synchronous", "FULL")?;
        let syncs: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        connection.pragma_update(None, "user_version", (syncs + 1) % (1 << 30))?;
        let checkpoint = "PRAGMA wal_checkpoint(FULL)";
        let is_busy: bool = connection.query_row(checkpoint, (), |row| row.get(0))?;
        connection.pragma_update(None, "synchronous", self.synchronous())?;
        anyhow::ensure!(!is_busy, "a reader is in the way of the checkpoint");
        Ok(())
    }

    /// The last connection that is closed checkpoints the WAL and removes it.
    fn close(self: Box<Self>) -> Result<()> {
        for connection in self.connections {
            connection.close().map_err(|(_, error)| error)?;
        }
        Ok(())
    }
}
