//! What may be found, place by place, and who is accused of what.

use engine::Durability;

use super::expect::{End, Expected, State};
use super::problem::Problem;
use super::*;
use crate::model::{Batch, Change};
use crate::script::Script;
use crate::sim::Fault;
use crate::snapshot_engine::{Mistake, subject};

fn state(entries: &[(&str, &str)]) -> Arc<State> {
    let owned = |(key, value): &(&str, &str)| (Vec::from(*key), Vec::from(*value));
    Arc::new(State::new(entries.iter().map(owned).collect()))
}

fn put(entries: &[(&str, &str)]) -> Batch {
    let change = |(key, value): &(&str, &str)| Change {
        key: Vec::from(*key),
        value: Some(Vec::from(*value)),
    };
    Batch(entries.iter().map(change).collect())
}

fn delete(key: &str) -> Batch {
    Batch(vec![Change {
        key: Vec::from(key),
        value: None,
    }])
}

/// An engine that was opened when the disk had taken in 3 changes, and showed
/// nothing.
fn opened() -> Expected {
    let mut expected = Expected::new(state(&[]));
    expected.opened(3, 0, state(&[]));
    expected
}

/// The keys of the states that `end` may leave at `at`, each state once.
fn left(expected: &Expected, at: usize, end: End) -> Vec<String> {
    let mark = expected.at(at);
    let keys = |state: &Arc<State>| {
        let keys = state.contents.keys();
        keys.map(|key| String::from_utf8_lossy(key)).collect()
    };
    let mut states: Vec<String> = expected.left(&mark, end).iter().map(keys).collect();
    states.dedup();
    states
}

#[test]
fn a_write_may_be_left_from_its_beginning_and_must_be_once_it_is_synced() {
    let mut expected = opened();
    expected.writing(4, 1, &put(&[("a", "1")]));
    expected.written(5, 1, Durability::Buffered);
    expected.writing(5, 2, &put(&[("b", "2")]));
    expected.written(6, 2, Durability::Buffered);
    expected.synced(8, 3);
    for (at, states) in [
        (0, vec![""]),
        (3, vec![""]),
        (4, vec!["", "a"]),
        (5, vec!["", "a", "ab"]),
        (7, vec!["", "a", "ab"]),
        (8, vec!["ab"]),
        (99, vec!["ab"]),
    ] {
        assert_eq!(left(&expected, at, End::PowerCut), states, "{at}");
        assert_eq!(left(&expected, at, End::Death), states, "{at}");
    }
    assert_eq!(expected.at(6).begun, 2);
}

#[test]
fn a_stronger_durability_leaves_more_when_a_write_returns() {
    for (durability, after_death, after_cut) in [
        (Durability::Buffered, vec!["", "a"], vec!["", "a"]),
        (Durability::Os, vec!["a"], vec!["", "a"]),
        (Durability::Always, vec!["a"], vec!["a"]),
    ] {
        let mut expected = opened();
        expected.writing(3, 1, &put(&[("a", "1")]));
        assert_eq!(left(&expected, 4, End::Death), ["", "a"]);
        expected.written(5, 1, durability);
        assert_eq!(left(&expected, 5, End::Death), after_death);
        assert_eq!(left(&expected, 5, End::PowerCut), after_cut);
        // The device could not hold what the system did.
        expected.device_failed(6, 2);
        assert_eq!(left(&expected, 6, End::Death), after_cut);
    }
}

#[test]
fn a_failed_write_may_be_left_until_it_returns_and_not_thereafter() {
    let mut expected = opened();
    expected.writing(3, 1, &put(&[("a", "1")]));
    expected.written(4, 1, Durability::Buffered);
    expected.writing(4, 2, &put(&[("b", "2")]));
    expected.failed(6, 2);
    expected.writing(6, 3, &put(&[("c", "3")]));
    expected.written(7, 3, Durability::Buffered);
    assert_eq!(left(&expected, 5, End::PowerCut), ["", "a", "ab"]);
    assert_eq!(left(&expected, 6, End::PowerCut), ["", "a", "ac"]);
    let visible: Vec<_> = expected
        .visible()
        .map(|state| state.contents.len())
        .collect();
    assert_eq!(visible, [2]);
    expected.synced(8, 4);
    assert_eq!(left(&expected, 8, End::Death), ["ac"]);
    let refused = |entries| expected.refused.contains(&state(entries).fingerprint);
    assert!(refused(&[("a", "1"), ("b", "2")]));
    assert!(refused(&[("a", "1"), ("b", "2"), ("c", "3")]));
    assert!(!refused(&[("a", "1"), ("c", "3")]));
}

#[test]
fn a_poisoned_write_may_be_left_or_not_whatever_becomes_of_others() {
    let mut expected = opened();
    expected.writing(3, 1, &put(&[("a", "1")]));
    expected.unknown(4, 1);
    expected.writing(4, 2, &put(&[("b", "2")]));
    expected.unknown(5, 2);
    assert_eq!(left(&expected, 5, End::PowerCut), ["", "a", "b", "ab"]);
    assert_eq!(expected.visible().count(), 4);
}

#[test]
fn what_an_opening_shows_is_all_that_may_be_left_then() {
    let mut expected = opened();
    expected.writing(3, 1, &put(&[("a", "1")]));
    expected.written(4, 1, Durability::Buffered);
    expected.opened(7, 2, state(&[]));
    assert_eq!(left(&expected, 6, End::PowerCut), ["", "a"]);
    assert_eq!(left(&expected, 7, End::PowerCut), [""]);
    let resumed = expected.resumed(&expected.at(5));
    assert_eq!(left(&resumed, 0, End::PowerCut), ["", "a"]);
}

