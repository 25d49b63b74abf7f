//! Pages that are not what the tree wrote: every call answers, none panics, and
//! none is busy for ever.

use engine::page::{PageId, STORE_BYTES};
use engine::{Error, KeyRange, Order, Result, Write};
use proptest::prelude::*;

use crate::tests::pages::{FLAVOURS, Flavour, TestPages};
use crate::tests::trees::{Both, Change, PAGE_BYTES, get, key, value_len};
use crate::BTree;

/// How many entries a scan may yield before it counts as one without end: more
/// than there ever are.
const ENTRIES_MAX: usize = 10_000;

/// What happens to a page behind the store's back.
#[derive(Debug, Clone)]
enum Damage {
    /// A bit of a byte is another one.
    Flip { at: usize, bit: u8 },
    /// Two bytes are other ones.
    Number { at: usize, number: u16 },
    /// All bytes from some place on are others.
    Noise { from: usize, bytes: Vec<u8> },
    /// The page is a copy of another one of the tree's.
    Copy { of: usize },
    /// The eight bytes at some place lead to another page of the tree's.
    Link { at: usize, to: usize },
}

fn damage() -> impl Strategy<Value = (usize, Damage)> {
    let at = || STORE_BYTES..PAGE_BYTES;
    let noise = prop::collection::vec(any::<u8>(), PAGE_BYTES);
    let damage = prop_oneof![
        4 => (at(), 0..8_u8).prop_map(|(at, bit)| Damage::Flip { at, bit }),
        4 => (STORE_BYTES..60, 0..300_u16).prop_map(|(at, number)| Damage::Number { at, number }),
        1 => (at(), noise).prop_map(|(from, bytes)| Damage::Noise { from, bytes }),
        2 => any::<usize>().prop_map(|of| Damage::Copy { of }),
        4 => (at(), any::<usize>()).prop_map(|(at, to)| Damage::Link { at, to }),
    ];
    (any::<usize>(), damage)
}

fn inflict(pages: &TestPages, victim: usize, damage: &Damage) {
    let numbers: Vec<PageId> = pages.numbers().into_iter().collect();
    let nth = |nth: usize| numbers[nth % numbers.len()];
    let copy = match damage {
        Damage::Copy { of } => pages.page(nth(*of)),
        _ => Vec::new(),
    };
    pages.damage(nth(victim), |bytes| match damage {
        Damage::Flip { at, bit } => bytes[*at] ^= 1 << bit,
        Damage::Number { at, number } => bytes[*at..][..2].copy_from_slice(&number.to_le_bytes()),
        Damage::Noise { from, bytes: noise } => bytes[*from..].copy_from_slice(&noise[*from..]),
        Damage::Copy { .. } => bytes[STORE_BYTES..].copy_from_slice(&copy[STORE_BYTES..]),
        Damage::Link { at, to } => {
            let link = nth(*to).0.to_le_bytes();
            let at = (*at).min(PAGE_BYTES - link.len());
            bytes[at..][..link.len()].copy_from_slice(&link);
        }
    });
}

/// Panics where an answer is neither a success nor damage that was found.
fn answered<T>(answer: Result<T>) -> Option<T> {
    match answer {
        Ok(answer) => Some(answer),
        Err(Error::Corrupt { .. }) => None,
        Err(error) => panic!("{error}"),
    }
}

/// Calls everything that can be called.
fn call_everything(tree: &BTree<TestPages>, keys: &[&String]) {
    answered(tree.check());
    for key in keys {
        answered(get(tree, key.as_bytes()));
    }
    for order in [Order::Ascending, Order::Descending] {
        scan(tree, KeyRange::all(), order);
        for key in keys {
            scan(tree, KeyRange::starting_at(key), order);
            scan(tree, KeyRange::half_open("", key), order);
        }
    }
    for (number, key) in keys.iter().enumerate() {
        let value = vec![b'x'; [3, 40, 300][number % 3]];
        answered(tree.write(&[Write::put(key, &value)]));
        answered(tree.write(&[Write::delete(key)]));
        answered(tree.write(&[Write::put(key, &value[..number % 3])]));
    }
    for key in keys {
        answered(tree.write(&[Write::delete(key)]));
    }
    scan(tree, KeyRange::all(), Order::Ascending);
}

fn scan(tree: &BTree<TestPages>, range: KeyRange<'_>, order: Order) {
    let Some(mut cursor) = answered(tree.scan(range, order)) else {
        return;
    };
    let mut entries = 0;
    while cursor.entry().is_some() && answered(cursor.advance()).is_some() {
        entries += 1;
        assert!(entries < ENTRIES_MAX, "a scan without end");
    }
    if let Err(error) = cursor.advance() {
        assert_eq!(cursor.seek(b""), Err(error), "an error is sticky");
        assert!(cursor.entry().is_none());
    }
}

fn loaded(flavour: Flavour, puts: &[Change]) -> BTree<TestPages> {
    let mut both = Both::new(flavour, PAGE_BYTES);
    both.write(puts);
    both.tree
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 4 } else { 1000 }))]

    #[test]
    fn ex_4_12_whatever_pages_hold_every_call_answers(
        puts in prop::collection::btree_map(key(), value_len(), 1..100),
        damages in prop::collection::vec(damage(), 1..4),
    ) {
        let keys: Vec<&String> = puts.keys().collect();
        let puts: Vec<Change> = puts.iter().map(|(key, len)| Change::Put(key.clone(), *len)).collect();
        for flavour in FLAVOURS {
            let tree = loaded(flavour, &puts);
            for (victim, damage) in &damages {
                inflict(tree.pages(), *victim, damage);
            }
            call_everything(&tree, &keys);
        }
    }
}
