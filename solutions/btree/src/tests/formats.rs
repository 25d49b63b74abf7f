//! The bytes of each kind of page.

use std::sync::Arc;

use engine::page::{PageId, PageStore, STORE_BYTES};
use engine::{Counters, Write};

use super::hex::same_bytes;
use super::pages::{Flavour, TestPages};
use crate::BTree;
use crate::node::{Chain, child_cell};
use crate::overflow::{self, Piece};
use crate::slotted::{Cell, fill, insert};

const PAGE_BYTES: usize = 256;

fn cell<'c>(key: &'c str, rest: &'c str) -> Cell<'c> {
    Cell {
        key: key.as_bytes(),
        rest: rest.as_bytes(),
        is_chained: false,
    }
}

#[test]
fn the_bytes_of_a_leaf() {
    let mut page = vec![0; PAGE_BYTES];
    fill(&mut page, 0, &[cell("apple", "green")]).unwrap();
    assert!(insert(&mut page, 1, &cell("apricots", "")).unwrap());
    let slots_end = 26 + 2 * 6;
    let cells = PAGE_BYTES - 12 - 14;
    same_bytes(
        &page[..slots_end],
        &[
            ("00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00", "store"),
            ("01", "kind"),
            ("00", "level"),
            ("02 00", "count"),
            ("e6 00", "cells"),
            ("00 00", "garbage"),
            ("02 00", "shared"),
            ("f2 00", "offset of the first cell"),
            ("70 6c 65 00", "head of the first key: ple"),
            ("e6 00", "offset of the second cell"),
            ("72 69 63 6f", "head of the second key: rico"),
        ],
    );
    assert!(page[slots_end..cells].iter().all(|byte| *byte == 0));
    same_bytes(
        &page[cells..],
        &[
            ("08 00", "key_len of the second cell"),
            ("00 00", "rest_len"),
            ("61 70 72 69 63 6f 74 73", "key"),
            ("05 00", "key_len of the first cell"),
            ("05 00", "rest_len"),
            ("61 70 70 6c 65", "key"),
            ("67 72 65 65 6e", "rest"),
        ],
    );
}

#[test]
fn the_bytes_of_a_page_above_the_leaves() {
    let (left, right) = (7_u64.to_le_bytes(), 0x0102_0304_u64.to_le_bytes());
    let mut page = vec![0; PAGE_BYTES];
    let cells = [child_cell(b"", &left), child_cell(b"m", &right)];
    fill(&mut page, 3, &cells).unwrap();
    same_bytes(
        &page[STORE_BYTES..38],
        &[
            ("02", "kind"),
            ("03", "level"),
            ("02 00", "count"),
            ("e7 00", "cells"),
            ("00 00", "garbage"),
            ("01 00", "shared: of the one key there is, all"),
            ("f4 00", "offset of the first cell"),
            ("00 00 00 00", "head of the empty key"),
            ("e7 00", "offset of the second cell"),
            ("00 00 00 00", "head of m behind what is shared"),
        ],
    );
    same_bytes(
        &page[PAGE_BYTES - 25..],
        &[
            ("01 00", "key_len of the second cell"),
            ("08 00", "rest_len"),
            ("6d", "key"),
            ("04 03 02 01 00 00 00 00", "child"),
            ("00 00", "key_len of the first cell"),
            ("08 00", "rest_len"),
            ("07 00 00 00 00 00 00 00", "child"),
        ],
    );
}

#[test]
fn the_bytes_of_an_overflow_page() {
    let mut page = vec![0; 40];
    let piece = Piece {
        len: 0x0001_0008,
        next: PageId(0x1234),
        bytes: b"12345678",
    };
    piece.encode(&mut page);
    same_bytes(
        &page[STORE_BYTES..],
        &[
            ("03", "kind"),
            ("00 00 00", "zeros"),
            ("08 00 01 00", "len"),
            ("34 12 00 00 00 00 00 00", "next"),
            ("31 32 33 34 35 36 37 38", "piece"),
        ],
    );
    assert_eq!(Piece::decode(&page, 0x0001_0008), Ok(piece));
    assert!(Piece::decode(&page, 0x0001_0007).is_err());
}

#[test]
fn the_bytes_that_stand_for_a_long_value() {
    let chain = Chain {
        len: 0x0102_0304 >> 4,
        first: PageId(0x1122),
    };
    same_bytes(
        &chain.to_bytes(),
        &[("30 20 10 00", "len"), ("22 11 00 00 00 00 00 00", "first")],
    );
    assert_eq!(Chain::decode(&chain.to_bytes()), Ok(chain));
    assert!(Chain::decode(&chain.to_bytes()[1..]).is_err());
    assert!(
        Chain::decode(&[0; 12]).is_err(),
        "no value of 0 bytes has a chain"
    );
    assert!(Chain::decode(&[0xff; 12]).is_err());
}

#[test]
fn a_long_value_fills_its_pages_and_ends_in_the_last() {
    let pages = TestPages::new(Flavour::CopyOnWrite, PAGE_BYTES);
    let tree = BTree::new(pages, Arc::new(Counters::new()));
    let piece_bytes = PAGE_BYTES - overflow::PIECE_AT;
    for (len, expected) in [(piece_bytes, 1), (piece_bytes + 1, 2), (3 * piece_bytes, 3)] {
        let value = vec![b'v'; len];
        tree.write(&[Write::put("key", &value)]).unwrap();
        let checked = tree.check().unwrap();
        assert_eq!(checked.overflow, expected, "{len} bytes");
        assert_eq!(checked.pages, tree.pages().numbers());
        assert_eq!(tree.pages().page_bytes(), PAGE_BYTES);
    }
    tree.write(&[Write::put("key", "short")]).unwrap();
    assert_eq!(tree.check().unwrap().overflow, 0);
    assert_eq!(tree.pages().numbers().len(), 1);
}
