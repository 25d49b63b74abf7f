//! The files row by row, for whoever draws them.
//!
//! Nothing here is used to read or write one: a file is taken apart as it is,
//! also where an opening refuses it.
//!
//! | where | what |
//! |---|---|
//! | `log` | a log: its header, records, and the changes in them |
//! | `manifest` | a manifest: its header, and edits |
//! | `table` | a table: blocks, filter, index and footer |
//! | `block` | the entries of a block, and where each stands |

use engine::layout::{Draw, Format, Row, Value, Walk};

use crate::log::header as log_header;
use crate::manifest::header as manifest_header;
use crate::names::Name;
use crate::varint;

pub(crate) mod block;
mod log;
mod manifest;
pub(crate) mod table;

/// A table.
pub const TABLE_FILE: Format = Format {
    name: "table",
    is_named: |name| matches!(Name::parse(name), Some(Name::Table(_))),
    // It ends with one.
    magic: &[],
    dissect: |file, draw| drawn(file, draw, table::dissect),
};

/// A log.
pub const LOG_FILE: Format = Format {
    name: "log",
    is_named: |name| matches!(Name::parse(name), Some(Name::Log(_))),
    magic: &log_header::MAGIC,
    dissect: |file, draw| drawn(file, draw, log::dissect),
};

/// A manifest, or one that is not finished.
pub const MANIFEST_FILE: Format = Format {
    name: "manifest",
    is_named: |name| {
        let name = Name::parse(name);
        matches!(name, Some(Name::Manifest | Name::NewManifest))
    },
    magic: &manifest_header::MAGIC,
    dissect: |file, draw| drawn(file, draw, manifest::dissect),
};

/// The rows of a log's [`Header`](crate::log::header::Header), whose docs show
/// them.
pub const LOG_HEADER: [Row; 5] = [
    Row::new(8, "magic", "\"STRATA3L\""),
    Row::new(4, "crc32", "over all other fields"),
    Row::new(4, "version", "of this format: 1"),
    Row::new(4, "number", "of this log"),
    Row::new(
        4,
        "previous",
        "number of the log before it; 0 where there is none",
    ),
];

/// The rows of a [`Record`](crate::log::record::Record), whose docs show them.
pub const RECORD: [Row; 4] = [
    Row::new(
        4,
        "crc32",
        "over its place (8 bytes) and everything after this field",
    ),
    Row::new(1, "kind", "1 batch, 2 synced, 3 end"),
    Row::new(
        4,
        "number",
        "of a batch: how many bytes its changes have; of synced: up to where; of the end: 0",
    ),
    Row::open("changes", "of a batch alone"),
];

/// The rows of a change in a batch, which the same docs show.
pub const CHANGE: [Row; 5] = [
    Row::new(1, "kind", "1 put, 2 delete"),
    Row::new(2, "key_len", "bytes"),
    Row::new(4, "value_len", "bytes; 0 of a delete"),
    Row::open("key", "any bytes"),
    Row::open("value", "any bytes"),
];

/// The rows of a manifest's [`Header`](crate::manifest::header::Header), whose
/// docs show them.
pub const MANIFEST_HEADER: [Row; 4] = [
    Row::new(8, "magic", "\"STRATA3M\""),
    Row::new(4, "version", "of this format: 1"),
    Row::new(4, "crc32", "over everything after it, up to the first edit"),
    Row::new(
        8,
        "proven",
        "how many bytes of the file were durable before it got its name",
    ),
];

/// The rows of an [`Edit`](crate::manifest::Edit), whose docs show them.
pub const EDIT: [Row; 3] = [
    Row::new(
        4,
        "crc32",
        "over its offset (8 bytes) and everything after this field",
    ),
    Row::new(4, "len", "of the edit, in bytes"),
    Row::open("edit", "as bincode writes it"),
];

/// The rows of what bincode writes of an edit, which the same docs show.
pub const CHANGED: [Row; 5] = [
    Row::new(8, "added_len", "how many tables are added"),
    Row::open("added", "the level and the table, each time"),
    Row::new(8, "removed_len", "how many tables are removed"),
    Row::open("removed", "the number of each, 4 bytes"),
    Row::new(4, "log", "logs with lower numbers do not count any more"),
];

/// The rows of a table that is added, which the same docs show.
pub const ADDED: [Row; 9] = [
    Row::new(1, "level", "to which it comes"),
    Row::new(4, "number", "in its name"),
    Row::new(8, "bytes", "of its file"),
    Row::new(8, "entries", "tombstones included"),
    Row::new(8, "tombstones", "among them"),
    Row::new(8, "smallest_len", "bytes"),
    Row::open("smallest", "its smallest key"),
    Row::new(8, "largest_len", "bytes"),
    Row::open("largest", "its largest key"),
];

