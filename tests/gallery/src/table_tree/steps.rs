//! The steps of an engine with levels of tables, each of them one that can be
//! taken wrongly.
//!
//! Each default method is how the step is taken; [`Right`] takes them all. An
//! engine of the gallery overrides the one that its author got wrong. There are
//! many such engines, and so that the rest of the tree is compiled once, it
//! takes its steps through a `dyn Steps`.

use std::sync::Arc;

use engine::disk::{Disk, File};
use engine::{Order, Result, Write};

use super::Store;
use super::compacting::Pick;
use super::files::{sync_file, sync_names};
use super::maintaining::{Job, Maintaining, flush, is_due, retire, show};
use super::manifest::{self, Edit, Listed};
use super::memtable::Memtable;
use super::state::{Found, LEVELS, Levels, Source, State};
use super::table::{Entry, Table, filter_bits, hash};
use super::writing::{Log, freeze};
use crate::log_engine::format::Record;
use crate::log_engine::replay::Read;
use crate::log_engine::steps::{Right as RightLog, Steps as _};

/// How the table tree takes each of its steps.
pub(crate) trait Steps: Send + Sync {
    /// What a memtable knows of a key. A tombstone is something to know.
    fn get_in_memory(&self, memtable: &Memtable, key: &[u8], last: u64) -> Found {
        memtable.get(key, last)
    }

