//! The trait, and the nine clauses that every engine keeps.

use std::sync::Arc;

use crate::{Cursor, Entries, Error, KeyRange, Limits, Order, Result, Stats, Write};

/// An ordered map from byte strings to byte strings that outlives its process.
///
/// The trait is the smallest set of calls from which all others can be made;
/// the rest (`get`, `put`, `scan_prefix` …) is provided on them. All but `close`
/// take `&self`: engines are shared between threads.
///
/// # The clauses
///
/// A signature says what can be called, not what is promised. These nine
/// clauses do, and the conformance suite tests every engine for each of them.
///
/// **Clause 1 · any bytes.** Keys and values are any bytes, empty ones
/// included. Keys are ordered as unsigned bytes, lexicographically. What
/// exceeds [`limits`](Self::limits) gets [`Error::TooLarge`] and changes
/// nothing. Deleting what is absent succeeds.
///
/// **Clause 2 · whole or nothing.** A batch is visible and durable whole or
/// not at all, across a power loss too; within it the last write to a key
/// wins. An error other than [`Error::Poisoned`] leaves no trace, not even
/// after reopening; an engine that cannot take back a partial append poisons
/// itself. A write answered by `Poisoned` may have either outcome.
///
/// **Clause 3 · ordered scans.** A scan yields each key at most once, in
/// order, both ways, for every pair of bounds; an inverted range is empty. It
/// holds every write that completed before it began; of later ones it may hold
/// any, half of a batch included, unless the engine also promises
/// [`Snapshots`](crate::Snapshots): then it holds exactly the writes that had
/// taken effect at one moment between the call that opened it and its return.
/// Opening it and reaching its first entry costs O(log n). An error is sticky:
/// no cursor skips past one. A scan that is open never makes a writer wait.
///
/// **Clause 4 · one order.** All writes have one order, the same for every
/// thread; `get` and `write` are linearizable in it: each takes effect at one
/// moment between its call and its return. A write may be read before it is
/// durable.
///
/// **Clause 5 · sync.** After [`sync`](Self::sync) returns, every write that
/// completed before it was called survives a power loss. What survives beyond
/// is a prefix of the write order, never a hole.
/// [`Durability`](crate::Durability) says what survives without a sync.
///
/// **Clause 6 · poison.** When the device fails a sync, the engine is
/// *poisoned*: that call and later writes and syncs fail with
/// [`Error::Poisoned`], reads go on, and nobody tries the same sync again, for
/// after a failed one the operating system may have dropped what it could not
/// write. Opening again heals: what a successful open shows is durable. A full
/// device ([`Error::NoSpace`]) that is noticed before any sync does not
/// poison.
///
/// **Clause 7 · damage is found.** After [`close`](Self::close), a flip of any
/// live byte of any file gives [`Error::Corrupt`] or [`Error::Version`]:
/// never a panic, never a silently shorter or different database. After a
/// power cut only the torn tail may be dropped: bytes beyond the last record
/// or page that proves an earlier sync.
///
/// **Clause 8 · one owner.** A directory has one owner: opening it a second
/// time gets [`Error::Locked`]. Where waiting would have no bound, the answer
/// is [`Error::Busy`].
///
/// **Clause 9 · counted costs.** Every engine counts what it does
/// ([`stats`](Self::stats)), and the counts are true: the bytes that the disk
/// saw are the bytes that the engine reports.
pub trait StorageEngine: Send + Sync {
    /// Looks `key` up. Where it is present, `value` then holds exactly its
    /// value, whatever it held before, and the answer is `true`; where it is
    /// absent, `value` is empty and the answer is `false`.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] and [`Error::Corrupt`], where reading takes a file.
    /// `value` is then empty.
    fn get_into(&self, key: &[u8], value: &mut Vec<u8>) -> Result<bool>;

