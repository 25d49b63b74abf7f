//! The tests of chapter 2: of each exercise in a file of its own, and what the
//! suite says of the whole.

mod ex_2_1;
mod ex_2_10;
mod ex_2_11;
mod ex_2_12;
mod ex_2_13;
mod ex_2_14;
mod ex_2_2;
mod ex_2_3;
mod ex_2_4;
mod ex_2_5;
mod ex_2_6;
mod ex_2_7;
mod ex_2_8;
mod ex_2_9;
mod files;
mod judge;
mod layout;
mod limits;
mod locks;
mod meanwhile;
mod suite;
mod whole;

use std::sync::Arc;
use std::time::Duration;

use conformance::sim::{Fail, Faults, Part, SimDisk};
use conformance::watch::guarded;
use engine::disk::Counted;
use engine::{Counters, Durability, KeyRange, Maintenance, Order, Progress, Result, StorageEngine};

use crate::device::Device;
use crate::{Bitcask, Options};

/// Two keys of one hash, all that is kept of it: a search among short keys
/// has found them.
const TWINS: [&[u8]; 2] = [b"k643222", b"k5102393"];

/// What an engine is opened with here unless a test is about it: no hint
/// files, and what was written is in the file when the write returns.
fn options() -> Options {
    Options {
        durability: Durability::Os,
        file_bytes_max: 4096,
        hint_bytes_min: u32::MAX,
        ..Options::default()
    }
}

/// The same, but what was written waits in memory.
fn buffered() -> Options {
    Options {
        durability: Durability::Buffered,
        ..options()
    }
}

/// The engine that is on this disk.
#[track_caller]
fn open(disk: &SimDisk, options: Options) -> Bitcask {
    Bitcask::open(Arc::new(disk.clone()), options).unwrap()
}

/// The engine that is on this disk after the process that had it was killed.
#[track_caller]
fn open_again(disk: &SimDisk, options: Options) -> Bitcask {
    let disk = disk.kill();
    disk.set_faults(Faults::default());
    open(&disk, options)
}

/// The one place that syncs, for what stands under the engine.
fn device(disk: &SimDisk) -> Device {
    let counters = Arc::new(Counters::new());
    Device::new(Counted::new(Arc::new(disk.clone()), counters))
}

/// Bytes as text, for messages that a person can read. What is not printable
/// is escaped.
fn text(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

/// The value under a key, as text.
#[track_caller]
fn value(engine: &dyn StorageEngine, key: &[u8]) -> Option<String> {
    engine.get(key).unwrap().as_deref().map(text)
}

/// All entries, in order: `apple=red banana=yellow`.
#[track_caller]
fn all(engine: &dyn StorageEngine) -> String {
    let mut cursor = engine.scan(KeyRange::all(), Order::Ascending).unwrap();
    let mut entries = Vec::new();
    while let Some((key, value)) = cursor.entry() {
        entries.push(format!("{}={}", text(key), text(value)));
        assert!(entries.len() <= 10_000, "the cursor never reaches the end");
        cursor.advance().unwrap();
    }
    entries.join(" ")
}

fn fill(engine: &Bitcask, changes: &str) {
    for change in changes.split_whitespace() {
        let (key, value) = change.split_at(1);
        match value {
            "-" => engine.delete(key.as_bytes()).unwrap(),
            _ => engine.put(key.as_bytes(), value.as_bytes()).unwrap(),
        }
    }
    engine.seal_active().unwrap();
}

/// Steps until nothing is left to do.
#[track_caller]
fn maintain(engine: &Bitcask) {
    let mut steps = 0;
    while engine.step().unwrap() == Progress::Worked {
        steps += 1;
        assert!(steps < 1000, "there is always something left to do");
    }
}

/// Panics where bytes are not those of the rows: each is bytes in hex, and
/// what they are.
#[track_caller]
fn same_bytes(bytes: &[u8], rows: &[(&str, &str)]) {
    let mut offset = 0;
    for (expected, field) in rows {
        let len = expected.split_whitespace().count();
        let behind = bytes[offset.min(bytes.len())..].iter();
        let found: Vec<String> = behind.take(len).map(|byte| format!("{byte:02x}")).collect();
        let found = found.join(" ");
        assert_eq!(found, *expected, "the {field}, at {offset}, in hex");
        offset += len;
    }
    assert_eq!(bytes.len(), offset, "after the last row nothing stands");
}

/// Lets the next operation of the disk fail. If it is a write, this part of it
/// is done.
fn fail_next(disk: &SimDisk, failed_write: Part) {
    disk.set_faults(Faults {
        fail: Some(Fail::Once(disk.operations().len())),
        failed_write,
        ..Faults::default()
    });
}

/// What `work` answers. It runs in a thread of its own, and where it never
/// ends this panics with what is wrong then, well before somebody who runs the
/// tests gives up waiting for this one.
#[track_caller]
fn promptly<T: Send + 'static>(wrong: &str, work: impl FnOnce() -> T + Send + 'static) -> T {
    match guarded(Duration::from_secs(5), work) {
        Ok(answer) => answer,
        Err(_stuck) => panic!("{wrong}"),
    }
}

fn is_poisoned<T>(result: &Result<T>) -> bool {
    matches!(result, Err(engine::Error::Poisoned { .. }))
}
