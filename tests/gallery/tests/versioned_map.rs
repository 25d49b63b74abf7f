//! The versioned map keeps every clause, at the levels that are its own.

use conformance::{Level, Subject};
use gallery::versioned_map;

fn versioned_map() -> Subject {
    versioned_map::subject()
}

#[test]
fn it_keeps_level_core() {
    versioned_map().check(Level::Core);
}

#[test]
fn it_keeps_level_concurrent() {
    versioned_map().check(Level::Concurrent);
}

#[test]
fn it_keeps_level_reopen() {
    versioned_map().check(Level::Reopen);
}

#[test]
fn it_keeps_level_snapshot() {
    versioned_map().check(Level::Snapshot);
}
