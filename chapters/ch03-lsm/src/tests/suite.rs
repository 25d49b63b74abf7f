//! What the suite says of the engine.

use std::ops::Range;
use std::sync::Arc;

use conformance::sim::Image;
use conformance::{Costs, Level, Powers, Subject, subject};
use engine::disk::Disk;
use engine::{
    Cursor, Durability, KeyRange, Limits, Maintenance, Order, Progress, Result, Stats,
    StorageEngine, Write,
};

use crate::compression::Compression;
use crate::names::Name;
use crate::table::footer::Footer;
use crate::table::stored::TRAILER_BYTES;
use crate::{Lsm, Options};

/// Memtables and tables so short that scripts fill many of them.
fn short(durability: Durability) -> Options {
    Options {
        durability,
        memtable_bytes: 512,
        table_bytes: 512,
        block_bytes: 128,
        cache_bytes: 16 << 10,
        level0_tables: 2,
        level_ratio: 3,
        ..Options::default()
    }
}

/// A memtable that few scripts fill.
fn in_memory(durability: Durability) -> Options {
    Options {
        durability,
        memtable_bytes: 8 << 10,
        compression: Compression::None,
        // A scan has a block of each table of level 0 in memory.
        level0_tables: 2,
        ..Options::default()
    }
}

/// A memtable that no script fills.
pub(super) fn long(durability: Durability) -> Options {
    Options {
        memtable_bytes: 2 << 20,
        ..in_memory(durability)
    }
}

/// A memtable that no number of threads fills.
pub(super) fn longest(durability: Durability) -> Options {
    Options {
        memtable_bytes: 16 << 20,
        ..in_memory(durability)
    }
}

/// The engine without its maintenance.
pub(super) fn bare(options: fn(Durability) -> Options) -> Subject {
    subject!("Lsm", move |disk: Arc<dyn Disk>, durability| {
        Lsm::open(disk, options(durability))
    })
}

/// The engine, and flushes and compactions that are stepped.
fn stepped(options: fn(Durability) -> Options) -> Subject {
    subject!(
        "Lsm",
        move |disk: Arc<dyn Disk>, durability| Lsm::open(disk, options(durability)),
        |lsm| Powers {
            maintenance: Some(lsm),
            snapshots: Some(lsm),
            ..Powers::default()
        }
    )
}

/// An engine that does all the work that is due behind each write: these levels
/// ask for none.
struct Eager(Lsm);

impl StorageEngine for Eager {
    fn get_into(&self, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        self.0.get_into(key, value)
    }

    fn write(&self, batch: &[Write<'_>]) -> Result<()> {
        self.0.write(batch)?;
        // What fails here is put off.
        while let Ok(Progress::Worked) = self.0.step() {}
        Ok(())
    }

    fn scan<'s>(&'s self, range: KeyRange<'_>, order: Order) -> Result<Box<dyn Cursor + 's>> {
        self.0.scan(range, order)
    }

    fn sync(&self) -> Result<()> {
        self.0.sync()
    }

    fn close(self: Box<Self>) -> Result<()> {
        Box::new(self.0).close()
    }

    fn limits(&self) -> Limits {
        self.0.limits()
    }

    fn stats(&self) -> Stats {
        self.0.stats()
    }
}

fn eager() -> Subject {
    let open = |disk: Arc<dyn Disk>, durability| {
        let options = Options {
            memtable_bytes: 64,
            ..short(durability)
        };
        Lsm::open(disk, options).map(Eager)
    };
    subject!("Lsm, which does all that is due after each write", open)
}

#[test]
fn ex_3_18_core() {
    eager().check(Level::Core);
}

#[test]
fn ex_3_19_core() {
    bare(in_memory).check(Level::Core);
    bare(short).check(Level::Core);
}

#[test]
fn ex_3_19_snapshot() {
    stepped(short).check(Level::Snapshot);
}

/// Half as much again as was counted of the bytes, and twice as much of the pages,
/// where tables have half a kilobyte and levels fill up at once: what the tests of
/// `ex_3_19.rs` count is nearer to a database's.
#[test]
fn ex_3_19_costs() {
    let costs = Costs {
        bytes_written_per_byte: 12,
        pages_per_100_misses: 5,
    };
    let clauses = [
        "a_random_load_writes_as_few_bytes_as_promised",
        "missing_keys_touch_as_few_pages_as_promised",
    ];
    stepped(short)
        .costs_at_most(costs)
        .check_named(Level::Core, &clauses);
}

#[test]
fn ex_3_20_concurrent() {
    bare(in_memory).check(Level::Concurrent);
    bare(short).check(Level::Concurrent);
}

#[test]
fn ex_3_20_concurrent_beside_all_that_is_due() {
    eager().check(Level::Concurrent);
}

#[test]
fn ex_3_20_reopen() {
    bare(in_memory).check(Level::Reopen);
    stepped(short).check(Level::Reopen);
}

#[test]
fn ex_3_20_crash() {
    bare(in_memory).check(Level::Crash);
    stepped(short).check(Level::Crash);
}

#[test]
fn ex_3_20_faults() {
    bare(in_memory)
        .with_dead_bytes(dead_bytes)
        .check(Level::Faults);
    stepped(short)
        .with_dead_bytes(dead_bytes)
        .check(Level::Faults);
}

/// The filters of all tables. One is asked only for a key that no newer table
/// has, and the suite looks up none such in every table. That each flip of a
/// filter's bit is found when it is asked is a test of the tables.
fn dead_bytes(image: &Image, file: &str) -> Vec<Range<usize>> {
    let Some(Name::Table(number)) = Name::parse(file) else {
        return Vec::new();
    };
    let content = image.get(file).expect("the file is there");
    let Some((bytes, footer)) = content.bytes().split_last_chunk() else {
        return Vec::new();
    };
    let footer = Footer::decode(file, number, bytes.len() as u64, footer);
    let filter = footer.expect("the table is sound").filter;
    let start = usize::try_from(filter.offset).expect("the file is in memory");
    let end = start + filter.len as usize + TRAILER_BYTES;
    std::iter::once(start..end).collect()
}
