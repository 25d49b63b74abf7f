//! Nothing. What counts is the manifest beside it.
//!
//! Cargo compiles a crate with the features that the selected packages ask of it,
//! taken together. So `cargo run`, which selects the workbook, and `cargo test -p
//! memory`, which selects a chapter, would ask for different features of half a
//! dozen small crates at the bottom, and whatever stands on these (the random
//! scripts, the suite, the engines) would be compiled once for each of the two.
//!
//! Here those crates are asked for the features that any package wants. Packages
//! that stand on this one agree, then, and find compiled what another has used.
//! Which features those are is held by a test, `tests/compiled_once.rs`.
