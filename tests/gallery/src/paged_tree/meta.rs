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
//! and then writes a copy of that to the place after it, as a sign for the next
//! opening that this one came so far. An opening that finds two alike but for
//! their number, and no copy, follows one that did not. It writes over the newer
//! of them, which stands for nothing that the older one does not.
//!
//! A copy itself need not be durable, even if a close has asked for it: that sync
//! may fail. The one before it is; so it is the copy that is written over first.

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

/// The place of the one to write over: of two that are the same, the copy.
pub(crate) fn oldest(metas: &Metas) -> usize {
    let by_age = |place: &usize| {
        let commit = metas[*place].map(|meta| meta.commit);
        (commit, !is_copy(metas, *place))
    };
    (0..metas.len())
        .min_by_key(by_age)
        .expect("there are three")
}

/// The place of a copy of what stands in this one.
pub(crate) fn after(place: usize) -> usize {
    (place + 1) % META_PAGES as usize
}

/// Answers whether what stands there is a copy.
fn is_copy(metas: &Metas, place: usize) -> bool {
    let before = (place + metas.len() - 1) % metas.len();
    metas[place].is_some() && metas[place] == metas[before]
}

/// The place of the newest one that is no copy. `None` where all are the same: in
/// a new file.
pub(crate) fn original(metas: &Metas) -> Option<usize> {
    let newest = newest(metas).ok();
    (0..metas.len()).find(|place| metas[*place] == newest && !is_copy(metas, *place))
}

/// The place of the one that an opening writes over, to make the newest one
/// durable. `None` where a copy says that it is, and none is torn: what is left of
/// a commit that is lost might become whole with the next write there.
pub(crate) fn renewal(metas: &Metas) -> Option<usize> {
    let newest = newest(metas).ok()?;
    let count = |is_meant: &dyn Fn(&Meta) -> bool| {
        metas.iter().flatten().filter(|meta| is_meant(meta)).count()
    };
    let is_copied = count(&|meta| *meta == newest) > 1;
    let is_alone = count(&|meta| meta.is_like(&newest)) == 1;
    match !metas.contains(&None) {
        true if is_copied => None,
        true if !is_alone => original(metas),
        _ => Some(oldest(metas)),
    }
}
