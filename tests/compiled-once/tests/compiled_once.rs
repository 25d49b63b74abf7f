//! Whoever tests a chapter finds compiled what `cargo run` has compiled.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// What is tested or run by itself.
const BY_ITSELF: [&str; 12] = [
    "engine",
    "memory",
    "bitcask",
    "lsm",
    "btree",
    "memory-solution",
    "bitcask-solution",
    "lsm-solution",
    "btree-solution",
    "gallery",
    "explore",
    "registry",
];

/// A crate and its version, with the features that it is compiled with: several
/// times, if macros or build scripts use it with others.
type Features = BTreeMap<String, BTreeSet<String>>;

/// Of each crate that cargo would compile here to test `selected`, the features.
fn features(selected: &[&str]) -> Features {
    let tree = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["tree", "--manifest-path", "../../Cargo.toml"])
        .args(["--prefix", "none", "--format", "{p}|{f}|"])
        .args(selected)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&tree.stderr);
    assert!(tree.status.success(), "{said}");
    let mut features = Features::new();
    for line in String::from_utf8(tree.stdout).unwrap().lines() {
        // Between the crates stand headings.
        let Some((package, with)) = line.split_once('|') else {
            continue;
        };
        // A crate that was shown before has a mark at its end.
        let with = with.trim_end_matches("| (*)").trim_end_matches('|');
        let variants = features.entry(package.to_owned()).or_default();
        variants.insert(with.to_owned());
    }
    features
}

#[test]
fn what_a_chapter_stands_on_has_the_features_that_it_has_in_the_whole_workspace() {
    let whole = features(&[]);
    for package in BY_ITSELF {
        for (name, variants) in features(&["--package", package]) {
            // A chapter that the reader writes is none of the workspace's default.
            let Some(compiled) = whole.get(&name) else {
                continue;
            };
            assert!(
                variants.is_subset(compiled),
                "`{name}` is compiled once more to test `{package}`: with {variants:?}, and else \
                 with {compiled:?}. Ask for the same in the manifest of `compiled-once`"
            );
        }
    }
}
