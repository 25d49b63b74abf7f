//! The figures of chapter 0.

use std::ops::Range;

use anyhow::Result;
use conformance::sim::{Cut, EXTREMES, SimDisk};
use engine::disk::{Disk, Mode};

use crate::bytes::{Extent, Stretch, extents};
use crate::svg::Figure;

/// The length of each of the two records, in bytes: two sectors.
const RECORD: usize = 1024;

/// Two records, written one after the other and not synced, and what power cuts
/// leave of them: those images that the simulated disk does not draw by lot.
///
/// # Errors
///
/// Fails where the disk does.
pub fn unsynced_writes() -> Result<Figure> {
    let disk = SimDisk::new();
    let file = disk.open("log", Mode::CreateNew)?;
    disk.sync_dir()?;
    file.write_at(0, &[b'A'; RECORD])?;
    file.write_at(RECORD as u64, &[b'B'; RECORD])?;
    let mut files = vec![Extent {
        stretches: stretches(&[[b'A'; RECORD], [b'B'; RECORD]].concat()),
        words: "as it was written".to_owned(),
    }];
    for image in 0..EXTREMES {
        let cut = Cut {
            at: disk.changes(),
            image,
        };
        let left = disk.cut(cut);
        let bytes = left.get("log").map_or(&[][..], |content| content.bytes());
        let extent = Extent {
            stretches: stretches(bytes),
            words: cut.meaning().replace("each file's ", "the "),
        };
        // Of the name alone there is nothing left to lose.
        if !files
            .iter()
            .any(|known| known.stretches == extent.stretches)
        {
            files.push(extent);
        }
    }
    let told = files.iter().map(|file| {
        let parts = file.stretches.iter();
        let parts: Vec<String> = parts
            .map(|part| format!("{} bytes of {}", part.len, word(&part.label)))
            .collect();
        let held = if parts.is_empty() {
            "nothing".to_owned()
        } else {
            parts.join(", ")
        };
        format!("{}: {held}.", file.words)
    });
    Ok(Figure {
        title: format!(
            "Two records of {RECORD} bytes, A and B, written and not synced, and what \
             power cuts leave of the file"
        ),
        description: told.collect::<Vec<_>>().join(" "),
        drawing: extents(&files, 2 * RECORD),
    })
}

fn word(label: &str) -> &str {
    match label {
        "?" => "garbage",
        "0" => "zeros",
        record => record,
    }
}

/// What a file holds: runs of the records' bytes, of zeros and of garbage.
fn stretches(bytes: &[u8]) -> Vec<Stretch> {
    let mut found: Vec<(u8, Range<usize>)> = Vec::new();
    for (at, byte) in bytes.iter().enumerate() {
        let kind = match byte {
            b'A' | b'B' | 0 => *byte,
            _ => b'?',
        };
        match found.last_mut() {
            Some((last, range)) if *last == kind => range.end = at + 1,
            _ => found.push((kind, at..at + 1)),
        }
    }
    // Garbage is any bytes: now and then one of them is an A or a zero.
    let mut out: Vec<Stretch> = Vec::new();
    for (kind, range) in found {
        let in_garbage = out.last().is_some_and(|s| s.label == "?") && range.len() < 8;
        let (class, label) = match kind {
            _ if in_garbage => ("garbage", "?"),
            b'A' => ("tint0", "A"),
            b'B' => ("tint1", "B"),
            0 => ("zeros", "0"),
            _ => ("garbage", "?"),
        };
        match out.last_mut() {
            Some(last) if last.label == label => last.len += range.len(),
            _ => out.push(Stretch {
                len: range.len(),
                class: class.to_owned(),
                label: label.to_owned(),
            }),
        }
    }
    out
}
