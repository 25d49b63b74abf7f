//! The tests of chapter 3.

mod levels;
mod merging;
mod picking;
mod simulation;
