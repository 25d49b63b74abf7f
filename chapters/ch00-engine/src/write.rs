//! One change, and how large it may be.

use std::fmt;

use crate::spelling::Spelled;
use crate::{Error, Result};

/// One change to one key. A batch is a slice of them.
///
/// A message shows it as a script spells it: `put apple red`, `delete apple`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Write<'a> {
    /// Stores `value` under `key`, in place of what was there.
    Put {
        /// The key: any bytes, also none.
        key: &'a [u8],
        /// The value: any bytes, also none.
        value: &'a [u8],
    },
    /// Removes `key` and its value. Removing what is absent succeeds.
    Delete {
        /// The key: any bytes, also none.
        key: &'a [u8],
    },
}

impl<'a> Write<'a> {
    /// A [`Write::Put`], in one line.
    pub fn put(
        key: &'a (impl AsRef<[u8]> + ?Sized),
        value: &'a (impl AsRef<[u8]> + ?Sized),
    ) -> Self {
        Write::Put {
            key: key.as_ref(),
            value: value.as_ref(),
        }
    }

    /// A [`Write::Delete`], in one line.
    pub fn delete(key: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Write::Delete { key: key.as_ref() }
    }

    /// The key that this changes.
    pub fn key(&self) -> &'a [u8] {
        match self {
            Write::Put { key, .. } | Write::Delete { key } => key,
        }
    }

    /// The value that this leaves under the key: `None` for a delete.
    pub fn value(&self) -> Option<&'a [u8]> {
        match self {
            Write::Put { value, .. } => Some(value),
            Write::Delete { .. } => None,
        }
    }
}

impl fmt::Debug for Write<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Write::Put { key, value } => write!(f, "put {} {}", Spelled(key), Spelled(value)),
            Write::Delete { key } => write!(f, "delete {}", Spelled(key)),
        }
    }
}

/// The largest key, value and batch that an engine takes, in bytes. What is
/// exactly as large as a limit is still taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest key, in bytes.
    pub key_bytes_max: usize,
    /// The longest value, in bytes.
    pub value_bytes_max: usize,
    /// The largest batch: the sum of its keys' and values' lengths, in bytes.
    pub batch_bytes_max: usize,
}

impl Limits {
    /// Answers whether `batch` and all that is in it keep within these limits,
    /// with [`Error::TooLarge`] for the first thing that does not.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`], naming a key or a value before the batch.
    pub fn check(&self, batch: &[Write<'_>]) -> Result<()> {
        let mut batch_bytes = 0_usize;
        for write in batch {
            let (key, value) = (write.key().len(), write.value().map_or(0, <[u8]>::len));
            within("key", key, self.key_bytes_max)?;
            within("value", value, self.value_bytes_max)?;
            batch_bytes = batch_bytes.saturating_add(key).saturating_add(value);
        }
        within("batch", batch_bytes, self.batch_bytes_max)
    }
}

fn within(what: &'static str, bytes: usize, bytes_max: usize) -> Result<()> {
    if bytes <= bytes_max {
        return Ok(());
    }
    Err(Error::TooLarge {
        what,
        bytes,
        bytes_max,
    })
}
