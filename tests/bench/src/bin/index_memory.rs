//! What the index of chapter 2 costs: allocated bytes per entry beyond the
//! bytes of its key, the order of the keys included.
//!
//! ```console
//! cargo run --release -p bench --bin index_memory
//! ```
//!
//! Tables grow by doubling, so the cost depends on how many keys there are. It
//! is printed at a million, and where it is worst between half a million and two
//! millions; once for keys that were put one by one, in random order, and once
//! for the same database after it was opened again.

use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;

use allocation_counter::measure;
use bench::data::{Key, key};
use bitcask::{Bitcask, Options};
use engine::disk::RealDisk;
use engine::{Durability, StorageEngine};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

const LEAST: usize = 500_000;
const MOST: usize = 2_000_000;
/// How many keys are put between two looks.
const STEP: usize = 10_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut keys: Vec<Key> = (0..MOST as u64).map(key).collect();
    keys.shuffle(&mut StdRng::seed_from_u64(1));
    let folder = tempfile::tempdir()?;
    let open = || -> Result<Bitcask, Box<dyn Error>> {
        let options = Options {
            durability: Durability::Buffered,
            ..Options::default()
        };
        let disk = RealDisk::new(folder.path())?;
        Ok(Bitcask::open(Arc::new(disk), options)?)
    };

    let bitcask = open()?;
    let mut allocated = 0;
    let mut costs = Vec::new();
    let mut failed = Ok(());
    for (step, some) in keys.chunks(STEP).enumerate() {
        let growth = measure(|| {
            failed = some
                .iter()
                .try_for_each(|key| bitcask.put(key, b""))
                // What waits to become durable is no part of the index.
                .and_then(|()| bitcask.sync());
        });
        std::mem::replace(&mut failed, Ok(()))?;
        allocated += growth.bytes_current;
        let count = (step + 1) * STEP;
        if count >= LEAST {
            costs.push((beyond_keys(allocated, count), count));
        }
    }
    let at_a_million = costs.iter().find(|(_, count)| *count == 1_000_000);
    let worst = costs.iter().max_by(|a, b| a.0.total_cmp(&b.0));
    for (what, cost) in [("at a million keys", at_a_million), ("at the worst", worst)] {
        let (bytes, count) = cost.ok_or("too few keys were put")?;
        println!("put one by one, {what}: {bytes:.1} bytes an entry ({count} keys)");
    }
    Box::new(bitcask).close()?;

    let mut opened = None;
    let growth = measure(|| opened = Some(open()));
    let opened = black_box(opened.expect("it was opened")?);
    let bytes = beyond_keys(growth.bytes_current, MOST);
    println!("opened again: {bytes:.1} bytes an entry ({MOST} keys)");
    Ok(Box::new(opened).close()?)
}

/// How many of the allocated bytes each entry costs beyond those of its key.
fn beyond_keys(allocated: i64, count: usize) -> f64 {
    let key_bytes = size_of::<Key>() as f64;
    allocated as f64 / count as f64 - key_bytes
}
