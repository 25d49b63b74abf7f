//! What an opening finds, and what it makes of it.
//!
//! 1. The manifest tells which tables there are. Each is opened; one that is
//!    missing is damage.
//! 2. Logs are there only where the engine was not closed. They are replayed in
//!    their order, each into a memtable, and that becomes a table of level 0:
//!    nobody can tell which of a log's last bytes are durable, and the table is.
//! 3. The manifest is written anew. From then on the logs do not count.
//! 4. Whatever does not count is removed.
//!
//! After a close there are no logs and nothing else that does not count, all that
//! the manifest tells was durable before it got its name, and an opening writes
//! nothing. (Whether that name is durable nobody can tell. So before the first
//! write the manifest is written anew all the same.)
//!
//! Until the third step nothing is changed but by new files, and an opening that
//! fails leaves everything as it was.

use std::sync::Arc;

use engine::disk::{Disk, Lent, Map, Mode};
use engine::{Error, Result};

use crate::files::Files;
use crate::job::Job;
use crate::levels::Levels;
use crate::log::replay::{header, is_blank, judge, replay};
use crate::maintaining::Maintaining;
use crate::manifest::{self, Edit, Manifest, Tables};
use crate::memtable::Memtable;
use crate::names::Name;
use crate::options::Options;
use crate::shape::Shape;
use crate::state::{Logged, State};
use crate::table::{Table, TableInfo};

/// What an opening found.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) files: Files,
    pub(crate) state: State,
    pub(crate) maintaining: Maintaining,
}

/// Opens what is on `disk`.
///
/// # Errors
///
/// [`Error::Corrupt`] and [`Error::Version`] where a file is not sound;
/// [`Error::NoSpace`], [`Error::Io`] and [`Error::Poisoned`].
pub(crate) fn open(disk: Arc<dyn Disk>, options: Options) -> Result<Opened> {
    let names = names_on(&*disk)?;
    let files = Files::new(disk, options);
    let (mut tables, is_proven) = read_manifest(files.device.disk(), &names)?;
    for number in names.iter().filter_map(|name| name.number()) {
        files.pass_number(number);
    }
    files.pass_number(tables.log);
    let mut levels = open_tables(&files, &names, &tables)?;
    let was_closed = is_proven && names.iter().all(|name| counts(*name, &tables));
    let manifest = match was_closed {
        true => Manifest::of_closed(),
        // The first write makes the first file.
        false if names.is_empty() => Manifest::default(),
        false => recover(&files, &names, &mut tables, &mut levels)?,
    };
    let active = Arc::new(Logged::new(Memtable::new(files.options.memtable_bytes)));
    Ok(Opened {
        files,
        state: State {
            active,
            frozen: Vec::new(),
            levels: Arc::new(levels),
        },
        maintaining: Maintaining::new(manifest, tables),
    })
}

/// Makes durable what the logs hold, in tables, and removes what does not count
/// then.
///
/// # Errors
///
/// As for [`open`].
///
/// # Exercise 3.20
fn recover(
    files: &Files,
    names: &[Name],
    tables: &mut Tables,
    levels: &mut Levels<Arc<Table>>,
) -> Result<Manifest> {
    let flushed = flush_logs(files, names, tables, levels)?;
    if !flushed.is_empty() {
        files.device.sync_dir()?;
    }
    let edit = Edit {
        added: flushed.into_iter().map(|info| (0, info)).collect(),
        removed: Vec::new(),
        log: files.next_number()?,
    };
    tables.apply(edit).expect("an edit of our own makes sense");
    let mut manifest = Manifest::default();
    manifest.rewrite(&files.device, tables)?;
    for name in names.iter().filter(|name| !counts(**name, tables)) {
        files.remove(*name)?;
    }
    Ok(manifest)
}

/// Answers whether a file is needed once no log is.
fn counts(name: Name, tables: &Tables) -> bool {
    match name {
        Name::Manifest => true,
        Name::NewManifest | Name::Log(_) => false,
        Name::Table(number) => tables.tables.contains_key(&number),
    }
}

/// The names of all files that are ours.
///
/// # Errors
///
/// [`Error::Io`].
pub(crate) fn names_on(disk: &dyn Disk) -> Result<Vec<Name>> {
    let names = disk.list()?;
    Ok(names.iter().filter_map(|name| Name::parse(name)).collect())
}

