//! The log engine with a layer of calls around it: the engines that are wrong
//! about contents answer one of these calls wrongly.

use std::fmt;
use std::sync::Arc;

use engine::disk::Disk;
use engine::{Cursor, Durability, KeyRange, Limits, Order, Result, Stats, StorageEngine, Write};

use crate::log_engine::LogEngine;
use crate::log_engine::steps::Right;

/// The engine inside.
pub(crate) type Inner = LogEngine;

/// How calls are answered: by default, by the engine inside.
pub(crate) trait Calls: Default + Send + Sync + 'static {
    fn get_into(&self, inner: &Inner, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        inner.get_into(key, value)
    }

    fn write(&self, inner: &Inner, batch: &[Write<'_>]) -> Result<()> {
        inner.write(batch)
    }

    fn scan<'s>(
        &'s self,
        inner: &'s Inner,
        range: KeyRange<'_>,
        order: Order,
    ) -> Result<Box<dyn Cursor + 's>> {
        inner.scan(range, order)
    }

    fn scan_prefix<'s>(
        &'s self,
        inner: &'s Inner,
        prefix: &[u8],
        order: Order,
    ) -> Result<Box<dyn Cursor + 's>> {
        self.scan(inner, KeyRange::prefix(prefix), order)
    }

    fn sync(&self, inner: &Inner) -> Result<()> {
        inner.sync()
    }

    fn limits(&self, inner: &Inner) -> Limits {
        inner.limits()
    }

    /// What happens once after opening.
    fn opened(&self, _inner: &Arc<Inner>) {}

    /// What happens first when the engine is closed.
    fn closing(&self, _inner: &Arc<Inner>) {}
}

/// The engine inside, and what answers for it.
pub(crate) struct Called<C> {
    inner: Arc<Inner>,
    calls: C,
}

impl<C: Calls> Called<C> {
    pub(crate) fn open(disk: Arc<dyn Disk>, durability: Durability) -> Result<Self> {
        let inner = Arc::new(Inner::open(disk, durability, &Right)?);
        let calls = C::default();
        calls.opened(&inner);
        Ok(Called { inner, calls })
    }
}

impl<C: Calls> StorageEngine for Called<C> {
    fn get_into(&self, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        self.calls.get_into(&self.inner, key, value)
    }

    fn write(&self, batch: &[Write<'_>]) -> Result<()> {
        self.calls.write(&self.inner, batch)
    }

    fn scan<'s>(&'s self, range: KeyRange<'_>, order: Order) -> Result<Box<dyn Cursor + 's>> {
        self.calls.scan(&self.inner, range, order)
    }

    fn scan_prefix<'s>(&'s self, prefix: &[u8], order: Order) -> Result<Box<dyn Cursor + 's>> {
        self.calls.scan_prefix(&self.inner, prefix, order)
    }

    fn sync(&self) -> Result<()> {
        self.calls.sync(&self.inner)
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.calls.closing(&self.inner);
        Box::new(self.inner).close()
    }

    fn limits(&self) -> Limits {
        self.calls.limits(&self.inner)
    }

    fn stats(&self) -> Stats {
        self.inner.stats()
    }
}

impl<C> fmt::Debug for Called<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Called").field(&self.inner).finish()
    }
}
