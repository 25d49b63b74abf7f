//! What an opening finds, and what it makes of it.
//!
//! 1. The data files are told apart: those that count, and those whose place
//!    another one takes.
//! 2. Some are copied. What an active file holds goes to a sealed one: nobody
//!    can tell which of its last bytes are durable, and writing over those
//!    that are could lose them. A sealed file that takes the place of
//!    others is copied, too, if these are still there: nobody can tell whether
//!    its name is durable.
//! 3. Each data file has a hint, or gets one by being read.
//! 4. The hints are merged: of each key the newest record counts.
//! 5. What does not count any more is removed.
//!
//! Until the last step nothing is removed, and an opening that fails loses
//! nothing.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::sync::Arc;

use engine::disk::Disk;
use engine::{Error, Result};

use crate::data_file::DataFile;
use crate::device::Device;
use crate::header::{HEADER_BYTES, Header};
use crate::hint::{Entries, Entry, Hint};
use crate::index::{Index, PlacesByShard};
use crate::keydir::KeyHash;
use crate::names::{Kind, Name};
use crate::order::Keys;
use crate::place::{Place, file_len};
use crate::record::{Record, SEAL_BYTES, Says};
use crate::replacement::Replacement;
use crate::replay::{Ended, Records, end_of_active, end_of_sealed};
use crate::whole::Whole;

/// What an opening found.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) index: Index,
    /// A number larger than that of any file here.
    pub(crate) number: u32,
}

/// Opens what is on the device.
///
/// # Errors
///
/// [`Error::Corrupt`] and [`Error::Version`] where a file is not sound;
/// [`Error::NoSpace`], [`Error::Io`] and [`Error::Poisoned`]. Nothing is lost in
/// any of these cases.
pub(crate) fn open(device: &Device) -> Result<Opened> {
    let disk = device.disk();
    let names = names_on(disk)?;
    let largest = names.iter().map(|name| name.number).max().unwrap_or(0);
    let mut number = next_number(largest)?;

    let mut files = Vec::new();
    for source in sources(disk, &names)? {
        files.push(match source {
            Source::Sealed(file) => file,
            Source::ToCopy { place, from, bytes } => {
                let header = Header { number, ..place };
                number = next_number(number)?;
                copied(device, header, from.number, &bytes)?
            }
        });
    }

    let hint_files = hint_files(disk, &names, &files)?;
    let mut hints = Vec::new();
    for (file, hint_file) in files.iter_mut().zip(&hint_files) {
        let hint = match hint_file {
            Some(hint_file) => hint_from(hint_file, file)?,
            None => hint_by_reading(file)?,
        };
        file.ends_at(hint.data_end());
        hints.push(hint);
    }
    let files: Vec<_> = files.into_iter().map(Arc::new).collect();
    let index = match files.is_empty() {
        true => Index::new(PlacesByShard::default(), Keys::default(), &files),
        false => merged(&files, &hints),
    };

    let counts = |name: &Name| {
        matches!(name.kind, Kind::Data | Kind::Hint)
            && files.iter().any(|file| file.number() == name.number)
    };
    for name in names.iter().filter(|name| !counts(name)) {
        disk.remove(&name.to_string())?;
    }
    Ok(Opened { index, number })
}

/// The names of all files that are a Bitcask's.
///
/// # Errors
///
/// [`Error::Io`].
pub(crate) fn names_on(disk: &dyn Disk) -> Result<Vec<Name>> {
    let names = disk.list()?;
    Ok(names.iter().filter_map(|name| Name::parse(name)).collect())
}

/// Where the records at some place in the order come from.
pub(crate) enum Source {
    /// A sealed file.
    Sealed(DataFile),
    /// A file that is to be copied.
    ToCopy {
        /// Whose place the copy takes.
        place: Header,
        /// The file.
        from: Name,
        /// Its bytes, up to where its records end.
        bytes: Vec<u8>,
    },
}

impl Source {
    /// The number of the last file whose place it takes.
    fn last(&self) -> u32 {
        match self {
            Source::Sealed(file) => file.header().last,
            Source::ToCopy { place, .. } => place.last,
        }
    }
}

