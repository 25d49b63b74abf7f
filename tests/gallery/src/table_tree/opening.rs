//! Opening: what the manifest tells, what the logs hold, and nothing else.

use std::sync::Arc;

use engine::disk::{Counted, Disk, Mode};
use engine::sync::atomic::{AtomicU64, Ordering};
use engine::sync::{Mutex, RwLock};
use engine::{Counters, Durability, Error, Result, Write};

use super::Store;
use super::compacting::build;
use super::files::{MANIFEST, log_name, log_of, number_of, read_file, table_name};
use super::maintaining::Maintaining;
use super::manifest::{Edit, Listed, clear, read_manifest, rewrite};
use super::memtable::Memtable;
use super::state::{LEVELS, Levels, Source, State, View, changed, sort};
use super::steps::Steps;
use super::table::Table;
use super::writing::Writer;
use crate::log_engine::format::{HEADER_BYTES, decode_header};
use crate::log_engine::replay::Read;
use crate::log_engine::steps::{Right as RightLog, Steps as _};

/// Reads what is there, and makes a table of what the logs hold.
pub(super) fn open(
    steps: &'static dyn Steps,
    disk: Counted,
    durability: Durability,
    counters: Arc<Counters>,
) -> Result<Store> {
    let found = disk.list()?;
    let mut listed = match found.iter().any(|name| name == MANIFEST) {
        true => read_manifest(steps, &read_file(&*disk.open(MANIFEST, Mode::Read)?)?)?,
        false if found.iter().any(|name| number_of(name).is_some()) => {
            return Err(Error::corrupt(MANIFEST, 0, "the manifest is missing"));
        }
        false => Listed::default(),
    };
    let levels = open_tables(steps, &disk, &found, &listed, &counters)?;
    let taken = found.iter().filter_map(|name| number_of(name)).max();
    let next = taken.unwrap_or(0).max(listed.log) + 1;
    let active = Arc::new(Memtable::new(next));
    let store = Store {
        writer: Mutex::new(Writer {
            active: Arc::clone(&active),
            log: None,
        }),
        present: RwLock::new(View {
            state: Arc::new(State {
                active,
                frozen: Vec::new(),
                levels: levels.clone(),
            }),
            last: 0,
        }),
        poison: Mutex::new(None),
        maintaining: Mutex::new(Maintaining::new(None, Listed::default())),
        numbers: AtomicU64::new(next + 1),
        steps,
        disk,
        durability,
        counters,
    };
    let replayed = Arc::new(replay_logs(steps, &store.disk, &found, &listed)?);
    let made = build(&store, vec![Source::Memtable(replayed)], 0, &levels)?;
    store.change(|state| State {
        active: Arc::clone(&state.active),
        frozen: Vec::new(),
        levels: changed(&levels, 0, &made, &[]),
    });
    listed.apply(&Edit {
        added: made.iter().map(|table| table.number).collect(),
        log: Some(next),
        ..Edit::default()
    });
    let manifest = rewrite(&store.disk, steps, &listed)?;
    clear(&store.disk, &listed)?;
    *store.maintaining.lock() = Maintaining::new(Some(manifest), listed);
    Ok(store)
}

fn open_tables(
    steps: &dyn Steps,
    disk: &Counted,
    found: &[String],
    listed: &Listed,
    counters: &Arc<Counters>,
) -> Result<Levels> {
    let mut levels: Levels = std::array::from_fn::<_, LEVELS, _>(|_| Vec::new());
    for (&number, &level) in &listed.tables {
        let name = table_name(number);
        if !found.contains(&name) {
            return Err(Error::corrupt(&name, 0, "the table is missing"));
        }
        let file = disk.open(&name, Mode::Read)?;
        let table = Table::open(steps, number, file, counters)?;
        levels[level].push(Arc::new(table));
    }
    sort(&mut levels);
    Ok(levels)
}

/// What the logs hold that count, in their order.
fn replay_logs(
    steps: &dyn Steps,
    disk: &Counted,
    found: &[String],
    listed: &Listed,
) -> Result<Memtable> {
    let mut logs = Vec::new();
    for number in found.iter().filter_map(|name| log_of(name)) {
        if steps.counts(number, listed) {
            let bytes = read_file(&*disk.open(&log_name(number), Mode::Read)?)?;
            logs.push((number, bytes));
        }
    }
    // One that was begun and never written to says nothing.
    logs.retain(|(_, bytes)| bytes.len() > HEADER_BYTES);
    logs.sort_by_key(|(number, _)| *number);
    let newest = logs.last().map(|(number, _)| *number);
    let memtable = Memtable::new(0);
    let last = AtomicU64::new(0);
    for (number, bytes) in logs {
        let name = log_name(number);
        let base = match Some(number) == newest {
            true => decode_header(&name, &bytes)?,
            // It was ended, and synced, before the next one was written to.
            false => decode_header(&name, &bytes).map(|_| bytes.len() as u64)?,
        };
        let read = Read::new(&name, &bytes, base);
        replay_log(&read, Some(number) == newest, |changes| {
            let number = last.fetch_add(1, Ordering::Relaxed) + 1;
            memtable.add(number, changes);
        })?;
    }
    Ok(memtable)
}

/// Hands each batch of a log to `take`. Any but the newest log has an end.
fn replay_log(read: &Read<'_>, is_newest: bool, mut take: impl FnMut(&[Write<'_>])) -> Result<()> {
    let mut at = HEADER_BYTES;
    while let Some(record) = RightLog.next_record(read, at)? {
        if record.changes.is_empty() {
            return Ok(());
        }
        take(&record.changes);
        at = record.end;
    }
    match is_newest {
        true => Ok(()),
        false => Err(read.damage(at, "the log has no end")),
    }
}
