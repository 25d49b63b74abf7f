//! Engines with short memtables and tables, and what is on their disks.

use std::sync::Arc;

use conformance::sim::{Faults, Image, SimDisk};
use engine::disk::Disk;
use engine::{Durability, Error, KeyRange, Maintenance, Order, Progress, Snapshot, StorageEngine};

use crate::compression::Compression;
use crate::log::replay::replay;
use crate::names::Name;
use crate::{Lsm, Options};

/// What an engine is opened with here unless a test is about it.
pub(super) fn options() -> Options {
    Options {
        durability: Durability::Os,
        memtable_bytes: 4 << 10,
        table_bytes: 2 << 10,
        block_bytes: 256,
        compression: Compression::None,
        cache_bytes: 64 << 10,
        level0_tables: 4,
        ..Options::default()
    }
}

#[track_caller]
pub(super) fn open(disk: &SimDisk, options: Options) -> Lsm {
    Lsm::open(Arc::new(disk.clone()), options).unwrap()
}

#[track_caller]
pub(super) fn close(lsm: Lsm) {
    Box::new(lsm).close().unwrap();
}

/// The disk as it is found after the process was killed.
pub(super) fn killed(disk: &SimDisk) -> SimDisk {
    let disk = disk.kill();
    disk.set_faults(Faults::default());
    disk
}

pub(super) fn key(number: u32) -> Vec<u8> {
    // Multiplied by an odd number, they come in any order and each once.
    let shuffled = number.wrapping_mul(0x9e37_79b1);
    format!("{shuffled:010}").into_bytes()
}

/// Puts so many keys, in no order. Each value tells of the round.
pub(super) fn fill(engine: &dyn StorageEngine, keys: std::ops::Range<u32>, round: u32) {
    for number in keys {
        let value = format!("{number} in round {round}");
        engine.put(&key(number), value.as_bytes()).unwrap();
    }
}

/// Steps until nothing is left to do.
#[track_caller]
pub(super) fn rest(lsm: &Lsm) {
    let mut steps = 0;
    while lsm.step().unwrap() == Progress::Worked {
        steps += 1;
        assert!(steps < 100_000, "there is always something left to do");
    }
    // The first idle step sees that nobody writes, the second looks again.
    while lsm.step().unwrap() == Progress::Worked {}
}

/// How many entries there are.
#[track_caller]
pub(super) fn count(engine: &dyn StorageEngine) -> usize {
    let entries = engine.entries(KeyRange::all(), Order::Ascending).unwrap();
    entries.map(Result::unwrap).count()
}

/// The files whose names end so.
pub(super) fn files(disk: &SimDisk, end: &str) -> Vec<String> {
    let names = disk.list().unwrap();
    names
        .into_iter()
        .filter(|name| name.ends_with(end))
        .collect()
}

/// The image without this file.
pub(super) fn without(image: &Image, file: &str) -> Image {
    let mut rest = Image::new();
    for (name, content) in image.files().filter(|(name, _)| ***name != *file) {
        rest.insert(Arc::clone(name), content.clone());
    }
    rest
}

pub(super) fn level_sizes(lsm: &Lsm) -> Vec<usize> {
    let state = lsm.present.state();
    let levels = 0..state.levels.count();
    levels
        .map(|level| state.levels.tables(level).len())
        .collect()
}

/// The numbers of the tables in the last level.
pub(super) fn bottom(lsm: &Lsm) -> Vec<u32> {
    let state = lsm.present.state();
    let tables = state.levels.tables(state.levels.bottom()).iter();
    tables.map(|table| table.info().number).collect()
}

/// The bytes of all tables.
pub(super) fn bytes(lsm: &Lsm) -> u64 {
    let state = lsm.present.state();
    (0..state.levels.count())
        .map(|level| state.levels.bytes(level))
        .sum()
}

#[track_caller]
pub(super) fn refused(image: &conformance::sim::Image) -> Error {
    let disk = std::sync::Arc::new(SimDisk::from_image(image));
    Lsm::open(disk, options()).expect_err("it was opened")
}

pub(super) fn is_damage_of(error: &Error, name: &str) -> bool {
    matches!(error, Error::Corrupt { file, .. } if file == name)
}

/// The changes in a log, in their order.
#[track_caller]
pub(super) fn changes_of(disk: &SimDisk, log: &str) -> Vec<String> {
    let Some(Name::Log(number)) = Name::parse(log) else {
        panic!("{log} is no log");
    };
    let image = disk.image();
    let bytes = image.get(log).expect("the log is there").bytes().to_vec();
    let mut changes = Vec::new();
    replay(log, number, &bytes, |write| {
        changes.push(format!("{write:?}"));
    })
    .unwrap();
    changes
}

/// Puts so many keys, and does behind each of them what is due then.
pub(super) fn fill_and_step(lsm: &Lsm, keys: std::ops::Range<u32>, round: u32) {
    for number in keys {
        fill(lsm, number..number + 1, round);
        while lsm.step().unwrap() == Progress::Worked {}
    }
}

/// The value of a key at a moment.
#[track_caller]
pub(super) fn at(moment: &dyn Snapshot, key: &[u8]) -> Option<Vec<u8>> {
    let mut value = Vec::new();
    moment.get_into(key, &mut value).unwrap().then_some(value)
}
