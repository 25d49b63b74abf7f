//! The tests of chapter 4: of each exercise in a file of its own, and what they
//! have in common.

mod budget;
mod cells;
mod drawn;
mod ex_4_1;
mod ex_4_10;
mod ex_4_11;
mod ex_4_12;
mod ex_4_13;
mod ex_4_14;
mod ex_4_15;
mod ex_4_16;
mod ex_4_17;
mod ex_4_18;
mod ex_4_19;
mod ex_4_2;
mod ex_4_20;
mod ex_4_3;
mod ex_4_4;
mod ex_4_5;
mod ex_4_6;
mod ex_4_7;
mod ex_4_8;
mod ex_4_9;
mod flipping;
mod formats;
mod held;
mod hex;
mod judge;
mod layout;
mod limits;
mod lists;
mod metas;
mod pages;
mod store;
mod threads;
mod trees;

use std::ops::Div;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// So many, or a tenth of it under Miri, which is a thousand times slower than the
/// machine.
fn many<N: Div<Output = N> + From<u8>>(count: N) -> N {
    match cfg!(miri) {
        true => count / N::from(10),
        false => count,
    }
}

/// What `work` panics with.
#[track_caller]
fn panic_of(work: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(work)).expect_err("it did not panic");
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.expect("a panic says something")
}
