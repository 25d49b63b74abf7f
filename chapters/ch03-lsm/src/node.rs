//! One version of a key, as words in an arena.
//!
//! ```text
//! word          what
//! -1 - level    the link to the next node of that level, or 0
//!  0            the key's length in bytes; in the upper half the address of
//!               the value, or 0 for a tombstone
//!  1            the sequence number
//!  2 …          the key, at least one word of it
//! ```
//!
//! In a word of the key, its first byte is the highest: so words compare as
//! their bytes do. The bytes that are missing in the last one are zeros. Where
//! all words agree that two keys share, the shorter key is a prefix of the
//! longer, and comes first.
//!
//! Values are apart, so that the nodes of a search lie close together: a word
//! with the length in bytes, then the bytes.

use std::cmp::Ordering::{Equal, Greater, Less};

use engine::sync::atomic::{AtomicU64, Ordering};

use crate::arena::Address;
use crate::link::Link;

const WORD: usize = size_of::<u64>();
/// Where a node's sequence number and its key are.
const SEQ: usize = 1;
const KEY: usize = 2;
/// The address of a value is this far up in its word.
const VALUE_SHIFT: u32 = 32;

/// A place in front of a node, after one, or where one would be: nodes are in
/// the order of their keys, and the newest version of a key comes first.
#[derive(Debug, Clone, Copy)]
pub struct Place<'k> {
    key: &'k [u8],
    /// The first word of the key.
    first: u64,
    /// The versions of the key with at least this sequence number lie before
    /// the place.
    seq_from: u64,
}

impl<'k> Place<'k> {
    /// The place in front of all versions of a key.
    pub fn before(key: &'k [u8]) -> Self {
        Place {
            key,
            first: key_word(key, 0),
            seq_from: u64::MAX,
        }
    }

    /// The place in front of a key's newest version that is not newer than
    /// `seq`.
    pub fn newest(key: &'k [u8], seq: u64) -> Self {
        Place {
            seq_from: seq.saturating_add(1),
            ..Place::before(key)
        }
    }

    /// The key whose versions are before the place or after it.
    pub fn key(&self) -> &'k [u8] {
        self.key
    }

    /// The place after all versions of a key.
    pub fn behind(key: &'k [u8]) -> Self {
        Place {
            seq_from: 0,
            ..Place::before(key)
        }
    }
}

/// A node. Its key, value and sequence number never change.
#[derive(Debug, Clone, Copy)]
pub struct Node<'a> {
    address: Address,
    chunk: &'a [AtomicU64],
    /// Which word of the chunk the address is.
    at: usize,
}

