use proptest::prelude::*;

use super::hex::same_bytes;
use crate::varint;

fn encoded(number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    varint::append(&mut bytes, number);
    bytes
}

#[test]
fn the_bytes_of_numbers() {
    let mut bytes = Vec::new();
    for number in [0, 127, 128, 300, u64::MAX] {
        varint::append(&mut bytes, number);
    }
    same_bytes(
        &bytes,
        &[
            ("00", "number 0"),
            ("7f", "number 127"),
            ("80 01", "number 128"),
            ("ac 02", "number 300"),
            ("ff ff ff ff ff ff ff ff ff 01", "largest number"),
        ],
    );
}

#[test]
fn a_number_that_is_cut_off_is_none() {
    let whole = encoded(u64::MAX);
    assert_eq!(whole.len(), varint::BYTES_MAX);
    for len in 0..whole.len() {
        assert_eq!(varint::take(&mut &whole[..len]), None, "{len} bytes");
    }
}

#[test]
fn a_number_of_more_than_64_bits_is_none() {
    for last in [0x02, 0x03, 0x7f, 0x81, 0xff] {
        let mut bytes = [0xff; 10];
        bytes[9] = last;
        assert_eq!(varint::take(&mut &bytes[..]), None, "{last:#04x}");
    }
}

proptest! {
    #[test]
    fn numbers_come_back_in_the_order_in_which_they_were_appended(
        numbers in prop::collection::vec((any::<u64>(), 0..64_u32), 0..20),
    ) {
        // Of every length, short ones as often as long ones.
        let numbers: Vec<u64> = numbers.iter().map(|(number, shift)| number >> shift).collect();
        let mut bytes = Vec::new();
        for number in &numbers {
            varint::append(&mut bytes, *number);
        }
        let mut rest = &bytes[..];
        for number in &numbers {
            prop_assert_eq!(varint::take(&mut rest), Some(*number));
        }
        prop_assert!(rest.is_empty());
    }

    #[test]
    fn bytes_of_any_kind_are_a_number_or_none(bytes in prop::collection::vec(any::<u8>(), 0..12)) {
        let mut rest = &bytes[..];
        if varint::take(&mut rest).is_some() {
            let taken = bytes.len() - rest.len();
            prop_assert!((1..=varint::BYTES_MAX).contains(&taken));
            prop_assert!(bytes[taken - 1] < 0x80);
        }
    }
}
