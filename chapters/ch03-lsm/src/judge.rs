//! Which entries are live, as an opening would find them: for whoever draws the
//! files.
//!
//! | word | the entry of a table, or the change in a log |
//! |---|---|
//! | `live` | is the newest of its key, which has a value |
//! | `grave` | is the newest of its key, which has none. It is kept, as an older table may hold what it hides |
//! | `garbage` | is needed by nobody. Its key has a newer one; or it is a tombstone that hides nothing; or its file does not count |
//!
//! So compactions all the way down would copy what is live, and nothing else.
//! Of a compressed block nothing is said: its entries stand nowhere in the file.
//!
//! Every file is read, the oldest first, and each table is forgotten before the
//! next. What stays until all are read is each key once, and 16 bytes of each
//! entry.

use std::collections::HashMap;

use engine::disk::Disk;
use engine::layout::{Judge, Notes};
use engine::{Error, Result, Write};

use crate::layout::table::for_each_entry;
use crate::layout::{LOG_FILE, TABLE_FILE};
use crate::levels::Levels;
use crate::log::header::HEADER_BYTES;
use crate::log::record::{CHANGE_BYTES, HEAD_BYTES, Record, Says, log_len};
use crate::log::replay::{header, is_blank};
use crate::manifest::Tables;
use crate::names::Name;
use crate::opening::{Whole, names_on, read_manifest, replay_log};
use crate::shape::Shape;
use crate::table::TableInfo;

/// Who says which entries are live.
pub const JUDGE: Judge = Judge {
    question: "which entries are live",
    is_about: |name| (TABLE_FILE.is_named)(name) || (LOG_FILE.is_named)(name),
    notes,
};

const LIVE: &str = "live";
const GRAVE: &str = "grave";
const GARBAGE: &str = "garbage";

/// The words about the entries of all tables, and the changes in all logs.
///
/// # Errors
///
/// Those of an opening that reads all tables to their ends:
/// [`Error::Corrupt`] and [`Error::Version`] where a file is not sound;
/// [`Error::Io`].
pub fn notes(disk: &dyn Disk) -> Result<Notes> {
    let mut names = names_on(disk)?;
    names.sort_unstable();
    let (tables, _) = read_manifest(disk, &names)?;
    let levels = levels_of(&names, &tables)?;
    let mut seen = Seen::default();
    let newest_first: Vec<_> = levels.all().collect();
    for (level, table) in newest_first.into_iter().rev() {
        see_table(disk, &levels, level, table, &mut seen)?;
    }
    see_logs(disk, &names, tables.log, &levels, &mut seen)?;
    let mut notes = Notes::default();
    seen.say(&mut notes);
    say_uncounted(disk, &names, &tables, &mut notes);
    Ok(notes)
}

/// The tables that the manifest tells of, each of which is there.
fn levels_of(names: &[Name], tables: &Tables) -> Result<Levels<TableInfo>> {
    let mut found = Vec::new();
    for (level, info) in tables.tables.values() {
        let name = Name::Table(info.number);
        if !names.contains(&name) {
            return Err(Error::corrupt(&name.to_string(), 0, "the table is missing"));
        }
        found.push((usize::from(*level), info.clone()));
    }
    let levels = Levels::new(Shape::default().levels).with(found, &[])?;
    levels.check()?;
    Ok(levels)
}

/// What was seen so far, the oldest first.
#[derive(Default)]
struct Seen {
    files: Vec<(Name, Vec<Entry>)>,
    /// Where the newest entry of each key is: in which file, and which one there.
    /// One that stands nowhere in its file is not among its entries.
    newest: HashMap<Vec<u8>, Option<(usize, usize)>>,
}

/// An entry, or a change.
struct Entry {
    at: usize,
    says: Kind,
    /// Whether its key has no newer one.
    is_newest: bool,
}

/// What an entry is good for while it is the newest of its key.
#[derive(Clone, Copy)]
enum Kind {
    Value,
    /// A tombstone that may have something to hide.
    Hides,
    /// Another one.
    HidesNothing,
}

impl Seen {
    /// The entries that come now are in this file.
    fn begin(&mut self, name: Name) {
        self.files.push((name, Vec::new()));
    }

    /// The next entry of the file.
    fn see(&mut self, at: Option<usize>, key: Vec<u8>, says: Kind) {
        let file = self.files.len() - 1;
        let place = at.map(|at| {
            let (_, entries) = &mut self.files[file];
            entries.push(Entry {
                at,
                says,
                is_newest: true,
            });
            (file, entries.len() - 1)
        });
        if let Some(Some((file, entry))) = self.newest.insert(key, place) {
            self.files[file].1[entry].is_newest = false;
        }
    }

