//! The writer's debt: whoever writes does a part of the work that writing makes,
//! so that it is done in time though nobody else does any.
//!
//! What is owed, in bytes, is spread over the room that is left, in bytes of
//! writes: until level 0 has so many tables that reading would become slow. A
//! worker that steps the engine leaves nothing to owe.

use engine::sync::atomic::{AtomicU64, Ordering};
use engine::{Progress, Result};

use crate::costs::owed;
use crate::picking;
use crate::store::Lsm;

/// How many times as many tables level 0 may have as are worth a compaction.
const LEVEL0_TIMES: u64 = 3;
/// How many bytes of work are done at a time.
const PIECE_BYTES: u64 = 1 << 20;

/// What is owed, and how much of it writers have taken on.
#[derive(Debug, Default)]
pub(crate) struct Debt {
    /// Bytes of work that are due.
    owed: AtomicU64,
    /// Bytes of writes until they must be done.
    room: AtomicU64,
    /// Bytes of work that writers have taken on and not done.
    taken: AtomicU64,
}

impl Lsm {
    /// Reckons what is owed, after what there is has changed.
    pub(crate) fn reckon(&self) {
        let state = self.present.state();
        let shape = self.shape();
        let memtable_bytes = shape.memtable_bytes;
        let waiting = state.frozen.len() as u64;
        let level0 = state.levels.tables(0).len() as u64;
        let most = LEVEL0_TIMES * shape.level0_tables as u64;
        let room = most.saturating_sub(level0 + waiting) * memtable_bytes;
        let due = waiting * memtable_bytes + owed(&state.levels, &shape);
        self.debt.owed.store(due, Ordering::Relaxed);
        self.debt.room.store(room, Ordering::Relaxed);
    }

    /// Does the work that a write of so many bytes has to do.
    ///
    /// # Errors
    ///
    /// Why it cannot be done, where no room is left to put it off.
    ///
    /// # Exercise 3.15
    pub(crate) fn pay(&self, len: u32) -> Result<()> {
        let owed = self.debt.owed.load(Ordering::Relaxed);
        if owed == 0 {
            return Ok(());
        }
        let room = self.debt.room.load(Ordering::Relaxed);
        let share = match room {
            0 => owed,
            room => (u64::from(len) * owed).div_ceil(room),
        };
        let mut taken = self.debt.taken.fetch_add(share, Ordering::Relaxed) + share;
        while taken >= PIECE_BYTES {
            let maintaining = match room {
                0 => Some(self.maintaining.lock()),
                _ => self.maintaining.try_lock(),
            };
            // Somebody else is at it.
            let Some(mut maintaining) = maintaining else {
                return Ok(());
            };
            match self.step_by(&mut maintaining, picking::urgent) {
                Ok(Progress::Worked) => {}
                Ok(Progress::Idle) => {
                    self.debt.taken.store(0, Ordering::Relaxed);
                    return Ok(());
                }
                Err(error) if room == 0 => return Err(error),
                Err(_put_off) => return Ok(()),
            }
            taken -= PIECE_BYTES;
            self.debt.taken.store(taken, Ordering::Relaxed);
        }
        Ok(())
    }
}
