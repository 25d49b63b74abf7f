//! What is written to a simulated store, and in which order.

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workload {
    /// So many keys, each once, in their order.
    Ascending {
        /// How many.
        keys: u32,
    },
    /// So many keys, each once, in any order.
    Random {
        /// How many.
        keys: u32,
        /// Which order.
        seed: u64,
    },
    /// The same, and then so many writes to any of them.
    Overwrite {
        /// How many keys.
        keys: u32,
        /// How many writes after the first ones.
        writes: u32,
        /// Which order, and which keys.
        seed: u64,
    },
}

impl Workload {
    /// The keys in the order in which they are written.
    pub fn keys(self) -> Vec<u32> {
        match self {
            Workload::Ascending { keys } => (0..keys).collect(),
            Workload::Random { keys, seed } => shuffled(keys, &mut Random(seed)),
            Workload::Overwrite { keys, writes, seed } => {
                let mut random = Random(seed);
                let mut all = shuffled(keys, &mut random);
                all.extend((0..writes).map(|_| random.below(keys)));
                all
            }
        }
    }
}

fn shuffled(keys: u32, random: &mut Random) -> Vec<u32> {
    let mut all: Vec<u32> = (0..keys).collect();
    for left in (1..keys).rev() {
        all.swap(left as usize, random.below(left + 1) as usize);
    }
    all
}

/// Numbers that look random, the same ones for the same seed: SplitMix64.
/// (Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators,
/// OOPSLA 2014.)
#[derive(Debug, Clone)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number less than `end`.
    fn below(&mut self, end: u32) -> u32 {
        let product = (self.next() >> 32) * u64::from(end);
        u32::try_from(product >> 32).expect("it is less than the end")
    }
}