    /// Says the words about all of them.
    fn say(self, notes: &mut Notes) {
        for (name, entries) in self.files {
            let (mut live, mut graves, mut garbage) = (Vec::new(), Vec::new(), Vec::new());
            for entry in entries {
                let offsets = match (entry.is_newest, entry.says) {
                    (true, Kind::Value) => &mut live,
                    (true, Kind::Hides) => &mut graves,
                    (false, _) | (true, Kind::HidesNothing) => &mut garbage,
                };
                offsets.push(entry.at);
            }
            let file = name.to_string();
            notes.say(&file, LIVE, live);
            notes.say(&file, GRAVE, graves);
            notes.say(&file, GARBAGE, garbage);
        }
    }
}

fn see_table(
    disk: &dyn Disk,
    levels: &Levels<TableInfo>,
    level: usize,
    table: &TableInfo,
    seen: &mut Seen,
) -> Result<()> {
    let name = Name::Table(table.number);
    let whole = Whole::open(disk, &name.to_string())?;
    seen.begin(name);
    for_each_entry(table.number, &whole.bytes()?, |at, key, is_tombstone| {
        let says = match is_tombstone {
            false => Kind::Value,
            true if hides(levels, level, table.number, &key) => Kind::Hides,
            true => Kind::HidesNothing,
        };
        seen.see(at, key, says);
    })
}

/// Whether an older table than that of this number, which is in this level, may
/// hold `key`.
fn hides(levels: &Levels<TableInfo>, level: usize, number: u32, key: &[u8]) -> bool {
    let keys = key..=key;
    let is_older = |table: &&TableInfo| table.number < number && table.overlaps(&keys);
    levels.is_below(level, &keys) || level == 0 && levels.tables(0).iter().any(|t| is_older(&t))
}

/// The logs that count from this number on. An opening would make a table of
/// each.
fn see_logs(
    disk: &dyn Disk,
    names: &[Name],
    from: u32,
    levels: &Levels<TableInfo>,
    seen: &mut Seen,
) -> Result<()> {
    let mut logs = Vec::new();
    for name in names {
        if let Name::Log(number) = *name
            && number >= from
        {
            let whole = Whole::open(disk, &name.to_string())?;
            if !is_blank(&whole.bytes()?) {
                logs.push((number, whole));
            }
        }
    }
    let newest = logs.last().map(|(number, _)| *number);
    let mut before = None;
    for (number, whole) in logs {
        let bytes = whole.bytes()?;
        let name = Name::Log(number);
        let is_newest = Some(number) == newest;
        let counts = header(&name.to_string(), number, &bytes, is_newest)?.is_some();
        // What is wrong with it, an opening would say.
        replay_log(number, &bytes, is_newest, before, from)?;
        before = Some(number);
        let file = seen.files.len();
        seen.begin(name);
        for (at, write) in changes(number, &bytes).into_iter().filter(|_| counts) {
            let key = write.key();
            let in_older_file = match seen.newest.get(key) {
                Some(Some((older, _))) => *older < file,
                found => found.is_some(),
            };
            let says = match write.value() {
                Some(_) => Kind::Value,
                None if in_older_file || hides(levels, 0, u32::MAX, key) => Kind::Hides,
                None => Kind::HidesNothing,
            };
            seen.see(Some(at), key.to_vec(), says);
        }
    }
    Ok(())
}

/// The changes in a log, each with its offset, up to where its records end.
fn changes(log: u32, bytes: &[u8]) -> Vec<(usize, Write<'_>)> {
    let mut changes = Vec::new();
    let mut at = HEADER_BYTES as usize;
    while let Ok((record, len)) =
        Record::decode(bytes.get(at..).unwrap_or_default(), log, log_len(at))
    {
        let mut change_at = at + HEAD_BYTES as usize;
        match record.says {
            Says::Batch(batch) => {
                // What makes no sense is the end of it.
                let _ = batch.for_each(|write| {
                    changes.push((change_at, write));
                    let value = write.value().map_or(0, <[u8]>::len);
                    change_at += CHANGE_BYTES + write.key().len() + value;
                });
            }
            Says::Synced { .. } => {}
            Says::End => break,
        }
        at += len as usize;
    }
    changes
}

/// Says the words about files that do not count. An opening does not mind what
/// is wrong there.
fn say_uncounted(disk: &dyn Disk, names: &[Name], tables: &Tables, notes: &mut Notes) {
    for name in names {
        let counts = match name {
            Name::Table(number) => tables.tables.contains_key(number),
            Name::Log(number) => *number >= tables.log,
            Name::Manifest | Name::NewManifest => true,
        };
        if counts {
            continue;
        }
        let file = name.to_string();
        let Ok(whole) = Whole::open(disk, &file) else {
            continue;
        };
        let Ok(bytes) = whole.bytes() else { continue };
        let mut offsets = Vec::new();
        match *name {
            Name::Table(number) => {
                // What can be read of it, if anything.
                let _ = for_each_entry(number, &bytes, |at, _, _| offsets.extend(at));
            }
            Name::Log(number) => offsets.extend(changes(number, &bytes).iter().map(|(at, _)| *at)),
            Name::Manifest | Name::NewManifest => {}
        }
        notes.say(&file, GARBAGE, offsets);
    }
}
