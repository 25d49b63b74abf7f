//! An array that grows under its readers.

use std::fmt;

use engine::sync::OnceLock;

/// The bits of an index within the first part.
const FIRST_BITS: u32 = 6;
/// As many parts as there are 32-bit indices for.
const PARTS: usize = (u32::BITS - FIRST_BITS + 1) as usize;

/// An array with room for every index. What is in it never moves, so that
/// threads can read it without a lock while it grows.
///
/// It comes in parts, each twice as long as the one before, and a part is made
/// when one of its places is asked for.
pub(crate) struct Growing<T> {
    parts: [OnceLock<Box<[T]>>; PARTS],
}

impl<T: Default> Growing<T> {
    pub(crate) fn new() -> Self {
        Growing {
            parts: [const { OnceLock::new() }; PARTS],
        }
    }

    /// The place with this index.
    #[inline]
    pub(crate) fn at(&self, index: u32) -> &T {
        let shifted = u64::from(index) + (1 << FIRST_BITS);
        let bits = shifted.ilog2();
        let part = self.parts[(bits - FIRST_BITS) as usize]
            .get_or_init(|| (0..1_u64 << bits).map(|_| T::default()).collect());
        &part[usize::try_from(shifted - (1 << bits)).expect("a part is in memory")]
    }
}

impl<T> fmt::Debug for Growing<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let made = self.parts.iter().filter(|part| part.get().is_some());
        write!(f, "Growing({} parts)", made.count())
    }
}
