//! A log, taken apart.

use engine::layout::{Value, Walk, little_endian};

use super::{CHANGE, LOG_HEADER, RECORD, only_version};
use crate::log::header::{self, HEADER_BYTES, MAGIC, VERSION};
use crate::log::record::{BATCH, DELETE, END, PUT, Record, SYNCED, Says};
use crate::log::replay::is_blank;

/// Draws a log.
pub(super) fn dissect<'f>(file: &'f [u8], walk: &mut Walk<'f, '_>) {
    if is_blank(file) {
        return room(walk, "room; nothing was written yet");
    }
    let Some(log) = header(file, walk) else {
        return;
    };
    let mut has_ended = false;
    while !has_ended && !is_blank(walk.rest()) {
        match record(walk, log) {
            Some(ended) => has_ended = ended,
            None => break,
        }
    }
    if is_blank(walk.rest()) {
        let name = match has_ended {
            true => "room that was not needed",
            false => "room for more",
        };
        room(walk, name);
    }
}

/// Draws zeros, if there are any.
fn room(walk: &mut Walk<'_, '_>, name: &str) {
    let len = walk.rest().len();
    if len > 0 {
        walk.group(format_args!("{name}"));
        walk.part("zeros", len, |_, _| (Value::Bytes, None));
    }
}

/// Draws the header, and answers the number of the log.
fn header(file: &[u8], walk: &mut Walk<'_, '_>) -> Option<u32> {
    let [magic, crc32, version, number, previous] = &LOG_HEADER;
    walk.magic(magic, &MAGIC);
    let whole = file.first_chunk::<{ HEADER_BYTES as usize }>();
    walk.part(crc32.name, 4, |bytes, _| {
        let (found, computed) = (little_endian(bytes), whole.map(header::checksum));
        let fault = match computed {
            Some(computed) if u64::from(computed) == found => None,
            Some(computed) => Some(format!("does not hold: the bytes make 0x{computed:08x}")),
            None => Some("the header is cut off".to_owned()),
        };
        (Value::Checksum(found), fault)
    });
    only_version(walk, version, VERSION);
    let log = walk.number(number, |_, _| None)?;
    walk.number(previous, |_, _| None)?;
    u32::try_from(log).ok()
}

/// Draws a record, and answers whether the log ends after it; `None` where
/// nobody knows where the next one begins.
fn record(walk: &mut Walk<'_, '_>, log: u32) -> Option<bool> {
    let [crc32, kind, number, changes] = &RECORD;
    let offset = u32::try_from(walk.offset()).ok()?;
    let decoded = Record::decode(walk.rest(), log, offset).map(|(record, _)| record.says);
    walk.group(format_args!("{}", name_of(&decoded)));
    let fault = decoded.err().map(str::to_owned);
    walk.part(crc32.name, 4, |bytes, _| {
        (Value::Checksum(little_endian(bytes)), fault)
    })?;
    // What is none is taken apart as far as it makes sense.
    let known = [BATCH, SYNCED, END].map(u64::from);
    let kind = walk.number(kind, |_, _| None)?;
    let number = walk.number(number, |_, _| None)?;
    if !known.contains(&kind) {
        return None;
    }
    if kind == u64::from(BATCH) {
        let len = usize::try_from(number).unwrap_or(usize::MAX);
        if len > walk.rest().len() {
            // It cannot be drawn whole, and says so.
            walk.bytes(changes, number);
            return None;
        }
        let mut walk = walk.within(len);
        while !walk.rest().is_empty() && change(&mut walk).is_some() {}
        walk.end();
    }
    Some(decoded == Ok(Says::End))
}

/// Draws a change, or `None` where it is none.
fn change(walk: &mut Walk<'_, '_>) -> Option<()> {
    let [kind, key_len, value_len, key, value] = &CHANGE;
    let name = match walk.rest().first() {
        Some(&PUT) => "put",
        Some(&DELETE) => "delete",
        _ => "no change",
    };
    walk.group(format_args!("{name}"));
    let kind = walk.number(kind, |kind, _| {
        let fault = || "only 1 and 2 are known".to_owned();
        (![PUT, DELETE].map(u64::from).contains(&kind)).then(fault)
    })?;
    let key_bytes = walk.number(key_len, |_, _| None)?;
    let value_bytes = walk.number(value_len, |len, _| {
        let fault = || "a delete has no value".to_owned();
        (kind == u64::from(DELETE) && len > 0).then(fault)
    })?;
    for (row, len) in [(key, key_bytes), (value, value_bytes)] {
        if len > 0 {
            walk.bytes(row, len)?;
        }
    }
    Some(())
}

/// What a person calls the record.
fn name_of(decoded: &Result<Says<'_>, &'static str>) -> String {
    match decoded {
        Err(_) => "no record".to_owned(),
        Ok(Says::Synced { up_to }) => format!("a mark: durable up to {up_to}"),
        Ok(Says::End) => "the end".to_owned(),
        Ok(Says::Batch(changes)) => {
            let mut count = 0;
            let made_sense = changes.for_each(|_| count += 1);
            match (made_sense, count) {
                (Ok(()), 1) => "batch of 1 change".to_owned(),
                (Ok(()), count) => format!("batch of {count} changes"),
                (Err(_), _) => "batch".to_owned(),
            }
        }
    }
}
