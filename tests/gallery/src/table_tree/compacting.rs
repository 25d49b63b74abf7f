//! Compactions, and the tables that they and flushes make.

use std::mem;
use std::ops::Bound;
use std::sync::Arc;

use engine::{KeyRange, Order, Result};

use super::Store;
use super::cursor::Merging;
use super::files::{create, table_name};
use super::maintaining::{Job, Maintaining};
use super::state::{Levels, Source};
use super::steps::Steps;
use super::table::{Entry, Table, encode};

/// With so many tables in level 0, one of them is compacted.
const LEVEL0_TABLES: usize = 2;
/// With more tables than this in level 1, one of them is compacted.
const LEVEL1_TABLES: usize = 3;
/// How many bytes of keys and values a compaction puts into a table.
const TABLE_BYTES: usize = 128;

/// What is to be compacted into the level below.
#[derive(Debug)]
pub(crate) struct Pick {
    level: usize,
    pub(crate) inputs: Vec<Arc<Table>>,
    /// The tables of the level below that are merged with them.
    pub(crate) below: Vec<Arc<Table>>,
}

/// What is to be compacted: tables of level 0, if they are many; or the table
/// of level 1 that was not touched for longest, if those are; and what they
/// overlap in the level below.
fn pick(steps: &dyn Steps, levels: &Levels) -> Option<Pick> {
    let (level, inputs) = if levels[0].len() >= LEVEL0_TABLES {
        (0, steps.pick_of_level0(&levels[0]))
    } else if levels[1].len() > LEVEL1_TABLES {
        let oldest = levels[1].iter().min_by_key(|table| table.number);
        (1, oldest.into_iter().cloned().collect())
    } else {
        return None;
    };
    let below = steps.overlapping(&levels[level + 1], &inputs);
    Some(Pick {
        level,
        inputs,
        below,
    })
}

/// Merges what is to be compacted into the level below, if something is.
pub(crate) fn compact(store: &Store, maintaining: &mut Maintaining) -> Result<bool> {
    let Some(job) = merge(store)? else {
        return Ok(false);
    };
    store.steps.publish(store, maintaining, job)?;
    Ok(true)
}

/// Makes the tables of a compaction, if one is due. Nobody finds them yet.
fn merge(store: &Store) -> Result<Option<Job>> {
    let state = store.view().state;
    let Some(pick) = pick(store.steps, &state.levels) else {
        return Ok(None);
    };
    let into = pick.level + 1;
    let sources = store.steps.sources(&pick);
    Ok(Some(Job {
        into,
        made: build(store, sources, into, &state.levels)?,
        merged: [pick.inputs, pick.below].concat(),
        flushed: None,
        log: None,
    }))
}

/// Makes tables for a level of what the sources hold, durably. Nothing lists
/// them yet; what is left by a step that fails is removed by the next opening.
pub(crate) fn build(
    store: &Store,
    sources: Vec<Source>,
    into: usize,
    levels: &Levels,
) -> Result<Vec<Arc<Table>>> {
    let steps = store.steps;
    let mut merging = Merging::new(steps, sources, KeyRange::all(), Order::Ascending, u64::MAX);
    merging.seek(Bound::Unbounded)?;
    let (mut made, mut entries, mut bytes) = (Vec::new(), Vec::new(), 0);
    while !steps.has_ended(&merging.heads) {
        let (key, value) = merging.head().expect("it has not ended");
        if value.is_some() || steps.keeps_tombstone(levels, into, key) {
            bytes += key.len() + value.as_ref().map_or(0, Vec::len);
            entries.push((key.clone(), value.clone()));
        }
        if into > 0 && bytes >= TABLE_BYTES {
            made.push(write_table(store, &mem::take(&mut entries))?);
            bytes = 0;
        }
        merging.advance()?;
    }
    if !entries.is_empty() {
        made.push(write_table(store, &entries)?);
    }
    if !made.is_empty() {
        steps.sync_table_names(&store.disk)?;
    }
    Ok(made)
}

/// Writes a table, durably but for its name.
fn write_table(store: &Store, entries: &[Entry]) -> Result<Arc<Table>> {
    let number = store.next_number();
    let file = create(&store.disk, &table_name(number))?;
    file.write_at(0, &encode(store.steps, entries))?;
    store.steps.sync_table(&*file)?;
    let table = Table::open(store.steps, number, file, &store.counters)?;
    Ok(Arc::new(table))
}
