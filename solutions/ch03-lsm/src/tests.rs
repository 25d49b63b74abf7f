//! The tests of chapter 3.

mod merging;
