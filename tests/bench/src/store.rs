//! What the bench asks of anything that stores entries.

use std::fmt;

use anyhow::Result;
use engine::{Counter, KeyRange, Maintenance, Order, Stats, StorageEngine, Write};
use registry::Registered;

/// A store, ours or a peer's, as the workloads see it.
///
/// It is narrower than [`StorageEngine`], so that each peer answers in its own
/// best way: a scan hands its entries to `visit` and keeps its iterator to
/// itself, since iterators of several peers borrow from a transaction that
/// cannot leave the function. Every store hands out a value the same way: by
/// copying it once, into a buffer of the caller's.
pub trait Store: Send + Sync {
    /// Copies the value under `key` into `value`, in place of what it held, and
    /// answers whether there is one.
    ///
    /// # Errors
    ///
    /// What the store answers.
    fn get(&self, key: &[u8], value: &mut Vec<u8>) -> Result<bool>;

    /// Makes all changes, or none of them; as durable as the class in which the
    /// store was opened.
    ///
    /// # Errors
    ///
    /// What the store answers.
    fn write(&self, batch: &[Write<'_>]) -> Result<()>;

    /// Shows `visit` the entries from `from` on, in ascending order, at most
    /// `entries_max` of them.
    ///
    /// # Errors
    ///
    /// What the store answers.
    fn scan(&self, from: &[u8], entries_max: usize, visit: Visit<'_>) -> Result<()>;

    /// Makes everything that was written survive a power loss, where the store
    /// can.
    ///
    /// # Errors
    ///
    /// What the store answers.
    fn sync(&self) -> Result<()>;

    /// Ends the store properly: everything that was written is there when it
    /// is opened again, where the store keeps anything.
    ///
    /// # Errors
    ///
    /// What the store answers.
    fn close(self: Box<Self>) -> Result<()>;

    /// The work that it owes and that no caller waits for, where it leaves that
    /// to whoever opened it.
    fn maintenance(&self) -> Option<&dyn Maintenance> {
        None
    }

    /// What it counted since it was opened; nothing where it does not count.
    fn stats(&self) -> Stats {
        Stats::default()
    }
}

/// Is shown entries: the key, then the value.
pub type Visit<'v> = &'v mut dyn FnMut(&[u8], &[u8]);

/// Every engine of the contract is a store.
impl Store for Box<dyn Registered> {
    fn get(&self, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        Ok(self.get_into(key, value)?)
    }

    fn write(&self, batch: &[Write<'_>]) -> Result<()> {
        Ok(StorageEngine::write(self, batch)?)
    }

    fn scan(&self, from: &[u8], entries_max: usize, visit: Visit<'_>) -> Result<()> {
        if entries_max == 0 {
            return Ok(());
        }
        let mut cursor = StorageEngine::scan(self, KeyRange::starting_at(from), Order::Ascending)?;
        let mut left = entries_max;
        while let Some((key, value)) = cursor.entry() {
            visit(key, value);
            left -= 1;
            if left == 0 {
                break;
            }
            cursor.advance()?;
        }
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        Ok(StorageEngine::sync(self)?)
    }

    fn close(self: Box<Self>) -> Result<()> {
        Ok(StorageEngine::close(*self)?)
    }

    fn maintenance(&self) -> Option<&dyn Maintenance> {
        (**self).maintenance()
    }

    fn stats(&self) -> Stats {
        StorageEngine::stats(self)
    }
}

impl fmt::Debug for dyn Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store")
    }
}

/// How a [`Layered`] store answers otherwise than the one inside it.
pub trait Layer: fmt::Debug + Send + Sync {
    /// See [`Store::get`].
    ///
    /// # Errors
    ///
    /// What the store inside answers.
    fn get(&self, inner: &dyn Store, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        inner.get(key, value)
    }

    /// See [`Store::write`].
    ///
    /// # Errors
    ///
    /// What the store inside answers.
    fn write(&self, inner: &dyn Store, batch: &[Write<'_>]) -> Result<()>;
}

/// A store with a layer around it, through which its gets and writes go.
#[derive(Debug)]
pub struct Layered<L> {
    inner: Box<dyn Store>,
    layer: L,
}

impl<L: Layer> Layered<L> {
    /// The store inside, and what is around it.
    pub fn new(inner: Box<dyn Store>, layer: L) -> Self {
        Layered { inner, layer }
    }
}

impl<L: Layer> Store for Layered<L> {
    fn get(&self, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        self.layer.get(&*self.inner, key, value)
    }

    fn write(&self, batch: &[Write<'_>]) -> Result<()> {
        self.layer.write(&*self.inner, batch)
    }

    fn scan(&self, from: &[u8], entries_max: usize, visit: Visit<'_>) -> Result<()> {
        self.inner.scan(from, entries_max, visit)
    }

    fn sync(&self) -> Result<()> {
        self.inner.sync()
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.inner.close()
    }

    fn maintenance(&self) -> Option<&dyn Maintenance> {
        self.inner.maintenance()
    }

    fn stats(&self) -> Stats {
        self.inner.stats()
    }
}

/// Syncs after each write, before it is answered: so a store that has no such
/// mode of its own is brought into the class that survives a power loss.
#[derive(Debug)]
pub struct SyncedEachTime;

impl Layer for SyncedEachTime {
    fn write(&self, inner: &dyn Store, batch: &[Write<'_>]) -> Result<()> {
        inner.write(batch)?;
        inner.sync()
    }
}

/// The counts that are not zero, by their names.
pub fn named(stats: &Stats) -> impl Iterator<Item = (String, u64)> + '_ {
    let counted = |counter: &Counter| stats[*counter] != 0;
    let named = |counter| (format!("{counter:?}"), stats[counter]);
    Counter::ALL.into_iter().filter(counted).map(named)
}
