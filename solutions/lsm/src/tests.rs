//! The tests of chapter 3.

mod arena;
mod block;
mod bloom;
mod cache;
mod compression;
mod damage;
mod hex;
mod levels;
mod log;
mod manifest;
mod memtable;
mod merging;
mod picking;
mod simulation;
mod skip_list;
mod suite;
mod table;
mod table_source;
mod tables;
mod varint;

use std::cell::Cell;

thread_local! {
    static COMPARED: Cell<u64> = const { Cell::new(0) };
}

/// A node was compared with a place.
pub(crate) fn compared() {
    COMPARED.set(COMPARED.get() + 1);
}

/// How many nodes this thread compares with places while it does `work`.
fn comparisons(work: impl FnOnce()) -> u64 {
    let before = COMPARED.get();
    work();
    COMPARED.get() - before
}
