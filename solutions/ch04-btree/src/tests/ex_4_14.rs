use proptest::prelude::*;

use super::hex::same_bytes;
use super::metas::meta;
use crate::meta::{META_BYTES, Meta, MetaBytes, Metas};
use engine::Error;

const META: Meta = Meta {
    page_bytes: 4096,
    pages: 0x0102_0304,
    commit: 0x0506_0708_090a_0b0c,
    root: 0x0100_0005,
    free_head: 0x0100_0006,
    free_count: 7,
};

#[test]
fn ex_4_14_a_meta_page_has_these_bytes() {
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
fn ex_4_14_a_flip_of_any_bit_of_a_meta_page_is_found() {
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
fn ex_4_14_a_meta_page_names_no_page_that_is_not_there() {
    for wrong in [
        Meta {
            pages: 2,
            root: 0,
            free_head: 0,
            ..META
        },
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
fn ex_4_14_the_newest_counts_and_the_oldest_is_written_over() {
    for (metas, newest, oldest) in [
        ([meta(7), meta(8), meta(9)], meta(9), 0),
        ([meta(10), meta(8), meta(9)], meta(10), 1),
        ([meta(10), meta(11), meta(9)], meta(11), 2),
        ([meta(9), None, meta(8)], meta(9), 1),
        ([None, None, meta(8)], meta(8), 0),
        ([meta(9), meta(9), meta(9)], meta(9), 0),
        // Of two that are the same, the one after the other.
        ([meta(10), meta(9), meta(9)], meta(10), 2),
        ([meta(9), meta(9), meta(10)], meta(10), 1),
        ([meta(9), meta(10), meta(9)], meta(10), 0),
        ([meta(9), meta(9), meta(8)], meta(9), 2),
        ([meta(9), meta(8), meta(9)], meta(9), 1),
        ([meta(9), meta(9), None], meta(9), 2),
        ([meta(9), None, None], meta(9), 1),
        ([None, None, None], None, 0),
    ] {
        let metas = Metas(metas);
        assert_eq!(metas.newest(), newest, "{metas:?}");
        assert_eq!(metas.oldest(), oldest, "{metas:?}");
    }
}

#[test]
fn ex_4_14_what_is_wrong_first_is_said() {
    let wrong = |change: fn(&mut MetaBytes)| {
        let mut bytes = META.to_bytes();
        change(&mut bytes);
        match Meta::decode(&bytes, 8192) {
            Err(Error::Corrupt { file, offset, .. }) => format!("{file} at {offset}"),
            Err(Error::Version {
                found, supported, ..
            }) => format!("{found} for {supported}"),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(wrong(|bytes| bytes[0] = b's'), "pages at 8192");
    assert_eq!(wrong(|bytes| bytes[..20].fill(0)), "pages at 8192");
    assert_eq!(
        wrong(|bytes| bytes[8] = 2),
        "2 for 1",
        "its checksum may be another"
    );
    assert_eq!(wrong(|bytes| bytes[16] = 2), "pages at 8204");
}

proptest! {
    #[test]
    fn ex_4_14_no_bytes_make_a_meta_page_panic(noise: [u8; 32]) {
        let mut meta: MetaBytes = META.to_bytes();
        meta[12..].copy_from_slice(&noise);
        let _ = Meta::decode(&meta, 0);
    }

    #[test]
    fn ex_4_14_every_meta_page_comes_back(
        page_bytes: u32, pages in 3_u32.., commit: u64, root: u32, free_head: u32, free_count: u32,
    ) {
        let page = |number: u32| if number.is_multiple_of(5) { 0 } else { 3 + number % (pages - 2).max(1) };
        let (root, free_head) = (page(root), page(free_head));
        prop_assume!(root < pages && free_head < pages);
        let meta = Meta { page_bytes, pages, commit, root, free_head, free_count };
        prop_assert_eq!(Meta::decode(&meta.to_bytes(), 0), Ok(meta));
    }
}
