use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::rc::Rc;

use engine::sync::atomic::{AtomicU64, Ordering};
use proptest::prelude::*;

use super::comparisons;
use super::looking;
use super::panic_of;
use crate::link::Link;
use crate::node::{Node, Place, fill_value, value_words};
use crate::skip_list::{LEVELS, SkipList};

type Model = BTreeMap<(Vec<u8>, Reverse<u64>), Option<Vec<u8>>>;
type Entry = (Vec<u8>, u64, Option<Vec<u8>>);

fn list() -> SkipList {
    SkipList::new(1 << 20)
}

fn key_of(node: Node<'_>) -> Vec<u8> {
    let mut key = b"old".to_vec();
    node.copy_key(&mut key);
    key
}

fn entry(list: &SkipList, node: Node<'_>) -> Entry {
    let mut value = b"old".to_vec();
    let is_put = list.copy_value(node, &mut value);
    (key_of(node), node.seq(), is_put.then_some(value))
}

/// All nodes, in the order of level 0.
fn all(list: &SkipList) -> Vec<Entry> {
    let nodes = std::iter::successors(list.first(), |&node| list.after(node));
    nodes.map(|node| entry(list, node)).collect()
}

fn expected(model: &Model) -> Vec<Entry> {
    let entries = model.iter();
    entries
        .map(|((key, seq), value)| (key.clone(), seq.0, value.clone()))
        .collect()
}

/// A number spelled so that its order is that of numbers, with keys of every
/// length around a word's.
fn key(number: u64, len: usize) -> Vec<u8> {
    let digits = format!("{number:08}");
    digits.bytes().chain((8..len).map(|_| b'x')).collect()
}

/// Numbers in an order that looks like none.
fn shuffled(count: u64) -> impl Iterator<Item = u64> {
    (0..count).map(move |index| index * 7919 % count)
}

/// Keys that share words, end within one or with one, and hold zeros: all that
/// can go wrong where words are compared.
fn any_key() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![Just(0_u8), Just(1), Just(0x7f), Just(0x80), Just(0xff)];
    prop_oneof![
        prop::collection::vec(Just(0_u8), 0..18),
        prop::collection::vec(byte.clone(), 0..4),
        (0..3_usize, prop::collection::vec(byte, 0..3)).prop_map(|(words, rest)| [
            vec![7; 8 * words],
            rest
        ]
        .concat()),
    ]
}

fn any_value() -> impl Strategy<Value = Option<Vec<u8>>> {
    prop::option::of(prop::collection::vec(any::<u8>(), 0..20))
}

proptest! {
    #[test]
    fn ex_3_1_it_holds_what_a_map_holds_in_the_same_order(
        entries in prop::collection::vec((any_key(), 0..6_u64, any_value()), 0..80),
    ) {
        let (list, mut model) = (list(), Model::new());
        for (key, seq, value) in entries {
            if model.contains_key(&(key.clone(), Reverse(seq))) {
                continue;
            }
            list.insert(&key, seq, value.as_deref());
            model.insert((key, Reverse(seq)), value);
            prop_assert_eq!(all(&list), expected(&model));
        }
    }

    #[test]
    fn ex_3_1_each_place_is_between_what_is_before_it_and_what_is_behind(
        entries in prop::collection::btree_map((any_key(), 0..6_u64), any_value(), 0..60),
        looked_for in prop::collection::vec((any_key(), 0..7_u64), 1..40),
    ) {
        let (list, mut model) = (list(), Model::new());
        for ((key, seq), value) in entries {
            list.insert(&key, seq, value.as_deref());
            model.insert((key, Reverse(seq)), value);
        }
        for (key, seq) in looked_for {
            let at = |seq| (key.clone(), Reverse(seq));
            let places = [
                // The first that lies behind the place.
                (Place::before(&key), at(u64::MAX)),
                (Place::newest(&key, seq), at(seq)),
                (Place::behind(&key), ([&key[..], b"\0"].concat(), Reverse(u64::MAX))),
            ];
            for (place, from) in places {
                let first = model.range(from.clone()..).next();
                let last = model.range(..from).next_back();
                let seen = |found: Option<Node<'_>>| found.map(|node| (key_of(node), Reverse(node.seq())));
                prop_assert_eq!(seen(list.first_behind(&place)), first.map(|(at, _)| at.clone()));
                prop_assert_eq!(seen(list.last_before(&place)), last.map(|(at, _)| at.clone()));
            }
        }
    }
}

