use proptest::prelude::*;

use super::blocks::{block, entries, some_entries, walked};
use super::hex::same_bytes;
use crate::block::BlockBuilder;

#[test]
fn ex_3_4_the_bytes_of_a_block() {
    let bytes = block(&entries("apple=red apricot- banana="));
    same_bytes(
        &bytes,
        &[
            ("72 65 64", "value of the first key"),
            ("00", "shared bytes of the first key"),
            ("05", "its suffix_len"),
            ("04", "its value_len"),
            ("61 70 70 6c 65", "whole key"),
            ("02", "shared bytes of the second key"),
            ("05", "its suffix_len"),
            ("00", "value_len of a tombstone"),
            ("72 69 63 6f 74", "suffix"),
            ("00", "shared bytes of the third key"),
            ("06", "its suffix_len"),
            ("01", "value_len of an empty value"),
            ("62 61 6e 61 6e 61", "whole key"),
            ("03 00 00 00", "where the first entry begins"),
            ("00 00 00 00", "where the first value begins"),
            ("01 00 00 00", "groups"),
        ],
    );
}

#[test]
fn ex_3_4_every_sixteenth_key_stands_whole_and_begins_a_group() {
    let names: Vec<String> = (10..43).map(|n| format!("k{n}=v")).collect();
    let bytes = block(&entries(&names.join(" ")));
    // 33 values; in each group a key of 6 bytes, and 4 bytes for a digit that
    // is new, 5 for two.
    same_bytes(
        &bytes[bytes.len() - 34..],
        &[
            ("00 03 02 6b 34 32", "last key, whole"),
            ("21 00 00 00", "where the first entry begins"),
            ("00 00 00 00", "where the first value begins"),
            ("64 00 00 00", "where the 17th entry begins"),
            ("10 00 00 00", "where the 17th value begins"),
            ("a8 00 00 00", "where the 33rd entry begins"),
            ("20 00 00 00", "where the 33rd value begins"),
            ("03 00 00 00", "groups"),
        ],
    );
}

#[test]
fn ex_3_4_a_key_shares_as_much_as_it_can() {
    let long = "x".repeat(300);
    let bytes = block(&entries(&format!("{long}a- {long}b-")));
    // Two varints of two bytes: 300 and 1.
    let tail = &bytes[bytes.len() - 12 - 5..][..5];
    same_bytes(
        tail,
        &[
            ("ac 02", "shared"),
            ("01", "suffix_len"),
            ("00", "value_len"),
            ("62", "suffix"),
        ],
    );
}

#[test]
fn ex_3_4_in_the_long_run_a_builder_allocates_nothing() {
    let keys: Vec<String> = (1000..1200).map(|n| format!("key{n}")).collect();
    let mut builder = BlockBuilder::new();
    let mut build = || {
        for key in &keys {
            builder.add(key.as_bytes(), Some(b"value"));
        }
        builder.finish();
        builder.clear();
    };
    build();
    let used = allocation_counter::measure(build);
    assert_eq!(used.count_total, 0);
}

#[test]
fn ex_3_4_a_builder_begins_again_in_the_same_memory() {
    let mut builder = BlockBuilder::new();
    builder.add(b"aaaa", Some(b"1"));
    builder.finish();
    builder.clear();
    assert!(builder.is_empty());
    assert_eq!(builder.last_key(), b"aaaa");
    builder.add(b"aaab", Some(b"2"));
    let bytes = builder.finish();
    assert_eq!(walked(bytes), [(b"aaab".to_vec(), Some(b"2".to_vec()))]);
}

proptest! {
    #[test]
    fn ex_3_4_groups_tell_of_every_entry_in_order(entries in some_entries()) {
        let bytes = block(&entries);
        let expected: Vec<_> = entries.into_iter().collect();
        prop_assert_eq!(walked(&bytes), expected);
    }
}
