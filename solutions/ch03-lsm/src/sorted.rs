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

/// A walk over the tables of a level below level 0, one after the other. A
/// table is touched when the walk comes to it.
#[derive(Debug)]
pub(crate) struct LevelSource {
    /// In the order of their keys.
    tables: Arc<[Arc<Table>]>,
    order: Order,
    /// How many tables the walk has passed, and the walk over the one where it
    /// stands.
    at: Option<(usize, TableSource)>,
}

impl LevelSource {
    /// A walk over tables that are sorted and do not overlap.
    pub(crate) fn new(tables: Arc<[Arc<Table>]>, order: Order) -> Self {
        LevelSource {
            tables,
            order,
            at: None,
        }
    }

    /// The table after so many others, in the walk's order.
    fn table(&self, passed: usize) -> Option<&Arc<Table>> {
        match self.order {
            Order::Ascending => self.tables.get(passed),
            Order::Descending => self.tables.iter().nth_back(passed),
        }
    }

    /// Stands at the first entry, not before `to`, of the table after so many
    /// others, or of the next one that has any.
    fn enter(&mut self, mut passed: usize, to: Bound<&[u8]>) -> Result<()> {
        self.at = None;
        while let Some(table) = self.table(passed) {
            let mut source = table.source(self.order);
            source.seek(to)?;
            if source.key().is_some() {
                self.at = Some((passed, source));
                return Ok(());
            }
            passed += 1;
        }
        Ok(())
    }

    /// How many tables lie before `to`, in the walk's order.
    fn count_before(&self, to: Bound<&[u8]>) -> usize {
        let tables = &self.tables;
        match self.order {
            Order::Ascending => {
                tables.partition_point(|table| is_before(&table.info().largest, to, Ordering::Less))
            }
            Order::Descending => {
                let is_not_before =
                    |table: &Arc<Table>| !is_before(&table.info().smallest, to, Ordering::Greater);
                tables.len() - tables.partition_point(is_not_before)
            }
        }
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
        let Some((passed, source)) = &mut self.at else {
            return Ok(());
        };
        source.advance()?;
        match source.key() {
            Some(_) => Ok(()),
            None => {
                let passed = *passed + 1;
                self.enter(passed, Bound::Unbounded)
            }
        }
    }

    fn seek(&mut self, to: Bound<&[u8]>) -> Result<()> {
        self.enter(self.count_before(to), to)
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
/// # Exercise 3.15
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
    let level0 = state.levels.tables(0).iter();
    let level0 = level0.filter(|table| may_hold(table, range));
    sources.extend(level0.map(|table| Sorted::Table(table.source(order))));
    for level in 1..state.levels.count() {
        if level_may_hold(state.levels.tables(level), range) {
            let tables = state.levels.shared(level);
            sources.push(Sorted::Level(LevelSource::new(tables, order)));
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

/// Whether a key of these tables, which are sorted, may lie in `range`.
fn level_may_hold(tables: &[Arc<Table>], range: &KeyRange<'_>) -> bool {
    let start = range.start();
    let before = |table: &Arc<Table>| is_before(&table.info().largest, start, Ordering::Less);
    let first = tables.get(tables.partition_point(before));
    first.is_some_and(|table| may_hold(table, range))
}

/// Whether a key of the table may lie in `range`.
fn may_hold(table: &Table, range: &KeyRange<'_>) -> bool {
    let info = table.info();
    let ends_before = is_before(&info.largest, range.start(), Ordering::Less);
    let starts_behind = is_before(&info.smallest, range.end(), Ordering::Greater);
    !ends_before && !starts_behind
}
