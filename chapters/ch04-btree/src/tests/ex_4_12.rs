use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use engine::page::{PageGroup, PageId, PageRead, PageStore};
use engine::{Counters, Error, KeyRange, Order, Write};
use proptest::prelude::*;

use super::pages::{FLAVOURS, Flavour, TestPages};
use super::threads::whenever_it_asks;
use super::trees::{
    Both, Change, PAGE_BYTES, borrowed, bound, change, entries, get, key, value_len,
};
use crate::BTree;
use crate::node::Chain;
use crate::overflow::{self, PIECE_AT, Piece};

/// As many bytes of a value as a page has room for.
const PIECE: usize = PAGE_BYTES - PIECE_AT;

/// Bytes none of which is like those around it.
fn value(len: usize) -> Vec<u8> {
    (0..251).cycle().step_by(7).take(len).collect()
}

/// A group in which a value was put.
fn put(pages: &TestPages, value: &[u8]) -> (Chain, Vec<PageId>) {
    let before = pages.numbers();
    let mut group = pages.begin().unwrap();
    let chain = overflow::put(&mut group, PAGE_BYTES, value).unwrap();
    group.commit().unwrap();
    let numbers = pages.numbers();
    (chain, numbers.difference(&before).copied().collect())
}

fn gathered(pages: &TestPages, chain: Chain) -> Result<Vec<u8>, Error> {
    let mut value = b"what was there before".to_vec();
    let mut read = pages.read().unwrap();
    read.root();
    overflow::gather(&mut read, chain, &mut value).map(|()| value)
}

#[test]
fn ex_4_12_a_value_comes_back_from_as_few_pages_as_it_takes() {
    for (len, expected) in [
        (1, 1),
        (PIECE - 1, 1),
        (PIECE, 1),
        (PIECE + 1, 2),
        (2 * PIECE, 2),
        (5 * PIECE + 7, 6),
    ] {
        let pages = TestPages::new(Flavour::CopyOnWrite, PAGE_BYTES);
        let value = value(len);
        let (chain, new) = put(&pages, &value);
        assert_eq!((chain.len, new.len()), (len, expected), "{len} bytes");
        assert_eq!(gathered(&pages, chain), Ok(value), "{len} bytes");
        let loaded = pages.loaded_by(|| drop(gathered(&pages, chain)));
        assert_eq!(loaded, expected, "{len} bytes: each page is read once");
    }
}

#[test]
fn ex_4_12_each_piece_but_the_last_fills_its_page() {
    let pages = TestPages::new(Flavour::CopyOnWrite, PAGE_BYTES);
    let value = value(2 * PIECE + 5);
    let (chain, _) = put(&pages, &value);
    let (mut page, mut missing) = (chain.first, value.len());
    for len in [PIECE, PIECE, 5] {
        let bytes = pages.page(page);
        let piece = Piece::decode(&bytes, missing).unwrap();
        let from = value.len() - missing;
        assert_eq!(piece.bytes, &value[from..from + len]);
        (page, missing) = (piece.next, missing - len);
    }
    assert_eq!(
        (missing, page),
        (0, PageId(0)),
        "the last one leads nowhere"
    );
}

#[test]
fn ex_4_12_a_value_that_is_freed_gives_back_all_its_pages_and_no_other() {
    let pages = TestPages::new(Flavour::CopyOnWrite, PAGE_BYTES);
    let (other, left) = put(&pages, &value(500));
    let (chain, _) = put(&pages, &value(700));
    let mut group = pages.begin().unwrap();
    overflow::free(&mut group, chain).unwrap();
    group.commit().unwrap();
    assert_eq!(pages.numbers(), left.into_iter().collect());
    assert_eq!(gathered(&pages, other), Ok(value(500)));
}

#[test]
fn ex_4_12_a_chain_that_does_not_go_on_is_damage() {
    let pages = TestPages::new(Flavour::InPlace, PAGE_BYTES);
    let (chain, new) = put(&pages, &value(3 * PIECE));
    let second = {
        let bytes = pages.page(chain.first);
        Piece::decode(&bytes, chain.len).unwrap().next
    };
    for (at, byte) in [(16, 1), (20, 1), (21, 77)] {
        let before = pages.page(second);
        pages.damage(second, |bytes| bytes[at] ^= byte);
        let Err(Error::Corrupt { offset, .. }) = gathered(&pages, chain) else {
            panic!("byte {at} was changed, and nobody has noticed");
        };
        assert_eq!(offset, second.0, "the page that is named");
        let mut group = pages.begin().unwrap();
        let freed = overflow::free(&mut group, chain);
        let Err(Error::Corrupt { offset, .. }) = freed else {
            panic!("byte {at} was changed: {freed:?}");
        };
        assert_eq!(offset, second.0, "the page that is named");
        drop(group);
        assert_eq!(pages.numbers().len(), new.len());
        pages.damage(second, |bytes| bytes.copy_from_slice(&before));
    }
    // A chain that leads back to its beginning, or nowhere.
    for next in [chain.first.0, 1000] {
        pages.damage(second, |bytes| {
            bytes[24..32].copy_from_slice(&next.to_le_bytes());
        });
        assert!(
            matches!(gathered(&pages, chain), Err(Error::Corrupt { .. })),
            "{next}"
        );
    }
}

/// How long a value is stands in the file: nobody makes room for so much before
/// it is there.
#[test]
fn ex_4_12_a_length_that_is_damaged_takes_no_memory() {
    let pages = TestPages::new(Flavour::CopyOnWrite, PAGE_BYTES);
    let (chain, _) = put(&pages, &value(3 * PIECE));
    let chain = Chain {
        len: 1 << 30,
        ..chain
    };
    let taken = allocation_counter::measure(|| {
        assert!(matches!(
            gathered(&pages, chain),
            Err(Error::Corrupt { .. })
        ));
    });
    assert!(taken.bytes_max < 1 << 20, "{} bytes", taken.bytes_max);
}

