//! A block: entries in the order of their keys, in a few kilobytes that are
//! read together.
//!
//! Neighbouring keys begin alike, so a key stands there without the bytes that
//! it has in common with the one before. Whoever wants to read one in the
//! middle would have to read all before it, so every now and then a key stands
//! whole: a *restart*. The entries from one restart to the next are a *group*,
//! and where the groups begin is written at the block's end: a search goes
//! from group to group by halves, and then through one group from its front.
//!
//! The values stand apart from the keys, in front of them. A search walks over
//! keys, and when they are side by side a few cache lines hold all that it
//! reads; with a value between any two, nearly each step would wait for memory.

use std::cmp::Ordering;
use std::hint::black_box;
use std::ops::Range;

use engine::Result;

use crate::varint;

mod builder;

pub use builder::BlockBuilder;

/// How many entries a group has; the last one of a block may have fewer.
pub const GROUP_ENTRIES: usize = 16;
/// The longest key, in bytes.
pub const KEY_BYTES_MAX: usize = u16::MAX as usize;

/// A block's bytes, to be read.
///
/// Whatever the bytes are, reading them panics nowhere, and ends.
#[derive(Debug, Clone, Copy)]
pub struct Block<'b> {
    /// Values and keys.
    bytes: &'b [u8],
    groups: &'b [[u8; 8]],
}

impl<'b> Block<'b> {
    /// The block that has these bytes.
    ///
    /// # Errors
    ///
    /// What is wrong, as a phrase; so it is with all that follows.
    pub fn new(bytes: &'b [u8]) -> Result<Self, &'static str> {
        let Some((rest, groups)) = bytes.split_last_chunk() else {
            return Err("a block is cut off");
        };
        let len = (u32::from_le_bytes(*groups) as usize).checked_mul(8);
        let Some(at) = len.and_then(|len| rest.len().checked_sub(len)) else {
            return Err("a block is too short for its groups");
        };
        let (bytes, groups) = rest.split_at(at);
        let (groups, _none) = groups.as_chunks();
        Ok(Block { bytes, groups })
    }

    /// How many groups it has.
    pub fn groups(&self) -> usize {
        self.groups.len()
    }

    /// Has the processor fetch the keys, or many of them: it can have several
    /// lines under way at a time, and a search would wait for one after the
    /// other.
    pub fn fetch(bytes: &[u8]) {
        /// What a processor fetches in one piece.
        const LINE_BYTES: usize = 64;
        /// In how many bytes at its end a block of 4 KiB has all its keys, if
        /// its entries have a hundred bytes each.
        const KEYS_BYTES: usize = 768;
        let keys = &bytes[bytes.len().saturating_sub(KEYS_BYTES)..];
        keys.iter().step_by(LINE_BYTES).for_each(|byte| {
            black_box(*byte);
        });
    }

    /// The last group whose first key is at most `key`: if `key` is in the
    /// block, it is in there. `None` where it lies before the first group.
    ///
    /// # Exercise 3.5
    pub fn group_of(&self, key: &[u8]) -> Result<Option<usize>, &'static str> {
        todo!(
            "exercise 3.5: The last group whose first key is at most `key`: if `key` is in the block, it is in there"
        )
    }

    /// What the block says of `key`: `None` where nothing, `Some(None)` where
    /// it is deleted, else its value.
    pub fn get(&self, key: &[u8]) -> Result<Option<Option<&'b [u8]>>, &'static str> {
        let last = self.last_at_most(key)?;
        Ok(last.filter(|last| last.is_equal).map(|last| last.value))
    }

    /// The last entry whose key is at most `key`; `None` where `key` lies before
    /// the first.
    ///
    /// The walk through the group puts no key together. It knows how much of
    /// `key` the entry before, which is smaller, begins with. An entry that
    /// shares more than that with the one before differs from `key` where that
    /// one did, and is smaller, too. One that shares less has grown at a byte
    /// where the one before still agreed with `key`, and is larger. Only where
    /// it shares just as much, its suffix is compared.
    ///
    /// # Exercise 3.5
    pub fn last_at_most(&self, key: &[u8]) -> Result<Option<Last<'b>>, &'static str> {
        todo!(
            "exercise 3.5: The last entry whose key is at most `key`; `None` where `key` lies before the first"
        )
    }

    /// The value of the entry of this number, if it has one.
    pub fn nth(&self, number: usize) -> Result<Option<&'b [u8]>, &'static str> {
        let mut entries = self.entries(number / GROUP_ENTRIES)?;
        let entry = entries.nth(number % GROUP_ENTRIES).ok_or(NO_ENTRY)?;
        self.value(entry?.value)
    }

