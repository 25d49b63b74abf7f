use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::block::{Block, BlockBuilder, GROUP_ENTRIES, Group, KEY_BYTES_MAX, Last, common_prefix};
use crate::tests::hex::same_bytes;

type Entries = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// The block that holds these entries.
fn block(entries: &Entries) -> Vec<u8> {
    let mut builder = BlockBuilder::new();
    for (key, value) in entries {
        builder.add(key, value.as_deref());
    }
    let len = builder.len();
    let bytes = builder.finish().to_vec();
    assert_eq!(bytes.len(), len, "the length was foretold");
    bytes
}

/// `apple=red plum-`: a key with a value, and a tombstone.
fn entries(text: &str) -> Entries {
    let entry = |word: &str| match word.split_once('=') {
        Some((key, value)) => (key.into(), Some(value.into())),
        None => (word.trim_end_matches('-').into(), None),
    };
    text.split_whitespace().map(entry).collect()
}

/// All entries that the groups of a block tell of.
fn walked(bytes: &[u8]) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
    let block = Block::new(bytes).unwrap();
    let mut walked = Vec::new();
    let mut group = Group::default();
    for number in 0..block.groups() {
        block.read_group(number, &mut group).unwrap();
        for entry in 0..group.len() {
            let value = group.value(entry).map(|value| bytes[value].to_vec());
            walked.push((group.key(entry).to_vec(), value));
        }
    }
    walked
}

/// Keys that often begin alike, the empty one among them.
fn key() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![Just(0), Just(b'a'), Just(b'b'), Just(255)];
    prop::collection::vec(byte, 0..7)
}

fn some_entries() -> impl Strategy<Value = Entries> {
    let value = prop::option::of(prop::collection::vec(any::<u8>(), 0..200));
    prop::collection::btree_map(key(), value, 0..80)
}