    /// The tables of level 0 in the order in which a get searches them: the
    /// newest first.
    fn order<'l>(&self, newest: &'l [Arc<Table>]) -> Vec<&'l Arc<Table>> {
        newest.iter().collect()
    }

    /// The one table of a deeper level that may hold a key.
    fn table_of<'l>(&self, level: &'l [Arc<Table>], key: &[u8]) -> Option<&'l Arc<Table>> {
        let before = level.partition_point(|table| table.largest() < key);
        level.get(before).filter(|table| table.spans(key))
    }

    /// What a table knows of a key. Most tables that do not have it are not
    /// read.
    fn get_in_table(&self, table: &Table, key: &[u8]) -> Result<Found> {
        match table.spans(key) && self.is_in_filter(&table.filter, key) {
            true => table.get(key),
            false => Ok(None),
        }
    }

    /// Notes a key in a table's filter.
    fn add_to_filter(&self, filter: &mut [u8], key: &[u8]) {
        for (byte, bit) in filter_bits(hash(key), filter.len()) {
            filter[byte] |= bit;
        }
    }

    /// Answers whether a key may have been noted in a filter.
    fn is_in_filter(&self, filter: &[u8], key: &[u8]) -> bool {
        filter_bits(hash(key), filter.len()).all(|(byte, bit)| filter[byte] & bit != 0)
    }

    /// Answers whether a table's tail has the checksum that its foot says.
    fn tail_matches(&self, stored: u32, tail: &[u8]) -> bool {
        stored == crc32fast::hash(tail)
    }

    /// Of the entries where the sources of a walk stand, the newest first, the
    /// one that comes first: of equal keys the newest.
    fn first(&self, heads: &[Option<Entry>], order: Order) -> Option<usize> {
        let keys = heads.iter().enumerate();
        let keys = keys.filter_map(|(at, head)| Some((at, &head.as_ref()?.0)));
        let (at, _) = keys.min_by(|(_, a), (_, b)| match order {
            Order::Ascending => a.cmp(b),
            Order::Descending => b.cmp(a),
        })?;
        Some(at)
    }

    /// The sources that step on behind the first entry: all that stand at its
    /// key.
    fn passed(&self, heads: &[Option<Entry>], first: usize) -> Vec<usize> {
        let key = |at: usize| heads[at].as_ref().map(|(key, _)| key);
        let all = 0..heads.len();
        all.filter(|&at| key(at) == key(first)).collect()
    }

    /// Makes a batch visible, all of it at one moment.
    fn apply(&self, store: &Store, active: &Memtable, batch: &[Write<'_>]) {
        let last = store.view().last + 1; // There is one writer.
        active.add(last, batch);
        store.present.write().last = last;
    }

    /// Ends a log, durably, before the next one takes a write.
    fn end_log(&self, log: &mut Log) -> Result<()> {
        log.append(&[])?;
        log.sync()
    }

    /// Freezes the active memtable, if it is full and nothing else waits.
    fn freeze_full(&self, store: &Store) -> Result<()> {
        let mut writer = store.writer.lock();
        match is_due(&store.view().state) {
            true => freeze(store, &mut writer),
            false => Ok(()),
        }
    }

    /// The first log that counts once the oldest frozen memtable is flushed:
    /// that of the next one.
    fn first_log(&self, state: &State) -> u64 {
        let mut memtables = state.memtables().collect::<Vec<_>>().into_iter().rev();
        let next = memtables.nth(1).expect("one is flushed, one is active");
        next.number
    }

    /// The tables of level 0 that go down, the newest first: the oldest one, so
    /// that none which stays is older than one that goes.
    fn pick_of_level0(&self, newest: &[Arc<Table>]) -> Vec<Arc<Table>> {
        newest.last().into_iter().cloned().collect()
    }

    /// The tables of a level that overlap one of the inputs.
    fn overlapping(&self, level: &[Arc<Table>], inputs: &[Arc<Table>]) -> Vec<Arc<Table>> {
        let is_met = |table: &&Arc<Table>| inputs.iter().any(|input| self.meet(input, table));
        level.iter().filter(is_met).cloned().collect()
    }

    /// Answers whether two tables may have a key in common.
    fn meet(&self, a: &Table, b: &Table) -> bool {
        a.smallest() <= b.largest() && b.smallest() <= a.largest()
    }

    /// What a compaction merges, the newest first: whatever stands in the lower
    /// level is older.
    fn sources(&self, pick: &Pick) -> Vec<Source> {
        let inputs = pick.inputs.iter().map(|table| vec![Arc::clone(table)]);
        let tables = inputs.chain([pick.below.clone()]);
        tables.map(Source::Tables).collect()
    }

    /// Answers whether there is nothing more to merge.
    fn has_ended(&self, heads: &[Option<Entry>]) -> bool {
        heads.iter().all(Option::is_none)
    }

    /// Answers whether a tombstone is needed in a level: as long as something
    /// below may have the key. A flush has level 0 below it, too.
    fn keeps_tombstone(&self, levels: &Levels, into: usize, key: &[u8]) -> bool {
        let from = if into == 0 { 0 } else { into + 1 };
        let mut below = levels[from.min(LEVELS)..].iter().flatten();
        below.any(|table| table.spans(key))
    }

    /// Makes a table durable.
    fn sync_table(&self, file: &dyn File) -> Result<()> {
        sync_file(file)
    }

    /// Makes the names of new tables durable.
    fn sync_table_names(&self, disk: &dyn Disk) -> Result<()> {
        sync_names(disk)
    }

    /// Lets what was made take the place of what it was made of: in the
    /// manifest first, which is what a power cut leaves; then for readers; and
    /// what is superfluous then may be removed.
    fn publish(&self, store: &Store, maintaining: &mut Maintaining, job: Job) -> Result<()> {
        self.record(store, maintaining, &job.edit())?;
        show(store, &job);
        retire(maintaining, job);
        Ok(())
    }

    /// Makes an edit durable.
    fn record(&self, store: &Store, maintaining: &mut Maintaining, edit: &Edit) -> Result<()> {
        manifest::record(store, maintaining, edit)
    }

    /// Makes a new manifest durable before it takes the place of the last one.
    fn sync_manifest(&self, _disk: &dyn Disk, file: &dyn File) -> Result<()> {
        sync_file(file)
    }

    /// The edit at `at` of a manifest, unless it ends there, in good order or
    /// torn.
    fn next_edit<'a>(&self, read: &Read<'a>, at: usize) -> Result<Option<Record<'a>>> {
        RightLog.next_record(read, at)
    }

    /// Answers whether a log counts: what one before these held is in a table.
    fn counts(&self, log: u64, listed: &Listed) -> bool {
        log >= listed.log
    }

    /// Answers whether nobody reads an old table any more.
    fn is_unread(&self, table: &Arc<Table>) -> bool {
        Arc::strong_count(table) == 1
    }

    /// Flushes every memtable that is frozen.
    fn flush_all(&self, store: &Store, maintaining: &mut Maintaining) -> Result<()> {
        while flush(store, maintaining)? {}
        Ok(())
    }
}

/// Every step as it should be.
pub(crate) struct Right;

impl Steps for Right {}