#[test]
fn ex_4_12_a_long_value_fills_its_pages_and_ends_in_the_last() {
    let pages = TestPages::new(Flavour::CopyOnWrite, PAGE_BYTES);
    let tree = BTree::new(pages, Arc::new(Counters::new()));
    for (len, expected) in [(PIECE, 1), (PIECE + 1, 2), (3 * PIECE, 3)] {
        let value = vec![b'v'; len];
        tree.write(&[Write::put("key", &value)]).unwrap();
        let checked = tree.check().unwrap();
        assert_eq!(checked.overflow, expected, "{len} bytes");
        assert_eq!(checked.pages, tree.pages().numbers());
        assert_eq!(get(&tree, b"key"), Ok(Some(value)));
    }
    tree.write(&[Write::put("key", "short")]).unwrap();
    assert_eq!(tree.check().unwrap().overflow, 0);
    assert_eq!(tree.pages().numbers().len(), 1);
}

#[test]
fn ex_4_12_the_longest_key_and_value_are_taken_and_longer_ones_are_not() {
    for flavour in FLAVOURS {
        let mut both = Both::new(flavour, PAGE_BYTES);
        let limits = both.tree.limits();
        let longest = "k".repeat(limits.key_bytes_max);
        for number in 0..20 {
            let mut key = longest.clone();
            key.replace_range(..2, &format!("{number:02}"));
            both.write(&[Change::Put(key.clone(), number * 3), Change::Put(key, 400)]);
            both.same();
        }
        let longer = format!("{longest}k");
        let refused = both
            .tree
            .write(&[Write::delete("00"), Write::put(&longer, "")]);
        assert!(matches!(refused, Err(Error::TooLarge { what: "key", .. })));
        both.same();
        assert_eq!(get(&both.tree, longer.as_bytes()).unwrap(), None);
    }
}

proptest! {
    #[test]
    fn ex_4_12_a_tree_is_sound_after_every_batch_and_holds_what_the_model_does(
        batches in prop::collection::vec(prop::collection::vec(change(), 1..6), 1..60),
        page_bytes in 256..600_usize,
    ) {
        for flavour in FLAVOURS {
            let mut both = Both::new(flavour, page_bytes);
            for batch in &batches {
                both.write(batch);
                both.same();
                for change in batch {
                    let (Change::Put(key, _) | Change::Delete(key)) = change;
                    let expected = both.model.get(key.as_bytes()).cloned();
                    prop_assert_eq!(get(&both.tree, key.as_bytes()).unwrap(), expected);
                }
            }
            both.scans_the_same();
        }
    }

    #[test]
    fn ex_4_12_a_tree_that_grew_and_shrank_to_nothing_has_no_page(
        puts in prop::collection::btree_map(key(), value_len(), 1..120),
        seed in any::<u64>(),
    ) {
        for flavour in FLAVOURS {
            Both::with(flavour, &puts).delete_all(seed);
        }
    }

    #[test]
    fn ex_4_12_a_scan_yields_what_the_model_has_between_any_bounds_both_ways(
        puts in prop::collection::btree_map(key(), value_len(), 0..120),
        ranges in prop::collection::vec((bound(key()), bound(key()), prop::collection::vec(key(), 0..4)), 1..20),
    ) {
        for flavour in FLAVOURS {
            let both = Both::with(flavour, &puts);
            for (start, end, seeks) in &ranges {
                both.scans_as_the_model(borrowed(start), borrowed(end), seeks)?;
            }
        }
    }

    #[test]
    fn ex_4_12_a_batch_that_finds_no_room_changes_nothing(
        puts in prop::collection::btree_map(key(), value_len(), 1..60),
        batch in prop::collection::vec(change(), 1..20),
        room in 0..12_usize,
    ) {
        for flavour in FLAVOURS {
            Both::with(flavour, &puts).refuses_whole(&batch, room)?;
        }
    }
}

/// Pages change in place between any two that a scan loads, those of a long value
/// included. It walks anew then, and nothing comes twice.
#[test]
fn ex_4_12_a_scan_goes_on_where_pages_were_changed_in_the_middle_of_a_long_value() {
    let keys: Vec<String> = (0..12).map(|number| format!("{number:02}")).collect();
    let len = |key: &String| {
        if key.ends_with(['1', '4', '7']) {
            600
        } else {
            12
        }
    };
    let puts: BTreeMap<String, usize> = keys.iter().map(|key| (key.clone(), len(key))).collect();
    for order in [Order::Ascending, Order::Descending] {
        for at in 0.. {
            let both = Rc::new(Both::with(Flavour::InPlace, &puts));
            let mut expected: Vec<_> = both.model.clone().into_iter().collect();
            if order == Order::Descending {
                expected.reverse();
            }
            let asked = Rc::new(Cell::new(0));
            let (writer, count) = (Rc::clone(&both), Rc::clone(&asked));
            let meanwhile = move || {
                if count.replace(count.get() + 1) == at {
                    let (key, value) = (b"00", &writer.model[&b"00"[..]]);
                    writer.tree.write(&[Write::put(key, value)]).unwrap();
                }
            };
            let scan = || entries(&both.tree, KeyRange::all(), order);
            let found = whenever_it_asks(meanwhile, scan).unwrap();
            let keys = found.iter().map(|(key, _)| key.escape_ascii().to_string());
            assert!(
                found == expected,
                "{order:?}, pages change before lock {at} is taken: {:?}",
                keys.collect::<Vec<_>>()
            );
            if asked.get() <= at {
                assert!(at > 30, "only {at} locks were asked for");
                break;
            }
        }
    }
}