impl<'a> Node<'a> {
    /// The node at this address, which is that word of the chunk.
    pub(crate) fn new(address: Address, (chunk, at): (&'a [AtomicU64], usize)) -> Self {
        Node { address, chunk, at }
    }

    /// How many words a node takes, without the links in front of it.
    pub(crate) fn words(key: &[u8]) -> usize {
        KEY + key_words(key.len())
    }

    /// Fills a node whose words are all 0. Nobody else knows of it yet.
    pub(crate) fn fill(&self, key: &[u8], seq: u64, value: Option<Address>) {
        let value = value.map_or(0, Address::to_word);
        self.set(0, value << VALUE_SHIFT | key.len() as u64);
        self.set(SEQ, seq);
        for index in 0..key_words(key.len()) {
            self.set(KEY + index, key_word(key, index));
        }
    }

    /// Where it is.
    #[inline]
    pub fn address(&self) -> Address {
        self.address
    }

    /// The link to the next node of this level, which the node must reach.
    #[inline]
    pub fn next(&self, level: usize) -> Option<Link> {
        Link::from_word(self.chunk[self.at - 1 - level].load(Ordering::Acquire))
    }

    /// Puts another node after this one, for all who look from now on: they
    /// see what was stored before.
    pub(crate) fn set_next(&self, level: usize, next: Option<Link>) {
        let next = next.map_or(0, Link::to_word);
        self.chunk[self.at - 1 - level].store(next, Ordering::Release);
        #[cfg(test)]
        crate::tests::linked();
    }

    /// The word at this index, from the node's address on.
    #[inline]
    pub(crate) fn word(&self, index: usize) -> u64 {
        self.chunk[self.at + index].load(Ordering::Relaxed)
    }

    fn set(&self, index: usize, word: u64) {
        self.chunk[self.at + index].store(word, Ordering::Relaxed);
    }

    /// Its sequence number.
    #[inline]
    pub fn seq(&self) -> u64 {
        self.word(SEQ)
    }

    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a key's length fits into 16 bits, and above 32 is the value's address"
    )]
    fn key_len(&self) -> usize {
        usize::from(self.word(0) as u16)
    }

    /// The byte of its key at this index, if it is so long.
    pub(crate) fn key_byte(&self, index: usize) -> Option<u8> {
        (index < self.key_len()).then(|| {
            let word = self.word(KEY + index / WORD);
            word.swap_bytes().to_le_bytes()[index % WORD]
        })
    }

    /// Whether the node lies before this place.
    #[inline]
    pub fn is_before(&self, place: &Place<'_>) -> bool {
        #[cfg(test)]
        crate::tests::compared();
        let first = self.word(KEY);
        if first != place.first {
            return first < place.first;
        }
        let len = self.key_len();
        for index in 1..key_words(len.min(place.key.len())) {
            let (ours, theirs) = (self.word(KEY + index), key_word(place.key, index));
            if ours != theirs {
                return ours < theirs;
            }
        }
        match len.cmp(&place.key.len()) {
            Less => true,
            Greater => false,
            Equal => self.seq() >= place.seq_from,
        }
    }

    /// How many bytes its key and this one begin with alike.
    pub fn shared(&self, key: &[u8]) -> usize {
        let len = self.key_len().min(key.len());
        for index in 0..key_words(len) {
            let differ = self.word(KEY + index) ^ key_word(key, index);
            if differ != 0 {
                let alike = differ.leading_zeros() / u8::BITS;
                return len.min(index * WORD + alike as usize);
            }
        }
        len
    }

    /// Whether this is its key.
    pub fn has_key(&self, key: &[u8]) -> bool {
        self.key_len() == key.len() && self.shared(key) == key.len()
    }

    /// Puts its key in place of what is in `key`.
    pub fn copy_key(&self, key: &mut Vec<u8>) {
        let words = &self.chunk[self.at + KEY..];
        copy(words, self.key_len(), key, u64::swap_bytes);
    }

    /// The address of its value, or `None` where it is a tombstone.
    pub fn value(&self) -> Option<Address> {
        Address::from_word(self.word(0) >> VALUE_SHIFT)
    }
}

/// How many words a value takes.
pub(crate) fn value_words(value: &[u8]) -> usize {
    1 + value.len().div_ceil(WORD)
}

/// Fills the words of a value, which are all 0.
pub(crate) fn fill_value(words: &[AtomicU64], value: &[u8]) {
    words[0].store(value.len() as u64, Ordering::Relaxed);
    let (whole, rest) = value.as_chunks::<WORD>();
    for (word, bytes) in words[1..].iter().zip(whole) {
        word.store(u64::from_le_bytes(*bytes), Ordering::Relaxed);
    }
    if !rest.is_empty() {
        let mut bytes = [0; WORD];
        bytes[..rest.len()].copy_from_slice(rest);
        words[1 + whole.len()].store(u64::from_le_bytes(bytes), Ordering::Relaxed);
    }
}

/// Puts the value whose words these are in place of what is in `value`.
pub(crate) fn copy_value(words: &[AtomicU64], value: &mut Vec<u8>) {
    let len = usize::try_from(words[0].load(Ordering::Relaxed));
    let len = len.expect("what was once a slice has the length of one");
    copy(&words[1..], len, value, |word| word);
}

/// Puts the first `len` bytes of these words in place of what is in `bytes`.
fn copy(words: &[AtomicU64], len: usize, bytes: &mut Vec<u8>, turn: impl Fn(u64) -> u64) {
    bytes.clear();
    bytes.resize(len.next_multiple_of(WORD), 0);
    for (bytes, word) in bytes.as_chunks_mut::<WORD>().0.iter_mut().zip(words) {
        *bytes = turn(word.load(Ordering::Relaxed)).to_le_bytes();
    }
    bytes.truncate(len);
}

/// How many words a key of so many bytes takes.
fn key_words(bytes: usize) -> usize {
    bytes.div_ceil(WORD).max(1)
}

/// The word of a key at this index.
#[inline]
#[expect(clippy::big_endian_bytes, reason = "words compare as their bytes do")]
fn key_word(key: &[u8], index: usize) -> u64 {
    let bytes = &key[index * WORD..];
    match bytes.first_chunk() {
        Some(word) => u64::from_be_bytes(*word),
        None => {
            let mut word = [0; WORD];
            word[..bytes.len()].copy_from_slice(bytes);
            u64::from_be_bytes(word)
        }
    }
}
