//! A scan over a map that is written to meanwhile.

use std::collections::BTreeMap;

use anyhow::Result;
use engine::{Counter, KeyRange, Order, StorageEngine};
use memory::Memory;

use crate::cells::{Cell, rows};
use crate::svg::Figure;

/// How many entries the map has when the scan begins.
const ENTRIES: usize = 150;
/// Written when the cursor stands at the scan's tenth entry: one key within the
/// chunk at hand, one behind it.
const MEANWHILE: [&[u8]; 2] = [b"k040+", b"k100+"];

/// The chunks of a scan, told apart by what the engine counts, and two writes
/// that came while the first was being read.
///
/// # Errors
///
/// Fails where the engine does.
pub fn scan_chunks() -> Result<Figure> {
    let map = Memory::new();
    for i in 0..ENTRIES {
        map.put(format!("k{i:03}").as_bytes(), b"")?;
    }
    let visited = || map.stats()[Counter::EntriesVisited];
    let before = visited();
    let mut cursor = map.scan(KeyRange::all(), Order::Ascending)?;
    let mut sizes = vec![visited() - before];
    // Which chunk each key was handed out from.
    let mut seen: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    while let Some((key, _)) = cursor.entry() {
        seen.insert(key.to_vec(), sizes.len() - 1);
        if seen.len() == 10 {
            for key in MEANWHILE {
                map.put(key, b"")?;
            }
        }
        let before = visited();
        cursor.advance()?;
        if visited() > before {
            sizes.push(visited() - before);
        }
    }
    let mut cells = Vec::new();
    let mut told = Vec::new();
    for entry in map.entries(KeyRange::all(), Order::Ascending)? {
        let (key, _) = entry?;
        let group = seen.get(&key).copied();
        let is_new = MEANWHILE.contains(&key.as_slice());
        let note = is_new.then(|| {
            let fate = if group.is_some() { "seen" } else { "not seen" };
            format!("put meanwhile: {fate}")
        });
        told.extend(note.clone());
        cells.push(Cell { group, note });
    }
    let titles: Vec<String> = sizes
        .iter()
        .enumerate()
        .map(|(i, size)| format!("chunk {}: {size} entries, copied at once", i + 1))
        .collect();
    Ok(Figure {
        title: format!(
            "A map of {ENTRIES} entries, scanned in {} chunks, and two keys that were put \
             while the first chunk was being read",
            sizes.len()
        ),
        description: format!(
            "{}. Of the two keys, the one within the first chunk: {}; the one behind it: {}.",
            titles.join("; "),
            told[0],
            told[1]
        ),
        drawing: rows(&cells, &titles),
    })
}
