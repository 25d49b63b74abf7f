use std::collections::BTreeSet;
use std::ops::Bound::{self, Excluded, Included, Unbounded};

use conformance::Budget;
use engine::{KeyRange, Order};
use proptest::prelude::*;

use crate::order::{Keys, Leaf};
use crate::tests::text;

fn leaf(keys: &[&str]) -> Leaf {
    let mut leaf = Leaf::default();
    for (index, key) in keys.iter().enumerate() {
        leaf.insert(index, key.as_bytes());
    }
    leaf
}

fn keys(leaf: &Leaf) -> Vec<String> {
    (0..leaf.len()).map(|index| text(leaf.key(index))).collect()
}

/// Every bound at one of these keys, and none.
fn bounds<'k>(keys: &[&'k str]) -> Vec<Bound<&'k [u8]>> {
    let at = |key: &&'k str| [Included(key.as_bytes()), Excluded(key.as_bytes())];
    keys.iter().flat_map(at).chain([Unbounded]).collect()
}

#[test]
fn ex_2_4_a_key_is_found_or_where_it_would_stand() {
    let leaf = leaf(&["apple", "fig", "kiwi"]);
    for (key, expected) in [
        ("apple", Ok(0)),
        ("fig", Ok(1)),
        ("kiwi", Ok(2)),
        ("", Err(0)),
        ("app", Err(0)),
        ("apples", Err(1)),
        ("grape", Err(2)),
        ("lime", Err(3)),
    ] {
        assert_eq!(leaf.find(key.as_bytes()), expected, "\"{key}\"");
    }
    assert_eq!(Leaf::default().find(b"fig"), Err(0), "in an empty leaf");
}

#[test]
fn ex_2_4_keys_are_bytes_without_a_sign() {
    let mut leaf = Leaf::default();
    for (index, key) in [&b""[..], b"\0", b"\x7f", b"\x80", b"\xff", b"\xff\0"]
        .iter()
        .enumerate()
    {
        assert_eq!(leaf.find(key), Err(index), "{key:?} would be the last");
        leaf.insert(index, key);
        assert_eq!(leaf.find(key), Ok(index), "{key:?} is the last");
    }
}

#[test]
fn ex_2_4_a_key_is_inserted_in_front_of_what_stands_there() {
    let mut leaf = leaf(&["fig"]);
    leaf.insert(0, b"apple");
    leaf.insert(2, b"kiwi");
    leaf.insert(1, b"banana");
    assert_eq!(keys(&leaf), ["apple", "banana", "fig", "kiwi"]);
    leaf.insert(0, b"");
    assert_eq!(keys(&leaf), ["", "apple", "banana", "fig", "kiwi"]);
}

#[test]
fn ex_2_4_a_key_is_taken_out() {
    let mut leaf = leaf(&["", "apple", "fig", "kiwi"]);
    leaf.remove(1);
    assert_eq!(keys(&leaf), ["", "fig", "kiwi"], "one in the middle");
    leaf.remove(0);
    assert_eq!(keys(&leaf), ["fig", "kiwi"], "the first, which is empty");
    leaf.remove(1);
    assert_eq!(keys(&leaf), ["fig"], "the last");
    leaf.remove(0);
    assert_eq!(keys(&leaf), [""; 0]);
    leaf.insert(0, b"melon");
    assert_eq!(keys(&leaf), ["melon"], "it can be filled again");
}

#[test]
fn ex_2_4_of_a_key_that_is_gone_nothing_is_left() {
    let fresh = format!("{:?}", leaf(&["apple", "kiwi"]));
    for gone in 0..3 {
        let mut keys = vec!["apple", "kiwi"];
        keys.insert(gone, ["aaa", "fig", "zzz"][gone]);
        let mut leaf = leaf(&keys);
        leaf.remove(gone);
        assert_eq!(format!("{leaf:?}"), fresh, "{} was removed", keys[gone]);
    }
}

/// To look at all keys would take until nobody waits any more.
#[test]
fn ex_2_4_among_many_keys_one_is_found_at_once() {
    const KEYS: u32 = 300_000;
    let key = |number: u32| format!("{number:06}");
    let mut leaf = Leaf::default();
    for number in 0..KEYS {
        leaf.insert(number as usize, key(number).as_bytes());
    }
    for number in 0..KEYS {
        let (key, index) = (key(number), number as usize);
        assert_eq!(leaf.find(key.as_bytes()), Ok(index), "{key}");
        let at = key.as_bytes();
        let range = KeyRange::new(Excluded(at), Included(at));
        assert_eq!(
            leaf.within(&range),
            index + 1..index + 1,
            "the indices of the keys in {range:?}: none, after that key"
        );
    }
}

#[test]
fn ex_2_4_a_leaf_is_split_anywhere() {
    let all = ["", "apple", "fig", "kiwi"];
    for index in 0..=all.len() {
        let mut front = leaf(&all);
        let mut behind = front.split_off(index);
        assert_eq!(keys(&front), all[..index], "in front of {index}");
        assert_eq!(keys(&behind), all[index..], "after");
        let fresh = format!("{:?}", leaf(&all[..index]));
        assert_eq!(format!("{front:?}"), fresh, "nothing else is left in front");
        front.insert(index, b"z");
        behind.insert(0, b"a");
        assert_eq!(front.key(index), b"z", "both go on taking keys");
        assert_eq!(behind.key(0), b"a");
        assert_eq!(keys(&behind)[1..], all[index..]);
    }
}

