use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::block::{Block, BlockBuilder, GROUP_ENTRIES, Group, KEY_BYTES_MAX, common_prefix};

pub(super) type Entries = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// The block that holds these entries.
pub(super) fn block(entries: &Entries) -> Vec<u8> {
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
pub(super) fn entries(text: &str) -> Entries {
    let entry = |word: &str| match word.split_once('=') {
        Some((key, value)) => (key.into(), Some(value.into())),
        None => (word.trim_end_matches('-').into(), None),
    };
    text.split_whitespace().map(entry).collect()
}

/// All entries that the groups of a block tell of.
pub(super) fn walked(bytes: &[u8]) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
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
pub(super) fn key() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![Just(0), Just(b'a'), Just(b'b'), Just(255)];
    prop::collection::vec(byte, 0..7)
}

pub(super) fn some_entries() -> impl Strategy<Value = Entries> {
    let value = prop::option::of(prop::collection::vec(any::<u8>(), 0..200));
    prop::collection::btree_map(key(), value, 0..80)
}

#[test]
fn a_group_without_entries_is_refused() {
    // It begins where the keys end.
    let bytes = [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0];
    let block = Block::new(&bytes).unwrap();
    let read = block.read_group(0, &mut Group::default());
    assert_eq!(read, Err("a group of a block has too few entries"));
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
