//! The store of pages by itself, under a client that is no tree.

mod array;
mod books;
mod crash;
mod file;
mod flips;
mod formats;
mod frames;
mod free_list;
mod groups;
mod meta;
mod pausing;
mod poison;
mod readers;
mod script;
mod syncing;
mod threads;

use std::sync::Arc;

use conformance::sim::{Fail, Faults, Part, SimDisk};
use engine::Result;

use crate::copy_on_write::{CopyOnWrite, Options};

/// Pages so short that a few of them fill a list, and a file that grows often.
const OPTIONS: Options = Options {
    page_bytes: 128,
    frames_bytes_max: 1 << 20,
    growth_bytes_min: 4 * 128,
};

/// The store on this disk.
#[track_caller]
fn open(disk: &SimDisk) -> CopyOnWrite {
    open_with(disk, OPTIONS)
}

#[track_caller]
fn open_with(disk: &SimDisk, options: Options) -> CopyOnWrite {
    CopyOnWrite::open(Arc::new(disk.clone()), options).unwrap()
}

/// The store on this disk after the process that had it was killed.
#[track_caller]
fn open_again(disk: &SimDisk) -> CopyOnWrite {
    let disk = disk.kill();
    disk.set_faults(Faults::default());
    open(&disk)
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

fn is_poisoned<T>(result: &Result<T>) -> bool {
    matches!(result, Err(engine::Error::Poisoned { .. }))
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
    assert_eq!(bytes.len(), offset, "behind the last row nothing stands");
}
