//! Everything that entries come from, as one type: what a scan merges.

use std::cmp::Ordering;
use std::ops::Bound;
use std::sync::Arc;

use engine::{KeyRange, Order, Result};

use crate::levels::Levels;
use crate::memtable::MemtableSource;
use crate::merging::Merging;
use crate::source::Source;
use crate::state::State;
use crate::table::{Table, TableSource};

/// A walk over a memtable, a table or a level.
#[derive(Debug)]
pub(crate) enum Sorted {
    Memtable(MemtableSource),
    Table(TableSource),
    Level(LevelSource),
}

/// A walk over the tables of a level below level 0, one behind the other. A
/// table is touched when the walk comes to it.
#[derive(Debug)]
pub(crate) struct LevelSource {
    /// In the walk's order.
    tables: Vec<Arc<Table>>,
    order: Order,
    /// The table where it stands, and the walk over it.
    at: Option<(usize, TableSource)>,
}

impl LevelSource {
    /// A walk over tables that are sorted and do not overlap.
    pub(crate) fn new(mut tables: Vec<Arc<Table>>, order: Order) -> Self {
        if order == Order::Descending {
            tables.reverse();
        }
        LevelSource {
            tables,
            order,
            at: None,
        }
    }

    /// Goes to the first entry of the table with this index, or of the next one
    /// that has any.
    fn enter(&mut self, mut index: usize, to: Bound<&[u8]>) -> Result<()> {
        self.at = None;
        while let Some(table) = self.tables.get(index) {
            let mut source = table.source(self.order);
            source.seek(to)?;
            if source.key().is_some() {
                self.at = Some((index, source));
                return Ok(());
            }
            index += 1;
        }
        Ok(())
    }
}

impl Source for LevelSource {
    fn key(&self) -> Option<&[u8]> {
        self.at.as_ref()?.1.key()
    }

    fn value(&self) -> Option<&[u8]> {
        self.at.as_ref()?.1.value()
    }

    fn advance(&mut self) -> Result<()> {
        let Some((index, source)) = &mut self.at else {
            return Ok(());
        };
        source.advance()?;
        match source.key() {
            Some(_) => Ok(()),
            None => {
                let next = *index + 1;
                self.enter(next, Bound::Unbounded)
            }
        }
    }

    fn seek(&mut self, to: Bound<&[u8]>) -> Result<()> {
        let index = self.tables.partition_point(|table| {
            let info = table.info();
            match self.order {
                Order::Ascending => is_before(&info.largest, to, Ordering::Less),
                Order::Descending => is_before(&info.smallest, to, Ordering::Greater),
            }
        });
        self.enter(index, to)
    }
}

/// Whether a key lies before the bound, where `before` says how a key before
/// another one compares with it.
fn is_before(key: &[u8], bound: Bound<&[u8]>, before: Ordering) -> bool {
    match bound {
        Bound::Unbounded => false,
        Bound::Included(bound) => key.cmp(bound) == before,
        Bound::Excluded(bound) => key.cmp(bound) == before || key == bound,
    }
}

impl Source for Sorted {
    #[inline]
    fn key(&self) -> Option<&[u8]> {
        match self {
            Sorted::Memtable(source) => source.key(),
            Sorted::Table(source) => source.key(),
            Sorted::Level(source) => source.key(),
        }
    }

    #[inline]
    fn value(&self) -> Option<&[u8]> {
        match self {
            Sorted::Memtable(source) => source.value(),
            Sorted::Table(source) => source.value(),
            Sorted::Level(source) => source.value(),
        }
    }

    #[inline]
    fn advance(&mut self) -> Result<()> {
        match self {
            Sorted::Memtable(source) => source.advance(),
            Sorted::Table(source) => source.advance(),
            Sorted::Level(source) => source.advance(),
        }
    }

    fn seek(&mut self, to: Bound<&[u8]>) -> Result<()> {
        match self {
            Sorted::Memtable(source) => source.seek(to),
            Sorted::Table(source) => source.seek(to),
            Sorted::Level(source) => source.seek(to),
        }
    }
}

/// A walk over all that a state holds of `range`, up to a sequence number: of
/// each key its newest entry.
///
/// # Exercise 3.9
pub(crate) fn everything(
    state: &State,
    seq: u64,
    range: &KeyRange<'_>,
    order: Order,
) -> Merging<Sorted> {
    let mut sources = Vec::new();
    for logged in std::iter::once(&state.active).chain(&state.frozen) {
        if !logged.memtable.is_empty() {
            sources.push(Sorted::Memtable(logged.memtable.source(seq, order)));
        }
    }
    let tables = |level| {
        let tables = state.levels.tables(level).iter();
        tables.filter(|table| may_hold(table, range))
    };
    sources.extend(tables(0).map(|table| Sorted::Table(table.source(order))));
    for level in 1..state.levels.count() {
        let tables: Vec<_> = tables(level).cloned().collect();
        match tables.as_slice() {
            [] => {}
            [table] => sources.push(Sorted::Table(table.source(order))),
            _ => sources.push(Sorted::Level(LevelSource::new(tables, order))),
        }
    }
    Merging::new(sources, order)
}

/// The tables that may hold `key`, the newest first: of level 0 any, and of each
/// other level one at most.
pub(crate) fn tables_of<'l>(
    levels: &'l Levels<Arc<Table>>,
    key: &'l [u8],
) -> impl Iterator<Item = &'l Arc<Table>> {
    let may_hold = move |table: &&Arc<Table>| table.info().overlaps(&(key..=key));
    let level0 = levels.tables(0).iter().filter(may_hold);
    level0.chain((1..levels.count()).filter_map(move |level| levels.table_of(level, key)))
}

/// Whether a key of the table may lie in `range`.
fn may_hold(table: &Table, range: &KeyRange<'_>) -> bool {
    let info = table.info();
    let ends_before = match range.start() {
        Bound::Included(start) => info.largest.as_slice() < start,
        Bound::Excluded(start) => info.largest.as_slice() <= start,
        Bound::Unbounded => false,
    };
    let starts_behind = match range.end() {
        Bound::Included(end) => info.smallest.as_slice() > end,
        Bound::Excluded(end) => info.smallest.as_slice() >= end,
        Bound::Unbounded => false,
    };
    !ends_before && !starts_behind
}
