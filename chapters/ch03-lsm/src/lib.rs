//! Chapter 3: a log-structured merge tree.
//!
//! | where | what |
//! |---|---|
//! | [`store`] | [`Lsm`], the engine |
//! | [`options`] | [`Options`]: what it is opened with |
//! | `state` | the memtables and tables there are at one moment |
//! | `writer` | writing: to the log first, then to the memtable |
//! | [`arena`], [`node`], [`link`], [`skip_list`], [`memtable`] | the newest writes, in order, in memory |
//! | [`log`] | the same on disk, and how it is replayed |
//! | [`varint`], [`block`], [`compression`], [`bloom`], [`table`] | sorted entries in files that never change |
//! | [`cache`] | blocks that are kept in memory |
//! | [`source`], [`merging`] | a walk over entries, and many walks as one |
//! | `sorted`, [`cursor`], [`snapshot`] | a scan, and one moment for several |
//! | [`levels`], [`shape`], [`costs`], [`picking`] | which tables stand where, and what to compact |
//! | [`simulation`] | what those decisions amount to, without files |
//! | [`manifest`] | which tables stand where, on disk |
//! | [`names`], `files` | what the files are called, and how tables are made and opened |
//! | `job`, `maintaining` | flushes and compactions |
//! | `debt` | the share of that work that writers do |
//! | `opening` | what an opening finds, and what it makes of it |
//! | `device`, `syncing` | the one place that syncs, and one sync for all who wait |
//! | [`layout`], [`judge`] | the files for whoever looks at them, byte by byte, and which entries are live |
//!
//! **Invariants:**
//!
//! - A table is never changed, and holds each key once.
//! - Level 0 may hold a key several times, in tables of which the one with the
//!   highest number is the newest. In each level below no two tables overlap,
//!   and what stands in a lower level is older.
//! - A log is durable to its end before its successor takes a write.
//! - A file is removed only after the edit that makes it superfluous is durable.

pub mod arena;
pub mod block;
pub mod bloom;
pub mod cache;
pub mod compression;
pub mod costs;
pub mod cursor;
pub(crate) mod debt;
pub(crate) mod device;
pub(crate) mod files;
pub(crate) mod job;
pub mod judge;
pub mod layout;
pub mod levels;
pub mod link;
pub mod log;
pub(crate) mod maintaining;
pub mod manifest;
pub mod memtable;
pub mod merging;
pub mod names;
pub mod node;
pub(crate) mod opening;
pub mod options;
pub mod picking;
pub mod shape;
pub mod simulation;
pub mod skip_list;
pub mod snapshot;
pub(crate) mod sorted;
pub mod source;
pub(crate) mod state;
pub mod store;
pub(crate) mod syncing;
pub mod table;
pub mod varint;
pub(crate) mod writer;

pub use cursor::LsmCursor;
pub use options::Options;
pub use snapshot::LsmSnapshot;
pub use store::Lsm;

#[cfg(test)]
mod tests;
