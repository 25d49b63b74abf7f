//! Chapter 4: a B+tree of pages, copied on write and read through the map.
//!
//! | where | what |
//! |---|---|
//! | [`store`], [`snapshot`] | [`CowTree`], the engine, and one moment of it |
//! | [`options`] | [`Options`]: what it is opened with |
//! | [`tree`] | [`BTree`], over any store of pages |
//! | [`page`], [`slotted`] | how a page is divided, and how entries come into it and out of it |
//! | [`node`] | what stands in a page: values in a leaf, children above |
//! | [`overflow`] | values too long for a leaf |
//! | [`cursor`] | scans |
//! | [`check`] | the proof that a tree is sound |
//! | [`copy_on_write`] | [`CopyOnWrite`](copy_on_write::CopyOnWrite), the store of pages |
//! | [`stamp`] | what stands in front of every page |
//! | [`meta`] | the meta pages: where a commit becomes durable |
//! | [`free_list`] | which pages are free, and when they may be used again |
//! | `readers` | who reads, and as of which commit |
//! | `frames` | pages that are in memory because the file does not have them yet |
//! | `file` | the file that the pages are in, and its maps |
//! | `growing` | an array that grows under its readers |
//! | [`layout`], [`judge`] | the file row by row, for whoever draws it; and which of its pages are live |
//! | `device`, `syncing` | the one place that syncs, and one sync for all who wait |

// The engine.
pub mod options;
pub mod snapshot;
pub mod store;

pub use options::Options;
pub use snapshot::CowSnapshot;
pub use store::CowTree;

// The tree, over any `PageStore`.
pub mod check;
pub mod cursor;
pub mod node;
pub mod overflow;
pub mod page;
pub mod slotted;
pub mod tree;

pub use check::Checked;
pub use cursor::TreeCursor;
pub use tree::BTree;

// The pages, copied on write.
pub mod copy_on_write;
pub(crate) mod device;
pub(crate) mod file;
pub(crate) mod frames;
pub mod free_list;
pub(crate) mod growing;
pub mod meta;
pub(crate) mod readers;
pub mod stamp;
pub(crate) mod syncing;

// What stands where.
pub mod judge;
pub mod layout;

#[cfg(test)]
mod tests;
