//! The suite, tried on an engine that keeps the contract and on the same
//! engine with one mistake.

mod concurrent;
mod core;
mod costs;
#[cfg(unix)]
mod messages;
mod reopen;
mod scripts;
mod small;
mod snapshot;

use std::time::Duration;

use conformance::suite::{Rejection, judge};
use conformance::{Budget, Level, Subject};
use small::{Mistake, Small};

/// The small engine with one mistake.
fn small(mistake: Mistake) -> Subject {
    let subject =
        conformance::subject!("Small", move |_, _| Ok(Small::new(mistake)), Small::powers);
    match mistake {
        Mistake::WriterWaits => subject.with_patience(Duration::from_millis(500)),
        Mistake::OwnLock => subject.with_patience(Duration::from_secs(2)),
        _ => subject,
    }
}

/// What `level` says of an engine that it has to reject.
fn rejection(level: Level, mistake: Mistake) -> Rejection {
    let judged = judge(&small(mistake), level, &Budget::QUICK, |_| true);
    judged.expect_err(&format!("level {level} lets {mistake:?} pass"))
}
