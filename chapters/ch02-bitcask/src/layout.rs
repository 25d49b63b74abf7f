//! The files row by row, for whoever draws them.
//!
//! Nothing here is used to read or write one: a file is taken apart as it is,
//! also where an opening refuses it.

use engine::layout::{Draw, Format, Row, Value, Walk, little_endian};

use crate::header::{self, HEADER_BYTES};
use crate::hint;
use crate::names::{Kind, Name};
use crate::place::Place;
use crate::record::{self, HEAD_BYTES, Record, Says};

/// A data file: sealed, taking writes, or not finished.
pub const DATA_FILE: Format = Format {
    name: "data file",
    is_named: |name| is_any(name, &[Kind::Data, Kind::Active]),
    magic: &header::MAGIC,
    dissect: data_file,
};

/// A hint file.
pub const HINT_FILE: Format = Format {
    name: "hint file",
    is_named: |name| is_any(name, &[Kind::Hint]),
    magic: &hint::MAGIC,
    dissect: hint_file,
};

/// The rows of [`Header`](header::Header), whose docs show them.
pub const HEADER: [Row; 6] = [
    Row::new(8, "magic", "\"STRATA-2\""),
    Row::new(4, "version", "of this format: 1"),
    Row::new(
        4,
        "crc32",
        "over everything after it, up to the first record",
    ),
    Row::new(4, "number", "of this file"),
    Row::new(4, "first", "number of the first file whose place it takes"),
    Row::new(4, "last", "number of the last"),
];

/// The rows of [`Record`], whose docs show them.
pub const RECORD: [Row; 7] = [
    Row::new(
        4,
        "crc32",
        "over its place (8 bytes) and everything after this field",
    ),
    Row::new(
        1,
        "kind",
        "1 put, 2 expiring put, 3 delete, 4 synced, 5 seal; 128 more: its batch goes on",
    ),
    Row::new(2, "key_len", "bytes"),
    Row::new(4, "value_len", "bytes; of synced: up to where"),
    Row::open(
        "expires",
        "of an expiring put alone, 8 bytes: milliseconds since 1970",
    ),
    Row::open("key", "any bytes"),
    Row::open("value", "any bytes"),
];

/// The rows of [`Hint`](hint::Hint), whose docs show them.
pub const HINT: [Row; 7] = [
    Row::new(8, "magic", "\"strata-h\""),
    Row::new(4, "version", "of this format: 1"),
    Row::new(4, "crc32", "over everything after it"),
    Row::new(4, "number", "of the data file"),
    Row::new(4, "data_end", "where the seal of the data file ends"),
    Row::new(8, "count", "of the entries"),
    Row::open("entries", "in the order of their keys"),
];

/// The rows of an entry of a hint, which the same docs show.
pub const ENTRY: [Row; 5] = [
    Row::new(4, "offset", "of the record in the data file"),
    Row::new(4, "len", "of the record, in bytes"),
    Row::new(1, "deletes", "1 where the record deletes the key, else 0"),
    Row::new(2, "key_len", "bytes"),
    Row::open("key", "any bytes"),
];

fn is_any(name: &str, kinds: &[Kind]) -> bool {
    Name::parse(name).is_some_and(|name| kinds.contains(&name.kind))
}

fn data_file(file: &[u8], draw: &mut dyn Draw) {
    let [magic, version, crc32, number, first, last] = &HEADER;
    let mut walk = Walk::new(file, draw);
    walk.magic(magic, &header::MAGIC);
    only_version(&mut walk, version, header::VERSION);
    walk.checksum(crc32, |rest| crc32fast::hash(&rest[..rest.len().min(12)]));
    let file_number = walk.number(number, |_, _| None);
    walk.number(first, |_, _| None);
    walk.number(last, |_, _| None);
    let Some(Ok(file_number)) = file_number.map(u32::try_from) else {
        return;
    };
    let is_record = |walk: &Walk<'_, '_>| walk.rest().iter().any(|&byte| byte != 0);
    while is_record(&walk) && record(&mut walk, file_number) {}
    let room = walk.rest();
    if !room.is_empty() && room.iter().all(|&byte| byte == 0) {
        walk.group(format_args!("room for more"));
        walk.part("zeros", room.len(), |_, _| (Value::Bytes, None));
    }
    walk.end();
}

