//! Bytes in hex, row by row.

/// Panics where bytes are not those of the rows: each is bytes in hex, and
/// what they are.
#[track_caller]
pub(super) fn same_bytes(bytes: &[u8], rows: &[(&str, &str)]) {
    let mut offset = 0;
    for (expected, field) in rows {
        let len = expected.split_whitespace().count();
        let behind = bytes[offset.min(bytes.len())..].iter();
        let found: Vec<String> = behind.take(len).map(|byte| format!("{byte:02x}")).collect();
        let found = found.join(" ");
        assert_eq!(found, *expected, "the {field}, at {offset}, in hex");
        offset += len;
    }
    assert_eq!(bytes.len(), offset, "after the last row nothing stands");
}
