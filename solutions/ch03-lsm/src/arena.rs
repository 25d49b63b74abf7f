//! Memory that is taken piece by piece and given back all at once.
//!
//! An arena is words of 64 bits in *chunks*, which are made when they are
//! needed and never move. A piece of it lies in one chunk, and an [`Address`]
//! of 32 bits says where.
//!
//! One thread takes pieces and fills them while others read. In safe Rust that
//! asks for atomic words; a relaxed load or store of one is an ordinary `mov`.
//! A reader may look at a piece only after it learned its address from a store
//! with [`Release`](std::sync::atomic::Ordering::Release) that came after the
//! filling.

use std::fmt;
use std::num::NonZeroU32;

use engine::sync::OnceLock;
use engine::sync::atomic::AtomicU64;

/// An address: the number of a chunk, then so many bits for the word in it.
const OFFSET_BITS: u32 = 22;
const CHUNKS: usize = 1 << (u32::BITS - OFFSET_BITS);
const CHUNK_WORDS_MIN: usize = 1 << 10;
const CHUNK_WORDS_MAX: usize = 1 << OFFSET_BITS;

/// Where a word is. No address is 0, since no chunk has that number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Address(NonZeroU32);

impl Address {
    fn new(chunk: usize, offset: usize) -> Self {
        assert!(chunk < CHUNKS, "an arena has room for all that it is asked");
        let address = u32::try_from(chunk << OFFSET_BITS | offset).ok();
        let address = address.and_then(NonZeroU32::new);
        Address(address.expect("a chunk's number is not 0, and fits above the offset"))
    }

    /// The number of its chunk, and which word it is there.
    fn split(self) -> (usize, usize) {
        let address = self.0.get() as usize;
        (address >> OFFSET_BITS, address & (CHUNK_WORDS_MAX - 1))
    }

    /// The address of the word that stands so many words after this one, in the
    /// same piece.
    #[must_use]
    pub fn behind(self, words: usize) -> Self {
        let (chunk, offset) = self.split();
        Address::new(chunk, offset + words)
    }

    /// The address as a word.
    pub fn to_word(self) -> u64 {
        u64::from(self.0.get())
    }

    /// The address that is this word's lower half, or `None` where that is 0.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the upper half belongs to whoever stores the word"
    )]
    pub fn from_word(word: u64) -> Option<Self> {
        NonZeroU32::new(word as u32).map(Address)
    }
}

type Chunk = Box<[AtomicU64]>;

/// Words in chunks.
pub struct Arena {
    chunks: Box<[OnceLock<Chunk>; CHUNKS]>,
}

impl Default for Arena {
    fn default() -> Self {
        Arena {
            chunks: Box::new([const { OnceLock::new() }; CHUNKS]),
        }
    }
}

impl Arena {
    /// Takes a piece of this many words, all 0, of the arena's one `room`.
    ///
    /// # Panics
    ///
    /// Where the addresses are used up: see [`Room`].
    pub fn take(&self, room: &mut Room, words: usize) -> Address {
        let taken = room.take(words);
        if let Some(words) = taken.chunk_words {
            let (chunk, _) = taken.address.split();
            self.chunks[chunk].get_or_init(|| (0..words).map(|_| AtomicU64::new(0)).collect());
        }
        taken.address
    }

    /// The chunk that this address leads into, and which of its words it is.
    #[inline]
    pub fn words(&self, address: Address) -> (&[AtomicU64], usize) {
        let (chunk, offset) = address.split();
        let chunk = self.chunks[chunk].get();
        (chunk.expect("an address leads into a chunk"), offset)
    }
}

impl fmt::Debug for Arena {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let chunks = self.chunks.iter().filter_map(OnceLock::get);
        f.debug_struct("Arena")
            .field("words", &chunks.map(|chunk| chunk.len()).sum::<usize>())
            .finish_non_exhaustive()
    }
}

/// What is taken of an arena, and what is left. It belongs to the one thread
/// that takes.
///
/// Chunks are small at first, so that an arena of which little is taken is
/// small: each is as long as all that was taken before it, at most a 64th of
/// what the arena is expected to hold. Where it has to hold more, since a batch
/// is never split, a chunk is a 16th of what was taken. So there are few of
/// them in any case, and no more than a quarter of one is ever left unused:
/// what takes more than that gets a chunk of its own.
///
/// The 1023 chunks hold 64 MiB of pieces of any size beyond what is expected,
/// and 4 GiB of small ones. Where more is taken, which is our own bug,
/// [`take`](Self::take) panics.
#[derive(Debug)]
pub struct Room {
    /// What the arena is expected to hold.
    words_max: usize,
    /// The number of the newest chunk.
    newest: usize,
    /// The chunk that small pieces are taken from, and what of it is left.
    open: usize,
    next: usize,
    end: usize,
    taken: usize,
}

/// A piece, and the length of its chunk where that is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// The piece's first word.
    pub address: Address,
    /// How many words the chunk must have that has to be made for it.
    pub chunk_words: Option<usize>,
}

impl Room {
    /// The room of an empty arena that is expected to hold so many bytes.
    pub fn new(bytes_max: usize) -> Self {
        Room {
            words_max: bytes_max / size_of::<u64>(),
            newest: 0,
            open: 0,
            next: 0,
            end: 0,
            taken: 0,
        }
    }

    /// Takes a piece of this many words.
    ///
    /// # Panics
    ///
    /// Where the addresses are used up.
    pub fn take(&mut self, words: usize) -> Taken {
        let mut chunk_words = None;
        if words > self.end - self.next {
            let regular = self.chunk_words();
            self.newest += 1;
            if words > regular / 4 {
                self.taken += words;
                let (address, chunk_words) = (Address::new(self.newest, 0), Some(words));
                return Taken {
                    address,
                    chunk_words,
                };
            }
            (self.open, self.next, self.end) = (self.newest, 0, regular);
            chunk_words = Some(regular);
        }
        let address = Address::new(self.open, self.next);
        self.next += words;
        self.taken += words;
        Taken {
            address,
            chunk_words,
        }
    }

    /// How many words the next chunk has, unless it is made for one piece.
    fn chunk_words(&self) -> usize {
        let share = if self.taken < self.words_max {
            self.words_max / 64
        } else {
            self.taken / 16
        };
        share
            .min(self.taken)
            .clamp(CHUNK_WORDS_MIN, CHUNK_WORDS_MAX)
    }
}
