use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use crate::cache::{BlockCache, ENTRY_BYTES};

const SHARDS: usize = 16;

fn block(byte: u8, len: usize) -> Arc<[u8]> {
    vec![byte; len].into()
}

/// A cache each of whose shards has room for this many blocks of 100 bytes.
fn cache_of(blocks: usize) -> BlockCache {
    BlockCache::new(SHARDS * blocks * (100 + ENTRY_BYTES))
}

/// Offsets whose blocks, of table 1, are in one shard.
fn neighbours(count: usize) -> Vec<u64> {
    let mut found = vec![0];
    for offset in 1.. {
        // Where there is room for one, a neighbour drives the other out.
        let cache = cache_of(1);
        cache.insert(1, 0, block(0, 100));
        cache.insert(1, offset, block(0, 100));
        if cache.get(1, 0).is_none() {
            found.push(offset);
        }
        if found.len() == count {
            break;
        }
    }
    found
}

/// Which of the offsets are in the cache. To be asked for saves a block from the
/// hand: this comes last.
fn kept(cache: &BlockCache, offsets: &[u64]) -> Vec<usize> {
    let is_kept = |at: &usize| cache.get(1, offsets[*at]).is_some();
    (0..offsets.len()).filter(is_kept).collect()
}

#[test]
fn ex_3_8_a_block_is_found_by_its_table_and_offset() {
    let cache = BlockCache::new(1 << 20);
    cache.insert(1, 0, block(1, 100));
    cache.insert(2, 0, block(2, 100));
    cache.insert(1, 4096, block(3, 100));
    assert_eq!(cache.get(1, 0).as_deref(), Some(&[1; 100][..]));
    assert_eq!(cache.get(2, 0).as_deref(), Some(&[2; 100][..]));
    assert_eq!(cache.get(1, 4096).as_deref(), Some(&[3; 100][..]));
    assert_eq!(cache.get(2, 4096), None);
    assert_eq!(cache.bytes(), 3 * (100 + ENTRY_BYTES));
}

#[test]
fn ex_3_8_a_block_takes_the_place_of_the_one_that_was_there() {
    let cache = BlockCache::new(1 << 20);
    cache.insert(1, 0, block(1, 100));
    cache.insert(1, 0, block(2, 50));
    assert_eq!(cache.get(1, 0).as_deref(), Some(&[2; 50][..]));
    assert_eq!(cache.bytes(), 50 + ENTRY_BYTES);
}

#[test]
fn ex_3_8_the_oldest_block_makes_room() {
    let offsets = neighbours(5);
    let cache = cache_of(3);
    for offset in &offsets {
        cache.insert(1, *offset, block(0, 100));
    }
    assert_eq!(kept(&cache, &offsets), [2, 3, 4]);
}

#[test]
fn ex_3_8_a_block_that_was_asked_for_has_a_second_chance_and_no_third() {
    let offsets = neighbours(7);
    let cache = cache_of(3);
    for offset in &offsets[..3] {
        cache.insert(1, *offset, block(0, 100));
    }
    assert!(cache.get(1, offsets[0]).is_some());
    // The hand passes 0, takes its mark, and lets 1 go; then 2; then it is at 0 again.
    for offset in &offsets[3..6] {
        cache.insert(1, *offset, block(0, 100));
    }
    assert_eq!(kept(&cache, &offsets), [3, 4, 5]);
}

#[test]
fn ex_3_8_a_block_that_was_asked_for_stays_longer_than_one_that_was_not() {
    let offsets = neighbours(4);
    let cache = cache_of(3);
    for offset in &offsets[..3] {
        cache.insert(1, *offset, block(0, 100));
    }
    assert!(cache.get(1, offsets[0]).is_some());
    cache.insert(1, offsets[3], block(0, 100));
    assert_eq!(kept(&cache, &offsets), [0, 2, 3]);
}

#[test]
fn ex_3_8_as_many_blocks_go_as_a_larger_one_needs_room() {
    let offsets = neighbours(5);
    let cache = cache_of(4);
    for offset in &offsets[..4] {
        cache.insert(1, *offset, block(0, 100));
    }
    // As much as three of them.
    let len = 3 * (100 + ENTRY_BYTES) - ENTRY_BYTES;
    cache.insert(1, offsets[4], block(0, len));
    assert_eq!(cache.bytes(), 4 * (100 + ENTRY_BYTES));
    assert_eq!(kept(&cache, &offsets), [3, 4]);
}

