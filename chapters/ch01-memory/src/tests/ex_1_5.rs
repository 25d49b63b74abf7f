use std::ops::Bound::Included;
use std::sync::Arc;

use engine::{Counter, Cursor, KeyRange, Order, StorageEngine};

use crate::cursor::{CHUNK_BYTES, CHUNK_ENTRIES, Chunk};
use crate::tests::{entry, locks_taken, map, numbered, promptly};
use crate::{Memory, MemoryCursor};

/// The entries in a chunk, as text.
fn contents(chunk: &Chunk) -> Vec<String> {
    (0..chunk.len())
        .map(|index| entry(chunk.get(index).unwrap()))
        .collect()
}

/// A new chunk with the first entries of a range.
fn first_chunk(memory: &Memory, range: &KeyRange<'_>, order: Order) -> Chunk {
    let mut chunk = Chunk::default();
    memory.copy_chunk(range, order, &mut chunk);
    chunk
}

#[test]
fn ex_1_5_a_chunk_holds_the_first_entries_of_the_range() {
    let memory: Memory = map(&[("a", "1"), ("b", ""), ("c", "3")])
        .into_iter()
        .collect();
    let chunk = first_chunk(&memory, &KeyRange::starting_at("b"), Order::Ascending);
    assert_eq!(contents(&chunk), ["b=", "c=3"]);
    let chunk = first_chunk(&memory, &KeyRange::all(), Order::Descending);
    assert_eq!(contents(&chunk), ["c=3", "b=", "a=1"]);
}

#[test]
fn ex_1_5_what_the_chunk_held_before_is_gone() {
    let memory: Memory = map(&[("a", "1")]).into_iter().collect();
    let mut chunk = Chunk::default();
    chunk.push(b"old", b"entry");
    memory.copy_chunk(&KeyRange::all(), Order::Ascending, &mut chunk);
    assert_eq!(contents(&chunk), ["a=1"], "what was there before is gone");
    memory.copy_chunk(&KeyRange::starting_at("x"), Order::Ascending, &mut chunk);
    assert_eq!(contents(&chunk), [""; 0], "there is nothing from `x` on");
}

#[test]
fn ex_1_5_an_empty_range_leaves_an_empty_chunk() {
    let memory: Memory = map(&[("a", "1"), ("b", "2")]).into_iter().collect();
    let mut chunk = Chunk::default();
    chunk.push(b"old", b"entry");
    let inverted = KeyRange::new(Included(b"b"), Included(b"a"));
    memory.copy_chunk(&inverted, Order::Ascending, &mut chunk);
    assert_eq!(contents(&chunk), [""; 0], "nothing lies in b..=a");
}

#[test]
fn ex_1_5_a_chunk_ends_when_it_is_full() {
    let entries = |memory: Memory| first_chunk(&memory, &KeyRange::all(), Order::Ascending).len();
    let memory: Memory = numbered(CHUNK_ENTRIES + 1).collect();
    assert_eq!(entries(memory), CHUNK_ENTRIES, "full by entries");

    let large = vec![7; CHUNK_BYTES / 2];
    let memory: Memory = (0..9_u8).map(|key| (vec![key], large.clone())).collect();
    assert_eq!(entries(memory), 2, "full by bytes");

    let huge = vec![7; 3 * CHUNK_BYTES];
    let memory: Memory = (0..9_u8).map(|key| (vec![key], huge.clone())).collect();
    assert_eq!(entries(memory), 1, "one entry always fits");
}

#[test]
fn ex_1_5_a_chunk_is_copied_under_one_lock() {
    let memory: Memory = map(&[("a", "1"), ("b", "2")]).into_iter().collect();
    let taken = locks_taken(|| {
        first_chunk(&memory, &KeyRange::all(), Order::Ascending);
    });
    assert_eq!(taken.len(), 1, "a chunk takes locks at {taken:?}");
}

#[test]
fn ex_1_5_the_lock_is_free_again_when_the_chunk_is_copied() {
    let memory: Memory = map(&[("a", "1"), ("b", "2")]).into_iter().collect();
    let cursor = MemoryCursor::new(&memory, KeyRange::all(), Order::Ascending);
    // With the lock still held, this would wait for ever.
    memory.put(b"a", b"changed").unwrap();
    let first = cursor.entry().map(entry);
    assert_eq!(
        first.as_deref(),
        Some("a=1"),
        "the cursor hands out its copy"
    );
}

#[test]
fn ex_1_5_readers_do_not_wait_for_each_other() {
    let memory: Arc<Memory> = Arc::new(map(&[("a", "1")]).into_iter().collect());
    let another_reader = memory.contents.read();
    let reader = Arc::clone(&memory);
    let copied = promptly(
        "copying a chunk waits for another reader: the read lock is enough",
        move || first_chunk(&reader, &KeyRange::all(), Order::Ascending).len(),
    );
    assert_eq!(copied, 1);
    drop(another_reader);
}

#[test]
fn ex_1_5_only_what_was_copied_counts_as_visited() {
    let memory: Memory = numbered(1000).collect();
    let copied = first_chunk(&memory, &KeyRange::all(), Order::Ascending).len();
    let visited = memory.stats()[Counter::EntriesVisited];
    assert_eq!(
        visited, copied as u64,
        "visited, of {copied} that were copied"
    );
}
