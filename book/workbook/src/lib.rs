//! The workbook: the program behind `cargo run`.
//!
//! | module | answers |
//! |---|---|
//! | [`workspace`] | where the workspace is and which chapters it has |
//! | [`exercise`] | which exercises a crate's sources hold, and where |
//! | [`files`] | which files of a folder are sources |
//! | [`runner`] | what a test does: compiled once, run in its own process |
//! | [`book`] | the book, rendered
//! | [`outline`] | which page of the book belongs to which exercise |
//! | [`hints`] | the three hints on an exercise's page |
//! | [`excerpt`] | items of a source file, cut out by name |
//! | [`preprocess`] | the directives of the book's pages |
//! | [`markdown`] | headings, blocks and inline code of a page |
//! | [`fault`] | what is wrong at a place, and what to do about it |
//! | [`author`] | the gates of those who write chapters |
//! | [`cli`] | the command line |

pub mod author;
pub mod book;
pub mod cli;
pub mod excerpt;
pub mod exercise;
pub mod fault;
pub mod files;
pub mod hints;
pub mod markdown;
pub mod outline;
pub mod preprocess;
pub mod runner;
pub mod workspace;