proptest! {
    #[test]
    fn ex_3_1_a_link_tells_nothing_but_the_truth(
        mut keys in prop::collection::vec(any_key(), 2..=2),
        wanted in any_key(),
    ) {
        keys.sort();
        let list = list();
        for (key, seq) in keys.iter().zip([9, 8]) {
            list.insert(key, seq, None);
        }
        let (first, second) = (list.first().unwrap(), list.last().unwrap());
        let alike = |a: &[u8], b: &[u8]| a.iter().zip(b).take_while(|(a, b)| a == b).count();
        prop_assert_eq!(first.shared(&wanted), alike(&keys[0], &wanted));
        prop_assert_eq!(first.has_key(&wanted), keys[0] == wanted);
        let link = first.next(0).unwrap();
        prop_assert_eq!(link, Link::new(second, alike(&keys[0], &keys[1])));
        prop_assert_eq!(Link::from_word(link.to_word()), Some(link));
        if wanted >= keys[0] {
            let shared = first.shared(&wanted);
            let told = link.compare(&wanted, shared);
            if told.is_ne() {
                prop_assert_eq!(told, wanted.cmp(&keys[1]));
            }
            if told.is_gt() {
                // So a search need not count again.
                prop_assert_eq!(second.shared(&wanted), shared);
            }
        }
    }
}

#[test]
fn ex_3_1_an_empty_list_has_no_nodes() {
    let list = list();
    assert!(list.first().is_none() && list.last().is_none());
    for place in [
        Place::before(b""),
        Place::newest(b"", 0),
        Place::behind(b"k"),
    ] {
        assert!(list.first_behind(&place).is_none());
        assert!(list.last_before(&place).is_none(), "the head is no node");
    }
    assert_eq!(list.bytes(), 0);
}

#[test]
fn ex_3_1_keys_of_every_length_are_in_order() {
    let list = list();
    let long = usize::from(u16::MAX);
    for len in (0..40).chain([long - 8, long - 1, long]).rev() {
        list.insert(&vec![b'k'; len], 1, Some(&vec![b'v'; len]));
    }
    let found: Vec<usize> = all(&list).iter().map(|(key, _, _)| key.len()).collect();
    let expected: Vec<usize> = (0..40).chain([long - 8, long - 1, long]).collect();
    assert_eq!(found, expected);
    for (key, seq, value) in all(&list) {
        assert_eq!((seq, value), (1, Some(vec![b'v'; key.len()])));
    }
}

#[test]
fn ex_3_1_large_values_stand_beside_small_ones() {
    let list = SkipList::new(64 << 20);
    let large: Vec<u8> = (0..16 << 20)
        .map(|index: u32| (index % 251) as u8)
        .collect();
    list.insert(b"b", 2, Some(&large));
    list.insert(b"a", 1, Some(b"small"));
    list.insert(b"c", 3, Some(&large[..large.len() - 3]));
    let found = all(&list);
    assert_eq!(found[0], (b"a".to_vec(), 1, Some(b"small".to_vec())));
    assert!(
        found[1] == (b"b".to_vec(), 2, Some(large.clone())),
        "16 MiB"
    );
    assert!(found[2].2.as_deref() == Some(&large[..large.len() - 3]));
}

/// The keys of each level, from the lowest up.
fn levels(list: &SkipList) -> Vec<Vec<Vec<u8>>> {
    let head = list.head();
    (0..LEVELS)
        .map(|level| {
            let next = |node: Node<'_>| node.next(level).map(|next| list.node(next.to));
            std::iter::successors(next(head), |&node| next(node))
                .map(key_of)
                .collect()
        })
        .collect()
}

#[test]
fn ex_3_1_each_level_is_sorted_and_part_of_the_one_below() {
    let list = list();
    for number in shuffled(4999) {
        list.insert(&key(number, 16), number + 1, None);
    }
    let levels = levels(&list);
    assert_eq!(levels[0].len(), 4999);
    for pair in levels.windows(2) {
        assert!(pair[1].is_sorted());
        let below = &mut pair[0].iter();
        for key in &pair[1] {
            assert!(below.any(|other| other == key), "it is in the level below");
        }
    }
}

