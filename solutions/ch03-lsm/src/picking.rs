//! Which tables to compact next: nothing but a decision, from what the tables
//! are.
//!
//! **Which level is due** is a question of scores: level 0 by its tables, the
//! others by their bytes, each as a multiple of what it may have. The highest
//! one is compacted.
//!
//! **Which of its tables.** From level 0 go the oldest table and all those that
//! overlap it, or that overlap one of these, and so on. Were a table left behind
//! that is older than one of them and shares a key with it, the older entry would
//! be found first, for level 0 is asked first. None is: what is left overlaps
//! none of them, and so shares no key with them. From a deeper level goes the run
//! of tables side by side that costs the least for each of its bytes, and the
//! cost is what overlaps it below, which has to be read and written along.
//! Tables that overlap nothing there move by an edit of the manifest alone.

use crate::costs::{Run, hull};
use crate::levels::{Described, Levels, Totals};
use crate::shape::{Shape, Targets};

/// Tables to compact: those of one level with those of the next that overlap
/// them.
#[derive(Debug, Clone)]
pub struct Pick<T> {
    /// Where the tables come from.
    pub level: usize,
    /// What goes down, newest first in level 0, otherwise in the order of the
    /// keys.
    pub inputs: Vec<T>,
    /// Where it goes.
    pub next_level: usize,
    /// What overlaps it there.
    pub next_inputs: Vec<T>,
    /// Whether the tables can move as they are: nothing is to be merged, and no
    /// tombstone to be dropped.
    pub is_move: bool,
}

impl<T: Described> Pick<T> {
    /// The bytes that are read for it.
    pub fn bytes(&self) -> u64 {
        match self.is_move {
            true => 0,
            false => Totals::of(self.inputs.iter().chain(&self.next_inputs)).bytes,
        }
    }
}

/// What is due at once: what keeps a level from being larger than it should be.
pub fn urgent<T: Described + Clone>(levels: &Levels<T>, shape: &Shape) -> Option<Pick<T>> {
    let targets = Targets::of(levels, shape);
    let (level, score) = fullest(levels, shape, &targets);
    (score >= 1.0).then(|| pick(levels, &targets, level))
}

/// What is due, or else worth doing while nobody waits: until above the bottom
/// there is no more than a tenth of it, counted in bytes and in entries.
///
/// The entries count since an entry of few bytes can supersede one of many. A
/// tombstone counts twice, since it is garbage itself.
pub fn idle<T: Described + Clone>(levels: &Levels<T>, shape: &Shape) -> Option<Pick<T>> {
    urgent(levels, shape).or_else(|| {
        let targets = Targets::of(levels, shape);
        let (level, _) = fullest(levels, shape, &targets);
        is_untidy(levels, shape).then(|| pick(levels, &targets, level))
    })
}

/// Answers whether above the bottom there is more than there has to be.
fn is_untidy<T: Described>(levels: &Levels<T>, shape: &Shape) -> bool {
    let (mut bytes, mut entries) = (0_u64, 0_u64);
    for level in 0..levels.bottom() {
        let above = levels.totals(level);
        bytes = bytes.saturating_add(above.bytes);
        entries = entries.saturating_add(above.entries + above.tombstones);
    }
    let bottom = levels.totals(levels.bottom());
    let is_much = |part: u64, whole: u64| part.saturating_mul(shape.ratio) > whole;
    is_much(bytes, bottom.bytes) || is_much(entries, bottom.entries)
}

/// The level that is the largest for what it should have, and its score: 1 or
/// more is too large. The bottom has none.
fn fullest<T: Described>(levels: &Levels<T>, shape: &Shape, targets: &Targets) -> (usize, f64) {
    let mut fullest = (0, 0.0);
    for level in 0..levels.bottom() {
        let score = targets.score(levels, shape, level);
        if score > fullest.1 {
            fullest = (level, score);
        }
    }
    fullest
}

/// What to compact of a level that has tables.
fn pick<T: Described + Clone>(levels: &Levels<T>, targets: &Targets, level: usize) -> Pick<T> {
    let tables = levels.tables(level);
    let inputs = match level {
        0 => connected(tables),
        _ => {
            let excess = levels.bytes(level).saturating_sub(targets.bytes[level]);
            tables[Run::cheapest(levels, level, excess).tables].to_vec()
        }
    };
    let next_level = targets.base.max(level + 1);
    let next = levels.overlapping(next_level, &hull(&inputs));
    let next_inputs = levels.tables(next_level)[next].to_vec();
    let alone = next_inputs.is_empty() && (level > 0 || inputs.len() == 1);
    Pick {
        is_move: alone && !loses_tombstones(levels, next_level, &inputs),
        level,
        inputs,
        next_level,
        next_inputs,
    }
}

/// Answers whether one of these tables has tombstones that may die at a level.
fn loses_tombstones<T: Described>(levels: &Levels<T>, level: usize, inputs: &[T]) -> bool {
    let mut infos = inputs.iter().map(Described::info);
    infos.any(|info| info.tombstones > 0 && !levels.is_below(level, &info.keys()))
}

/// The last of these tables, which is the oldest, and all that overlap it or
/// one another. They are a stretch of keys without a gap, and what overlaps the
/// stretch overlaps one of them.
pub(crate) fn connected<T: Described + Clone>(tables: &[T]) -> Vec<T> {
    let mut found = tables[tables.len() - 1..].to_vec();
    loop {
        let keys = hull(&found);
        let overlap = tables.iter().filter(|table| table.info().overlaps(&keys));
        let wider: Vec<T> = overlap.cloned().collect();
        if wider.len() == found.len() {
            return wider;
        }
        found = wider;
    }
}