#[test]
fn damage_may_cost_what_came_behind_the_last_proof_of_a_sync() {
    let proven = |expected: &Expected, entries| -> Vec<usize> {
        let states = expected.proven(state(entries).fingerprint);
        states.iter().map(|state| state.contents.len()).collect()
    };
    let mut expected = opened();
    expected.writing(3, 1, &put(&[("a", "1")]));
    expected.written(4, 1, Durability::Buffered);
    expected.synced(5, 2);
    assert_eq!(proven(&expected, &[("a", "1")]), [0, 1]);
    expected.writing(5, 3, &put(&[("b", "2")]));
    expected.written(6, 3, Durability::Buffered);
    expected.synced(7, 4);
    assert_eq!(proven(&expected, &[("a", "1"), ("b", "2")]), [1, 2]);
    // A write that changes nothing need not have left anything.
    expected.writing(7, 5, &put(&[]));
    expected.written(8, 5, Durability::Always);
    assert_eq!(proven(&expected, &[("a", "1"), ("b", "2")]), [1, 2]);
    // Nor need those that lead back to what was there; where they left
    // something, damage may cost the last of them.
    expected.writing(9, 6, &put(&[("c", "3")]));
    expected.written(10, 6, Durability::Buffered);
    assert_eq!(proven(&expected, &[("a", "1"), ("b", "2")]), [1, 2]);
    expected.writing(11, 7, &delete("c"));
    expected.written(12, 7, Durability::Buffered);
    assert_eq!(
        proven(&expected, &[("a", "1"), ("b", "2")]),
        [1, 2, 2, 3, 2]
    );
}

/// The clause that is broken where `found` is found at the end of `expected`.
fn accused(expected: &Expected, found: &[(&str, &str)]) -> (usize, String) {
    let mark = expected.now();
    let found = state(found).entries();
    let problem = Problem::wrong_state(expected, &mark, End::PowerCut, &found, "Cut");
    (problem.clause.number(), problem.what)
}

#[test]
fn the_clause_follows_from_what_is_found() {
    let mut expected = opened();
    expected.writing(3, 1, &put(&[("a", "1")]));
    expected.written(4, 1, Durability::Buffered);
    let shown = "Cut, and what an opening had shown is gone.";
    expected.opened(4, 1, state(&[("a", "1")]));
    assert_eq!(accused(&expected, &[]), (6, shown.into()));
    expected.synced(5, 2);
    assert_eq!(
        accused(&expected, &[]),
        (5, "Cut, and what had been synced is gone.".into())
    );
    assert_eq!(
        accused(&expected, &[("a", "7")]),
        (7, "Cut, and it shows what nobody wrote.".into())
    );
    expected.writing(5, 3, &put(&[("b", "2"), ("c", "3")]));
    expected.written(6, 3, Durability::Buffered);
    assert_eq!(
        accused(&expected, &[("a", "1"), ("c", "3")]),
        (2, "Cut, and it shows a part of a batch.".into())
    );
    expected.writing(6, 4, &put(&[("d", "4")]));
    expected.written(7, 4, Durability::Buffered);
    assert_eq!(
        accused(&expected, &[("a", "1"), ("d", "4")]),
        (
            5,
            "Cut, and what it shows is no prefix of the writes.".into()
        )
    );
    expected.writing(7, 5, &put(&[("e", "5")]));
    expected.failed(8, 5);
    assert_eq!(
        accused(
            &expected,
            &[("a", "1"), ("b", "2"), ("c", "3"), ("d", "4"), ("e", "5")]
        ),
        (2, "Cut, and it shows a write that had failed.".into())
    );
    expected.sync_failed = true;
    assert_eq!(accused(&expected, &[]).0, 6);
}

/// Plays a script on the right engine.
fn played(script: &str) -> (Result<(), Problem>, usize) {
    let subject = subject(Mistake::None);
    let mut trial = Trial::new(&subject, Durability::Buffered);
    let result = trial.run(End::PowerCut, &Script::of(script).ops);
    (result, trial.begun)
}

#[test]
fn every_operation_can_be_part_of_a_trial() {
    let (result, begun) = played(
        "put a 1; write [put b 2, delete a]; delete b; fill 3; get a; scan ..; scan_prefix a; \
         entries ..; cursor ..; next; seek a; sync; step; reopen; drop; kill; fault none",
    );
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(begun, 17);
}

#[test]
fn faults_at_the_beginning_meet_the_opening_and_a_second_one_succeeds() {
    for at in 0..8 {
        let (result, _) = played(&format!("fault eio {at}..; put a 1; sync"));
        assert!(result.is_ok(), "{at}: {result:?}");
    }
}

#[test]
fn a_trial_knows_where_the_first_operation_failed() {
    let subject = subject(Mistake::None);
    let mut trial = Trial::new(&subject, Durability::Buffered);
    let ops = [
        Op::Put(b"a"[..].into(), b"1"[..].into()),
        Op::Fault(Fault::Room(0)),
        Op::Sync,
    ];
    assert!(trial.run(End::PowerCut, &ops).is_ok());
    // Locked, listed, created, written, synced, renamed, names synced.
    assert_eq!(trial.first_failed, Some(5));
}
