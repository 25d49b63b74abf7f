//! The figures of chapter 1.

mod scanning;
mod syncing;

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use conformance::sim::SimDisk;
use engine::StorageEngine;
use memory::DurableMemory;
use memory::snapshot::{HEADER_BYTES, Header, MAGIC, VERSION, decode};
use memory::snapshot_file::SNAPSHOT;

pub use scanning::scan_chunks;
pub use syncing::snapshot_sync;

use crate::bytes::{Field, file};
use crate::svg::Figure;

/// The snapshot file of a small map, byte for byte, as the engine wrote it.
///
/// # Errors
///
/// Fails where the engine does, and where its file is not what the fields say.
pub fn snapshot_file() -> Result<Figure> {
    let disk = SimDisk::new();
    let engine = DurableMemory::open(Arc::new(disk.clone()))?;
    engine.put(b"a", b"")?;
    engine.put(b"key", b"value")?;
    engine.sync()?;
    let image = disk.image();
    let bytes = image
        .get(SNAPSHOT)
        .context("a synced engine has its file")?;
    let fields = fields_of(bytes.bytes())?;
    let told = fields.iter().map(|field| {
        let (from, len) = (field.range.start, field.range.len());
        format!("From {from}, {len}: {} {}.", field.label, field.meaning)
    });
    Ok(Figure {
        title: format!(
            "The {} bytes of the snapshot file of a map in which a is empty and key is value",
            bytes.len()
        ),
        description: told.collect::<Vec<_>>().join(" "),
        drawing: file(bytes.bytes(), &fields),
    })
}

/// What each byte of a sound snapshot file belongs to. Its numbers are small
/// ones, of one byte each.
fn fields_of(bytes: &[u8]) -> Result<Vec<Field>> {
    let map = decode(SNAPSHOT, bytes)?;
    let header = Header::from_bytes(bytes).context("it was decoded")?;
    let magic = String::from_utf8_lossy(&MAGIC).into_owned();
    let mut fields = vec![
        Field::new(0, 8, "magic", magic, 0),
        Field::new(8, 4, "version", VERSION.to_string(), 1),
        Field::new(12, 4, "crc32", format!("{:#010x}", header.crc32), 2),
        Field::new(16, 8, "payload_len", header.payload_len.to_string(), 1),
        Field::new(HEADER_BYTES, 1, "entries", map.len().to_string(), 3),
    ];
    let mut at = HEADER_BYTES + 1;
    for (key, value) in &map {
        for (what, part, tint) in [("key", key, 4), ("value", value, 5)] {
            ensure!(bytes.get(at).map(|len| usize::from(*len)) == Some(part.len()));
            fields.push(Field::new(at, 1, "len", part.len().to_string(), tint));
            at += 1;
            if !part.is_empty() {
                ensure!(bytes.get(at..at + part.len()) == Some(part.as_slice()));
                let text = String::from_utf8_lossy(part).into_owned();
                fields.push(Field::new(at, part.len(), what, text, tint));
            }
            at += part.len();
        }
    }
    Ok(fields)
}
