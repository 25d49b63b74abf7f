use proptest::prelude::*;

use super::hex::same_bytes;
use crate::bloom::{Filter, FilterBuilder, PROBES_MAX};

fn filter(bits_per_key: u32, keys: impl IntoIterator<Item: AsRef<[u8]>>) -> Vec<u8> {
    let mut builder = FilterBuilder::new();
    for key in keys {
        builder.add(key.as_ref());
    }
    builder.finish(bits_per_key)
}

#[test]
fn ex_3_6_the_bytes_of_a_filter() {
    same_bytes(
        &filter(
            10,
            [
                "apple", "banana", "cherry", "damson", "elder", "fig", "grape",
            ],
        ),
        &[("7f d2 0b 38 29 1e f9 8d 48", "bits"), ("07", "probes")],
    );
}

#[test]
fn ex_3_6_a_filter_of_no_keys_denies_every_key() {
    let bytes = filter(10, [""; 0]);
    let filter = Filter::new(&bytes).unwrap();
    for key in ["", "a", "apple"] {
        assert!(!filter.may_contain(key.as_bytes()), "{key}");
    }
}

#[test]
fn ex_3_6_a_filter_has_whole_bytes_and_eight_of_them_at_least() {
    for (keys, bits_per_key, bytes) in [
        (0, 10, 8),
        (1, 10, 8),
        (6, 10, 8),
        (7, 10, 9),
        (8, 10, 10),
        (9, 10, 12),
        (16, 8, 16),
    ] {
        let keys = (0..keys).map(u32::to_le_bytes);
        // One more is for the probes.
        assert_eq!(filter(bits_per_key, keys).len(), bytes + 1);
    }
}

#[test]
fn ex_3_6_without_bits_there_is_no_filter() {
    assert_eq!(filter(0, ["apple"]), []);
}

#[test]
fn ex_3_6_the_number_of_probes_is_the_best_for_the_bits() {
    for (bits_per_key, best) in [(1, 1), (2, 1), (3, 2), (10, 7), (16, 11), (1000, 30)] {
        let bytes = filter(bits_per_key, ["apple"]);
        assert_eq!(bytes.last(), Some(&best), "{bits_per_key} bits a key");
    }
}

#[test]
fn ex_3_6_false_positives_are_as_rare_as_the_formula_says() {
    let keys = 20_000_u32;
    for (bits_per_key, probes) in [(2, 1), (5, 3), (10, 7), (15, 10)] {
        let bytes = filter(bits_per_key, (0..keys).map(u32::to_le_bytes));
        let filter = Filter::new(&bytes).unwrap();
        let asked = 400_000_u32;
        let positives = (keys..keys + asked)
            .filter(|key| filter.may_contain(&key.to_le_bytes()))
            .count();
        let set = 1.0 - (-f64::from(probes) / f64::from(bits_per_key)).exp();
        let expected = set.powi(probes) * f64::from(asked);
        let ratio = positives as f64 / expected;
        assert!((0.85..1.15).contains(&ratio), "{bits_per_key}: {ratio}");
    }
}

proptest! {
    #[test]
    fn ex_3_6_a_key_that_was_added_is_never_denied(
        keys in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..300),
        bits_per_key in 1..50_u32,
    ) {
        let bytes = filter(bits_per_key, &keys);
        let filter = Filter::new(&bytes).unwrap();
        for key in &keys {
            prop_assert!(filter.may_contain(key));
        }
    }

    #[test]
    fn ex_3_6_bytes_of_any_kind_are_a_filter_or_none(
        bytes in prop::collection::vec(any::<u8>(), 0..20),
        key in any::<[u8; 4]>(),
    ) {
        match Filter::new(&bytes) {
            Ok(filter) => {
                let _ = filter.may_contain(&key);
            }
            Err(_what) => {
                let probes = bytes.last().copied().unwrap_or(0);
                prop_assert!(!(1..=PROBES_MAX).contains(&probes) || bytes.len() < 2);
            }
        }
    }
}
