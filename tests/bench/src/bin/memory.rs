//! Chapter 1's figures: `cargo run --release -p bench --bin memory`.
//!
//! First what the engine costs over a bare map behind a lock, then what a
//! sync costs by the size of the database.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::process::ExitCode;
use std::sync::{Arc, PoisonError, RwLock};

use bench::ratios::{Ratios, time};
use engine::disk::RealDisk;
use engine::{Result, StorageEngine};
use memory::{DurableMemory, Memory};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

const ROUNDS: usize = 20;
const KEYS: u64 = 100_000;
const OPERATIONS: usize = 100_000;
const VALUE: [u8; 100] = [7; 100];

/// The control: what anyone would write without a contract.
#[derive(Default)]
struct Bare(RwLock<BTreeMap<Vec<u8>, Vec<u8>>>);

impl Bare {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        let map = self.0.read().unwrap_or_else(PoisonError::into_inner);
        map.get(key).cloned()
    }

    fn put(&self, key: &[u8], value: &[u8]) {
        let mut map = self.0.write().unwrap_or_else(PoisonError::into_inner);
        map.insert(key.to_vec(), value.to_vec());
    }
}

fn key(number: u64) -> [u8; 16] {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
    key
}

fn main() -> ExitCode {
    match against_a_bare_map().and_then(|()| syncs_by_size()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("The bench stopped: {error}.");
            ExitCode::FAILURE
        }
    }
}

fn against_a_bare_map() -> Result<()> {
    let (memory, bare) = (Memory::new(), Bare::default());
    for number in 0..KEYS {
        memory.put(&key(number), &VALUE)?;
        bare.put(&key(number), &VALUE);
    }
    let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
    let (mut gets, mut puts) = (Ratios::default(), Ratios::default());
    for round in 0..ROUNDS {
        let keys: Vec<[u8; 16]> = (0..OPERATIONS)
            .map(|_| key(random.random_range(0..KEYS)))
            .collect();
        let get_memory = || time(|| keys.iter().for_each(|key| drop(black_box(memory.get(key)))));
        let get_bare = || time(|| keys.iter().for_each(|key| drop(black_box(bare.get(key)))));
        let put_memory = || {
            time(|| {
                for key in &keys {
                    memory.put(key, &VALUE).expect("no limit is exceeded");
                }
            })
        };
        let put_bare = || time(|| keys.iter().for_each(|key| bare.put(key, &VALUE)));
        // Who goes first takes turns, too.
        if round % 2 == 0 {
            gets.push(get_memory(), get_bare());
            puts.push(put_memory(), put_bare());
        } else {
            let (get, put) = (get_bare(), put_bare());
            gets.push(get_memory(), get);
            puts.push(put_memory(), put);
        }
    }
    println!("Memory against a bare RwLock<BTreeMap>, {KEYS} keys, {ROUNDS} rounds");
    println!("(the map's time over ours; above 1 we are the faster)\n");
    println!("       least  median  most");
    for (name, ratios) in [("get", gets), ("put", puts)] {
        if let Some((least, median, most)) = ratios.spread() {
            println!("{name}    {least:5.2}  {median:6.2}  {most:4.2}");
        }
    }
    Ok(())
}

fn syncs_by_size() -> Result<()> {
    println!("\nOne put and its sync, by the size of the database (median of 5)\n");
    println!("   entries    file, MB    sync, ms");
    for entries in [1_000, 10_000, 100_000, 1_000_000] {
        let folder = tempfile::tempdir()
            .map_err(|error| engine::Error::io("create", "a temporary folder", &error))?;
        let engine = DurableMemory::open(Arc::new(RealDisk::new(folder.path())?))?;
        for number in 0..entries {
            engine.put(&key(number), &VALUE)?;
        }
        engine.sync()?;
        let mut milliseconds = [0.0; 5];
        for (number, slot) in (0..).zip(&mut milliseconds) {
            engine.put(&key(number), &VALUE)?;
            *slot = 1e3 * time(|| engine.sync().expect("the disk works")).as_secs_f64();
        }
        milliseconds.sort_unstable_by(f64::total_cmp);
        let file = std::fs::metadata(folder.path().join("snapshot"))
            .map_err(|error| engine::Error::io("measure", "snapshot", &error))?;
        #[expect(clippy::cast_precision_loss, reason = "megabytes, for people")]
        let megabytes = file.len() as f64 / 1e6;
        println!(
            "{entries:>10}  {megabytes:>10.1}  {:>10.1}",
            milliseconds[2]
        );
    }
    Ok(())
}
