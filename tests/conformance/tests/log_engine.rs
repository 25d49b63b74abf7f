//! The log engine keeps every clause, at every level, on either disk.

use conformance::{Level, Subject, log_engine, subject};

fn log_engine() -> Subject {
    subject!("the log engine", log_engine::open)
}

#[test]
fn it_keeps_level_core() {
    log_engine().check(Level::Core);
}

#[test]
fn it_keeps_level_concurrent() {
    log_engine().check(Level::Concurrent);
}

#[test]
fn it_keeps_level_reopen() {
    log_engine().check(Level::Reopen);
}

#[test]
fn it_keeps_level_crash() {
    log_engine().check(Level::Crash);
}

#[test]
fn it_keeps_level_faults() {
    log_engine().check(Level::Faults);
}

#[test]
fn it_keeps_core_and_reopen_on_a_real_disk() {
    log_engine().on_real_disk().check(Level::Core);
    log_engine().on_real_disk().check(Level::Reopen);
}
