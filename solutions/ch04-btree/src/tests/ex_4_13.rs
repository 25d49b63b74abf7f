use proptest::prelude::*;

use super::hex::same_bytes;
use crate::stamp::{ANOTHER, NEWER, Stamp, TORN, prove, seal};

const STAMP: Stamp = Stamp {
    number: 0x0a0b_0c0d,
    commit: 0x0102_0304_0506_0708,
};

#[test]
fn ex_4_13_a_page_that_is_sealed_has_these_bytes() {
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
fn ex_4_13_a_page_is_proved_by_its_checksum_its_number_and_its_commit() {
    let mut page = vec![7; 40];
    STAMP.put_on(&mut page);
    seal(&mut page);
    let Stamp { number, commit } = STAMP;
    assert_eq!(prove(&page, number, commit), Ok(()));
    assert_eq!(prove(&page, number, u64::MAX), Ok(()));
    let another = Err(ANOTHER);
    assert_eq!(prove(&page, number + 1, commit), another);
    let newer = Err(NEWER);
    assert_eq!(prove(&page, number, commit - 1), newer);
    for offset in 0..page.len() {
        for bit in 0..8 {
            page[offset] ^= 1 << bit;
            let proved = prove(&page, number, commit);
            assert_eq!(proved, Err(TORN), "bit {bit} of byte {offset}");
            page[offset] ^= 1 << bit;
        }
    }
}

#[test]
fn ex_4_13_what_is_wrong_first_is_said() {
    let mut page = vec![7; 40];
    STAMP.put_on(&mut page);
    seal(&mut page);
    let Stamp { number, commit } = STAMP;
    assert_eq!(prove(&page, number + 1, commit - 1), Err(ANOTHER));
    page[39] ^= 1;
    assert_eq!(prove(&page, number + 1, commit - 1), Err(TORN));
}

#[test]
fn ex_4_13_a_seal_changes_the_checksum_alone() {
    let mut page: Vec<u8> = (0..64).collect();
    let before = page.clone();
    seal(&mut page);
    assert_eq!(page[4..], before[4..]);
    let sealed = page.clone();
    seal(&mut page);
    assert_eq!(page, sealed, "what was there before does not count");
}

proptest! {
    #[test]
    fn ex_4_13_a_page_of_noise_is_not_proved(page in prop::collection::vec(any::<u8>(), 16..80)) {
        let Stamp { number, commit } = Stamp::of(&page);
        prop_assert_eq!(prove(&page, number, commit), Err(TORN));
    }
}
