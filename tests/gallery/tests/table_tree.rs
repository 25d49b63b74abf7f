//! The table tree keeps every clause, at every level.

use conformance::{Level, Subject};
use gallery::table_tree;

fn table_tree() -> Subject {
    table_tree::subject()
}

#[test]
fn it_keeps_level_core() {
    table_tree().check(Level::Core);
}

#[test]
fn it_keeps_level_concurrent() {
    table_tree().check(Level::Concurrent);
}

#[test]
fn it_keeps_level_reopen() {
    table_tree().check(Level::Reopen);
}

#[test]
fn it_keeps_level_crash() {
    table_tree().check(Level::Crash);
}

#[test]
fn it_keeps_level_faults() {
    table_tree().check(Level::Faults);
}

#[test]
fn it_keeps_level_snapshot() {
    table_tree().check(Level::Snapshot);
}
