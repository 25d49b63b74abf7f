use crate::costs::owed;
use crate::picking::urgent;
use crate::shape::Shape;
use crate::simulation::{PUT_BYTES, Sample, Simulation, Workload, simulate};

/// How many entries a memtable has.
const MEMTABLE: u32 = 400;

const SHAPE: Shape = Shape {
    memtable_bytes: MEMTABLE as u64 * PUT_BYTES,
    table_bytes: MEMTABLE as u64 * PUT_BYTES / 8,
    level0_tables: 4,
    ratio: 10,
    levels: 7,
};

fn run(workload: Workload) -> Vec<Sample> {
    simulate(SHAPE, workload).unwrap()
}

/// The last sample, at rest, and the one before, when nothing was urgent.
fn ends(samples: &[Sample]) -> (&Sample, &Sample) {
    let [.., settled, rests] = samples else {
        panic!("there is no sample of a flush");
    };
    (settled, rests)
}

/// The write amplification of a load of keys in any order, so many memtables of
/// them, from the sizes of the levels alone.
///
/// Flushing writes each byte once. Then, for each time that level 0 is due, with
/// b bytes:
///
/// - They are merged with the base, all of it: b + base.
/// - What is then too much in a level, x bytes, goes down to the next, with the
///   share of it that overlaps. While x bytes leave it, a level of size s has
///   s + x/2 on average. Were they taken anywhere, each of them would meet
///   next / (s + x/2) bytes. But the cheapest go, which is where a level was
///   left alone the longest: there it is about twice as dense, for where it was
///   just taken from it is empty. So they meet half of that, and
///   x · (1 + next / (2s + x)) is written.
pub(crate) fn predicted(memtables: u32, shape: &Shape) -> f64 {
    let batch = shape.level0_bytes() as f64;
    let ratio = shape.ratio as f64;
    let batches = u64::from(memtables) / shape.level0_tables as u64;
    // From the bottom upwards.
    let mut sizes = vec![0.0];
    let mut written = f64::from(memtables) * shape.memtable_bytes as f64;
    for _ in 0..batches {
        if sizes.last().unwrap() / ratio >= shape.base_bytes() as f64 {
            sizes.push(0.0);
        }
        let mut coming = batch;
        for level in (0..sizes.len()).rev() {
            written += match sizes.get(level + 1) {
                None => coming + sizes[level],
                Some(above) => coming * (1.0 + sizes[level] / (2.0 * above + coming)),
            };
            sizes[level] += coming;
            if level > 0 {
                let target = sizes[0] / ratio.powi(i32::try_from(level).unwrap());
                coming = (sizes[level] - target).max(0.0);
                sizes[level] -= coming;
            }
        }
    }
    written / (f64::from(memtables) * shape.memtable_bytes as f64)
}

#[test]
fn ex_3_13_a_random_load_writes_what_the_sizes_of_the_levels_predict() {
    for (memtables, tolerance) in [(10, 0.001), (100, 0.1), (400, 0.1)] {
        let keys = memtables * MEMTABLE;
        let samples = run(Workload::Random { keys, seed: 1 });
        let found = ends(&samples).0.write_amplification();
        let predicted = predicted(memtables, &SHAPE);
        let difference = (found / predicted - 1.0).abs();
        let message = format!("{memtables} memtables: {found:.2}, and {predicted:.2} is predicted");
        assert!(difference < tolerance, "{message}");
    }
}

#[test]
fn ex_3_13_keys_that_come_in_their_order_are_written_once() {
    let samples = run(Workload::Ascending {
        keys: 300 * MEMTABLE,
    });
    for sample in &samples {
        assert_eq!(sample.written_to_tables, sample.written);
    }
    let (_, rests) = ends(&samples);
    assert!(rests.levels[6] > 9 * rests.levels[..6].iter().sum::<u64>());
}

#[test]
fn ex_3_13_overwritten_anywhere_a_store_at_rest_has_little_garbage() {
    for memtables in [1, 3, 10, 25, 50, 100] {
        let keys = memtables * MEMTABLE;
        // Not a multiple of a memtable, nor of what level 0 has.
        let writes = 3 * keys + 5 * MEMTABLE + MEMTABLE / 3;
        let seed = u64::from(memtables);
        let samples = run(Workload::Overwrite { keys, writes, seed });
        let (_, rests) = ends(&samples);
        assert_eq!(rests.live, u64::from(keys) * PUT_BYTES);
        let found = rests.space_amplification();
        assert!((1.0..1.15).contains(&found), "{memtables}: {found:.3}");
    }
}

#[test]
fn ex_3_13_one_seed_gives_one_run() {
    let workload = |seed| Workload::Overwrite {
        keys: 20 * MEMTABLE,
        writes: 20 * MEMTABLE,
        seed,
    };
    assert_eq!(run(workload(1)), run(workload(1)));
    assert_ne!(run(workload(1)), run(workload(2)));
}

