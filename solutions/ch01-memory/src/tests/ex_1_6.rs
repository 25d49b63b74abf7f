use std::ops::Bound::{Excluded, Included, Unbounded};

use conformance::{Level, subject};
use engine::{Counter, Cursor, KeyRange, Order, StorageEngine};

use crate::cursor::{CHUNK_BYTES, CHUNK_ENTRIES};
use crate::ranges::behind;
use crate::tests::{entry, keys, locks_taken, numbered};
use crate::{Memory, MemoryCursor};

fn expected(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("k{number:04}")).collect()
}

/// Panics with the first difference between what a scan yielded and what it
/// should have, where there is one.
#[track_caller]
fn yields(yielded: &[String], expected: &[String]) {
    let key = |keys: &[String], at: usize| keys.get(at).cloned().unwrap_or("the end".to_owned());
    for at in 0..yielded.len().max(expected.len()) {
        let (found, wanted) = (key(yielded, at), key(expected, at));
        assert!(
            found == wanted,
            "of {} keys, number {at} should be {wanted}, and the scan yielded {found}",
            expected.len()
        );
    }
}

#[test]
fn ex_1_6_behind_leaves_out_the_key_and_keeps_the_other_bound() {
    let (range, all) = (
        KeyRange::new(Included(b"b"), Excluded(b"y")),
        KeyRange::all(),
    );
    let (m, up, down) = (&b"m"[..], Order::Ascending, Order::Descending);
    for (range, order, expected) in [
        (&range, up, KeyRange::new(Excluded(m), Excluded(b"y"))),
        (&range, down, KeyRange::new(Included(b"b"), Excluded(m))),
        (&all, up, KeyRange::new(Excluded(m), Unbounded)),
        (&all, down, KeyRange::new(Unbounded, Excluded(m))),
    ] {
        let rest = behind(range, order, m);
        assert_eq!(
            rest, expected,
            "what is left of {range:?} after m, {order:?}"
        );
    }
}

#[test]
fn ex_1_6_a_scan_yields_every_key_once_across_chunks() {
    // One chunk not full, exactly full, one more; and the same after several.
    let edges = [0, 1, CHUNK_ENTRIES - 1, CHUNK_ENTRIES, CHUNK_ENTRIES + 1];
    for count in edges
        .into_iter()
        .chain(edges.map(|c| c + 3 * CHUNK_ENTRIES))
    {
        let memory: Memory = numbered(count).collect();
        let mut upwards = memory.scan(KeyRange::all(), Order::Ascending).unwrap();
        yields(&keys(&mut *upwards), &expected(count));
        let mut downwards = memory.scan(KeyRange::all(), Order::Descending).unwrap();
        let mut reversed = expected(count);
        reversed.reverse();
        yields(&keys(&mut *downwards), &reversed);
    }
}

#[test]
fn ex_1_6_a_scan_goes_on_behind_a_chunk_that_is_full_by_bytes() {
    for value_bytes in [CHUNK_BYTES / 3, 2 * CHUNK_BYTES] {
        let value = vec![7; value_bytes];
        let entries = numbered(10).map(|(key, _)| (key, value.clone()));
        let memory: Memory = entries.collect();
        let mut upwards = memory.scan(KeyRange::all(), Order::Ascending).unwrap();
        yields(&keys(&mut *upwards), &expected(10));
        let mut downwards = memory.scan(KeyRange::all(), Order::Descending).unwrap();
        let mut reversed = expected(10);
        reversed.reverse();
        yields(&keys(&mut *downwards), &reversed);
    }
}

#[test]
fn ex_1_6_the_scan_keeps_to_its_bounds_in_every_chunk() {
    let memory: Memory = numbered(500).collect();
    let range = || KeyRange::new(Excluded(b"k0099"), Included(b"k0400"));
    let mut expected = expected(401).split_off(100);
    let mut upwards = memory.scan(range(), Order::Ascending).unwrap();
    yields(&keys(&mut *upwards), &expected);
    expected.reverse();
    let mut downwards = memory.scan(range(), Order::Descending).unwrap();
    yields(&keys(&mut *downwards), &expected);
}

#[test]
fn ex_1_6_a_key_deleted_at_a_chunks_edge_hides_no_other() {
    let memory: Memory = numbered(3 * CHUNK_ENTRIES).collect();
    let mut cursor = memory.scan(KeyRange::all(), Order::Ascending).unwrap();
    // Everything in the chunk at hand goes while the cursor stands in it.
    for (key, _) in numbered(CHUNK_ENTRIES) {
        memory.delete(&key).unwrap();
    }
    yields(&keys(&mut *cursor), &expected(3 * CHUNK_ENTRIES));
}

#[test]
fn ex_1_6_a_chunk_that_is_not_full_is_the_last() {
    let edges = [0, CHUNK_ENTRIES - 1, CHUNK_ENTRIES, CHUNK_ENTRIES + 1];
    for (count, chunks) in edges.into_iter().zip([1, 1, 2, 2]) {
        let memory: Memory = numbered(count).collect();
        let taken = locks_taken(|| {
            keys(&mut *memory.scan(KeyRange::all(), Order::Ascending).unwrap());
        });
        assert_eq!(
            taken.len(),
            chunks,
            "a scan of {count} entries copies chunks at {taken:?}"
        );
    }
}

#[test]
fn ex_1_6_behind_the_last_entry_the_cursor_stays() {
    for count in [0, CHUNK_ENTRIES - 1, CHUNK_ENTRIES, CHUNK_ENTRIES + 1] {
        let memory: Memory = numbered(count).collect();
        let mut cursor = memory.scan(KeyRange::all(), Order::Ascending).unwrap();
        assert_eq!(keys(&mut *cursor).len(), count);
        for _ in 0..3 {
            cursor.advance().unwrap();
            let found = cursor.entry().map(entry);
            assert_eq!(found, None, "after {count} entries");
            // A scan that has ended stays ended, whatever is written after it.
            memory.put(b"z", b"late").unwrap();
        }
    }
}

#[test]
fn ex_1_6_a_full_scan_visits_each_entry_once() {
    let memory: Memory = numbered(1000).collect();
    let mut cursor = memory.scan(KeyRange::all(), Order::Ascending).unwrap();
    assert_eq!(keys(&mut *cursor).len(), 1000);
    let visited = memory.stats()[Counter::EntriesVisited];
    assert_eq!(visited, 1000, "visited, of 1000 entries");
}

#[test]
fn ex_1_6_the_cursor_remembers_the_bounds_of_the_whole_scan() {
    let memory: Memory = numbered(3 * CHUNK_ENTRIES).collect();
    let mut cursor = MemoryCursor::new(&memory, KeyRange::all(), Order::Ascending);
    assert_eq!(keys(&mut cursor).len(), 3 * CHUNK_ENTRIES);
    let all = KeyRange::all();
    assert_eq!(
        cursor.range, all,
        "the scan's bounds: a later seek needs them"
    );
}

#[test]
fn ex_1_6_suite_concurrent() {
    subject!("Memory", |_disk, _durability| Ok(Memory::new())).check(Level::Concurrent);
}
