//! Sorted tables: how they are written, and how they are read.

use std::ops::Bound;
use std::sync::Arc;

use engine::disk::File;
use engine::{Counter, Counters, Error, KeyRange, Order, Result, Write};

use super::memtable::Value;
use super::steps::Steps;
use crate::log_engine::format::{decode_changes, encode_change, u32_at, u64_at};

/// A key, and what was left under it.
pub(crate) type Entry = (Vec<u8>, Value);

/// How many entries a block has: so few that short scripts fill some.
const BLOCK_ENTRIES: usize = 4;
/// How many bits of a filter a key has.
const FILTER_BITS: usize = 10;
/// How many of them are set for it.
const PROBES: usize = 3;
/// The length of the foot: the length of the tail, and its checksum.
const FOOT_BYTES: usize = 8;

/// An open table.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) number: u64,
    file: Box<dyn File>,
    /// The first key of each block, and where the block is.
    index: Vec<(Vec<u8>, Place)>,
    largest: Vec<u8>,
    pub(crate) filter: Vec<u8>,
    counters: Arc<Counters>,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    offset: u64,
    len: u32,
}

/// The bytes of a table with these entries, of which there are some, in the
/// order of their keys:
///
/// ```text
/// size  field
///    4  crc32       over the block's place in the file (8 bytes) and the
///                   changes behind this field
///       changes     of up to 4 entries, each as a record of a log spells it
///       the next block, and so on
///    4  filter_len  bytes, with which the tail begins
///       filter
///       changes     for each block a put under its first key, of its offset
///                   (8) and its length (4); then one under the largest key
///    4  tail_len    bytes
///    4  crc32       over the tail and its length
/// ```
///
/// All numbers are little-endian.
pub(crate) fn encode(steps: &dyn Steps, entries: &[Entry]) -> Vec<u8> {
    let (mut bytes, mut index) = (Vec::new(), Vec::new());
    for block in entries.chunks(BLOCK_ENTRIES) {
        let offset = bytes.len() as u64;
        let mut body = Vec::new();
        for (key, value) in block {
            encode_change(&mut body, &change(key, value));
        }
        bytes.extend_from_slice(&checksum(offset, &body).to_le_bytes());
        bytes.extend_from_slice(&body);
        let place = [&offset.to_le_bytes()[..], &length(4 + body.len())].concat();
        encode_change(&mut index, &Write::put(&block[0].0, &place));
    }
    let (largest, _) = entries.last().expect("a table has entries");
    encode_change(&mut index, &Write::put(largest, ""));
    let mut filter = vec![0; (entries.len() * FILTER_BITS).div_ceil(8)];
    for (key, _) in entries {
        steps.add_to_filter(&mut filter, key);
    }
    let mut tail = [&length(filter.len())[..], &filter, &index].concat();
    tail.extend_from_slice(&length(tail.len()));
    let crc = crc32fast::hash(&tail);
    [bytes, tail, crc.to_le_bytes().to_vec()].concat()
}

fn change<'a>(key: &'a Vec<u8>, value: &'a Value) -> Write<'a> {
    match value {
        Some(value) => Write::put(key, value),
        None => Write::delete(key),
    }
}

fn length(len: usize) -> [u8; 4] {
    let len = u32::try_from(len).expect("no table reaches 4 GiB");
    len.to_le_bytes()
}

/// The checksum of a block. Its place goes in, so that one block is not taken
/// for another.
fn checksum(offset: u64, body: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&offset.to_le_bytes());
    crc.update(body);
    crc.finalize()
}

/// The bits of a filter of so many bytes that are set for a key.
pub(crate) fn filter_bits(hash: u64, bytes: usize) -> impl Iterator<Item = (usize, u8)> {
    let step = hash.rotate_right(33) | 1;
    let bits = 8 * bytes.max(1) as u64;
    (0..PROBES as u64).map(move |probe| {
        let bit = hash.wrapping_add(probe.wrapping_mul(step)) % bits;
        let byte = usize::try_from(bit / 8).expect("a filter fits in memory");
        (byte, 1 << (bit % 8))
    })
}

