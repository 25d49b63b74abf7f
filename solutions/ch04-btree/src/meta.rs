//! The meta pages: where a commit becomes durable, whole or not at all.
//!
//! The first three pages of the file are meta pages. Each names a root, and
//! whatever else a store has to know of one commit. Of those that are sound the
//! one with the largest commit number counts; the next one is written over the
//! one with the smallest. A power cut can tear that write, and then the others
//! are as they were.
//!
//! # Why there are three
//!
//! Two are enough to commit. They are not enough to open what a process has left
//! that failed or was killed:
//!
//! - The newest one may be durable, and somebody may have been told so: it must
//!   not be written over before a copy of it is durable elsewhere.
//! - Or it can be read and is *not* durable, if the sync after it failed or was
//!   never reached. Then the one before it is the last that is, and that must not
//!   be written over either.
//!
//! Nothing but what is told below tells these two apart, until the power is cut:
//! what is read afterwards is durable. An opening shows what the newest one says,
//! and what it has shown must last. So it *renews* it:
//!
//! 1. It writes the same under the next number to the third place, and syncs. Now
//!    it is durable.
//! 2. It writes that once more, to the place after it; after the last place comes
//!    the first. This need not be durable.
//!
//! # What a copy says
//!
//! A copy is only ever written when the first is durable. So it is a sign for the
//! next opening, and every sync ends with one. What a killed process leaves is
//! proven as a rule, and there is nothing to renew. (In a new store all three are
//! the same, and all are durable.)
//!
//! The two have the same bytes; which of them is the copy, their places say. It need
//! not be durable itself. A sync that fails may even leave it in the system's memory
//! alone, as the second one of a close may. So the one before it is kept until a
//! newer commit is durable; where one of them has to be written over, it is the
//! copy.
//!
//! # What is left, and what an opening makes of it
//!
//! In the order of the places, though each of them can be the first:
//!
//! | what there was | meta pages | an opening |
//! |---|---|---|
//! | closed, or killed after a sync | 9 9 8 | has nothing to do |
//! | cut while 10 was written over 8 | 9 9 torn | leaves 10 9 10 |
//! | 10 was written, and no copy of it, or that was lost | 9 9 10 | leaves 9 11 11 |
//! | cut while its copy was written | torn 9 10 | leaves 11 11 10 |
//! | killed, or cut, in an opening of 9 9 10 | 9 11 10 | leaves 9 12 12 |
//!
//! In the second row 9 is proven. But of the torn one all may be there but a few
//! bytes, which the next write to that place could add when it is torn in its turn:
//! then a commit would be back of which an opening has shown that it is lost. So
//! before anything is shown, it is written over.
//!
//! In the last row 11 says what 10 says: two that differ in their number alone.
//! The opening before wrote 11 and did not come to the copy, or the copy was lost:
//! when the power was cut, or with a later sync that failed. This one writes over
//! 11, which is no loss. If the copy was never written, nothing was shown yet of
//! what the two say. If it was, it stood where 10 stands: then 10, which is read
//! there now, comes from the device, and says the same.

use engine::{Error, Result};

/// What the file is called.
pub const FILE: &str = "pages";
/// How many meta pages there are: the first pages of the file.
pub const META_PAGES: u32 = 3;
/// The first bytes of every meta page.
pub const MAGIC: [u8; 8] = *b"STRATA-4";
/// The version of the format that is written and read here.
pub const VERSION: u32 = 1;
/// How many bytes of a meta page mean something.
pub const META_BYTES: usize = 44;

/// A meta page's bytes.
pub type MetaBytes = [u8; META_BYTES];

/// What a meta page says.
///
/// The numbers are little-endian.
///
/// ```text
/// offset  size  field
///      0     8  magic       "STRATA-4"
///      8     4  version     of this format: 1
///     12     4  crc32       over everything after it, up to the last field
///     16     4  page_bytes  the size of every page
///     20     4  pages       how many pages there are, free ones and these included
///     24     8  commit      number of the commit that it shows
///     32     4  root        number of the root page, 0 for none
///     36     4  free_head   number of the first page of the free list, 0 for none
///     40     4  free_count  how many pages are on that list
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meta {
    /// The size of every page in bytes.
    pub page_bytes: u32,
    /// How many pages there are: all have smaller numbers.
    pub pages: u32,
    /// The number of the commit.
    pub commit: u64,
    /// The number of the root page, or 0.
    pub root: u32,
    /// The number of the first page of the free list, or 0.
    pub free_head: u32,
    /// How many pages are on the free list, those that it stands in not
    /// included.
    pub free_count: u32,
}

impl Meta {
    /// Its bytes, as the table on the type says.
    ///
    /// # Exercise 4.14
    pub fn to_bytes(self) -> MetaBytes {
        let mut bytes = [0; META_BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.page_bytes.to_le_bytes());
        bytes[20..24].copy_from_slice(&self.pages.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.commit.to_le_bytes());
        bytes[32..36].copy_from_slice(&self.root.to_le_bytes());
        bytes[36..40].copy_from_slice(&self.free_head.to_le_bytes());
        bytes[40..].copy_from_slice(&self.free_count.to_le_bytes());
        let crc32 = crc32fast::hash(&bytes[16..]);
        bytes[12..16].copy_from_slice(&crc32.to_le_bytes());
        bytes
    }