/// The rows of a [`Footer`](crate::table::footer::Footer), whose docs show them.
pub const FOOTER: [Row; 11] = [
    Row::new(8, "filter_offset", "where the filter stands"),
    Row::new(4, "filter_len", "bytes, without its trailer"),
    Row::new(8, "index_offset", "where the index stands"),
    Row::new(4, "index_len", "bytes, without its trailer"),
    Row::new(8, "entries", "in all data blocks, tombstones included"),
    Row::new(8, "tombstones", "among them"),
    Row::new(4, "blocks", "data blocks"),
    Row::new(4, "number", "of this table"),
    Row::new(4, "version", "of this format: 1"),
    Row::new(4, "crc32", "over everything before"),
    Row::new(8, "magic", "\"STRATA3T\""),
];

/// The rows of a [`Stored`](crate::table::stored::Stored) block, whose docs show
/// them.
pub const STORED: [Row; 3] = [
    Row::open("stored", "the block, or what it was compressed to"),
    Row::new(1, "compression", "0 none, 1 LZ4, 2 Snappy"),
    Row::new(
        4,
        "crc32",
        "over its place (12 bytes) and everything before",
    ),
];

/// The rows of what a block is compressed to, which the docs of
/// [`Compressor`](crate::compression::Compressor) show.
pub const COMPRESSED: [Row; 2] = [
    Row::new(4, "block_len", "of the block, in bytes"),
    Row::open("compressed", "by LZ4 or Snappy"),
];

/// The rows of a block, which the docs of
/// [`BlockBuilder`](crate::block::BlockBuilder) show.
pub const BLOCK: [Row; 4] = [
    Row::open("values", "one after the other"),
    Row::open("keys", "an entry for each key"),
    Row::new(8, "group", "where each group begins"),
    Row::new(4, "groups", "how many there are"),
];

/// The rows of where a group begins, which the same docs show.
pub const GROUP: [Row; 2] = [
    Row::new(4, "entry_at", "where its first entry begins"),
    Row::new(4, "value_at", "where its first value begins"),
];

/// The rows of an entry, which the same docs show.
pub const ENTRY: [Row; 4] = [
    Row::open(
        "shared",
        "varint: how many bytes of the key before this one begins with",
    ),
    Row::open("suffix_len", "varint: bytes of the key after those"),
    Row::open(
        "value_len",
        "varint: 0 for a tombstone, else 1 more than the value has bytes",
    ),
    Row::open("suffix", "the key, without what is shared"),
];

/// The rows of a [`Handle`](crate::table::stored::Handle), the value of an entry
/// in an index, which the docs of its `append_to` show.
pub const HANDLE: [Row; 2] = [Row::open("offset", "varint"), Row::open("len", "varint")];

/// The rows of a filter, which the docs of
/// [`FilterBuilder`](crate::bloom::FilterBuilder) show.
pub const FILTER: [Row; 2] = [
    Row::open("bits", "the lowest of each byte first"),
    Row::new(1, "probes", "how many bits a key has"),
];

/// How many bytes of a key are shown in the name of what it is in.
const KEY_SHOWN: usize = 32;

/// Draws a file to its end, in which nothing is left.
fn drawn<'f>(file: &'f [u8], draw: &mut dyn Draw, dissect: fn(&'f [u8], &mut Walk<'f, '_>)) {
    let mut walk = Walk::new(file, draw);
    dissect(file, &mut walk);
    walk.end();
}

/// Passes the version of a format of which only one is known.
fn only_version(walk: &mut Walk<'_, '_>, row: &Row, known: u32) {
    walk.number(row, |found, _| {
        let fault = || format!("only version {known} is known");
        (found != u64::from(known)).then(fault)
    });
}

/// Passes a number of [`varint`]; `check` answers what is wrong with it.
fn varint(
    walk: &mut Walk<'_, '_>,
    row: &Row,
    check: impl FnOnce(u64) -> Option<String>,
) -> Option<u64> {
    let mut rest = walk.rest();
    let number = varint::take(&mut rest);
    let len = walk.rest().len() - rest.len();
    let value = walk.part(row.name, len, |_, _| match number {
        Some(number) => (Value::Number(number), check(number)),
        None => (Value::Bytes, Some("this is no number".to_owned())),
    })?;
    value.number()
}

/// A key as it stands in a name.
fn shown(key: &[u8]) -> String {
    match key.get(..KEY_SHOWN) {
        Some(head) if head.len() < key.len() => format!("\"{}\"…", head.escape_ascii()),
        _ => format!("\"{}\"", key.escape_ascii()),
    }
}
