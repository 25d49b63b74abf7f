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
        let bytes = edit.encode(self.end)?;
        let end = self.end + bytes.len() as u64;
        self.is_proven = false;
        let Some(file) = self.file.take().filter(|_| end <= self.end_max) else {
            return self.rewrite(device, tables);
        };
        file.write_at(self.end, &bytes)?;
        device.sync(&*file)?;
        self.file = Some(file);
        self.end = end;
        Ok(())
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
        self.is_proven = false;
        // Nobody can rename over a file that is open.
        self.file = None;
        let edit = tables.to_edit().encode(u64::from(HEADER_BYTES))?;
        let end = u64::from(HEADER_BYTES) + edit.len() as u64;
        let mut bytes = Header { proven: end }.to_bytes().to_vec();
        bytes.extend_from_slice(&edit);
        let (new, name) = (Name::NewManifest.to_string(), Name::Manifest.to_string());
        let disk = device.disk();
        if disk.list()?.contains(&new) {
            disk.remove(&new)?;
        }
        let file = disk.open(&new, Mode::CreateNew)?;
        file.write_at(0, &bytes)?;
        device.sync(&*file)?;
        drop(file);
        disk.rename(&new, &name)?;
        device.sync_dir()?;
        self.file = Some(disk.open(&name, Mode::Write)?);
        self.end = end;
        self.end_max = end + EDITS_BYTES.max(EDITS_TIMES * end);
        self.is_proven = true;
        Ok(())
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
    let name = Name::Manifest.to_string();
    let Header { proven } = Header::decode(&name, bytes)?;
    let mut tables = Tables::default();
    let mut at = u64::from(HEADER_BYTES);
    while at < bytes.len() as u64 {
        match edit::decode(bytes, at) {
            Ok((edit, len)) => {
                tables
                    .apply(edit)
                    .map_err(|what| Error::corrupt(&name, at, what))?;
                at += len;
            }
            Err(what) if at < proven || edit::stands_behind(bytes, at) => {
                return Err(Error::corrupt(&name, at, what));
            }
            Err(_torn) => break,
        }
    }
    match at < proven {
        true => Err(Error::corrupt(&name, at, "the manifest is cut off")),
        false => Ok((tables, bytes.len() as u64 == proven)),
    }
}

impl fmt::Debug for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Manifest({} bytes)", self.end)
    }
}
