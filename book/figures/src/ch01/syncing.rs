//! A sync, cut off at every step.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use conformance::sim::{Reach, SimDisk, Walk};
use engine::StorageEngine;
use memory::DurableMemory;

use crate::svg::Figure;
use crate::timeline::{Left, Outcome, Step, with_cuts};

/// How many images of each power cut are opened.
const IMAGES: usize = 24;

/// What the second `sync` of an engine asks of its disk, and which of the two
/// databases, the old and the new one, an opening finds after a power cut
/// between any two of its steps.
///
/// # Errors
///
/// Fails where the engine does, and where an opening finds neither.
pub fn snapshot_sync() -> Result<Figure> {
    let disk = SimDisk::new();
    let engine = DurableMemory::open(Arc::new(disk.clone()))?;
    engine.put(b"key", b"old")?;
    engine.sync()?;
    let begin = disk.changes();
    engine.put(b"key", b"new")?;
    engine.sync()?;
    let trace = disk.trace();
    let mut walk = disk.walk();
    let mut reach = Reach::default();
    while walk.at() < begin {
        walk.advance(&mut reach);
    }
    let before = left(&walk, &mut reach)?;
    let mut steps = Vec::new();
    for done in &trace[begin..] {
        walk.advance(&mut reach);
        steps.push(Step {
            done: done.clone(),
            left: left(&walk, &mut reach)?,
        });
    }
    let words = |left: &Left| {
        let words: Vec<&str> = left.iter().map(|outcome| outcome.word.as_str()).collect();
        words.join(" or ")
    };
    let mut description = format!(
        "Before the first step a power cut leaves {}.",
        words(&before)
    );
    for step in &steps {
        description += &format!(" After {}: {}.", step.done, words(&step.left));
    }
    Ok(Figure {
        title: "What sync asks of the disk, and which snapshot is found after a power cut \
                between two steps"
            .to_owned(),
        description,
        drawing: with_cuts(&before, &steps),
    })
}

/// What openings find after power cuts at this place.
fn left(walk: &Walk, reach: &mut Reach) -> Result<Left> {
    let (mut old, mut new) = (0, 0);
    for number in walk.numbers(IMAGES) {
        let disk = SimDisk::from_image(&walk.image(number, reach));
        let engine = DurableMemory::open(Arc::new(disk)).context("open after a power cut")?;
        match engine.get(b"key")?.as_deref() {
            Some(b"old") => old += 1,
            Some(b"new") => new += 1,
            other => bail!("a power cut left {other:?}"),
        }
    }
    let outcome = |word: &str, class: &str, times| Outcome {
        word: word.to_owned(),
        class: class.to_owned(),
        times,
    };
    let mut left = vec![outcome("old", "tint0", old), outcome("new", "tint1", new)];
    left.retain(|outcome| outcome.times > 0);
    Ok(left)
}