/// The hash of a key: FNV-1a.
pub(crate) fn hash(key: &[u8]) -> u64 {
    key.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

impl Table {
    /// Reads the tail of the table in `file`.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] and [`Error::Io`].
    pub(crate) fn open(
        steps: &dyn Steps,
        number: u64,
        file: Box<dyn File>,
        counters: &Arc<Counters>,
    ) -> Result<Self> {
        let damage = |what| Error::corrupt(file.name(), 0, what);
        let cut_off = || damage("the table is cut off");
        let len = usize::try_from(file.len()?).expect("a table fits in memory");
        let foot_at = len.checked_sub(FOOT_BYTES).ok_or_else(cut_off)?;
        let mut foot = [0; FOOT_BYTES];
        file.read_exact_at(foot_at as u64, &mut foot)?;
        let tail_len = u32_at(&foot, 0) as usize;
        let tail_at = foot_at.checked_sub(tail_len).ok_or_else(cut_off)?;
        let mut tail = vec![0; tail_len + 4];
        file.read_exact_at(tail_at as u64, &mut tail)?;
        if !steps.tail_matches(u32_at(&foot, 4), &tail) {
            return Err(damage("the tail's checksum does not match"));
        }
        let (filter, index, largest) =
            decode_tail(&tail[..tail_len]).ok_or_else(|| damage("the tail makes no sense"))?;
        Ok(Table {
            number,
            file,
            index,
            largest,
            filter,
            counters: Arc::clone(counters),
        })
    }

    pub(crate) fn smallest(&self) -> &[u8] {
        &self.index[0].0
    }

    pub(crate) fn largest(&self) -> &[u8] {
        &self.largest
    }

    /// Answers whether the key is not outside of its keys.
    pub(crate) fn spans(&self, key: &[u8]) -> bool {
        self.smallest() <= key && key <= self.largest()
    }

    /// What the table knows of `key`, without a look at the filter.
    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<Value>> {
        let behind = self.index.partition_point(|(first, _)| &first[..] <= key);
        let Some(block) = behind.checked_sub(1) else {
            return Ok(None);
        };
        let mut entries = self.read(block)?.into_iter();
        Ok(entries
            .find(|(found, _)| found == key)
            .map(|(_, value)| value))
    }

    /// The first entry of `range`, in that order.
    pub(crate) fn next(&self, range: &KeyRange<'_>, order: Order) -> Result<Option<Entry>> {
        let (Bound::Included(start) | Bound::Excluded(start)) = range.start() else {
            return self.next_from(0, range, order);
        };
        if start > self.largest() {
            return Ok(None);
        }
        let behind = self.index.partition_point(|(first, _)| &first[..] <= start);
        self.next_from(behind.saturating_sub(1), range, order)
    }

    /// As `next`, in the blocks from this one on.
    fn next_from(&self, at: usize, range: &KeyRange<'_>, order: Order) -> Result<Option<Entry>> {
        let is_behind = |first: &[u8]| match range.end() {
            Bound::Included(end) => first > end,
            Bound::Excluded(end) => first >= end,
            Bound::Unbounded => false,
        };
        let blocks = self.index.iter().enumerate().skip(at);
        let mut blocks: Vec<usize> = blocks
            .take_while(|(_, (first, _))| !is_behind(first))
            .map(|(block, _)| block)
            .collect();
        if order == Order::Descending {
            blocks.reverse();
        }
        for block in blocks {
            let mut entries = self.read(block)?;
            entries.retain(|(key, _)| range.contains(key));
            let found = match order {
                Order::Ascending => entries.into_iter().next(),
                Order::Descending => entries.pop(),
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// The entries of a block.
    fn read(&self, block: usize) -> Result<Vec<Entry>> {
        self.counters.add(Counter::PagesTouched, 1);
        let Place { offset, len } = self.index[block].1;
        let damage = |what| Error::corrupt(self.file.name(), offset, what);
        if offset.saturating_add(u64::from(len)) > self.file.len()? || len < 4 {
            return Err(damage("the block is cut off"));
        }
        let mut bytes = vec![0; len as usize];
        self.file.read_exact_at(offset, &mut bytes)?;
        let (crc, body) = bytes.split_at(4);
        if u32_at(crc, 0) != checksum(offset, body) {
            return Err(damage("the block's checksum does not match"));
        }
        let changes = decode_changes(body).ok_or_else(|| damage("the block makes no sense"))?;
        let entry =
            |change: &Write<'_>| (change.key().to_vec(), change.value().map(<[u8]>::to_vec));
        Ok(changes.iter().map(entry).collect())
    }
}

type Tail = (Vec<u8>, Vec<(Vec<u8>, Place)>, Vec<u8>);

/// Filter, index and largest key, as a tail without its length tells them.
fn decode_tail(tail: &[u8]) -> Option<Tail> {
    let (len, rest) = tail.split_at_checked(4)?;
    let (filter, index) = rest.split_at_checked(u32_at(len, 0) as usize)?;
    let changes = decode_changes(index)?;
    let (largest, blocks) = changes.split_last()?;
    let block = |change: &Write<'_>| {
        let place = change.value().filter(|place| place.len() == 12)?;
        let (offset, len) = (u64_at(place, 0), u32_at(place, 8));
        Some((change.key().to_vec(), Place { offset, len }))
    };
    let index: Option<Vec<_>> = blocks.iter().map(block).collect();
    let index = index.filter(|index| !index.is_empty())?;
    Some((filter.to_vec(), index, largest.key().to_vec()))
}
