//! A Bloom filter: a few bits a key that say which keys a table does not hold.
//!
//! A key has several bits, and which they are its hash says. The bits of every
//! key that a table holds are set. So a key one of whose bits is not set is not
//! there, for certain; one whose bits are all set is there, or it is one of the
//! few for which other keys have set them: a *false positive*. Of m bits that
//! hold n keys with k bits each, a share of 1 - e^(-kn/m) is set, and that to
//! the power of k is the rate of false positives. It is lowest where half of
//! the bits are set, with k = m/n · ln 2: 0.8 % for ten bits a key.

use std::f64::consts::LN_2;
use std::ops::Range;

use engine::Result;
use xxhash_rust::xxh3::xxh3_64;

/// The most bits that a key has.
pub const PROBES_MAX: u8 = 30;
/// The longest filter, in bytes: its bits are numbered by 32 bits.
const BYTES_MAX: usize = u32::MAX as usize / 8;
/// The shortest: in fewer bits, the few keys of a small table would meet.
const BYTES_MIN: usize = 8;

/// Gathers the keys of a table, and makes a filter of them.
///
/// ```text
/// offset  size  field
///      0     …  bits    the lowest of each byte first
///      …     1  probes  how many bits a key has
/// ```
#[derive(Debug, Default)]
pub struct FilterBuilder {
    hashes: Vec<u64>,
}

impl FilterBuilder {
    /// One that has gathered nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a key.
    pub fn add(&mut self, key: &[u8]) {
        self.hashes.push(xxh3_64(key));
    }

    /// The bytes of the filter that has so many bits a key. With 0 bits a key
    /// there are no bytes, which is no filter.
    ///
    /// # Exercise 3.6
    pub fn finish(&self, bits_per_key: u32) -> Vec<u8> {
        todo!("exercise 3.6: The bytes of the filter that has so many bits a key")
    }
}

/// A filter's bytes, to be asked.
#[derive(Debug, Clone, Copy)]
pub struct Filter<'f> {
    bits: &'f [u8],
    probes: u8,
}

impl<'f> Filter<'f> {
    /// The filter that has these bytes.
    ///
    /// # Errors
    ///
    /// What is wrong, as a phrase.
    pub fn new(bytes: &'f [u8]) -> Result<Self, &'static str> {
        match bytes.split_last() {
            Some((&probes @ 1..=PROBES_MAX, bits)) if (1..=BYTES_MAX).contains(&bits.len()) => {
                Ok(Filter { bits, probes })
            }
            _ => Err("this is no filter"),
        }
    }

    /// Answers `false` where `key` was not added, for certain.
    ///
    /// # Exercise 3.6
    pub fn may_contain(&self, key: &[u8]) -> bool {
        todo!("exercise 3.6: Answers `false` where `key` was not added, for certain")
    }

    /// Answers whether the bits of all these probes are set.
    fn all_set(&self, hash: u64, probes: Range<u8>) -> bool {
        let bits = self.bits.len() as u64 * 8;
        let set = probes.fold(1, |set, probe| {
            let bit = bit_of(hash, probe, bits);
            set & self.bits[bit / 8] >> (bit % 8)
        });
        set == 1
    }
}

/// The number of probes with which so many bits a key say most.
fn best_probes(bits_per_key: u32) -> u8 {
    let best = f64::from(bits_per_key) * LN_2;
    (1..PROBES_MAX)
        .find(|probes| f64::from(*probes) + 0.5 > best)
        .unwrap_or(PROBES_MAX)
}

/// Where the bit of a probe is.
///
/// One hash serves all probes: its halves a and b give a + i·b for probe i,
/// which is as good as a hash for each of them where there are many bits
/// (*double hashing*: Kirsch and Mitzenmacher, Less Hashing, Same Performance:
/// Building a Better Bloom Filter, 2006). The sum, a fraction of 2³², becomes
/// the same fraction of the bits.
fn bit_of(hash: u64, probe: u8, bits: u64) -> usize {
    let [a0, a1, a2, a3, b0, b1, b2, b3] = hash.to_le_bytes();
    let start = u32::from_le_bytes([a0, a1, a2, a3]);
    let step = u32::from_le_bytes([b0, b1, b2, b3]);
    let sum = start.wrapping_add(step.wrapping_mul(u32::from(probe)));
    let bit = (u64::from(sum) * bits) >> 32;
    usize::try_from(bit).expect("bits are numbered by 32 bits")
}
