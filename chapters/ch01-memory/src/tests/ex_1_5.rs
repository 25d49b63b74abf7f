use std::ops::Bound::Included;
use std::sync::Arc;

use engine::{Counter, Cursor, KeyRange, Order, StorageEngine};

use crate::cursor::{CHUNK_BYTES, CHUNK_ENTRIES, Chunk};
use crate::tests::{map, numbered, promptly};
use crate::{Memory, MemoryCursor};

/// The keys and values in a chunk.
fn contents(chunk: &Chunk) -> Vec<(&[u8], &[u8])> {
    (0..chunk.len())
        .map(|index| chunk.get(index).unwrap())
        .collect()
}

#[test]
fn ex_1_5_a_chunk_holds_the_first_entries_of_the_range() {
    let memory: Memory = map(&[("a", "1"), ("b", ""), ("c", "3")])
        .into_iter()
        .collect();
    let mut chunk = Chunk::default();
    memory.copy_chunk(&KeyRange::starting_at("b"), Order::Ascending, &mut chunk);
    assert_eq!(contents(&chunk), [(&b"b"[..], &b""[..]), (b"c", b"3")]);
    memory.copy_chunk(&KeyRange::all(), Order::Descending, &mut chunk);
    assert_eq!(
        contents(&chunk),
        [(&b"c"[..], &b"3"[..]), (b"b", b""), (b"a", b"1")]
    );
}

#[test]
fn ex_1_5_what_the_chunk_held_before_is_gone() {
    let memory: Memory = map(&[("a", "1")]).into_iter().collect();
    let mut chunk = Chunk::default();
    chunk.push(b"old", b"entry");
    memory.copy_chunk(&KeyRange::all(), Order::Ascending, &mut chunk);
    assert_eq!(contents(&chunk), [(&b"a"[..], &b"1"[..])]);
    memory.copy_chunk(&KeyRange::starting_at("x"), Order::Ascending, &mut chunk);
    assert_eq!(contents(&chunk), []);
}

#[test]
fn ex_1_5_a_chunk_ends_when_it_is_full() {
    let memory: Memory = numbered(CHUNK_ENTRIES + 1).collect();
    let mut chunk = Chunk::default();
    memory.copy_chunk(&KeyRange::all(), Order::Ascending, &mut chunk);
    assert_eq!(chunk.len(), CHUNK_ENTRIES, "full by entries");

    let large = vec![7; CHUNK_BYTES / 2];
    let memory: Memory = (0..9_u8).map(|key| (vec![key], large.clone())).collect();
    memory.copy_chunk(&KeyRange::all(), Order::Ascending, &mut chunk);
    assert_eq!(chunk.len(), 2, "full by bytes");

    let huge = vec![7; 3 * CHUNK_BYTES];
    let memory: Memory = (0..9_u8).map(|key| (vec![key], huge.clone())).collect();
    memory.copy_chunk(&KeyRange::all(), Order::Ascending, &mut chunk);
    assert_eq!(chunk.len(), 1, "one entry always fits");
}

#[test]
fn ex_1_5_only_what_was_copied_counts_as_visited() {
    let memory: Memory = numbered(1000).collect();
    let mut chunk = Chunk::default();
    memory.copy_chunk(&KeyRange::all(), Order::Ascending, &mut chunk);
    let visited = memory.stats()[Counter::EntriesVisited];
    assert_eq!(visited, CHUNK_ENTRIES as u64);
}

#[test]
fn ex_1_5_the_lock_is_free_again_when_the_chunk_is_copied() {
    let memory: Memory = map(&[("a", "1"), ("b", "2")]).into_iter().collect();
    let cursor = MemoryCursor::new(&memory, KeyRange::all(), Order::Ascending);
    // With the lock still held, this would wait for ever.
    memory.put(b"a", b"changed").unwrap();
    assert_eq!(
        cursor.entry(),
        Some((&b"a"[..], &b"1"[..])),
        "the cursor hands out its copy"
    );
}

#[test]
fn ex_1_5_an_empty_range_leaves_an_empty_chunk() {
    let memory: Memory = map(&[("a", "1"), ("b", "2")]).into_iter().collect();
    let mut chunk = Chunk::default();
    chunk.push(b"old", b"entry");
    let inverted = KeyRange::new(Included(b"b"), Included(b"a"));
    memory.copy_chunk(&inverted, Order::Ascending, &mut chunk);
    assert_eq!(contents(&chunk), [], "what the chunk held before is gone");
}

#[test]
fn ex_1_5_readers_do_not_wait_for_each_other() {
    let memory: Arc<Memory> = Arc::new(map(&[("a", "1")]).into_iter().collect());
    let another_reader = memory.contents.read();
    let reader = Arc::clone(&memory);
    let copied = promptly(
        "copying a chunk waits for another reader: the read lock is enough",
        move || {
            let mut chunk = Chunk::default();
            reader.copy_chunk(&KeyRange::all(), Order::Ascending, &mut chunk);
            chunk.len()
        },
    );
    assert_eq!(copied, 1);
    drop(another_reader);
}
