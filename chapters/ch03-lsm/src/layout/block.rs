//! A block: which bytes of it are which entry's.

use std::ops::Range;

use engine::layout::{Row, Value, Walk};

use super::{BLOCK, ENTRY, GROUP, shown, varint};
use crate::block::{Block, Group};

/// An entry of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Where it stands among the keys.
    pub(crate) at: usize,
    /// Its whole key.
    pub(crate) key: Vec<u8>,
    /// Where its value stands; a tombstone has none.
    pub(crate) value: Option<Range<usize>>,
}

/// What a block consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parsed {
    pub(crate) entries: Vec<Entry>,
    /// Where the keys begin, and so the values end.
    pub(super) keys_at: usize,
    /// Where the groups begin, and so the keys end.
    pub(super) groups_at: usize,
}

/// Takes a block apart.
///
/// # Errors
///
/// What is wrong with it, as a phrase.
pub(crate) fn parse(bytes: &[u8]) -> Result<Parsed, &'static str> {
    let block = Block::new(bytes)?;
    let (groups_at, _) = block.starts(block.groups());
    let (keys_at, _) = block.starts(0);
    let mut entries = Vec::new();
    let (mut at, mut value_at) = (keys_at, 0);
    let mut group = Group::default();
    for number in 0..block.groups() {
        block.read_group(number, &mut group)?;
        let begins = block.starts(number) == (at, value_at);
        begins.then_some(()).ok_or(NO_ORDER)?;
        for entry in 0..group.len() {
            let value = group.value(entry);
            value_at = value.as_ref().map_or(value_at, |value| value.end);
            entries.push(Entry {
                at,
                key: group.key(entry).to_vec(),
                value,
            });
            at += entry_len(&bytes[at..]).ok_or("an entry of a block is cut off")?;
        }
    }
    match (at, value_at) == (groups_at, keys_at) {
        true => Ok(Parsed {
            entries,
            keys_at,
            groups_at,
        }),
        false => Err(NO_ORDER),
    }
}

/// What is wrong where something is left, or is there twice.
const NO_ORDER: &str = "the parts of a block do not stand one after the other";

/// How long the entry is that these bytes begin with.
fn entry_len(bytes: &[u8]) -> Option<usize> {
    let mut rest = bytes;
    let mut number = || varint::take(&mut rest);
    let (_shared, suffix_len, _value_len) = (number()?, number()?, number()?);
    let head = bytes.len() - rest.len();
    usize::try_from(suffix_len).ok()?.checked_add(head)
}

/// How the entries of a block are called, and their values drawn.
pub(super) trait Draws {
    /// What the block is called.
    fn name(&self) -> &str;

    /// What the entry of this number is called.
    fn entry(&self, number: usize, entry: &Entry) -> String;

    /// Draws the value of an entry, to the last of the bytes before this walk.
    fn value(&mut self, walk: &mut Walk<'_, '_>);
}

/// Draws a block of so many bytes, which is taken apart like this.
pub(super) fn block(
    walk: &mut Walk<'_, '_>,
    len: usize,
    parsed: &Result<Parsed, &'static str>,
    draws: &mut dyn Draws,
) {
    let parsed = match parsed {
        Ok(parsed) => parsed,
        Err(what) => {
            walk.group(format_args!("{}", draws.name()));
            let fault = Some((*what).to_owned());
            walk.part("block", len, |_, _| (Value::Bytes, fault));
            return;
        }
    };
    let values = parsed
        .entries
        .iter()
        .filter_map(|entry| entry.value.clone());
    if parsed.keys_at > 0 {
        walk.group(format_args!("{}: values", draws.name()));
    }
    for value in values.filter(|value| !value.is_empty()) {
        let mut within = walk.within(value.len());
        draws.value(&mut within);
        within.end();
    }
    for (number, found) in parsed.entries.iter().enumerate() {
        walk.group(format_args!("{}", draws.entry(number, found)));
        entry(walk);
    }
    walk.group(format_args!("the end of {}", draws.name()));
    groups(walk, len - parsed.groups_at);
}

/// Draws a value of any bytes.
pub(super) fn value(walk: &mut Walk<'_, '_>) {
    let row = Row::open("value", "any bytes");
    walk.bytes(&row, walk.rest().len() as u64);
}

fn entry(walk: &mut Walk<'_, '_>) {
    let [shared, suffix_len, value_len, suffix] = &ENTRY;
    varint(walk, shared, |_| None);
    let len = varint(walk, suffix_len, |_| None);
    varint(walk, value_len, |_| None);
    if let Some(len) = len.filter(|len| *len > 0) {
        walk.bytes(suffix, len);
    }
}

/// Draws where the groups begin, and how many there are.
fn groups(walk: &mut Walk<'_, '_>, len: usize) {
    let [_values, _keys, _group, count] = &BLOCK;
    for _ in 0..len / 8 {
        for row in &GROUP {
            walk.number(row, |_, _| None);
        }
    }
    walk.number(count, |_, _| None);
}

/// What an entry is called: what it does, and to which key.
pub(super) fn name_of(entry: &Entry) -> String {
    let does = match entry.value {
        Some(_) => "put",
        None => "delete",
    };
    format!("{does} {}", shown(&entry.key))
}
