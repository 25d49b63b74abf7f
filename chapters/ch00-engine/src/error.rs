//! What can go wrong, and what the caller can do about it.

use std::fmt;
use std::io;

use crate::spelling::Spelled;

/// A result whose error is this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that an engine or a disk answers instead of a result.
///
/// Errors are values: they can be cloned, so that a cursor that has failed can
/// answer with the same error again, and compared, so that a test can name the
/// one that it expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// A key, a value or a batch is larger than the engine's
    /// [`Limits`](crate::Limits). Nothing changed.
    ///
    /// The caller can split the batch, or store less.
    TooLarge {
        /// What is too large: `"key"`, `"value"` or `"batch"`.
        what: &'static str,
        /// Its size in bytes.
        bytes: usize,
        /// The largest size in bytes that would have been taken.
        bytes_max: usize,
    },

    /// A file holds something else than what was written to it.
    ///
    /// Nothing that was read from it should be trusted. The caller can restore
    /// a backup; opening again will find the same damage.
    Corrupt {
        /// The file's name within its directory.
        file: String,
        /// Where the damage was noticed, in bytes from the file's start.
        offset: u64,
        /// What is wrong there, as a phrase: `"the checksum does not match"`.
        what: String,
    },

    /// A file is of another version of its format, and of no version that this
    /// engine reads. Nothing changed.
    ///
    /// The caller can open it with the program that wrote it.
    Version {
        /// The file's name within its directory.
        file: String,
        /// The version that the file says it is.
        found: u32,
        /// The version that this engine reads.
        supported: u32,
    },

    /// The operating system refused an operation on a file.
    ///
    /// What is left behind depends on the operation; the clauses of
    /// [`StorageEngine`](crate::StorageEngine) say what an engine makes of it.
    Io {
        /// The operation: `"open"`, `"read"`, `"write"`, `"sync"` …
        operation: &'static str,
        /// The file's name within its directory, or the directory's path.
        file: String,
        /// The kind of error, for programs.
        kind: io::ErrorKind,
        /// The operating system's own words, for people.
        message: String,
    },

    /// The device is full, or a quota is used up.
    ///
    /// The caller can make room and try again: nothing was lost.
    NoSpace {
        /// The file that could not grow.
        file: String,
    },

    /// An earlier failure left the engine unable to say what is durable, so it
    /// takes no more writes. Reads go on.
    ///
    /// The caller can close the engine and open it again, which heals it.
    Poisoned {
        /// The failure that poisoned it.
        cause: Box<Error>,
    },

    /// Another owner has the directory open.
    ///
    /// The caller can close the other one, or choose another directory.
    Locked {
        /// The directory's path.
        path: String,
    },

    /// What is needed is in use, and waiting for it would have no bound.
    ///
    /// The caller can let go of something (a cursor, a pin, a clone) and try
    /// again.
    Busy {
        /// What is in use, as a phrase: `"every frame of the pool is pinned"`.
        what: &'static str,
    },

    /// A concurrent transaction changed what this one relied on. The
    /// transaction was rolled back.
    ///
    /// The caller can run the transaction again.
    Conflict {
        /// A key over which the two disagree.
        key: Vec<u8>,
    },

    /// Transactions wait for each other in a circle, and this one was chosen
    /// to give way. It was rolled back.
    ///
    /// The caller can run the transaction again.
    Deadlock,

    /// This disk or engine cannot do that at all.
    ///
    /// The caller can do it another way: where a file cannot be mapped it can
    /// still be read.
    Unsupported {
        /// What cannot be done, as a phrase: `"mapping a file"`.
        what: &'static str,
    },
}

impl Error {
    /// Makes an [`Error`] of what the operating system answered when
    /// `operation` was tried on `file`: [`Error::NoSpace`] where the device is
    /// full, [`Error::Io`] otherwise.
    pub fn io(operation: &'static str, file: &str, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Error::NoSpace {
                file: file.to_owned(),
            },
            kind => Error::Io {
                operation,
                file: file.to_owned(),
                kind,
                message: error.to_string(),
            },
        }
    }

    /// Makes an [`Error::Corrupt`].
    pub fn corrupt(file: &str, offset: u64, what: impl Into<String>) -> Self {
        Error::Corrupt {
            file: file.to_owned(),
            offset,
            what: what.into(),
        }
    }

    /// Makes an [`Error::Poisoned`] of the failure that poisons. A cause that
    /// is itself `Poisoned` is not wrapped a second time.
    pub fn poisoned(cause: Error) -> Self {
        match cause {
            Error::Poisoned { .. } => cause,
            cause => Error::Poisoned {
                cause: Box::new(cause),
            },
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::TooLarge {
                what,
                bytes,
                bytes_max,
            } => write!(
                f,
                "the {what} has {bytes} bytes, and at most {bytes_max} are taken"
            ),
            Error::Corrupt { file, offset, what } => {
                write!(f, "`{file}` is damaged at byte {offset}: {what}")
            }
            Error::Version {
                file,
                found,
                supported,
            } => write!(
                f,
                "`{file}` is of format version {found}, and this engine reads version {supported}"
            ),
            Error::Io {
                operation,
                file,
                message,
                ..
            } => write!(f, "could not {operation} `{file}`: {message}"),
            Error::NoSpace { file } => write!(f, "no space left on the device for `{file}`"),
            Error::Poisoned { cause } => write!(
                f,
                "takes no more writes until it is opened again, since {cause}"
            ),
            Error::Locked { path } => write!(f, "`{path}` is already open elsewhere"),
            Error::Busy { what } => write!(f, "busy: {what}"),
            Error::Conflict { key } => write!(
                f,
                "a concurrent transaction changed the key `{}`",
                Spelled(key)
            ),
            Error::Deadlock => write!(
                f,
                "transactions wait for each other in a circle; this one gave way"
            ),
            Error::Unsupported { what } => write!(f, "{what} is not supported here"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Poisoned { cause } => Some(cause),
            _ => None,
        }
    }
}
