use std::collections::HashMap;

use engine::sync::atomic::Ordering;
use proptest::prelude::*;

use super::panic_of;
use crate::arena::{Address, Arena, Room};

const MIB: usize = 1 << 20;

/// Fills a piece with a number, and answers its words' addresses.
fn take(arena: &Arena, room: &mut Room, words: usize, fill: u64) -> Vec<Address> {
    let address = arena.take(room, words);
    let (chunk, at) = arena.words(address);
    for word in &chunk[at..at + words] {
        assert_eq!(
            word.swap(fill, Ordering::Relaxed),
            0,
            "a new piece is zeros"
        );
    }
    (0..words).map(|index| address.behind(index)).collect()
}

proptest! {
    #[test]
    fn pieces_are_zeros_and_no_two_share_a_word(
        sizes in prop::collection::vec(prop_oneof![1..40_usize, 1..3000_usize, 3000..40_000_usize], 0..60),
        bytes_max in 0..4 * MIB,
    ) {
        let (arena, mut room) = (Arena::default(), Room::new(bytes_max));
        let mut pieces = Vec::new();
        for (fill, size) in (1..).zip(sizes) {
            pieces.push((fill, take(&arena, &mut room, size, fill)));
        }
        for (fill, words) in pieces {
            for address in words {
                let (chunk, at) = arena.words(address);
                prop_assert_eq!(chunk[at].load(Ordering::Relaxed), fill);
                prop_assert_eq!(Address::from_word(address.to_word()), Some(address));
                let upper = u64::from(u32::MAX) << 32;
                prop_assert_eq!(Address::from_word(upper | address.to_word()), Some(address));
            }
        }
    }

    #[test]
    fn little_is_left_unused(
        sizes in prop::collection::vec(prop_oneof![1..20_usize, 1..5000_usize, 1..200_000_usize], 1..3000),
        bytes_max in 0..64 * MIB,
    ) {
        let mut room = Room::new(bytes_max);
        let (mut taken, mut made) = (0, 0);
        for size in sizes {
            made += room.take(size).chunk_words.unwrap_or(0);
            taken += size;
        }
        // A quarter of each, the open one, and small ones left behind.
        let open = (taken / 16).max(bytes_max / 8 / 64).max(1024);
        prop_assert!(made <= taken * 4 / 3 + 2 * open, "{made} words were made for {taken}");
    }
}

#[test]
fn no_word_has_the_address_zero() {
    assert_eq!(Address::from_word(0), None);
    let (arena, mut room) = (Arena::default(), Room::new(0));
    assert_ne!(arena.take(&mut room, 1).to_word(), 0);
}

#[test]
fn an_arena_of_which_little_is_taken_is_small() {
    let mut room = Room::new(64 * MIB);
    let mut sizes = HashMap::new();
    for _ in 0..1000 {
        if let Some(words) = room.take(18).chunk_words {
            *sizes.entry(words).or_insert(0) += 1;
        }
    }
    let words: usize = sizes.iter().map(|(words, count)| words * count).sum();
    assert!(words <= 2 * 18_000 + 1024, "{words} words for 18,000");
}

#[test]
fn no_chunk_is_longer_than_a_64th_of_what_is_expected() {
    let mut room = Room::new(64 * MIB);
    let mut longest = 0;
    for _ in 0..64 * MIB / (18 * 8) {
        longest = longest.max(room.take(18).chunk_words.unwrap_or(0));
    }
    assert_eq!(longest, MIB / 8);
}

#[test]
fn a_piece_that_is_large_for_a_chunk_has_one_of_its_own() {
    let mut room = Room::new(64 * MIB);
    room.take(10);
    let large = room.take(1020);
    assert_eq!(large.chunk_words, Some(1020), "more than a quarter");
    let small = room.take(10);
    assert_eq!(small.chunk_words, None, "the open chunk is still open");
}

/// Takes pieces of one size until they are so many words.
fn take_all(room: &mut Room, size: usize, words: usize) {
    for _ in 0..words / size {
        room.take(size);
    }
}

#[test]
fn the_addresses_suffice_for_a_batch_of_the_smallest_keys() {
    for bytes_max in [0, 64 << 10, MIB, 16 * MIB, 64 * MIB, 1024 * MIB] {
        // What the memtable holds: pieces that fit badly.
        let mut room = Room::new(bytes_max);
        let badly = (bytes_max / 8 / 64 / 4).max(256) + 1;
        take_all(&mut room, badly, bytes_max / 8);
        // 64 Mi keys of one byte, with the lengths, the number and the links.
        take_all(&mut room, 5, (64 * MIB) * 13 / 3);
    }
}

#[test]
fn the_addresses_suffice_for_a_batch_of_any_pieces() {
    for bytes_max in [0, 64 << 10, MIB, 16 * MIB, 64 * MIB, 1024 * MIB] {
        for share in [4, 8, 16, 64, 65, 256] {
            let mut room = Room::new(bytes_max);
            let mut taken = 0;
            while taken < (bytes_max + 64 * MIB) / 8 {
                let regular = (taken / share).max(256) + 1;
                room.take(regular);
                taken += regular;
            }
        }
    }
}

#[test]
fn more_than_the_addresses_can_tell_of_is_our_own_bug() {
    let message = panic_of(|| {
        take_all(&mut Room::new(0), 1 << 22, usize::MAX);
    });
    assert_eq!(message, "an arena has room for all that it is asked");
}
