//! A bit of each byte of a closed database turned over.

use std::sync::Arc;

use conformance::sim::{Image, SimDisk};
use conformance::{Budget, budget};
use engine::{Durability, Entry, Error, KeyRange, Maintenance, Order, Progress, Result};
use engine::{StorageEngine, Write};

use super::dead::dead_bytes;
use crate::{Bitcask, Options};

/// How long the closed database is at the least.
const BYTES: u64 = 64 << 10;

fn options() -> Options {
    Options {
        durability: Durability::Buffered,
        file_bytes_max: 16 << 10,
        garbage_percent: 30,
        hint_bytes_min: 1 << 10,
        ..Options::default()
    }
}

/// A closed database with everything that one can hold: merged files and files
/// with garbage, batches and tombstones, values that expire and marks of syncs,
/// hint files, and files that are too short for one.
fn closed() -> Result<Image> {
    let disk = SimDisk::new();
    let bitcask = Bitcask::open(Arc::new(disk.clone()), options())?;
    let key = |number: u32| format!("key {number:03}").into_bytes();
    let value = |number: u32| vec![b'a' + (number % 26) as u8; number as usize % 160];
    for round in 0..5 {
        for number in (0..300).step_by(1 + round as usize) {
            bitcask.put(&key(number), &value(number + round))?;
        }
        for number in (0..300).step_by(7) {
            let (one, other) = (key(number), key(number + 1));
            let value = value(number);
            bitcask.write(&[Write::Delete { key: &one }, Write::put(&other, &value)])?;
        }
        bitcask.sync()?;
        if round == 1 {
            while bitcask.step()? == Progress::Worked {}
        }
    }
    let never = std::time::Duration::from_millis(u64::MAX);
    bitcask.put_until(b"short", b"lived", never)?;
    Box::new(bitcask).close()?;
    // A file that is too short for a hint.
    let bitcask = Bitcask::open(Arc::new(disk.clone()), options())?;
    bitcask.put(b"last", b"one")?;
    Box::new(bitcask).close()?;
    Ok(disk.image())
}

fn entries(image: &Image) -> Result<Vec<Entry>> {
    let disk = Arc::new(SimDisk::from_image(image));
    let bitcask = Bitcask::open(disk, options())?;
    let entries = bitcask.entries(KeyRange::all(), Order::Ascending)?;
    entries.collect()
}

/// All bytes with the full budget, else some in every part.
#[test]
fn ex_2_14_a_flip_of_any_live_byte_is_found() {
    let image = closed().unwrap();
    let sound = entries(&image).unwrap();
    let bytes: u64 = image.files().map(|(_, content)| content.len()).sum();
    assert!(bytes >= BYTES, "{bytes}");
    let hints = image.files().filter(|(name, _)| name.ends_with(".hint"));
    assert!(hints.count() >= 2, "there are hint files");
    let is_full = Budget::from_env().unwrap().size == budget::Size::Full;
    let step = if is_full { 1 } else { 61 };
    let mut unnoticed = 0;
    for (name, content) in image.files() {
        let dead = dead_bytes(&image, name);
        for offset in (0..content.len()).step_by(step) {
            let bit = (offset % 8) as u8;
            let flipped = image.with_flipped_bit(name, offset, bit);
            match entries(&flipped) {
                Err(Error::Corrupt { .. } | Error::Version { .. }) => {}
                Err(error) => panic!("byte {offset} of {name}: {error}"),
                Ok(found) => {
                    assert!(found == sound, "byte {offset} of {name}: other entries");
                    let offset = usize::try_from(offset).unwrap();
                    let is_dead = dead.iter().any(|range| range.contains(&offset));
                    assert!(is_dead, "byte {offset} of {name}: not noticed");
                    unnoticed += 1;
                }
            }
        }
    }
    assert!(unnoticed > 0, "there is garbage in files with hints");
}
