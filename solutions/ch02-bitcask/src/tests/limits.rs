use engine::{Error, Write};

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