#[test]
fn ex_2_4_within_holds_for_every_pair_of_bounds() {
    let all = ["", "b", "d", "f"];
    let leaf = leaf(&all);
    for &start in &bounds(&["", "a", "b", "c", "d", "f", "g"]) {
        for &end in &bounds(&["", "a", "b", "c", "d", "f", "g"]) {
            let range = KeyRange::new(start, end);
            let within = leaf.within(&range);
            let found: Vec<String> = within.map(|index| text(leaf.key(index))).collect();
            let lies_within = |key: &&&str| range.contains(key.as_bytes());
            let expected: Vec<&str> = all.iter().filter(lies_within).copied().collect();
            assert_eq!(found, expected, "the keys of {all:?} in {range:?}");
        }
    }
}

#[test]
fn ex_2_4_whatever_is_done_a_leaf_is_a_sorted_set() {
    assert_eq!(leaf(&["a"]).find(b"a"), Ok(0));
    let key = prop::collection::vec(prop_oneof![Just(0_u8), Just(b'a'), Just(0xff)], 0..4);
    let steps = prop::collection::vec((any::<bool>(), key), 0..60);
    let runner = &mut Budget::QUICK.runner("ex_2_4 a sorted set");
    let run = runner.run(&steps, |steps| {
        let (mut leaf, mut model) = (Leaf::default(), BTreeSet::new());
        for (inserts, key) in steps {
            match (leaf.find(&key), inserts) {
                (Err(index), true) => leaf.insert(index, &key),
                (Ok(index), false) => leaf.remove(index),
                _ => {}
            }
            let _changed = match inserts {
                true => model.insert(key),
                false => model.remove(&key),
            };
            prop_assert!(
                model
                    .iter()
                    .eq((0..leaf.len()).map(|index| leaf.key(index)))
            );
        }
        Ok(())
    });
    run.unwrap();
}

/// The keys in `range`, in `order`.
fn visited(keys: &Keys, range: &KeyRange<'_>, order: Order) -> Vec<String> {
    let mut visited = Vec::new();
    keys.visit(range, order, |key| {
        visited.push(text(key));
        true
    });
    visited
}

#[test]
fn ex_2_4_many_keys_are_many_leaves_in_one_order() {
    let numbered = |number: usize| format!("k{number:04}");
    let expected: Vec<String> = (0..2000).map(numbered).collect();
    let all = |keys: &Keys| visited(keys, &KeyRange::all(), Order::Ascending);
    let (mut upwards, mut downwards, mut mixed) =
        (Keys::default(), Keys::default(), Keys::default());
    for number in 0..2000 {
        upwards.insert(numbered(number).as_bytes());
        downwards.insert(numbered(1999 - number).as_bytes());
        mixed.insert(numbered(number * 7 % 2000).as_bytes());
    }
    let sorted = Keys::from_sorted(expected.iter().map(|key| key.as_bytes()));
    for keys in [upwards, downwards, mixed, sorted] {
        assert!(all(&keys) == expected, "not all keys, or in another order");
        let (first, last) = (numbered(255), numbered(1300));
        for range in [
            KeyRange::half_open(&first, &last),
            KeyRange::new(Excluded(first.as_bytes()), Included(last.as_bytes())),
            KeyRange::half_open(&last, &first),
        ] {
            let lies_within = |key: &&String| range.contains(key.as_bytes());
            let mut expected: Vec<_> = expected.iter().filter(lies_within).cloned().collect();
            let found = visited(&keys, &range, Order::Ascending);
            assert!(found == expected, "the keys in {range:?}");
            expected.reverse();
            let found = visited(&keys, &range, Order::Descending);
            assert!(found == expected, "the keys in {range:?}, downwards");
        }
        let mut keys = keys;
        for number in (0..2000).filter(|number| number % 500 != 0) {
            keys.remove(numbered(number).as_bytes());
        }
        assert_eq!(all(&keys), ["k0000", "k0500", "k1000", "k1500"], "left");
    }
}

/// A queue: keys come at the end and go at the front, for ever.
#[test]
fn ex_2_4_a_leaf_without_keys_is_given_back() {
    let numbered = |number: u32| format!("k{number:04}");
    let mut keys = Keys::default();
    for number in 0..10_000 {
        keys.insert(numbered(number).as_bytes());
        if let Some(gone) = number.checked_sub(300) {
            keys.remove(numbered(gone).as_bytes());
        }
    }
    // The first one is always there; and 300 keys may begin and end in the middle of one.
    assert!(keys.leaves() <= 4, "{} leaves for 300 keys", keys.leaves());
}

#[test]
fn ex_2_4_long_keys_have_a_leaf_each() {
    let long = |letter: &str| letter.repeat(u16::MAX.into());
    let mut keys = Keys::default();
    for key in ["m", "a", "z", "b"].map(long) {
        keys.insert(key.as_bytes());
    }
    keys.insert(b"");
    keys.insert(b"n");
    let firsts = |keys: &Keys| {
        let keys = visited(keys, &KeyRange::all(), Order::Ascending);
        let first = |key: &String| key.chars().next().map_or("-".to_owned(), String::from);
        keys.iter().map(first).collect::<String>()
    };
    assert_eq!(firsts(&keys), "-abmnz");
    keys.remove(long("m").as_bytes());
    keys.remove(b"");
    assert_eq!(firsts(&keys), "abnz");
}

#[test]
fn ex_2_4_a_visit_ends_when_it_is_told_to() {
    let mut keys = Keys::default();
    for number in 0..600 {
        keys.insert(format!("{number:03}").as_bytes());
    }
    for (order, expected) in [
        (Order::Ascending, ["000", "001", "002"]),
        (Order::Descending, ["599", "598", "597"]),
    ] {
        let mut taken = Vec::new();
        keys.visit(&KeyRange::all(), order, |key| {
            taken.push(text(key));
            taken.len() < 3
        });
        assert_eq!(taken, expected, "{order:?}");
    }
}
