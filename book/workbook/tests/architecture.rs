//! The arrows between the crates, and what engines never do.
//!
//! ```text
//! engine ◄── every chapter      a chapter's tests ──► conformance ──► engine
//! bench, explore ──► gallery ──► conformance
//! every chapter ◄── registry ◄── workbook, bench, menu
//! menu ◄── workbook, bench
//! ```
//!
//! The gallery is a crate of its own so that whoever has an engine judged
//! compiles the judge, and none of the engines that the judge is tried on.
//!
//! The registry is a crate of its own so that `cargo run` compiles the engines
//! and none of what the benches measure them with, and so that a feature of it
//! is the only way in which a reader's chapter gets into a program.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Which of our own crates each of them may use, beside its tests. A chapter's
/// derived twin may use what its solution may.
const ARROWS: [(&str, &[&str]); 14] = [
    ("engine", &[]),
    ("compiled-once", &[]),
    ("conformance", &["compiled-once", "engine"]),
    ("memory", &["engine"]),
    ("bitcask", &["engine"]),
    ("lsm", &["engine"]),
    ("btree", &["engine"]),
    (
        "bench",
        &[
            "bitcask",
            "conformance",
            "engine",
            "gallery",
            "lsm",
            "memory",
            "menu",
            "registry",
        ],
    ),
    (
        "explore",
        &[
            "bitcask",
            "btree",
            "conformance",
            "engine",
            "gallery",
            "lsm",
            "memory",
        ],
    ),
    (
        "figures",
        &["bitcask", "btree", "conformance", "engine", "lsm", "memory"],
    ),
    ("gallery", &["conformance", "engine"]),
    ("menu", &["registry"]),
    (
        "registry",
        &[
            "bitcask",
            "btree",
            "compiled-once",
            "engine",
            "lsm",
            "memory",
        ],
    ),
    ("workbook", &["engine", "figures", "menu", "registry"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn the_crates_use_each_other_as_the_plan_says() {
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .unwrap();
    let chapter = |name: &str| name.trim_end_matches("-solution").to_owned();
    let ours: BTreeSet<String> = metadata.packages.iter().map(|p| chapter(&p.name)).collect();
    let chapters: BTreeSet<&str> = metadata
        .packages
        .iter()
        .filter_map(|p| p.name.strip_suffix("-solution"))
        .collect();
    let arrows: BTreeMap<_, _> = ARROWS.into_iter().collect();
    for package in &metadata.packages {
        let name = chapter(&package.name);
        let allowed = arrows.get(name.as_str()).unwrap_or_else(|| {
            panic!("`{name}` is new here: say in ARROWS which of our crates it may use")
        });
        for dependency in &package.dependencies {
            let used = chapter(&dependency.name);
            let in_tests = dependency.kind == DependencyKind::Development;
            let is_for_tests = used == "conformance" || used == "compiled-once";
            if !ours.contains(&used) || (in_tests && is_for_tests) {
                continue;
            }
            let readers = chapters.contains(&dependency.name.as_str());
            assert!(
                !readers || dependency.optional,
                "`{name}` is built with the reader's `{}`, which may not compile: make \
                 it optional",
                dependency.name
            );
            assert!(
                allowed.contains(&used.as_str()),
                "`{name}` uses `{used}`, and the plan has no such arrow"
            );
        }
    }
}

#[test]
fn no_engine_goes_round_the_disk_reads_a_clock_or_starts_a_thread() {
    let forbidden = [
        "std::fs",
        "fs::File",
        "std::thread",
        "thread::spawn",
        "SystemTime",
        "Instant::now",
        "std::sync::Mutex",
        "std::sync::RwLock",
        "rand::",
    ];
    let mut read = 0;
    for solution in std::fs::read_dir(root().join("solutions")).unwrap() {
        for file in sources(&solution.unwrap().path().join("src")) {
            let text = std::fs::read_to_string(&file).unwrap();
            read += 1;
            for word in forbidden {
                assert!(
                    !text.contains(word),
                    "{} says `{word}`: files come from the Disk, time and background \
                     work are handed in, locks come from engine::sync",
                    file.display()
                );
            }
        }
    }
    assert!(read > 0, "there are engines to read");
}

/// The sources below `folder`, without tests.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_test = path.file_stem().is_some_and(|stem| stem == "tests");
        if is_test {
            continue;
        } else if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}
