//! Pages: what stands in one, and its bytes.

use crate::log_engine::format::{u32_at, u64_at};

/// The size of every page, in bytes.
pub(crate) const PAGE_BYTES: usize = 128;
/// How many cells a page of the tree has at most: so few that short scripts
/// split some.
pub(crate) const CELLS_MAX: usize = 4;
/// How many cells a page of the tree has at least, unless it is the root.
pub(crate) const CELLS_MIN: usize = CELLS_MAX / 2;
/// The length of what stands in front of the cells.
const HEAD_BYTES: usize = 14;
/// The longest cell: as many as a page may have fit into it.
const CELL_BYTES_MAX: usize = (PAGE_BYTES - HEAD_BYTES) / CELLS_MAX;
/// The longest key, in a cell with a place of 8 bytes.
pub(crate) const KEY_BYTES_MAX: usize = 16;
/// How many bytes of a long value a page takes.
pub(crate) const PIECE_BYTES: usize = PAGE_BYTES - HEAD_BYTES - 6;
/// The level of pages with a piece of a long value.
pub(crate) const PIECE: u8 = 255;

/// A page.
///
/// The numbers are little-endian.
///
/// ```text
/// offset  size  field
///      0     4  crc32  over everything after it, and then the page's number
///      4     8  born   number of the commit that made it
///     12     1  level  0 for a leaf, 255 for a piece of a long value
///     13     1  count  of cells
///     14        cells, and zeros
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) born: u64,
    pub(crate) level: u8,
    pub(crate) cells: Vec<Cell>,
}

/// An entry of a leaf; or a child, and the separator in front of it, which the
/// first child has none of; or a piece of a long value in place of the key, and
/// the page of the next one, 0 for none, in place of the child.
///
/// ```text
/// offset  size  field
///      0     1  kind     0 value, 1 chain, 2 child
///      1     1  key_len  bytes
///      2        key
///               of a value its length (1) and its bytes; of the others a page's
///               number (4)
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) key: Vec<u8>,
    pub(crate) value: Value,
}

/// What stands behind a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Here(Vec<u8>),
    /// The page with the first piece of a long value.
    Chain(u32),
    Child(u32),
}

/// Answers whether a value stands in its leaf.
pub(crate) fn fits_leaf(key: &[u8], value: &[u8]) -> bool {
    3 + key.len() + value.len() <= CELL_BYTES_MAX
}

impl Cell {
    pub(crate) fn child(key: Vec<u8>, child: u32) -> Self {
        let value = Value::Child(child);
        Cell { key, value }
    }

    fn encode(&self, bytes: &mut Vec<u8>) {
        let (kind, behind) = match &self.value {
            Value::Here(value) => (0, [&[narrow(value.len())], &value[..]].concat()),
            Value::Chain(first) => (1, first.to_le_bytes().to_vec()),
            Value::Child(child) => (2, child.to_le_bytes().to_vec()),
        };
        bytes.extend([kind, narrow(self.key.len())]);
        bytes.extend_from_slice(&self.key);
        bytes.extend(behind);
    }

    /// The cell at the beginning of `bytes`, and what is behind it.
    fn decode(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let ([kind, len], rest) = bytes.split_first_chunk::<2>()?;
        let (key, rest) = rest.split_at_checked(usize::from(*len))?;
        let (value, rest) = match kind {
            0 => {
                let (len, rest) = rest.split_first()?;
                let (value, rest) = rest.split_at_checked(usize::from(*len))?;
                (Value::Here(value.to_vec()), rest)
            }
            1 | 2 => {
                let (page, rest) = rest.split_first_chunk::<4>()?;
                let page = u32::from_le_bytes(*page);
                let is_chain = *kind == 1;
                let value = if is_chain { Value::Chain } else { Value::Child };
                (value(page), rest)
            }
            _ => return None,
        };
        let key = key.to_vec();
        Some((Cell { key, value }, rest))
    }
}

impl Page {
    /// Its bytes under this number.
    pub(crate) fn encode(&self, number: u32) -> Vec<u8> {
        let mut bytes = vec![0; 4];
        bytes.extend(self.born.to_le_bytes());
        bytes.extend([self.level, narrow(self.cells.len())]);
        for cell in &self.cells {
            cell.encode(&mut bytes);
        }
        assert!(bytes.len() <= PAGE_BYTES, "cells fit their page");
        bytes.resize(PAGE_BYTES, 0);
        let crc32 = checksum(&bytes, number);
        bytes[..4].copy_from_slice(&crc32.to_le_bytes());
        bytes
    }

    /// The page with these bytes, unless they make no sense.
    pub(crate) fn decode(bytes: &[u8; PAGE_BYTES]) -> Option<Self> {
        let mut rest = &bytes[HEAD_BYTES..];
        let mut cells = Vec::new();
        for _ in 0..bytes[13] {
            let (cell, behind) = Cell::decode(rest)?;
            cells.push(cell);
            rest = behind;
        }
        Some(Page {
            born: u64_at(bytes, 4),
            level: bytes[12],
            cells,
        })
    }

    /// The page that the cell at `slot` leads to.
    pub(crate) fn child(&self, slot: usize) -> Option<u32> {
        match self.cells.get(slot)?.value {
            Value::Child(child) => Some(child),
            _ => None,
        }
    }
}

/// The checksum that a page's bytes should have.
fn checksum(bytes: &[u8], number: u32) -> u32 {
    let mut crc32 = crc32fast::Hasher::new();
    crc32.update(&bytes[4..]);
    crc32.update(&number.to_le_bytes());
    crc32.finalize()
}

/// Answers whether a page's bytes have the checksum that stands in them.
pub(crate) fn is_sound(bytes: &[u8; PAGE_BYTES], number: u32) -> bool {
    u32_at(bytes, 0) == checksum(bytes, number)
}

fn narrow(len: usize) -> u8 {
    u8::try_from(len).expect("what a page holds is short")
}
