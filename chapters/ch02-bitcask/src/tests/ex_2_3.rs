use std::collections::BTreeSet;

use conformance::Budget;
use proptest::prelude::*;

use crate::keydir::{KeyHash, Keydir};
use crate::place::Place;
use crate::tests::TWINS;

fn hash(short: u32) -> KeyHash {
    KeyHash { shard: 0, short }
}

fn at(offset: u32) -> Place {
    Place { file: 1, offset }
}

/// The offsets of the places under a hash, in their order.
fn places(keydir: &Keydir, short: u32) -> Vec<u32> {
    let places = keydir.places(hash(short));
    let mut places: Vec<u32> = places.map(|place| place.offset).collect();
    places.sort_unstable();
    places
}

fn keydir(slots: &[(u32, u32)]) -> Keydir {
    let mut keydir = Keydir::with_capacity(slots.len());
    for &(short, offset) in slots {
        keydir.insert(hash(short), at(offset));
    }
    keydir
}

#[test]
fn ex_2_3_a_key_that_was_inserted_has_its_place() {
    let keydir = keydir(&[(10, 100), (20, 200)]);
    assert_eq!(places(&keydir, 10), [100], "hash 10 is at 100, 20 at 200");
    assert_eq!(places(&keydir, 20), [200], "hash 10 is at 100, 20 at 200");
    assert_eq!(places(&keydir, 30), [0; 0], "nothing has this hash");
    assert_eq!(keydir.len(), 2);
    assert!(!keydir.is_empty());
}

#[test]
fn ex_2_3_two_keys_of_one_hash_have_a_place_each() {
    let [one, other] = TWINS.map(KeyHash::of);
    assert_eq!(one, other, "the hash is another than it was: search again");
    let keydir = keydir(&[(one.short, 100), (other.short, 200), (7, 300)]);
    assert_eq!(places(&keydir, one.short), [100, 200], "one of them each");
    assert_eq!(keydir.len(), 3);
}

#[test]
fn ex_2_3_hashes_that_agree_in_part_are_not_one() {
    // A table compares seven bits of each hash, and begins to look where some
    // of the low ones say: these agree in all of them.
    let alike = |number: u32| 0xaa00_0055 + (number << 12);
    let slots: Vec<(u32, u32)> = (0..100).map(|number| (alike(number), number)).collect();
    let keydir = keydir(&slots);
    for (short, offset) in slots {
        assert_eq!(places(&keydir, short), [offset], "of {short:#010x}");
    }
}

#[test]
fn ex_2_3_a_place_is_replaced_by_another() {
    let mut keydir = keydir(&[(10, 100), (10, 101), (20, 200)]);
    let replaced = keydir.replace(hash(10), at(101), at(500));
    assert_eq!(
        (replaced, places(&keydir, 10)),
        (true, vec![100, 500]),
        "hash 10 was at 100 and at 101, and 101 was replaced by 500"
    );
    assert_eq!(places(&keydir, 20), [200]);
    assert_eq!(keydir.len(), 3);
}

#[test]
fn ex_2_3_a_place_that_is_not_there_is_not_replaced() {
    // Whoever copied a record finds out like this that its key has another.
    let mut keydir = keydir(&[(10, 100)]);
    assert!(!keydir.replace(hash(10), at(101), at(500)), "another place");
    let elsewhere = Place {
        file: 2,
        offset: 100,
    };
    assert!(
        !keydir.replace(hash(10), elsewhere, at(500)),
        "another file"
    );
    assert_eq!(places(&keydir, 10), [100], "nothing has changed");
    assert_eq!(keydir.len(), 1);
}

