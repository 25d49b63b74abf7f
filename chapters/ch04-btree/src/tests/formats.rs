//! The bytes of the formats that are given, and bytes that are none.

use engine::page::{PageId, STORE_BYTES};
use proptest::prelude::*;

use super::hex::same_bytes;
use crate::free_list::ListPage;
use crate::node::Chain;
use crate::overflow::Piece;

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
fn a_page_of_the_free_list_has_these_bytes() {
    let mut page = vec![0; 40];
    let list = ListPage {
        number: 5,
        next: 9,
        numbers: vec![4, 0x0102_0304],
    };
    list.encode(8, &mut page);
    same_bytes(
        &page,
        &[
            ("00 00 00 00 05 00 00 00 08 00 00 00 00 00 00 00", "stamp"),
            ("04", "kind"),
            ("00 00 00", "zeros"),
            ("09 00 00 00", "next"),
            ("02 00 00 00", "count"),
            ("04 00 00 00", "numbers"),
            ("04 03 02 01", "numbers"),
            ("00 00 00 00", "room"),
        ],
    );
    assert_eq!(ListPage::decode(&page, 3..u32::MAX), Ok(list));
    assert_eq!(ListPage::room(page.len()), 3);
    assert_eq!(ListPage::room(4096), 1017);
}

#[test]
fn a_page_of_the_free_list_names_no_page_that_is_not_there() {
    let decoded = |next, numbers: &[u32], count: u8| {
        let mut page = vec![0; 40];
        let numbers = numbers.to_vec();
        let list = ListPage {
            number: 5,
            next,
            numbers,
        };
        list.encode(8, &mut page);
        page[24] = count;
        ListPage::decode(&page, 3..10).map(|list| list.numbers)
    };
    assert_eq!(decoded(0, &[3, 9], 2), Ok(vec![3, 9]));
    assert_eq!(decoded(9, &[3, 9], 1), Ok(vec![3]));
    let not_there = Err("the list names a page that is not there");
    assert_eq!(decoded(0, &[2], 1), not_there);
    assert_eq!(decoded(0, &[3, 10], 2), not_there);
    assert_eq!(
        decoded(10, &[], 0),
        Err("the list goes on where no page is")
    );
    assert_eq!(decoded(2, &[], 0), Err("the list goes on where no page is"));
    assert_eq!(decoded(0, &[], 4), Err("the list is longer than its page"));
}

#[test]
fn a_page_of_another_kind_is_none_of_the_free_list() {
    let mut page = vec![0; 40];
    let list = ListPage {
        number: 5,
        next: 0,
        numbers: vec![4],
    };
    list.encode(8, &mut page);
    for kind in (0..=255).filter(|kind| *kind != 4) {
        page[16] = kind;
        let decoded = ListPage::decode(&page, 3..10);
        assert_eq!(decoded, Err("this is no page of the free list"), "{kind}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_a_decoder_panic(page in prop::collection::vec(any::<u8>(), 24..80), len in 0..100_usize) {
        let _ = ListPage::decode(&page, 3..1000);
        let _ = Piece::decode(&page, len);
        let _ = Chain::decode(&page[..12]);
    }
}
