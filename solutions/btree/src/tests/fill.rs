//! How full pages are.

use engine::Write;
use proptest::prelude::*;

use super::pages::{FLAVOURS, Flavour};
use super::trees::{Both, Change, PAGE_BYTES, tree};

/// How full the leaves are after so many entries of 16 and 100 bytes.
fn fill_after(numbers: impl Iterator<Item = u32>) -> f64 {
    let tree = tree(Flavour::InPlace, 4096);
    let keys: Vec<String> = numbers.map(|number| format!("{number:016}")).collect();
    let value = [b'v'; 100];
    for batch in keys.chunks(1000) {
        let batch: Vec<Write<'_>> = batch.iter().map(|key| Write::put(key, &value)).collect();
        tree.write(&batch).unwrap();
    }
    let checked = tree.check().unwrap();
    assert_eq!(checked.entries, keys.len());
    assert_eq!(checked.pages, tree.pages().numbers());
    checked.fill()
}

/// Numbers in an order without order, each once.
fn shuffled(count: u32) -> impl Iterator<Item = u32> {
    // An odd factor passes through all numbers modulo a power of two.
    assert!(count.is_power_of_two());
    (0..count).map(move |number| number.wrapping_mul(0x9e37_79b1) % count)
}

#[test]
fn a_load_in_the_order_of_the_keys_fills_leaves_to_more_than_nine_tenths() {
    let fill = fill_after(0..20_000);
    assert!(fill > 0.9, "{fill}");
}

#[test]
fn a_load_in_random_order_fills_leaves_to_about_ln_2() {
    // A page that is halved when it is full and then grows is, seen at any
    // moment, ln 2 = 0.693 full.
    let random = (0..20_000_u32).map(|number| {
        let mut hash = number.wrapping_mul(0x85eb_ca6b);
        hash ^= hash >> 13;
        hash = hash.wrapping_mul(0xc2b2_ae35);
        hash ^ hash >> 16
    });
    let fill = fill_after(random);
    assert!((0.66..0.73).contains(&fill), "{fill}");
}

#[test]
fn where_most_entries_are_deleted_most_pages_are_given_back() {
    let mut both = Both::new(Flavour::CopyOnWrite, PAGE_BYTES);
    let key = |number: u32| format!("{number:05}");
    let puts: Vec<Change> = (0..2048).map(|n| Change::Put(key(n), 8)).collect();
    both.write(&puts);
    let before = both.tree.check().unwrap();
    for number in shuffled(2048).filter(|number| number % 32 != 0) {
        both.write(&[Change::Delete(key(number))]);
    }
    both.same();
    let after = both.tree.check().unwrap();
    assert!(after.levels < before.levels);
    assert!(after.leaves * 8 < before.leaves, "{after:?} of {before:?}");
    assert!(after.fill() > 0.25, "{}", after.fill());
}

proptest! {
    #[test]
    fn no_leaf_but_the_last_has_less_than_a_quarter_where_entries_are_small(
        changes in prop::collection::vec(("[ab]{1,8}", prop::bool::weighted(0.6)), 1..300),
    ) {
        for flavour in FLAVOURS {
            let mut both = Both::new(flavour, PAGE_BYTES);
            for (key, puts) in &changes {
                both.write(&[match puts {
                    true => Change::Put(key.clone(), 4),
                    false => Change::Delete(key.clone()),
                }]);
            }
            both.same();
            let checked = both.tree.check().unwrap();
            let quarters = (checked.leaves.saturating_sub(1)) * (PAGE_BYTES - 26) / 4;
            prop_assert!(checked.leaf_bytes >= quarters, "{:?}", checked);
        }
    }
}
