//! The entries at one moment.

use std::sync::Arc;

use engine::{Counter, Counters, Cursor, KeyRange, Order, Result, Snapshot};

use crate::copy_on_write::Reader;
use crate::cursor::TreeCursor;
use crate::tree::get_into;

/// The entries of a [`CowTree`](crate::CowTree) at one moment. It costs nobody
/// anything but the room of its pages, which are not used again for as long as it
/// lives.
#[derive(Debug)]
pub struct CowSnapshot<'s> {
    /// Whoever reads takes a clone.
    pub(crate) reader: Reader<'s>,
    pub(crate) counters: &'s Arc<Counters>,
}

impl Snapshot for CowSnapshot<'_> {
    fn get_into(&self, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        self.counters.add(Counter::Gets, 1);
        get_into(&mut self.reader.clone(), key, value)
    }

    fn scan<'s>(&'s self, range: KeyRange<'_>, order: Order) -> Result<Box<dyn Cursor + 's>> {
        let counters = Arc::clone(self.counters);
        let cursor = TreeCursor::new(self.reader.clone(), range, order, counters)?;
        Ok(Box::new(cursor))
    }
}
