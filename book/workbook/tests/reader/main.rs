//! What readers see: pages with excerpts, verdicts, and the live book.

#![expect(
    clippy::unwrap_used,
    reason = "in a test, a failing call is the message"
)]

mod preprocess;
