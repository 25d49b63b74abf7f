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
//! Nothing in the file tells these two apart, until the power is cut: what is read
//! afterwards is durable. An opening shows what the newest one says, and what it
//! has shown must last. So it *renews* it:
//!
//! 1. It writes the same under the next number to the third place, and syncs. Now
//!    it is durable.
//! 2. It writes that once more, over the one that it has renewed. This need not be
//!    durable.
//!
//! # What a copy says
//!
//! A copy is a sign for the next opening: one is only ever written when the first
//! is durable. Every sync ends with one, over the oldest of the other two; it need
//! not be durable there, either. So what a killed process leaves is proven as a
//! rule, and there is nothing to renew.
//!
//! An opening that finds two that are the same has nothing to do. One that finds
//! two that differ in their number alone knows that the opening before it did not
//! come to the second step, and has shown nothing. It writes over the newer of
//! them: the older one stands for the same, and the third is still there.
//!
//! | what there was | meta pages | an opening |
//! |---|---|---|
//! | closed | 9 9 9 | has nothing to do |
//! | killed after a sync | 9 9 8 | has nothing to do |
//! | killed before the copy was written | 9 8 8 | leaves 10 10 8 |
//! | cut, and the copy was not durable yet | 9 8 8, or 9 torn 8 | leaves 10 10 8 |
//! | cut while a meta page was written | torn 8 8 | has nothing to do |
//! | the sync of 9 failed | 9 8 8 | leaves 10 10 8 |
//! | and then the power was cut | 7 8 8 | has nothing to do |
//! | an opening was killed after a write | 9 10 8, where 10 is 9 renewed | leaves 11 11 8 |

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
    /// The index of the meta page to write over.
    pub over: usize,
    /// The index of the one to write over when that is durable.
    pub copy: usize,
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
    /// one with the smallest commit number. Whatever becomes of that write, the
    /// two newest are as they were. Of several such it is the first.
    ///
    /// # Exercise 4.14
    pub fn oldest(&self) -> usize {
        let commit = |index: &usize| self.0[*index].map(|meta| meta.commit);
        let indices = 0..self.0.len();
        indices.min_by_key(commit).expect("there are some")
    }

    /// Answers whether the newest one is known to be durable: a copy of it was
    /// written, and that happens only when it is.
    pub fn is_proven(&self) -> bool {
        let newest = self.newest();
        newest.is_some() && self.sound().filter(|meta| Some(*meta) == newest).count() > 1
    }

    /// What an opening writes so that the newest one is durable: the same again,
    /// under the next number. Nobody knows whether the newest one is durable, and
    /// none of the others says the same under the same number. `None` where none
    /// is sound.
    ///
    /// It goes [over](Renewal::over) the oldest, and the
    /// [copy](Renewal::copy) over the one that is renewed. But where two say the
    /// same under two numbers, an opening was here before that did not come to its
    /// end: it goes over the newer of them, and the copy over the older. So the
    /// third, which may be the last one that is durable, is left alone.
    ///
    /// # Exercise 4.19
    pub fn renewal(&self) -> Option<Renewal> {
        let newest = self.newest()?;
        let mut alike = self.indices_of(|meta| meta.shows_what(&newest));
        let copy = alike.next()?;
        let (over, copy) = match alike.next() {
            None => (self.oldest(), copy),
            // An opening before this one did not come to its end.
            Some(other) if self.0[other] == Some(newest) => (other, copy),
            Some(other) => (copy, other),
        };
        let meta = Meta {
            commit: newest.commit + 1,
            ..newest
        };
        Some(Renewal { meta, over, copy })
    }

    /// The indices of those that are not copies of the newest.
    pub fn others(&self) -> impl Iterator<Item = usize> + use<> {
        let (metas, newest) = (self.0, self.newest());
        (0..metas.len()).filter(move |&index| metas[index] != newest)
    }

    fn indices_of(&self, is_meant: impl Fn(&Meta) -> bool) -> impl Iterator<Item = usize> {
        (0..self.0.len()).filter(move |&index| self.0[index].as_ref().is_some_and(&is_meant))
    }

    fn sound(&self) -> impl Iterator<Item = Meta> {
        self.0.iter().flatten().copied()
    }
}

fn u32_at(bytes: &MetaBytes, at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
