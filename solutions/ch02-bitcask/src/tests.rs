//! The whole engine against the suite.

use std::sync::Arc;

use conformance::{Level, Powers, Subject, subject};
use engine::Durability;
use engine::disk::Disk;

use crate::{Bitcask, Options};

/// Files so short that scripts fill many of them.
fn small(durability: Durability) -> Options {
    Options {
        durability,
        file_bytes_max: 2 << 10,
        garbage_percent: 30,
        ..Options::default()
    }
}

fn suite() -> Subject {
    subject!(
        "Bitcask",
        |disk: Arc<dyn Disk>, durability| Bitcask::open(disk, small(durability)),
        |bitcask| Powers {
            maintenance: Some(bitcask),
            ..Powers::default()
        }
    )
}

#[test]
fn core() {
    suite().check(Level::Core);
}

#[test]
fn concurrent() {
    suite().check(Level::Concurrent);
}

#[test]
fn reopen() {
    suite().check(Level::Reopen);
}

#[test]
fn crash() {
    suite().check(Level::Crash);
}

#[test]
fn faults() {
    suite().check(Level::Faults);
}
