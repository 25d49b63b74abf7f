//! What tests do: a package is compiled once, and each of its tests runs in a
//! process of its own, under limits.
//!
//! A process per test is what makes a verdict dependable. A test that loops is
//! killed and named; one that overflows the stack takes no other with it; and
//! one that reads its environment can be run under several.
//!
//! ```no_run
//! # fn main() -> anyhow::Result<()> {
//! use workbook::runner::{Build, BuildOptions, Job, Limits, build};
//!
//! let root = std::path::Path::new(".");
//! match build(root, "memory", &BuildOptions::default())? {
//!     Build::Ready { tests, .. } => {
//!         for test in tests.list()? {
//!             let run = tests.run(&Job::new(&test.name), &Limits::default())?;
//!             println!("{}: {}", test.name, run.outcome);
//!         }
//!     }
//!     Build::CompileErrors(errors) => println!("{} errors", errors.len()),
//! }
//! # Ok(())
//! # }
//! ```

mod build;
mod gauge;
mod guard;
mod linker;
mod outcome;
mod patience;
mod process;
mod stage;
mod test_binary;
mod turn;

pub use build::{Build, BuildOptions, Diagnostic, Level, build, cargo};
pub use gauge::Activity;
pub use guard::{GUARD, stand_guard, start_guard};
pub use linker::Unlinked;
pub use outcome::{Outcome, Panic, Run};
pub use process::{Cancel, Limits, Output};
pub use stage::{Listener, Stage};
pub use test_binary::{Job, Test, TestBinary};
pub use turn::Turn;

pub(crate) use build::{cannot_start, compile};
