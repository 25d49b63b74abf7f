//! One sync for all who wait for one.
//!
//! ```text
//! thread 1   writes ── syncs ═══════════════╗
//! thread 2       writes ── waits ───────────╫── syncs ═══════════╗
//! thread 3          writes ── waits ────────╫── waits ───────────╫── done
//! thread 4            writes ── waits ──────╫── waits ───────────╫── done
//!                                           ╨                    ╨
//! ```

use engine::Result;
use engine::sync::{Condvar, Mutex};

/// How far everything is durable, and who is making more so.
#[derive(Debug, Default)]
pub(crate) struct Syncing {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Up to this end of a log everything is durable.
    durable: End,
    is_syncing: bool,
}

/// Where the newest log ends: its number, and how many bytes it has. A later
/// end is a larger one, also in the next log.
pub(crate) type End = (u32, u32);

impl Syncing {
    /// Everything up to `end` is durable.
    pub(crate) fn reached(&self, end: End) {
        let mut state = self.state.lock();
        state.durable = state.durable.max(end);
    }

    /// Waits until everything up to `end` is durable. Of the threads that wait
    /// one at a time calls `sync`, which answers how far it came: it begins
    /// after all of them wrote, and so serves them all.
    ///
    /// # Errors
    ///
    /// What `sync` answers, to the thread that called it. Each of the others
    /// then calls it, too.
    pub(crate) fn wait_for(&self, end: End, sync: impl FnOnce() -> Result<End>) -> Result<()> {
        let state = self.state.lock();
        let mut state = self
            .changed
            .wait_while(state, |state| state.durable < end && state.is_syncing);
        if state.durable >= end {
            return Ok(());
        }
        state.is_syncing = true;
        drop(state);
        let reached = sync();
        let mut state = self.state.lock();
        state.is_syncing = false;
        if let Ok(reached) = reached {
            state.durable = state.durable.max(reached);
        }
        drop(state);
        self.changed.notify_all();
        reached.map(|_| ())
    }
}
