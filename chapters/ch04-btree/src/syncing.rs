//! One sync for all who wait for one.
//!
//! ```text
//! thread 1   commits ── syncs ══════════════╗
//! thread 2      commits ── waits ───────────╫── syncs ═══════════╗
//! thread 3         commits ── waits ────────╫── waits ───────────╫── done
//! thread 4           commits ── waits ──────╫── waits ───────────╫── done
//!                                           ╨                    ╨
//! ```

use engine::Result;
use engine::sync::{Condvar, Mutex};

/// Up to which commit everything is durable, and who is making more so.
#[derive(Debug, Default)]
pub(crate) struct Syncing {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The last commit that is durable, and with it all before.
    durable: u64,
    is_syncing: bool,
}

impl Syncing {
    /// Where everything up to `commit` is durable.
    pub(crate) fn from(commit: u64) -> Self {
        Syncing {
            state: Mutex::new(State {
                durable: commit,
                is_syncing: false,
            }),
            changed: Condvar::new(),
        }
    }

    /// Waits until everything up to `commit` is durable. Of the threads that
    /// wait one at a time calls `sync`, which answers how far it came: it begins
    /// after all of them committed, and so serves them all.
    ///
    /// # Errors
    ///
    /// What `sync` answers, to the thread that called it. Of the others, one
    /// then calls its own.
    pub(crate) fn wait_for(&self, commit: u64, sync: impl FnOnce() -> Result<u64>) -> Result<()> {
        let state = self.state.lock();
        let mut state = self
            .changed
            .wait_while(state, |state| state.durable < commit && state.is_syncing);
        if state.durable >= commit {
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
        reached.map(drop)
    }
}
