//! Which tables there are: an immutable set, in levels.
//!
//! ```text
//! level 0   ┌──────────────┐                 newest first; they may overlap
//!             ┌──────────────────┐
//! level 5   ┌────┐┌───┐   ┌─────┐            sorted by key, none overlaps
//! level 6   ┌──┐┌──┐┌────┐┌──┐┌───┐┌──┐      another, and the same below
//! ```
//!
//! A key may stand in many tables, and what counts is found first: in level 0
//! from the newest table to the oldest, then in one table at most of each level,
//! downwards.

use std::collections::BTreeSet;
use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

use engine::{Error, Result};

use crate::table::TableInfo;

/// What has a table's description: the description alone, or an open table.
pub trait Described {
    /// What is known of it.
    fn info(&self) -> &TableInfo;
}

impl Described for TableInfo {
    fn info(&self) -> &TableInfo {
        self
    }
}

impl<T: Described> Described for &T {
    fn info(&self) -> &TableInfo {
        (**self).info()
    }
}

impl<T: Described> Described for Arc<T> {
    fn info(&self) -> &TableInfo {
        (**self).info()
    }
}

/// Keys from one to another, both of them included.
pub type Keys<'k> = RangeInclusive<&'k [u8]>;

impl TableInfo {
    /// From its smallest key to its largest.
    pub fn keys(&self) -> Keys<'_> {
        &self.smallest..=&self.largest
    }

    /// Answers whether it may hold a key that lies in `keys`.
    pub fn overlaps(&self, keys: &Keys<'_>) -> bool {
        self.smallest.as_slice() <= *keys.end() && *keys.start() <= self.largest.as_slice()
    }
}

/// What tables amount to together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Of their files.
    pub bytes: u64,
    /// Tombstones included.
    pub entries: u64,
    /// How many of the entries are tombstones.
    pub tombstones: u64,
}

impl Totals {
    /// Of these tables.
    pub fn of<'t, T: Described + 't>(tables: impl IntoIterator<Item = &'t T>) -> Self {
        tables.into_iter().fold(Totals::default(), |sum, table| {
            let TableInfo {
                bytes,
                entries,
                tombstones,
                ..
            } = table.info();
            Totals {
                bytes: sum.bytes.saturating_add(*bytes),
                entries: sum.entries.saturating_add(*entries),
                tombstones: sum.tombstones.saturating_add(*tombstones),
            }
        })
    }
}

/// The tables of one level, in its order.
#[derive(Debug, Clone)]
struct Level<T> {
    tables: Arc<[T]>,
    totals: Totals,
}

impl<T: Described> From<Vec<T>> for Level<T> {
    fn from(tables: Vec<T>) -> Self {
        Level {
            totals: Totals::of(&tables),
            tables: tables.into(),
        }
    }
}

/// All tables, in levels. It never changes: [`with`](Levels::with) makes another
/// one, which shares the levels that are as they were.
#[derive(Debug, Clone)]
pub struct Levels<T> {
    levels: Vec<Level<T>>,
}

impl<T: Described> Levels<T> {
    /// So many levels, without a table.
    ///
    /// # Panics
    ///
    /// If there are not two at least: level 0, and what it is compacted into.
    pub fn new(count: usize) -> Self {
        assert!(count >= 2, "below level 0 stands another one");
        let empty = || Level::from(Vec::new());
        Levels {
            levels: std::iter::repeat_with(empty).take(count).collect(),
        }
    }

    /// How many levels there are, empty ones included.
    pub fn count(&self) -> usize {
        self.levels.len()
    }

    /// The last level.
    pub fn bottom(&self) -> usize {
        self.count() - 1
    }

    /// The tables of a level: of level 0 the newest first, of another one in
    /// the order of their keys.
    pub fn tables(&self, level: usize) -> &[T] {
        &self.levels[level].tables
    }

    /// The tables of a level, to be kept.
    pub fn shared(&self, level: usize) -> Arc<[T]> {
        Arc::clone(&self.levels[level].tables)
    }

    /// All tables, each with its level.
    pub fn all(&self) -> impl Iterator<Item = (usize, &T)> {
        let levels = self.levels.iter().enumerate();
        levels.flat_map(|(level, here)| here.tables.iter().map(move |table| (level, table)))
    }

    /// What the tables of a level amount to.
    pub fn totals(&self, level: usize) -> Totals {
        self.levels[level].totals
    }

