//! What readers read: the memtables and the tables there are at one moment.

use std::sync::Arc;

use engine::sync::atomic::{AtomicU64, Ordering};
use engine::sync::{Mutex, OnceLock, PLACES, place_of_this_thread};

use crate::levels::{Described, Levels};
use crate::log::Log;
use crate::memtable::Memtable;
use crate::table::{Table, TableInfo};

impl Described for Table {
    fn info(&self) -> &TableInfo {
        Table::info(self)
    }
}

/// A memtable, and the log that holds the same.
#[derive(Debug)]
pub(crate) struct Logged {
    pub(crate) memtable: Arc<Memtable>,
    /// None before the first write.
    pub(crate) log: OnceLock<Arc<Log>>,
    /// The sequence number of its last write, once it takes no more.
    last_seq: AtomicU64,
}

/// The memtables and the tables there are at one moment. It is never changed:
/// another one takes its place, and whoever still reads keeps this one.
#[derive(Debug, Clone)]
pub(crate) struct State {
    /// What takes writes.
    pub(crate) active: Arc<Logged>,
    /// What waits to be flushed, the newest first.
    pub(crate) frozen: Vec<Arc<Logged>>,
    /// The tables.
    pub(crate) levels: Arc<Levels<Arc<Table>>>,
}

/// The present [`State`], for many readers.
///
/// Each thread finds it in one of a few slots, each with a pointer of its own: if
/// all of them counted their uses in one place, they would wait for each other.
#[derive(Debug)]
pub(crate) struct Present {
    /// Held while another state takes the place of the present one.
    state: Mutex<Arc<State>>,
    slots: [Slot; PLACES],
    /// The sequence number of the last write that is seen.
    seen: AtomicU64,
}

// Two lines of 64 bytes: processors fetch neighbouring lines in pairs.
#[derive(Debug)]
#[repr(align(128))]
struct Slot(Mutex<Pinned>);

/// A state that somebody reads, through the pointer of a slot.
pub(crate) type Pinned = Arc<Arc<State>>;

impl Logged {
    pub(crate) fn new(memtable: Memtable) -> Self {
        Logged {
            memtable: Arc::new(memtable),
            log: OnceLock::new(),
            last_seq: AtomicU64::new(u64::MAX),
        }
    }

    /// It takes no writes after the one with this sequence number.
    pub(crate) fn freeze(&self, last_seq: u64) {
        self.last_seq.store(last_seq, Ordering::Release);
    }
}

impl Present {
    pub(crate) fn new(state: State) -> Self {
        let state = Arc::new(state);
        Present {
            slots: std::array::from_fn(|_| Slot(Mutex::new(Arc::new(Arc::clone(&state))))),
            state: Mutex::new(state),
            seen: AtomicU64::new(0),
        }
    }

    /// The state now.
    pub(crate) fn state(&self) -> Arc<State> {
        Arc::clone(&self.state.lock())
    }

    /// The state now, and up to which sequence number its writes are seen: all
    /// that ended before this call, and no part of any other batch.
    ///
    /// The state is looked up first. A write that is seen by then and not in it
    /// went to the memtable after its active one, and that one says where it
    /// ends.
    pub(crate) fn pin(&self) -> (Pinned, u64) {
        let state = Arc::clone(&self.slots[place_of_this_thread()].0.lock());
        let seen = self.seen.load(Ordering::Acquire);
        let last = state.active.last_seq.load(Ordering::Acquire);
        (state, seen.min(last))
    }

    /// The sequence number of the last write that is seen.
    pub(crate) fn seen(&self) -> u64 {
        self.seen.load(Ordering::Acquire)
    }

    /// From now on, everything up to this sequence number is seen.
    pub(crate) fn see(&self, seq: u64) {
        self.seen.store(seq, Ordering::Release);
    }

    /// Another state takes the place of the present one. After this call every
    /// reader finds it.
    pub(crate) fn change(&self, change: impl FnOnce(&State) -> State) {
        let mut state = self.state.lock();
        *state = Arc::new(change(&state));
        for Slot(slot) in &self.slots {
            let new = Arc::new(Arc::clone(&state));
            // What nobody reads any more is let go of without the lock.
            let old = std::mem::replace(&mut *slot.lock(), new);
            drop(old);
        }
    }
}
