//! Values too long for a leaf, in chains of pages of their own.
//!
//! A leaf must hold several entries, or the tree would be a list. So the value
//! of an entry that would take more than a quarter of a page is cut into
//! pieces of almost a page each, and only the place of the first stands in the
//! leaf.

use engine::Result;
use engine::page::{PageGroup, PageId, PageRead, STORE_BYTES};

use crate::node::Chain;
use crate::page::{Damage, OVERFLOW};

/// The length of what stands in front of a piece, the store's bytes left out.
pub const HEAD_BYTES: usize = 16;
/// Where a piece begins in its page.
pub const PIECE_AT: usize = STORE_BYTES + HEAD_BYTES;

/// A page with a piece of a long value.
///
/// The numbers are little-endian.
///
/// ```text
/// offset  size  field
///      0    16  store  the store's own; a tree neither reads nor writes them
///     16     1  kind   3 overflow
///     17     3  zeros  nothing uses them
///     20     4  len    bytes of the value from this piece to its end
///     24     8  next   the number of the page with the next piece; 0 in the last
///     32     …  piece  up to the value's end or the page's
/// ```
///
/// From page to page `len` is smaller by a piece. So a chain ends, whatever its
/// pages hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece<'p> {
    /// How many bytes the value has from this piece to its end.
    pub len: usize,
    /// The page with the next piece. That of the last one means nothing.
    pub next: PageId,
    /// This piece.
    pub bytes: &'p [u8],
}

impl<'p> Piece<'p> {
    /// The piece in a page, where `len` bytes of the value are still missing,
    /// at the least one.
    ///
    /// # Errors
    ///
    /// What is wrong; else the piece has a byte at least.
    pub fn decode(page: &'p [u8], len: usize) -> Result<Self, Damage> {
        let page = page.get(STORE_BYTES..).unwrap_or_default();
        let Some((&head, bytes)) = page.split_first_chunk::<HEAD_BYTES>() else {
            return Err("a page is too short");
        };
        let [kind, _, _, _, l0, l1, l2, l3, next @ ..] = head;
        if kind != OVERFLOW || u32::from_le_bytes([l0, l1, l2, l3]) as usize != len {
            return Err("a chain does not go on here");
        }
        let bytes = &bytes[..bytes.len().min(len)];
        if bytes.is_empty() {
            return Err("a page is too short");
        }
        let next = PageId(u64::from_le_bytes(next));
        Ok(Piece { len, next, bytes })
    }

    /// Writes the piece into a page of zeros.
    pub fn encode(&self, page: &mut [u8]) {
        let (head, piece) = page[STORE_BYTES..].split_at_mut(HEAD_BYTES);
        let len = u32::try_from(self.len).expect("values keep within the limit");
        head[0] = OVERFLOW;
        head[4..8].copy_from_slice(&len.to_le_bytes());
        head[8..].copy_from_slice(&self.next.0.to_le_bytes());
        piece[..self.bytes.len()].copy_from_slice(self.bytes);
    }
}

/// Writes a value into pages of its own, and answers where it is.
///
/// Each piece but the last fills its page, and there are no more pages than that
/// takes. The value has a byte at least.
///
/// It begins with the last piece: each page says which one is next, and a page
/// has no number before it is allocated.
///
/// # Errors
///
/// What allocating a page can answer.
///
/// # Exercise 4.12
pub fn put<G: PageGroup>(group: &mut G, page_bytes: usize, value: &[u8]) -> Result<Chain> {
    let (mut len, mut next) = (0, PageId(0));
    for bytes in value.chunks(page_bytes - PIECE_AT).rev() {
        len += bytes.len();
        let (page, to) = group.alloc()?;
        Piece { len, next, bytes }.encode(to);
        next = page;
    }
    Ok(Chain { len, first: next })
}

/// Reads a value in place of what is in `value`. Another page is then the
/// current one. As many pages are read as the value's length asks for; what the
/// last one says of a next page means nothing.
///
/// # Errors
///
/// [`Error::Io`](engine::Error::Io) and
/// [`Error::Corrupt`](engine::Error::Corrupt): for the page in which
/// [`Piece::decode`] finds no piece.
///
/// # Exercise 4.12
pub fn gather<R: PageRead>(read: &mut R, chain: Chain, value: &mut Vec<u8>) -> Result<()> {
    value.clear();
    let (mut page, mut missing) = (chain.first, chain.len);
    while missing > 0 {
        read.load(page)?;
        let piece = Piece::decode(read.bytes(), missing);
        let piece = piece.map_err(|what| read.corrupt(page, what))?;
        value.extend_from_slice(piece.bytes);
        missing -= piece.bytes.len();
        page = piece.next;
    }
    Ok(())
}

/// Gives the pages of a value back, each once. What a page says of the next one
/// is read before the page is given back.
///
/// # Errors
///
/// As for [`gather`].
///
/// # Exercise 4.12
pub fn free<G: PageGroup>(group: &mut G, chain: Chain) -> Result<()> {
    let (mut page, mut missing) = (chain.first, chain.len);
    while missing > 0 {
        group.load(page)?;
        let piece = Piece::decode(group.bytes(), missing);
        let piece = piece.map_err(|what| group.corrupt(page, what))?;
        let next = piece.next;
        missing -= piece.bytes.len();
        group.free(page)?;
        page = next;
    }
    Ok(())
}
