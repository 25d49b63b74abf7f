//! A file whose writer was killed, with one bit turned over.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use bitcask::replay::Records;
use bitcask::{Bitcask, Options};
use conformance::sim::{Image, SimDisk};
use engine::{Durability, Error, StorageEngine};

use crate::bytes::{Extent, Stretch, extents};
use crate::svg::Figure;

const FILE: &str = "0000000001.active";
const KEYS: [&str; 3] = ["a", "b", "c"];
/// So long that each record is wide enough to be seen.
const VALUE: [u8; 20] = [b'.'; 20];

/// What an opening makes of a file with one bit turned over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Refused,
    Dropped,
    Unharmed,
}

impl Verdict {
    fn words(self) -> &'static str {
        match self {
            Verdict::Refused => "it is refused",
            Verdict::Dropped => "c is dropped",
            Verdict::Unharmed => "nothing is lost",
        }
    }

    fn class(self) -> &'static str {
        match self {
            Verdict::Refused => "tint1",
            Verdict::Dropped => "garbage",
            Verdict::Unharmed => "tint0",
        }
    }
}

/// An active file with three batches, of which two were synced; and part by
/// part what an opening makes of it when a bit there is turned over.
///
/// # Errors
///
/// Fails where the engine does, where an opening loses what was synced, and
/// where it does not treat all bits of a part alike.
pub fn torn_or_damaged() -> Result<Figure> {
    let image = killed()?;
    let len = image.get(FILE).context("nobody sealed it")?.bytes().len();
    let parts = parts(&image)?;
    let mut files = vec![Extent {
        stretches: parts
            .iter()
            .map(|(label, len)| Stretch {
                len: *len,
                class: "tint2".to_owned(),
                label: short(label).to_owned(),
            })
            .collect(),
        words: "no bit is turned over".to_owned(),
    }];
    let mut description = "No bit turned over: all three batches are there.".to_owned();
    let mut at = 0;
    for (label, part_len) in parts {
        let verdict = verdict_of(&image, at..at + part_len)?;
        let flips = part_len * 8;
        description += &format!(" {flips} bits of {label}: {}.", verdict.words());
        let stretch = |len, class: &str| Stretch {
            len,
            class: class.to_owned(),
            label: String::new(),
        };
        files.push(Extent {
            // Of what stands in front nothing is drawn.
            stretches: vec![stretch(at, ""), stretch(part_len, verdict.class())],
            words: format!("{label}, {flips} bits: {}", verdict.words()),
        });
        at += part_len;
    }
    Ok(Figure {
        title: "What an opening makes of an active file in which one bit was turned over, \
                for each bit of each part"
            .to_owned(),
        description,
        drawing: extents(&files, len),
    })
}

/// The files of an engine that was killed after its third batch, and had synced
/// the first two.
fn killed() -> Result<Image> {
    let disk = SimDisk::new();
    let engine = open(&disk)?;
    for (index, key) in KEYS.iter().enumerate() {
        engine.put(key.as_bytes(), &VALUE)?;
        if index < 2 {
            engine.sync()?;
        }
    }
    Ok(disk.image())
}

fn open(disk: &SimDisk) -> engine::Result<Bitcask> {
    let options = Options {
        durability: Durability::Os,
        file_bytes_max: 200,
        ..Options::default()
    };
    Bitcask::open(Arc::new(disk.clone()), options)
}

/// The parts of the file and their lengths, from front to back.
fn parts(image: &Image) -> Result<Vec<(String, usize)>> {
    let bytes = image.get(FILE).context("nobody sealed it")?.bytes();
    let mut records = Records::all(1, bytes);
    let mut parts = vec![("header".to_owned(), records.at() as usize)];
    for (_, record) in records.by_ref() {
        let label = match record.key() {
            Some(key) => format!("put {}", key.escape_ascii()),
            None => "mark".to_owned(),
        };
        parts.push((label, record.encoded_len() as usize));
    }
    parts.push(("room".to_owned(), bytes.len() - records.at() as usize));
    Ok(parts)
}

fn short(label: &str) -> &str {
    match label {
        "header" | "room" | "mark" => "",
        put => put.trim_start_matches("put "),
    }
}

/// What an opening makes of each bit of this part.
fn verdict_of(image: &Image, part: std::ops::Range<usize>) -> Result<Verdict> {
    let mut verdicts = Vec::new();
    for offset in part {
        for bit in 0..8 {
            verdicts.push(verdict(&image.with_flipped_bit(FILE, offset as u64, bit))?);
        }
    }
    verdicts.dedup();
    match verdicts[..] {
        [verdict] => Ok(verdict),
        _ => bail!("the bits of one part were treated differently: {verdicts:?}"),
    }
}

fn verdict(image: &Image) -> Result<Verdict> {
    let engine = match open(&SimDisk::from_image(image)) {
        Ok(engine) => engine,
        Err(Error::Corrupt { .. } | Error::Version { .. }) => return Ok(Verdict::Refused),
        Err(error) => return Err(error.into()),
    };
    let mut has = [false; KEYS.len()];
    for (has, key) in has.iter_mut().zip(KEYS) {
        *has = engine.get(key.as_bytes())?.as_deref() == Some(&VALUE[..]);
    }
    match has {
        [true, true, true] => Ok(Verdict::Unharmed),
        [true, true, false] => Ok(Verdict::Dropped),
        _ => bail!("an opening lost what was synced: {has:?}"),
    }
}
