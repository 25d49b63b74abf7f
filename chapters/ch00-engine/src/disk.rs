//! The one door to files.
//!
//! A [`Disk`] is one directory, and the files in it have plain names. Engines
//! are handed one when they are opened and reach files in no other way. Behind
//! the door stands the [`RealDisk`], or the simulated one of the conformance
//! suite, which can cut the power at any operation.
//!
//! # What a power loss leaves
//!
//! The rules are those of real systems, and harsh ones:
//!
//! - Bytes that were written survive once a [`File::sync`] that began after
//!   the write has succeeded. Until then each write may survive whole, in part
//!   or not at all, whatever became of its neighbours, and a file may have
//!   grown without the bytes that made it grow.
//! - Files that were created, renamed or removed stay so once a
//!   [`Disk::sync_dir`] has succeeded. Until then any prefix of those changes
//!   may survive.
//! - After a *failed* sync nothing that was unsynced is safe, and a later sync
//!   that succeeds does not make it so. What is to be kept is written again:
//!   bytes at their offset, a name by making it anew.

use std::fmt;
use std::ops::Deref;

use crate::{Error, Result};

mod counted;
#[cfg(any(unix, windows))]
mod real;

pub use counted::Counted;
#[cfg(any(unix, windows))]
pub use real::RealDisk;

/// One directory of files, with flat names.
pub trait Disk: Send + Sync + fmt::Debug {
    /// Opens the file called `name`.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] of kind `NotFound` where it must exist and does not, of
    /// kind `AlreadyExists` where it must not and does, of kind `InvalidInput`
    /// where `name` is no plain file name (see [`check_name`]).
    fn open(&self, name: &str, mode: Mode) -> Result<Box<dyn File>>;

    /// Renames a file, in one step, in place of any that is called `to`. No
    /// file of that name may be open (not every system could replace it).
    /// Durable after [`sync_dir`](Disk::sync_dir).
    ///
    /// # Errors
    ///
    /// [`Error::Io`].
    fn rename(&self, from: &str, to: &str) -> Result<()>;

    /// Removes a file. It may not be open. Durable after
    /// [`sync_dir`](Disk::sync_dir).
    ///
    /// # Errors
    ///
    /// [`Error::Io`].
    fn remove(&self, name: &str) -> Result<()>;

    /// The names of all files, sorted. The file behind [`lock`](Disk::lock) is
    /// not among them.
    ///
    /// # Errors
    ///
    /// [`Error::Io`].
    fn list(&self) -> Result<Vec<String>>;

    /// Waits until the names of all files, as they are now, would survive a
    /// power loss. Where the system keeps names safe by itself (Windows does),
    /// this does nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Io`]: names that changed since the last success may be lost.
    fn sync_dir(&self) -> Result<()>;

    /// Makes the caller the directory's owner, until the answer is dropped or
    /// the process ends, however it ends.
    ///
    /// # Errors
    ///
    /// [`Error::Locked`] where it has an owner, in this process or another.
    fn lock(&self) -> Result<Lock>;
}

/// How a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// To be read. It must exist.
    Read,
    /// To be read and written. It must exist.
    Write,
    /// To be read and written. It must not exist yet.
    CreateNew,
}

/// An open file.
///
/// Reads and writes name their offset, so that threads can share a file
/// without sharing a position. Dropping a file closes it and syncs nothing.
pub trait File: Send + Sync + fmt::Debug {
    /// The name under which it was opened.
    fn name(&self) -> &str;

    /// Its length in bytes.
    ///
    /// # Errors
    ///
    /// [`Error::Io`].
    fn len(&self) -> Result<u64>;

    /// Answers whether it holds no byte.
    ///
    /// # Errors
    ///
    /// [`Error::Io`].
    fn is_empty(&self) -> Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Reads from `offset` into `buffer`, and answers how many bytes it read.
    /// That may be fewer than there is room for, in the middle of a file, too;
    /// 0 means that the file ends at or before `offset`.
    ///
    /// # Errors
    ///
    /// [`Error::Io`].
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize>;

