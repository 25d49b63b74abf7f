//! What the suite says of the engine, each level at the last exercise that it
//! needs.

use std::sync::Arc;

use conformance::{Level, Powers, Subject, subject};
use engine::disk::Disk;
use engine::{
    Cursor, Durability, KeyRange, Limits, Maintenance, Order, Result, Stats, StorageEngine, Write,
};

use crate::{Bitcask, Options};

mod dead;
mod flips;

/// Files so short that scripts fill many of them, and no hints.
fn short_files(durability: Durability) -> Options {
    Options {
        durability,
        file_bytes_max: 2 << 10,
        garbage_percent: 30,
        hint_bytes_min: u32::MAX,
        ..Options::default()
    }
}

/// The same with hint files.
fn with_hints(durability: Durability) -> Options {
    let hint_bytes_min = 0;
    Options {
        hint_bytes_min,
        ..short_files(durability)
    }
}

/// A file so long that no number of threads fills it.
fn long_file(durability: Durability) -> Options {
    Options {
        durability,
        file_bytes_max: 16 << 20,
        ..Options::default()
    }
}

/// A file so long that no script fills it.
fn one_file(durability: Durability) -> Options {
    Options {
        durability,
        file_bytes_max: 2 << 20,
        ..Options::default()
    }
}

/// The engine without its maintenance.
fn bare(options: fn(Durability) -> Options) -> Subject {
    subject!("Bitcask", move |disk: Arc<dyn Disk>, durability| {
        Bitcask::open(disk, options(durability))
    })
}

/// The engine, and merges that are stepped.
fn merging(options: fn(Durability) -> Options) -> Subject {
    subject!(
        "Bitcask",
        move |disk: Arc<dyn Disk>, durability| Bitcask::open(disk, options(durability)),
        |bitcask| Powers {
            maintenance: Some(bitcask),
            ..Powers::default()
        }
    )
}

/// An engine that takes a step of its maintenance after each write: these
/// levels ask for none.
struct Merging(Bitcask);

impl StorageEngine for Merging {
    fn get_into(&self, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        self.0.get_into(key, value)
    }

    fn write(&self, batch: &[Write<'_>]) -> Result<()> {
        self.0.write(batch)?;
        self.0.step().map(drop)
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

/// An engine that merges all the time, since its files have room for two or
/// three records each.
fn merging_itself() -> Subject {
    let open = |disk: Arc<dyn Disk>, durability| {
        let options = Options {
            file_bytes_max: 100,
            ..with_hints(durability)
        };
        Bitcask::open(disk, options).map(Merging)
    };
    subject!(
        "Bitcask, which takes a step of its maintenance after each write",
        open
    )
}

#[test]
fn ex_2_6_core() {
    bare(one_file).check(Level::Core);
}

/// Without the checks that close the engine or fill its file.
#[test]
fn ex_2_9_concurrent() {
    bare(one_file).check_named(
        Level::Concurrent,
        &[
            "every_schedule_has_one_order",
            "every_schedule_of_gets_and_writes_has_one_order",
        ],
    );
    bare(long_file).check_named(Level::Concurrent, &["every_history_has_one_order"]);
}

/// The others of the level: they close the engine, or fill its file.
#[test]
fn ex_2_10_concurrent() {
    bare(one_file).check_named(
        Level::Concurrent,
        &[
            "a_read_is_not_older_than_a_finished_write",
            "a_write_beside_another_is_not_lost",
            "a_batch_becomes_visible_at_one_moment",
            "opening_again_keeps_the_order_of_every_schedule",
            "opening_again_keeps_the_order_that_threads_saw",
            "a_scan_beside_a_writer_holds_what_it_must",
            "counts_of_several_threads_add_up",
        ],
    );
}

#[test]
fn ex_2_10_core() {
    bare(short_files).check(Level::Core);
}

#[test]
fn ex_2_10_reopen() {
    bare(short_files).check(Level::Reopen);
}

#[test]
fn ex_2_10_crash() {
    bare(short_files).check(Level::Crash);
}

#[test]
fn ex_2_10_faults() {
    bare(short_files).check(Level::Faults);
}

#[test]
fn ex_2_11_reopen() {
    bare(with_hints).check(Level::Reopen);
}

#[test]
fn ex_2_11_faults() {
    bare(with_hints)
        .with_dead_bytes(dead::dead_bytes)
        .check(Level::Faults);
}

#[test]
fn ex_2_13_core() {
    merging_itself().check(Level::Core);
}

#[test]
fn ex_2_13_concurrent() {
    merging_itself().check(Level::Concurrent);
}

#[test]
fn ex_2_13_reopen() {
    merging(with_hints).check(Level::Reopen);
}

#[test]
fn ex_2_13_crash() {
    merging(with_hints).check(Level::Crash);
}

#[test]
fn ex_2_13_faults() {
    merging(with_hints)
        .with_dead_bytes(dead::dead_bytes)
        .check(Level::Faults);
}
