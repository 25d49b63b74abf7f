//! How two runs differ in what they were asked for and in where they ran.

use std::fmt::Display;

use crate::device::Device;
use crate::report::{Report, Settings, units};
use crate::spread::{Place, Pool, median};

/// More rounds do the same more often: they are no difference.
pub(super) fn different_settings(was: &Settings, is: &Settings) -> Vec<String> {
    let memory =
        |bytes: Option<u64>| bytes.map_or("no limit".into(), |bytes| format!("{bytes} bytes"));
    let all = [
        differs("entries", &was.entries, &is.entries),
        differs("bytes of a key", &was.key_bytes, &is.key_bytes),
        differs("bytes of a value", &was.value_bytes, &is.value_bytes),
        differs("busy, in milliseconds", &was.busy_ms_max, &is.busy_ms_max),
        differs(
            "memory of a process",
            &memory(was.memory_bytes),
            &memory(is.memory_bytes),
        ),
        differs("seed", &was.seed, &is.seed),
    ];
    all.into_iter().flatten().collect()
}

pub(crate) fn different_machine(old: &Report, new: &Report) -> Vec<String> {
    let (was, is) = (&old.machine, &new.machine);
    let all = [
        differs("processor", &was.processor, &is.processor),
        differs("cores", &was.cores, &is.cores),
        differs("bytes of memory", &was.memory_bytes, &is.memory_bytes),
        differs("system", &was.system, &is.system),
        differs("file system", &was.file_system, &is.file_system),
        differs("compiled for speed", &was.optimised, &is.optimised),
        differs(
            "counting allocations",
            &was.counts_allocations,
            &is.counts_allocations,
        ),
    ];
    all.into_iter().flatten().collect()
}

pub(crate) fn different_contenders(old: &Report, new: &Report) -> Vec<String> {
    let mut different = Vec::new();
    for is in &new.contenders {
        let Some(was) = old.contenders.iter().find(|was| was.name == is.name) else {
            continue;
        };
        let all = [
            differs("version", &was.version, &is.version),
            differs("settings", &was.settings, &is.settings),
            differs("durable commit", &was.durable_commit, &is.durable_commit),
        ];
        let all = all.into_iter().flatten();
        different.extend(all.map(|difference| format!("{}: {difference}", is.name)));
    }
    different
}

fn differs<T: PartialEq + Display>(what: &str, was: &T, is: &T) -> Option<String> {
    (was != is).then(|| format!("{what}: {was} before, {is} now"))
}

/// The devices are measured once a round, and have a spread as stores have.
#[expect(clippy::cast_precision_loss, reason = "a sync takes no 2^53 ns")]
pub(super) fn different_device(old: &[Device], new: &[Device]) -> Vec<String> {
    type Look = (&'static str, fn(&Device) -> f64, fn(f64) -> String);
    let all: [Look; 3] = [
        (
            "sequential writes, bytes a second",
            |one| one.sequential_write_per_second,
            units::bytes,
        ),
        ("a sync of 4 KiB", |one| one.sync_ns as f64, units::time),
        (
            "copies in memory, bytes a second",
            |one| one.copy_per_second,
            units::bytes,
        ),
    ];
    let mut different = Vec::new();
    for (what, look, unit) in all {
        let of = |rounds: &[Device]| {
            let figures: Vec<f64> = rounds.iter().map(look).collect();
            let place = Place {
                workload: what,
                contender: what,
            };
            let mut pool = Pool::default();
            pool.add(place, &figures);
            Some((median(figures)?, pool.spread(place)?))
        };
        let (Some((was, one)), Some((is, other))) = (of(old), of(new)) else {
            continue;
        };
        if one.is_exceeded(was, is) && other.is_exceeded(was, is) {
            different.push(format!("{what}: {} before, {} now", unit(was), unit(is)));
        }
    }
    different
}
