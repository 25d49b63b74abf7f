use std::cell::RefCell;
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

/// Does `work` in a thread that tells when it waits.
fn watched(tells: &Sender<&'static str>, work: impl FnOnce()) {
    TELLS.set(Some(tells.clone()));
    guide::set(Some(on_step));
    work();
    guide::set(None);
}

#[test]
fn who_comes_while_another_syncs_waits_and_the_next_sync_serves_them_all() {
    let syncing = Syncing::default();
    let (tells, told) = channel();
    let (mut first, mut synced) = (Vec::new(), 0);
    thread::scope(|scope| {
        let sync = || {
            for end in [200, 300, 400] {
                let (syncing, tells) = (&syncing, tells.clone());
                scope.spawn(move || {
                    let sync = || {
                        tell("syncs");
                        tells.send("has synced").unwrap();
                        // All of them have written.
                        Ok((1, 400))
                    };
                    watched(&tells, || syncing.wait_for((1, end), sync).unwrap());
                });
            }
            first.extend(told.iter().take(3));
            Ok((1, 100))
        };
        syncing.wait_for((1, 100), sync).unwrap();
    });
    drop(tells);
    synced += told.iter().filter(|what| *what == "has synced").count();
    assert_eq!(first, ["waits"; 3], "two syncs at a time");
    assert_eq!(synced, 1, "one sync serves all three");
}

#[test]
fn what_is_durable_waits_for_nobody() {
    let syncing = Syncing::default();
    syncing.wait_for((1, 100), || Ok((1, 100))).unwrap();
    let (tells, told) = channel();
    let mut first = None;
    thread::scope(|scope| {
        let sync = || {
            let (syncing, tells) = (&syncing, tells.clone());
            scope.spawn(move || {
                watched(&tells, || {
                    let asked = || panic!("it was durable before");
                    syncing.wait_for((1, 100), asked).unwrap();
                    tell("is done");
                });
            });
            first = told.recv().ok();
            Ok((1, 200))
        };
        syncing.wait_for((1, 200), sync).unwrap();
    });
    assert_eq!(first, Some("is done"));
}
