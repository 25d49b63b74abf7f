//! What compaction has to read and write: a table that goes down costs its own
//! bytes and those of what overlaps it below.

use std::cmp::Ordering;
use std::ops::Range;

use crate::levels::{Described, Keys, Levels, Totals};
use crate::picking::{Pick, are_many_and_small, connected};
use crate::shape::{Shape, Targets};

/// How many tables of a level go down at once, at most. Side by side they share
/// what overlaps below at their edges; four spare some hundredths of what is
/// written, and more spare no more.
const RUN_TABLES: usize = 4;

/// Tables of a level, side by side, and what of the next level overlaps the keys
/// from the first of them to the last.
#[derive(Debug, Clone)]
pub struct Run {
    /// The indices of the tables.
    pub tables: Range<usize>,
    /// Their bytes.
    pub bytes: u64,
    /// The indices of what overlaps.
    pub below: Range<usize>,
    /// The bytes of what overlaps.
    pub bytes_below: u64,
}

impl Run {
    /// The table at `index` of a level below level 0.
    pub fn new<T: Described>(levels: &Levels<T>, level: usize, index: usize) -> Self {
        let table = levels.tables(level)[index].info();
        let below = levels.overlapping(level + 1, &table.keys());
        Run {
            tables: index..index + 1,
            bytes: table.bytes,
            bytes_below: Totals::of(&levels.tables(level + 1)[below.clone()]).bytes,
            below,
        }
    }

    /// This run and the next, which begins where it ends. What lies below between
    /// the two overlaps as well.
    fn and<T: Described>(&self, next: &Run, levels: &Levels<T>, level: usize) -> Self {
        let new = self.below.end..next.below.end;
        let bytes_new = Totals::of(&levels.tables(level + 1)[new]).bytes;
        Run {
            tables: self.tables.start..next.tables.end,
            bytes: self.bytes.saturating_add(next.bytes),
            below: self.below.start..next.below.end,
            bytes_below: self.bytes_below.saturating_add(bytes_new),
        }
    }

    /// Compares the bytes below, for each byte of the run's own.
    fn cmp_cost(&self, other: &Run) -> Ordering {
        let product = |one: u64, other: u64| u128::from(one) * u128::from(other);
        let own = product(self.bytes_below, other.bytes);
        own.cmp(&product(other.bytes_below, self.bytes))
    }

    /// The run of a level, not level 0, that costs the least for each of its
    /// bytes. It is one table, or some of `bytes_max` bytes at most. Of several, it
    /// is the one that begins with the oldest table, and of those the longest.
    ///
    /// # Panics
    ///
    /// If the level has no table.
    ///
    /// # Exercise 3.13
    pub fn cheapest<T: Described>(levels: &Levels<T>, level: usize, bytes_max: u64) -> Self {
        let tables = levels.tables(level);
        let single = |index| Run::new(levels, level, index);
        let singles: Vec<Run> = (0..tables.len()).map(single).collect();
        let number = |run: &Run| tables[run.tables.start].info().number;
        let order = |one: &Run, other: &Run| {
            let age = number(one).cmp(&number(other));
            let len = other.tables.len().cmp(&one.tables.len());
            one.cmp_cost(other).then(age).then(len)
        };
        let mut best = singles.first().expect("the level has tables").clone();
        for (start, run) in singles.iter().enumerate() {
            let mut run = run.clone();
            let mut behind = singles[start + 1..].iter().take(RUN_TABLES - 1);
            loop {
                if order(&run, &best).is_lt() {
                    best = run.clone();
                }
                let Some(next) = behind.next() else { break };
                run = run.and(next, levels, level);
                if run.bytes > bytes_max {
                    break;
                }
            }
        }
        best
    }
}

/// From the smallest key of these tables to the largest.
///
/// # Panics
///
/// If there is none.
pub fn hull<T: Described>(tables: &[T]) -> Keys<'_> {
    const SOME: &str = "there is a table at least";
    let infos = || tables.iter().map(Described::info);
    let smallest = infos().map(|info| &info.smallest).min().expect(SOME);
    let largest = infos().map(|info| &info.largest).max().expect(SOME);
    smallest..=largest
}

/// How many bytes compaction has to read until nothing is urgent: an estimate,
/// for whoever makes writers wait for it.
///
/// What is too much in a level goes down, the cheapest first, and adds there to
/// what is too much. What only moves costs nothing, so there may be something
/// urgent still where nothing is owed.
pub fn owed<T: Described>(levels: &Levels<T>, shape: &Shape) -> u64 {
    let targets = Targets::of(levels, shape);
    let (mut owed, mut coming) = (0_u64, 0);
    if are_many_and_small(levels, shape) {
        owed = levels.bytes(0);
    } else if targets.score(levels, shape, 0) >= 1.0 {
        owed = cost_of_level0(levels, targets.base);
        coming = levels.bytes(0);
    }
    for level in targets.base..levels.bottom() {
        let bytes = levels.bytes(level).saturating_add(coming);
        // What is as large as it should be at most is due.
        coming = match bytes.checked_sub(targets.bytes[level]) {
            Some(excess) if bytes > 0 => excess.saturating_add(1),
            _ => 0,
        };
        let cost = match levels.bytes(level) {
            // Nothing is known but how much larger the next one is.
            0 => coming.saturating_mul(1 + shape.ratio),
            _ => cost_of_share(levels, level, coming, bytes),
        };
        owed = owed.saturating_add(cost);
    }
    owed
}

/// What level 0 costs on its way to the base.
fn cost_of_level0<T: Described>(levels: &Levels<T>, base: usize) -> u64 {
    let mut rest: Vec<&T> = levels.tables(0).iter().collect();
    let mut cost = 0_u64;
    while !rest.is_empty() {
        let inputs = connected(&rest);
        let keys = hull(&inputs);
        rest.retain(|table| !table.info().overlaps(&keys));
        let bytes = Pick::new(levels, 0, inputs, base).bytes();
        cost = cost.saturating_add(bytes);
    }
    cost
}

/// What `part` bytes of a level cost on their way to the next when it has
/// `whole` bytes. That may be more than its tables have now: the others come
/// between them, and what overlaps below is the same.
fn cost_of_share<T: Described>(levels: &Levels<T>, level: usize, part: u64, whole: u64) -> u64 {
    let tables = levels.tables(level).iter();
    let costs = tables.map(|table| {
        let cost = Pick::new(levels, level, vec![table], level + 1).bytes();
        (table.info().bytes, cost)
    });
    let mut costs: Vec<(u64, u64)> = costs.collect();
    costs.sort_by_key(|&(bytes, cost)| share(cost, 1 << 16, bytes));
    let now = levels.bytes(level);
    let goes = share(now, part, whole);
    let (mut gone, mut owed) = (0_u64, 0_u64);
    for (bytes, cost) in costs {
        if gone >= goes {
            break;
        }
        gone = gone.saturating_add(bytes);
        if cost > 0 {
            owed = owed.saturating_add(share(bytes, whole, now));
            owed = owed.saturating_add(cost - bytes);
        }
    }
    owed
}

/// So many bytes times `part` / `whole`.
fn share(bytes: u64, part: u64, whole: u64) -> u64 {
    let bytes = u128::from(bytes) * u128::from(part) / u128::from(whole.max(1));
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
