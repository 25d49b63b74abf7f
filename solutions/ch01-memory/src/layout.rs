//! The snapshot file row by row, for whoever draws it.
//!
//! Nothing here is used to read or write one: a file is taken apart as it is,
//! also where [`decode`](crate::snapshot::decode) refuses it.

use engine::layout::{Draw, Format, Row, Value, Walk, little_endian};

use crate::snapshot::{MAGIC, VERSION};
use crate::snapshot_file::{SNAPSHOT, TEMPORARY};

/// The file called `snapshot`, and the one that will be.
pub const SNAPSHOT_FILE: Format = Format {
    name: "snapshot file",
    is_named: |name| name == SNAPSHOT || name == TEMPORARY,
    magic: &MAGIC,
    dissect,
};

/// The rows of [`Header`](crate::snapshot::Header), whose docs show them.
pub const HEADER: [Row; 5] = [
    Row::new(8, "magic", "\"STRATA-1\""),
    Row::new(4, "version", "of this format: 1"),
    Row::new(4, "crc32", "over everything after it"),
    Row::new(8, "payload_len", "bytes"),
    Row::open("payload", "the entries, see `Payload`"),
];

const ENTRIES: Row = Row::open("entries", "how many: a varint");
/// What comes again for each entry.
const ENTRY: [Row; 4] = [
    Row::open("key_len", "bytes: a varint"),
    Row::open("key", "any bytes"),
    Row::open("value_len", "bytes: a varint"),
    Row::open("value", "any bytes"),
];

fn dissect(file: &[u8], draw: &mut dyn Draw) {
    let [magic, version, crc32, payload_len, _payload] = &HEADER;
    let mut walk = Walk::new(file, draw);
    walk.magic(magic, &MAGIC);
    walk.number(version, |found, _| {
        let fault = || format!("only version {VERSION} is known");
        (found != u64::from(VERSION)).then(fault)
    });
    walk.checksum(crc32, crc32fast::hash);
    walk.number(payload_len, |promised, payload| {
        let fault = || format!("{} bytes follow", payload.len());
        (promised != payload.len() as u64).then(fault)
    });
    let _where_it_makes_no_sense = entries(&mut walk);
    walk.end();
}

/// Passes the entries, up to the first byte that makes no sense.
fn entries(walk: &mut Walk<'_, '_>) -> Option<()> {
    let count = varint(walk, &ENTRIES)?;
    let [key_len, key, value_len, value] = &ENTRY;
    for number in 1..=count {
        walk.group(format_args!("entry {number} of {count}"));
        for (len, bytes) in [(key_len, key), (value_len, value)] {
            let len = varint(walk, len)?;
            walk.bytes(bytes, len)?;
        }
    }
    Some(())
}

/// Passes one of bincode's varints. Below 251 a number is its own byte; 251,
/// 252 and 253 say that it follows in 2, 4 or 8 bytes.
fn varint(walk: &mut Walk<'_, '_>, row: &Row) -> Option<u64> {
    let (marker, size) = match walk.rest().first() {
        Some(251) => (1, 2),
        Some(252) => (1, 4),
        Some(253) => (1, 8),
        _ => (0, 1),
    };
    let value = walk.part(row.name, marker + size, |bytes, _| match bytes[0] {
        first @ 254.. => {
            let fault = format!("no number begins with {first}");
            (Value::Bytes, Some(fault))
        }
        _ => (Value::Number(little_endian(&bytes[marker..])), None),
    })?;
    value.number()
}
