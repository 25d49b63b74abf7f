//! States that are made by hand: memtables and tables with what they should
//! hold, and the entries that can be seen in them.

use std::collections::BTreeMap;
use std::sync::Arc;

use conformance::sim::SimDisk;
use engine::disk::Counted;
use engine::{Counters, Write};

use super::tables::{Entries, write};
use crate::cache::BlockCache;
use crate::compression::Compression;
use crate::levels::Levels;
use crate::memtable::Memtable;
use crate::state::{Logged, State};
use crate::table::{Table, TableOptions};

/// One memtable or one table, with its entries.
#[derive(Debug, Clone)]
pub(super) enum Layer {
    Memtable(Entries),
    Table(usize, Entries),
}

/// Layers as text, the newest first: `mem a=1 b-; 0 a=2 c=3; 5 d=4`. The first
/// one is the memtable that takes writes.
pub(super) fn layers(text: &str) -> Vec<Layer> {
    let layer = |text: &str| {
        let mut words = text.split_whitespace();
        let place = words.next().unwrap();
        let entry = |word: &str| match word.split_once('=') {
            Some((key, value)) => (key.into(), Some(value.into())),
            None => (word.trim_end_matches('-').into(), None),
        };
        let entries = words.map(entry).collect();
        match place {
            "mem" => Layer::Memtable(entries),
            level => Layer::Table(level.parse().unwrap(), entries),
        }
    };
    text.split(';').map(layer).collect()
}

/// A state with these layers, the newest first, and what its tables count.
pub(super) fn state(layers: &[Layer]) -> (State, Arc<Counters>) {
    let (state, counters, _) = state_on(&SimDisk::new(), layers);
    (state, counters)
}

/// The same with its tables on this disk, and the sequence number of the last
/// write.
pub(super) fn state_on(disk: &SimDisk, layers: &[Layer]) -> (State, Arc<Counters>, u64) {
    let counters = Arc::new(Counters::new());
    let counted = Counted::new(Arc::new(disk.clone()), Arc::clone(&counters));
    let cache = Arc::new(BlockCache::new(0));
    let options = TableOptions {
        block_bytes: 60,
        compression: Compression::None,
        bloom_bits_per_key: 10,
    };
    let (mut memtables, mut tables, mut seq) = (Vec::new(), Vec::new(), 0);
    for (layer, number) in layers.iter().rev().zip(1..) {
        match layer {
            Layer::Memtable(entries) => {
                let memtable = Memtable::new(4096);
                for (key, value) in entries {
                    seq += 1;
                    memtable.insert(seq, &change(key, value.as_deref()));
                }
                memtables.insert(0, Arc::new(Logged::new(memtable)));
            }
            Layer::Table(level, entries) => {
                let info = write(&counted, number, options, entries);
                let (cache, counters) = (Arc::clone(&cache), Arc::clone(&counters));
                let table = Table::open(&counted, info, cache, counters).unwrap();
                tables.push((*level, Arc::new(table)));
            }
        }
    }
    let levels = Levels::new(7).with(tables, &[]).unwrap();
    levels.check().unwrap();
    let mut memtables = memtables.into_iter();
    let active = memtables.next().expect("the first layer takes writes");
    let state = State {
        active,
        frozen: memtables.collect(),
        levels: Arc::new(levels),
    };
    (state, counters, seq)
}

pub(super) fn change<'w>(key: &'w [u8], value: Option<&'w [u8]>) -> Write<'w> {
    match value {
        Some(value) => Write::Put { key, value },
        None => Write::Delete { key },
    }
}

/// What can be seen in layers, the newest first.
pub(super) fn seen(layers: &[Layer]) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut all = Entries::new();
    for layer in layers.iter().rev() {
        let (Layer::Memtable(entries) | Layer::Table(_, entries)) = layer;
        all.extend(entries.clone());
    }
    let live = all
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)));
    live.collect()
}
