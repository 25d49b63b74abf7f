//! What readers see: pages with excerpts, verdicts, and the live book; and the
//! gate that keeps the book true.

#![expect(
    clippy::unwrap_used,
    reason = "in a test, a failing call is the message"
)]

mod book;
mod build_on;
mod commands;
mod failures;
mod help;
mod judge;
mod kept;
mod preprocess;
mod serve;
mod shelf;
#[path = "../author/support.rs"]
#[expect(dead_code, reason = "the authors' tests use the rest")]
mod support;
mod update;
