//! What readers see: pages with excerpts, verdicts, and the live book; and the
//! gate that keeps the book true.

#![expect(
    clippy::unwrap_used,
    reason = "in a test, a failing call is the message"
)]

mod book;
mod commands;
mod engines;
mod inspect;
mod judge;
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