/// What the manifest tells, and whether all of that was durable before it got its
/// name. There is one before there is anything else.
pub(crate) fn read_manifest(disk: &dyn Disk, names: &[Name]) -> Result<(Tables, bool)> {
    let name = Name::Manifest.to_string();
    if names.contains(&Name::Manifest) {
        let whole = Whole::open(disk, &name)?;
        return manifest::read(&whole.bytes()?);
    }
    match names.iter().any(|name| name.number().is_some()) {
        true => Err(Error::corrupt(&name, 0, "the manifest is missing")),
        false => Ok((Tables::default(), false)),
    }
}

/// The tables that the manifest tells of.
fn open_tables(files: &Files, names: &[Name], tables: &Tables) -> Result<Levels<Arc<Table>>> {
    let mut found = Vec::new();
    for (level, info) in tables.tables.values() {
        let name = Name::Table(info.number);
        if !names.contains(&name) {
            return Err(Error::corrupt(&name.to_string(), 0, "the table is missing"));
        }
        found.push((usize::from(*level), files.open_table(info.clone())?));
    }
    let levels = Levels::new(Shape::default().levels).with(found, &[])?;
    levels.check()?;
    Ok(levels)
}

/// Adds tables to level 0 with what the logs hold that count, and answers what
/// they are.
///
/// # Errors
///
/// As for [`open`].
fn flush_logs(
    files: &Files,
    names: &[Name],
    tables: &Tables,
    levels: &mut Levels<Arc<Table>>,
) -> Result<Vec<TableInfo>> {
    let mut logs = Vec::new();
    for name in names {
        if let Name::Log(number) = *name
            && number >= tables.log
        {
            let whole = Whole::open(files.device.disk(), &name.to_string())?;
            if !is_blank(&whole.bytes()?) {
                logs.push((number, whole));
            }
        }
    }
    let newest = logs.last().map(|(number, _)| *number);
    let mut before = None;
    let mut flushed = Vec::new();
    for (number, whole) in &logs {
        let is_newest = Some(*number) == newest;
        let memtable = replay_log(*number, &whole.bytes()?, is_newest, before, tables.log)?;
        before = Some(*number);
        if !memtable.is_empty() {
            let below = Arc::new(levels.clone());
            let mut job = Job::flush(files, &Arc::new(Logged::new(memtable)), &below)?;
            while job.piece(files)? {}
            flushed.extend(job.made.iter().map(|table| table.info().clone()));
            let made = job.made.into_iter().map(|table| (0, table));
            *levels = levels.with(made.collect(), &[])?;
        }
    }
    Ok(flushed)
}

/// What the log of this number holds. The one before it has the number `before`,
/// if it is there; logs count from `from` on.
///
/// # Exercise 3.20
pub(crate) fn replay_log(
    number: u32,
    bytes: &[u8],
    is_newest: bool,
    before: Option<u32>,
    from: u32,
) -> Result<Memtable> {
    let name = Name::Log(number).to_string();
    let memtable = Memtable::new(bytes.len());
    let Some(header) = header(&name, number, bytes, is_newest)? else {
        return Ok(memtable);
    };
    let has_previous = header.previous > 0 && header.previous >= from;
    if has_previous && before != Some(header.previous) {
        let missing = Name::Log(header.previous).to_string();
        return Err(Error::corrupt(&missing, 0, "the log is missing"));
    }
    let mut seq = 0;
    let ended = replay(&name, number, bytes, |write| {
        seq += 1;
        memtable.insert(seq, &write);
    })?;
    judge(&name, number, bytes, ended, is_newest)?;
    Ok(memtable)
}

/// All bytes of a file that nobody changes, in its map where the disk has maps.
#[derive(Debug)]
pub(crate) enum Whole {
    Mapped { map: Box<dyn Map>, len: usize },
    Read(Vec<u8>),
}

impl Whole {
    pub(crate) fn open(disk: &dyn Disk, name: &str) -> Result<Self> {
        let file = disk.open(name, Mode::Read)?;
        let len = usize::try_from(file.len()?)
            .ok()
            .filter(|len| u32::try_from(*len).is_ok())
            .ok_or_else(|| Error::corrupt(name, 0, "the file is longer than 4 GiB"))?;
        match file.map() {
            Ok(map) => {
                map.prefetch(0, len);
                return Ok(Whole::Mapped { map, len });
            }
            Err(Error::Unsupported { .. }) => {}
            Err(error) => return Err(error),
        }
        let mut bytes = vec![0; len];
        file.read_exact_at(0, &mut bytes)?;
        Ok(Whole::Read(bytes))
    }

    pub(crate) fn bytes(&self) -> Result<Lent<'_>> {
        match self {
            Whole::Mapped { map, len } => map.slice(0, *len),
            Whole::Read(bytes) => Ok(Lent::in_place(bytes)),
        }
    }
}
