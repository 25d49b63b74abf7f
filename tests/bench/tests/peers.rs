//! The published stores: whether they do what they are asked. What they claim is
//! tried with everyone's claims.

use std::collections::BTreeMap;

use anyhow::Result;
use bench::class::Class;
use bench::contender::{Contender, Role, contenders, find};
use bench::program::Program;
use bench::proof::cut::survives_traced_cuts;
use bench::report::Proof;
use bench::store::Store;
use engine::Write;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

fn peers() -> Vec<Contender> {
    let all = contenders().into_iter();
    all.filter(|one| one.role == Role::Peer).collect()
}

/// What the trace says of a contender's writes; or, with a sync, of that.
fn traced(contender: &Contender, class: Class, synced: bool) -> Result<Proof> {
    let directory = tempfile::tempdir()?;
    let program = Program::at(env!("CARGO_BIN_EXE_bench"));
    let proof = survives_traced_cuts(contender, class, &program, directory.path(), synced)?;
    println!("{} {class}, synced {synced}: {proof:?}", contender.name);
    Ok(proof)
}

/// What is known not to survive a power loss is found not to: the trace is read
/// for what it says, and not for what is hoped.
#[test]
fn a_trace_shows_what_is_not_synced() {
    let cheat = find("cheat-syncs-later").unwrap();
    let proof = traced(&cheat, Class::Power, false).unwrap();
    assert!(!matches!(proof, Proof::Holds(_)), "{proof:?}");
    let honest = find("honest-log").unwrap();
    let proof = traced(&honest, Class::Power, false).unwrap();
    assert!(!matches!(proof, Proof::Broken(_)), "{proof:?}");
    for (peer, class) in weaker_classes() {
        let proof = traced(&peer, class, false).unwrap();
        assert!(!matches!(proof, Proof::Holds(_)), "{} {class}", peer.name);
    }
}

/// In every class a sync is for a power loss.
#[test]
fn what_a_peer_synced_survives_a_power_loss() {
    for (peer, class) in weaker_classes() {
        let proof = traced(&peer, class, true).unwrap();
        assert!(!matches!(proof, Proof::Broken(_)), "{} {class}", peer.name);
    }
}

fn weaker_classes() -> Vec<(Contender, Class)> {
    let mut weaker = Vec::new();
    for peer in peers().into_iter().filter(Contender::keeps_files) {
        let classes = peer.classes.iter().filter(|class| **class != Class::Power);
        weaker.extend(classes.map(|class| (peer.clone(), *class)));
    }
    weaker
}

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

/// Few keys, so that they are overwritten and deleted; of several lengths.
fn some_key(random: &mut Xoshiro256PlusPlus) -> Vec<u8> {
    let number: u8 = random.random_range(1..=40);
    vec![number; usize::from(1 + number % 5)]
}

fn some_value(random: &mut Xoshiro256PlusPlus) -> Vec<u8> {
    let length = match random.random_range(0..10) {
        0 => 0,
        1 => 10_000,
        _ => 100,
    };
    vec![random.random(); length]
}

/// A batch: often of one change, sometimes of several of one key.
fn write_some(store: &dyn Store, model: &mut Model, random: &mut Xoshiro256PlusPlus) -> Result<()> {
    let length = if random.random_ratio(1, 2) { 1 } else { 8 };
    let draw = |random: &mut Xoshiro256PlusPlus| {
        let value = random.random_ratio(2, 3).then(|| some_value(random));
        (some_key(random), value)
    };
    let changes: Vec<_> = (0..length).map(|_| draw(random)).collect();
    let batch: Vec<Write<'_>> = changes
        .iter()
        .map(|(key, value)| match value {
            Some(value) => Write::put(key, value),
            None => Write::delete(key),
        })
        .collect();
    store.write(&batch)?;
    for (key, value) in changes {
        match value {
            Some(value) => drop(model.insert(key, value)),
            None => drop(model.remove(&key)),
        }
    }
    Ok(())
}

fn check_get(store: &dyn Store, model: &Model, random: &mut Xoshiro256PlusPlus) -> Result<()> {
    let key = some_key(random);
    let mut value = b"what was there before".to_vec();
    let found = store.get(&key, &mut value)?;
    let expected = model.get(&key);
    assert_eq!(found.then_some(&value), expected);
    Ok(())
}

fn check_scan(store: &dyn Store, model: &Model, from: &[u8], entries_max: usize) -> Result<()> {
    let mut found = Vec::new();
    let mut visit = |key: &[u8], value: &[u8]| found.push((key.to_vec(), value.to_vec()));
    store.scan(from, entries_max, &mut visit)?;
    let entries = model.range(from.to_vec()..);
    let expected: Vec<_> = entries
        .take(entries_max)
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    assert_eq!(found, expected);
    Ok(())
}

#[test]
fn a_peer_answers_as_a_map_does() {
    for peer in peers() {
        for class in peer.classes_to_open() {
            println!("{} {class}", peer.name);
            let directory = tempfile::tempdir().unwrap();
            let open = || peer.open_in(directory.path(), class).unwrap();
            let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
            let (mut store, mut model) = (open(), Model::new());
            for _ in 0..600 {
                match random.random_range(0..100) {
                    0..40 => write_some(&*store, &mut model, &mut random).unwrap(),
                    40..80 => check_get(&*store, &model, &mut random).unwrap(),
                    80..97 => {
                        let from = some_key(&mut random);
                        let max = random.random_range(0..10);
                        check_scan(&*store, &model, &from, max).unwrap();
                    }
                    97..99 => store.sync().unwrap(),
                    _ if peer.keeps_files() => {
                        store.close().unwrap();
                        store = open();
                    }
                    _ => {}
                }
            }
            check_scan(&*store, &model, b"", usize::MAX).unwrap();
            store.close().unwrap();
        }
    }
}

/// Two threads change entries of their own and read those of both; a third
/// scans.
#[test]
fn a_peer_serves_several_threads() {
    const ENTRIES: u32 = 200;
    let key = |thread: u32, number: u32| format!("{thread} {number:04}").into_bytes();
    for peer in peers() {
        println!("{}", peer.name);
        let directory = tempfile::tempdir().unwrap();
        let store = peer.open_in(directory.path(), peer.weakest()).unwrap();
        let change = |thread: u32| {
            let mut value = Vec::new();
            for round in [b"first", b"later"] {
                for number in 0..ENTRIES {
                    store
                        .write(&[Write::put(&key(thread, number), round)])
                        .unwrap();
                    assert!(store.get(&key(thread, number), &mut value).unwrap());
                    assert_eq!(value, round);
                    let other = store.get(&key(1 - thread, number), &mut value).unwrap();
                    assert!(!other || value == b"first" || value == b"later");
                }
            }
        };
        let scan = || {
            for _ in 0..50 {
                let mut last = Vec::new();
                let mut visit = |key: &[u8], value: &[u8]| {
                    assert!(last.as_slice() < key && value.len() == 5);
                    last = key.to_vec();
                };
                store.scan(b"", usize::MAX, &mut visit).unwrap();
            }
        };
        std::thread::scope(|scope| {
            scope.spawn(|| change(0));
            scope.spawn(|| change(1));
            scope.spawn(scan);
        });
        let mut entries = 0;
        store
            .scan(b"", usize::MAX, &mut |_, value| {
                assert_eq!(value, b"later");
                entries += 1;
            })
            .unwrap();
        assert_eq!(entries, 2 * ENTRIES);
        store.close().unwrap();
    }
}
