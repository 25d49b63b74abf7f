//! The order of a chapter's tests: the one in which they are written.
//!
//! Authors put the test that tells most first. The test harness sorts by name,
//! and what is shown of an exercise that fails is the first test that does.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use crate::files;
use crate::runner::Test;

use super::verdict::short;

/// The tests in the order in which they stand in the sources below `dir`;
/// those that are not found there come last, as they were.
pub(super) fn as_written(mut tests: Vec<Test>, dir: &Path) -> Vec<Test> {
    let mut places = HashMap::new();
    for file in files::below(&dir.join("src")).unwrap_or_default() {
        let text = fs::read_to_string(dir.join("src").join(file)).unwrap_or_default();
        for name in text.lines().filter_map(function) {
            let next = places.len();
            places.entry(name.to_owned()).or_insert(next);
        }
    }
    tests.sort_by_key(|test| places.get(short(&test.name)).copied().unwrap_or(usize::MAX));
    tests
}

/// The name of the function that a line begins, as tests begin.
fn function(line: &str) -> Option<&str> {
    let (name, _) = line.trim_start().strip_prefix("fn ")?.split_once('(')?;
    Some(name)
}
