//! Choices for threads: cheap, and the same in every run.

/// SplitMix64.
#[derive(Debug, Clone)]
pub(in crate::levels) struct Random(u64);

impl Random {
    /// The choices of one thread.
    pub(in crate::levels) fn new(seed: u64, thread: usize) -> Self {
        Random(seed ^ (thread as u64).wrapping_mul(0xd134_2543_de82_ef95))
    }

    /// A number below `end`.
    pub(in crate::levels) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }

    /// A place among `len`.
    pub(in crate::levels) fn place(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).expect("a number below a usize is one")
    }

    /// One of `choices`.
    pub(in crate::levels) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.place(choices.len())]
    }

    /// Lets a moment pass that is never the same.
    pub(in crate::levels) fn dawdle(&mut self) {
        for _ in 0..self.below([20, 60, 400][(self.0 % 3) as usize]) {
            std::hint::spin_loop();
        }
    }
}
