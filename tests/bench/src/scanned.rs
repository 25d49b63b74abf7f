//! What a scan handed out, kept as cheaply as a timed scan allows.

/// Entries that a scan handed out, copied while it is timed and checked
/// afterwards.
#[derive(Debug, Default)]
pub struct Found {
    bytes: Vec<u8>,
    /// Where each key and each value ends in `bytes`.
    ends: Vec<(usize, usize)>,
}

impl Found {
    /// Copies an entry.
    pub fn push(&mut self, key: &[u8], value: &[u8]) {
        self.bytes.extend_from_slice(key);
        let key_end = self.bytes.len();
        self.bytes.extend_from_slice(value);
        self.ends.push((key_end, self.bytes.len()));
    }

    /// Makes room for the next scan.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    /// The bytes of all keys and values.
    pub fn bytes(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// The entries, each a key and a value, in their order.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = (&[u8], &[u8])> {
        let mut start = 0;
        self.ends.iter().map(move |(key_end, end)| {
            let entry = (&self.bytes[start..*key_end], &self.bytes[*key_end..*end]);
            start = *end;
            entry
        })
    }
}

/// A sum over entries in their order: cheap enough to be taken while a scan is
/// timed, and other entries or another order give another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sum {
    /// How many entries there were.
    pub entries: u64,
    sum: u64,
}

impl Sum {
    /// Adds an entry.
    pub fn add(&mut self, key: &[u8], value: &[u8]) {
        self.entries += 1;
        for bytes in [key, value] {
            let words = bytes.chunks_exact(8);
            let rest = words.remainder();
            for word in words {
                let word = u64::from_le_bytes(word.try_into().expect("8 bytes"));
                self.word(word);
            }
            for byte in rest {
                self.word(u64::from(*byte));
            }
        }
    }

    fn word(&mut self, word: u64) {
        self.sum = (self.sum.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}
