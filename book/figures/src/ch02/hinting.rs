//! A hint file, byte for byte.

use std::sync::Arc;

use anyhow::{Context, Result};
use bitcask::layout::HINT_FILE;
use bitcask::{Bitcask, Options};
use conformance::sim::SimDisk;
use engine::{StorageEngine, Write};

use crate::bytes::{dissected, file};
use crate::svg::Figure;

/// The hint file of a data file in which one key was written twice and another
/// one deleted.
///
/// # Errors
///
/// Fails where the engine does.
pub fn hint_file() -> Result<Figure> {
    let disk = SimDisk::new();
    let options = Options {
        hint_bytes_min: 0,
        ..Options::default()
    };
    let engine = Box::new(Bitcask::open(Arc::new(disk.clone()), options)?);
    engine.write(&[Write::put("key", "value"), Write::put("a", "x")])?;
    engine.put(b"key", b"new")?;
    engine.delete(b"gone")?;
    engine.close()?;
    let image = disk.image();
    let bytes = image
        .get("0000000001.hint")
        .context("a closed engine has a hint of each file")?;
    let fields = dissected(&HINT_FILE, bytes.bytes());
    let told = fields.iter().map(|field| {
        let (from, len) = (field.range.start, field.range.len());
        format!("From {from}, {len}: {} {}.", field.label, field.meaning)
    });
    Ok(Figure {
        title: format!(
            "The {} bytes of a hint file: of a, of gone, which is deleted, and of key",
            bytes.len()
        ),
        description: told.collect::<Vec<_>>().join(" "),
        drawing: file(bytes.bytes(), &fields),
    })
}
