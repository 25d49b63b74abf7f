//! The workbook: the program behind `cargo run`.
//!
//! | module | answers |
//! |---|---|
//! | [`workspace`] | where the workspace is and which chapters it has |
//! | [`exercise`] | which exercises a crate's sources hold, and where |
//! | [`runner`] | what a test does: compiled once, run in its own process |
//! | [`author`] | the gates of those who write chapters |
//! | [`cli`] | the command line |

pub mod author;
pub mod cli;
pub mod exercise;
pub mod runner;
pub mod workspace;