    /// Makes all the changes of `batch`, in their order, or none of them. The
    /// empty batch succeeds and changes nothing.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] for what exceeds the limits; [`Error::NoSpace`] and
    /// [`Error::Io`], after which nothing changed; [`Error::Poisoned`].
    fn write(&self, batch: &[Write<'_>]) -> Result<()>;

    /// Opens a cursor over the entries in `range`, standing at the first of
    /// them in `order`.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] and [`Error::Corrupt`], where reading takes a file.
    fn scan<'s>(&'s self, range: KeyRange<'_>, order: Order) -> Result<Box<dyn Cursor + 's>>;

    /// Makes every write that completed before this call survive a power loss.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`] and [`Error::Io`] where nothing was asked of the
    /// device yet; [`Error::Poisoned`] where a sync failed, now or earlier.
    fn sync(&self) -> Result<()>;

    /// Syncs, lets go of the directory and ends the engine. Dropping it
    /// instead lets go, too, but syncs nothing.
    ///
    /// # Errors
    ///
    /// As for [`sync`](Self::sync). The engine is gone all the same.
    fn close(self: Box<Self>) -> Result<()>;

    /// The largest key, value and batch that [`write`](Self::write) takes.
    fn limits(&self) -> Limits;

    /// What the engine did since it was opened.
    fn stats(&self) -> Stats;

    /// The value under `key`.
    ///
    /// # Errors
    ///
    /// As for [`get_into`](Self::get_into).
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        let mut value = Vec::new();
        Ok(self.get_into(key, &mut value)?.then_some(value))
    }

    /// Answers whether `key` is present.
    ///
    /// # Errors
    ///
    /// As for [`get_into`](Self::get_into).
    fn contains(&self, key: &[u8]) -> Result<bool> {
        self.get_into(key, &mut Vec::new())
    }

    /// Stores `value` under `key`, in place of what was there.
    ///
    /// # Errors
    ///
    /// As for [`write`](Self::write).
    fn put(&self, key: &[u8], value: &[u8]) -> Result<()> {
        self.write(&[Write::Put { key, value }])
    }

    /// Removes `key`. Removing what is absent succeeds.
    ///
    /// # Errors
    ///
    /// As for [`write`](Self::write).
    fn delete(&self, key: &[u8]) -> Result<()> {
        self.write(&[Write::Delete { key }])
    }

    /// Opens a cursor over the keys that begin with `prefix`.
    ///
    /// # Errors
    ///
    /// As for [`scan`](Self::scan).
    fn scan_prefix<'s>(&'s self, prefix: &[u8], order: Order) -> Result<Box<dyn Cursor + 's>> {
        self.scan(KeyRange::prefix(prefix), order)
    }

    /// The entries in `range` as an ordinary iterator, each copied out.
    ///
    /// # Errors
    ///
    /// As for [`scan`](Self::scan); each item may be an error as well.
    fn entries(&self, range: KeyRange<'_>, order: Order) -> Result<Entries<'_>> {
        Ok(Entries::new(self.scan(range, order)?))
    }
}

/// Hands every call on to what `self` points at: the provided ones, too, which
/// an engine may have its own way of answering.
macro_rules! forward {
    () => {
        fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
            (**self).get(key)
        }

        fn contains(&self, key: &[u8]) -> Result<bool> {
            (**self).contains(key)
        }

        fn put(&self, key: &[u8], value: &[u8]) -> Result<()> {
            (**self).put(key, value)
        }

        fn delete(&self, key: &[u8]) -> Result<()> {
            (**self).delete(key)
        }

        fn scan_prefix<'s>(&'s self, prefix: &[u8], order: Order) -> Result<Box<dyn Cursor + 's>> {
            (**self).scan_prefix(prefix, order)
        }

        fn entries(&self, range: KeyRange<'_>, order: Order) -> Result<Entries<'_>> {
            (**self).entries(range, order)
        }

        fn get_into(&self, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
            (**self).get_into(key, value)
        }

        fn write(&self, batch: &[Write<'_>]) -> Result<()> {
            (**self).write(batch)
        }

        fn scan<'s>(&'s self, range: KeyRange<'_>, order: Order) -> Result<Box<dyn Cursor + 's>> {
            (**self).scan(range, order)
        }

        fn sync(&self) -> Result<()> {
            (**self).sync()
        }

        fn limits(&self) -> Limits {
            (**self).limits()
        }

        fn stats(&self) -> Stats {
            (**self).stats()
        }
    };
}

impl<E: StorageEngine + ?Sized> StorageEngine for Box<E> {
    forward!();

    fn close(self: Box<Self>) -> Result<()> {
        (*self).close()
    }
}

/// A shared engine is an engine. [`close`](StorageEngine::close) through one of
/// several `Arc`s answers [`Error::Busy`] and leaves the engine open for the
/// others.
impl<E: StorageEngine> StorageEngine for Arc<E> {
    forward!();

    fn close(self: Box<Self>) -> Result<()> {
        let engine = Arc::into_inner(*self).ok_or(Error::Busy {
            what: "the engine is shared, and others still hold it",
        })?;
        Box::new(engine).close()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_behind_any_pointer_is_an_engine() {
        fn is_an_engine<E: StorageEngine>() {}
        is_an_engine::<Box<dyn StorageEngine>>();
        is_an_engine::<Arc<Box<dyn StorageEngine>>>();
    }
}
