//! Chapter 2: an append-only log with an index in memory.
//!
//! | where | what |
//! |---|---|
//! | [`store`] | [`Bitcask`], the engine |
//! | [`options`] | [`Options`]: what it is opened with |
//! | [`record`] | one change as bytes |
//! | [`header`] | what stands in front of a file's records |
//! | [`place`], [`names`] | where a record stands, and what the files are called |
//! | [`data_file`] | a data file, read while it is written |
//! | [`replay`] | a data file read from front to back: torn tails and damage |
//! | [`keydir`] | the index: where the newest record of each key stands |
//! | [`order`] | all keys in their order |
//! | `index` | both of them, and the files |
//! | [`cursor`], `chunk` | a scan, and its keys, some at a time |
//! | `device`, `syncing` | the one place that syncs, and one sync for all who wait |
//! | [`hint`] | the keys of a data file, for a fast start |
//! | `whole` | all bytes of a file |
//! | [`opening`] | what an opening finds, and what it makes of it |
//! | [`replacement`] | files that take the place of others |
//! | [`garbage`], [`merge`] | which files to merge, and how |
//! | [`layout`] | the files row by row, for whoever draws them |
//! | [`judge`] | which records are live, for the same |
//!
//! **Invariants:**
//!
//! - What was written is never written over, except where a write failed: by the
//!   same bytes again; by a seal and zeros; or, where a seal failed, by the next
//!   record.
//! - A file called `.data` was synced to its seal. Only the newest `.active`
//!   one can have a torn tail.
//! - The places and keys of the index change only under the writer's lock, and
//!   reads wait for no disk.
//! - A file is removed only after two things are durable: the name of the one that
//!   takes its place, and everything that superseded its records.

pub(crate) mod chunk;
pub mod cursor;
pub mod data_file;
pub(crate) mod device;
pub mod garbage;
pub mod header;
pub mod hint;
pub(crate) mod index;
pub mod judge;
pub mod keydir;
pub mod layout;
pub mod merge;
pub mod names;
pub mod opening;
pub mod options;
pub mod order;
pub mod place;
pub mod record;
pub mod replacement;
pub mod replay;
pub mod store;
pub(crate) mod syncing;
pub(crate) mod whole;

pub use cursor::BitcaskCursor;
pub use options::Options;
pub use store::Bitcask;

#[cfg(test)]
mod tests;
