//! The figures of chapter 1.

mod scanning;
mod syncing;

use std::sync::Arc;

use anyhow::{Context, Result};
use conformance::sim::SimDisk;
use engine::StorageEngine;
use memory::DurableMemory;
use memory::layout::SNAPSHOT_FILE;
use memory::snapshot_file::SNAPSHOT;

pub use scanning::scan_chunks;
pub use syncing::snapshot_sync;

use crate::bytes::{dissected, file};
use crate::svg::Figure;

/// The snapshot file of a small map, byte for byte, as the engine wrote it.
///
/// # Errors
///
/// Fails where the engine does.
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
    let fields = dissected(&SNAPSHOT_FILE, bytes.bytes());
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
