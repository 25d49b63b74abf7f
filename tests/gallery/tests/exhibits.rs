//! Each exhibit is wrong, in its own way and in no other that is plain to see.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, HashMap};

use conformance::level::Check;
use conformance::place::Place;
use conformance::suite::{Rejection, judge};
use conformance::{Budget, Clause, Level};
use engine::{Durability, KeyRange, Order, StorageEngine};
use gallery::rooms::{commits, flushing, merging, moments, schedules, threads};
use gallery::{Exhibit, all, proof, table, verdicts};

/// What a storage engine's tests usually are: a few dozen calls with text for
/// keys, compared with what a person expects.
fn naive_test(exhibit: &Exhibit) {
    for durability in [Durability::Buffered, Durability::Os, Durability::Always] {
        let place = Place::simulated();
        let open = || exhibit.open(place.disk(), durability).unwrap();

        let engine = open();
        engine.put(b"apple", b"red").unwrap();
        engine.put(b"banana", b"yellow").unwrap();
        engine.put(b"cherry", b"dark red").unwrap();
        engine.put(b"apple", b"green").unwrap();
        engine.delete(b"banana").unwrap();
        engine
            .write(&[
                engine::Write::put("date", "brown"),
                engine::Write::delete("cherry"),
                engine::Write::put("elderberry", "black"),
            ])
            .unwrap();
        assert_eq!(engine.get(b"apple").unwrap(), Some(b"green".to_vec()));
        assert_eq!(engine.get(b"banana").unwrap(), None);
        assert_eq!(engine.get(b"fig").unwrap(), None);

        let keys = |range, order| -> Vec<_> {
            let entries = engine.entries(range, order).unwrap();
            entries
                .map(|entry| String::from_utf8(entry.unwrap().0).unwrap())
                .collect()
        };
        let all = ["apple", "date", "elderberry"];
        assert_eq!(keys(KeyRange::all(), Order::Ascending), all);
        let descending = keys(KeyRange::all(), Order::Descending);
        assert!(descending.iter().rev().eq(all.iter()));
        let some = KeyRange::half_open("b", "elderberry");
        assert_eq!(keys(some, Order::Ascending), ["date"]);
        let mut cursor = engine.scan_prefix(b"da", Order::Ascending).unwrap();
        assert_eq!(cursor.entry(), Some((&b"date"[..], &b"brown"[..])));
        cursor.advance().unwrap();
        assert_eq!(cursor.entry(), None);
        drop(cursor);

        engine.sync().unwrap();
        engine.close().unwrap();
        let engine = open();
        assert_eq!(engine.get(b"apple").unwrap(), Some(b"green".to_vec()));
        engine.put(b"fig", b"violet").unwrap();
        engine.sync().unwrap();
        engine.close().unwrap();
        assert_eq!(open().get(b"fig").unwrap(), Some(b"violet".to_vec()));
    }
}

#[test]
fn every_wrong_engine_passes_the_usual_tests() {
    for exhibit in all() {
        println!("{}", exhibit.name);
        naive_test(&exhibit);
    }
}

/// The point of the gallery, and of the suite.
#[test]
fn every_wrong_engine_is_rejected_by_its_clause_and_by_a_script_of_its_own() {
    let mut complaints = Vec::new();
    let mut proofs = HashMap::new();
    let verdicts = verdicts(&Budget::QUICK);
    let table = table(&verdicts);
    for (exhibit, verdict) in verdicts {
        let name = exhibit.name;
        let Err(rejection) = verdict else {
            complaints.push(format!("{name}: not rejected"));
            continue;
        };
        let Rejection { check, failure } = &rejection;
        if failure.clause != exhibit.clause {
            complaints.push(format!(
                "{name}: rejected by {}, not by {}: {check}: {failure:#?}",
                failure.clause, exhibit.clause
            ));
        }
        if exhibit.level == Level::Concurrent && failure.beside.is_none() {
            continue; // Threads that were not steered repeat nothing.
        }
        let proof = (exhibit.level, proof(exhibit.level, &rejection));
        if let Some(other) = proofs.insert(proof.clone(), name) {
            complaints.push(format!("{name} and {other} share {proof:?}"));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));

    // Looked at here, since to play them all once more takes a minute.
    let page = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../book/src/ch00-engine/the-suite.md"
    );
    assert!(
        std::fs::read_to_string(page).unwrap().contains(&table),
        "{page} shows another table: put there what `cargo run -p gallery` prints"
    );
}

/// The engines that get an append wrong that fails.
#[test]
fn a_partial_append_that_is_not_taken_back_is_found() {
    let wrong = ["not-taken-back", "taken-back-in-cache", "taking-back-fails"];
    let exhibits = all();
    for name in wrong {
        let exhibit = exhibits.iter().find(|exhibit| exhibit.name == name);
        let subject = exhibit.expect("the gallery has it").subject();
        let rejection = judge(&subject, Level::Faults, &Budget::QUICK, |_| true).unwrap_err();
        assert_eq!(rejection.failure.clause, Clause::WholeOrNothing, "{name}");
    }
}

/// A race that was found with one seed by luck is not found with three.
#[test]
fn every_race_is_found_by_steering_threads_whatever_the_seed() {
    let steered = |check: &Check| check.name.contains("every_schedule");
    let beside_steps = merging::EXHIBITS.iter().chain(flushing::EXHIBITS);
    let races = beside_steps.filter(|exhibit| exhibit.level == Level::Concurrent);
    let of_moments = ["published-by-change", "pinned-late", "registered-late"];
    let moments = moments::EXHIBITS.iter().chain(commits::EXHIBITS);
    let moments = moments.filter(|exhibit| of_moments.contains(&exhibit.name));
    let rooms = [threads::EXHIBITS, schedules::EXHIBITS].concat();
    for exhibit in races.chain(moments).copied().chain(rooms) {
        for seed in [1, 2, 3] {
            let budget = Budget {
                seed,
                ..Budget::QUICK
            };
            let verdict = judge(&exhibit.subject(), exhibit.level, &budget, steered);
            let rejection = verdict.expect_err(exhibit.name);
            assert_eq!(rejection.failure.clause, exhibit.clause, "{}", exhibit.name);
        }
    }
}

#[test]
fn every_clause_and_level_has_two_wrong_engines() {
    let exhibits = all();
    assert!(exhibits.len() >= 100, "{} exhibits", exhibits.len());
    let mut names = BTreeMap::new();
    let mut clauses = HashMap::new();
    let mut levels = HashMap::new();
    for exhibit in exhibits {
        *names.entry(exhibit.name).or_insert(0) += 1;
        *clauses.entry(exhibit.clause).or_insert(0) += 1;
        *levels.entry(exhibit.level).or_insert(0) += 1;
    }
    assert!(names.values().all(|&count| count == 1), "{names:?}");
    for clause in Clause::ALL {
        assert!(clauses.get(&clause).is_some_and(|&n| n >= 2), "{clause}");
    }
    let written = Level::ALL.into_iter().filter(|l| !l.checks().is_empty());
    for level in written {
        assert!(levels.get(&level).is_some_and(|&n| n >= 2), "{level}");
    }
}
