//! What a file holds, shared until it is changed, and its fingerprint.

use std::fmt;
use std::hash::{DefaultHasher, Hasher};
use std::sync::{Arc, OnceLock};

/// The bytes of a file. Copies share them until one is changed.
#[derive(Clone, Default)]
pub struct Content(Arc<Inner>);

#[derive(Clone, Default)]
struct Inner {
    bytes: Vec<u8>,
    fingerprint: OnceLock<u128>,
}

impl Content {
    /// The content that is `bytes`.
    pub fn new(bytes: Vec<u8>) -> Self {
        Content(Arc::new(Inner {
            bytes,
            fingerprint: OnceLock::new(),
        }))
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0.bytes
    }

    /// How many bytes there are.
    pub fn len(&self) -> u64 {
        self.0.bytes.len() as u64
    }

    /// Answers whether there is no byte.
    pub fn is_empty(&self) -> bool {
        self.0.bytes.is_empty()
    }

    /// The bytes, to be changed. They are copied first where they are shared.
    pub(super) fn bytes_mut(&mut self) -> &mut Vec<u8> {
        let inner = Arc::make_mut(&mut self.0);
        inner.fingerprint.take();
        &mut inner.bytes
    }

    /// A number that differs where the bytes differ, see [`fingerprint`].
    pub fn fingerprint(&self) -> u128 {
        *self
            .0
            .fingerprint
            .get_or_init(|| fingerprint(&[&self.0.bytes]))
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Content({} bytes)", self.len())
    }
}

/// A fingerprint of 128 bits over `parts`, each with its length.
///
/// Two keyed hashes of 64 bits, each a pseudo-random function (SipHash). Among
/// n different inputs the chance that any two share all 128 bits is at most
/// n²/2¹²⁹: for ten million images less than one in 10²⁴.
pub fn fingerprint(parts: &[&[u8]]) -> u128 {
    let half = |key: u64| {
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(key);
        for part in parts {
            hasher.write_usize(part.len());
            hasher.write(part);
        }
        u128::from(hasher.finish())
    };
    half(0x5354_5241_5441_0001) << 64 | half(0x5354_5241_5441_0002)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_shared_until_it_is_changed() {
        let original = Content::new(b"abc".to_vec());
        let mut copy = original.clone();
        assert!(std::ptr::eq(original.bytes(), copy.bytes()));
        copy.bytes_mut().push(b'd');
        assert_eq!(original.bytes(), b"abc");
        assert_eq!(copy.bytes(), b"abcd");
        assert_eq!((original.len(), copy.len()), (3, 4));
        assert!(!copy.is_empty());
        assert!(Content::default().is_empty());
        assert_eq!(format!("{copy:?}"), "Content(4 bytes)");
    }

    #[test]
    fn a_fingerprint_follows_the_bytes() {
        let mut content = Content::new(b"abc".to_vec());
        let before = content.fingerprint();
        assert_eq!(before, Content::new(b"abc".to_vec()).fingerprint());
        content.bytes_mut()[0] = b'x';
        assert_ne!(before, content.fingerprint());
        content.bytes_mut()[0] = b'a';
        assert_eq!(before, content.fingerprint());
    }

    #[test]
    fn both_halves_of_a_fingerprint_depend_on_the_bytes_and_where_parts_end() {
        let halves = |parts: &[&[u8]]| {
            let both = fingerprint(parts);
            (both >> 64, both & u128::from(u64::MAX))
        };
        let one = halves(&[b"ab", b"c"]);
        for other in [
            halves(&[b"a", b"bc"]),
            halves(&[b"abc"]),
            halves(&[b"ab", b"d"]),
        ] {
            assert_ne!(one.0, other.0);
            assert_ne!(one.1, other.1);
        }
        assert_ne!(one.0, one.1);
        assert_ne!(one.0, 0);
    }
}
