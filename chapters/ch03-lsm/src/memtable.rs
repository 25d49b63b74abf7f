//! The newest writes, in memory: each under its key and its sequence number.

use std::ops::Bound;
use std::sync::Arc;

use engine::{Order, Result, Write};

use crate::arena::Address;
use crate::node::Place;
use crate::skip_list::SkipList;
use crate::source::Source;

/// Writes in memory.
///
/// Each has a *sequence number*, which is larger than that of all writes before
/// it; the newest version of a key that is not newer than some number is the
/// key's state at that moment. A deleted key has a version, too, a *tombstone*:
/// it hides what older tables hold of the key.
///
/// One thread at a time inserts. Any thread may read meanwhile, and waits for
/// nobody. It sees all writes that happened before, in the sense in which a
/// release happens before the acquire that reads it; of those that are made
/// meanwhile it may see some, which is why it says up to which number.
#[derive(Debug)]
pub struct Memtable {
    list: SkipList,
}

impl Memtable {
    /// An empty memtable that is to be frozen when it takes so many bytes. A
    /// batch that is begun before may be finished.
    pub fn new(bytes_max: usize) -> Self {
        Memtable {
            list: SkipList::new(bytes_max),
        }
    }

    /// Adds a write. No other of this key has the same number.
    ///
    /// # Panics
    ///
    /// As [`SkipList::insert`].
    pub fn insert(&self, seq: u64, write: &Write<'_>) {
        self.list.insert(write.key(), seq, write.value());
    }

    /// Looks up the newest version of a key that is not newer than `seq`.
    ///
    /// The answer is `Some(true)` for a value, which is then all that `value`
    /// holds, `Some(false)` for a tombstone, and `None` where there is no such
    /// version. In the last two cases `value` stays as it is.
    ///
    /// # Exercise 3.2
    pub fn get(&self, key: &[u8], seq: u64, value: &mut Vec<u8>) -> Option<bool> {
        todo!("exercise 3.2: Looks up the newest version of a key that is not newer than `seq`")
    }

    /// How many bytes of memory its entries take. Of what is set aside for
    /// more, up to a quarter may be left unused.
    pub fn bytes(&self) -> usize {
        self.list.bytes()
    }

    /// Whether nothing was inserted.
    pub fn is_empty(&self) -> bool {
        self.list.first().is_none()
    }

    /// A walk over the keys, each with its newest version that is not newer than
    /// `seq`. A key without such a version is left out.
    ///
    /// Ascending, a step costs as a rule O(1): it follows a link. Descending it
    /// costs O(log n), since no link leads back: each step is two searches.
    pub fn source(self: &Arc<Self>, seq: u64, order: Order) -> MemtableSource {
        MemtableSource {
            memtable: Arc::clone(self),
            seq,
            order,
            at: None,
            key: Vec::new(),
            value: Vec::new(),
            is_put: false,
        }
    }
}

/// A walk over a [`Memtable`]. It shows copies: words cannot be lent as bytes.
#[derive(Debug)]
pub struct MemtableSource {
    memtable: Arc<Memtable>,
    seq: u64,
    order: Order,
    /// The version that it shows.
    at: Option<Address>,
    key: Vec<u8>,
    value: Vec<u8>,
    is_put: bool,
}

impl MemtableSource {
    /// Shows the first key, from that of a node on, that has a visible version:
    /// one that is not newer than the source's number.
    ///
    /// Ascending, the node is the newest version of its key or lies in front of
    /// all that are visible. Descending, it is the oldest one.
    ///
    /// # Exercise 3.2
    fn show_from(&mut self, node: Option<Address>) {
        todo!(
            "exercise 3.2: Shows the first key, from that of a node on, that has a visible version: one that is not newer than the source's number"
        )
    }
}

impl Source for MemtableSource {
    fn key(&self) -> Option<&[u8]> {
        self.at.is_some().then_some(&self.key)
    }

    fn value(&self) -> Option<&[u8]> {
        self.is_put.then_some(&self.value)
    }

    fn advance(&mut self) -> Result<()> {
        let Some(at) = self.at else { return Ok(()) };
        let list = &self.memtable.list;
        let next = match self.order {
            Order::Ascending => list.first_behind_near(list.node(at), &Place::behind(&self.key)),
            Order::Descending => list.last_before(&Place::before(&self.key)),
        };
        self.show_from(next.map(|node| node.address()));
        Ok(())
    }

    fn seek(&mut self, to: Bound<&[u8]>) -> Result<()> {
        let list = &self.memtable.list;
        let found = match (self.order, to) {
            (Order::Ascending, Bound::Included(key)) => {
                list.first_behind(&Place::newest(key, self.seq))
            }
            (Order::Ascending, Bound::Excluded(key)) => list.first_behind(&Place::behind(key)),
            (Order::Ascending, Bound::Unbounded) => list.first(),
            (Order::Descending, Bound::Included(key)) => list.last_before(&Place::behind(key)),
            (Order::Descending, Bound::Excluded(key)) => list.last_before(&Place::before(key)),
            (Order::Descending, Bound::Unbounded) => list.last(),
        };
        self.show_from(found.map(|node| node.address()));
        Ok(())
    }
}
