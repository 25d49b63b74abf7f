//! A gallery of wrong engines: what the suite is worth is what it rejects.
//!
//! Every [`Exhibit`] is wrong in one way that a good engineer on a tired
//! evening would be, and passes the tests that a storage engine usually gets:
//! put some, get some, delete some, scan, close, open, get again. The suite
//! rejects each of them by the clause that names its crime. [`table()`] shows
//! them with the smallest script that convicts them. Its tests are outside of
//! it, so that all these engines are compiled once.
//!
//! The rooms:
//!
//! | room | engines that are wrong about |
//! |---|---|
//! | [`keys`] | which bytes are keys and values |
//! | [`batches`] | what a batch does |
//! | [`scans`] | where a scan begins and ends |
//! | [`cursors`] | how a cursor moves, and what it costs |
//! | [`reading`] | scans that meet an error |
//! | [`moments`] | the moment of a scan or a snapshot |
//! | [`threads`] | what other threads see |
//! | [`schedules`] | a moment between two lines |
//! | [`syncing`] | what a sync makes durable |
//! | [`opening`] | what an opening does with the files it finds |
//! | [`segments`] | a log in several files |
//! | [`merging`] | making one of two |
//! | [`levels`] | tables in levels: where a key is searched, and what is merged |
//! | [`flushing`] | a log that becomes a table, and a manifest that says so |
//! | [`pages`] | a tree in pages: how they are split and joined |
//! | [`walks`] | cursors that walk through such a tree |
//! | [`commits`] | pages that are copied on write: who sees them, and what is durable |
//! | [`failing`] | appends that fail |
//! | [`poison`] | syncs that fail |
//! | [`damage`] | bytes that changed |
//! | [`owners`] | who may open a directory |
//! | [`counts`] | what they count |
//!
//! Most are the [log engine](log_engine), the [segmented log](segmented_log),
//! the [table tree](table_tree), the [paged tree](paged_tree) or the
//! [versioned map](versioned_map) with one step taken wrongly; [`calls`] holds
//! what the others share.
//!
//! The suite does not know this crate: whoever has an engine judged compiles
//! the judge alone.

pub mod batches;
pub mod calls;
pub mod commits;
pub mod counts;
pub mod cursors;
pub mod damage;
mod exhibit;
pub mod failing;
pub mod flushing;
pub mod keys;
pub mod levels;
pub mod log_engine;
pub mod merging;
pub mod moments;
pub mod opening;
pub mod owners;
pub mod paged_tree;
pub mod pages;
pub mod poison;
pub mod reading;
pub mod scans;
pub mod schedules;
pub mod segmented_log;
pub mod segments;
pub mod syncing;
mod table;
pub mod table_tree;
pub mod threads;
mod verdicts;
pub mod versioned_map;
pub mod walks;

pub use exhibit::Exhibit;
pub use table::{proof, table};
pub use verdicts::{all, verdicts};
