use engine::disk::Lent;
use engine::{Error, Write};

use crate::hint::Hint;
use crate::store::{RECORDS_BYTES_MAX, batch_len};

#[test]
fn a_batch_may_be_so_long_as_records_and_no_longer() {
    // The same bytes time and again: only what they weigh matters.
    let value = vec![b'v'; 16 << 20];
    let mut batch = [Write::Put {
        key: b"",
        value: &value,
    }; 64];
    let refused = batch_len(&batch, None);
    let bytes = 64 * (11 + value.len());
    let expected = Error::TooLarge {
        what: "batch",
        bytes,
        bytes_max: 1 << 30,
    };
    assert_eq!(
        refused,
        Err(expected),
        "64 values of 16 MiB and their heads"
    );
    batch[0] = Write::Put {
        key: b"",
        value: &value[64 * 11..],
    };
    assert_eq!(batch_len(&batch, None), Ok(RECORDS_BYTES_MAX), "1 GiB");
}

/// An opening makes room for so many at once.
#[test]
fn a_hint_tells_of_no_more_keys_than_it_has_room_for() {
    let mut bytes = Hint::new(7, 39, Vec::new()).bytes().to_vec();
    bytes[24..32].fill(0xff);
    let crc32 = crc32fast::hash(&bytes[16..]);
    bytes[12..16].copy_from_slice(&crc32.to_le_bytes());
    let hint = Hint::decode(7, Lent::in_place(&bytes)).unwrap();
    assert_eq!((hint.count(), hint.entries().count()), (0, 0));
}
