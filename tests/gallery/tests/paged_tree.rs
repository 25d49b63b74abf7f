//! The paged tree keeps every clause, at every level.

use conformance::{Level, Subject};
use gallery::paged_tree;

fn paged_tree() -> Subject {
    paged_tree::subject()
}

#[test]
fn it_keeps_level_core() {
    paged_tree().check(Level::Core);
}

#[test]
fn it_keeps_level_concurrent() {
    paged_tree().check(Level::Concurrent);
}

#[test]
fn it_keeps_level_reopen() {
    paged_tree().check(Level::Reopen);
}

#[test]
fn it_keeps_level_crash() {
    paged_tree().check(Level::Crash);
}

#[test]
fn it_keeps_level_faults() {
    paged_tree().check(Level::Faults);
}

#[test]
fn it_keeps_level_snapshot() {
    paged_tree().check(Level::Snapshot);
}