    /// The bytes of a level's tables.
    pub fn bytes(&self, level: usize) -> u64 {
        self.totals(level).bytes
    }

    /// The indices of the tables in a level below level 0 that overlap these
    /// keys. They stand side by side.
    ///
    /// # Panics
    ///
    /// If it is level 0, whose tables are in no order of keys.
    ///
    /// # Exercise 3.11
    pub fn overlapping(&self, level: usize, keys: &Keys<'_>) -> Range<usize> {
        todo!(
            "exercise 3.11: The indices of the tables in a level below level 0 that overlap these keys"
        )
    }

    /// The one table of a level below level 0 that may hold `key`.
    ///
    /// # Panics
    ///
    /// If it is level 0.
    ///
    /// # Exercise 3.11
    pub fn table_of(&self, level: usize, key: &[u8]) -> Option<&T> {
        todo!("exercise 3.11: The one table of a level below level 0 that may hold `key`")
    }

    /// Answers whether any table deeper than `level` overlaps these keys. Where
    /// none does, a tombstone that is written to `level` hides nothing, and may
    /// die. (In level 0 it may hide something in another table there, too.)
    ///
    /// # Exercise 3.11
    pub fn is_below(&self, level: usize, keys: &Keys<'_>) -> bool {
        todo!("exercise 3.11: Answers whether any table deeper than `level` overlaps these keys")
    }

    /// These tables without those of the numbers in `removed`, and with those in
    /// `added`, each in its level. A table that moves is removed and added.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] about the manifest, where a table is to be removed
    /// that is not there, or to be added to a level that is not.
    pub fn with(&self, added: Vec<(usize, T)>, removed: &[u32]) -> Result<Self>
    where
        T: Clone,
    {
        let count = self.count();
        let mut gone: BTreeSet<u32> = removed.iter().copied().collect();
        let mut coming: Vec<Vec<T>> = std::iter::repeat_with(Vec::new).take(count).collect();
        for (level, table) in added {
            let number = table.info().number;
            let what = || format!("table {number} is in level {level}, and there are {count}");
            coming
                .get_mut(level)
                .ok_or_else(|| wrong(what()))?
                .push(table);
        }
        let mut levels = self.levels.clone();
        for ((index, level), coming) in levels.iter_mut().enumerate().zip(coming) {
            let goes = |table: &&T| removed.contains(&table.info().number);
            if coming.is_empty() && !level.tables.iter().any(|table| goes(&table)) {
                continue;
            }
            let (leave, mut stay): (Vec<&T>, Vec<&T>) = level.tables.iter().partition(goes);
            for table in leave {
                gone.remove(&table.info().number);
            }
            stay.extend(&coming);
            sort(index, &mut stay);
            *level = stay.into_iter().cloned().collect::<Vec<T>>().into();
        }
        match gone.first() {
            Some(number) => Err(wrong(format!(
                "table {number} is removed, and is not there"
            ))),
            None => Ok(Levels { levels }),
        }
    }

    /// Proves what is relied on: each table is there once, begins at its first
    /// key and ends at its last, and below level 0 none overlaps another one of
    /// its level.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] about the manifest, naming the first table that is
    /// wrong.
    pub fn check(&self) -> Result<()> {
        let mut numbers = BTreeSet::new();
        for (_, table) in self.all() {
            let TableInfo {
                number,
                smallest,
                largest,
                ..
            } = table.info();
            if !numbers.insert(*number) {
                return Err(wrong(format!("table {number} is there twice")));
            }
            if smallest > largest {
                return Err(wrong(format!("table {number} ends before it begins")));
            }
        }
        for level in 1..self.count() {
            for pair in self.tables(level).windows(2) {
                let (one, next) = (pair[0].info(), pair[1].info());
                if one.largest >= next.smallest {
                    let (one, next) = (one.number, next.number);
                    let what = format!("tables {one} and {next} overlap in level {level}");
                    return Err(wrong(what));
                }
            }
        }
        Ok(())
    }
}

/// Puts the tables of a level in its order. A larger number is newer.
fn sort<T: Described>(level: usize, tables: &mut [&T]) {
    match level {
        0 => tables.sort_by_key(|table| std::cmp::Reverse(table.info().number)),
        _ => tables.sort_by(|one, other| one.info().smallest.cmp(&other.info().smallest)),
    }
}

fn wrong(what: String) -> Error {
    Error::corrupt("manifest", 0, what)
}