#[test]
fn ex_3_8_where_all_were_asked_for_the_hand_still_finds_one() {
    let offsets = neighbours(4);
    let cache = cache_of(3);
    for offset in &offsets[..3] {
        cache.insert(1, *offset, block(0, 100));
        assert!(cache.get(1, *offset).is_some());
    }
    cache.insert(1, offsets[3], block(0, 100));
    assert_eq!(kept(&cache, &offsets), [1, 2, 3]);
}

#[test]
fn ex_3_8_a_block_larger_than_a_shard_is_not_kept_nor_the_one_it_replaces() {
    let cache = cache_of(1);
    cache.insert(1, 0, block(1, 100));
    cache.insert(1, 0, block(1, 101));
    assert_eq!(cache.get(1, 0), None);
    assert_eq!(cache.bytes(), 0);
    cache.insert(1, 0, block(1, 100));
    assert!(cache.get(1, 0).is_some());
}

#[test]
fn ex_3_8_a_cache_of_no_bytes_keeps_nothing() {
    let cache = BlockCache::new(0);
    cache.insert(1, 0, block(1, 0));
    assert_eq!((cache.get(1, 0), cache.bytes()), (None, 0));
}

#[test]
fn ex_3_8_a_cache_that_is_offered_more_than_it_may_take_is_nearly_full() {
    let cache = cache_of(16);
    let bytes_max = SHARDS * 16 * (100 + ENTRY_BYTES);
    for number in 0..4 * SHARDS as u64 * 16 {
        cache.insert(1, 4096 * number, block(0, 100));
    }
    let bytes = cache.bytes();
    assert!(bytes > bytes_max * 9 / 10, "{bytes} bytes of {bytes_max}");
}

#[test]
fn ex_3_8_a_table_is_forgotten_whole() {
    let cache = BlockCache::new(1 << 20);
    for offset in 0..100 {
        cache.insert(1, offset, block(1, 10));
        cache.insert(2, offset, block(2, 10));
    }
    cache.forget_table(1);
    assert!((0..100).all(|offset| cache.get(1, offset).is_none()));
    assert!((0..100).all(|offset| cache.get(2, offset).is_some()));
    assert_eq!(cache.bytes(), 100 * (10 + ENTRY_BYTES));
}

#[test]
fn ex_3_8_threads_share_a_cache() {
    let cache = cache_of(4);
    let bytes_max = SHARDS * 4 * (100 + ENTRY_BYTES);
    std::thread::scope(|scope| {
        for seed in 0..4_u64 {
            let cache = &cache;
            scope.spawn(move || {
                for turn in 0..2000 {
                    let offset = (turn * 7 + seed * 13) % 200;
                    let [byte, ..] = offset.to_le_bytes();
                    match cache.get(1, offset) {
                        Some(block) => assert_eq!(*block, [byte; 100]),
                        None => cache.insert(1, offset, block(byte, 100)),
                    }
                    assert!(cache.bytes() <= bytes_max);
                }
            });
        }
    });
}

#[derive(Debug, Clone)]
enum Step {
    Insert(u32, u64, usize),
    Get(u32, u64),
    Forget(u32),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..3_u32, 0..60_u64, 0..500_usize).prop_map(|(t, o, len)| Step::Insert(t, o, len)),
        8 => (0..3_u32, 0..60_u64).prop_map(|(t, o)| Step::Get(t, o)),
        1 => (0..3_u32).prop_map(Step::Forget),
    ]
}

proptest! {
    #[test]
    fn ex_3_8_a_cache_never_takes_more_than_it_may_and_never_answers_with_another_block(
        steps in prop::collection::vec(step(), 0..400),
        bytes_max in 0..40_000_usize,
    ) {
        let cache = BlockCache::new(bytes_max);
        let mut newest = BTreeMap::new();
        for (turn, step) in steps.into_iter().enumerate() {
            let [byte, ..] = turn.to_le_bytes();
            match step {
                Step::Insert(table, offset, len) => {
                    newest.insert((table, offset), block(byte, len));
                    cache.insert(table, offset, block(byte, len));
                }
                Step::Get(table, offset) => {
                    if let Some(found) = cache.get(table, offset) {
                        prop_assert_eq!(Some(&found), newest.get(&(table, offset)));
                    }
                }
                Step::Forget(table) => {
                    newest.retain(|(other, _), _| *other != table);
                    cache.forget_table(table);
                }
            }
            prop_assert!(cache.bytes() <= bytes_max);
        }
        let kept: usize = newest
            .keys()
            .filter_map(|(table, offset)| cache.get(*table, *offset))
            .map(|block| block.len() + ENTRY_BYTES)
            .sum();
        prop_assert_eq!(cache.bytes(), kept);
    }
}
