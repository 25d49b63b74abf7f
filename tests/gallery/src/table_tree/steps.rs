//! The steps of an engine with levels of tables, each of them one that can be
//! forgotten.
//!
//! Each default method is how the step is taken; [`Right`] takes them all. An
//! engine of the gallery overrides the one that its author got wrong.

use std::ops::Bound;
use std::sync::Arc;

use engine::disk::{Disk, File, Mode};
use engine::{Durability, Error, KeyRange, Order, Progress, Result, Write};

use super::Store;
use super::cursor::Merging;
use super::files::{Edit, Listed, MANIFEST, Manifest, NEW_MANIFEST, log_name, table_name};
use super::maintaining::{Job, Maintaining, Pick, retire, show};
use super::memtable::{Log, Memtable, Value, Writer};
use super::state::{Found, LEVELS, Levels, Source, State, View};
use super::table::{Entry, Table, encode, filter_bits, hash};
use crate::log_engine::format::{HEADER_BYTES, Record, encode_header, encode_record};
use crate::log_engine::replay::Read;
use crate::log_engine::steps::{Right as RightLog, Steps as _};
use crate::segmented_log::files::create;

/// How many bytes a memtable takes before it is frozen: so few that short
/// scripts fill some.
pub(crate) const MEMTABLE_BYTES: usize = 128;
/// With so many frozen memtables the active one grows until one was flushed.
const FROZEN_MAX: usize = 3;
/// With so many tables in level 0, one of them is compacted.
const LEVEL0_TABLES: usize = 2;
/// With more tables than this in level 1, one of them is compacted.
const LEVEL1_TABLES: usize = 3;
/// How many bytes of keys and values a compaction puts into a table.
pub(crate) const TABLE_BYTES: usize = 128;
/// How many bytes of edits a manifest has at least before it is written anew.
const EDITS_BYTES: u64 = 160;

