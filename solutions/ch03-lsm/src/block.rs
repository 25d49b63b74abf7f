//! A block: entries in the order of their keys, in a few kilobytes that are
//! read together.
//!
//! Neighbouring keys begin alike, so a key stands there without the bytes that
//! it has in common with the one before. Whoever wants to read one in the
//! middle would have to read all before it, so every now and then a key stands
//! whole: a *restart*. The entries from one restart to the next are a *group*,
//! and where the groups begin is written at the block's end: a search goes
//! from group to group by halves, and then through one group from its front.

use std::cmp::Ordering;
use std::ops::Range;

use engine::Result;

use crate::varint;

/// The most entries of a group.
pub const GROUP_ENTRIES: usize = 16;
/// The longest key, in bytes.
pub const KEY_BYTES_MAX: usize = u16::MAX as usize;

/// Writes a block.
///
/// ```text
/// offset  size  field
///      0     …  entries
///      …     4  restart  of each group: the offset of its first entry
///      …     4  groups   how many there are
/// ```
///
/// The numbers are little-endian. Each entry is
///
/// ```text
/// offset  size  field
///      0     …  shared      varint: how many bytes of the key before this one begins with
///      …     …  suffix_len  varint: bytes of the key behind those
///      …     …  value_len   varint: 0 for a tombstone, else 1 more than the value has bytes
///      …     …  suffix      the key, without what is shared
///      …     …  value       any bytes
/// ```
///
/// and the first of a group shares nothing.
#[derive(Debug)]
pub struct BlockBuilder {
    group_entries: usize,
    bytes: Vec<u8>,
    restarts: Vec<u32>,
    entries: usize,
    last_key: Vec<u8>,
}

impl BlockBuilder {
    /// An empty block whose groups will have this many entries each.
    pub fn new(group_entries: usize) -> Self {
        assert!(
            (1..=GROUP_ENTRIES).contains(&group_entries),
            "readers take groups of 1 to {GROUP_ENTRIES} entries"
        );
        BlockBuilder {
            group_entries,
            bytes: Vec::new(),
            restarts: Vec::new(),
            entries: 0,
            last_key: Vec::new(),
        }
    }

    /// Appends an entry, whose key is larger than all before; without a value
    /// it is a tombstone.
    ///
    /// # Exercise 3.5
    pub fn add(&mut self, key: &[u8], value: Option<&[u8]>) {
        let shared = if self.entries.is_multiple_of(self.group_entries) {
            let restart = u32::try_from(self.bytes.len()).expect("a block is below 4 GiB");
            self.restarts.push(restart);
            0
        } else {
            common_prefix(&self.last_key, key)
        };
        let suffix = &key[shared..];
        let value_len = value.map_or(0, |value| value.len() as u64 + 1);
        varint::append(&mut self.bytes, shared as u64);
        varint::append(&mut self.bytes, suffix.len() as u64);
        varint::append(&mut self.bytes, value_len);
        self.bytes.extend_from_slice(suffix);
        self.bytes.extend_from_slice(value.unwrap_or_default());
        self.last_key.truncate(shared);
        self.last_key.extend_from_slice(suffix);
        self.entries += 1;
    }

    /// How long the block is so far, in bytes.
    pub fn len(&self) -> usize {
        self.bytes.len() + 4 * (self.restarts.len() + 1)
    }

    /// Answers whether it has no entry.
    pub fn is_empty(&self) -> bool {
        self.entries == 0
    }

    /// The key of the last entry, be it in this block or, where this one has
    /// none, in the one before.
    pub fn last_key(&self) -> &[u8] {
        &self.last_key
    }

    /// Ends the block, and lends its bytes. [`clear`](Self::clear) comes next.
    ///
    /// # Exercise 3.5
    pub fn finish(&mut self) -> &[u8] {
        for restart in &self.restarts {
            self.bytes.extend_from_slice(&restart.to_le_bytes());
        }
        let groups = u32::try_from(self.restarts.len()).expect("a block is below 4 GiB");
        self.bytes.extend_from_slice(&groups.to_le_bytes());
        &self.bytes
    }

    /// Begins an empty block, in the same memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.restarts.clear();
        self.entries = 0;
    }
}

