//! The entries at one moment.

use std::sync::Arc;

use engine::{Counter, Counters, Cursor, KeyRange, Order, Result, Snapshot};

use crate::cursor::LsmCursor;
use crate::state::Pinned;
use crate::store::Lsm;

/// The entries of an [`Lsm`] at one moment. It costs nobody anything but the
/// memory of its memtables and the room of its tables, which stay for as long as
/// it lives.
#[derive(Debug)]
pub struct LsmSnapshot {
    pub(crate) state: Pinned,
    pub(crate) seq: u64,
    pub(crate) counters: Arc<Counters>,
}

impl Snapshot for LsmSnapshot {
    fn get_into(&self, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        self.counters.add(Counter::Gets, 1);
        Lsm::look_up(&self.state, self.seq, key, value)
    }

    fn scan<'s>(&'s self, range: KeyRange<'_>, order: Order) -> Result<Box<dyn Cursor + 's>> {
        let (state, counters) = (Arc::clone(&self.state), Arc::clone(&self.counters));
        let cursor = LsmCursor::new(state, self.seq, range, order, counters)?;
        Ok(Box::new(cursor))
    }
}
