//! Which records are live, as an opening would find them: for whoever draws
//! the files.
//!
//! | word | the record |
//! |---|---|
//! | `live` | is the newest of its key, which has a value |
//! | `grave` | is the newest of its key, which has none: a tombstone, or a put that has expired. It is kept, as an older file could hold what it hides |
//! | `garbage` | is needed by nobody. Its key has a newer one; or it hides, and all older files are [pure](crate::garbage::Weight::is_pure); or its file does not count |
//! | `torn` | stands in a torn tail, which an opening drops |
//!
//! So a merge that begins at the record's file would copy what is live and the
//! graves, and nothing else.
//!
//! Hint files are not asked: a record is what its data file says, and damage
//! there should be found. Each data file is read once, and forgotten before the
//! next. What stays until all are read is each file's keys, and 16 bytes of
//! each record.

use std::time::Duration;

use engine::Result;
use engine::clock::{Clock, SystemClock};
use engine::disk::Disk;
use engine::layout::{Judge, Notes};

use crate::data_file::DataFile;
use crate::garbage::Weight;
use crate::header::HEADER_BYTES;
use crate::hint::{Entry, Hint};
use crate::layout::DATA_FILE;
use crate::names::{Kind, Name};
use crate::opening::{Newest, Source, names_on, sources};
use crate::place::file_len;
use crate::record::{Record, SEAL_BYTES, Says};
use crate::replay::{Records, end_of_sealed};
use crate::whole::Whole;

/// Who says which records are live.
pub const JUDGE: Judge = Judge {
    question: "which records are live",
    is_about: DATA_FILE.is_named,
    notes: notes_now,
};

const LIVE: &str = "live";
const GRAVE: &str = "grave";
const GARBAGE: &str = "garbage";
const TORN: &str = "torn";

fn notes_now(disk: &dyn Disk) -> Result<Notes> {
    notes(disk, SystemClock.now())
}

/// The words about the records in all data files, at this time since 1970.
///
/// # Errors
///
/// Those of an opening: [`Error::Corrupt`](engine::Error::Corrupt) and
/// [`Error::Version`](engine::Error::Version) where a data file is not sound;
/// [`Error::Io`](engine::Error::Io).
pub fn notes(disk: &dyn Disk, now: Duration) -> Result<Notes> {
    let names = names_on(disk)?;
    let (mut files, mut hints) = (Vec::new(), Vec::new());
    for source in sources(disk, &names)? {
        let (file, hint) = match source {
            Source::Sealed(file) => Counted::sealed(&file, now)?,
            Source::ToCopy { from, bytes, .. } => Counted::to_copy(from, &bytes, now),
        };
        files.push(file);
        hints.push(hint);
    }
    for (index, entry) in Newest::of(&hints) {
        files[index].newest.push(entry.offset);
        if !entry.deletes {
            files[index].weight.live += entry.len;
        }
    }
    drop(hints);

    let mut notes = Notes::default();
    say_uncounted(disk, &names, &files, &mut notes);
    let mut behind_pure = true;
    for file in files {
        let is_pure = file.weight.is_pure();
        file.say(behind_pure, &mut notes);
        behind_pure &= is_pure;
    }
    Ok(notes)
}

/// A data file whose records count.
struct Counted {
    name: Name,
    /// Up to where they count.
    end: u32,
    weight: Weight,
    records: Vec<Seen>,
    /// Where the records begin that are the newest of their keys.
    newest: Vec<u32>,
}

/// A record that is about a key, and counts.
struct Seen {
    offset: u32,
    /// Whether its key has no value: it deletes, or has expired.
    hides: bool,
}

impl Seen {
    fn of(offset: u32, record: &Record<'_>, now: Duration) -> Option<Self> {
        let hides = match record.says {
            Says::Put { expires, .. } => expires.is_some_and(|at| at <= now),
            Says::Delete { .. } => true,
            Says::Synced { .. } | Says::Seal => return None,
        };
        Some(Seen { offset, hides })
    }
}

impl Counted {
    /// A sealed file, and what a hint says of it.
    fn sealed(file: &DataFile, now: Duration) -> Result<(Self, Hint<'static>)> {
        let name = file.name();
        file.read_all(|bytes| {
            let mut records = Records::all(name.number, bytes);
            let (seen, entries) = all_of(&mut records, now);
            let ended = records.ended().expect("there are no more");
            let end = end_of_sealed(&name.to_string(), bytes, ended)?;
            let all = end - HEADER_BYTES - SEAL_BYTES;
            Ok(Counted::new(name, end, all, seen, entries))
        })
    }

    /// The same of a file that an opening would copy, up to where its records
    /// end. What is no key's would not be in the copy.
    fn to_copy(name: Name, bytes: &[u8], now: Duration) -> (Self, Hint<'static>) {
        let (seen, entries) = all_of(&mut Records::all(name.number, bytes), now);
        let all = entries.iter().map(|entry| entry.len).sum();
        Counted::new(name, file_len(bytes.len()), all, seen, entries)
    }

    fn new(
        name: Name,
        end: u32,
        all: u32,
        records: Vec<Seen>,
        entries: Vec<Entry<'_>>,
    ) -> (Self, Hint<'static>) {
        let hint = Hint::new(name.number, end, entries);
        let weight = Weight {
            all,
            ..Weight::default()
        };
        let file = Counted {
            name,
            end,
            weight,
            records,
            newest: Vec::new(),
        };
        (file, hint)
    }

    /// Says the words about its records. All files in front of it are pure, or
    /// not.
    fn say(mut self, behind_pure: bool, notes: &mut Notes) {
        self.newest.sort_unstable();
        let (mut live, mut graves, mut garbage) = (Vec::new(), Vec::new(), Vec::new());
        for Seen { offset, hides } in self.records {
            let is_newest = self.newest.binary_search(&offset).is_ok();
            let offsets = match (is_newest, hides) {
                (true, false) => &mut live,
                (true, true) if !behind_pure => &mut graves,
                _ => &mut garbage,
            };
            offsets.push(offset as usize);
        }
        let file = self.name.to_string();
        notes.say(&file, LIVE, live);
        notes.say(&file, GRAVE, graves);
        notes.say(&file, GARBAGE, garbage);
    }
}

/// The records that are about a key, and what a hint is made of.
fn all_of<'f>(records: &mut Records<'f>, now: Duration) -> (Vec<Seen>, Vec<Entry<'f>>) {
    let (mut seen, mut entries) = (Vec::new(), Vec::new());
    for (offset, record) in records {
        seen.extend(Seen::of(offset, &record, now));
        entries.extend(Entry::of((offset, record)));
    }
    (seen, entries)
}

/// Says the words about what does not count: torn tails, files whose place
/// another one takes, and what is not finished. An opening does not mind what
/// is wrong there.
fn say_uncounted(disk: &dyn Disk, names: &[Name], files: &[Counted], notes: &mut Notes) {
    for name in names.iter().filter(|name| name.kind != Kind::Hint) {
        let counted = files.iter().find(|file| file.name == *name);
        let (from, word) = match counted.map(|file| file.end) {
            Some(end) if name.kind == Kind::Active => (end, TORN),
            Some(_) => continue,
            None => (HEADER_BYTES, GARBAGE),
        };
        let file = name.to_string();
        let Ok(whole) = Whole::open(disk, &file) else {
            continue;
        };
        let Ok(bytes) = whole.bytes() else { continue };
        let records = Records::new(name.number, &bytes, from);
        let records = records.filter(|(_, record)| record.key().is_some());
        let offsets = records.map(|(offset, _)| offset as usize).collect();
        notes.say(&file, word, offsets);
    }
}
