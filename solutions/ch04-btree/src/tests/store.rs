//! The store of pages by itself, under a client that is no tree.

pub(super) mod array;
mod books;
mod file;
mod frames;
pub(super) mod pausing;
pub(super) mod script;
mod seam;
mod syncing;

use std::sync::Arc;

use conformance::sim::{Fail, Faults, Part, SimDisk};
use engine::Result;

use crate::copy_on_write::{CopyOnWrite, Options};

/// Pages so short that a few of them fill a list, and a file that grows often.
pub(super) const OPTIONS: Options = Options {
    page_bytes: 128,
    frames_bytes_max: 1 << 20,
    growth_bytes_min: 4 * 128,
};

/// The store on this disk.
#[track_caller]
pub(super) fn open(disk: &SimDisk) -> CopyOnWrite {
    open_with(disk, OPTIONS)
}

#[track_caller]
pub(super) fn open_with(disk: &SimDisk, options: Options) -> CopyOnWrite {
    CopyOnWrite::open(Arc::new(disk.clone()), options).unwrap()
}

/// The store on this disk after the process that had it was killed.
#[track_caller]
pub(super) fn open_again(disk: &SimDisk) -> CopyOnWrite {
    let disk = disk.kill();
    disk.set_faults(Faults::default());
    open(&disk)
}

/// Lets the next operation of the disk fail. If it is a write, this part of it
/// is done.
pub(super) fn fail_next(disk: &SimDisk, failed_write: Part) {
    disk.set_faults(Faults {
        fail: Some(Fail::Once(disk.operations().len())),
        failed_write,
        ..Faults::default()
    });
}

pub(super) fn is_poisoned<T>(result: &Result<T>) -> bool {
    matches!(result, Err(engine::Error::Poisoned { .. }))
}
