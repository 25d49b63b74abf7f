//! The figures of chapter 2.

mod flipping;
mod hinting;
mod merging;

use std::sync::Arc;

use anyhow::{Context, Result};
use bitcask::layout::DATA_FILE;
use bitcask::{Bitcask, Options};
use conformance::sim::SimDisk;
use engine::{StorageEngine, Write};

pub use flipping::torn_or_damaged;
pub use hinting::hint_file;
pub use merging::merge_cuts;

use crate::bytes::{dissected, file};
use crate::svg::Figure;

/// A sealed data file with one put and one batch of two changes, byte for byte,
/// as the engine wrote it.
///
/// # Errors
///
/// Fails where the engine does.
pub fn batch_file() -> Result<Figure> {
    let disk = SimDisk::new();
    let engine = Box::new(Bitcask::open(Arc::new(disk.clone()), Options::default())?);
    engine.put(b"fig", b"green")?;
    engine.write(&[Write::put("kiwi", "brown"), Write::delete("fig")])?;
    engine.close()?;
    let image = disk.image();
    let bytes = image
        .get("0000000001.data")
        .context("a closed engine has sealed its file")?;
    let fields = dissected(&DATA_FILE, bytes.bytes());
    let told = fields.iter().map(|field| {
        let (from, len) = (field.range.start, field.range.len());
        format!("From {from}, {len}: {} {}.", field.label, field.meaning)
    });
    Ok(Figure {
        title: format!(
            "The {} bytes of a data file: a put of fig, then a batch that puts kiwi and \
             deletes fig, then the seal",
            bytes.len()
        ),
        description: told.collect::<Vec<_>>().join(" "),
        drawing: file(bytes.bytes(), &fields),
    })
}
