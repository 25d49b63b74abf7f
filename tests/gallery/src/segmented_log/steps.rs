//! The steps of an engine with segments and merges, each of them one that can
//! be forgotten.
//!
//! Each default method is how the step is taken; [`Right`] takes them all. An
//! engine of the gallery overrides the one that its author got wrong. So that the
//! rest is compiled once, it takes its steps through a `dyn Steps`.

use std::cmp::Reverse;
use std::mem;
use std::ops::Range;
use std::sync::Arc;

use engine::disk::{Disk, File};
use engine::{Durability, Error, Result, Write};

use super::files::{self, MANIFEST, NEW_MANIFEST, create, hint_name, segment_name, segment_of};
use super::merge::{Merge, Moved, Retired, remove};
use super::segment::{Active, Index, Keys, Listed, Place, Table, Writer, note, replay};
use super::{SEALED_MAX, SEGMENT_BYTES, Store};
use crate::log_engine::format::{HEADER_BYTES, encode_header, encode_record};
use crate::log_engine::replay::Read;
use crate::log_engine::steps::Right as RightLog;

/// How the segmented log takes each of its steps.
pub(crate) trait Steps: Send + Sync {
    /// The order in which an opening takes the segments of the manifest: the
    /// order of their writes, in which it lists them.
    fn order(&self, listed: Vec<Listed>) -> Vec<Listed> {
        listed
    }

    /// The number of the next segment: none that a file has, whether it is
    /// listed or was left by something that was cut off.
    fn next_number(&self, found: &[String], _listed: &[Listed]) -> u64 {
        let taken = found.iter().filter_map(|name| segment_of(name)).max();
        taken.unwrap_or(0) + 1
    }

    /// The keys of a sealed segment, as its hint file lists them.
    fn decode_hint(&self, number: u64, hint: &[u8]) -> Result<Keys> {
        files::decode_hint(number, files::checked(&hint_name(number), hint)?)
    }

    /// Removes what the manifest does not list, once that is durable.
    fn clear(&self, disk: &dyn Disk, listed: &[Listed]) -> Result<()> {
        let names = |segment: &Listed| [segment_name(segment.number), hint_name(segment.number)];
        let kept: Vec<String> = listed.iter().flat_map(names).collect();
        for name in disk.list()? {
            if name != MANIFEST && !kept.contains(&name) {
                disk.remove(&name)?;
            }
        }
        Ok(())
    }

    /// Answers [`Error::Poisoned`] where no write may follow.
    fn check_write(&self, writer: &Writer) -> Result<()> {
        writer.check_poison()
    }

