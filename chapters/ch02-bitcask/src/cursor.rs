//! A cursor that copies keys by the chunk and reads each value when it comes
//! to it.

use std::ops::Bound;

use engine::{Counter, Cursor, Error, KeyRange, Order, Result};

use crate::store::Bitcask;

/// How many keys are copied at a time.
const CHUNK_KEYS: usize = 64;

/// A place among the entries of a scan over a [`Bitcask`].
#[derive(Debug)]
pub struct BitcaskCursor<'b> {
    bitcask: &'b Bitcask,
    /// The bounds of the whole scan, however far it has come.
    range: KeyRange<'static>,
    order: Order,
    /// Keys, back to back, and where each ends.
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// The key in the chunk at which the cursor stands.
    at: usize,
    value: Vec<u8>,
    /// An error is answered for ever.
    failed: Option<Error>,
}

impl<'b> BitcaskCursor<'b> {
    /// A cursor at the first entry of `range` in `order`.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] and [`Error::Io`].
    pub fn new(bitcask: &'b Bitcask, range: KeyRange<'_>, order: Order) -> Result<Self> {
        let mut cursor = BitcaskCursor {
            bitcask,
            range: range.into_owned(),
            order,
            bytes: Vec::new(),
            ends: Vec::new(),
            at: 0,
            value: Vec::new(),
            failed: None,
        };
        let range = cursor.range.clone();
        cursor.refill(&range);
        cursor.settle()?;
        Ok(cursor)
    }

    /// The key at this index of the chunk.
    fn key_at(&self, index: usize) -> &[u8] {
        let start = match index {
            0 => 0,
            _ => self.ends[index - 1],
        };
        &self.bytes[start..self.ends[index]]
    }

    /// Copies the first keys of `range`.
    fn refill(&mut self, range: &KeyRange<'_>) {
        self.bytes.clear();
        self.ends.clear();
        self.at = 0;
        let (bytes, ends) = (&mut self.bytes, &mut self.ends);
        self.bitcask.index.visit(range, self.order, |key| {
            bytes.extend_from_slice(key);
            ends.push(bytes.len());
            ends.len() < CHUNK_KEYS
        });
        let visited = self.ends.len() as u64;
        self.bitcask.counters.add(Counter::EntriesVisited, visited);
    }

    /// Goes on to the first key, from the one at which the cursor stands, that
    /// has a value still, and reads it.
    fn settle(&mut self) -> Result<()> {
        loop {
            if self.at == self.ends.len() {
                if self.ends.len() < CHUNK_KEYS {
                    return Ok(());
                }
                let last = self.key_at(self.at - 1).to_vec();
                let rest = behind(&self.range, self.order, &last).into_owned();
                self.refill(&rest);
                continue;
            }
            let mut value = std::mem::take(&mut self.value);
            let found = self.bitcask.look_up(self.key_at(self.at), &mut value);
            self.value = value;
            match found {
                Ok(true) => return Ok(()),
                Ok(false) => self.at += 1,
                Err(error) => {
                    self.failed = Some(error.clone());
                    return Err(error);
                }
            }
        }
    }
}

impl Cursor for BitcaskCursor<'_> {
    fn entry(&self) -> Option<(&[u8], &[u8])> {
        let stands = self.failed.is_none() && self.at < self.ends.len();
        stands.then(|| (self.key_at(self.at), self.value.as_slice()))
    }

    fn advance(&mut self) -> Result<()> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        if self.at < self.ends.len() {
            self.at += 1;
            self.settle()?;
        }
        Ok(())
    }

    fn seek(&mut self, key: &[u8]) -> Result<()> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let rest = from_key(&self.range, self.order, key).into_owned();
        self.refill(&rest);
        self.settle()
    }
}

/// The part of `range` that a scan in `order` visits after `key`.
fn behind<'k>(range: &'k KeyRange<'_>, order: Order, key: &'k [u8]) -> KeyRange<'k> {
    match order {
        Order::Ascending => KeyRange::new(Bound::Excluded(key), range.end()),
        Order::Descending => KeyRange::new(range.start(), Bound::Excluded(key)),
    }
}

/// The part of `range` that a scan in `order` visits from `key` on.
fn from_key<'k>(range: &'k KeyRange<'_>, order: Order, key: &'k [u8]) -> KeyRange<'k> {
    let before_start = match range.start() {
        Bound::Included(start) | Bound::Excluded(start) => key <= start,
        Bound::Unbounded => false,
    };
    let behind_end = match range.end() {
        Bound::Included(end) | Bound::Excluded(end) => key >= end,
        Bound::Unbounded => false,
    };
    match order {
        Order::Ascending if before_start => KeyRange::new(range.start(), range.end()),
        Order::Ascending => KeyRange::new(Bound::Included(key), range.end()),
        Order::Descending if behind_end => KeyRange::new(range.start(), range.end()),
        Order::Descending => KeyRange::new(range.start(), Bound::Included(key)),
    }
}
