//! A walk over a table.

use std::ops::Bound;
use std::sync::Arc;

use engine::{Error, Order, Result};

use super::Table;
use super::stored::Handle;
use crate::block::{Block, Group};
use crate::source::Source;

/// A walk over a table's entries.
///
/// It copies each block that it comes to into memory of its own. So it holds
/// nothing that others wait for, and a long walk does not drive out of the
/// cache what others look up.
#[derive(Debug)]
pub struct TableSource {
    table: Arc<Table>,
    order: Order,
    /// The number of the data block that was copied, and where it stands.
    block: Option<(usize, Handle)>,
    bytes: Vec<u8>,
    /// Which group of the block was read, and what it holds.
    group_number: usize,
    group: Group,
    /// The entry of the group where it stands.
    at: Option<usize>,
    /// An error is answered for ever.
    failed: Option<Error>,
}

impl TableSource {
    /// A walk that stands nowhere yet.
    pub fn new(table: Arc<Table>, order: Order) -> Self {
        TableSource {
            table,
            order,
            block: None,
            bytes: Vec::new(),
            group_number: 0,
            group: Group::default(),
            at: None,
            failed: None,
        }
    }

    /// Stands at the first entry, in its order, that does not lie before the
    /// key, which is `included` or not.
    ///
    /// # Exercise 3.9
    fn seek_key(&mut self, key: &[u8], included: bool) -> Result<()> {
        todo!(
            "exercise 3.9: Stands at the first entry, in its order, that does not lie before the key, which is `included` or not"
        )
    }

    /// Stands at the first entry, in its order, of the next group.
    fn next_group(&mut self) -> Result<()> {
        let groups = self.look(|block| Ok(block.groups()))?;
        match step(self.order, self.group_number, groups) {
            Some(group) => self.enter_group(group),
            None => {
                let (number, _) = self.block.expect("a group was read from a block");
                self.enter_block(step(self.order, number, self.table.blocks()))
            }
        }
    }

    /// Stands at the first entry, in its order, of a block; after the last
    /// entry where there is none.
    fn enter_block(&mut self, number: Option<usize>) -> Result<()> {
        self.at = None;
        let Some(number) = number else {
            return Ok(());
        };
        let Some((number, handle)) = self.table.handle(number)? else {
            return Ok(());
        };
        self.load(number, handle)?;
        let groups = self.look(|block| Ok(block.groups()))?;
        match first(self.order, groups) {
            Some(group) => self.enter_group(group),
            None => Err(self.table.reader.damage(handle, "a block has no entry")),
        }
    }

    /// Stands at the first entry, in its order, of a group.
    fn enter_group(&mut self, group: usize) -> Result<()> {
        self.read_group(group)?;
        self.at = first(self.order, self.group.len());
        Ok(())
    }

    /// Copies a block, if it is another than the present one.
    fn load(&mut self, number: usize, handle: Handle) -> Result<()> {
        if self.block != Some((number, handle)) {
            self.block = None;
            self.table.reader.copy(number, handle, &mut self.bytes)?;
            self.block = Some((number, handle));
        }
        Ok(())
    }

    fn read_group(&mut self, number: usize) -> Result<()> {
        let block = Block::new(&self.bytes);
        let read = block.and_then(|block| block.read_group(number, &mut self.group));
        self.group_number = number;
        read.map_err(|what| self.damage(what))
    }

    /// Looks into the block.
    fn look<T>(&self, look: impl FnOnce(Block<'_>) -> Result<T, &'static str>) -> Result<T> {
        Block::new(&self.bytes)
            .and_then(look)
            .map_err(|what| self.damage(what))
    }

    fn damage(&self, what: &str) -> Error {
        let (_, handle) = self.block.expect("damage is found in a block");
        self.table.reader.damage(handle, what)
    }

    /// Answers as `walked`, and remembers an error.
    fn remember(&mut self, walked: Result<()>) -> Result<()> {
        if let Err(error) = &walked {
            self.at = None;
            self.failed = Some(error.clone());
        }
        walked
    }

    fn fail_again(&self) -> Result<()> {
        self.failed.clone().map_or(Ok(()), Err)
    }
}

impl Source for TableSource {
    fn key(&self) -> Option<&[u8]> {
        self.at.map(|at| self.group.key(at))
    }

    fn value(&self) -> Option<&[u8]> {
        self.group.value(self.at?).map(|value| &self.bytes[value])
    }

    fn advance(&mut self) -> Result<()> {
        let Some(at) = self.at else {
            return self.fail_again();
        };
        self.at = step(self.order, at, self.group.len());
        if self.at.is_some() {
            return Ok(());
        }
        let walked = self.next_group();
        self.remember(walked)
    }

    fn seek(&mut self, to: Bound<&[u8]>) -> Result<()> {
        self.fail_again()?;
        let walked = match to {
            Bound::Included(key) => self.seek_key(key, true),
            Bound::Excluded(key) => self.seek_key(key, false),
            Bound::Unbounded => self.enter_block(first(self.order, self.table.blocks())),
        };
        self.remember(walked)
    }
}

/// Which of `count` comes first in this order.
fn first(order: Order, count: usize) -> Option<usize> {
    match order {
        Order::Ascending => (count > 0).then_some(0),
        Order::Descending => count.checked_sub(1),
    }
}

/// Which of `count` comes after this one in this order.
fn step(order: Order, this: usize, count: usize) -> Option<usize> {
    match order {
        Order::Ascending => Some(this + 1).filter(|next| *next < count),
        Order::Descending => this.checked_sub(1),
    }
}