/// How the table tree takes each of its steps.
pub(crate) trait Steps: Send + Sync + Sized + 'static {
    /// What a get finds in a view: the newest that was left under the key.
    fn get(view: &View, key: &[u8]) -> Result<Value> {
        for memtable in view.state.memtables() {
            if let Some(value) = Self::get_in_memory(memtable, key, view.last) {
                return Ok(value);
            }
        }
        let [newest, deeper @ ..] = &view.state.levels;
        for table in Self::order(newest) {
            if let Some(value) = Self::get_in_table(table, key)? {
                return Ok(value);
            }
        }
        for table in deeper.iter().filter_map(|level| Self::table_of(level, key)) {
            if let Some(value) = Self::get_in_table(table, key)? {
                return Ok(value);
            }
        }
        Ok(None)
    }

    /// What a memtable knows of a key. A tombstone is something to know.
    fn get_in_memory(memtable: &Memtable, key: &[u8], last: u64) -> Found {
        memtable.get(key, last)
    }

    /// The tables of level 0 in the order in which a get searches them: the
    /// newest first.
    fn order(newest: &[Arc<Table>]) -> Vec<&Arc<Table>> {
        newest.iter().collect()
    }

    /// The one table of a deeper level that may hold a key.
    fn table_of<'l>(level: &'l [Arc<Table>], key: &[u8]) -> Option<&'l Arc<Table>> {
        let before = level.partition_point(|table| table.largest() < key);
        level.get(before).filter(|table| table.spans(key))
    }

    /// What a table knows of a key. Most tables that do not have it are not
    /// read.
    fn get_in_table(table: &Table, key: &[u8]) -> Result<Found> {
        match table.spans(key) && Self::is_in_filter(&table.filter, key) {
            true => table.get(key),
            false => Ok(None),
        }
    }

    /// Notes a key in a table's filter.
    fn add_to_filter(filter: &mut [u8], key: &[u8]) {
        for (byte, bit) in filter_bits(hash(key), filter.len()) {
            filter[byte] |= bit;
        }
    }

    /// Answers whether a key may have been noted in a filter.
    fn is_in_filter(filter: &[u8], key: &[u8]) -> bool {
        filter_bits(hash(key), filter.len()).all(|(byte, bit)| filter[byte] & bit != 0)
    }

    /// Answers whether a table's tail has the checksum that its foot says.
    fn tail_matches(stored: u32, tail: &[u8]) -> bool {
        stored == crc32fast::hash(tail)
    }

    /// Of the entries where the sources of a walk stand, the newest first, the
    /// one that comes first: of equal keys the newest.
    fn first(heads: &[Option<Entry>], order: Order) -> Option<usize> {
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
    fn passed(heads: &[Option<Entry>], first: usize) -> Vec<usize> {
        let key = |at: usize| heads[at].as_ref().map(|(key, _)| key);
        let all = 0..heads.len();
        all.filter(|&at| key(at) == key(first)).collect()
    }

    /// Makes a batch durable, as far as the durability asks for, and visible.
    fn commit(store: &Store, writer: &mut Writer, batch: &[Write<'_>]) -> Result<()> {
        let is_full = writer.active.bytes() >= MEMTABLE_BYTES;
        if is_full && store.view().state.frozen.len() < FROZEN_MAX {
            Self::freeze(store, writer)?;
        }
        let log = Self::log_of(store, writer)?;
        Self::append(log, batch)?;
        if store.durability == Durability::Always {
            Self::sync(writer)?;
        }
        Self::apply(store, &writer.active, batch);
        Ok(())
    }

    /// The log of the active memtable, which its first write begins: durable,
    /// so that whatever stands in it was written behind its header.
    fn log_of<'w>(store: &Store, writer: &'w mut Writer) -> Result<&'w mut Log> {
        if writer.log.is_none() {
            let file = create(&store.disk, &log_name(writer.active.number))?;
            file.write_at(0, &encode_header(HEADER_BYTES as u64))?;
            Self::sync_file(&*file)?;
            Self::sync_names(&store.disk)?;
            writer.log = Some(Log {
                file,
                len: HEADER_BYTES as u64,
                synced: HEADER_BYTES as u64,
            });
        }
        Ok(writer.log.as_mut().expect("there is one now"))
    }

    /// Appends a batch as one record, so that one checksum decides about all of
    /// it.
    fn append(log: &mut Log, batch: &[Write<'_>]) -> Result<()> {
        let mut bytes = Vec::new();
        encode_record::<RightLog>(&mut bytes, log.len, log.synced, batch);
        if let Err(error) = log.file.write_at(log.len, &bytes) {
            Self::take_back(log).map_err(Error::poisoned)?;
            return Err(error);
        }
        log.len += bytes.len() as u64;
        Ok(())
    }

    /// Takes back what a failed append left in the file, durably.
    fn take_back(log: &mut Log) -> Result<()> {
        log.file.set_len(log.len)?;
        Self::sync_log(log)
    }

    /// Makes a batch visible, all of it at one moment.
    fn apply(store: &Store, active: &Memtable, batch: &[Write<'_>]) {
        let last = store.view().last + 1; // There is one writer.
        active.add(last, batch);
        store.present.write().last = last;
    }

    /// Makes everything that was written durable. What is in no log any more is
    /// in one that was synced.
    fn sync(writer: &mut Writer) -> Result<()> {
        writer.log.as_mut().map_or(Ok(()), Self::sync_log)
    }

    fn sync_log(log: &mut Log) -> Result<()> {
        Self::sync_file(&*log.file)?;
        log.synced = log.len;
        Ok(())
    }

    /// Lets the active memtable wait to be flushed. The next one takes writes.
    fn freeze(store: &Store, writer: &mut Writer) -> Result<()> {
        let Some(log) = &mut writer.log else {
            return Ok(()); // It is empty.
        };
        Self::end_log(log)?;
        writer.log = None;
        let next = Arc::new(Memtable::new(store.next_number()));
        store.change(|state| State {
            active: Arc::clone(&next),
            frozen: state.memtables().cloned().collect(),
            levels: state.levels.clone(),
        });
        writer.active = next;
        Ok(())
    }

    /// Ends a log, durably, before the next one takes a write.
    fn end_log(log: &mut Log) -> Result<()> {
        Self::append(log, &[])?;
        Self::sync_log(log)
    }

    /// Does one piece of the work that is due.
    fn step(store: &Store, maintaining: &mut Maintaining) -> Result<Progress> {
        let worked = Self::flush(store, maintaining)?
            || Self::compact(store, maintaining)?
            || Self::remove_one(store, maintaining)?;
        Ok(match worked {
            true => Progress::Worked,
            false => Progress::Idle,
        })
    }

    /// Makes a table of the oldest frozen memtable, if there is one.
    fn flush(store: &Store, maintaining: &mut Maintaining) -> Result<bool> {
        Self::freeze_full(store)?;
        let state = store.view().state;
        let Some(oldest) = state.frozen.last() else {
            return Ok(false);
        };
        let source = Source::Memtable(Arc::clone(oldest));
        let made = Self::build(store, vec![source], 0, &state.levels)?;
        let job = Job {
            into: 0,
            made,
            merged: Vec::new(),
            flushed: Some(Arc::clone(oldest)),
            log: Some(Self::first_log(&state)),
        };
        Self::publish(store, maintaining, job)?;
        Ok(true)
    }

    /// Freezes the active memtable, if it is full and nothing else waits.
    fn freeze_full(store: &Store) -> Result<()> {
        let mut writer = store.writer.lock();
        let is_full = writer.active.bytes() >= MEMTABLE_BYTES;
        match is_full && store.view().state.frozen.is_empty() {
            true => Self::freeze(store, &mut writer),
            false => Ok(()),
        }
    }

    /// The first log that counts once the oldest frozen memtable is flushed:
    /// that of the next one.
    fn first_log(state: &State) -> u64 {
        let mut memtables = state.memtables().collect::<Vec<_>>().into_iter().rev();
        let next = memtables.nth(1).expect("one is flushed, one is active");
        next.number
    }

    /// Merges what is to be compacted into the level below, if something is.
    fn compact(store: &Store, maintaining: &mut Maintaining) -> Result<bool> {
        let state = store.view().state;
        let Some(pick) = Self::pick(&state.levels) else {
            return Ok(false);
        };
        let into = pick.level + 1;
        let sources = Self::sources(&pick);
        let made = Self::build(store, sources, into, &state.levels)?;
        let job = Job {
            into,
            made,
            merged: [pick.inputs, pick.below].concat(),
            flushed: None,
            log: None,
        };
        Self::publish(store, maintaining, job)?;
        Ok(true)
    }

    /// What is to be compacted: tables of level 0, if they are many; or the
    /// table of level 1 that was not touched for longest, if those are; and
    /// what they overlap in the level below.
    fn pick(levels: &Levels) -> Option<Pick> {
        let (level, inputs) = if levels[0].len() >= LEVEL0_TABLES {
            (0, Self::pick_of_level0(&levels[0]))
        } else if levels[1].len() > LEVEL1_TABLES {
            let oldest = levels[1].iter().min_by_key(|table| table.number);
            (1, oldest.into_iter().cloned().collect())
        } else {
            return None;
        };
        let below = Self::overlapping(&levels[level + 1], &inputs);
        Some(Pick {
            level,
            inputs,
            below,
        })
    }

    /// The tables of level 0 that go down, the newest first: the oldest one, so
    /// that none which stays is older than one that goes.
    fn pick_of_level0(newest: &[Arc<Table>]) -> Vec<Arc<Table>> {
        newest.last().into_iter().cloned().collect()
    }

    /// The tables of a level that overlap one of the inputs.
    fn overlapping(level: &[Arc<Table>], inputs: &[Arc<Table>]) -> Vec<Arc<Table>> {
        let is_met = |table: &&Arc<Table>| inputs.iter().any(|input| Self::meet(input, table));
        level.iter().filter(is_met).cloned().collect()
    }

    /// Answers whether two tables may have a key in common.
    fn meet(a: &Table, b: &Table) -> bool {
        a.smallest() <= b.largest() && b.smallest() <= a.largest()
    }

    /// What a compaction merges, the newest first: whatever stands in the lower
    /// level is older.
    fn sources(pick: &Pick) -> Vec<Source> {
        let inputs = pick.inputs.iter().map(|table| vec![Arc::clone(table)]);
        let tables = inputs.chain([pick.below.clone()]);
        tables.map(Source::Tables).collect()
    }

    /// Makes tables for a level of what the sources hold, durably. Nothing
    /// lists them yet; what is left by a step that fails is removed by the next
    /// opening.
    fn build(
        store: &Store,
        sources: Vec<Source>,
        into: usize,
        levels: &Levels,
    ) -> Result<Vec<Arc<Table>>> {
        let mut merging =
            Merging::<Self>::new(sources, KeyRange::all(), Order::Ascending, u64::MAX);
        merging.seek(Bound::Unbounded)?;
        let (mut made, mut entries, mut bytes) = (Vec::new(), Vec::new(), 0);
        while !Self::has_ended(&merging.heads) {
            let (key, value) = merging.head().expect("it has not ended");
            if value.is_some() || Self::keeps_tombstone(levels, into, key) {
                bytes += key.len() + value.as_ref().map_or(0, Vec::len);
                entries.push((key.clone(), value.clone()));
            }
            if into > 0 && bytes >= TABLE_BYTES {
                made.push(Self::write_table(store, &entries)?);
                (entries, bytes) = (Vec::new(), 0);
            }
            merging.advance()?;
        }
        if !entries.is_empty() {
            made.push(Self::write_table(store, &entries)?);
        }
        if !made.is_empty() {
            Self::sync_table_names(&store.disk)?;
        }
        Ok(made)
    }

    /// Answers whether there is nothing more to merge.
    fn has_ended(heads: &[Option<Entry>]) -> bool {
        heads.iter().all(Option::is_none)
    }

    /// Answers whether a tombstone is needed in a level: as long as something
    /// below may have the key. A flush has level 0 below it, too.
    fn keeps_tombstone(levels: &Levels, into: usize, key: &[u8]) -> bool {
        let from = if into == 0 { 0 } else { into + 1 };
        let mut below = levels[from.min(LEVELS)..].iter().flatten();
        below.any(|table| table.spans(key))
    }

    /// Writes a table, durably but for its name.
    fn write_table(store: &Store, entries: &[Entry]) -> Result<Arc<Table>> {
        let number = store.next_number();
        let file = create(&store.disk, &table_name(number))?;
        file.write_at(0, &encode::<Self>(entries))?;
        Self::sync_table(&*file)?;
        let table = Table::open::<Self>(number, file, &store.counters)?;
        Ok(Arc::new(table))
    }

    /// Makes a table durable.
    fn sync_table(file: &dyn File) -> Result<()> {
        Self::sync_file(file)
    }

    /// Makes the names of new tables durable.
    fn sync_table_names(disk: &dyn Disk) -> Result<()> {
        Self::sync_names(disk)
    }

    /// Lets what was made take the place of what it was made of: in the
    /// manifest first, which is what a power cut leaves; then for readers; and
    /// what is superfluous then may be removed.
    fn publish(store: &Store, maintaining: &mut Maintaining, job: Job) -> Result<()> {
        Self::record(store, maintaining, &job.edit())?;
        show(store, &job);
        retire(maintaining, job);
        Ok(())
    }

    /// Makes an edit durable.
    fn record(store: &Store, maintaining: &mut Maintaining, edit: &Edit) -> Result<()> {
        let mut listed = maintaining.listed.clone();
        listed.apply(edit);
        let manifest = maintaining.manifest.take();
        let short = manifest.filter(|it| it.len - it.base < EDITS_BYTES.max(it.base));
        maintaining.manifest = Some(match short {
            Some(manifest) => Self::append_edit(manifest, edit)?,
            None => Self::rewrite(&store.disk, &listed)?,
        });
        maintaining.listed = listed;
        Ok(())
    }

    /// Appends an edit to the manifest, durably.
    fn append_edit(manifest: Manifest, edit: &Edit) -> Result<Manifest> {
        let bytes = edit.encode(manifest.len);
        manifest.file.write_at(manifest.len, &bytes)?;
        Self::sync_file(&*manifest.file)?;
        Ok(Manifest {
            len: manifest.len + bytes.len() as u64,
            ..manifest
        })
    }

    /// Writes a manifest that tells this alone, in place of the one there is.
    /// The files that it lists are durable, and so are their names.
    fn rewrite(disk: &dyn Disk, listed: &Listed) -> Result<Manifest> {
        let bytes = listed.encode();
        let file = create(disk, NEW_MANIFEST)?;
        file.write_at(0, &bytes)?;
        Self::sync_manifest(&*file)?;
        drop(file);
        disk.rename(NEW_MANIFEST, MANIFEST)?;
        Self::sync_names(disk)?;
        let len = bytes.len() as u64;
        Ok(Manifest {
            file: disk.open(MANIFEST, Mode::Write)?,
            base: len,
            len,
        })
    }

    /// Makes a new manifest durable before it takes the place of the last one.
    fn sync_manifest(file: &dyn File) -> Result<()> {
        Self::sync_file(file)
    }

    /// Removes a file that does not count and that nobody reads, if there is
    /// one.
    fn remove_one(store: &Store, maintaining: &mut Maintaining) -> Result<bool> {
        if let Some(&log) = maintaining.old_logs.last() {
            // In any order: the manifest tells from which log on they count.
            store.disk.remove(&log_name(log))?;
            maintaining.old_logs.pop();
            return Ok(true);
        }
        let unread = maintaining.old_tables.iter().position(Self::is_unread);
        let Some(at) = unread else {
            return Ok(false);
        };
        let number = maintaining.old_tables[at].number;
        drop(maintaining.old_tables.swap_remove(at)); // Its file is closed.
        store.disk.remove(&table_name(number))?;
        Ok(true)
    }

    /// Answers whether nobody reads an old table any more.
    fn is_unread(table: &Arc<Table>) -> bool {
        Arc::strong_count(table) == 1
    }

    /// Syncs a file. A sync that fails poisons.
    fn sync_file(file: &dyn File) -> Result<()> {
        file.sync().map_err(Error::poisoned)
    }

    /// Makes the names of all files durable. A sync that fails poisons.
    fn sync_names(disk: &dyn Disk) -> Result<()> {
        disk.sync_dir().map_err(Error::poisoned)
    }

    /// Answers whether a log counts: what one before these held is in a table.
    fn counts(log: u64, listed: &Listed) -> bool {
        log >= listed.log
    }

    /// The edit at `at` of a manifest, unless it ends there, in good order or
    /// torn.
    fn next_edit<'a>(read: &Read<'a>, at: usize) -> Result<Option<Record<'a>>> {
        RightLog::next_record(read, at)
    }

    /// Removes what does not count.
    fn clear(disk: &dyn Disk, listed: &Listed) -> Result<()> {
        let kept: Vec<String> = listed.tables.keys().map(|n| table_name(*n)).collect();
        for name in disk.list()? {
            if name != MANIFEST && !kept.contains(&name) {
                disk.remove(&name)?;
            }
        }
        Ok(())
    }

    /// Ends the engine: everything is in tables, and there is no log.
    fn close(store: Store) -> Result<()> {
        store.check_poison()?;
        Self::freeze(&store, &mut store.writer.lock())?;
        let listed = {
            let mut maintaining = store.maintaining.lock();
            Self::flush_all(&store, &mut maintaining)?;
            maintaining.manifest = None;
            maintaining.listed.log = store.view().state.active.number;
            maintaining.listed.clone()
        };
        drop(Self::rewrite(&store.disk, &listed)?);
        let disk = store.disk.clone();
        drop(store); // Its files are closed.
        Self::clear(&disk, &listed)
    }

    /// Flushes every memtable that is frozen.
    fn flush_all(store: &Store, maintaining: &mut Maintaining) -> Result<()> {
        while Self::flush(store, maintaining)? {}
        Ok(())
    }
}

/// Every step as it should be.
#[derive(Debug)]
pub(crate) enum Right {}

impl Steps for Right {}