#[test]
fn ex_3_1_whoever_comes_by_between_two_links_finds_all_that_was_there() {
    let list = Rc::new(list());
    let there: Rc<RefCell<Vec<Vec<u8>>>> = Rc::default();
    let looks = Rc::new(RefCell::new(0));
    let look = {
        let (list, there, looks) = (Rc::clone(&list), Rc::clone(&there), Rc::clone(&looks));
        move || {
            *looks.borrow_mut() += 1;
            for key in there.borrow().iter() {
                let found = list.first_behind(&Place::before(key));
                assert_eq!(found.map(key_of).as_ref(), Some(key), "by a search");
            }
            let nodes = std::iter::successors(list.first(), |&node| list.after(node));
            let walked = nodes.filter(|node| there.borrow().contains(&key_of(*node)));
            assert_eq!(walked.count(), there.borrow().len(), "by a walk");
        }
    };
    let count = 60;
    let insert_all = || {
        for number in shuffled(count) {
            list.insert(&key(number, 16), number + 1, None);
            there.borrow_mut().push(key(number, 16));
        }
    };
    looking(look, insert_all);
    assert!(*looks.borrow() >= 2 * count, "two links a node, or more");
}

#[test]
fn ex_3_1_half_of_each_level_is_in_the_next() {
    let list = list();
    for number in 0..40_000 {
        list.insert(&key(number, 8), 1, None);
    }
    let levels = levels(&list);
    for (level, expected) in [(1, 20_000), (2, 10_000), (3, 5000), (6, 625)] {
        let found = levels[level].len();
        assert!(
            (expected * 8 / 10..=expected * 12 / 10).contains(&found),
            "{found} of 40,000 are in level {level}, not about {expected}"
        );
    }
    assert!(levels.iter().filter(|level| !level.is_empty()).count() >= 12);
}

/// Inserts so many numbers. A list that has to be walked from its head would
/// take minutes, so it is looked early whether it costs too much.
#[track_caller]
fn fill(list: &SkipList, mut numbers: impl Iterator<Item = u64>) {
    let mut insert = |count| {
        for number in numbers.by_ref().take(count) {
            list.insert(&key(number, 16), 1, None);
        }
    };
    let compared = comparisons(|| insert(2000));
    let each = compared / 2000;
    assert!(each <= 48, "{each} comparisons for each of 2000 inserts");
    insert(usize::MAX);
}

#[test]
fn ex_3_1_a_lookup_compares_few_nodes() {
    let list = list();
    let count = 50_000;
    fill(&list, shuffled(count));
    let compared = comparisons(|| {
        for number in shuffled(count) {
            let key = key(number, 16);
            let node = list.first_behind(&Place::before(&key)).unwrap();
            assert!(node.has_key(&key));
        }
    });
    let each = compared / count;
    // Sixteen levels: in each one link to follow and one that leads too far,
    // and for a third of them the node itself has to be asked.
    assert!(each <= 48, "{each} comparisons each");
}

#[test]
fn ex_3_1_keys_in_order_need_no_search() {
    let list = list();
    let count = 50_000;
    let compared = comparisons(|| {
        for number in 0..count {
            list.insert(&key(number, 16), 1, None);
        }
    });
    assert!(
        compared <= 2 * count,
        "{compared} comparisons for {count} keys"
    );
}

#[test]
fn ex_3_1_a_sorted_batch_among_others_costs_a_few_steps_a_key() {
    let list = list();
    let count = 50_000;
    fill(&list, shuffled(count).map(|number| 2 * number));
    let compared = comparisons(|| {
        for number in 20_000..21_000 {
            list.insert(&key(2 * number + 1, 16), 2, None);
        }
    });
    // From the top, each would cost more than 40.
    assert!(
        compared <= 16 * 1000,
        "{compared} comparisons for 1000 keys"
    );
}

#[test]
fn ex_3_1_what_is_near_is_found_by_steps_and_what_is_not_by_search() {
    let list = list();
    for number in 0..1000 {
        list.insert(&key(number, 8), 1, None);
    }
    let from = list.first().unwrap();
    for number in [1, 2, 8, 9, 10, 500, 999] {
        let wanted = key(number, 8);
        let near = list.first_behind_near(from, &Place::before(&wanted));
        assert_eq!(near.map(key_of), Some(wanted));
    }
    let none = list.first_behind_near(from, &Place::behind(&key(999, 8)));
    assert!(none.is_none());
    let wanted = key(3, 8);
    let steps = comparisons(|| {
        list.first_behind_near(from, &Place::before(&wanted));
    });
    assert_eq!(steps, 3);
    let wanted = key(900, 8);
    let steps = comparisons(|| {
        list.first_behind_near(from, &Place::before(&wanted));
    });
    assert!(steps < 50, "{steps} comparisons to somewhere far");
}

