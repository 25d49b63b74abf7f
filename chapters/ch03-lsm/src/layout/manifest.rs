//! A manifest, taken apart.

use engine::layout::{Row, Value, Walk, little_endian};

use super::{ADDED, CHANGED, EDIT, MANIFEST_HEADER, only_version};
use crate::manifest::header::{MAGIC, VERSION};
use crate::manifest::{Edit, Tables, edit, read};

/// Draws a manifest.
pub(super) fn dissect<'f>(file: &'f [u8], walk: &mut Walk<'f, '_>) {
    let [magic, version, crc32, proven] = &MANIFEST_HEADER;
    walk.magic(magic, &MAGIC);
    only_version(walk, version, VERSION);
    walk.checksum(crc32, |rest| crc32fast::hash(&rest[..rest.len().min(8)]));
    walk.number(proven, |proven, _| {
        let fault = || format!("the file has {} bytes", file.len());
        (proven > file.len() as u64).then(fault)
    });
    let last = read(file).map(|(tables, _)| tables).ok();
    while !walk.rest().is_empty() {
        if draw_edit(file, last.as_ref(), walk).is_none() {
            break;
        }
    }
}

/// Draws an edit, or `None` where nobody knows where the next one begins. The
/// edits lead to the tables `last`, if they make sense together.
fn draw_edit(file: &[u8], last: Option<&Tables>, walk: &mut Walk<'_, '_>) -> Option<()> {
    let [crc32, len, edit_row] = &EDIT;
    let decoded = edit::decode(file, walk.offset() as u64).map(|(edit, _)| edit);
    match &decoded {
        Ok(edit) => walk.group(format_args!("edit: {}", summary(edit))),
        Err(_) => walk.group(format_args!("no edit")),
    }
    let fault = decoded.as_ref().err().map(|what| (*what).to_owned());
    walk.part(crc32.name, 4, |bytes, _| {
        (Value::Checksum(little_endian(bytes)), fault)
    })?;
    let len = walk.number(len, |_, _| None)?;
    if len > walk.rest().len() as u64 {
        // It cannot be drawn whole, and says so.
        walk.bytes(edit_row, len);
        return None;
    }
    let mut walk = walk.within(usize::try_from(len).ok()?);
    changed(last, &mut walk);
    walk.end();
    Some(())
}

/// What an edit does, in a few words.
fn summary(edit: &Edit) -> String {
    let tables = |count: usize| match count {
        1 => "1 table".to_owned(),
        count => format!("{count} tables"),
    };
    let (added, removed) = (tables(edit.added.len()), tables(edit.removed.len()));
    format!("{added} added, {removed} removed")
}

/// Draws what bincode has written, as far as it makes sense.
fn changed(last: Option<&Tables>, walk: &mut Walk<'_, '_>) -> Option<()> {
    let [added_len, _added, removed_len, removed, log] = &CHANGED;
    let added = walk.number(added_len, |_, _| None)?;
    for _ in 0..added {
        table(last, walk)?;
    }
    if added > 0 {
        walk.group(format_args!("the rest of the edit"));
    }
    let count = walk.number(removed_len, |_, _| None)?;
    let number = Row {
        size: Some(4),
        ..*removed
    };
    for _ in 0..count {
        walk.number(&number, |_, _| None)?;
    }
    walk.number(log, |_, _| None).map(drop)
}

/// Draws a table that is added.
fn table(last: Option<&Tables>, walk: &mut Walk<'_, '_>) -> Option<()> {
    let [numbers @ .., smallest_len, smallest, largest_len, largest] = &ADDED;
    if let Some((level, number)) = place(walk.rest()) {
        let stays = last.map(|last| {
            let found = last.tables.get(&number);
            found.is_some_and(|(found, _)| *found == level)
        });
        let fate = match stays {
            Some(true) => ", and is there",
            Some(false) => ", and goes later",
            None => "",
        };
        walk.group(format_args!("table {number} comes to level {level}{fate}"));
    }
    for row in numbers {
        walk.number(row, |_, _| None)?;
    }
    for (len, key) in [(smallest_len, smallest), (largest_len, largest)] {
        let len = walk.number(len, |_, _| None)?;
        if len > 0 {
            walk.bytes(key, len)?;
        }
    }
    Some(())
}

/// The level and the number with which the description of a table begins.
fn place(bytes: &[u8]) -> Option<(u8, u32)> {
    let (level, rest) = bytes.split_first()?;
    let number = rest.first_chunk()?;
    Some((*level, u32::from_le_bytes(*number)))
}
