//! A link from a node to the next of a level, which also tells where their keys
//! part.
//!
//! ```text
//! bits    what
//!  0-31   the address of the next node
//! 32-47   how many bytes its key shares with that of the node before
//! 48-63   the byte after them, plus 1, or 0 where its key ends there
//! ```
//!
//! Whoever searches knows how many bytes of the wanted key are those of the
//! node that it has reached. As a rule that is enough to tell on which side of
//! the next node the wanted key lies, and the next node is not looked at: that
//! would take a wait for memory.

use std::cmp::Ordering;

use crate::arena::Address;
use crate::node::Node;

const SHARED_SHIFT: u32 = 32;
const BYTE_SHIFT: u32 = 48;

/// A link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// The address of the next node.
    pub to: Address,
    shared: u16,
    /// The byte after the shared ones, and 1.
    byte: u16,
}

impl Link {
    /// A link to `next` from a node whose key is not larger and shares so many
    /// bytes with its own.
    pub(crate) fn new(next: Node<'_>, shared: usize) -> Self {
        Link {
            to: next.address(),
            shared: u16::try_from(shared).expect("a key's length fits"),
            byte: spell(next.key_byte(shared)),
        }
    }

    /// How a key compares with that of the next node, where the key is not
    /// smaller than that of the node before and shares so many bytes with it.
    /// `Equal` means that the link does not tell.
    ///
    /// - A key that shares more with the node before than the next one does is
    ///   smaller: where the next one departs, it departs upwards.
    /// - One that shares less is larger: it has departed already.
    /// - One that shares as much is told from the next one by the byte that
    ///   follows, or, where that is the same in both, not by the link.
    #[inline]
    pub fn compare(self, key: &[u8], shared: usize) -> Ordering {
        #[cfg(test)]
        crate::tests::compared();
        let of_next = usize::from(self.shared);
        let by_byte = || spell(key.get(shared).copied()).cmp(&self.byte);
        of_next.cmp(&shared).then_with(by_byte)
    }

    /// The link as a word.
    pub fn to_word(self) -> u64 {
        self.to.to_word()
            | u64::from(self.shared) << SHARED_SHIFT
            | u64::from(self.byte) << BYTE_SHIFT
    }

    /// The link that is this word, or `None` for 0.
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "each part is as wide as its place in the word"
    )]
    pub fn from_word(word: u64) -> Option<Self> {
        Some(Link {
            to: Address::from_word(word)?,
            shared: (word >> SHARED_SHIFT) as u16,
            byte: (word >> BYTE_SHIFT) as u16,
        })
    }
}

/// A byte of a key as a link has it; 0 where the key ends, since that comes
/// before every byte.
#[inline]
fn spell(byte: Option<u8>) -> u16 {
    byte.map_or(0, |byte| u16::from(byte) + 1)
}
