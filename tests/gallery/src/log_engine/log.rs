//! The log file while it is open, and the names it goes by.

use std::sync::Arc;

use engine::disk::File;
use engine::{Counters, Error, Result, Write};

use super::format;
use super::steps::Steps;

/// The log while it is written.
pub(crate) const OPEN: &str = "open.log";
/// The log after it was closed: every byte of it was synced. The name says so,
/// since no flipped bit can change it.
pub(crate) const CLOSED: &str = "closed.log";
/// The log that an opening is writing. Nobody reads it under this name.
pub(crate) const NEW: &str = "new.log";

/// How many bytes may be pending before they go to the file.
pub(crate) const BUFFER_BYTES: usize = 64 << 10;

/// The log file, and how far it got.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) file: Box<dyn File>,
    /// The file's length, in bytes: whole records.
    pub(crate) len: u64,
    /// How many of these bytes are known to be durable.
    pub(crate) synced: u64,
    /// Records that the file does not hold yet.
    pub(crate) pending: Vec<u8>,
    /// What poisoned the engine, as it answers from then on.
    pub(crate) poison: Option<Error>,
    pub(crate) counters: Arc<Counters>,
}

impl Log {
    /// The log in `file`, all `len` bytes of which are durable.
    pub(crate) fn new(file: Box<dyn File>, len: u64, counters: &Arc<Counters>) -> Self {
        Log {
            file,
            len,
            synced: len,
            pending: Vec::new(),
            poison: None,
            counters: Arc::clone(counters),
        }
    }

    /// Puts one record behind the pending ones.
    pub(crate) fn encode(&mut self, steps: &dyn Steps, batch: &[Write<'_>]) {
        let at = self.len + self.pending.len() as u64;
        format::encode_record(steps, &mut self.pending, at, self.synced, batch);
    }

    /// Poisons the engine. The answer says so to the caller.
    pub(crate) fn poison(&mut self, cause: Error) -> Error {
        self.poison.insert(Error::poisoned(cause)).clone()
    }

    /// Answers [`Error::Poisoned`] where the engine is.
    pub(crate) fn check_poison(&self) -> Result<()> {
        self.poison.clone().map_or(Ok(()), Err)
    }
}

/// The files that an opening finds.
#[derive(Debug)]
pub(crate) struct Found {
    names: Vec<String>,
}

impl Found {
    pub(crate) fn new(names: Vec<String>) -> Self {
        Found { names }
    }

    /// Answers whether there is a file called `name`.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.names.iter().any(|found| found == name)
    }

    /// The log to read, if there is one. A power cut at the beginning of a log
    /// can leave two; the open one is the newer.
    pub(crate) fn log(&self) -> Option<&'static str> {
        [OPEN, CLOSED].into_iter().find(|name| self.has(name))
    }
}