    /// Makes a batch durable, as far as the durability asks for, and visible.
    fn commit(&self, store: &Store, writer: &mut Writer, batch: &[Write<'_>]) -> Result<()> {
        if writer.active.len >= SEGMENT_BYTES && writer.sealed.len() < SEALED_MAX {
            self.rotate(store, writer)?;
        }
        let place = self.append(&mut writer.active, batch)?;
        if store.durability == Durability::Always {
            self.sync(writer)?;
        }
        self.apply(store, writer, batch, place);
        Ok(())
    }

    /// Appends a batch as one record, so that one checksum decides about all of
    /// it.
    fn append(&self, active: &mut Active, batch: &[Write<'_>]) -> Result<Place> {
        let mut bytes = Vec::new();
        encode_record(&RightLog, &mut bytes, active.len, active.synced, batch);
        if let Err(error) = active.file.write_at(active.len, &bytes) {
            self.take_back(active).map_err(Error::poisoned)?;
            return Err(error);
        }
        let start = usize::try_from(active.len).expect("a segment fits in memory");
        active.len += bytes.len() as u64;
        Ok(Place::new(active.number, start, start + bytes.len()))
    }

    /// Takes back what a failed append left in the file, durably.
    fn take_back(&self, active: &mut Active) -> Result<()> {
        active.file.set_len(active.len)?;
        self.sync_file(&*active.file)?;
        active.synced = active.len;
        Ok(())
    }

    /// Makes a batch visible, all of it at one moment.
    fn apply(&self, store: &Store, writer: &mut Writer, batch: &[Write<'_>], place: Place) {
        let mut keys = Keys::new();
        note(&mut keys, batch, place);
        store.table.write().apply(&keys);
        writer.active.keys.extend(keys);
    }

    /// Makes everything that was written durable.
    fn sync(&self, writer: &mut Writer) -> Result<()> {
        writer.check_poison()?;
        self.sync_file(&*writer.active.file)?;
        writer.active.synced = writer.active.len;
        Ok(())
    }

    /// The number of a segment that is begun: none that another one has, or
    /// has had.
    fn number(&self, writer: &Writer) -> u64 {
        writer.next
    }

    /// Seals the active segment, and begins the next one. Where that fails, the
    /// active segment goes on.
    fn rotate(&self, store: &Store, writer: &mut Writer) -> Result<()> {
        let sealed = self.seal(&store.disk, writer)?;
        let number = self.number(writer);
        let header = encode_header(HEADER_BYTES as u64);
        let file: Arc<dyn File> = self.create_segment(&store.disk, number, &header)?.into();
        self.sync_names(&store.disk)?;
        let mut listed = writer.sealed.clone();
        let active = Listed { number, len: None };
        listed.extend([sealed, active]);
        self.install(&store.disk, &listed)?;
        writer.sealed.push(sealed);
        writer.next += 1;
        writer.active = Active {
            number,
            file: Arc::clone(&file),
            len: HEADER_BYTES as u64,
            synced: HEADER_BYTES as u64,
            keys: Keys::new(),
        };
        store.table.write().files.insert(number, file);
        Ok(())
    }

    /// Ends the active segment: durable, and with a hint file. Nothing lists it
    /// as sealed yet.
    fn seal(&self, disk: &dyn Disk, writer: &mut Writer) -> Result<Listed> {
        self.sync(writer)?;
        let Active {
            number, len, keys, ..
        } = &writer.active;
        self.write_hint(disk, *number, keys)?;
        Ok(Listed {
            number: *number,
            len: Some(*len),
        })
    }

    /// Writes the hint file of a segment, durably.
    fn write_hint(&self, disk: &dyn Disk, number: u64, keys: &Keys) -> Result<()> {
        let file = create(disk, &hint_name(number))?;
        file.write_at(0, &files::encode_hint(keys))?;
        self.sync_file(&*file)
    }

    /// Begins a segment with these bytes, durably.
    fn create_segment(&self, disk: &dyn Disk, number: u64, bytes: &[u8]) -> Result<Box<dyn File>> {
        let file = create(disk, &segment_name(number))?;
        file.write_at(0, bytes)?;
        self.sync_file(&*file)?;
        Ok(file)
    }

    /// Lets a manifest take the place of the last one. The files that it lists
    /// are durable, and so are their names.
    fn install(&self, disk: &dyn Disk, listed: &[Listed]) -> Result<()> {
        let file = create(disk, NEW_MANIFEST)?;
        file.write_at(0, &files::encode_manifest(listed))?;
        self.sync_file(&*file)?;
        drop(file);
        disk.rename(NEW_MANIFEST, MANIFEST)?;
        self.sync_names(disk)
    }

    /// Syncs a file. A sync that fails poisons.
    fn sync_file(&self, file: &dyn File) -> Result<()> {
        file.sync().map_err(Error::poisoned)
    }

    /// Makes the names of all files durable. A sync that fails poisons.
    fn sync_names(&self, disk: &dyn Disk) -> Result<()> {
        disk.sync_dir().map_err(Error::poisoned)
    }

    /// Answers [`Error::Poisoned`] where no merge may go on.
    fn check_step(&self, writer: &Writer) -> Result<()> {
        writer.check_poison()
    }

    /// Which of the sealed segments are to be merged, if any are: the two
    /// neighbours that are the smallest, the newest of those.
    fn due(&self, sealed: &[Listed]) -> Option<Range<usize>> {
        let len = |pair: &[Listed]| pair.iter().filter_map(|segment| segment.len).sum::<u64>();
        let pairs = sealed.windows(2).map(len).enumerate();
        let (first, _) = pairs.min_by_key(|(at, len)| (*len, Reverse(*at)))?;
        Some(first..first + 2)
    }

    /// Begins the merge that is due, if one is.
    fn begin_merge(&self, store: &Store, writer: &mut Writer) -> Result<Option<Merge>> {
        let Some(run) = self.due(&writer.sealed) else {
            return Ok(None);
        };
        let mut merge = Merge::new(run.clone(), self.number(writer));
        for &segment in &writer.sealed[run] {
            self.copy_segment(store, segment, &mut merge)?;
        }
        writer.next += 1;
        Ok(Some(merge))
    }

    /// Copies what is needed of a segment.
    fn copy_segment(&self, store: &Store, segment: Listed, merge: &mut Merge) -> Result<()> {
        let table = store.table.read();
        let bytes = files::read_file(&*table.files[&segment.number])?;
        let name = segment_name(segment.number);
        let read = self.read_sealed(&name, &bytes);
        replay(&read, segment.number, |changes, place| {
            self.copy_record(&table, changes, place, merge);
        })?;
        Ok(())
    }

    /// A sealed segment, as it is read: all of it was synced.
    fn read_sealed<'a>(&self, name: &'a str, bytes: &'a [u8]) -> Read<'a> {
        Read::new(name, bytes, bytes.len() as u64)
    }

    /// Copies the changes of a record that are needed, each as a record of its
    /// own: the segment becomes visible whole.
    fn copy_record(&self, table: &Table, changes: &[Write<'_>], place: Place, merge: &mut Merge) {
        for (at, change) in changes.iter().enumerate() {
            let mut later = changes[at + 1..].iter();
            let is_last = later.all(|later| later.key() != change.key());
            if is_last && self.is_needed(table, change, place, merge) {
                merge.push(&[*change], place);
            }
        }
    }

    /// Answers whether a merge copies a change: a put that is its key's newest;
    /// and a delete that is, as long as an older segment may hold what it
    /// deletes.
    fn is_needed(&self, table: &Table, change: &Write<'_>, place: Place, merge: &Merge) -> bool {
        let newest = table.index.get(change.key());
        match change.value() {
            Some(_) => newest == Some(&place),
            None => newest.is_none() && merge.run.start > 0,
        }
    }

    /// Lets the copy take the place of what was merged.
    fn publish(&self, store: &Store, writer: &mut Writer) -> Result<()> {
        self.sync_newer(writer)?;
        let merge = writer.merge.as_ref().expect("a merge goes on");
        let file = self.write_copy(&store.disk, merge)?;
        self.sync_names(&store.disk)?;
        let run = merge.run.clone();
        let copy = Listed {
            number: merge.number,
            len: Some(merge.bytes.len() as u64),
        };
        let mut listed = writer.sealed.clone();
        self.replace(&mut listed, run.clone(), copy);
        listed.push(writer.active.listed());
        self.install(&store.disk, &listed)?;
        self.swap(store, writer, run, copy, file);
        Ok(())
    }

    /// Makes durable what supersedes the records that were left out. Or else a
    /// power cut could take both.
    fn sync_newer(&self, writer: &mut Writer) -> Result<()> {
        self.sync(writer)
    }

    /// Writes the new segment and its hint file, durably.
    fn write_copy(&self, disk: &dyn Disk, merge: &Merge) -> Result<Box<dyn File>> {
        let file = self.create_segment(disk, merge.number, &merge.bytes)?;
        self.write_hint(disk, merge.number, &merge.keys)?;
        Ok(file)
    }

    /// From now on the copy is read, where nothing newer was written meanwhile.
    fn swap(
        &self,
        store: &Store,
        writer: &mut Writer,
        run: Range<usize>,
        copy: Listed,
        file: Box<dyn File>,
    ) {
        let merge = writer.merge.as_ref().expect("a merge goes on");
        let mut table = store.table.write();
        table.files.insert(copy.number, file.into());
        for moved in &merge.moved {
            self.follow(&mut table.index, moved);
        }
        for merged in self.replace(&mut writer.sealed, run, copy) {
            let file = table.files.remove(&merged.number);
            writer.retired.push(Retired {
                number: merged.number,
                file: file.expect("a listed segment is open"),
            });
        }
    }

    /// Puts a copy in the place of those that were merged: their writes are
    /// older than those of all segments behind them.
    fn replace(&self, sealed: &mut Vec<Listed>, run: Range<usize>, copy: Listed) -> Vec<Listed> {
        sealed.splice(run, [copy]).collect()
    }

    /// Follows a record to its copy, if it still is its key's newest.
    fn follow(&self, index: &mut Index, moved: &Moved) {
        if let Some(place) = index.get_mut(&moved.key)
            && *place == moved.from
        {
            *place = moved.to;
        }
    }

    /// Removes the segments that were merged and that no cursor reads any more.
    fn remove_retired(&self, disk: &dyn Disk, writer: &mut Writer) -> Result<()> {
        for retired in mem::take(&mut writer.retired) {
            match Arc::strong_count(&retired.file) {
                1 => remove(disk, retired)?,
                _ => writer.retired.push(retired),
            }
        }
        Ok(())
    }

    /// Ends the engine: every segment is sealed, and there is no other file.
    fn close(&self, store: Store) -> Result<()> {
        let Store {
            disk,
            writer,
            table,
            ..
        } = store;
        let mut writer = writer.into_inner();
        writer.check_poison()?;
        let mut listed = writer.sealed.clone();
        if !writer.active.is_empty() {
            listed.push(self.seal(&disk, &mut writer)?);
        }
        self.sync_names(&disk)?;
        self.install(&disk, &listed)?;
        drop((writer, table)); // Their files are closed.
        self.clear(&disk, &listed)
    }
}

/// Every step as it should be.
pub(crate) struct Right;

impl Steps for Right {}
