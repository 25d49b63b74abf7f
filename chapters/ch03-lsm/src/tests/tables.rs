//! Tables, made on a simulated disk, and what they should hold.

use std::collections::BTreeMap;
use std::sync::Arc;

use conformance::sim::{Content, Faults, Image, SimDisk};
use engine::disk::{Counted, Disk, Mode};
use engine::{Counter, Counters, Error, Order, Result};
use proptest::prelude::*;

use crate::cache::BlockCache;
use crate::compression::Compression;
use crate::source::Source;
use crate::table::{Table, TableBuilder, TableInfo, TableOptions, file_name};

/// What a table should hold; without a value, a tombstone.
pub(super) type Entries = BTreeMap<Vec<u8>, Option<Vec<u8>>>;
/// An entry, as it was read.
pub(super) type Entry = (Vec<u8>, Option<Vec<u8>>);

/// Small blocks, so that few entries make many.
pub(super) fn options() -> TableOptions {
    TableOptions {
        block_bytes: 100,
        ..TableOptions::default()
    }
}

/// Writes the table of this number.
pub(super) fn write(
    disk: &dyn Disk,
    number: u32,
    options: TableOptions,
    entries: &Entries,
) -> TableInfo {
    let file = disk.open(&file_name(number), Mode::CreateNew).unwrap();
    let mut builder = TableBuilder::new(file, number, options);
    for (key, value) in entries {
        builder.add(key, value.as_deref()).unwrap();
    }
    builder.finish().unwrap().info
}

/// A table on a disk, and all that it was opened with.
pub(super) struct Opened {
    pub(super) disk: SimDisk,
    pub(super) cache: Arc<BlockCache>,
    pub(super) counters: Arc<Counters>,
    pub(super) table: Arc<Table>,
}

impl Opened {
    /// Table 7 with these entries, on a disk of its own.
    pub(super) fn new(options: TableOptions, entries: &Entries, faults: Faults) -> Self {
        let disk = SimDisk::new();
        let info = write(&disk, 7, options, entries);
        disk.set_faults(faults);
        Opened::of(disk, info).unwrap()
    }

    /// The table that `info` tells of.
    pub(super) fn of(disk: SimDisk, info: TableInfo) -> Result<Self> {
        let cache = Arc::new(BlockCache::new(1 << 20));
        let counters = Arc::new(Counters::new());
        let counted = Counted::new(Arc::new(disk.clone()), Arc::clone(&counters));
        let table = Table::open(&counted, info, Arc::clone(&cache), Arc::clone(&counters))?;
        Ok(Opened {
            disk,
            cache,
            counters,
            table: Arc::new(table),
        })
    }

    /// What was counted so far.
    pub(super) fn count(&self, counter: Counter) -> u64 {
        self.counters.stats()[counter]
    }

    /// What it says of `key`, as [`Entries`] would.
    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Option<Vec<u8>>>> {
        let mut value = b"what was there before".to_vec();
        let found = self.table.get(key, &mut value)?;
        Ok(found.map(|is_there| is_there.then_some(value)))
    }

    /// All entries, one way.
    pub(super) fn walk(&self, order: Order) -> Result<Vec<Entry>> {
        let mut source = self.table.source(order);
        source.seek(std::ops::Bound::Unbounded)?;
        rest(&mut source)
    }
}

/// All entries from where the source stands.
pub(super) fn rest(source: &mut impl Source) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    while let Some(key) = source.key() {
        entries.push((key.to_vec(), source.value().map(<[u8]>::to_vec)));
        source.advance()?;
    }
    Ok(entries)
}

/// All entries of a model, one way.
pub(super) fn in_order(entries: &Entries, order: Order) -> Vec<Entry> {
    let mut all: Vec<Entry> = entries.clone().into_iter().collect();
    if order == Order::Descending {
        all.reverse();
    }
    all
}

/// A disk that holds this file alone.
pub(super) fn disk_with(number: u32, bytes: Vec<u8>) -> SimDisk {
    let mut image = Image::new();
    image.insert(file_name(number), Content::new(bytes));
    SimDisk::from_image(&image)
}

/// The bytes of a table's file.
pub(super) fn bytes_of(disk: &SimDisk, number: u32) -> Vec<u8> {
    let image = disk.image();
    image.get(&file_name(number)).unwrap().bytes().to_vec()
}

/// A disk that cannot map files.
pub(super) fn no_map() -> Faults {
    Faults {
        no_map: true,
        ..Faults::default()
    }
}

/// `count` entries: `key000`, `key002` and so on, each tenth one a tombstone.
pub(super) fn numbered(count: usize) -> Entries {
    let entry = |n: usize| {
        let value = format!("value {n}").into_bytes();
        let value = (n % 10 != 3).then_some(value);
        (format!("key{:03}", 2 * n).into_bytes(), value)
    };
    (0..count).map(entry).collect()
}

/// Keys that often begin alike, the empty one among them.
pub(super) fn key() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![Just(0), Just(b'a'), Just(b'b'), Just(255)];
    prop::collection::vec(byte, 0..7)
}

/// Entries, with values that can be compressed and others.
pub(super) fn some_entries() -> impl Strategy<Value = Entries> {
    let value = prop_oneof![
        1 => Just(None),
        3 => prop::collection::vec(any::<u8>(), 0..60).prop_map(Some),
        1 => (any::<u8>(), 0..300_usize).prop_map(|(byte, len)| Some(vec![byte; len])),
    ];
    prop::collection::btree_map(key(), value, 0..120)
}

pub(super) fn some_options() -> impl Strategy<Value = TableOptions> {
    let compression = prop::sample::select(&Compression::ALL[..]);
    (1..600_usize, compression, 0..12_u32).prop_map(|(block_bytes, compression, bits)| {
        TableOptions {
            block_bytes,
            compression,
            bloom_bits_per_key: bits,
        }
    })
}

pub(super) fn faults() -> impl Strategy<Value = Faults> {
    prop::sample::select(vec![Faults::default(), no_map()])
}

pub(super) fn is_corrupt<T>(result: &engine::Result<T>) -> bool {
    matches!(result, Err(Error::Corrupt { .. }))
}

/// The only key, with a value.
pub(super) fn one(key: &str, value: &str) -> Entries {
    [(key.into(), Some(value.into()))].into()
}

/// Keys in the order of their numbers.
pub(super) fn ordered(number: u32) -> Vec<u8> {
    format!("{number:05}").into_bytes()
}
