//! Which tables to compact next: nothing but a decision, from what the tables
//! are.
//!
//! **Which level is due** is a question of scores: what a level has, as a
//! multiple of what it should have at most, in bytes, and in level 0 in tables as
//! well. The level of the highest score is compacted.
//!
//! **Which of its tables.** From level 0 go the oldest table and all those that
//! overlap it, or that overlap one of these, and so on. Were a table left behind
//! that is older than one of them and shares a key with it, the older entry would
//! be found first, for level 0 is asked first. None is: what is left overlaps
//! none of them, and so shares no key with them. From a deeper level goes the run
//! of tables side by side that costs the least for each of its bytes, and the
//! cost is what overlaps it below, which has to be read and written along.
//! Tables that overlap nothing there move by an edit of the manifest alone.
//!
//! **Small tables.** A store that is opened and closed often makes tables of a
//! few entries. Four of them make level 0 due, and on their way down everything
//! that they overlap would be rewritten, which may be a million times as much. So
//! while all of level 0 is less than half a memtable, its tables become one, and
//! that one stays in level 0.

use crate::costs::{Run, hull};
use crate::levels::{Described, Levels, Totals};
use crate::shape::{Shape, Targets};
use crate::table::TableInfo;

/// Tables to compact: those of one level with those of the next that overlap
/// them.
#[derive(Debug, Clone)]
pub struct Pick<T> {
    /// Where the tables come from.
    pub level: usize,
    /// What goes down, newest first in level 0, otherwise in the order of the
    /// keys.
    pub inputs: Vec<T>,
    /// Where it goes: into a deeper level, or, from level 0, into that itself.
    pub next_level: usize,
    /// What overlaps it there.
    pub next_inputs: Vec<T>,
    /// Whether the tables can move as they are: nothing is to be merged, and no
    /// tombstone to be dropped.
    pub is_move: bool,
}

impl<T: Described> Pick<T> {
    /// The bytes that are read for it: none where it moves.
    pub fn bytes(&self) -> u64 {
        match self.is_move {
            true => 0,
            false => Totals::of(self.inputs.iter().chain(&self.next_inputs)).bytes,
        }
    }
}

impl<'l, T: Described> Pick<&'l T> {
    /// These tables of a level, into `next_level`. What stands between the two
    /// levels is empty.
    pub(crate) fn new(
        levels: &'l Levels<T>,
        level: usize,
        inputs: Vec<&'l T>,
        next_level: usize,
    ) -> Self {
        let next = levels.overlapping(next_level, &hull(&inputs));
        let next_inputs: Vec<&T> = levels.tables(next_level)[next].iter().collect();
        let may_die = |info: &TableInfo| !levels.is_below(next_level, &info.keys());
        let mut infos = inputs.iter().map(Described::info);
        let loses = infos.any(|info| info.tombstones > 0 && may_die(info));
        // Several tables of level 0 that go together overlap each other.
        let merges = !next_inputs.is_empty() || (level == 0 && inputs.len() > 1);
        Pick {
            level,
            inputs,
            next_level,
            next_inputs,
            is_move: !merges && !loses,
        }
    }

    /// All tables of level 0, into one that stays there.
    fn within_level0(levels: &'l Levels<T>) -> Self {
        Pick {
            level: 0,
            inputs: levels.tables(0).iter().collect(),
            next_level: 0,
            next_inputs: Vec::new(),
            is_move: false,
        }
    }

    /// The same, but it holds on to the tables.
    fn cloned(self) -> Pick<T>
    where
        T: Clone,
    {
        Pick {
            level: self.level,
            inputs: self.inputs.into_iter().cloned().collect(),
            next_level: self.next_level,
            next_inputs: self.next_inputs.into_iter().cloned().collect(),
            is_move: self.is_move,
        }
    }
}

/// What is due at once: what keeps a level from being larger than it should be.
pub fn urgent<T: Described + Clone>(levels: &Levels<T>, shape: &Shape) -> Option<Pick<T>> {
    let targets = Targets::of(levels, shape);
    let (level, score) = fullest(levels, shape, &targets)?;
    (score >= 1.0).then(|| pick(levels, shape, &targets, level))
}

/// What is due, or else worth doing while nobody waits: until above the bottom
/// there is no more than a tenth of it, counted in bytes and in entries.
///
/// The entries count since an entry of few bytes can supersede one of many. A
/// tombstone counts twice, since it is garbage itself.
pub fn idle<T: Described + Clone>(levels: &Levels<T>, shape: &Shape) -> Option<Pick<T>> {
    let targets = Targets::of(levels, shape);
    let (level, score) = fullest(levels, shape, &targets)?;
    let is_due = score >= 1.0 || is_untidy(levels, shape);
    is_due.then(|| pick(levels, shape, &targets, level))
}

/// Answers whether above the bottom there is more than there has to be.
fn is_untidy<T: Described>(levels: &Levels<T>, shape: &Shape) -> bool {
    let (mut bytes, mut entries) = (0_u64, 0_u64);
    for level in 0..levels.bottom() {
        let above = levels.totals(level);
        bytes = bytes.saturating_add(above.bytes);
        entries = entries.saturating_add(above.entries.saturating_add(above.tombstones));
    }
    let bottom = levels.totals(levels.bottom());
    let is_much = |part: u64, whole: u64| part.saturating_mul(shape.ratio) > whole;
    is_much(bytes, bottom.bytes) || is_much(entries, bottom.entries)
}

/// The level that is the largest for what it should have, of those above the
/// bottom that have tables, and its score: 1 or more is too large.
fn fullest<T: Described>(
    levels: &Levels<T>,
    shape: &Shape,
    targets: &Targets,
) -> Option<(usize, f64)> {
    let used = (0..levels.bottom()).filter(|&level| !levels.tables(level).is_empty());
    let scores = used.map(|level| (level, targets.score(levels, shape, level)));
    scores.reduce(|best, next| if next.1 > best.1 { next } else { best })
}

/// What to compact of a level that has tables.
fn pick<T: Described + Clone>(
    levels: &Levels<T>,
    shape: &Shape,
    targets: &Targets,
    level: usize,
) -> Pick<T> {
    let tables = levels.tables(level);
    let (inputs, next_level) = match level {
        0 if are_many_and_small(levels, shape) => return Pick::within_level0(levels).cloned(),
        0 => (connected(&tables.iter().collect::<Vec<_>>()), targets.base),
        _ => {
            let excess = levels.bytes(level).saturating_sub(targets.bytes[level]);
            let run = Run::cheapest(levels, level, excess);
            (tables[run.tables].iter().collect(), level + 1)
        }
    };
    Pick::new(levels, level, inputs, next_level).cloned()
}

/// Answers whether level 0 is due for the number of its tables alone, and they
/// are small: see the head of this module.
pub(crate) fn are_many_and_small<T: Described>(levels: &Levels<T>, shape: &Shape) -> bool {
    levels.tables(0).len() >= shape.level0_tables && levels.bytes(0) < shape.memtable_bytes / 2
}

/// The last of these tables, which is the oldest, and all that overlap it or
/// one another. They are a stretch of keys without a gap, and what overlaps the
/// stretch overlaps one of them.
///
/// # Exercise 3.13
pub(crate) fn connected<'l, T: Described>(tables: &[&'l T]) -> Vec<&'l T> {
    let mut found = vec![*tables.last().expect("level 0 has a table")];
    loop {
        let keys = hull(&found);
        let overlap = tables.iter().filter(|table| table.info().overlaps(&keys));
        let wider: Vec<&'l T> = overlap.copied().collect();
        if wider.len() == found.len() {
            return wider;
        }
        found = wider;
    }
}
