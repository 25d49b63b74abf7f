//! What a scan hands out.

use crate::Result;

/// A key and its value, owned.
pub type Entry = (Vec<u8>, Vec<u8>);

/// A place among the entries of a scan.
///
/// A fresh cursor stands at the scan's first entry. Walking it reads:
///
/// ```
/// # use engine::{Cursor, Result};
/// fn count(cursor: &mut dyn Cursor) -> Result<usize> {
///     let mut entries = 0;
///     while let Some((_key, _value)) = cursor.entry() {
///         entries += 1;
///         cursor.advance()?;
///     }
///     Ok(entries)
/// }
/// ```
///
/// A cursor is `Send`, so it cannot hold a lock guard from one call to the
/// next (the standard library's guards are not `Send`): that a long scan never
/// makes a writer wait is checked by the compiler. A cursor over a structure
/// behind a lock copies a chunk of entries while it holds the lock, hands them
/// out without it, and comes back for the next chunk.
pub trait Cursor: Send {
    /// The entry where the cursor stands, or `None` after the last one.
    fn entry(&self) -> Option<(&[u8], &[u8])>;

    /// Steps to the next entry in the scan's order. After the last entry it
    /// stays there until it seeks, whatever is written meanwhile.
    ///
    /// # Errors
    ///
    /// What kept the next entry from being read. An error is *sticky*: from
    /// then on [`entry`](Cursor::entry) answers `None`, and every further
    /// `advance` and [`seek`](Cursor::seek) answers the same error, so that no
    /// caller takes the entries before it for all there are.
    fn advance(&mut self) -> Result<()>;

    /// Steps, forwards or backwards, to the first entry of the scan that does
    /// not come before `key` in the scan's order: with ascending order the
    /// smallest key that is at least `key`, with descending order the largest
    /// that is at most `key`. The scan's bounds still hold: a seek before them
    /// finds the scan's first entry, a seek after them none.
    ///
    /// # Errors
    ///
    /// As for [`advance`](Cursor::advance).
    fn seek(&mut self, key: &[u8]) -> Result<()>;
}

impl<C: Cursor + ?Sized> Cursor for Box<C> {
    fn entry(&self) -> Option<(&[u8], &[u8])> {
        (**self).entry()
    }

    fn advance(&mut self) -> Result<()> {
        (**self).advance()
    }

    fn seek(&mut self, key: &[u8]) -> Result<()> {
        (**self).seek(key)
    }
}

/// The entries of a scan as an ordinary iterator, each copied out.
///
/// After an error it yields that error once and then ends.
pub struct Entries<'s> {
    cursor: Option<Box<dyn Cursor + 's>>,
}

impl<'s> Entries<'s> {
    /// Iterates from where `cursor` stands.
    pub fn new(cursor: Box<dyn Cursor + 's>) -> Self {
        Entries {
            cursor: Some(cursor),
        }
    }
}

impl Iterator for Entries<'_> {
    type Item = Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        let cursor = self.cursor.as_mut()?;
        let Some((key, value)) = cursor.entry() else {
            // After the last entry, or after an error: advancing tells.
            let end = cursor.advance();
            self.cursor = None;
            return end.err().map(Err);
        };
        let entry = (key.to_vec(), value.to_vec());
        // An error is sticky, so the next call will meet it again.
        let _met_again_by_the_next_call = cursor.advance();
        Some(Ok(entry))
    }
}

impl std::fmt::Debug for Entries<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entries")
            .field("ended", &self.cursor.is_none())
            .finish()
    }
}