/// A block's bytes, to be read.
///
/// Whatever the bytes are, reading them panics nowhere, and ends.
#[derive(Debug, Clone, Copy)]
pub struct Block<'b> {
    entries: &'b [u8],
    restarts: &'b [[u8; 4]],
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
        let groups = u32::from_le_bytes(*groups) as usize;
        let restarts = groups.checked_mul(4);
        let Some(at) = restarts.and_then(|restarts| rest.len().checked_sub(restarts)) else {
            return Err("a block is too short for its groups");
        };
        let (entries, restarts) = rest.split_at(at);
        let (restarts, _none) = restarts.as_chunks();
        Ok(Block { entries, restarts })
    }

    /// How many groups it has.
    pub fn groups(&self) -> usize {
        self.restarts.len()
    }

    /// The first entry of a group: its key, and its value, if it has one.
    pub fn first(&self, group: usize) -> Result<(&'b [u8], Option<&'b [u8]>), &'static str> {
        let mut rest = self.entries.get(self.restart(group)..).unwrap_or_default();
        match Entry::take(&mut rest) {
            Some(entry) if entry.shared == 0 => Ok((entry.suffix, entry.value)),
            _ => Err("no group of a block begins here"),
        }
    }

    /// The last group whose first key is at most `key`: if `key` is in the
    /// block, it is in there. `None` where it lies before the first group.
    ///
    /// # Exercise 3.5
    pub fn group_of(&self, key: &[u8]) -> Result<Option<usize>, &'static str> {
        // Groups before `low` begin at `key` or before it, those from `high` on behind it.
        let (mut low, mut high) = (0, self.groups());
        while low < high {
            let middle = low.midpoint(high);
            let (first, _) = self.first(middle)?;
            if first <= key {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low.checked_sub(1))
    }

    /// What the block says of `key`: `None` where nothing, `Some(None)` where
    /// it is deleted, else its value.
    ///
    /// The walk through the group puts no key together. It knows how much of
    /// `key` the entry before it, which is smaller, begins with. An entry that
    /// shares more than that with the one before differs from `key` where that
    /// one did, and is smaller, too. One that shares less has grown at a byte
    /// where the one before still agreed with `key`, and is larger. Only where
    /// it shares just as much, its suffix is compared.
    ///
    /// # Exercise 3.5
    pub fn get(&self, key: &[u8]) -> Result<Option<Option<&'b [u8]>>, &'static str> {
        let Some(group) = self.group_of(key)? else {
            return Ok(None);
        };
        let mut rest = &self.entries[self.group(group)?];
        let mut matched = 0;
        while !rest.is_empty() {
            let entry = Entry::take(&mut rest).ok_or(CUT_OFF)?;
            match entry.shared.cmp(&matched) {
                Ordering::Greater => continue,
                Ordering::Less => return Ok(None),
                Ordering::Equal => {}
            }
            let wanted = &key[matched..];
            match entry.suffix.cmp(wanted) {
                Ordering::Less => matched += common_prefix(entry.suffix, wanted),
                Ordering::Equal => return Ok(Some(entry.value)),
                Ordering::Greater => return Ok(None),
            }
        }
        Ok(None)
    }

    /// Reads all entries of a group into `group`, in place of what it held.
    pub fn read_group(&self, number: usize, group: &mut Group) -> Result<(), &'static str> {
        group.keys.clear();
        group.slots.clear();
        let Range { start, end } = self.group(number)?;
        let mut rest = &self.entries[start..end];
        let mut last = 0..0;
        while !rest.is_empty() {
            let entry = Entry::take(&mut rest).ok_or(CUT_OFF)?;
            let key_len = entry.shared.saturating_add(entry.suffix.len());
            if entry.shared > last.len() || key_len > KEY_BYTES_MAX {
                return Err("a key is longer than it can be");
            }
            if group.slots.len() == GROUP_ENTRIES {
                return Err("a group of a block does not end");
            }
            let shared = last.start..last.start + entry.shared;
            last = group.keys.len()..group.keys.len() + key_len;
            group.keys.extend_from_within(shared);
            group.keys.extend_from_slice(entry.suffix);
            let behind = end - rest.len();
            group.slots.push(Slot {
                key: last.clone(),
                value: entry.value.map(|value| behind - value.len()..behind),
            });
        }
        match group.slots.is_empty() {
            true => Err("a group of a block has no entry"),
            false => Ok(()),
        }
    }

    /// Where the entries of a group stand.
    fn group(&self, group: usize) -> Result<Range<usize>, &'static str> {
        let (start, end) = (self.restart(group), self.restart(group + 1));
        match start <= end && end <= self.entries.len() {
            true => Ok(start..end),
            false => Err("a group of a block ends where it cannot"),
        }
    }

    /// Where a group begins; all entries end where the one behind the last
    /// would.
    fn restart(&self, group: usize) -> usize {
        let restart = self.restarts.get(group);
        restart.map_or(self.entries.len(), |at| u32::from_le_bytes(*at) as usize)
    }
}

/// What is wrong where an entry goes on behind the end.
const CUT_OFF: &str = "an entry of a block is cut off";

/// One entry, as it stands in a block.
struct Entry<'b> {
    shared: usize,
    suffix: &'b [u8],
    value: Option<&'b [u8]>,
}

impl<'b> Entry<'b> {
    /// Takes the entry with which `rest` begins off it.
    #[inline]
    fn take(rest: &mut &'b [u8]) -> Option<Self> {
        let mut number = || usize::try_from(varint::take(rest)?).ok();
        let (shared, suffix_len, value_len) = (number()?, number()?, number()?);
        let (suffix, mut behind) = rest.split_at_checked(suffix_len)?;
        let mut value = None;
        if let Some(len) = value_len.checked_sub(1) {
            let (bytes, behind_it) = behind.split_at_checked(len)?;
            (value, behind) = (Some(bytes), behind_it);
        }
        *rest = behind;
        Some(Entry {
            shared,
            suffix,
            value,
        })
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

    /// How many keys, from the front, `is_before` is true of: of those behind
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
