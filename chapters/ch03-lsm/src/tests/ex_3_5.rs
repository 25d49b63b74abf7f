use proptest::prelude::*;

use super::blocks::{Entries, block, entries, key, some_entries};
use crate::block::{Block, GROUP_ENTRIES, Group, KEY_BYTES_MAX, Last};

#[test]
fn ex_3_5_a_block_without_entries_holds_no_key() {
    let bytes = block(&Entries::new());
    let block = Block::new(&bytes).unwrap();
    assert_eq!((block.groups(), bytes.len()), (0, 4));
    assert_eq!(block.get(b""), Ok(None));
    assert_eq!(block.group_of(b"a"), Ok(None));
}

#[test]
fn ex_3_5_an_empty_key_and_an_empty_value_are_as_good_as_others() {
    let bytes = block(&[(vec![], Some(vec![]))].into());
    let block = Block::new(&bytes).unwrap();
    assert_eq!(block.get(b""), Ok(Some(Some(&b""[..]))));
    assert_eq!(block.get(b"\0"), Ok(None));
}

#[test]
fn ex_3_5_a_search_reads_of_the_other_groups_their_first_keys_alone() {
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
fn ex_3_5_a_search_reads_the_first_keys_of_few_groups() {
    let names: Vec<String> = (1000..2024).map(|n| format!("key{n}=value")).collect();
    let all = entries(&names.join(" "));
    let sound = block(&all);
    let count = Block::new(&sound).unwrap().groups();
    assert_eq!(count, 64);
    let groups = sound.len() - 4 - 8 * count;
    for key in ["key1000", "key1333", "key1500", "key2023"] {
        // A group whose first key shares something makes no sense.
        let reads = |group: &usize| {
            let at = groups + 8 * group;
            let start = u32::from_le_bytes(sound[at..at + 4].try_into().unwrap());
            let mut bytes = sound.clone();
            bytes[start as usize] = 1;
            let block = Block::new(&bytes).unwrap();
            block.group_of(key.as_bytes()).is_err()
        };
        let read = (0..count).filter(reads).count();
        assert!((1..=7).contains(&read), "{read} of 64 groups, for {key}");
    }
}

#[test]
fn ex_3_5_an_entry_on_the_way_that_cannot_be_read_is_answered() {
    let mut bytes = block(&entries("a=1 b=2 c=3"));
    // Three values, and four bytes for the first key: then comes how long the
    // suffix of the second one is.
    assert_eq!(bytes[3 + 4..][..4], [0, 1, 2, b'b']);
    bytes[3 + 4 + 1] = 100;
    let block = Block::new(&bytes).unwrap();
    assert_eq!(block.get(b"a"), Ok(Some(Some(&b"1"[..]))), "not on the way");
    let cut_off = Err("an entry of a block is cut off");
    assert_eq!(block.get(b"b").map(|_| ()), cut_off);
    assert_eq!(block.last_at_most(b"z").map(|_| ()), cut_off);
}

#[test]
fn ex_3_5_lengths_that_lie_are_refused_and_nothing_is_allocated_for_them() {
    let huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
    let group_and_groups = [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0];
    for lie in 0..3 {
        let mut bytes = Vec::new();
        for number in 0..3 {
            bytes.extend_from_slice(if number == lie { &huge } else { &[0] });
        }
        bytes.extend_from_slice(&group_and_groups);
        let mut group = Group::default();
        // The first lookup of all may have to settle things.
        assert!(Block::new(&bytes).unwrap().get(b"").is_err(), "{lie}");
        let used = allocation_counter::measure(|| {
            let block = Block::new(&bytes).unwrap();
            assert!(block.read_group(0, &mut group).is_err(), "{lie}");
            assert!(block.nth(0).is_err() || lie == 0, "{lie}");
            assert!(block.get(b"").is_err(), "{lie}");
        });
        assert_eq!(used.bytes_total, 0, "{lie}");
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

proptest! {
    #[test]
    fn ex_3_5_a_search_finds_what_was_added_and_nothing_else(
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
    fn ex_3_5_the_last_entry_at_most_a_key_is_found_by_key_and_by_number(
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
    fn ex_3_5_the_group_of_a_key_is_the_last_that_does_not_begin_behind_it(
        entries in some_entries(),
        key in key(),
    ) {
        let bytes = block(&entries);
        let block = Block::new(&bytes).unwrap();
        let before = entries.keys().step_by(GROUP_ENTRIES).filter(|first| **first <= key).count();
        prop_assert_eq!(block.group_of(&key), Ok(before.checked_sub(1)));
    }

    #[test]
    fn ex_3_5_bytes_of_any_kind_are_read_without_a_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..80),
        groups in 0..12_u8,
        key in key(),
    ) {
        let mut bytes = bytes;
        bytes.extend([groups, 0, 0, 0]);
        read_all(&bytes, &key);
    }

    #[test]
    fn ex_3_5_a_damaged_block_is_read_without_a_panic(
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
