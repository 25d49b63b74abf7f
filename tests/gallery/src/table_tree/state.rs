//! What readers read: the memtables and the tables there are at one moment.

use std::sync::Arc;

use engine::{KeyRange, Order, Result};

use super::memtable::{Memtable, Value};
use super::steps::Steps;
use super::table::{Entry, Table};

/// How many levels there are.
pub(crate) const LEVELS: usize = 3;

/// The tables of each level: of level 0 the newest first, of a deeper one in
/// the order of their keys, no two of which meet.
pub(crate) type Levels = [Vec<Arc<Table>>; LEVELS];

/// The memtables and the tables there are at one moment. It never changes:
/// another one takes its place.
#[derive(Debug)]
pub(crate) struct State {
    /// What takes writes.
    pub(crate) active: Arc<Memtable>,
    /// What waits to be flushed, the newest first.
    pub(crate) frozen: Vec<Arc<Memtable>>,
    pub(crate) levels: Levels,
}

/// A state, and the number of the last write in it that is seen.
#[derive(Debug, Clone)]
pub(crate) struct View {
    pub(crate) state: Arc<State>,
    pub(crate) last: u64,
}

impl View {
    /// What a get finds: the newest that was left under the key.
    pub(crate) fn get(&self, steps: &dyn Steps, key: &[u8]) -> Result<Value> {
        for memtable in self.state.memtables() {
            if let Some(value) = steps.get_in_memory(memtable, key, self.last) {
                return Ok(value);
            }
        }
        let [newest, deeper @ ..] = &self.state.levels;
        let of_levels = deeper.iter().filter_map(|level| steps.table_of(level, key));
        for table in steps.order(newest).into_iter().chain(of_levels) {
            if let Some(value) = steps.get_in_table(table, key)? {
                return Ok(value);
            }
        }
        Ok(None)
    }
}

impl State {
    /// All memtables, the newest first.
    pub(crate) fn memtables(&self) -> impl Iterator<Item = &Arc<Memtable>> {
        std::iter::once(&self.active).chain(&self.frozen)
    }

    /// Everything there is to be merged in a scan, the newest first.
    pub(crate) fn sources(&self) -> Vec<Source> {
        let memtables = self.memtables().cloned().map(Source::Memtable);
        let [newest, deeper @ ..] = &self.levels;
        let tables = newest.iter().map(|table| vec![Arc::clone(table)]);
        let tables = tables.chain(deeper.iter().cloned()).map(Source::Tables);
        memtables.chain(tables).collect()
    }
}

/// Adds tables to a level, and takes those of these numbers away.
pub(crate) fn changed(
    levels: &Levels,
    into: usize,
    added: &[Arc<Table>],
    removed: &[u64],
) -> Levels {
    let mut levels = levels.clone();
    for level in &mut levels {
        level.retain(|table| !removed.contains(&table.number));
    }
    levels[into].extend(added.iter().cloned());
    sort(&mut levels);
    levels
}

/// Brings the tables of each level into its order. In level 0 there are
/// flushed memtables alone, and so the newest has the highest number.
pub(crate) fn sort(levels: &mut Levels) {
    let [newest, deeper @ ..] = levels;
    newest.sort_by_key(|table| std::cmp::Reverse(table.number));
    for level in deeper {
        level.sort_by(|a, b| a.smallest().cmp(b.smallest()));
    }
}

/// Something that holds each key once.
#[derive(Debug)]
pub(crate) enum Source {
    Memtable(Arc<Memtable>),
    /// Tables of which no two meet, in the order of their keys.
    Tables(Vec<Arc<Table>>),
}

impl Source {
    /// The first entry of `range`, in that order, as the writes up to that of
    /// this number left it.
    pub(crate) fn next(
        &self,
        range: &KeyRange<'_>,
        order: Order,
        number: u64,
    ) -> Result<Option<Entry>> {
        let tables = match self {
            Source::Memtable(memtable) => return Ok(memtable.next(range, order, number)),
            Source::Tables(tables) => tables,
        };
        let first = |table: &Arc<Table>| table.next(range, order).transpose();
        let found = match order {
            Order::Ascending => tables.iter().find_map(first),
            Order::Descending => tables.iter().rev().find_map(first),
        };
        found.transpose()
    }
}

/// What a get finds in one place: nothing, or what was left under the key.
pub(crate) type Found = Option<Value>;
