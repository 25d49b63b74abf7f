//! A made-up report with everything in it that a report can have: peers, a
//! wrong answer, a failure, and claims that hold, are broken and are untried.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{About, Claim, Done, FORMAT, Proof, Report, Settings};
use crate::class::Class;
use crate::contender::Role;
use crate::device::Device;
use crate::figures::{Cost, Figures, Latency};
use crate::machine::Machine;
use crate::trial::Outcome;

/// Three rounds on a calm machine.
pub(crate) fn report() -> Report {
    let mut report = Report {
        format: FORMAT,
        day: "2026-01-31".into(),
        machine: Machine {
            system: "Linux (Made-up 1)".into(),
            processor: "Imaginary <R> | 9000".into(),
            cores: 2,
            memory_bytes: 8 << 30,
            file_system: "ext4".into(),
            optimised: true,
            counts_allocations: false,
        },
        settings: Settings {
            entries: 10_000,
            key_bytes: 16,
            value_bytes: 100,
            rounds: 3,
            busy_ms_max: 500,
            memory_bytes: Some(1 << 30),
            seed: 1,
        },
        device: [290e6, 300e6, 310e6].map(device).to_vec(),
        contenders: contenders(),
        claims: claims(),
        trials: Vec::new(),
    };
    for round in 1..=3 {
        for (workload, base) in WORKLOADS {
            for (contender, class, speed) in SPEEDS {
                if has(workload, contender, class) {
                    let rate = base * speed * NOISE[round as usize - 1];
                    report.trials.push(Done {
                        round,
                        workload: workload.into(),
                        contender: contender.into(),
                        class,
                        outcome: outcome(round, workload, contender, rate),
                    });
                }
            }
        }
    }
    report
}

const NOISE: [f64; 3] = [1.0, 0.97, 1.02];

/// Each workload, and what a contender of speed 1 does at it in a second.
const WORKLOADS: [(&str, f64); 8] = [
    ("load-random", 2e6),
    ("put", 1e6),
    ("put-durable", 2e3),
    ("get-uniform", 1.5e6),
    ("get-missing", 1.8e6),
    ("reopen", 80.0),
    ("ycsb-a", 0.9e6),
    ("ycsb-a-2", 1.1e6),
];

const SPEEDS: [(&str, Class, f64); 9] = [
    ("lsm", Class::Power, 1.0),
    ("lsm", Class::Kill, 0.8),
    ("memory", Class::Power, 0.2),
    ("memory", Class::Nothing, 1.2),
    ("redb", Class::Power, 0.6),
    ("rocksdb", Class::Power, 1.1),
    ("rocksdb", Class::Kill, 0.9),
    ("btreemap", Class::InMemory, 2.5),
    ("control", Class::InMemory, 20.0),
];

/// Whether the contender would be measured at the workload in the class.
fn has(workload: &str, contender: &str, class: Class) -> bool {
    let keeps_files = class != Class::InMemory;
    let broken = contender == "rocksdb" && class == Class::Kill;
    match workload {
        "put" | "ycsb-a" | "ycsb-a-2" => class != Class::Power && !broken,
        "put-durable" | "reopen" => class == Class::Power && keeps_files,
        _ => matches!(class, Class::Power | Class::InMemory),
    }
}

