//! The contract that every engine of the workbook keeps, and the seams between
//! the chapters.
//!
//! | where | what |
//! |---|---|
//! | [`storage_engine`] | [`StorageEngine`], the trait, and its nine clauses |
//! | [`cursor`] | [`Cursor`], what a scan hands out, and [`Entries`], the same as an iterator |
//! | [`range`] | [`KeyRange`] and [`Order`]: which keys, and which way |
//! | [`mod@write`] | [`Write`], one change, and [`Limits`] on its size |
//! | [`spelling`] | how messages spell keys and values |
//! | [`error`] | [`Error`]: what went wrong, and what the caller can do |
//! | [`durability`] | [`Durability`]: what survives which accident |
//! | [`stats`] | [`Stats`]: what an engine did, counted |
//! | [`disk`] | [`Disk`](disk::Disk), the one door to files, and the real one behind it |
//! | [`layout`] | what stands where in an engine's files, for docs and for whoever draws them |
//! | [`powers`] | what later engines can do beyond the contract: [`Maintenance`], [`Check`], [`Snapshots`] |
//! | [`transaction`] | [`Transactional`] engines, their [`Isolation`], and how they wait |
//! | [`page`] | [`PageStore`](page::PageStore), the seam under the B+tree |
//! | [`clock`] | time, handed in |
//! | [`sync`] | locks, from one place |
//!
//! **Deliberately absent:** an engine. Nor does any engine reach past this
//! crate: it never calls `std::fs`, reads a clock or starts a thread. Files
//! come from a [`Disk`](disk::Disk); time and background work are handed in.
//! That is why one seed can replay one run, why a power cut can be tried at
//! every single disk operation, and why the same code runs in a browser.

pub mod clock;
pub mod cursor;
pub mod disk;
pub mod durability;
pub mod error;
pub mod layout;
pub mod page;
pub mod powers;
pub mod range;
pub mod spelling;
pub mod stats;
pub mod storage_engine;
pub mod sync;
pub mod transaction;
pub mod write;

pub use cursor::{Cursor, Entries, Entry};
pub use durability::Durability;
pub use error::{Error, Result};
pub use powers::{Check, Maintenance, Progress, Snapshot, Snapshots};
pub use range::{KeyRange, Order};
pub use stats::{Counter, Counters, Stats};
pub use storage_engine::StorageEngine;
pub use transaction::{Isolation, Transaction, Transactional, Wait};
pub use write::{Limits, Write};
