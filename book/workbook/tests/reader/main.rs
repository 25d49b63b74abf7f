//! What readers see: pages with excerpts, verdicts, and the live book; and the
//! gate that keeps the book true.

#![expect(
    clippy::unwrap_used,
    reason = "in a test, a failing call is the message"
)]

mod book;
mod build_on;
mod commands;
mod engines;
mod failures;
mod help;
mod inspect;
mod judge;
mod kept;
mod place;
mod preprocess;
mod render;
mod serve;
mod server;
mod shelf;
mod shell;
#[path = "../author/support.rs"]
#[expect(dead_code, reason = "the authors' tests use the rest")]
mod support;
mod update;
