//! The formats, byte by byte, and bytes that are none.

use proptest::prelude::*;

use super::same_bytes;
use crate::free_list::ListPage;
use crate::meta::{META_BYTES, Meta, MetaBytes};
use crate::stamp::{Stamp, prove, seal};
use engine::Error;

const STAMP: Stamp = Stamp {
    number: 0x0a0b_0c0d,
    commit: 0x0102_0304_0506_0708,
};

const META: Meta = Meta {
    page_bytes: 4096,
    pages: 0x0102_0304,
    commit: 0x0506_0708_090a_0b0c,
    root: 0x0100_0005,
    free_head: 0x0100_0006,
    free_count: 7,
};

#[test]
fn a_stamp_has_these_bytes() {
    let mut page = b"0123456789abcdefkeys".to_vec();
    STAMP.put_on(&mut page);
    seal(&mut page);
    same_bytes(
        &page,
        &[
            ("7a ac 1d ed", "crc32"),
            ("0d 0c 0b 0a", "number"),
            ("08 07 06 05 04 03 02 01", "commit"),
            ("6b 65 79 73", "page"),
        ],
    );
    assert_eq!(Stamp::of(&page), STAMP);
}

#[test]
fn a_page_is_proved_by_its_checksum_its_number_and_its_commit() {
    let mut page = vec![7; 40];
    STAMP.put_on(&mut page);
    seal(&mut page);
    let Stamp { number, commit } = STAMP;
    assert_eq!(prove(&page, number, commit), Ok(()));
    assert_eq!(prove(&page, number, u64::MAX), Ok(()));
    let another = Err("this is another page");
    assert_eq!(prove(&page, number + 1, commit), another);
    let newer = Err("the page is newer than the meta page");
    assert_eq!(prove(&page, number, commit - 1), newer);
    for offset in 0..page.len() {
        for bit in 0..8 {
            page[offset] ^= 1 << bit;
            let proved = prove(&page, number, commit);
            assert!(proved.is_err(), "bit {bit} of byte {offset}");
            page[offset] ^= 1 << bit;
        }
    }
}

#[test]
fn a_meta_page_has_these_bytes() {
    same_bytes(
        &META.to_bytes(),
        &[
            ("53 54 52 41 54 41 2d 34", "magic"),
            ("01 00 00 00", "version"),
            ("78 c5 60 9e", "crc32"),
            ("00 10 00 00", "page_bytes"),
            ("04 03 02 01", "pages"),
            ("0c 0b 0a 09 08 07 06 05", "commit"),
            ("05 00 00 01", "root"),
            ("06 00 00 01", "free_head"),
            ("07 00 00 00", "free_count"),
        ],
    );
    assert_eq!(Meta::decode(&META.to_bytes(), 0), Ok(META));
}

#[test]
fn a_flip_of_any_bit_of_a_meta_page_is_found() {
    for offset in 0..META_BYTES {
        for bit in 0..8 {
            let mut bytes = META.to_bytes();
            bytes[offset] ^= 1 << bit;
            match Meta::decode(&bytes, 4096) {
                Err(Error::Version { supported: 1, .. }) if (8..12).contains(&offset) => {}
                Err(Error::Corrupt { offset: at, .. }) => assert!(at == 4096 || at == 4108),
                other => panic!("bit {bit} of byte {offset}: {other:?}"),
            }
        }
    }
}

#[test]
fn a_meta_page_names_no_page_that_is_not_there() {
    for wrong in [
        Meta { pages: 2, ..META },
        Meta { root: 2, ..META },
        Meta {
            root: META.pages,
            ..META
        },
        Meta {
            free_head: META.pages,
            ..META
        },
    ] {
        let decoded = Meta::decode(&wrong.to_bytes(), 0);
        assert!(matches!(decoded, Err(Error::Corrupt { .. })), "{wrong:?}");
    }
    let empty = Meta {
        pages: 3,
        root: 0,
        free_head: 0,
        ..META
    };
    assert_eq!(Meta::decode(&empty.to_bytes(), 0), Ok(empty));
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
            ("09 00 00 00", "next"),
            ("02 00 00 00", "count"),
            ("04 00 00 00", "numbers"),
            ("04 03 02 01", "numbers"),
            ("00 00 00 00 00 00 00 00", "room"),
        ],
    );
    assert_eq!(ListPage::decode(&page, 3..u32::MAX), Ok(list));
    assert_eq!(ListPage::room(page.len()), 4);
    assert_eq!(ListPage::room(4096), 1018);
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
        page[20] = count;
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
    assert_eq!(decoded(0, &[], 5), Err("the list is longer than its page"));
}

proptest! {
    #[test]
    fn no_bytes_make_a_decoder_panic(bytes: [u8; 32], page in prop::collection::vec(any::<u8>(), 24..80)) {
        let mut meta: MetaBytes = META.to_bytes();
        meta[12..].copy_from_slice(&bytes);
        let _ = Meta::decode(&meta, 0);
        let _ = ListPage::decode(&page, 3..1000);
        let _ = prove(&page, 1, 1);
    }
}
