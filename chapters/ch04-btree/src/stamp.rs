//! What stands in front of every page.

use engine::page::STORE_BYTES;

/// What stands in front of every page but the meta pages: the bytes that belong
/// to the store.
///
/// The numbers are little-endian.
///
/// ```text
/// offset  size  field
///      0     4  crc32   over everything after it, up to the end of the page
///      4     4  number  of this page
///      8     8  commit  number of the commit that made it
/// ```
///
/// A checksum alone would not notice a page that was written to the place of
/// another, nor one that was written later than what belongs there: so the page
/// says which one it is, and since when.
///
/// While a page is in memory its checksum is not kept. It is set in the copy
/// that goes to the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The number of the page.
    pub number: u32,
    /// The number of the commit that made it.
    pub commit: u64,
}

impl Stamp {
    /// The stamp of a page, its checksum unseen.
    pub fn of(page: &[u8]) -> Self {
        let (number, commit) = (page[4..8].first_chunk(), page[8..16].first_chunk());
        Stamp {
            number: u32::from_le_bytes(*number.expect(FITS)),
            commit: u64::from_le_bytes(*commit.expect(FITS)),
        }
    }

    /// Stamps a page that is in memory.
    pub fn put_on(self, page: &mut [u8]) {
        page[4..8].copy_from_slice(&self.number.to_le_bytes());
        page[8..STORE_BYTES].copy_from_slice(&self.commit.to_le_bytes());
    }
}

const FITS: &str = "a page is longer than its stamp";

/// The bytes of a page are not those that were written.
pub const TORN: &str = "the checksum of the page does not match";
/// A page stands in the place of another.
pub const ANOTHER: &str = "this is another page";
/// A page stands where a commit looks that was before it.
pub const NEWER: &str = "the page is newer than the meta page";

/// Sets the checksum of a page that goes to the file, see [`Stamp`].
///
/// # Exercise 4.13
pub fn seal(page: &mut [u8]) {
    todo!("exercise 4.13: Sets the checksum of a page that goes to the file, see [`Stamp`]")
}

/// Proves that these are the bytes of page `number` as they were written, by no
/// later commit than `commit`.
///
/// # Errors
///
/// What is wrong, the first of these: [`TORN`], where the checksum is another
/// one; [`ANOTHER`], where the page says that it is another one; [`NEWER`].
///
/// # Exercise 4.13
pub fn prove(page: &[u8], number: u32, commit: u64) -> Result<(), &'static str> {
    todo!(
        "exercise 4.13: Proves that these are the bytes of page `number` as they were written, by no later commit than `commit`"
    )
}