/// Where all records come from, the oldest first.
///
/// # Errors
///
/// [`Error::Corrupt`] and [`Error::Version`] where a file is not sound;
/// [`Error::Io`].
pub(crate) fn sources(disk: &dyn Disk, names: &[Name]) -> Result<Vec<Source>> {
    let numbers = |kind| {
        let names = names.iter().filter(move |name| name.kind == kind);
        names.map(|name| name.number)
    };
    let files: Vec<DataFile> = numbers(Kind::Data)
        .map(|number| DataFile::open(disk, number))
        .collect::<Result<_>>()?;
    let sealed: Vec<Header> = files.iter().map(DataFile::header).collect();
    let all: Vec<Header> = numbers(Kind::Active)
        .map(Header::of)
        .chain(sealed.iter().copied())
        .collect();
    let is_replaced = |header: &Header| sealed.iter().any(|other| other.replaces(header));
    let newest = all.iter().map(|header| header.last).max();

    let mut sources = Vec::new();
    for file in files {
        let header = file.header();
        if is_replaced(&header) {
            continue;
        }
        // Those whose place it takes are still there.
        if all.iter().any(|other| header.replaces(other)) {
            let name = file.name();
            let bytes = file.read_all(|bytes| {
                let mut records = Records::all(header.number, bytes);
                records.by_ref().for_each(drop);
                let ended = records.ended().expect("there are no more");
                let end = end_of_sealed(&name.to_string(), bytes, ended)?;
                Ok(bytes[..(end - SEAL_BYTES) as usize].to_vec())
            })?;
            sources.push(Source::ToCopy {
                place: header,
                from: name,
                bytes,
            });
        } else {
            sources.push(Source::Sealed(file));
        }
    }
    for number in numbers(Kind::Active) {
        let place = Header::of(number);
        let is_newest = newest == Some(number);
        if !is_replaced(&place)
            && let Some(bytes) = read_active(disk, number, is_newest)?
        {
            sources.push(Source::ToCopy {
                place,
                from: Name::new(number, Kind::Active),
                bytes,
            });
        }
    }
    sources.sort_by_key(Source::last);
    Ok(sources)
}

/// The bytes of the active file of this number, up to where its records end;
/// `None` where nothing was ever written to it. Only the newest one may have a
/// torn tail: the others were sealed before the next one was made.
///
/// # Exercise 2.7
pub(crate) fn read_active(
    disk: &dyn Disk,
    number: u32,
    is_newest: bool,
) -> Result<Option<Vec<u8>>> {
    let name = Name::new(number, Kind::Active).to_string();
    let whole = Whole::open(disk, &name)?;
    let bytes = whole.bytes()?;
    Header::decode(&name, number, &bytes)?;
    if bytes[HEADER_BYTES as usize..].iter().all(|&byte| byte == 0) {
        return Ok(None);
    }
    let mut records = Records::all(number, &bytes);
    records.by_ref().for_each(drop);
    let end = match records.ended() {
        Some(ended @ Ended::Broken(..)) if !is_newest => end_of_sealed(&name, &bytes, ended)?,
        _ => end_of_active(&name, number, &bytes)?,
    };
    Ok(Some(bytes[..end as usize].to_vec()))
}

/// A sealed file with this header that holds the records of the file `from`,
/// whose bytes these are. All of it is durable.
fn copied(device: &Device, header: Header, from: u32, bytes: &[u8]) -> Result<DataFile> {
    let mut copy = Replacement::create(device, header, file_len(bytes.len()))?;
    for (_, record) in Records::all(from, bytes) {
        // What it says of syncs is true of the other file alone.
        if record.key().is_some() {
            copy.push(&record)?;
        }
    }
    copy.finish(device)?;
    let file = copy.into_file();
    Ok(Arc::into_inner(file).expect("nobody else has it yet"))
}

/// The hint of a sealed file, made by reading all of it.
///
/// # Errors
///
/// [`Error::Corrupt`] and [`Error::Io`].
pub(crate) fn hint_by_reading(file: &DataFile) -> Result<Hint<'static>> {
    let (name, number) = (file.name().to_string(), file.number());
    file.read_all(|bytes| {
        let mut records = Records::all(number, bytes);
        let entries = records.by_ref().filter_map(Entry::of).collect();
        let ended = records.ended().expect("there are no more");
        let end = end_of_sealed(&name, bytes, ended)?;
        Ok(Hint::new(number, end, entries))
    })
}