    /// Reads all entries of a group into `group`, in place of what it held.
    pub fn read_group(&self, number: usize, group: &mut Group) -> Result<(), &'static str> {
        group.keys.clear();
        group.slots.clear();
        let mut last = 0..0;
        for entry in self.entries(number)? {
            let entry = entry?;
            let key_len = entry.shared.saturating_add(entry.suffix.len());
            if entry.shared > last.len() || key_len > KEY_BYTES_MAX {
                return Err("a key is longer than it can be");
            }
            if group.slots.len() == GROUP_ENTRIES {
                return Err("a group of a block does not end");
            }
            self.value(entry.value.clone())?;
            let shared = last.start..last.start + entry.shared;
            last = group.keys.len()..group.keys.len() + key_len;
            group.keys.extend_from_within(shared);
            group.keys.extend_from_slice(entry.suffix);
            let (key, value) = (last.clone(), entry.value);
            group.slots.push(Slot { key, value });
        }
        match group.is_empty() {
            true => Err(NO_ENTRY),
            false => Ok(()),
        }
    }

    /// The entries of a group.
    fn entries(&self, group: usize) -> Result<Entries<'b>, &'static str> {
        let ((start, value), (end, _)) = (self.starts(group), self.starts(group + 1));
        match self.bytes.get(start..end) {
            Some(rest) => Ok(Entries { rest, value }),
            None => Err("a group of a block ends where it cannot"),
        }
    }

    /// Where the first entry and the first value of a group begin. Keys end
    /// where the group after the last would begin.
    pub(crate) fn starts(&self, group: usize) -> (usize, usize) {
        let Some([k0, k1, k2, k3, v0, v1, v2, v3]) = self.groups.get(group) else {
            return (self.bytes.len(), 0);
        };
        let key = u32::from_le_bytes([*k0, *k1, *k2, *k3]);
        let value = u32::from_le_bytes([*v0, *v1, *v2, *v3]);
        (key as usize, value as usize)
    }

    /// The first key of a group.
    fn first_key(&self, group: usize) -> Result<&'b [u8], &'static str> {
        let (start, value) = self.starts(group);
        let rest = self.bytes.get(start..).unwrap_or_default();
        match (Entries { rest, value }).take_entry() {
            Some(entry) if entry.shared == 0 => Ok(entry.suffix),
            _ => Err("no group of a block begins here"),
        }
    }

    /// The value that stands there, if there is one.
    fn value(&self, value: Option<Range<usize>>) -> Result<Option<&'b [u8]>, &'static str> {
        let Some(value) = value else {
            return Ok(None);
        };
        let bytes = self.bytes.get(value);
        bytes.map(Some).ok_or("a value of a block is cut off")
    }
}

/// What is wrong where an entry goes on beyond the end.
const CUT_OFF: &str = "an entry of a block is cut off";
/// What is wrong where an entry should be.
const NO_ENTRY: &str = "a group of a block has too few entries";

/// The last entry whose key is at most another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Last<'b> {
    /// How many entries of the block come before it.
    pub number: usize,
    /// Whether its key is the other one.
    pub is_equal: bool,
    /// Its value; a tombstone has none.
    pub value: Option<&'b [u8]>,
}

/// One entry, as it stands among the keys.
struct Entry<'b> {
    shared: usize,
    suffix: &'b [u8],
    /// Where its value stands; a tombstone has none.
    value: Option<Range<usize>>,
}

/// The entries from some place on.
struct Entries<'b> {
    rest: &'b [u8],
    /// Where the next value begins.
    value: usize,
}

impl<'b> Entries<'b> {
    /// Takes the next entry; `None` where it goes on beyond the end.
    #[inline]
    fn take_entry(&mut self) -> Option<Entry<'b>> {
        let mut number = || usize::try_from(varint::take(&mut self.rest)?).ok();
        let (shared, suffix_len, value_len) = (number()?, number()?, number()?);
        let (suffix, rest) = self.rest.split_at_checked(suffix_len)?;
        self.rest = rest;
        let mut value = None;
        if let Some(len) = value_len.checked_sub(1) {
            let start = self.value;
            self.value = start.checked_add(len)?;
            value = Some(start..self.value);
        }
        Some(Entry {
            shared,
            suffix,
            value,
        })
    }
}

impl<'b> Iterator for Entries<'b> {
    type Item = Result<Entry<'b>, &'static str>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        match self.rest.is_empty() {
            true => None,
            false => Some(self.take_entry().ok_or(CUT_OFF)),
        }
    }
}

/// The entries of one group, with their whole keys, to be walked in any
/// direction. Their values stay where they are.
#[derive(Debug, Default)]
pub struct Group {
    keys: Vec<u8>,
    slots: Vec<Slot>,
}

/// Where the parts of an entry are.
#[derive(Debug)]
struct Slot {
    /// Among the keys.
    key: Range<usize>,
    /// In the block.
    value: Option<Range<usize>>,
}

impl Group {
    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Answers whether it has none.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The key of an entry.
    ///
    /// # Panics
    ///
    /// Where there is no such entry.
    pub fn key(&self, entry: usize) -> &[u8] {
        &self.keys[self.slots[entry].key.clone()]
    }

    /// Where in the block the value of an entry stands; a tombstone has none.
    ///
    /// # Panics
    ///
    /// Where there is no such entry.
    pub fn value(&self, entry: usize) -> Option<Range<usize>> {
        self.slots[entry].value.clone()
    }

    /// How many keys, from the front, `is_before` is true of: of those after
    /// it is not.
    pub fn count(&self, is_before: impl Fn(&[u8]) -> bool) -> usize {
        let keys = &self.keys;
        self.slots
            .partition_point(|slot| is_before(&keys[slot.key.clone()]))
    }
}

/// How many bytes two keys have in common at their front.
pub fn common_prefix(one: &[u8], other: &[u8]) -> usize {
    let pairs = one.iter().zip(other);
    pairs.take_while(|(one, other)| one == other).count()
}