/// The figures of the book are drawn of such loads, and are to stay as they are.
#[test]
fn a_seed_gives_the_same_keys_wherever_it_is_used() {
    let shuffled = Workload::Random { keys: 10, seed: 7 }.keys();
    assert_eq!(shuffled, [9, 5, 8, 6, 1, 2, 4, 7, 0, 3]);
    let overwritten = Workload::Overwrite {
        keys: 4,
        writes: 6,
        seed: 7,
    };
    assert_eq!(overwritten.keys(), [2, 3, 0, 1, 2, 1, 0, 1, 1, 0]);
}

#[test]
fn a_simulation_knows_what_was_written_when_and_what_is_stored_of_it() {
    let mut store = Simulation::new(SHAPE);
    store.put(1);
    store.put(2);
    store.put(1);
    store.delete(2);
    store.flush().unwrap();
    let seqs = [1, 2].map(|key| store.find(key).unwrap().seq);
    assert_eq!(seqs, [2, 3], "so many writes were before it");
    // Three puts and a tombstone; one of each is left, and one put is live.
    let sample = store.sample();
    let stored: u64 = sample.levels.iter().sum();
    let found = [
        sample.written,
        sample.written_to_tables,
        stored,
        sample.live,
    ];
    assert_eq!(found, [320, 120, 120, 100]);
    assert!((sample.write_amplification() - 120.0 / 320.0).abs() < 1e-9);
    assert!((sample.space_amplification() - 120.0 / 100.0).abs() < 1e-9);
}

#[test]
fn what_a_simulation_merges_within_level_0_becomes_one_table() {
    let mut store = Simulation::new(SHAPE);
    for number in 0..4 {
        (0..20).for_each(|key| store.put(20 * number + key));
        store.flush().unwrap();
    }
    let merged = store.levels().bytes(0);
    assert!(merged > SHAPE.table_bytes);
    let pick = urgent(store.levels(), &SHAPE).unwrap();
    store.compact(&pick).unwrap();
    assert_eq!(store.levels().tables(0).len(), 1);
    assert_eq!(store.levels().bytes(0), merged);
}

/// A store with so many keys, at rest.
fn loaded(keys: u32) -> Simulation {
    let mut store = Simulation::new(SHAPE);
    write(&mut store, 0..keys, Simulation::put);
    store
}

/// Writes to keys, flushes as a store does, and comes to rest.
fn write(
    store: &mut Simulation,
    keys: impl IntoIterator<Item = u32>,
    write: fn(&mut Simulation, u32),
) {
    for key in keys {
        write(store, key);
        if store.is_full() {
            store.flush().unwrap();
            store.settle().unwrap();
        }
    }
    store.flush().unwrap();
    store.rest().unwrap();
}

#[test]
fn ex_3_13_a_store_whose_keys_are_all_deleted_is_empty_at_rest() {
    let keys = 60 * MEMTABLE;
    let mut ascending = loaded(keys);
    write(&mut ascending, 0..keys, Simulation::delete);
    assert_eq!(ascending.levels().all().count(), 0);
    let mut scattered = loaded(keys);
    let steps = (0..keys).map(|step| step * 7919 % keys);
    write(&mut scattered, steps, Simulation::delete);
    assert_eq!(scattered.levels().all().count(), 0);
}

#[test]
fn ex_3_13_whatever_share_of_the_keys_is_deleted_a_store_at_rest_has_little_garbage() {
    let keys = 60 * MEMTABLE;
    for step in [2, 3, 10, 50] {
        for kept in [0, 1] {
            let mut store = loaded(keys);
            // Each so manieth key, or all but those.
            let goes = |key: &u32| key.is_multiple_of(step) == (kept == 0);
            write(&mut store, (0..keys).filter(goes), Simulation::delete);
            let found = store.sample().space_amplification();
            assert!((1.0..1.15).contains(&found), "{step}, {kept}: {found:.3}");
        }
    }
}

#[test]
fn ex_3_13_what_is_owed_is_about_what_is_read_until_nothing_is_urgent() {
    for memtables in [10, 30, 100] {
        let mut store = Simulation::new(SHAPE);
        let keys = memtables * MEMTABLE;
        let mut scattered = (0..).map(|step: u32| step.wrapping_mul(2_654_435_761) % keys);
        write(
            &mut store,
            scattered.by_ref().take(2 * keys as usize),
            Simulation::put,
        );
        // Two times what makes level 0 due, and nobody compacts meanwhile.
        for _ in 0..8 {
            let burst = scattered.by_ref().take(MEMTABLE as usize);
            burst.for_each(|key| store.put(key));
            store.flush().unwrap();
        }
        let expected = owed(store.levels(), &SHAPE);
        let before = store.read_from_tables();
        store.settle().unwrap();
        assert!(urgent(store.levels(), &SHAPE).is_none());
        let found = store.read_from_tables() - before;
        let share = expected as f64 / found as f64;
        assert!((0.8..2.5).contains(&share), "{memtables}: {share:.2}");
    }
}
