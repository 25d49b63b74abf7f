//! The engines, with files so short that a script of a few operations fills
//! many of them.

use bitcask::Bitcask;
use btree::{CowTree, copy_on_write};
use conformance::explore::{
    Depth, Effort, Exploration, explore_stepped, explore_stretched, explore_with,
};
use conformance::{Budget, Powers, Subject, budget, subject};
use engine::Durability;
use gallery::log_engine;
use lsm::Lsm;
use lsm::compression::Compression;
use memory::DurableMemory;

use crate::dead;

/// An engine that can be named.
pub(crate) struct Engine {
    pub(crate) name: &'static str,
    pub(crate) subject: Subject,
    full: Full,
}

/// What the full budget plays on an engine, in all durabilities together: the
/// less it does to its disk, the fewer of its images differ, and the more
/// scripts and images it takes.
struct Full {
    scripts: usize,
    /// Images of each cut.
    images: usize,
    /// What every second script is.
    other: Other,
}

/// What every second script is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Other {
    /// One like the others.
    Alike,
    /// One that steps the engine all the time.
    Stepped,
    /// One that puts and deletes many neighbouring keys at a time.
    Stretched,
}

/// All of them.
pub(crate) fn engines() -> [Engine; 5] {
    let mut engines = [
        Engine {
            name: "log",
            subject: subject!("The log engine", log_engine::open),
            full: Full::of(1_000),
        },
        Engine {
            name: "memory",
            subject: subject!("DurableMemory", |disk, _| DurableMemory::open(disk))
                .durabilities(&[Durability::Buffered]),
            full: Full::of(3_000),
        },
        Engine {
            name: "bitcask",
            subject: subject!(
                "Bitcask",
                |disk, durability| Bitcask::open(disk, short_files(durability)),
                |bitcask| Powers {
                    maintenance: Some(bitcask),
                    ..Powers::default()
                }
            )
            .with_dead_bytes(dead::of_bitcask),
            full: Full::of(500),
        },
        Engine {
            name: "lsm",
            subject: subject!(
                "Lsm",
                |disk, durability| Lsm::open(disk, short_tables(durability)),
                |lsm| Powers {
                    maintenance: Some(lsm),
                    snapshots: Some(lsm),
                    ..Powers::default()
                }
            )
            .with_dead_bytes(dead::of_lsm),
            full: Full {
                images: 12,
                other: Other::Stepped,
                ..Full::of(500)
            },
        },
        Engine {
            name: "btree",
            subject: subject!(
                "CowTree",
                |disk, durability| CowTree::open(disk, short_pages(durability)),
                |tree| Powers {
                    check: Some(tree),
                    snapshots: Some(tree),
                    ..Powers::default()
                }
            )
            .with_dead_bytes(dead::of_btree),
            full: Full {
                images: 30,
                other: Other::Stretched,
                ..Full::of(600)
            },
        },
    ];
    for Engine { name, subject, .. } in &mut engines {
        let rerun = format!("cargo run -p explore -- replay {name}");
        *subject = subject.clone().rerun_by(&rerun);
    }
    engines
}

/// Files so short that scripts fill many of them, each with a hint file.
fn short_files(durability: Durability) -> bitcask::Options {
    bitcask::Options {
        durability,
        file_bytes_max: 2 << 10,
        garbage_percent: 30,
        hint_bytes_min: 0,
        ..bitcask::Options::default()
    }
}

/// Memtables that a write or two fill, and levels so small that five of them
/// come into use. Blocks are stored in another way in each durability.
fn short_tables(durability: Durability) -> lsm::Options {
    lsm::Options {
        durability,
        memtable_bytes: 128,
        table_bytes: 64,
        block_bytes: 64,
        compression: match durability {
            Durability::Buffered => Compression::None,
            Durability::Os => Compression::Lz4,
            Durability::Always => Compression::Snappy,
        },
        cache_bytes: 16 << 10,
        level0_tables: 1,
        level_ratio: 2,
        ..lsm::Options::default()
    }
}

/// The smallest pages that a tree can be made of.
const PAGE_BYTES: usize = 256;

/// Pages so short that a few entries make a tree of several levels, and a file
/// that grows often. Where a write is durable when it returns, hardly any of them
/// stay in memory.
fn short_pages(durability: Durability) -> btree::Options {
    btree::Options {
        durability,
        pages: copy_on_write::Options {
            page_bytes: PAGE_BYTES,
            frames_bytes_max: match durability {
                Durability::Buffered => 1 << 20,
                Durability::Os | Durability::Always => 1 << 10,
            },
            growth_bytes_min: 1 << 10,
        },
    }
}

impl Full {
    /// So many scripts, and as many images as the full budget has.
    fn of(scripts: usize) -> Self {
        Full {
            scripts,
            images: usize::MAX,
            other: Other::Alike,
        }
    }
}

impl Engine {
    /// Cuts the power everywhere in many scripts.
    pub(crate) fn explore(&self, budget: &Budget) -> Exploration {
        let mut effort = Effort::of(budget);
        if budget.size == budget::Size::Full {
            effort = Effort {
                scripts: self.full.scripts,
                depth: Depth {
                    images: effort.depth.images.min(self.full.images),
                    ..effort.depth
                },
            };
        }
        let explore = match self.full.other {
            Other::Alike => explore_with,
            Other::Stepped => explore_stepped,
            Other::Stretched => explore_stretched,
        };
        explore(&self.subject, budget.seed, effort, self.subject.supported())
    }
}

#[cfg(test)]
mod tests;
