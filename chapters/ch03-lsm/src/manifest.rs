//! The manifest: which tables there are, at which level, and from which log on
//! the logs count.
//!
//! It is a file of *edits*. The first tells of all tables there were when the
//! file was written, and each later one of a change: a flush, a compaction. An
//! edit is durable before anything that it makes superfluous is removed.
//!
//! A manifest is written anew at a closing, where anything has changed; at an
//! opening that finds an engine which was not closed; and when its edits have
//! become many: to another file, which takes its place. So of what was there
//! then, its header says that it is durable; and only an edit after that can be
//! a torn tail.

use std::fmt;

use engine::disk::{File, Mode};
use engine::{Error, Result};

use crate::device::Device;
use crate::names::Name;

pub mod edit;
pub mod header;

pub use edit::{Edit, Tables};
use header::{HEADER_BYTES, Header};

/// How many bytes of edits a manifest may have after what it began with …
const EDITS_BYTES: u64 = 64 << 10;
/// … or how many times as many as that was, if that is more.
const EDITS_TIMES: u64 = 2;

/// The manifest, open to be written.
#[derive(Default)]
pub struct Manifest {
    /// None where an edit cannot be appended, as after a failed write: the next
    /// one writes the file anew.
    file: Option<Box<dyn File>>,
    /// Where the next edit goes.
    end: u64,
    /// How long it may get.
    end_max: u64,
    /// Whether all of it was durable before it got its name.
    is_proven: bool,
}

impl Manifest {
    /// The manifest that is there. All that it tells was durable before it got
    /// its name; but nobody knows whether the name is, so an edit goes to another
    /// file.
    pub(crate) fn of_closed() -> Self {
        Manifest {
            is_proven: true,
            ..Manifest::default()
        }
    }

    /// Makes sure that the manifest has a name which is durable: without it, all
    /// that comes later could not be found.
    ///
    /// # Errors
    ///
    /// As for [`append`](Self::append).
    pub(crate) fn make_sure(&mut self, device: &Device, tables: &Tables) -> Result<()> {
        match self.file {
            Some(_) => Ok(()),
            None => self.rewrite(device, tables),
        }
    }

    /// Answers whether all that was recorded was durable before the file got its
    /// name.
    pub(crate) fn is_proven(&self) -> bool {
        self.is_proven
    }

    /// Makes `edit` durable, which leads to these tables.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`] and [`Error::Io`], and nobody can tell whether an
    /// opening would find it: it can be tried again; [`Error::Poisoned`].
    ///
    /// # Exercise 3.14
    pub(crate) fn append(&mut self, device: &Device, edit: &Edit, tables: &Tables) -> Result<()> {
        todo!("exercise 3.14: Makes `edit` durable, which leads to these tables")
    }

    /// Writes a manifest that tells of these tables alone, in place of the one
    /// that there is. It is durable then, and its name.
    ///
    /// # Errors
    ///
    /// As for [`append`](Self::append).
    ///
    /// # Exercise 3.14
    pub(crate) fn rewrite(&mut self, device: &Device, tables: &Tables) -> Result<()> {
        todo!(
            "exercise 3.14: Writes a manifest that tells of these tables alone, in place of the one that there is"
        )
    }
}

/// What the manifest with these bytes tells, and whether all of that was durable
/// before it got its name.
///
/// # Errors
///
/// [`Error::Corrupt`] and [`Error::Version`].
///
/// # Exercise 3.14
pub fn read(bytes: &[u8]) -> Result<(Tables, bool)> {
    todo!(
        "exercise 3.14: What the manifest with these bytes tells, and whether all of that was durable before it got its name"
    )
}

impl fmt::Debug for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Manifest({} bytes)", self.end)
    }
}
