//! How the tables of a store are meant to be sized and placed.
//!
//! **How large a level should be** follows from the bottom. The bottom has what
//! it has, B bytes; the level above it may have a tenth of that, and so on
//! upwards:
//!
//! ```text
//! level 0   4 tables                      flushed, may overlap
//! level 1   -                             not in use
//! level 2   -                             not in use: B / 10,000 is too small
//! level 3   B / 1,000                     the base: level 0 goes here
//! level 4   B / 100
//! level 5   B / 10
//! level 6   B                             the bottom
//! ```
//!
//! All that an entry above the bottom can supersede is one entry further down.
//! So where entries are alike in size, garbage amounts to 1/10 + 1/100 + … of
//! the bottom at most. Were the sizes counted from the top instead, the bottom
//! could be as large as the level above, and half of everything garbage.
//! (Dong and others, Optimizing Space Amplification in RocksDB, CIDR 2017: the
//! dynamic adjustment of level sizes.)
//!
//! **How a level comes into use.** The bottom is always the last level, so a
//! level is never renumbered. While B is small, level 0 goes straight to the
//! bottom: that is the base. When B has grown so far that the level above the
//! base should have half of what level 0 brings at once, that level, which is
//! empty, is the base from then on, and nothing needs to be moved. The other way
//! round, a level whose share has become too small stays the base as long as it
//! has tables. Its tables go down as it shrinks, and when the last one has gone,
//! the level below is the base again. Level 0 never goes past a level that has
//! tables, so no entry overtakes an older one.

use crate::levels::{Described, Levels};

/// How the tables of a store are meant to be sized and placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// How many bytes a memtable takes, and so about the bytes of a table in
    /// level 0.
    pub memtable_bytes: u64,
    /// At how many bytes a compaction begins the next table.
    pub table_bytes: u64,
    /// How many tables level 0 has when it is due.
    pub level0_tables: usize,
    /// How many times as large as the level above it a level should be.
    pub ratio: u64,
    /// How many levels a new store has, level 0 and those that are not in use
    /// included.
    pub levels: usize,
}

impl Default for Shape {
    fn default() -> Self {
        Shape {
            memtable_bytes: 16 << 20,
            table_bytes: 8 << 20,
            level0_tables: 4,
            ratio: 10,
            levels: 7,
        }
    }
}

impl Shape {
    /// What level 0 has when it is due, in bytes.
    pub fn level0_bytes(&self) -> u64 {
        self.memtable_bytes * self.level0_tables as u64
    }

    /// What a level should have at least to be in use, in bytes: half of what
    /// level 0 brings.
    ///
    /// A stop on the way down costs every byte another writing, and spares it
    /// some of what it costs to go further. In [simulations](crate::simulation)
    /// of random loads, from a third to a half was where both weigh the same.
    pub fn base_bytes(&self) -> u64 {
        self.level0_bytes() / 2
    }
}

/// How many bytes each level should have at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Targets {
    /// The level that level 0 is compacted into.
    pub base: usize,
    /// For each level. Those above the base have 0, and the bottom what it has.
    pub bytes: Vec<u64>,
}

impl Targets {
    /// Counts upwards from what the bottom has, as far as a level is worth it or
    /// has tables.
    ///
    /// # Exercise 3.12
    pub fn of<T: Described>(levels: &Levels<T>, shape: &Shape) -> Self {
        todo!(
            "exercise 3.12: Counts upwards from what the bottom has, as far as a level is worth it or has tables"
        )
    }

    /// How large a level is, as a multiple of what it should have at most.
    ///
    /// # Exercise 3.12
    pub fn score<T: Described>(&self, levels: &Levels<T>, shape: &Shape, level: usize) -> f64 {
        todo!("exercise 3.12: How large a level is, as a multiple of what it should have at most")
    }
}