    /// Fills `buffer` from `offset` on.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] where the file ends first, [`Error::Io`].
    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        let mut filled = 0;
        while filled < buffer.len() {
            let at = offset + filled as u64;
            match self.read_at(at, &mut buffer[filled..])? {
                0 => return Err(Error::corrupt(self.name(), at, "the file ends early")),
                read => filled += read,
            }
        }
        Ok(())
    }

    /// Writes all of `bytes` at `offset`; the file grows where needed, and a
    /// gap reads as zeros. Durable after [`sync`](File::sync).
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`] and [`Error::Io`]. Any part of `bytes` may then have
    /// been written.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()>;

    /// Makes sure that the file is at least `len` bytes long; what is new reads
    /// as zeros. Where the system can, it also finds the room on the device
    /// now, so that appends into it neither run out of space nor pay for a
    /// change of length at each sync.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`] and [`Error::Io`].
    fn allocate(&self, len: u64) -> Result<()>;

    /// Cuts the file off at `len` bytes, or lets it grow to them with zeros.
    /// It may not shrink while a [`Map`] of it exists.
    ///
    /// # Errors
    ///
    /// [`Error::Io`].
    fn set_len(&self, len: u64) -> Result<()>;

    /// Waits until every byte that was written before would survive a power
    /// loss, and the length that it takes to read them.
    ///
    /// # Errors
    ///
    /// [`Error::Io`]: what was not yet durable may be lost, and calling again
    /// would not bring it back.
    fn sync(&self) -> Result<()>;

    /// Maps the file, as long as it is now, to be read without system calls.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] where the disk cannot; reading serves then.
    fn map(&self) -> Result<Box<dyn Map>>;
}

/// A file's bytes, lent from memory.
///
/// Writes through [`File::write_at`] that completed are visible, within the
/// length the file had when it was mapped.
pub trait Map: Send + Sync + fmt::Debug {
    /// How many bytes are mapped.
    fn len(&self) -> u64;

    /// Answers whether no byte is mapped.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Lends `len` bytes from `offset` on. The caller promises that nobody
    /// writes to them while they are lent.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] where the map ends first.
    fn slice(&self, offset: u64, len: usize) -> Result<Lent<'_>>;

    /// Has the system read `len` bytes from `offset` on into memory, if it can,
    /// and does not wait for them. What lies beyond the map is left out.
    ///
    /// Whoever touches bytes that are not in memory waits until they are, and the
    /// system reads what stands around them, too: by the megabyte on some. That
    /// is right where the rest is wanted next, and dear where it is not. Of what
    /// is asked for here, only that is read.
    fn prefetch(&self, offset: u64, len: usize) {
        let _ = (offset, len);
    }
}

/// Bytes lent by a [`Map`]. They go back when it is dropped.
pub struct Lent<'m>(LentBytes<'m>);

enum LentBytes<'m> {
    InPlace(&'m [u8]),
    Kept(Box<dyn AsRef<[u8]> + Send + Sync + 'm>),
}

impl<'m> Lent<'m> {
    /// Lends bytes where they are.
    pub fn in_place(bytes: &'m [u8]) -> Self {
        Lent(LentBytes::InPlace(bytes))
    }

    /// Lends bytes through a value that learns, by being dropped, when they
    /// come back.
    pub fn kept_by(keeper: impl AsRef<[u8]> + Send + Sync + 'm) -> Self {
        Lent(LentBytes::Kept(Box::new(keeper)))
    }
}

impl Deref for Lent<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            LentBytes::InPlace(bytes) => bytes,
            LentBytes::Kept(keeper) => (**keeper).as_ref(),
        }
    }
}

impl fmt::Debug for Lent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lent({} bytes)", self.len())
    }
}

/// The ownership of a directory: dropping it gives the directory up.
pub struct Lock {
    _held: Box<dyn Send + Sync>,
}

impl Lock {
    /// The ownership that lasts as long as `held` does.
    pub fn new(held: impl Send + Sync + 'static) -> Self {
        Lock {
            _held: Box::new(held),
        }
    }
}

impl fmt::Debug for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lock")
    }
}

/// Answers whether `name` can name a file on every system: 1 to 100 lower-case
/// letters, digits, `.`, `-` and `_`, not beginning with a dot. (Upper case is
/// left out because some file systems take `A` and `a` for one file.)
///
/// # Errors
///
/// [`Error::Io`] of kind `InvalidInput`.
pub fn check_name(name: &str) -> Result<()> {
    let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_');
    if (1..=100).contains(&name.len()) && !name.starts_with('.') && name.bytes().all(plain) {
        return Ok(());
    }
    Err(Error::Io {
        operation: "name",
        file: name.to_owned(),
        kind: std::io::ErrorKind::InvalidInput,
        message: "a file name is 1 to 100 of a-z 0-9 . - _ and begins with no dot".to_owned(),
    })
}
