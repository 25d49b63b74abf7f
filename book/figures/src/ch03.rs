//! The figures of chapter 3.

use anyhow::{Context, Result};
use lsm::shape::Shape;
use lsm::simulation::{PUT_BYTES, Sample, Workload, simulate};

use crate::stacks::{COLUMNS_MAX, Mark, stacked};
use crate::svg::Figure;

/// How many entries a memtable has here.
const MEMTABLE: u32 = 100;
/// How many memtables the keys fill.
const MEMTABLES: u32 = 400;

/// What the levels of a store come to while it is loaded with keys in any order
/// and then overwritten as often, without files.
///
/// # Errors
///
/// Fails where compaction put tables where they do not belong.
pub fn levels() -> Result<Figure> {
    let bytes = u64::from(MEMTABLE) * PUT_BYTES;
    let shape = Shape {
        memtable_bytes: bytes,
        table_bytes: bytes / 2,
        ..Shape::default()
    };
    let keys = MEMTABLE * MEMTABLES;
    let samples = simulate(
        shape,
        Workload::Overwrite {
            keys,
            writes: keys,
            seed: 1,
        },
    )?;
    let (rest, written) = samples.split_last().context("there are samples")?;
    let step = written.len().div_ceil(COLUMNS_MAX - 6);
    let mut shown: Vec<&Sample> = written.iter().step_by(step).collect();
    let loaded = shown.len() / 2;
    let last = shown.len() - 1;
    // A gap, so that the last column stands apart: at rest.
    let nothing = Sample {
        levels: vec![0; shape.levels],
        ..rest.clone()
    };
    shown.extend([&nothing, &nothing, rest, rest]);
    let columns: Vec<Vec<u64>> = shown
        .iter()
        .map(|sample| sample.levels.iter().rev().copied().collect())
        .collect();
    let told = |when: &str, sample: &Sample| {
        vec![
            when.to_owned(),
            format!("{:.1} written for one", sample.write_amplification()),
            format!("{:.2} stored for one", sample.space_amplification()),
        ]
    };
    let marks = [
        Mark {
            column: loaded - 1,
            lines: told("loaded", shown[loaded - 1]),
        },
        Mark {
            column: last,
            lines: told("overwritten", shown[last]),
        },
    ];
    let names: Vec<String> = (0..shape.levels)
        .rev()
        .map(|level| format!("level {level}"))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let description = format!(
        "{} flushes of {MEMTABLE} entries, first {keys} keys in any order, then as many writes \
         to any of them. Each column is a moment behind a flush: the bytes of the levels, the \
         last level at the bottom. Loaded: {}. Overwritten: {}. The last column, apart from the \
         others, is the store at rest: {:.2} bytes stored for one that is live.",
        written.len(),
        marks[0].lines[1..].join(", "),
        marks[1].lines[1..].join(", "),
        rest.space_amplification(),
    );
    Ok(Figure {
        title: "The levels of a store that is loaded and then overwritten".to_owned(),
        description,
        drawing: stacked(&columns, &names, &marks),
    })
}
