use std::collections::BTreeMap;
use std::ops::Bound::{self, Excluded, Included, Unbounded};

use engine::{Counter, Cursor, Error, KeyRange, Order};
use proptest::prelude::*;

use super::drawn::{both, built, built_with_pages, lead};
use super::pages::{FLAVOURS, Flavour, TestPages};
use super::trees::{
    Both, Change, PAGE_BYTES, borrowed, bound, entries, rest, short_key, short_len, tree,
};
use crate::BTree;
use crate::page::SLOTS_AT;
use crate::slotted::fill;

const DEEP: [&str; 3] = ["· m", "· d h | · s", "a b | d e g | h k | m n p | s t"];

/// The keys that a scan yields.
fn scan(tree: &BTree<TestPages>, start: Bound<&str>, end: Bound<&str>, order: Order) -> String {
    let range = KeyRange::new(start.map(str::as_bytes), end.map(str::as_bytes));
    let found = entries(tree, range, order).unwrap();
    let keys = found.iter().map(|(key, _)| key.escape_ascii().to_string());
    keys.collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn yields(start: Bound<&str>, end: Bound<&str>, expected: &str) {
    for flavour in FLAVOURS {
        let tree = built(flavour, &DEEP);
        let found = scan(&tree, start, end, Order::Ascending);
        assert_eq!(found, expected, "from {start:?} to {end:?}");
        let found = scan(&tree, start, end, Order::Descending);
        let mut reversed: Vec<&str> = expected.split_whitespace().collect();
        reversed.reverse();
        let reversed = reversed.join(" ");
        assert_eq!(found, reversed, "from {start:?} to {end:?}, descending");
    }
}

#[test]
fn ex_4_9_a_scan_of_all_comes_to_every_leaf() {
    yields(Unbounded, Unbounded, "a b d e g h k m n p s t");
}

#[test]
fn ex_4_9_a_bound_is_within_a_scan_or_not() {
    yields(Included("e"), Included("n"), "e g h k m n");
    yields(Excluded("e"), Excluded("n"), "g h k m");
    yields(Included("f"), Excluded("o"), "g h k m n");
    yields(Excluded("f"), Included("o"), "g h k m n");
    yields(Included("e"), Included("e"), "e");
    yields(Included("n"), Excluded("e"), "");
    yields(Included("f"), Included("f"), "");
}

#[test]
fn ex_4_9_a_bound_may_be_at_the_end_of_a_leaf_or_between_two() {
    // The last key of a leaf, the first one, and a separator that is no key.
    yields(Excluded("g"), Excluded("m"), "h k");
    yields(Included("g"), Included("m"), "g h k m");
    yields(Excluded("k"), Unbounded, "m n p s t");
    yields(Unbounded, Excluded("d"), "a b");
    yields(Unbounded, Excluded("h"), "a b d e g");
    yields(Included("c"), Included("c0"), "");
    yields(Included("bb"), Included("cc"), "");
    yields(Included("l"), Included("lz"), "");
    yields(Included("t"), Unbounded, "t");
    yields(Excluded("t"), Unbounded, "");
    yields(Unbounded, Excluded("a"), "");
    yields(Unbounded, Included("a"), "a");
    yields(Included("z"), Unbounded, "");
}

#[test]
fn ex_4_9_a_tree_of_one_leaf_is_scanned() {
    for flavour in FLAVOURS {
        let tree = built(flavour, &["b d"]);
        assert_eq!(scan(&tree, Unbounded, Unbounded, Order::Ascending), "b d");
        assert_eq!(
            scan(&tree, Excluded("b"), Unbounded, Order::Descending),
            "d"
        );
        assert_eq!(scan(&tree, Excluded("d"), Unbounded, Order::Ascending), "");
        assert_eq!(scan(&tree, Unbounded, Excluded("b"), Order::Descending), "");
    }
}

#[test]
fn ex_4_9_a_scan_loads_a_page_above_once_for_each_leaf_and_no_page_for_nothing() {
    for order in [Order::Ascending, Order::Descending] {
        let tree = built(Flavour::CopyOnWrite, &DEEP);
        let loaded = tree
            .pages()
            .loaded_by(|| drop(scan(&tree, Unbounded, Unbounded, order)));
        // Five leaves. On the way to the first one two pages; then the one where
        // the walk turns, four times, and the one below the root once more.
        assert_eq!(loaded, 5 + 2 + 4 + 1, "{order:?}");
        let tree = built(Flavour::CopyOnWrite, &DEEP);
        let (start, end) = (Included("e"), Included("e"));
        let loaded = tree
            .pages()
            .loaded_by(|| drop(scan(&tree, start, end, order)));
        assert!(loaded <= 3, "{loaded} pages for an entry, {order:?}");
    }
}

/// Heads that are wrong mislead whoever searches a leaf.
#[test]
fn ex_4_9_a_leaf_is_not_searched_where_the_scan_has_no_end() {
    for (start, end, order, head, expected) in [
        (
            Included("b"),
            Unbounded,
            Order::Ascending,
            0,
            "b d e g h k m n p s t",
        ),
        (
            Unbounded,
            Included("n"),
            Order::Descending,
            0xff,
            "n m k h g e d b a",
        ),
    ] {
        let (tree, pages) = built_with_pages(Flavour::CopyOnWrite, &DEEP);
        tree.pages().damage(pages[2][1], |bytes| {
            for slot in 0..3 {
                bytes[SLOTS_AT + 6 * slot + 2..][..4].fill(head);
            }
        });
        assert_eq!(scan(&tree, start, end, order), expected);
    }
}

/// Whoever looks at all keys of a leaf comes upon the one that is damaged.
#[test]
fn ex_4_9_the_end_of_a_scan_is_not_looked_for_key_by_key() {
    let (tree, pages) = built_with_pages(Flavour::CopyOnWrite, &DEEP);
    tree.pages().damage(pages[2][3], |bytes| {
        bytes[SLOTS_AT + 6..][..2].fill(0xff);
    });
    for (order, expected) in [(Order::Ascending, b"m"), (Order::Descending, b"p")] {
        let range = KeyRange::new(Included(b"m"), Excluded(b"q"));
        let mut cursor = tree.scan(range, order).unwrap();
        let (key, _) = cursor.entry().expect("it begins with a sound one");
        assert_eq!(key, expected);
        is_damage_of(pages[2][3].0, &cursor.advance().unwrap_err());
    }
}

#[test]
fn ex_4_9_a_seek_goes_on_from_there_and_never_before_the_scan() {
    let tree = built(Flavour::CopyOnWrite, &DEEP);
    let range = || KeyRange::half_open("e", "s");
    let key = |cursor: &dyn Cursor| {
        cursor
            .entry()
            .map(|(key, _)| key.escape_ascii().to_string())
    };
    let mut cursor = tree.scan(range(), Order::Ascending).unwrap();
    for (to, expected) in [
        ("l", Some("m")),
        ("a", Some("e")),
        ("p0", None),
        ("h", Some("h")),
    ] {
        cursor.seek(to.as_bytes()).unwrap();
        assert_eq!(key(&*cursor).as_deref(), expected, "{to}");
    }
    cursor.advance().unwrap();
    assert_eq!(key(&*cursor).as_deref(), Some("k"), "after the last one");
    let mut cursor = tree.scan(range(), Order::Descending).unwrap();
    for (to, expected) in [
        ("l", Some("k")),
        ("z", Some("p")),
        ("d", None),
        ("h", Some("h")),
    ] {
        cursor.seek(to.as_bytes()).unwrap();
        assert_eq!(key(&*cursor).as_deref(), expected, "{to}, descending");
    }
    cursor.advance().unwrap();
    assert_eq!(key(&*cursor).as_deref(), Some("g"));
}

#[test]
fn ex_4_9_a_cursor_counts_the_entries_that_it_came_to() {
    let both = both(Flavour::CopyOnWrite, &DEEP);
    let visited = || both.tree.counters().stats()[Counter::EntriesVisited];
    let mut cursor = both.tree.scan(KeyRange::all(), Order::Ascending).unwrap();
    assert_eq!(visited(), 1, "one where it was opened");
    rest(&mut *cursor).unwrap();
    drop(cursor);
    assert_eq!(visited(), 12);
    let mut cursor = both.tree.scan(KeyRange::all(), Order::Ascending).unwrap();
    cursor.advance().unwrap();
    drop(cursor);
    assert_eq!(visited(), 12 + 2, "one that ends within a leaf");
}

/// What a scan answers at last, when it has yielded so many entries.
fn ends(tree: &BTree<TestPages>, order: Order) -> (usize, Error) {
    let mut cursor = tree.scan(KeyRange::all(), order).unwrap();
    for yielded in 1..100 {
        let advanced = cursor.advance();
        if let Err(error) = advanced {
            assert!(cursor.entry().is_none());
            assert_eq!(cursor.advance(), Err(error.clone()), "an error is sticky");
            assert_eq!(cursor.seek(b""), Err(error.clone()), "an error is sticky");
            return (yielded, error);
        }
        assert!(
            cursor.entry().is_some(),
            "it ends after {yielded}, without an error"
        );
    }
    panic!("a scan without end");
}

#[track_caller]
fn is_damage_of(page: u64, error: &Error) {
    let Error::Corrupt { offset, .. } = error else {
        panic!("it is damage, and the answer was {error:?}");
    };
    assert_eq!(*offset, page, "the page that is named");
}

#[test]
fn ex_4_9_a_leaf_that_cannot_be_read_ends_a_scan_with_an_error() {
    let (tree, pages) = built_with_pages(Flavour::CopyOnWrite, &DEEP);
    tree.pages()
        .damage(pages[2][2], |bytes| fill(bytes, 0, &[]).unwrap());
    let (yielded, error) = ends(&tree, Order::Ascending);
    assert_eq!(yielded, 5);
    is_damage_of(pages[2][2].0, &error);
    let (yielded, error) = ends(&tree, Order::Descending);
    assert_eq!(yielded, 5);
    is_damage_of(pages[2][2].0, &error);
}

#[test]
fn ex_4_9_a_page_above_the_leaves_that_changed_its_level_is_damage() {
    // The walk comes back to where it turns: that page is on level 1.
    let (tree, pages) = built_with_pages(Flavour::CopyOnWrite, &DEEP);
    lead(&tree, pages[1][0], 1, pages[1][1]);
    let (yielded, error) = ends(&tree, Order::Ascending);
    assert_eq!(yielded, 2);
    is_damage_of(pages[1][1].0, &error);
}

#[test]
fn ex_4_9_a_scan_that_would_come_to_a_leaf_again_ends_with_an_error() {
    for order in [Order::Ascending, Order::Descending] {
        let (tree, pages) = built_with_pages(Flavour::CopyOnWrite, &DEEP);
        lead(&tree, pages[1][1], 1, pages[2][0]);
        lead(&tree, pages[1][0], 0, pages[2][3]);
        let (_, error) = ends(&tree, order);
        assert!(matches!(error, Error::Corrupt { .. }), "{error:?}");
    }
}

#[test]
fn ex_4_9_a_leaf_that_follows_itself_ends_a_scan_with_an_error() {
    for order in [Order::Ascending, Order::Descending] {
        let (tree, pages) = built_with_pages(Flavour::CopyOnWrite, &["· b", "a | b"]);
        lead(&tree, pages[0][0], 1, pages[1][0]);
        let (yielded, error) = ends(&tree, order);
        assert_eq!(yielded, 1, "its entry is yielded once");
        is_damage_of(pages[1][0].0, &error);
    }
}

#[test]
fn ex_4_9_a_tree_without_a_root_has_nothing_to_scan() {
    let empty = tree(Flavour::CopyOnWrite, 256);
    assert_eq!(scan(&empty, Unbounded, Unbounded, Order::Ascending), "");
    let one = built(Flavour::CopyOnWrite, &["a"]);
    assert_eq!(scan(&one, Unbounded, Unbounded, Order::Ascending), "a");
}

proptest! {
    #[test]
    fn ex_4_9_a_scan_yields_what_the_model_has_between_any_bounds_both_ways(
        puts in prop::collection::btree_map(short_key(), short_len(), 0..120),
        ranges in prop::collection::vec((bound(short_key()), bound(short_key()), prop::collection::vec(short_key(), 0..4)), 1..20),
    ) {
        for flavour in FLAVOURS {
            let mut both = Both::new(flavour, PAGE_BYTES);
            let puts: Vec<Change> = puts.iter().map(|(key, len)| Change::Put(key.clone(), *len)).collect();
            both.write(&puts);
            for (start, end, seeks) in &ranges {
                both.scans_as_the_model(borrowed(start), borrowed(end), seeks)?;
            }
        }
    }
}

#[test]
fn ex_4_9_a_scan_goes_on_where_it_was_when_pages_change_under_it() {
    let mut both = both(Flavour::InPlace, &DEEP);
    let mut yielded = BTreeMap::new();
    let tree = &both.tree;
    let mut cursor = tree.scan(KeyRange::all(), Order::Ascending).unwrap();
    let mut number = 0;
    while let Some((key, value)) = cursor.entry() {
        yielded.insert(key.to_vec(), value.to_vec());
        // After it, and in front of it.
        let key = String::from_utf8(key.to_vec()).unwrap();
        if key.len() == 1 && number < 12 {
            number += 1;
            for key in [format!("{key}{number}"), format!("A{number:02}")] {
                tree.write(&[engine::Write::put(&key, "passing")]).unwrap();
                both.model.insert(key.into_bytes(), b"passing".to_vec());
            }
        }
        cursor.advance().unwrap();
    }
    drop(cursor);
    let keys: Vec<String> = yielded
        .keys()
        .map(|key| key.escape_ascii().to_string())
        .collect();
    assert_eq!(keys.len(), 24, "{keys:?}");
    both.same();
}