#[test]
fn ex_2_3_one_of_two_places_is_removed() {
    let mut keydir = keydir(&[(10, 100), (10, 101), (20, 200)]);
    let removed = keydir.remove(hash(10), at(100));
    assert_eq!(
        (removed, places(&keydir, 10)),
        (true, vec![101]),
        "hash 10 was at 100 and at 101, and 100 was removed"
    );
    let removed = keydir.remove(hash(10), at(100));
    assert_eq!(
        (removed, places(&keydir, 10)),
        (false, vec![101]),
        "hash 10 was at 101 alone, and 100 was to be removed"
    );
    assert_eq!(keydir.len(), 2);
    assert!(keydir.remove(hash(10), at(101)));
    assert!(keydir.remove(hash(20), at(200)));
    assert!(keydir.is_empty());
}

#[test]
fn ex_2_3_a_keydir_grows_with_its_keys() {
    let mut keydir = Keydir::with_capacity(0);
    let spread = |number: u32| number.wrapping_mul(0x9e37_79b9);
    for number in 0..10_000 {
        keydir.insert(hash(spread(number)), at(number));
    }
    assert_eq!(keydir.len(), 10_000);
    for number in 0..10_000 {
        assert_eq!(places(&keydir, spread(number)), [number]);
    }
}

/// The table finds a slot by its hash: to look at all of them would take until
/// nobody waits any more.
#[test]
fn ex_2_3_among_many_slots_one_is_found_at_once() {
    const SLOTS: u32 = 300_000;
    let spread = |number: u32| number.wrapping_mul(0x9e37_79b9);
    let mut keydir = Keydir::with_capacity(SLOTS as usize);
    for number in 0..SLOTS {
        keydir.insert(hash(spread(number)), at(number));
    }
    for number in 0..SLOTS {
        let under = hash(spread(number));
        assert_eq!(keydir.places(under).count(), 1);
        assert!(keydir.replace(under, at(number), at(SLOTS + number)));
        assert!(keydir.remove(under, at(SLOTS + number)));
    }
    assert!(keydir.is_empty());
}

#[derive(Debug, Clone)]
enum Step {
    Insert(u32, u32),
    Replace(u32, u32, u32),
    Remove(u32, u32),
}

#[test]
fn ex_2_3_whatever_is_done_it_is_a_set_of_places() {
    assert_eq!(places(&keydir(&[(1, 2)]), 1), [2]);
    // No two keys are at one place: that would be one record of both.
    let of = |short: u32, place: u32| 100 * short + place;
    let small = || 0_u32..12;
    let step = prop_oneof![
        (small(), small()).prop_map(move |(short, place)| Step::Insert(short, of(short, place))),
        (small(), small(), small()).prop_map(move |(short, old, new)| Step::Replace(
            short,
            of(short, old),
            of(short, new)
        )),
        (small(), small()).prop_map(move |(short, place)| Step::Remove(short, of(short, place))),
    ];
    let steps = prop::collection::vec(step, 0..100);
    let runner = &mut Budget::QUICK.runner("ex_2_3 a set of places");
    let run = runner.run(&steps, |steps| {
        let (mut keydir, mut model) = (Keydir::with_capacity(0), BTreeSet::new());
        for step in steps {
            match step {
                Step::Insert(short, place) => {
                    if model.insert((short, place)) {
                        keydir.insert(hash(short), at(place));
                    }
                }
                Step::Replace(short, old, new) => {
                    if model.contains(&(short, new)) {
                        continue;
                    }
                    let was_there = model.remove(&(short, old));
                    if was_there {
                        model.insert((short, new));
                    }
                    let replaced = keydir.replace(hash(short), at(old), at(new));
                    prop_assert_eq!(replaced, was_there);
                }
                Step::Remove(short, place) => {
                    let was_there = model.remove(&(short, place));
                    prop_assert_eq!(keydir.remove(hash(short), at(place)), was_there);
                }
            }
        }
        prop_assert_eq!(keydir.len(), model.len());
        for short in 0..12 {
            let of = model.range((short, 0)..(short + 1, 0));
            let expected: Vec<u32> = of.map(|(_, place)| *place).collect();
            prop_assert_eq!(places(&keydir, short), expected);
        }
        Ok(())
    });
    run.unwrap();
}
