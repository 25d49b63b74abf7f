//! Putting the snapshot file in place of the last one, all or nothing.
//!
//! A file that is overwritten is, for a moment, neither the old one nor the
//! new one, and a power cut finds that moment. So the new bytes go to a
//! temporary file, and only when they are on the device does it take over the
//! name. At every instant the name `snapshot` leads to a whole file.
//!
//! ```text
//!                  snapshot      snapshot.tmp    a power cut now leaves
//! at rest          old           –               old
//! write            old           some of new     old
//! sync the file    old           new             old
//! rename           new           –               old or new
//! sync the names   new           –               new
//! ```

use std::io::ErrorKind;

use engine::disk::{Disk, File, Mode};
use engine::{Error, Result};

use crate::memory::Map;
use crate::snapshot;

/// The file that holds the last snapshot.
pub const SNAPSHOT: &str = "snapshot";
/// The file that will.
pub const TEMPORARY: &str = "snapshot.tmp";

/// Writes `bytes` to a new temporary file. The answer is that file, still open.
///
/// Nothing has been asked of the device yet, so that a failure leaves nothing
/// behind: the temporary file is closed and removed again (as far as the disk
/// lets us), and all is as before.
///
/// # Errors
///
/// [`Error::NoSpace`](engine::Error::NoSpace) and
/// [`Error::Io`](engine::Error::Io).
///
/// # Exercise 1.10
pub(crate) fn write_temporary(disk: &dyn Disk, bytes: &[u8]) -> Result<Box<dyn File>> {
    todo!("exercise 1.10: Writes `bytes` to a new temporary file")
}

/// Makes the temporary file durable and gives it the snapshot's name. It takes
/// that name from one moment to the next, and has it for good when this
/// returns. The file is closed before it moves.
///
/// # Errors
///
/// What failed. It is then unknown which snapshot a power loss would leave,
/// and nothing here may simply be tried again.
///
/// # Exercise 1.10
pub(crate) fn publish(disk: &dyn Disk, temporary: Box<dyn File>) -> Result<()> {
    todo!("exercise 1.10: Makes the temporary file durable and gives it the snapshot's name")
}

/// The map in the snapshot file, or an empty one where there is none yet.
///
/// Nobody can tell from a file that its name is durable: its owner may have
/// been killed between renaming and syncing, or the sync may have failed. So
/// what was read is written and published once more, the very same bytes, and
/// what this answers would survive a power loss. A temporary file that was
/// left behind is removed before.
///
/// A snapshot that is not sound is left as it is, for whoever can repair it,
/// and so is everything beside it.
///
/// # Errors
///
/// [`Error::Corrupt`](engine::Error::Corrupt) and
/// [`Error::Version`](engine::Error::Version) where the file is no snapshot of
/// this version; what [`write_temporary`] and [`publish`] can answer;
/// [`Error::Io`](engine::Error::Io).
///
/// # Exercise 1.11
pub(crate) fn load(disk: &dyn Disk) -> Result<Map> {
    todo!("exercise 1.11: The map in the snapshot file, or an empty one where there is none yet")
}

/// A new, empty temporary file, in place of one that a failed save could not
/// remove.
///
/// # Errors
///
/// [`Error::NoSpace`] and [`Error::Io`].
pub(crate) fn create_temporary(disk: &dyn Disk) -> Result<Box<dyn File>> {
    match disk.open(TEMPORARY, Mode::CreateNew) {
        Err(Error::Io {
            kind: ErrorKind::AlreadyExists,
            ..
        }) => {
            disk.remove(TEMPORARY)?;
            disk.open(TEMPORARY, Mode::CreateNew)
        }
        created => created,
    }
}

/// All bytes of a file.
///
/// # Errors
///
/// [`Error::Corrupt`] where they do not fit in memory, [`Error::Io`].
pub(crate) fn read(disk: &dyn Disk, name: &str) -> Result<Vec<u8>> {
    let file = disk.open(name, Mode::Read)?;
    let len = usize::try_from(file.len()?)
        .map_err(|_too_long| Error::corrupt(name, 0, "the file is larger than all memory"))?;
    let mut bytes = vec![0; len];
    file.read_exact_at(0, &mut bytes)?;
    Ok(bytes)
}
