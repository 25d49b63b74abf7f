//! Values that say which write they come from.

/// The value of the write `stamp`. It consists of nothing but the stamp, again
/// and again, and some are longer than others: what was torn from two writes
/// is the value of none.
pub(crate) fn value_of(stamp: u32) -> Vec<u8> {
    let times = [1, 3, 40][stamp as usize % 3];
    stamp.to_le_bytes().repeat(times)
}

/// The write that `value` comes from, if it comes from one.
pub(crate) fn stamp_of(value: &[u8]) -> Option<u32> {
    let stamp = u32::from_le_bytes(*value.first_chunk()?);
    (value == value_of(stamp)).then_some(stamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_torn_comes_from_no_write() {
        for stamp in [0, 1, 2, 513, u32::MAX] {
            let value = value_of(stamp);
            assert_eq!(stamp_of(&value), Some(stamp));
            assert_eq!(stamp_of(&value[1..]), None);
            let mut torn = value.clone();
            torn.extend(value_of(stamp ^ 1));
            assert_eq!(stamp_of(&torn), None);
        }
        assert_eq!(stamp_of(b""), None);
    }
}
