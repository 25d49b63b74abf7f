//! Blocks made shorter, where that is worth it.

use std::fmt;

use engine::Result;
use lz4_flex::block::{
    CompressTable, compress_into_with_table, decompress_into, get_maximum_output_size,
};

/// How blocks are made shorter. The number of each stands after every block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compression {
    /// Not at all: 0.
    #[default]
    None,
    /// By LZ4's block format: 1.
    Lz4,
    /// By Snappy's raw format: 2.
    Snappy,
}

impl Compression {
    /// All of them, in the order of their numbers.
    pub const ALL: [Compression; 3] = [Compression::None, Compression::Lz4, Compression::Snappy];

    /// Its number.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The one of this number.
    pub fn of(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

/// The bytes in front of what a block was compressed to.
const HEAD_BYTES: usize = 4;
/// No byte that either of them writes stands for more bytes than this.
const RATIO_MAX: usize = 255;

/// Compresses one block after the other, in the same memory.
///
/// The numbers are little-endian.
///
/// ```text
/// offset  size  field
///      0     4  block_len   of the block, in bytes
///      4     …  compressed  by LZ4 or Snappy
/// ```
pub struct Compressor {
    compression: Compression,
    lz4: CompressTable,
    snappy: snap::raw::Encoder,
    bytes: Vec<u8>,
}

impl Compressor {
    /// One that compresses like this.
    pub fn new(compression: Compression) -> Self {
        Compressor {
            compression,
            lz4: CompressTable::default(),
            snappy: snap::raw::Encoder::new(),
            bytes: Vec::new(),
        }
    }

    /// The block, and how it is compressed: not at all where that would not
    /// save an eighth of it. Every reader pays for a compressed block, in time
    /// and in a copy.
    pub fn compress<'b>(&'b mut self, block: &'b [u8]) -> (Compression, &'b [u8]) {
        let bytes_max = block.len() - block.len() / 8;
        match self.compressed_len(block).filter(|len| *len <= bytes_max) {
            Some(len) => (self.compression, &self.bytes[..len]),
            None => (Compression::None, block),
        }
    }

    /// Compresses the block, and answers to how many bytes; `None` where it
    /// cannot be.
    fn compressed_len(&mut self, block: &[u8]) -> Option<usize> {
        let room = match self.compression {
            Compression::None => return None,
            Compression::Lz4 => get_maximum_output_size(block.len()),
            Compression::Snappy => snap::raw::max_compress_len(block.len()),
        };
        if self.bytes.len() < HEAD_BYTES + room {
            self.bytes.resize(HEAD_BYTES + room, 0);
        }
        let (head, output) = self.bytes.split_at_mut(HEAD_BYTES);
        head.copy_from_slice(&u32::try_from(block.len()).ok()?.to_le_bytes());
        let len = match self.compression {
            Compression::None => return None,
            Compression::Lz4 => compress_into_with_table(block, output, &mut self.lz4).ok()?,
            Compression::Snappy => self.snappy.compress(block, output).ok()?,
        };
        Some(HEAD_BYTES + len)
    }
}

/// Puts the block that was stored like this into `block`, in place of what
/// that held.
///
/// # Errors
///
/// What is wrong, as a phrase.
pub fn restore(
    compression: Compression,
    stored: &[u8],
    block: &mut Vec<u8>,
) -> Result<(), &'static str> {
    block.clear();
    if compression == Compression::None {
        block.extend_from_slice(stored);
        return Ok(());
    }
    let Some((head, compressed)) = stored.split_first_chunk() else {
        return Err("a compressed block is cut off");
    };
    let len = u32::from_le_bytes(*head) as usize;
    if len > compressed.len().saturating_mul(RATIO_MAX) {
        return Err("a compressed block says that it is longer than it can be");
    }
    block.resize(len, 0);
    let restored = match compression {
        Compression::Snappy => snap::raw::Decoder::new().decompress(compressed, block).ok(),
        _ => decompress_into(compressed, block).ok(),
    };
    match restored == Some(len) {
        true => Ok(()),
        false => Err("a compressed block cannot be restored"),
    }
}

impl fmt::Debug for Compressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Compressor({:?})", self.compression)
    }
}
