//! The entries that are stored: keys and values that tell where they come
//! from, so that every answer can be checked.

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

/// The length of every key, in bytes.
pub const KEY_BYTES: usize = 16;

/// A key: a number in 16 decimal digits, so that keys sort as their numbers do.
pub type Key = [u8; KEY_BYTES];

/// The key of the entry with that number. Entries have the even numbers among
/// the keys; the odd ones lie between them and are never stored.
pub fn key(number: u64) -> Key {
    digits(2 * number)
}

/// A key that no entry has, just after that of the entry with this number.
pub fn missing_key(number: u64) -> Key {
    digits(2 * number + 1)
}

/// The number of the entry with that key, if it can be one's.
pub fn number(key: &[u8]) -> Option<u64> {
    let digits: &Key = key.try_into().ok()?;
    let number = digits.iter().try_fold(0, |number: u64, digit| {
        digit
            .is_ascii_digit()
            .then(|| 10 * number + u64::from(digit - b'0'))
    })?;
    (number % 2 == 0).then_some(number / 2)
}

fn digits(mut number: u64) -> Key {
    let mut key = [b'0'; KEY_BYTES];
    for digit in key.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10).expect("a digit is below 10");
        number /= 10;
    }
    key
}

/// Makes the values: `bytes` long, half of them random and half of them zeros,
/// so that a store that compresses can halve them.
///
/// A value says which entry it belongs to and which version of it, so that a
/// store cannot answer with a neighbour's or with an older one unnoticed.
#[derive(Debug)]
pub struct Values {
    bytes: usize,
    /// Random bytes, of which each value takes a stretch.
    pool: Vec<u8>,
}

/// The bytes of the entry's number and of its version in front of a value.
const HEAD: usize = 16;
const POOL: usize = 1 << 16;

impl Values {
    /// The shortest value that says where it comes from.
    pub const BYTES_MIN: usize = HEAD;

    /// Values of that many bytes, at least [`BYTES_MIN`](Self::BYTES_MIN).
    pub fn new(bytes: usize) -> Self {
        assert!(bytes >= HEAD, "a value has room for its head");
        let mut pool = vec![0; POOL + bytes];
        Xoshiro256PlusPlus::seed_from_u64(0x5741_7461).fill(pool.as_mut_slice());
        Values { bytes, pool }
    }

    /// The length of each of them.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Puts into `value` what the entry holds in that version.
    pub fn fill(&self, number: u64, version: u64, value: &mut Vec<u8>) {
        value.clear();
        value.extend_from_slice(&number.to_le_bytes());
        value.extend_from_slice(&version.to_le_bytes());
        value.extend_from_slice(self.random_part(number, version));
        value.resize(self.bytes, 0);
    }

    /// The version that `value` is of the entry, if it is one of its values.
    pub fn version(&self, number: u64, value: &[u8]) -> Option<u64> {
        let (head, tail) = value.split_first_chunk::<HEAD>()?;
        let word = |at: usize| {
            let bytes = head[at..at + 8].try_into().expect("8 bytes");
            u64::from_le_bytes(bytes)
        };
        let version = word(8);
        let random = self.random_part(number, version);
        let (front, zeros) = tail.split_at_checked(random.len())?;
        let sound = word(0) == number
            && value.len() == self.bytes
            && front == random
            && zeros.iter().all(|byte| *byte == 0);
        sound.then_some(version)
    }

    fn random_part(&self, number: u64, version: u64) -> &[u8] {
        let start = usize::try_from(mix(number ^ version.rotate_left(40)) % POOL as u64)
            .expect("the pool is small");
        &self.pool[start..start + (self.bytes / 2).saturating_sub(HEAD)]
    }
}

/// Spreads numbers over all of `u64`, one to one (the finaliser of
/// SplitMix64).
pub fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_their_numbers_and_missing_ones_lie_between() {
        for number in [0, 1, 4, 5, 49, 50, 999_999, 4_999_999_999_999_998] {
            assert!(key(number) < missing_key(number));
            assert!(missing_key(number) < key(number + 1));
        }
        assert_eq!(&key(21), b"0000000000000042");
        assert_eq!(number(&key(21)), Some(21));
        for wrong in [&b"0000000000000041"[..], b"42", b"", b"00000000000000+4"] {
            assert_eq!(number(wrong), None);
        }
    }

    #[test]
    fn a_value_tells_its_version_and_nothing_passes_for_it() {
        for bytes in [HEAD, 17, 100, 4096] {
            let values = Values::new(bytes);
            let mut value = Vec::new();
            values.fill(7, 3, &mut value);
            assert_eq!(value.len(), bytes);
            assert_eq!(values.version(7, &value), Some(3));
            assert_eq!(values.version(8, &value), None);
            for at in 0..bytes {
                let mut wrong = value.clone();
                wrong[at] ^= 1;
                // In a value that is all head, another version is a value, too.
                let other = values.version(7, &wrong);
                assert!(other.is_none() || bytes <= 2 * HEAD + 1 && (8..16).contains(&at));
            }
            assert_eq!(values.version(7, &value[..bytes - 1]), None);
            value.push(0);
            assert_eq!(values.version(7, &value), None);
            assert_eq!(values.version(7, b""), None);
        }
    }

    #[test]
    fn half_of_a_value_is_random() {
        let values = Values::new(100);
        let mut value = Vec::new();
        values.fill(1, 1, &mut value);
        assert!(value[50..].iter().all(|byte| *byte == 0));
        assert!(value[HEAD..50].iter().filter(|byte| **byte != 0).count() > 25);
    }
}
