//! What the bench can be asked for: its arguments, its engines, its workloads.
//!
//! | where | what |
//! |---|---|
//! | [`arguments`] | the command line |
//! | [`engine`] | every engine by name, built in or not |
//! | [`workload`] | every workload |
//! | [`list`] | all of them, for people |
//!
//! It is a crate of its own so that the workbook answers `--help`, `--list` and
//! a misspelt name before it compiles the bench, which takes minutes.

pub mod arguments;
pub mod engine;
pub mod list;
pub mod workload;

pub use arguments::Arguments;
