use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use engine::sync::guide::{self, Step};

use crate::syncing::Syncing;

thread_local! {
    /// Where this thread tells what it does first.
    static TELLS: RefCell<Option<Sender<&'static str>>> = const { RefCell::new(None) };
}

/// Tells what this thread does, if it has told nothing yet.
fn tell(what: &'static str) {
    if let Some(tells) = TELLS.take() {
        tells.send(what).unwrap();
    }
}

fn on_step(step: Step) {
    if let Step::Sleeps(_) = step {
        tell("waits");
    }
}

/// Does `work`, and has this thread tell whether it waits.
fn watched(tells: Sender<&'static str>, work: impl FnOnce()) {
    TELLS.set(Some(tells));
    guide::set(Some(on_step));
    work();
    guide::set(None);
    tell("is done");
}

#[test]
fn who_comes_while_another_syncs_waits_and_the_next_sync_serves_them_all() {
    let (syncing, syncs) = (Syncing::default(), AtomicU32::new(0));
    let (tells, told) = channel();
    let mut first = Vec::new();
    thread::scope(|scope| {
        let sync = || {
            for end in [200, 300, 400] {
                let (syncing, syncs, tells) = (&syncing, &syncs, tells.clone());
                scope.spawn(move || {
                    let sync = || {
                        tell("syncs");
                        syncs.fetch_add(1, Ordering::Relaxed);
                        // All of them have written.
                        Ok((1, 400))
                    };
                    watched(tells, || syncing.wait_for((1, end), sync).unwrap());
                });
            }
            first.extend(told.iter().take(3));
            Ok((1, 100))
        };
        syncing.wait_for((1, 100), sync).unwrap();
    });
    assert_eq!(first, ["waits"; 3], "two syncs at a time");
    assert_eq!(syncs.into_inner(), 1, "one sync serves all three");
}

#[test]
fn what_is_durable_waits_for_nobody() {
    let syncing = Syncing::default();
    syncing.wait_for((1, 100), || Ok((1, 100))).unwrap();
    let (tells, told) = channel();
    let mut first = None;
    thread::scope(|scope| {
        let sync = || {
            let syncing = &syncing;
            scope.spawn(move || {
                let asked = || panic!("it was durable before");
                watched(tells, || syncing.wait_for((1, 100), asked).unwrap());
            });
            first = told.recv().ok();
            Ok((1, 200))
        };
        syncing.wait_for((1, 200), sync).unwrap();
    });
    assert_eq!(first, Some("is done"));
}
