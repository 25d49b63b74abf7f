//! What the index of chapter 2 costs: allocated bytes per entry beyond the
//! bytes of its key, the order of the keys included; and what other ways to
//! keep the order would cost.
//!
//! ```console
//! cargo run --release -p bench --bin index_memory
//! ```
//!
//! Tables grow by doubling, so the cost depends on how many keys there are. It
//! is printed at a million, and where it is worst between half a million and two
//! millions; once for keys that were put one by one, in random order, and once
//! for the same database after it was opened again. What an allocator adds to an
//! allocation, and rounds it up to, comes on top: it is paid for each leaf here,
//! and for each key where each key is allocated.

use std::collections::BTreeSet;
use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use allocation_counter::measure;
use bench::data::{Key, key};
use bitcask::order::Keys;
use bitcask::{Bitcask, Options};
use engine::disk::RealDisk;
use engine::{Durability, KeyRange, Order, StorageEngine};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use rand::seq::SliceRandom;

const LEAST: usize = 500_000;
const MOST: usize = 2_000_000;
/// How many keys are put between two looks.
const STEP: usize = 10_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut keys: Vec<Key> = (0..MOST as u64).map(key).collect();
    keys.shuffle(&mut Xoshiro256PlusPlus::seed_from_u64(1));
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
    Box::new(opened).close()?;

    let keys = &keys[..1_000_000];
    println!("\nthe order alone, of a million keys that came in random order:");
    compare(
        "BTreeSet<Vec<u8>>",
        keys,
        |set: &mut BTreeSet<Vec<u8>>, key| _ = set.insert(key.to_vec()),
        |set, take| set.iter().for_each(|key| take(key)),
    );
    compare(
        "BTreeSet<Box<[u8]>>",
        keys,
        |set: &mut BTreeSet<Box<[u8]>>, key| _ = set.insert(key.into()),
        |set, take| set.iter().for_each(|key| take(key)),
    );
    compare("packed leaves", keys, Keys::insert, |keys, take| {
        keys.visit(&KeyRange::all(), Order::Ascending, |key| {
            take(key);
            true
        });
    });
    Ok(())
}

/// Prints what it costs to keep the order of these keys in that way.
fn compare<K: Default>(
    name: &str,
    keys: &[Key],
    insert: impl Fn(&mut K, &[u8]),
    visit: impl Fn(&K, &mut dyn FnMut(&[u8])),
) {
    let mut order = K::default();
    let mut inserting = Duration::ZERO;
    let grown = measure(|| {
        let start = Instant::now();
        keys.iter().for_each(|key| insert(&mut order, key));
        inserting = start.elapsed();
    });
    let start = Instant::now();
    visit(&order, &mut |key| _ = black_box(key));
    let visiting = start.elapsed();
    let each = |time: Duration| time.as_nanos() as f64 / keys.len() as f64;
    println!(
        "{name:20} {:5.1} bytes a key, {} allocations; {:4.0} ns to insert, {:4.0} ns to visit",
        beyond_keys(grown.bytes_current, keys.len()),
        grown.count_current,
        each(inserting),
        each(visiting),
    );
}

/// How many of the allocated bytes each entry costs beyond those of its key.
fn beyond_keys(allocated: i64, count: usize) -> f64 {
    let key_bytes = size_of::<Key>() as f64;
    allocated as f64 / count as f64 - key_bytes
}