#[test]
fn ex_3_1_a_node_is_these_words() {
    let list = list();
    list.insert(b"apple pie", 7, Some(b"red and green"));
    list.insert(b"apple pie", 9, None);
    let (tombstone, put) = (list.first().unwrap(), list.last().unwrap());
    let words = |node: Node<'_>, count| -> Vec<String> {
        let words = (0..count).map(|index| node.word(index));
        words.map(|word| format!("{word:016x}")).collect()
    };
    let value = put.value().unwrap().to_word();
    let expected = [
        &format!("{value:08x}00000009"), // the value's address, 9 bytes of key
        "0000000000000007",              // the sequence number
        "6170706c65207069",              // "apple pi", the first byte highest
        "6500000000000000",              // "e"
    ];
    assert_eq!(words(put, 4), expected);
    let expected = [
        "0000000000000009",
        "0000000000000009",
        "6170706c65207069",
        "6500000000000000",
    ];
    assert_eq!(words(tombstone, 4), expected);
    // All nine bytes are shared, and the key ends behind them.
    let link = format!("{:016x}", tombstone.next(0).unwrap().to_word());
    assert_eq!(link, format!("00000009{:08x}", put.address().to_word()));
    // None is shared with the head, and an "a" is behind them: 0x61, and 1.
    let link = format!("{:016x}", list.head().next(0).unwrap().to_word());
    let tombstone = tombstone.address().to_word();
    assert_eq!(link, format!("00620000{tombstone:08x}"));
    assert_eq!(put.next(0), None);
}

#[test]
fn a_value_is_these_words() {
    let words: Vec<_> = (0..4).map(|_| AtomicU64::new(0)).collect();
    fill_value(&words, b"red and green");
    let found: Vec<_> = words
        .iter()
        .map(|word| format!("{:016x}", word.load(Ordering::Relaxed)))
        .collect();
    let expected = [
        "000000000000000d", // 13 bytes
        "20646e6120646572", // "red and ", the first byte lowest
        "0000006e65657267", // "green"
        "0000000000000000",
    ];
    assert_eq!(found, expected);
    assert_eq!(
        [b"" as &[u8], b"8 bytes ", b"9 bytes  "].map(value_words),
        [1, 2, 3]
    );
}

#[test]
fn ex_3_1_its_bytes_are_those_of_its_nodes() {
    let list = list();
    list.insert(b"", 1, None);
    let empty = list.bytes();
    assert!((32..=24 + 8 * LEVELS).contains(&empty), "{empty} bytes");
    list.insert(b"", 2, Some(b""));
    let more = list.bytes() - empty;
    assert!((40..=32 + 8 * LEVELS).contains(&more), "{more} bytes");
    let empty = list.bytes();
    for number in 0..10_000 {
        list.insert(&key(number, 16), 1, Some(&[7; 100]));
    }
    let each = (list.bytes() - empty) / 10_000;
    // Two words and the key's, the value's length and bytes, and two links.
    assert!((158..=162).contains(&each), "{each} bytes each");
}

#[test]
fn ex_3_1_a_lookup_allocates_nothing() {
    let list = list();
    for number in 0..1000 {
        list.insert(&key(number, 20), 1, Some(b"value"));
    }
    let (wanted, mut value) = (key(500, 20), Vec::with_capacity(8));
    let allocated = allocation_counter::measure(|| {
        let node = list.first_behind(&Place::newest(&wanted, 1)).unwrap();
        assert!(node.has_key(&wanted) && list.copy_value(node, &mut value));
    });
    assert_eq!(allocated.count_total, 0);
}

#[test]
fn ex_3_1_a_key_that_is_too_long_and_a_number_that_is_the_heads_are_our_own_bugs() {
    let message = panic_of(|| list().insert(&[0; 65_536], 1, None));
    assert_eq!(message, "a key's length fits");
    let message = panic_of(|| list().insert(b"k", u64::MAX, None));
    assert_eq!(message, "the largest number is the head's");
}
