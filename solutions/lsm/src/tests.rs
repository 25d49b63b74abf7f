//! The tests of chapter 3.

mod arena;
mod block;
mod bloom;
mod cache;
mod compression;
mod damage;
mod engines;
mod hex;
mod levels;
mod log;
mod maintaining;
mod manifest;
mod memtable;
mod merging;
mod opening;
mod picking;
mod simulation;
mod skip_list;
mod suite;
mod table;
mod table_source;
mod tables;
mod varint;

use std::cell::{Cell, RefCell};

type Look = Box<dyn FnMut()>;

thread_local! {
    static COMPARED: Cell<u64> = const { Cell::new(0) };
    static LOOK: RefCell<Option<Look>> = const { RefCell::new(None) };
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

/// A link was stored.
pub(crate) fn linked() {
    if let Some(mut look) = LOOK.take() {
        look();
        LOOK.set(Some(look));
    }
}

/// Calls `look` after each link that this thread stores while it does `work`:
/// what it sees, another thread could have seen.
fn looking(look: impl FnMut() + 'static, work: impl FnOnce()) {
    LOOK.set(Some(Box::new(look)));
    work();
    LOOK.set(None);
}
