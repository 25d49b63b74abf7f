//! A map in memory that each sync writes out as a whole: what the explorer and
//! the faults are tried on, right and with mistakes.
//!
//! The file `snapshot` holds a checksum and then each entry with its lengths.
//! It is never changed: a new one is written beside it, synced, and renamed.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::disk::{Disk, File, Lock, Mode};
use engine::sync::Mutex;
use engine::{
    Counter, Counters, Cursor, Durability, Entry, Error, KeyRange, Limits, Order, Result, Stats,
    StorageEngine, Write,
};

use crate::subject::Subject;

const FILE: &str = "snapshot";
const NEW: &str = "snapshot.new";

/// What the engine gets wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mistake {
    None,
    SkipFileSync,
    SkipDirSync,
    RenameBeforeSync,
    /// A failed sync is tried again, and believed.
    RetrySync,
    /// A failed sync is answered with `Io`, and the next one is believed.
    ForgetPoison,
    /// An opening takes what it reads for durable.
    TrustAtOpen,
    /// An opening reads the new file before the old one.
    ReadNewFile,
    SyncNothing,
    IgnoreChecksum,
    /// A short read is taken for a whole one.
    BelieveShortReads,
    /// The lock is left behind when an opening fails.
    ForgetLock,
    NoLock,
    /// A write shows although its durable part failed.
    ShowFailedWrite,
    /// Syncs of names are not counted.
    MiscountSyncs,
    /// A read that fails answers that there is nothing.
    SwallowReadErrors,
    /// A full disk poisons.
    PoisonWhenFull,
    PanicOnDamage,
    /// Reads fail, too, once the engine is poisoned.
    PoisonReads,
}

pub(crate) struct SnapshotEngine {
    disk: Arc<dyn Disk>,
    durability: Durability,
    mistake: Mistake,
    inner: Mutex<Inner>,
    counters: Counters,
    lock: Option<Lock>,
}

type Entries = BTreeMap<Vec<u8>, Vec<u8>>;

struct Inner {
    entries: Entries,
    poison: Option<Error>,
}

pub(crate) fn subject(mistake: Mistake) -> Subject {
    Subject::new(
        format!("snapshots, {mistake:?}"),
        move |disk, durability| SnapshotEngine::open(disk, durability, mistake),
    )
}

impl SnapshotEngine {
    fn open(disk: Arc<dyn Disk>, durability: Durability, mistake: Mistake) -> Result<Self> {
        let lock = match mistake {
            Mistake::NoLock => None,
            _ => Some(disk.lock()?),
        };
        let mut engine = SnapshotEngine {
            disk,
            durability,
            mistake,
            inner: Mutex::new(Inner {
                entries: Entries::new(),
                poison: None,
            }),
            counters: Counters::new(),
            lock,
        };
        match engine.begin() {
            Ok(()) => Ok(engine),
            Err(error) => {
                if mistake == Mistake::ForgetLock {
                    std::mem::forget(engine.lock.take());
                }
                Err(match error {
                    Error::Poisoned { cause } => *cause,
                    other => other,
                })
            }
        }
    }

    fn begin(&self) -> Result<()> {
        let names = self.disk.list()?;
        let has = |name: &str| names.iter().any(|found| found == name);
        let from = match self.mistake {
            Mistake::ReadNewFile if has(NEW) => NEW,
            _ => FILE,
        };
        if has(from) {
            self.inner.lock().entries = self.read(from)?;
        }
        if self.mistake != Mistake::TrustAtOpen || !has(FILE) {
            let inner = self.inner.lock();
            self.persist(&inner.entries)?;
        }
        Ok(())
    }

    fn read(&self, name: &str) -> Result<Entries> {
        let file = self.disk.open(name, Mode::Read)?;
        let mut bytes = vec![0; usize::try_from(file.len()?).expect("it fits in memory")];
        match self.mistake {
            Mistake::BelieveShortReads => {
                file.read_at(0, &mut bytes)?;
            }
            Mistake::SwallowReadErrors if file.read_exact_at(0, &mut bytes).is_err() => {
                return Ok(Entries::new());
            }
            Mistake::SwallowReadErrors => {}
            _ => file.read_exact_at(0, &mut bytes)?,
        }
        self.counters.add(Counter::BytesRead, bytes.len() as u64);
        let damage = || Error::corrupt(name, 0, "the checksum does not match");
        let (sum, body) = bytes.split_first_chunk::<4>().ok_or_else(damage)?;
        let fits = u32::from_le_bytes(*sum) == crc32fast::hash(body);
        if self.mistake == Mistake::PanicOnDamage {
            assert!(fits, "the snapshot is damaged");
        }
        if !fits && self.mistake != Mistake::IgnoreChecksum {
            return Err(damage());
        }
        decode(body).ok_or_else(damage)
    }

    /// Writes all entries out, durably.
    fn persist(&self, entries: &Entries) -> Result<()> {
        let body = encode(entries);
        let mut bytes = crc32fast::hash(&body).to_le_bytes().to_vec();
        bytes.extend(body);
        if self.disk.list()?.iter().any(|name| name == NEW) {
            self.disk.remove(NEW)?;
        }
        let file = self.disk.open(NEW, Mode::CreateNew)?;
        self.counters.add(Counter::BytesWritten, bytes.len() as u64);
        if let Err(error) = file.write_at(0, &bytes) {
            drop(file);
            // What it left would only take room.
            let _tidied = self.disk.remove(NEW);
            return Err(match (self.mistake, &error) {
                (Mistake::PoisonWhenFull, Error::NoSpace { .. }) => Error::poisoned(error),
                _ => error,
            });
        }
        if self.mistake == Mistake::RenameBeforeSync {
            self.disk.rename(NEW, FILE)?;
            self.sync_file(&*file)?;
        } else {
            self.sync_file(&*file)?;
            drop(file);
            self.disk.rename(NEW, FILE)?;
        }
        self.sync_dir()
    }

