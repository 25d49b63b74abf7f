//! The meta pages: which tree counts.
//!
//! The first three pages of the file each name a root. The newest sound one
//! counts, and the next commit writes over the oldest, so that a torn write
//! costs nothing that was there.
//!
//! Two would do for commits, but not for openings. What an opening shows must
//! last; but the newest meta page may be readable and not durable, if the sync
//! behind it failed. Then the one before it is the last that is durable, and as
//! nobody can tell, neither may be written over. So an opening *renews*: it
//! writes the newest one again, under the next number, over the third; syncs;
//! and then writes a copy of that over what it renewed, as a sign for the next
//! opening that this one came so far. An opening that finds two alike but for
//! their number, and no copy, follows one that did not. It writes over the newer
//! of them, which stands for nothing that the older one does not.

use engine::{Error, Result};

use crate::log_engine::format::{u32_at, u64_at};

/// How many there are.
pub(crate) const META_PAGES: u32 = 3;
/// How many bytes of such a page mean something.
pub(crate) const META_BYTES: usize = 28;
const MAGIC: [u8; 8] = *b"PAGETREE";

/// What a meta page says.
///
/// ```text
/// offset  size  field
///      0     8  magic   "PAGETREE"
///      8     4  crc32   over everything after it
///     12     8  commit  number of the commit
///     20     4  root    the root page, 0 for none
///     24     4  pages   how many there are, these three included
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Meta {
    pub(crate) commit: u64,
    pub(crate) root: u32,
    pub(crate) pages: u32,
}

impl Meta {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut body = self.commit.to_le_bytes().to_vec();
        body.extend(self.root.to_le_bytes());
        body.extend(self.pages.to_le_bytes());
        let crc32 = crc32fast::hash(&body).to_le_bytes();
        [&MAGIC[..], &crc32, &body].concat()
    }

    /// What these bytes say.
    pub(crate) fn decode(bytes: &[u8; META_BYTES]) -> Self {
        Meta {
            commit: u64_at(bytes, 12),
            root: u32_at(bytes, 20),
            pages: u32_at(bytes, 24),
        }
    }

    /// Answers whether it shows what another one does.
    fn is_like(&self, other: &Meta) -> bool {
        (self.root, self.pages) == (other.root, other.pages)
    }
}

/// Answers whether these are the bytes of a meta page.
pub(crate) fn is_sound(bytes: &[u8; META_BYTES]) -> bool {
    bytes[..8] == MAGIC && u32_at(bytes, 8) == crc32fast::hash(&bytes[12..])
}

/// What the meta pages say; `None` for one that is not sound.
pub(crate) type Metas = [Option<Meta>; META_PAGES as usize];

/// The one that counts.
///
/// # Errors
///
/// [`Error::Corrupt`] where none is sound.
pub(crate) fn newest(metas: &Metas) -> Result<Meta> {
    let newest = metas.iter().flatten().max_by_key(|meta| meta.commit);
    newest
        .copied()
        .ok_or_else(|| Error::corrupt(super::FILE, 0, "no meta page is sound"))
}

/// The place of the one to write over.
pub(crate) fn oldest(metas: &Metas) -> usize {
    let commit = |place: &usize| metas[*place].map(|meta| meta.commit);
    let places = 0..metas.len();
    places.min_by_key(commit).expect("there are three")
}

/// Where an opening writes the newest one again: over which, and, when that is
/// durable, over which a copy. `None` where a copy says that it is durable.
pub(crate) fn renewal(metas: &Metas) -> Option<(usize, usize)> {
    let newest = newest(metas).ok()?;
    let places = |is_meant: &dyn Fn(&Meta) -> bool| {
        let places = (0..metas.len()).filter(|&at| metas[at].as_ref().is_some_and(is_meant));
        places.collect::<Vec<_>>()
    };
    match (
        &places(&|meta| *meta == newest)[..],
        &places(&|meta| meta.is_like(&newest))[..],
    ) {
        ([_, _, ..], _) => None,
        (&[at], [_]) => Some((oldest(metas), at)),
        (&[at], alike) => {
            let older = alike.iter().find(|other| **other != at);
            Some((at, *older.expect("there are two")))
        }
        ([], _) => unreachable!("the newest is one of them"),
    }
}
