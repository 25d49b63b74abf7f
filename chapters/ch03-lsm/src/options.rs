//! What an engine is opened with.

use engine::Durability;

use crate::compression::Compression;

/// What an engine is opened with.
#[derive(Debug, Clone)]
pub struct Options {
    /// What a write survives by the time it returns.
    pub durability: Durability,
    /// How many bytes a memtable may take before it is flushed.
    pub memtable_bytes: usize,
    /// How long a table gets, in bytes, below level 0.
    pub table_bytes: u64,
    /// How long a block gets, in bytes, before it is compressed.
    pub block_bytes: usize,
    /// How blocks are compressed.
    pub compression: Compression,
    /// How many bits of a Bloom filter each key gets.
    pub bloom_bits_per_key: u32,
    /// How many bytes of blocks are kept in memory.
    pub cache_bytes: usize,
    /// How many tables of level 0 are worth a compaction.
    pub level0_tables: usize,
    /// How many times as long as a level the next one is.
    pub level_ratio: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            durability: Durability::Buffered,
            memtable_bytes: 16 << 20,
            table_bytes: 8 << 20,
            block_bytes: 4 << 10,
            compression: Compression::Lz4,
            bloom_bits_per_key: 10,
            cache_bytes: 64 << 20,
            level0_tables: 4,
            level_ratio: 10,
        }
    }
}
