//! RocksDB, an LSM-tree in C++.

use std::ffi::c_int;
use std::path::Path;
use std::thread;

use anyhow::Result;
use engine::Write;
use menu::engine::ROCKSDB;
use rocksdb::{BlockBasedOptions, Cache, DB, Options, WriteBatch, WriteOptions};

use super::{CACHE_BYTES, Contender, Open, Role, locked_version};
use crate::class::Class;
use crate::store::{Store, Visit};

/// Its defaults, which are memtables of 64 MiB, blocks of 4 KiB and levelled
/// compaction, and of what its tuning guide recommends to everyone: a Bloom filter
/// of ten bits for each key, index and filters within the cache, as many
/// background threads as there are processors, and syncing of what these write
/// a mebibyte at a time.
pub fn contender() -> Contender {
    let sys = locked_version("librocksdb-sys");
    Contender {
        name: ROCKSDB.name,
        role: Role::Peer,
        sentence: ROCKSDB.sentence.into(),
        version: format!(
            "{} (rocksdb {})",
            sys.split_once('+').map_or(sys, |(_, version)| version),
            locked_version("rocksdb")
        ),
        settings: "a cache of 64 MiB, Bloom filters of 10 bits, no compression",
        durable_commit: "appends to its WAL, one fdatasync (sync=true)",
        classes: vec![Class::Nothing, Class::Kill, Class::Power],
        open: Open::In(|directory, class| Ok(Box::new(RocksDb::open(directory, class)?))),
    }
}

struct RocksDb {
    database: DB,
    writes: WriteOptions,
    class: Class,
}

impl RocksDb {
    fn open(directory: &Path, class: Class) -> Result<Self> {
        let mut writes = WriteOptions::default();
        writes.disable_wal(class == Class::Nothing);
        writes.set_sync(class == Class::Power);
        Ok(RocksDb {
            database: DB::open(&options()?, directory)?,
            writes,
            class,
        })
    }
}

fn options() -> Result<Options> {
    let mut blocks = BlockBasedOptions::default();
    blocks.set_block_cache(&Cache::new_lru_cache(CACHE_BYTES));
    blocks.set_bloom_filter(10.0, false);
    blocks.set_cache_index_and_filter_blocks(true);
    blocks.set_pin_l0_filter_and_index_blocks_in_cache(true);
    let mut options = Options::default();
    options.create_if_missing(true);
    options.set_block_based_table_factory(&blocks);
    options.increase_parallelism(c_int::try_from(thread::available_parallelism()?.get())?);
    options.set_bytes_per_sync(1 << 20);
    Ok(options)
}

impl Store for RocksDb {
    fn get(&self, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        value.clear();
        let found = self.database.get_pinned(key)?;
        value.extend_from_slice(found.as_deref().unwrap_or_default());
        Ok(found.is_some())
    }

    fn write(&self, batch: &[Write<'_>]) -> Result<()> {
        match batch {
            [Write::Put { key, value }] => self.database.put_opt(key, value, &self.writes)?,
            [Write::Delete { key }] => self.database.delete_opt(key, &self.writes)?,
            _ => {
                let mut changes = WriteBatch::default();
                for change in batch {
                    match change {
                        Write::Put { key, value } => changes.put(key, value),
                        Write::Delete { key } => changes.delete(key),
                    }
                }
                self.database.write_opt(changes, &self.writes)?;
            }
        }
        Ok(())
    }

    fn scan(&self, from: &[u8], entries_max: usize, visit: Visit<'_>) -> Result<()> {
        if entries_max == 0 {
            return Ok(());
        }
        let mut entries = self.database.raw_iterator();
        entries.seek(from);
        let mut left = entries_max;
        while let Some((key, value)) = entries.item() {
            visit(key, value);
            left -= 1;
            if left == 0 {
                break;
            }
            entries.next();
        }
        // It also ends at what it cannot read.
        Ok(entries.status()?)
    }

    fn sync(&self) -> Result<()> {
        match self.class {
            // Without its WAL only a table makes an entry durable.
            Class::Nothing => Ok(self.database.flush()?),
            Class::Power => Ok(()),
            _ => Ok(self.database.flush_wal(true)?),
        }
    }

    fn close(self: Box<Self>) -> Result<()> {
        if self.class == Class::Nothing {
            self.database.flush()?;
        }
        self.database.cancel_all_background_work(true);
        Ok(())
    }
}
