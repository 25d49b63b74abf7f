//! The segmented log keeps every clause, at every level.

use conformance::{Level, Subject};
use gallery::segmented_log;

fn segmented_log() -> Subject {
    segmented_log::subject()
}

#[test]
fn it_keeps_level_core() {
    segmented_log().check(Level::Core);
}

#[test]
fn it_keeps_level_concurrent() {
    segmented_log().check(Level::Concurrent);
}

#[test]
fn it_keeps_level_reopen() {
    segmented_log().check(Level::Reopen);
}

#[test]
fn it_keeps_level_crash() {
    segmented_log().check(Level::Crash);
}

#[test]
fn it_keeps_level_faults() {
    segmented_log().check(Level::Faults);
}
