//! Whole numbers in as few bytes as they need.
//!
//! Seven bits stand in a byte, the lowest first, and the highest bit of a byte
//! says that another follows: 0 to 127 take one byte, and most lengths are
//! such numbers.

/// The most bytes that a number takes.
pub const BYTES_MAX: usize = 10;

/// The bit that says that another byte follows.
const GOES_ON: u8 = 0x80;

/// Appends `number`.
pub fn append(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= u64::from(GOES_ON) {
        let [low, ..] = number.to_le_bytes();
        bytes.push(low | GOES_ON);
        number >>= 7;
    }
    let [low, ..] = number.to_le_bytes();
    bytes.push(low);
}

/// Takes the number with which `bytes` begin off them; `None` where they end
/// before it does, or where it has more than 64 bits.
#[inline]
pub fn take(bytes: &mut &[u8]) -> Option<u64> {
    let (first, rest) = bytes.split_first()?;
    *bytes = rest;
    if *first < GOES_ON {
        return Some(u64::from(*first));
    }
    take_rest(bytes, first & !GOES_ON)
}

/// Takes what follows the first byte, whose seven bits are `low`.
fn take_rest(bytes: &mut &[u8], low: u8) -> Option<u64> {
    let mut number = u64::from(low);
    for shift in (7..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let bits = u64::from(byte & !GOES_ON);
        if bits << shift >> shift != bits {
            return None;
        }
        number |= bits << shift;
        if *byte < GOES_ON {
            return Some(number);
        }
    }
    None
}