/// The hint file of each of these data files that has one.
///
/// # Errors
///
/// [`Error::Corrupt`] and [`Error::Io`].
fn hint_files(disk: &dyn Disk, names: &[Name], files: &[DataFile]) -> Result<Vec<Option<Whole>>> {
    let hint_file = |file: &DataFile| {
        let name = Name::new(file.number(), Kind::Hint);
        let open = || Whole::open(disk, &name.to_string());
        names.contains(&name).then(open).transpose()
    };
    files.iter().map(hint_file).collect()
}

/// The hint of a sealed file, from its hint file.
///
/// # Errors
///
/// [`Error::Corrupt`], [`Error::Version`] and [`Error::Io`].
fn hint_from<'f>(hint_file: &'f Whole, file: &DataFile) -> Result<Hint<'f>> {
    let hint = Hint::decode(file.number(), hint_file.bytes()?)?;
    let is_seal = |record: &Record<'_>| record.says == Says::Seal;
    let end = hint.data_end();
    let seal = end.saturating_sub(SEAL_BYTES);
    file.prefetch(seal, SEAL_BYTES);
    if end > file.len() || !file.read(seal, is_seal)? {
        let what = "the seal is not where the hint file says";
        return Err(Error::corrupt(
            &file.name().to_string(),
            u64::from(end),
            what,
        ));
    }
    file.gets_hint();
    Ok(hint)
}

/// The index of the newest record of each key.
///
/// # Exercise 2.8
fn merged(files: &[Arc<DataFile>], hints: &[Hint<'_>]) -> Index {
    for (file, hint) in files.iter().zip(hints) {
        let graves = hint.entries().filter(|entry| entry.deletes);
        graves.for_each(|entry| file.buries(entry.len));
    }
    let mut places = PlacesByShard::with_capacity(hints.iter().map(Hint::count).sum());
    let newest = Newest::of(hints).filter(|(_, entry)| !entry.deletes);
    let keys = Keys::from_sorted(newest.map(|(index, entry)| {
        let file = &files[index];
        let place = Place {
            file: file.number(),
            offset: entry.offset,
        };
        places.push(KeyHash::of(entry.key), place);
        file.lives(entry.len);
        entry.key
    }));
    Index::new(places, keys, files)
}

/// Of each key in some hints what the last of them says of it, in the order of
/// the keys, and which hint that is.
pub(crate) struct Newest<'h> {
    entries: Vec<Entries<'h>>,
    /// The next entry of each hint, and which hint that is: the smallest key
    /// first, and of one key the last hint.
    heads: BinaryHeap<(Reverse<&'h [u8]>, usize, Entry<'h>)>,
    /// The last key that was answered.
    last: Option<&'h [u8]>,
}

impl<'h> Newest<'h> {
    /// Where `hints` are in the order of their files, the oldest first.
    pub(crate) fn of(hints: &'h [Hint<'_>]) -> Self {
        let mut entries: Vec<_> = hints.iter().map(Hint::entries).collect();
        let heads = entries.iter_mut().enumerate();
        let heads = heads.filter_map(|(index, entries)| {
            let entry = entries.next()?;
            Some((Reverse(entry.key), index, entry))
        });
        Newest {
            heads: heads.collect(),
            entries,
            last: None,
        }
    }
}

impl<'h> Iterator for Newest<'h> {
    type Item = (usize, Entry<'h>);

    /// The newest entry of the next key.
    ///
    /// # Exercise 2.8
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let mut head = self.heads.peek_mut()?;
            let (Reverse(key), index, entry) = *head;
            // The hint's next entry takes its place in the heap.
            match self.entries[index].next() {
                Some(next) => *head = (Reverse(next.key), index, next),
                None => drop(PeekMut::pop(head)),
            }
            if self.last != Some(key) {
                self.last = Some(key);
                return Some((index, entry));
            }
        }
    }
}

/// The number after this one.
///
/// # Errors
///
/// [`Error::Unsupported`] after the last.
pub(crate) fn next_number(number: u32) -> Result<u32> {
    let what = "a data file after number 4294967295";
    number.checked_add(1).ok_or(Error::Unsupported { what })
}
