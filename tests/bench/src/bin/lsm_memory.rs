//! What chapter 3's engine has allocated at most, in each phase of its life, and
//! whether that is within its budgets.
//!
//! ```console
//! cargo run --release -p bench --bin lsm_memory
//! ```
//!
//! The budgets are what the options say of the memtable and of the block cache.
//! Beyond them an engine may have 64 MiB: a memtable that is being flushed, a
//! filter and an index of each table, blocks that are being written, and what
//! cursors keep alive. Nobody helps, so all work is done, and counted, by the
//! thread that writes. What the system keeps of mapped files is not counted: it
//! takes that back whenever it needs room.

use std::error::Error;
use std::sync::Arc;

use allocation_counter::measure;
use bench::data::{Key, key};
use engine::disk::RealDisk;
use engine::{KeyRange, Order, StorageEngine};
use lsm::{Lsm, Options};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use rand::seq::SliceRandom;

const ENTRIES: usize = 1_000_000;
const VALUE_BYTES: usize = 100;
/// How many cursors are open while others write.
const CURSORS: usize = 4;
/// What may be allocated beyond the budgets.
const BEYOND: i64 = 64 << 20;

type Done = Result<(), Box<dyn Error>>;

fn main() -> Done {
    let mut keys: Vec<Key> = (0..2 * ENTRIES as u64).map(key).collect();
    keys.shuffle(&mut Xoshiro256PlusPlus::seed_from_u64(1));
    let (keys, more) = keys.split_at(ENTRIES);
    let folder = tempfile::tempdir()?;
    let options = Options::default();
    let budgets = (options.memtable_bytes + options.cache_bytes) as i64;
    println!(
        "{ENTRIES} entries of {} bytes",
        size_of::<Key>() + VALUE_BYTES
    );
    println!("{:30} {:>14} {:>17}", "", "at most, MiB", "in the end, MiB");

    let mut now = 0;
    let mut most = 0;
    let mut phase = |what: &str, work: &mut dyn FnMut() -> Done| -> Done {
        let mut done = Ok(());
        let grown = measure(|| done = work());
        let peak = now + i64::try_from(grown.bytes_max)?;
        now += grown.bytes_current;
        most = peak.max(most);
        println!("{what:30} {:14.1} {:17.1}", mib(peak), mib(now));
        done
    };

    let mut opened = None;
    phase("opened", &mut || {
        let disk = RealDisk::new(folder.path())?;
        opened = Some(Lsm::open(Arc::new(disk), options.clone())?);
        Ok(())
    })?;
    let lsm = opened.ok_or("it was opened")?;
    phase("loaded in random order", &mut || put(&lsm, keys))?;
    phase("each entry looked up", &mut || look_up(&lsm, keys))?;
    phase("all overwritten", &mut || put(&lsm, keys))?;
    phase("each entry looked up again", &mut || look_up(&lsm, keys))?;
    phase("doubled, while four scans wait", &mut || {
        let orders = [Order::Ascending, Order::Descending];
        let scans = orders.iter().cycle().take(CURSORS);
        let cursors: Result<Vec<_>, _> = scans.map(|o| lsm.scan(KeyRange::all(), *o)).collect();
        put(&lsm, more)?;
        drop(cursors?);
        Ok(())
    })?;
    Box::new(lsm).close()?;

    let may = budgets + BEYOND;
    println!(
        "budgets of {:.0} MiB, and {:.0} beyond",
        mib(budgets),
        mib(BEYOND)
    );
    if most > may {
        return Err(format!("{:.1} MiB are too many", mib(most)).into());
    }
    Ok(())
}

fn put(lsm: &Lsm, keys: &[Key]) -> Done {
    let mut value = [0; VALUE_BYTES];
    for key in keys {
        // As different as the keys are, so that they do not compress to nothing.
        value
            .iter_mut()
            .zip(key.iter().cycle())
            .for_each(|(to, from)| *to = *from);
        lsm.put(key, &value)?;
    }
    Ok(())
}

fn look_up(lsm: &Lsm, keys: &[Key]) -> Done {
    let mut value = Vec::new();
    for key in keys {
        if !lsm.get_into(key, &mut value)? {
            return Err("an entry is gone".into());
        }
    }
    Ok(())
}

fn mib(bytes: i64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
