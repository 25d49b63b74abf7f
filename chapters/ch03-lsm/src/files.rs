//! The files of an engine: their numbers, and how tables are made and opened.

use std::sync::Arc;

use engine::disk::{Counted, Disk, Mode};
use engine::sync::atomic::{AtomicU32, Ordering};
use engine::{Counters, Error, Result};

use crate::cache::BlockCache;
use crate::device::Device;
use crate::names::Name;
use crate::options::Options;
use crate::table::{Finished, Table, TableBuilder, TableInfo, TableOptions};

/// The files of an engine, and what it takes to work with them.
#[derive(Debug)]
pub(crate) struct Files {
    pub(crate) options: Options,
    pub(crate) device: Device,
    pub(crate) counters: Arc<Counters>,
    cache: Arc<BlockCache>,
    /// The number of the next file.
    number: AtomicU32,
}

impl Files {
    /// The files on `disk`.
    pub(crate) fn new(disk: Arc<dyn Disk>, options: Options) -> Self {
        let counters = Arc::new(Counters::new());
        Files {
            device: Device::new(Counted::new(disk, Arc::clone(&counters))),
            cache: Arc::new(BlockCache::new(options.cache_bytes)),
            number: AtomicU32::new(1),
            options,
            counters,
        }
    }

    /// This number was used, or a larger one.
    pub(crate) fn pass_number(&self, number: u32) {
        let next = number.saturating_add(1);
        self.number.fetch_max(next, Ordering::Relaxed);
    }

    /// A number that no file has had.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] after the last one.
    pub(crate) fn next_number(&self) -> Result<u32> {
        let next = |number: u32| number.checked_add(1);
        let number = self
            .number
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        let what = "a file after number 4294967294";
        number.map_err(|_| Error::Unsupported { what })
    }

    /// A table that has no entries yet, and its number: the one that was taken for
    /// it, or else the next.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`] and [`Error::Io`].
    pub(crate) fn begin_table(&self, number: Option<u32>) -> Result<(u32, TableBuilder)> {
        let number = number.map_or_else(|| self.next_number(), Ok)?;
        let name = Name::Table(number).to_string();
        let file = self.device.disk().open(&name, Mode::CreateNew)?;
        let options = TableOptions {
            block_bytes: self.options.block_bytes,
            compression: self.options.compression,
            bloom_bits_per_key: self.options.bloom_bits_per_key,
        };
        Ok((number, TableBuilder::new(file, number, options)))
    }

    /// The table with the entries that it was given. It is durable, but for its
    /// name.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`], [`Error::Io`] and [`Error::Poisoned`].
    pub(crate) fn finish_table(&self, table: TableBuilder) -> Result<Arc<Table>> {
        let Finished { file, info } = table.finish()?;
        self.device.sync(&*file)?;
        drop(file);
        self.open_table(info)
    }

    /// The table that is described so.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] where it is another one, or none; [`Error::Version`]
    /// and [`Error::Io`].
    pub(crate) fn open_table(&self, info: TableInfo) -> Result<Arc<Table>> {
        let (cache, counters) = (Arc::clone(&self.cache), Arc::clone(&self.counters));
        let table = Table::open(self.device.disk(), info, cache, counters)?;
        Ok(Arc::new(table))
    }

    /// Removes a file that nobody reads any more, if it is there.
    ///
    /// # Errors
    ///
    /// [`Error::Io`].
    pub(crate) fn remove(&self, name: Name) -> Result<()> {
        if let Name::Table(number) = name {
            self.cache.forget_table(number);
        }
        match self.device.disk().remove(&name.to_string()) {
            Err(Error::Io {
                kind: std::io::ErrorKind::NotFound,
                ..
            }) => Ok(()),
            removed => removed,
        }
    }
}
