//! The life of a database of chapter 2: written, read, killed, opened again,
//! merged.
//!
//! ```sh
//! cargo run -q -p registry --example bitcask
//! ```
//!
//! It is the reference; with `--features mine` it is the reader's own. The files
//! are in a temporary folder, or in the one that is named.

use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::{env, fs, process};

#[cfg(not(feature = "mine"))]
use bitcask::{Bitcask, Options};
#[cfg(feature = "mine")]
use my_bitcask::{Bitcask, Options};

use engine::disk::RealDisk;
use engine::{Durability, StorageEngine, Write};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// How many keys there are.
const KEYS: u32 = 2_000;
/// How often each is written.
const TIMES: u32 = 10;
/// How many of them the process that aborts writes once more.
const AGAIN: u32 = 500;
/// What makes that process of this program.
const ABORT: &str = "--abort";

fn main() -> Outcome {
    let args: Vec<_> = env::args_os().skip(1).collect();
    match args.as_slice() {
        [] => live(tempfile::tempdir()?.path()),
        [folder] => live(Path::new(folder)),
        [folder, word] if word == ABORT => write_and_abort(Path::new(folder)),
        _ => Err("say into which folder, or nothing".into()),
    }
}

fn live(folder: &Path) -> Outcome {
    println!("{KEYS} keys are written, {TIMES} times each, and synced:");
    let engine = open(folder)?;
    for time in 1..=TIMES {
        for number in 0..KEYS {
            engine.put(&key(number), &value(number, time))?;
        }
    }
    engine.sync()?;
    show_files(folder)?;
    check(&engine, |_| Some(TIMES))?;
    Box::new(engine).close()?;

    println!("\nAnother process writes {AGAIN} of them once more, and aborts:");
    let aborted = Command::new(env::current_exe()?)
        .args([folder.as_os_str(), ABORT.as_ref()])
        .output()?;
    print!("{}", String::from_utf8_lossy(&aborted.stdout));
    show_files(folder)?;

    println!("\nIt is opened again:");
    let engine = open(folder)?;
    show_files(folder)?;
    let last = |number| TIMES + u32::from(number < AGAIN);
    check(&engine, |number| Some(last(number)))?;

    println!("\nEvery second key is deleted, in one batch, and all files are merged:");
    let gone = |number: u32| number % 2 == 1;
    let keys: Vec<_> = (0..KEYS).filter(|&number| gone(number)).map(key).collect();
    let deletes: Vec<_> = keys.iter().map(|key| Write::Delete { key }).collect();
    engine.write(&deletes)?;
    engine.merge()?;
    show_files(folder)?;
    check(&engine, |number| (!gone(number)).then(|| last(number)))?;
    let kept = (0..KEYS).filter(|&number| !gone(number));
    let bytes: usize = kept
        .map(|number| key(number).len() + value(number, last(number)).len())
        .sum();
    println!("The keys and values that are left are {bytes} bytes.");
    Ok(Box::new(engine).close()?)
}

/// Says what was acknowledged, and ends without a farewell.
fn write_and_abort(folder: &Path) -> Outcome {
    let engine = open(folder)?;
    for number in 0..AGAIN {
        engine.put(&key(number), &value(number, TIMES + 1))?;
    }
    println!("{AGAIN} writes have returned.");
    process::abort()
}

/// Opens the engine, with files that are short enough to be seen.
fn open(folder: &Path) -> Outcome<Bitcask> {
    fs::create_dir_all(folder)?;
    let options = Options {
        durability: Durability::Os,
        file_bytes_max: 1 << 20,
        ..Options::default()
    };
    Ok(Bitcask::open(Arc::new(RealDisk::new(folder)?), options)?)
}

fn key(number: u32) -> Vec<u8> {
    format!("key {number:04}").into_bytes()
}

/// The value that the key of this number got at its `time`th write.
fn value(number: u32, time: u32) -> Vec<u8> {
    format!("{number:050} {time:049}").into_bytes()
}

/// Compares all keys with the last write of each.
fn check(engine: &Bitcask, last: impl Fn(u32) -> Option<u32>) -> Outcome {
    let mut right = 0;
    for number in 0..KEYS {
        let expected = last(number).map(|time| value(number, time));
        right += u32::from(engine.get(&key(number))? == expected);
    }
    println!("{right} of {KEYS} keys answer as they should.");
    Ok(())
}

fn show_files(folder: &Path) -> Outcome {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name != "LOCK" {
            files.push((name, entry.metadata()?.len()));
        }
    }
    files.sort();
    for (name, bytes) in files {
        println!("  {name:18} {bytes:>9} bytes");
    }
    Ok(())
}
