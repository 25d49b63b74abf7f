//! What the suite says of the engine, each level at the last exercise that it
//! needs.

use std::sync::Arc;

use conformance::{Level, Powers, Subject, subject};
use engine::Durability;
use engine::disk::Disk;

use crate::{Bitcask, Options};

mod dead;

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

/// A file so long that no script fills it.
fn one_file(durability: Durability) -> Options {
    Options {
        durability,
        file_bytes_max: 1 << 20,
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

#[test]
fn ex_2_6_core() {
    bare(one_file).check(Level::Core);
}

#[test]
fn ex_2_9_concurrent() {
    bare(one_file).check(Level::Concurrent);
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
    merging(with_hints).check(Level::Core);
}

#[test]
fn ex_2_13_concurrent() {
    merging(with_hints).check(Level::Concurrent);
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
