//! The log engine keeps every clause, at every level, on either disk.

use conformance::explore::explore;
use conformance::sim::{Kind, Outcome};
use conformance::{Budget, Level, Subject, subject};
use gallery::log_engine;

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

/// What it passes is worth something: each outcome of each operation was there.
#[test]
fn every_outcome_of_a_cut_is_reached() {
    let exploration = explore(&log_engine(), &Budget::QUICK);
    assert_eq!(exploration.failure, None);
    assert!(exploration.scripts == 150, "{exploration}");
    assert!(exploration.distinct > 1000, "{exploration}");
    let reach = &exploration.reach;
    for outcome in Outcome::ALL {
        let reached = reach.times(Kind::Write, outcome) > 0;
        assert_eq!(reached, outcome != Outcome::Lost, "{outcome:?}\n{reach}");
    }
    for kind in [Kind::Create, Kind::Rename, Kind::Remove] {
        for outcome in [Outcome::Durable, Outcome::Dropped, Outcome::Applied] {
            assert!(
                reach.times(kind, outcome) > 0,
                "{kind:?} {outcome:?}\n{reach}"
            );
        }
    }
}
