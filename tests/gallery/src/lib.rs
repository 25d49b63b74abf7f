//! A gallery of wrong engines: what the suite is worth is what it rejects.
//!
//! Every [`Exhibit`] is wrong in one way that a good engineer on a tired
//! evening would be, and passes the tests that a storage engine usually gets:
//! put some, get some, delete some, scan, close, open, get again. The suite
//! rejects each of them by the clause that names its crime. [`table()`] shows
//! them with the smallest script that convicts them.
//!
//! The rooms:
//!
//! | room | engines that are wrong about |
//! |---|---|
//! | [`keys`](rooms::keys) | which bytes are keys and values |
//! | [`batches`](rooms::batches) | what a batch does |
//! | [`scans`](rooms::scans) | where a scan begins and ends |
//! | [`cursors`](rooms::cursors) | how a cursor moves, and what it costs |
//! | [`reading`](rooms::reading) | scans that meet an error |
//! | [`moments`](rooms::moments) | the moment of a scan or a snapshot |
//! | [`threads`](rooms::threads) | what other threads see |
//! | [`schedules`](rooms::schedules) | a moment between two lines |
//! | [`syncing`](rooms::syncing) | what a sync makes durable |
//! | [`opening`](rooms::opening) | what an opening does with the files it finds |
//! | [`segments`](rooms::segments) | a log in several files |
//! | [`merging`](rooms::merging) | making one of two |
//! | [`levels`](rooms::levels) | tables in levels: where a key is searched, and what is merged |
//! | [`flushing`](rooms::flushing) | a log that becomes a table, and a manifest that says so |
//! | [`pages`](rooms::pages) | a tree in pages: how they are split and joined |
//! | [`walks`](rooms::walks) | cursors that walk through such a tree |
//! | [`commits`](rooms::commits) | pages that are copied on write: who sees them, and what is durable |
//! | [`failing`](rooms::failing) | appends that fail |
//! | [`poison`](rooms::poison) | syncs that fail |
//! | [`damage`](rooms::damage) | bytes that changed |
//! | [`owners`](rooms::owners) | who may open a directory |
//! | [`counts`](rooms::counts) | what they count |
//!
//! Most are the [log engine](log_engine), the [segmented log](segmented_log),
//! the [table tree](table_tree), the [paged tree](paged_tree) or the
//! [versioned map](versioned_map) with one step taken wrongly; [`calls`] holds
//! what the others share.
//!
//! The suite does not know this crate: whoever has an engine judged compiles
//! the judge alone. And the tests beside the code are of the right engines, and
//! compiled with those alone; the rooms are played from `tests/`.

#![cfg_attr(
    test,
    expect(dead_code, reason = "some steps are taken by wrong engines alone")
)]

pub mod calls;
#[cfg(not(test))]
mod exhibit;
pub mod log_engine;
pub mod paged_tree;
#[cfg(not(test))]
pub mod rooms;
pub mod segmented_log;
#[cfg(not(test))]
mod table;
pub mod table_tree;
#[cfg(not(test))]
mod verdicts;
pub mod versioned_map;

#[cfg(not(test))]
pub use exhibit::Exhibit;
#[cfg(not(test))]
pub use table::{proof, table};
#[cfg(not(test))]
pub use verdicts::{all, verdicts};