fn outcome(round: u32, workload: &str, contender: &str, rate: f64) -> Outcome {
    match (workload, contender, round) {
        ("get-missing", "rocksdb", 2) => {
            Outcome::Wrong("it found the key 00000000000004d2, which is <not> there".into())
        }
        ("reopen", "redb", _) => Outcome::Failed("it could not be loaded".into()),
        ("load-random", "redb", 3) => Outcome::Failed("no memory was left".into()),
        ("put", "control", _) => Outcome::Measured(figures(workload, contender, 7e6)),
        _ => Outcome::Measured(figures(workload, contender, rate)),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "made-up figures"
)]
fn figures(workload: &str, contender: &str, rate: f64) -> Figures {
    let keeps_files = !["btreemap", "control"].contains(&contender);
    let each = if workload == "load-random" {
        1000.0
    } else {
        1.0
    };
    let ns = 1e9 * each / rate;
    let stored = match workload {
        "get-uniform" | "get-missing" | "reopen" => 0,
        _ => 1_160_000,
    };
    let moved = if workload == "get-missing" {
        0
    } else {
        1_160_000
    };
    let counts = [("Syncs", 11), ("BytesWritten", 1_180_027)];
    let counts = counts.map(|(name, count)| (name.to_string(), count));
    Figures {
        entries: 10_000,
        calls: 10_000 / each as u64,
        entries_per_second: rate,
        latency: Latency {
            p50_ns: (ns * 0.9) as u64,
            p90_ns: (ns * 1.3) as u64,
            p99_ns: (ns * 2.9) as u64,
            p999_ns: (ns * 21.0) as u64,
            max_ns: (ns * 300.0) as u64,
        },
        moved_bytes: moved,
        stored_bytes: stored,
        cost: Cost {
            cpu: Duration::from_nanos((10_000.0 * 1.1e9 / rate) as u64),
            written_bytes: if keeps_files { stored * 3 / 2 } else { 0 },
            memory_peak_bytes: Some(6 << 20),
        },
        directory_bytes: keeps_files.then_some(1_232_896),
        counts: match contender {
            "lsm" | "memory" => counts.into(),
            _ => BTreeMap::new(),
        },
    }
}

fn device(sequential_write_per_second: f64) -> Device {
    Device {
        sequential_write_per_second,
        sequential_write_range: Some([250e6, 1200e6]),
        sync_ns: 105_240,
        copy_per_second: 7e9,
        clock_ns: 16.7,
    }
}

fn contenders() -> Vec<About> {
    let about =
        |name: &str, role, version: &str, settings: &str, commit: &str, classes: &[_]| About {
            name: name.into(),
            role,
            sentence: format!("The made-up {name}."),
            version: version.into(),
            settings: settings.into(),
            durable_commit: commit.into(),
            classes: classes.to_vec(),
        };
    let nothing = "none: it keeps nothing";
    let (kill, power) = (Class::Kill, Class::Power);
    vec![
        about(
            "lsm",
            Role::Reference,
            "0.1.0",
            "none",
            "its write, then its sync",
            &[kill, power],
        ),
        about(
            "memory",
            Role::Reference,
            "0.1.0",
            "none",
            "its write, then its sync",
            &[Class::Nothing],
        ),
        about(
            "redb",
            Role::Peer,
            "2.4.0",
            "cache 256 MiB",
            "a commit with two syncs",
            &[power],
        ),
        about(
            "rocksdb",
            Role::Peer,
            "9.7.3",
            "block cache 256 MiB | WAL",
            "fdatasync of its log",
            &[kill, power],
        ),
        about(
            "btreemap",
            Role::Peer,
            "std",
            "none",
            nothing,
            &[Class::InMemory],
        ),
        about(
            "control",
            Role::Control,
            "0.1.0",
            "none",
            nothing,
            &[Class::InMemory],
        ),
    ]
}

fn claims() -> Vec<Claim> {
    let claim = |contender: &str, class, proof| Claim {
        contender: contender.into(),
        class,
        proof,
    };
    let holds = |how: &str| Proof::Holds(how.into());
    let cut = "the power was cut right after each of 267 answers: all is there";
    let killed = "its process was killed right after 1000 answers: all is there";
    let untried = "the power of a real device cannot be cut here";
    vec![
        claim("lsm", Class::Kill, holds(killed)),
        claim("lsm", Class::Power, holds(cut)),
        claim(
            "memory",
            Class::Nothing,
            holds("its process was killed right after its sync: all is there"),
        ),
        claim("memory", Class::Power, holds(cut)),
        claim("redb", Class::Power, Proof::Untried(untried.into())),
        claim(
            "rocksdb",
            Class::Kill,
            Proof::Broken(
                "7 of 1000 answered writes were gone after its process was killed".into(),
            ),
        ),
        claim("rocksdb", Class::Power, Proof::Untried(untried.into())),
        claim(
            "btreemap",
            Class::InMemory,
            holds("it was used, and left no file"),
        ),
        claim(
            "control",
            Class::InMemory,
            holds("it was used, and left no file"),
        ),
    ]
}
