//! One sync for all who wait for one.

use std::cell::{Cell, RefCell};
use std::sync::mpsc::{Sender, channel};

use engine::Error;
use engine::sync::guide::{self, Step};

use crate::syncing::Syncing;

const FULL: fn() -> Error = || Error::NoSpace {
    file: "pages".to_owned(),
};

thread_local! {
    static ASLEEP: RefCell<Option<Sender<()>>> = const { RefCell::new(None) };
}

/// Tells when this thread goes to sleep, and when it has ended.
fn tell_when_asleep(asleep: Sender<()>) {
    ASLEEP.set(Some(asleep));
    guide::set(Some(|step| {
        if let Step::Sleeps(_) = step {
            ASLEEP.with_borrow_mut(|asleep| asleep.take().map(|asleep| asleep.send(())));
        }
    }));
}

#[test]
fn who_waits_for_what_is_durable_is_done() {
    let syncing = Syncing::from(7);
    let asked = Cell::new(0);
    let wait_for = |commit, reached| {
        syncing.wait_for(commit, || {
            asked.set(asked.get() + 1);
            Ok(reached)
        })
    };
    wait_for(7, 7).unwrap();
    assert_eq!(asked.get(), 0, "it was durable from the start");
    wait_for(8, 10).unwrap();
    wait_for(9, 9).unwrap();
    wait_for(10, 10).unwrap();
    assert_eq!(asked.get(), 1, "the first came as far as that");
    wait_for(11, 11).unwrap();
    assert_eq!(asked.get(), 2);
}

#[test]
fn who_asks_for_what_is_durable_waits_for_no_sync_that_is_under_way() {
    let syncing = Syncing::from(7);
    guide::set(Some(|step| {
        assert!(!matches!(step, Step::Sleeps(_)), "it waits");
    }));
    let served = syncing.wait_for(8, || {
        syncing.wait_for(7, || Err(FULL()))?;
        Ok(8)
    });
    guide::set(None);
    assert_eq!(served, Ok(()));
}

#[test]
fn who_waits_while_another_syncs_is_served_by_that_if_it_comes_far_enough() {
    for (commit, syncs_itself) in [(8, false), (9, true)] {
        let syncing = Syncing::from(7);
        let (asleep, is_asleep) = channel();
        let synced = std::thread::scope(|scope| {
            let mut other = None;
            let syncing = &syncing;
            let first = syncing.wait_for(8, || {
                other = Some(scope.spawn(move || {
                    tell_when_asleep(asleep);
                    let mut synced = false;
                    let result = syncing.wait_for(commit, || {
                        synced = true;
                        Ok(commit)
                    });
                    result.map(|()| synced)
                }));
                is_asleep.recv().expect("the other one sleeps");
                Ok(8)
            });
            first.unwrap();
            other.unwrap().join().unwrap()
        });
        assert_eq!(synced, Ok(syncs_itself), "waiting for {commit}");
    }
}

#[test]
fn where_a_sync_fails_whoever_waits_tries_for_itself() {
    let syncing = Syncing::from(7);
    let (asleep, is_asleep) = channel();
    std::thread::scope(|scope| {
        let mut other = None;
        let syncing = &syncing;
        let failed = syncing.wait_for(8, || {
            other = Some(scope.spawn(move || {
                tell_when_asleep(asleep);
                syncing.wait_for(8, || Ok(8))
            }));
            is_asleep.recv().expect("the other one sleeps");
            Err(FULL())
        });
        assert_eq!(failed, Err(FULL()));
        assert_eq!(other.unwrap().join().unwrap(), Ok(()));
    });
    assert_eq!(syncing.wait_for(8, || Err(FULL())), Ok(()));
}
