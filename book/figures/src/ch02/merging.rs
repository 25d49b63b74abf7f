//! A merge, cut off at every step.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use bitcask::{Bitcask, Options};
use conformance::sim::{Reach, SimDisk, Walk};
use engine::{Durability, Maintenance, Progress, StorageEngine};

use crate::svg::Figure;
use crate::timeline::{Left, Outcome, Step, with_cuts};

/// How many images of each power cut are opened.
const IMAGES: usize = 24;

/// A value so long that a sealed file takes no more beside it.
const LONG: [u8; 60] = [b'.'; 60];

fn options() -> Options {
    Options {
        durability: Durability::Os,
        file_bytes_max: 160,
        hint_bytes_min: u32::MAX,
        ..Options::default()
    }
}

/// What a merge asks of the disk that leaves out the old value of a key, whose
/// new one was not synced yet; and which of the two an opening finds after a
/// power cut between any two of its steps.
///
/// # Errors
///
/// Fails where the engine does, and where an opening finds neither.
pub fn merge_cuts() -> Result<Figure> {
    let disk = SimDisk::new();
    let engine = Bitcask::open(Arc::new(disk.clone()), options())?;
    engine.put(b"k", b"old")?;
    engine.put(b"y", b"1")?;
    engine.put(b"x", &LONG)?;
    // This one begins file 2, and file 1 is garbage but for k and y.
    engine.put(b"x", &LONG)?;
    engine.sync()?;
    engine.put(b"k", b"new")?;
    let begin = disk.changes();
    while engine.step()? == Progress::Worked {}
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
            done: shown(done),
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
        title: "What a merge asks of the disk, and which value of k is found after a power cut \
                between two steps"
            .to_owned(),
        description,
        drawing: with_cuts(&before, &steps),
    })
}

/// A step with short names. The disk knows a file by the name that it was made
/// under.
fn shown(done: &str) -> String {
    done.replace("000000000", "")
        .replace("sync 2.new", "sync 2.active")
        .replace("write 2.new", "write 2.active")
}

/// What openings find after power cuts at this place.
fn left(walk: &Walk, reach: &mut Reach) -> Result<Left> {
    let (mut old, mut new) = (0, 0);
    for number in walk.numbers(IMAGES) {
        let disk = SimDisk::from_image(&walk.image(number, reach));
        let engine = Bitcask::open(Arc::new(disk), options()).context("open after a power cut")?;
        match engine.get(b"k")?.as_deref() {
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
