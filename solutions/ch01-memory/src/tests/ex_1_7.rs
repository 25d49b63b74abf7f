use std::ops::Bound::{Excluded, Included, Unbounded};

use conformance::{Level, subject};
use engine::{Counter, Cursor, KeyRange, Order, StorageEngine};

use crate::Memory;
use crate::cursor::CHUNK_ENTRIES;
use crate::ranges::from_key;
use crate::tests::{keys, map, numbered, text};

fn here(cursor: &dyn Cursor) -> String {
    match cursor.entry() {
        Some((key, _)) => text(key),
        None => "the end".to_owned(),
    }
}

/// Panics where a row of seeks, to one letter each, lands elsewhere than
/// expected, in a scan of `b d f h`. A dot stands for the end.
#[track_caller]
fn land(range: &KeyRange<'static>, order: Order, seeks: &str, expected: &str) {
    let letters = [("b", ""), ("d", ""), ("f", ""), ("h", "")];
    let memory: Memory = map(&letters).into_iter().collect();
    let mut cursor = memory.scan(range.clone(), order).unwrap();
    let landed = seeks.chars().map(|key| {
        cursor.seek(key.to_string().as_bytes()).unwrap();
        match here(&*cursor).as_str() {
            "the end" => '.',
            key => char::from(key.as_bytes()[0]),
        }
    });
    assert_eq!(
        landed.collect::<String>(),
        expected,
        "where seeks to {seeks} land among b d f h in {range:?}, {order:?}"
    );
}

#[test]
fn ex_1_7_from_key_keeps_the_narrower_bound() {
    let range = KeyRange::new(Excluded(b"d"), Included(b"m"));
    let all = KeyRange::new(Unbounded, Unbounded);
    let (up, down) = (Order::Ascending, Order::Descending);
    for (range, order, key, expected) in [
        (&range, up, "a", "efghijklm"),
        (&range, up, "d", "efghijklm"),
        (&range, up, "l", "lm"),
        (&range, up, "m", "m"),
        (&range, up, "n", ""),
        (&range, down, "z", "efghijklm"),
        (&range, down, "m", "efghijklm"),
        (&range, down, "f", "ef"),
        (&range, down, "d", ""),
        (&range, down, "a", ""),
        (&all, up, "y", "yz"),
        (&all, down, "b", "ab"),
    ] {
        let rest = from_key(range, order, key.as_bytes());
        let left: String = ('a'..='z')
            .filter(|letter| rest.contains(letter.to_string().as_bytes()))
            .collect();
        assert_eq!(
            left, expected,
            "the letters that are left of {range:?} from {key} on, {order:?}"
        );
    }
}

#[test]
fn ex_1_7_ascending_finds_the_smallest_key_not_below() {
    land(&KeyRange::all(), Order::Ascending, "abcdefghi", "bbddffhh.");
}

#[test]
fn ex_1_7_descending_finds_the_largest_key_not_above() {
    land(
        &KeyRange::all(),
        Order::Descending,
        "ihgfedcba",
        "hhffddbb.",
    );
}

#[test]
fn ex_1_7_a_seek_goes_backwards_too() {
    land(&KeyRange::all(), Order::Ascending, "hbfdz.b", "hbfd.bb");
    land(&KeyRange::all(), Order::Descending, "bhdfah", "bhdf.h");
}

#[test]
fn ex_1_7_the_bounds_of_the_scan_still_hold() {
    let inner = KeyRange::new(Included(b"d"), Included(b"f"));
    land(&inner, Order::Ascending, "abdefgh", "dddff..");
    land(&inner, Order::Descending, "hgfedba", "fffdd..");
    let open = KeyRange::new(Excluded(b"b"), Excluded(b"h"));
    land(&open, Order::Ascending, "abcdgh", "dddd..");
    land(&open, Order::Descending, "ihgfba", "ffff..");
    let inverted = KeyRange::new(Included(b"h"), Included(b"b"));
    land(&inverted, Order::Ascending, "adz", "...");
    land(&inverted, Order::Descending, "adz", "...");
}

#[test]
fn ex_1_7_a_scan_goes_on_from_where_a_seek_landed() {
    let memory: Memory = numbered(500).collect();
    let mut cursor = memory.scan(KeyRange::all(), Order::Ascending).unwrap();
    cursor.seek(b"k0250").unwrap();
    assert_eq!(here(&*cursor), "k0250", "where a seek to k0250 landed");
    assert_eq!(keys(&mut *cursor).len(), 250, "keys from k0250 to the end");
    cursor.seek(b"k0499x").unwrap();
    assert_eq!(here(&*cursor), "the end", "where a seek to k0499x landed");
    cursor.advance().unwrap();
    assert_eq!(here(&*cursor), "the end", "after the end there is no more");
    cursor.seek(b"").unwrap();
    assert_eq!(
        here(&*cursor),
        "k0000",
        "where a seek back to the start landed, from the scan's end"
    );
    assert_eq!(keys(&mut *cursor).len(), 500, "keys from the start on");
}

#[test]
fn ex_1_7_a_seek_goes_back_behind_the_chunk_at_hand() {
    let memory: Memory = numbered(500).collect();
    for (order, back) in [(Order::Ascending, "k0010"), (Order::Descending, "k0490")] {
        let mut cursor = memory.scan(KeyRange::all(), order).unwrap();
        for _ in 0..250 {
            cursor.advance().unwrap();
        }
        cursor.seek(back.as_bytes()).unwrap();
        assert_eq!(
            here(&*cursor),
            back,
            "{order:?}: where a seek back to {back} landed, after 250 steps"
        );
    }
}

#[test]
fn ex_1_7_a_seek_visits_no_more_than_a_chunk() {
    let memory: Memory = numbered(1000).collect();
    for (order, far) in [(Order::Ascending, "k0900"), (Order::Descending, "k0100")] {
        let mut cursor = memory.scan(KeyRange::all(), order).unwrap();
        let before = memory.stats();
        cursor.seek(far.as_bytes()).unwrap();
        assert_eq!(
            here(&*cursor),
            far,
            "{order:?}: where a seek to {far} landed"
        );
        let visited = memory.stats().since(&before)[Counter::EntriesVisited];
        assert!(
            visited <= CHUNK_ENTRIES as u64,
            "{order:?}: the seek visited {visited} entries, as if it walked"
        );
    }
}

#[test]
fn ex_1_7_suite_core() {
    subject!("Memory", |_disk, _durability| Ok(Memory::new())).check(Level::Core);
}