    /// The meta page with these bytes, which begin at `offset` of the file.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] at the magic, where that is another one;
    /// [`Error::Version`], where it is of another version: what follows is that
    /// one's; [`Error::Corrupt`] at the checksum, where that does not match, and
    /// at `pages`, where these are fewer than the [`META_PAGES`], or the root or
    /// the free list is neither 0 nor one of those after the meta pages. The
    /// offsets are the file's.
    ///
    /// # Exercise 4.14
    pub fn decode(bytes: &MetaBytes, offset: u64) -> Result<Self> {
        let damage = |at: u64, what| Err(Error::corrupt(FILE, offset + at, what));
        if bytes[..8] != MAGIC {
            return damage(0, "this is no meta page");
        }
        let version = u32_at(bytes, 8);
        if version != VERSION {
            return Err(Error::Version {
                file: FILE.to_owned(),
                found: version,
                supported: VERSION,
            });
        }
        if crc32fast::hash(&bytes[16..]) != u32_at(bytes, 12) {
            return damage(12, "the checksum of the meta page does not match");
        }
        let low = u64::from(u32_at(bytes, 24));
        let meta = Meta {
            page_bytes: u32_at(bytes, 16),
            pages: u32_at(bytes, 20),
            commit: low | u64::from(u32_at(bytes, 28)) << 32,
            root: u32_at(bytes, 32),
            free_head: u32_at(bytes, 36),
            free_count: u32_at(bytes, 40),
        };
        let is_page = |page| page == 0 || (META_PAGES..meta.pages).contains(&page);
        if meta.pages < META_PAGES || !is_page(meta.root) || !is_page(meta.free_head) {
            return damage(20, "the meta page names pages that are not there");
        }
        Ok(meta)
    }

    /// Answers whether it says what `other` says but for the number.
    fn shows_what(&self, other: &Meta) -> bool {
        let commit = other.commit;
        Meta { commit, ..*self } == *other
    }
}

/// How the newest meta page is made durable where nobody knows whether it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Renewal {
    /// What to write.
    pub meta: Meta,
    /// The index of the meta page to write over. When that is durable, a copy goes
    /// to the place [after](Metas::after) it.
    pub over: usize,
}

/// What the meta pages say, each in its place; `None` for one that is not sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metas(pub [Option<Meta>; META_PAGES as usize]);

impl Metas {
    /// The one that counts: of all that are sound the one with the largest
    /// commit number. `None` where none is sound.
    ///
    /// # Exercise 4.14
    pub fn newest(&self) -> Option<Meta> {
        self.sound().max_by_key(|meta| meta.commit)
    }

    /// The index of the one to write over: one that is not sound, or else the
    /// one with the smallest commit number. Of two that are the same it is the
    /// copy, of others the first.
    ///
    /// # Exercise 4.14
    pub fn oldest(&self) -> usize {
        let by_age = |index: &usize| {
            let commit = self.0[*index].map(|meta| meta.commit);
            (commit, !self.is_copy(*index))
        };
        let indices = 0..self.0.len();
        indices.min_by_key(by_age).expect("there are some")
    }

    /// The index of the place where a copy of this one stands: the next, and after
    /// the last the first.
    pub fn after(index: usize) -> usize {
        (index + 1) % META_PAGES as usize
    }

    /// Answers whether this one is a copy of the one before it.
    fn is_copy(&self, index: usize) -> bool {
        let before = (index + self.0.len() - 1) % self.0.len();
        self.0[index].is_some() && self.0[index] == self.0[before]
    }

    /// Answers whether an opening can leave them as they are: all are sound, and the
    /// newest one is known to be durable, since a copy of it was written, and that
    /// happens only when it is.
    pub fn is_proven(&self) -> bool {
        let newest = self.newest();
        let copies = self.0.iter().filter(|meta| **meta == newest).count();
        copies > 1 && !self.0.contains(&None)
    }

    /// What an opening writes so that the newest one is durable: the same again,
    /// under the next number. Nobody knows whether the newest one is durable, and
    /// none of the others says the same under the same number. `None` where none
    /// is sound.
    ///
    /// It goes [over](Renewal::over) the oldest. But where all are sound and another
    /// one says the same under another number, an opening was here before that did
    /// not come to its end: it goes over what that one wrote, which is the newest.
    /// So the third, which may be the last one that is durable, is left alone.
    ///
    /// # Exercise 4.19
    pub fn renewal(&self) -> Option<Renewal> {
        let newest = self.newest()?;
        let is_alike = |meta: &Meta| meta.shows_what(&newest);
        let alike = self.sound().filter(is_alike).count();
        let over = match self.0.contains(&None) || alike == 1 {
            true => self.oldest(),
            false => self.index_of(&newest),
        };
        let meta = Meta {
            commit: newest.commit + 1,
            ..newest
        };
        Some(Renewal { meta, over })
    }

    /// The index of the first that says this.
    fn index_of(&self, meta: &Meta) -> usize {
        let found = self.0.iter().position(|one| one.as_ref() == Some(meta));
        found.expect("it is one of them")
    }

    fn sound(&self) -> impl Iterator<Item = Meta> {
        self.0.iter().flatten().copied()
    }
}

fn u32_at(bytes: &MetaBytes, at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
