//! The one place that asks the device for anything to last.
//!
//! After a failed sync nobody may sync again: a second one could succeed and
//! prove nothing. So all syncs, of files and of their names, come through here,
//! one at a time, and the first that fails is the last.

use engine::disk::{Counted, Disk, File};
use engine::sync::{Mutex, OnceLock};
use engine::{Error, Result};

/// The disk, and whether it can still be relied on.
#[derive(Debug)]
pub(crate) struct Device {
    disk: Counted,
    /// Held while something is synced.
    turn: Mutex<()>,
    /// The failure after which nothing more is written.
    poison: OnceLock<Error>,
}

impl Device {
    pub(crate) fn new(disk: Counted) -> Self {
        Device {
            disk,
            turn: Mutex::new(()),
            poison: OnceLock::new(),
        }
    }

    /// The disk, for everything but syncs.
    pub(crate) fn disk(&self) -> &dyn Disk {
        &self.disk
    }

    /// Makes what was written to `file` durable.
    ///
    /// # Errors
    ///
    /// [`Error::Poisoned`].
    pub(crate) fn sync(&self, file: &dyn File) -> Result<()> {
        self.in_turn(|| file.sync())
    }

    /// Makes the names of all files durable.
    ///
    /// # Errors
    ///
    /// [`Error::Poisoned`].
    pub(crate) fn sync_dir(&self) -> Result<()> {
        self.in_turn(|| self.disk.sync_dir())
    }

    /// Answers [`Error::Poisoned`] from the moment on that a failure could not
    /// be taken back.
    pub(crate) fn check(&self) -> Result<()> {
        match self.poison.get() {
            Some(cause) => Err(Error::poisoned(cause.clone())),
            None => Ok(()),
        }
    }

    /// Writes no more from now on, and answers the error that says so.
    pub(crate) fn poison(&self, cause: Error) -> Error {
        Error::poisoned(self.poison.get_or_init(|| cause).clone())
    }

    fn in_turn(&self, sync: impl FnOnce() -> Result<()>) -> Result<()> {
        let _turn = self.turn.lock();
        self.check()?;
        sync().map_err(|cause| self.poison(cause))
    }
}
