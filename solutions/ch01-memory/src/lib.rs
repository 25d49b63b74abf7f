//! Chapter 1: an ordered map in memory, and the slow way to make it durable.
//!
//! | where | what |
//! |---|---|
//! | [`memory`] | [`Memory`], the engine: a `BTreeMap` behind a lock |
//! | [`ranges`] | which of the map's entries a scan visits, and what is left of it |
//! | [`cursor`] | [`MemoryCursor`], which copies a chunk at a time |
//! | [`snapshot`] | the whole map as the bytes of one checksummed file |
//! | [`snapshot_file`] | putting that file in place of the last one, all or nothing |
//! | [`layout`] | what stands where in that file, for whoever draws it |
//! | [`durable`] | [`DurableMemory`], the engine whose `sync` writes that file |
//!
//! **Invariants:**
//!
//! - The map's lock is never held from one call to the next, nor across I/O.
//! - The file called `snapshot` is always whole: it gets its name only after
//!   all of its bytes are on the device.
//! - What a successful open shows would survive a power loss at that moment.

pub mod cursor;
pub mod durable;
pub mod layout;
pub mod memory;
pub mod ranges;
pub mod snapshot;
pub mod snapshot_file;

pub use cursor::MemoryCursor;
pub use durable::DurableMemory;
pub use memory::Memory;

#[cfg(test)]
mod tests;
