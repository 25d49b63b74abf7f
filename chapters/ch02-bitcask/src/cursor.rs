//! A cursor that looks keys up by the chunk and reads each value when it comes
//! to it.

use std::ops::Bound;

use engine::{Counter, Cursor, Error, KeyRange, Order, Result};

use crate::chunk::Chunk;
use crate::record::Says;
use crate::store::Bitcask;

/// How many keys are looked up at first: most scans are short …
const FIRST_KEYS: usize = 8;
/// … and each time twice as many as before, up to this.
const MOST_KEYS: usize = 64;

/// A place among the entries of a scan over a [`Bitcask`].
#[derive(Debug)]
pub struct BitcaskCursor<'b> {
    bitcask: &'b Bitcask,
    /// The bounds of the whole scan, however far it has come.
    range: KeyRange<'static>,
    order: Order,
    chunk: Chunk,
    /// How many keys were asked for in the chunk.
    keys: usize,
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
            chunk: Chunk::default(),
            keys: FIRST_KEYS,
            at: 0,
            value: Vec::new(),
            failed: None,
        };
        let range = cursor.range.clone();
        cursor.refill(&range);
        cursor.settle()?;
        Ok(cursor)
    }

    /// Looks up the first keys of `range`.
    fn refill(&mut self, range: &KeyRange<'_>) {
        let index = &self.bitcask.index;
        self.chunk.fill(index, range, self.order, self.keys);
        self.at = 0;
        let visited = self.chunk.len() as u64;
        self.bitcask.counters.add(Counter::EntriesVisited, visited);
    }

    /// Reads the value of the key at which the cursor stands, and answers
    /// whether there is one.
    fn read(&mut self) -> Result<bool> {
        let key = self.chunk.key(self.at);
        let value = &mut self.value;
        let found = self.chunk.read(self.at, |record| match record.says {
            Says::Put {
                key: found,
                value: bytes,
                expires: None,
            } if found == key => {
                value.clear();
                value.extend_from_slice(bytes);
                true
            }
            _ => false,
        })?;
        match found {
            None => Ok(false),
            Some(true) => Ok(true),
            // Another key of that hash, or one that may have expired.
            Some(false) => self.bitcask.look_up(key, value),
        }
    }

    /// Goes on to the first key, from the one at which the cursor stands, that
    /// has a value still, and reads it.
    fn settle(&mut self) -> Result<()> {
        loop {
            if self.at == self.chunk.len() {
                if self.chunk.len() < self.keys {
                    return Ok(());
                }
                let last = self.chunk.key(self.at - 1).to_vec();
                let rest = behind(&self.range, self.order, &last).into_owned();
                self.keys = MOST_KEYS.min(2 * self.keys);
                self.refill(&rest);
                continue;
            }
            match self.read() {
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
        let stands = self.failed.is_none() && self.at < self.chunk.len();
        stands.then(|| (self.chunk.key(self.at), self.value.as_slice()))
    }

    fn advance(&mut self) -> Result<()> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        if self.at < self.chunk.len() {
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
        self.keys = FIRST_KEYS;
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
