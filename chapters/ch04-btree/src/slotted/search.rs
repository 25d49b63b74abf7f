//! Finds a key in a slotted page.
//!
//! A binary search that looks at keys looks at a cell at each of its steps, and
//! cells are apart: each would be a wait for memory. So a slot has four bytes
//! of its key, too, the *head*. All slots of a page stand in a few lines of the
//! processor's cache, and heads mostly decide. (G. Graefe and P.-Å. Larson,
//! "B-Tree Indexes and CPU Caches", 2001, calls such a head a poor man's
//! normalized key.)
//!
//! The keys of a page are neighbours, and often begin alike. Heads begin after
//! what all of them share, or they would all be the same.

use std::cmp::Ordering;
use std::ops::Range;

use super::{SlotBytes, Slotted, TOO_SHORT};
use crate::page::{Damage, SLOT_BYTES};

/// The length of a head. Two bytes would seldom tell keys of digits apart, and
/// with six the slots would take more lines.
pub const HEAD_BYTES: usize = SLOT_BYTES - 2;

/// Where a key is among those of a page, or would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// How many slots have smaller keys.
    pub slot: usize,
    /// Whether the key of that slot is the one that was looked for.
    pub is_equal: bool,
}

impl Found {
    /// The place in front of a slot, or after all.
    pub fn before(slot: usize) -> Self {
        let is_equal = false;
        Found { slot, is_equal }
    }

    /// How many slots have keys that are not larger.
    pub fn behind(&self) -> usize {
        self.slot + usize::from(self.is_equal)
    }
}

impl Slotted<'_> {
    /// Where `key` is in the page, or would be.
    ///
    /// Heads are compared first, and only where they are equal cells are looked
    /// at, by halves. That takes for granted that `key` begins as the page's
    /// keys do. Whether it does is asked last, and not at all where the key was
    /// found: by `compare_start`, of a cell that the caller is about to need
    /// anyway. A key that begins otherwise lies in front of the first slot
    /// [with a key](Self::first_with_key), or after all.
    ///
    /// # Errors
    ///
    /// What is wrong with a cell that it looked at.
    ///
    /// # Exercise 4.3
    pub fn find(&self, key: &[u8]) -> Result<Found, Damage> {
        todo!("exercise 4.3: Where `key` is in the page, or would be")
    }

    /// The slots whose head this is: before them are smaller ones, and after
    /// them larger ones. Where none has it, an empty range at that place.
    ///
    /// Among the slots are only those [with a key](Self::first_with_key), and
    /// no cell is looked at. Heads rise from slot to slot; where they do not,
    /// the page is damaged, and any range of its slots will do.
    ///
    /// # Exercise 4.3
    fn alike(&self, wanted: u32) -> Range<usize> {
        todo!(
            "exercise 4.3: The slots whose head this is: before them are smaller ones, and after them larger ones"
        )
    }

    /// On which side of all keys of the page `key` lies, judged by what those
    /// begin with; `Equal` where it begins so, too. It is read from the key
    /// before `slot`, or the first one.
    fn compare_start(&self, key: &[u8], slot: usize) -> Result<Ordering, Damage> {
        let first = self.first_with_key();
        if self.count() <= first {
            return Ok(Ordering::Equal);
        }
        let near = self.cell(slot.saturating_sub(1).max(first))?.key;
        let shared = near.get(..self.header.shared).ok_or(TOO_SHORT)?;
        // A key that ends within what is shared is smaller.
        Ok(key[..shared.len().min(key.len())].cmp(shared))
    }

    /// The head of a slot.
    ///
    /// # Panics
    ///
    /// Where there is no such slot.
    pub fn head(&self, slot: usize) -> u32 {
        head(&self.slots[slot])
    }
}

/// The head of a slot.
#[inline]
fn head(slot: &SlotBytes) -> u32 {
    let [_, _, head @ ..] = *slot;
    number(head)
}

/// The head of a key on a page whose keys share so many bytes.
#[inline]
pub fn head_of(key: &[u8], shared: usize) -> u32 {
    let rest = key.get(shared..).unwrap_or_default();
    if let Some(head) = rest.first_chunk() {
        return number(*head);
    }
    let mut head = [0; HEAD_BYTES];
    head[..rest.len()].copy_from_slice(rest);
    number(head)
}

/// A head as a number: in the order of the keys, the first byte is the highest.
#[inline]
#[expect(clippy::big_endian_bytes, reason = "heads compare as their bytes do")]
fn number(head: [u8; HEAD_BYTES]) -> u32 {
    u32::from_be_bytes(head)
}

/// The bytes of a head.
#[expect(clippy::big_endian_bytes, reason = "heads compare as their bytes do")]
pub(super) fn bytes_of(head: u32) -> [u8; HEAD_BYTES] {
    head.to_be_bytes()
}

/// How many bytes two keys have in common at their front.
pub fn common_prefix(one: &[u8], other: &[u8]) -> usize {
    let pairs = one.iter().zip(other);
    pairs.take_while(|(one, other)| one == other).count()
}
