//! The small things, by criterion: one call at a time, on every engine.
//!
//! ```sh
//! cargo bench -p bench                            # every engine
//! cargo bench -p bench --features mine -- mine    # yours alone
//! ```
//!
//! Here an engine answers from a warm cache, nothing is checked and nothing is
//! limited: this is for comparing two states of one engine while you work on
//! it. For comparing engines there is `bench` (`cargo run -- bench`).

use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use bench::contender::{Contender, Role, contenders};
use bench::data::{Key, Values, key, missing_key};
use bench::draw::{Choice, Draw};
use bench::store::Store;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput};
use engine::Write;
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

const ENTRIES: u64 = 10_000;
const VALUE_BYTES: usize = 100;
const SCAN: usize = 100;
const BATCH: u64 = 100;

/// A call that is timed.
type Call = fn(&dyn Store, &mut Next) -> anyhow::Result<()>;

const CALLS: &[(&str, u64, Call)] = &[
    ("get", 1, |store, next| {
        store.get(&key(next.number()), &mut next.answer)?;
        Ok(())
    }),
    ("get missing", 1, |store, next| {
        store.get(&missing_key(next.number()), &mut next.answer)?;
        Ok(())
    }),
    ("put", 1, |store, next| {
        let number = next.number();
        next.values.fill(number, 1, &mut next.value);
        store.write(&[Write::put(&key(number), &next.value)])
    }),
    ("batch of 100 puts", BATCH, |store, next| {
        let entries: Vec<_> = (0..BATCH).map(|_| next.entry()).collect();
        let puts = entries.iter().map(|(key, value)| Write::put(key, value));
        let batch: Vec<_> = puts.collect();
        store.write(&batch)
    }),
    ("scan of 100", SCAN as u64, |store, next| {
        let from = key(next.number());
        store.scan(&from, SCAN, &mut |key, value| {
            black_box((key, value));
        })
    }),
];

/// What a call takes next, and where its answer goes.
struct Next {
    random: Xoshiro256PlusPlus,
    draw: Draw,
    values: Values,
    value: Vec<u8>,
    answer: Vec<u8>,
}

impl Next {
    fn number(&mut self) -> u64 {
        self.draw.next(ENTRIES, &mut self.random)
    }

    fn entry(&mut self) -> (Key, Vec<u8>) {
        let (number, mut value) = (self.number(), Vec::new());
        self.values.fill(number, 1, &mut value);
        (key(number), value)
    }
}

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(1))
        .sample_size(30)
        .configure_from_args();
    engines(&mut criterion);
    criterion.final_summary();
}

fn engines(criterion: &mut Criterion) {
    let mut all = contenders();
    all.retain(|contender| contender.role != Role::Cheat);
    for (name, entries, call) in CALLS {
        let mut group = criterion.benchmark_group(*name);
        group.throughput(Throughput::Elements(*entries));
        for contender in &all {
            let folder = tempfile::tempdir().expect("there is room for a folder");
            measure(&mut group, contender, folder.path(), *call);
        }
    }
}

fn measure(
    group: &mut BenchmarkGroup<'_, WallTime>,
    contender: &Contender,
    folder: &Path,
    call: Call,
) {
    let mut next = Next {
        random: Xoshiro256PlusPlus::seed_from_u64(1),
        draw: Draw::new(Choice::Uniform, ENTRIES),
        values: Values::new(VALUE_BYTES),
        value: Vec::new(),
        answer: Vec::new(),
    };
    let id = BenchmarkId::from_parameter(contender.name);
    // Opened within, so that an engine that is filtered out is not even loaded.
    let mut opened = None;
    group.bench_function(id, |bencher| {
        let store = opened.get_or_insert_with(|| loaded(contender, folder, &mut next));
        bencher.iter(|| call(&**store, &mut next).expect("it answers"));
    });
    if let Some(store) = opened {
        store.close().expect("it closes");
    }
}

fn loaded(contender: &Contender, folder: &Path, next: &mut Next) -> Box<dyn Store> {
    let store = contender.open_in(folder, contender.weakest());
    let store = store.expect("it opens");
    for number in 0..ENTRIES {
        next.values.fill(number, 1, &mut next.value);
        let put = store.write(&[Write::put(&key(number), &next.value)]);
        put.expect("it takes entries");
    }
    store
}
