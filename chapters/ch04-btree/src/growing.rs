//! An array that grows under its readers.

use std::fmt;

use engine::sync::OnceLock;

/// How many bytes a part takes, at most.
const PART_BYTES: usize = 512;
/// More than indices need: list n has 2ⁿ parts.
const LISTS: usize = u32::BITS as usize;

/// An array with room for every index. What is in it never moves, so that
/// threads can read it without a lock while it grows; they wait only where another
/// one is just making the part that they need.
///
/// Its places are in parts, all of the same length, and a part is made when one of
/// its places is asked for: so a few places far from each other take little
/// memory, and little time to clear it. The parts are in lists, each twice as long
/// as the one before, that are made likewise.
pub(crate) struct Growing<T> {
    lists: [OnceLock<Box<[Part<T>]>>; LISTS],
}

type Part<T> = OnceLock<Box<[T]>>;

impl<T: Default> Growing<T> {
    /// The bits of a place's index within its part.
    const PLACE_BITS: u32 = (PART_BYTES / size_of::<T>()).ilog2();

    pub(crate) fn new() -> Self {
        Growing {
            lists: [const { OnceLock::new() }; LISTS],
        }
    }

    /// The place with this index.
    #[inline]
    pub(crate) fn at(&self, index: u32) -> &T {
        let (part, place) = (index >> Self::PLACE_BITS, index % (1 << Self::PLACE_BITS));
        // The lists before list n have 2ⁿ − 1 parts together.
        let bits = (part + 1).ilog2();
        let list = self.lists[bits as usize].get_or_init(|| defaults(bits));
        let part = &list[(part + 1 - (1 << bits)) as usize];
        &part.get_or_init(|| defaults(Self::PLACE_BITS))[place as usize]
    }
}

/// As many as can be told apart by so many bits.
fn defaults<T: Default>(bits: u32) -> Box<[T]> {
    (0..1_u64 << bits).map(|_| T::default()).collect()
}

impl<T> fmt::Debug for Growing<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.lists.iter().flat_map(OnceLock::get).flatten();
        let made = parts.filter(|part| part.get().is_some());
        write!(f, "Growing({} parts)", made.count())
    }
}