/// Passes a record, and answers whether another could follow.
fn record(walk: &mut Walk<'_, '_>, file: u32) -> bool {
    let [crc32, kind, key_len, value_len, expires, key, value] = &RECORD;
    let Ok(offset) = u32::try_from(walk.offset()) else {
        return false;
    };
    let decoded = Record::decode(walk.rest(), Place { file, offset });
    // What is none is taken apart as far as its lengths go, if they make sense.
    let len = record::record_len(walk.rest());
    let ends_within = len < walk.rest().len();
    walk.group(format_args!("{}", name_of(&decoded)));
    let mut walk = walk.within(len);
    let goes_on_walking = ends_within && decoded.map(|record| record.says) != Ok(Says::Seal);
    walk.part(crc32.name, 4, |bytes, _| {
        let fault = decoded.err().map(str::to_owned);
        (Value::Checksum(little_endian(bytes)), fault)
    });
    let kind = walk.number(kind, |_, _| None);
    let lens = walk
        .number(key_len, |_, _| None)
        .zip(walk.number(value_len, |_, _| None));
    let (Some(kind), Some((key_bytes, value_bytes))) = (kind, lens) else {
        return goes_on_walking;
    };
    let has = |of: u8| kind & !u64::from(record::GOES_ON) == u64::from(of);
    if has(record::EXPIRING_PUT) {
        let size = Some(record::EXPIRY_BYTES as usize);
        walk.number(&Row { size, ..*expires }, |_, _| None);
    }
    if key_bytes > 0 {
        walk.bytes(key, key_bytes);
    }
    if value_bytes > 0 && (has(record::PUT) || has(record::EXPIRING_PUT)) {
        walk.bytes(value, value_bytes);
    }
    walk.end();
    goes_on_walking
}

/// What a person calls the record.
fn name_of(decoded: &Result<Record<'_>, &'static str>) -> &'static str {
    match decoded {
        Err(_) => "no record",
        Ok(record) => match (record.says, record.goes_on) {
            (Says::Put { .. }, false) => "put",
            (Says::Put { .. }, true) => "put in a batch that goes on",
            (Says::Delete { .. }, false) => "delete",
            (Says::Delete { .. }, true) => "delete in a batch that goes on",
            (Says::Synced { .. }, _) => "a mark of the last sync",
            (Says::Seal, _) => "seal",
        },
    }
}

fn hint_file(file: &[u8], draw: &mut dyn Draw) {
    let [magic, version, crc32, number, data_end, count, _entries] = &HINT;
    let mut walk = Walk::new(file, draw);
    walk.magic(magic, &hint::MAGIC);
    only_version(&mut walk, version, hint::VERSION);
    walk.checksum(crc32, crc32fast::hash);
    walk.number(number, |_, _| None);
    walk.number(data_end, |_, _| None);
    let count = walk.number(count, |_, _| None).unwrap_or(0);
    for entry in 1..=count {
        walk.group(format_args!("key {entry} of {count}"));
        if hint_entry(&mut walk).is_none() {
            break;
        }
    }
    walk.end();
}

/// Passes an entry, unless the file ends in it.
fn hint_entry(walk: &mut Walk<'_, '_>) -> Option<()> {
    let [offset, len, deletes, key_len, key] = &ENTRY;
    walk.number(offset, |at, _| {
        let fault = || "no record stands in the header".to_owned();
        (at < u64::from(HEADER_BYTES)).then(fault)
    })?;
    walk.number(len, |len, _| {
        let fault = || format!("a record has {HEAD_BYTES} bytes at the least");
        (len < u64::from(HEAD_BYTES)).then(fault)
    })?;
    walk.number(deletes, |deletes, _| {
        let fault = || "it does, or it does not".to_owned();
        (deletes > 1).then(fault)
    })?;
    let key_bytes = walk.number(key_len, |_, _| None)?;
    walk.bytes(key, key_bytes).map(drop)
}

fn only_version(walk: &mut Walk<'_, '_>, row: &Row, known: u32) {
    walk.number(row, |found, _| {
        let fault = || format!("only version {known} is known");
        (found != u64::from(known)).then(fault)
    });
}
