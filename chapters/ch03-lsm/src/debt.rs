//! The writer's debt: whoever writes does a part of the work that writing makes,
//! so that it is done in time though nobody else does any.
//!
//! What is owed, in bytes, is spread over the room that is left, in bytes of
//! writes: a memtable that waits has to be flushed before another one is full,
//! and level 0 compacted before it has so many tables that reading becomes slow.
//! A worker that steps the engine leaves nothing to owe.

use engine::sync::atomic::{AtomicU64, Ordering};
use engine::{Progress, Result};

use crate::costs::owed;
use crate::picking;
use crate::store::Lsm;

/// How many times as many tables level 0 may have as are worth a compaction.
const LEVEL0_TIMES: u64 = 3;
/// How many memtables may wait to be flushed.
const WAITING_MAX: u64 = 2;
/// How many bytes of work are done at a time.
const PIECE_BYTES: u64 = 1 << 20;
/// What a rate is counted in: parts of a byte of work for each byte that is
/// written.
const PARTS: u64 = 256;
/// The rate where no room is left.
const AT_ONCE: u64 = u64::MAX;

/// What writers owe, and how much of it they have taken on.
#[derive(Debug, Default)]
pub(crate) struct Debt {
    /// How much work a write has to do.
    rate: AtomicU64,
    /// Bytes of work that writers have taken on and not done.
    taken: AtomicU64,
}

impl Debt {
    /// Whether writes have any work to do.
    pub(crate) fn is_owed(&self) -> bool {
        self.rate.load(Ordering::Relaxed) > 0
    }

    /// Takes a piece off what is taken on, to do it. Where there is less than a
    /// piece the answer is no. Of two threads only one gets it.
    pub(crate) fn take_piece(&self) -> bool {
        let less = |taken: u64| taken.checked_sub(PIECE_BYTES);
        let taken = &self.taken;
        taken
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less)
            .is_ok()
    }
}

impl Lsm {
    /// Reckons what is owed, after what there is has changed.
    pub(crate) fn reckon(&self) {
        let state = self.present.state();
        let shape = self.shape();
        let memtable_bytes = shape.memtable_bytes;
        let waiting = state.frozen.len() as u64;
        let to_flush = waiting * memtable_bytes;
        let flush_room = WAITING_MAX.saturating_sub(waiting) * memtable_bytes;
        let tables = state.levels.tables(0).len() as u64 + waiting;
        let tables_max = LEVEL0_TIMES * shape.level0_tables as u64;
        let room = tables_max.saturating_sub(tables) * memtable_bytes;
        let is_due = state.levels.tables(0).len() >= shape.level0_tables;
        // What only moves is owed, too: somebody has to move it.
        let moves = if is_due { PIECE_BYTES } else { 0 };
        let all = to_flush + owed(&state.levels, &shape) + moves;
        let rate = rate(to_flush, flush_room).max(rate(all, room));
        self.debt.rate.store(rate, Ordering::Relaxed);
    }

    /// Does the work that a write of so many bytes has to do.
    ///
    /// # Errors
    ///
    /// Why it cannot be done, where no room is left to put it off.
    ///
    /// # Exercise 3.19
    pub(crate) fn pay(&self, len: u32) -> Result<()> {
        todo!("exercise 3.19: Does the work that a write of so many bytes has to do")
    }
}

/// How much work goes with each byte that is written, so that all that is owed
/// is done when the room is used up.
fn rate(owed: u64, room: u64) -> u64 {
    match room {
        _ if owed == 0 => 0,
        0 => AT_ONCE,
        _ => owed.saturating_mul(PARTS).div_ceil(room).min(AT_ONCE - 1),
    }
}