    fn sync_file(&self, file: &dyn File) -> Result<()> {
        if self.mistake == Mistake::SkipFileSync {
            return Ok(());
        }
        self.sync_with(|| file.sync())
    }

    fn sync_dir(&self) -> Result<()> {
        if self.mistake == Mistake::SkipDirSync {
            return Ok(());
        }
        if self.mistake == Mistake::MiscountSyncs {
            return self.disk.sync_dir().map_err(Error::poisoned);
        }
        self.sync_with(|| self.disk.sync_dir())
    }

    fn sync_with(&self, sync: impl Fn() -> Result<()>) -> Result<()> {
        self.counters.add(Counter::Syncs, 1);
        match (sync(), self.mistake) {
            (Err(_), Mistake::RetrySync) => {
                self.counters.add(Counter::Syncs, 1);
                sync().map_err(Error::poisoned)
            }
            (Err(error), Mistake::ForgetPoison) => Err(error),
            (result, _) => result.map_err(Error::poisoned),
        }
    }

    /// Persists, and poisons the engine where a sync failed.
    fn save(&self, inner: &mut Inner, entries: &Entries) -> Result<()> {
        self.persist(entries).inspect_err(|error| {
            if matches!(error, Error::Poisoned { .. }) {
                inner.poison = Some(error.clone());
            }
        })
    }
}

impl StorageEngine for SnapshotEngine {
    fn get_into(&self, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        value.clear();
        let inner = self.inner.lock();
        let found = inner.entries.get(key);
        value.extend_from_slice(found.map_or(&[], Vec::as_slice));
        Ok(found.is_some())
    }

    fn write(&self, batch: &[Write<'_>]) -> Result<()> {
        let mut inner = self.inner.lock();
        inner.poison.clone().map_or(Ok(()), Err)?;
        let mut entries = inner.entries.clone();
        for write in batch {
            match write.value() {
                Some(value) => entries.insert(write.key().to_vec(), value.to_vec()),
                None => entries.remove(write.key()),
            };
        }
        if self.mistake == Mistake::ShowFailedWrite {
            inner.entries.clone_from(&entries);
        }
        if self.durability >= Durability::Os {
            self.save(&mut inner, &entries)?;
        }
        inner.entries = entries;
        Ok(())
    }

    fn scan<'s>(&'s self, range: KeyRange<'_>, order: Order) -> Result<Box<dyn Cursor + 's>> {
        let inner = self.inner.lock();
        if self.mistake == Mistake::PoisonReads {
            inner.poison.clone().map_or(Ok(()), Err)?;
        }
        Ok(Box::new(Copied {
            entries: crate::model::scan(&inner.entries, &range, order),
            order,
            at: 0,
        }))
    }

    fn sync(&self) -> Result<()> {
        let mut inner = self.inner.lock();
        inner.poison.clone().map_or(Ok(()), Err)?;
        if self.mistake == Mistake::SyncNothing {
            return Ok(());
        }
        let entries = inner.entries.clone();
        self.save(&mut inner, &entries)
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.sync()
    }

    fn limits(&self) -> Limits {
        Limits {
            key_bytes_max: 100,
            value_bytes_max: 10_000,
            batch_bytes_max: 100_000,
        }
    }

    fn stats(&self) -> Stats {
        self.counters.stats()
    }
}

fn encode(entries: &Entries) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in entries.iter().flat_map(|(key, value)| [key, value]) {
        let len = u32::try_from(part.len()).expect("limits keep parts short");
        bytes.extend(len.to_le_bytes());
        bytes.extend(part);
    }
    bytes
}

fn decode(mut body: &[u8]) -> Option<Entries> {
    let mut part = || -> Option<Option<Vec<u8>>> {
        let Some((len, rest)) = body.split_first_chunk::<4>() else {
            return body.is_empty().then_some(None);
        };
        let len = usize::try_from(u32::from_le_bytes(*len)).ok()?;
        let (part, rest) = rest.split_at_checked(len)?;
        body = rest;
        Some(Some(part.to_vec()))
    };
    let mut entries = Entries::new();
    while let Some(key) = part()? {
        entries.insert(key, part()??);
    }
    Some(entries)
}

/// A scan that copied everything.
struct Copied {
    entries: Vec<Entry>,
    order: Order,
    at: usize,
}

impl Cursor for Copied {
    fn entry(&self) -> Option<(&[u8], &[u8])> {
        let (key, value) = self.entries.get(self.at)?;
        Some((key, value))
    }

    fn advance(&mut self) -> Result<()> {
        self.at = self.entries.len().min(self.at + 1);
        Ok(())
    }

    fn seek(&mut self, key: &[u8]) -> Result<()> {
        self.at = self.entries.partition_point(|(found, _)| match self.order {
            Order::Ascending => **found < *key,
            Order::Descending => **found > *key,
        });
        Ok(())
    }
}
