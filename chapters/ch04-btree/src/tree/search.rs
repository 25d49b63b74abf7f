//! Down the tree.

use engine::Result;
use engine::page::{PageId, PageRead};

use crate::node::{self, Value, child, child_slot};
use crate::overflow;
use crate::page::Damage;
use crate::slotted::{Found, Slotted};

/// Where a walk down the tree goes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Toward<'k> {
    /// To the leaf that has this key, if any has.
    Key(&'k [u8]),
    /// To the first leaf.
    First,
    /// To the last leaf.
    Last,
}

/// A page that a walk has passed, and the slot by which it went on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) page: PageId,
    pub(crate) level: u8,
    pub(crate) slot: usize,
    pub(crate) count: usize,
}

/// The leaf that a walk came to, which is now the current page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Leaf {
    pub(crate) page: PageId,
    /// How many entries it has: one at least.
    pub(crate) count: usize,
    /// Where in it the key is, or would be; in front of all entries for
    /// [`Toward::First`], after them for [`Toward::Last`].
    pub(crate) found: Found,
}

/// Walks from a page down to a leaf, and tells `passed` of each page above.
///
/// `level` is that of the page, where it is known. Each child must be a level
/// below its parent, so that the walk ends, whatever the pages hold.
pub(crate) fn descend<R: PageRead>(
    read: &mut R,
    mut page: PageId,
    mut level: Option<u8>,
    toward: Toward<'_>,
    mut passed: impl FnMut(Step),
) -> Result<Leaf> {
    loop {
        read.load(page)?;
        let way = way(read.bytes(), page, level, toward);
        match way.map_err(|what| read.corrupt(page, what))? {
            Way::Down(step, child) => {
                passed(step);
                (page, level) = (child, Some(step.level - 1));
            }
            Way::Arrived(leaf) => return Ok(leaf),
        }
    }
}

/// What a walk finds in a page.
enum Way {
    Down(Step, PageId),
    Arrived(Leaf),
}

/// Where a walk goes on from `page`, which has these bytes and is on this
/// `level`, where that is known.
///
/// In a leaf it has arrived: with where the key is, or as [`Leaf::found`] says
/// of the ends. From a page above it goes down to a child: that of the key, the
/// first or the last one; the step says by which slot, and what the page's
/// level and number of slots are.
///
/// # Errors
///
/// The page is on another level than `level`, it has no slot at all, or a cell
/// on the way is damaged.
///
/// # Exercise 4.4
#[inline]
fn way(bytes: &[u8], page: PageId, level: Option<u8>, toward: Toward<'_>) -> Result<Way, Damage> {
    todo!(
        "exercise 4.4: Where a walk goes on from `page`, which has these bytes and is on this `level`, where that is known"
    )
}

/// Reads the value of `key` in place of what is in `value`, and answers whether
/// there is one.
///
/// Over a store that changes pages in place, the walk may have come through
/// pages of different moments; then it is made again.
///
/// # Errors
///
/// [`Error::Io`](engine::Error::Io) and
/// [`Error::Corrupt`](engine::Error::Corrupt). `value` is then empty.
pub fn get_into<R: PageRead>(read: &mut R, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
    loop {
        let found = look_up(read, key, value);
        if read.changed() {
            continue;
        }
        if found.is_err() {
            value.clear();
        }
        return found;
    }
}

/// As [`get_into`], in one walk from the root, with [`descend`].
///
/// What was in `value` is gone, also where the key is not there. A value in a
/// chain is [gathered](overflow::gather).
///
/// # Errors
///
/// As there; what is wrong with a leaf's cell is the leaf's damage, said by
/// [`corrupt`](PageRead::corrupt). `value` may then hold anything.
///
/// # Exercise 4.4
fn look_up<R: PageRead>(read: &mut R, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
    todo!("exercise 4.4: As [`get_into`], in one walk from the root, with [`descend`]")
}
