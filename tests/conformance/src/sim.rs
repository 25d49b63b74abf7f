//! A disk in memory whose power can be cut at any operation.
//!
//! [`SimDisk`] is an [`engine::disk::Disk`]. It keeps the files as they are
//! now, and a log of everything that changed them. From the log follows each
//! image that a power cut may leave, at each place, by these rules:
//!
//! - A write is durable once the first sync of its file *attempted* after it
//!   has succeeded. Where that sync fails the write is lost for good: no later
//!   sync makes it durable. What reading then shows is one of
//!   [`Unsynced`]: the bytes are kept, gone, or zeros.
//! - Any other write is dropped, applied, torn (at a sector or at any byte,
//!   its head or its tail missing), torn with garbage after the tear, or it
//!   leaves only the length, over zeros or garbage; whatever became of its
//!   neighbours. `set_len` and `allocate` are writes of lengths.
//! - Names that came, went or moved are durable up to the last `sync_dir` that
//!   succeeded, plus any prefix of the later ones. Those before a `sync_dir`
//!   that *failed* are lost as writes are: a later one does not make them
//!   durable. Contents belong to files, not to names.
//!
//! So is what the contract of [`engine::disk`] forbids: writing bytes that a
//! map has lent, removing a file that is open or putting another in its place,
//! shrinking one that is mapped, trying a failed sync again. Where it can, the
//! disk refuses; it always keeps the sentence for [`SimDisk::violations`].
//!
//! | where | what |
//! |---|---|
//! | [`SimDisk`] | the disk, for an engine and for the test around it |
//! | [`Image`], [`Content`] | what is left |
//! | [`Walk`] | from one possible cut to the next, and the images of each |
//! | [`Cut`], `choice` | which of the images is meant by a number |
//! | [`Faults`] | what goes wrong apart from cuts |
//! | [`Reach`] | which outcomes of which operations were reached |
//! | `medium`, `landing` | the rules: what is durable, what is left of a write |
//! | `live` | the rules while there is power |

mod change;
mod choice;
mod content;
mod disk;
mod faults;
mod file;
mod image;
mod landing;
mod live;
mod medium;
pub(crate) mod random;
mod reach;
mod walk;

pub use change::{ByteChange, Change, FileId, NameChange, SyncEnd, Unsynced};
pub use choice::{Cut, EXTREMES};
pub use content::{Content, fingerprint};
pub use disk::SimDisk;
pub use faults::{Fail, Fault, Faults, Operation, Part};
pub use image::Image;
pub use landing::{Outcome, SECTOR};
pub use live::Counts;
pub use medium::Undecided;
pub use reach::{Kind, Reach};
pub use walk::Walk;

#[cfg(test)]
mod tests;
