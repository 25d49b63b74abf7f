//! The tests of chapter 3: of each exercise in a file of its own, and what the
//! suite says of the whole.

mod arena;
mod blocks;
mod compression;
mod engines;
mod ex_3_1;
mod ex_3_10;
mod ex_3_11;
mod ex_3_12;
mod ex_3_13;
mod ex_3_14;
mod ex_3_15;
mod ex_3_16;
mod ex_3_17;
mod ex_3_18;
mod ex_3_19;
mod ex_3_2;
mod ex_3_20;
mod ex_3_3;
mod ex_3_4;
mod ex_3_5;
mod ex_3_6;
mod ex_3_7;
mod ex_3_8;
mod ex_3_9;
mod hex;
mod judge;
mod layout;
mod levels;
mod logs;
mod maintaining;
mod states;
mod stored;
mod suite;
mod syncing;
mod tables;
mod varint;

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};

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

/// What `work` panics with.
#[track_caller]
fn panic_of(work: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(work)).expect_err("it did not panic");
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.expect("a panic says something")
}