#[test]
fn the_bytes_of_a_block() {
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
fn every_sixteenth_key_stands_whole_and_begins_a_group() {
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
fn a_block_without_entries_holds_no_key() {
    let bytes = block(&Entries::new());
    let block = Block::new(&bytes).unwrap();
    assert_eq!((block.groups(), bytes.len()), (0, 4));
    assert_eq!(block.get(b""), Ok(None));
    assert_eq!(block.group_of(b"a"), Ok(None));
}

#[test]
fn an_empty_key_and_an_empty_value_are_as_good_as_others() {
    let bytes = block(&[(vec![], Some(vec![]))].into());
    let block = Block::new(&bytes).unwrap();
    assert_eq!(block.get(b""), Ok(Some(Some(&b""[..]))));
    assert_eq!(block.get(b"\0"), Ok(None));
}

#[test]
fn a_builder_begins_again_in_the_same_memory() {
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

#[test]
fn a_search_reads_of_the_other_groups_their_first_keys_alone() {
    let names: Vec<String> = (10..90).map(|n| format!("key{n}=value")).collect();
    let all = entries(&names.join(" "));
    let sound = block(&all);
    let groups = sound.len() - 4 - 8 * 5;
    let start = |group: usize| {
        let at = groups + 8 * group;
        let start = u32::from_le_bytes(sound[at..at + 4].try_into().unwrap());
        if group == 5 { groups } else { start as usize }
    };
    for (place, (key, value)) in all.iter().enumerate() {
        let mut bytes = sound.clone();
        for group in (0..5).filter(|group| *group != place / GROUP_ENTRIES) {
            // What follows the first entry, which takes 8 bytes.
            bytes[start(group) + 8..start(group + 1)].fill(0xff);
        }
        let block = Block::new(&bytes).unwrap();
        assert_eq!(block.get(key), Ok(Some(value.as_deref())), "{place}");
    }
}

#[test]
fn lengths_that_lie_are_refused_and_nothing_is_allocated_for_them() {
    let huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
    let group_and_groups = [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0];
    for lie in 0..3 {
        let mut bytes = Vec::new();
        for number in 0..3 {
            bytes.extend_from_slice(if number == lie { &huge } else { &[0] });
        }
        bytes.extend_from_slice(&group_and_groups);
        let mut group = Group::default();
        let used = allocation_counter::measure(|| {
            let block = Block::new(&bytes).unwrap();
            assert!(block.read_group(0, &mut group).is_err(), "{lie}");
            assert!(block.nth(0).is_err() || lie == 0, "{lie}");
            assert!(block.get(b"").is_err(), "{lie}");
        });
        assert_eq!(used.bytes_total, 0, "{lie}");
    }
}

#[test]
fn keys_that_grow_without_end_are_refused() {
    // Each key has all of the one before, and a thousand bytes more.
    let mut bytes = vec![0, 0xe8, 0x07, 1];
    bytes.extend([b'x'; 1000]);
    for number in 1..70_u64 {
        crate::varint::append(&mut bytes, number * 1000);
        bytes.extend([0xe8, 0x07, 1]);
        bytes.extend([b'x'; 1000]);
    }
    bytes.extend([0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
    let used = allocation_counter::measure(|| {
        let block = Block::new(&bytes).unwrap();
        assert!(block.read_group(0, &mut Group::default()).is_err());
    });
    let group_bytes = GROUP_ENTRIES * KEY_BYTES_MAX;
    assert!(used.bytes_max < 2 * group_bytes as u64, "{used:?}");
}

#[test]
fn the_common_prefix_ends_where_keys_differ_or_end() {
    for (one, other, expected) in [
        ("", "", 0),
        ("", "a", 0),
        ("a", "b", 0),
        ("abc", "abc", 3),
        ("abc", "abcd", 3),
        ("abcdefgh1", "abcdefgh2", 8),
        ("abcdefghijklmnopq", "abcdefghijklmnopQ", 16),
    ] {
        let (one, other) = (one.as_bytes(), other.as_bytes());
        assert_eq!(common_prefix(one, other), expected);
        assert_eq!(common_prefix(other, one), expected);
    }
}

proptest! {
    #[test]
    fn a_search_finds_what_was_added_and_nothing_else(
        entries in some_entries(),
        others in prop::collection::vec(key(), 0..20),
    ) {
        let bytes = block(&entries);
        let block = Block::new(&bytes).unwrap();
        for key in entries.keys().chain(&others) {
            let expected = entries.get(key).map(|value| value.as_deref());
            prop_assert_eq!(block.get(key), Ok(expected), "{:?}", key);
        }
    }

    #[test]
    fn the_last_entry_at_most_a_key_is_found_by_key_and_by_number(
        entries in some_entries(),
        key in key(),
    ) {
        let bytes = block(&entries);
        let block = Block::new(&bytes).unwrap();
        let expected = entries.range(..=key.clone()).next_back().map(|(last, value)| Last {
            number: entries.range(..last.clone()).count(),
            is_equal: *last == key,
            value: value.as_deref(),
        });
        prop_assert_eq!(block.last_at_most(&key), Ok(expected));
        if let Some(last) = expected {
            prop_assert_eq!(block.nth(last.number), Ok(last.value));
        }
        prop_assert!(block.nth(entries.len()).is_err());
    }

    #[test]
    fn groups_tell_of_every_entry_in_order(entries in some_entries()) {
        let bytes = block(&entries);
        let expected: Vec<_> = entries.into_iter().collect();
        prop_assert_eq!(walked(&bytes), expected);
    }

    #[test]
    fn the_group_of_a_key_is_the_last_that_does_not_begin_behind_it(
        entries in some_entries(),
        key in key(),
    ) {
        let bytes = block(&entries);
        let block = Block::new(&bytes).unwrap();
        let before = entries.keys().step_by(GROUP_ENTRIES).filter(|first| **first <= key).count();
        prop_assert_eq!(block.group_of(&key), Ok(before.checked_sub(1)));
    }

    #[test]
    fn bytes_of_any_kind_are_read_without_a_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..80),
        groups in 0..12_u8,
        key in key(),
    ) {
        let mut bytes = bytes;
        bytes.extend([groups, 0, 0, 0]);
        read_all(&bytes, &key);
    }

    #[test]
    fn a_damaged_block_is_read_without_a_panic(
        entries in some_entries(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        key in key(),
    ) {
        let mut bytes = block(&entries);
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        read_all(&bytes, &key);
    }
}

/// Reads everything that there is to be read. Any answer is right.
fn read_all(bytes: &[u8], key: &[u8]) {
    let Ok(block) = Block::new(bytes) else {
        return;
    };
    let _ = block.get(key);
    let mut group = Group::default();
    for number in 0..block.groups() + 1 {
        let _ = block.nth(number);
        let _ = block.nth(number * GROUP_ENTRIES);
        if block.read_group(number, &mut group).is_ok() {
            for entry in 0..group.len() {
                let _ = group.value(entry).map(|value| &bytes[value]);
                assert!(group.key(entry).len() <= KEY_BYTES_MAX);
            }
        }
    }
}
