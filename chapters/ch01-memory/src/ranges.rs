//! Which of the map's entries a scan visits, and what is left of a scan.

use std::ops::Bound;

use engine::{KeyRange, Order};

use crate::memory::Map;

/// The entries of a map in some range, one by one, borrowed.
pub(crate) type EntriesIn<'m> = Box<dyn Iterator<Item = (&'m [u8], &'m [u8])> + 'm>;

/// The entries of `map` whose keys lie in `range`, in `order`. The first one is
/// found in O(log n) steps, whichever order was asked for.
///
/// An empty or inverted range has no entries. (`BTreeMap::range` panics on
/// those: ask [`KeyRange::is_empty`] first.)
///
/// # Exercise 1.4
pub(crate) fn entries_in<'m>(map: &'m Map, range: &KeyRange<'_>, order: Order) -> EntriesIn<'m> {
    todo!("exercise 1.4: The entries of `map` whose keys lie in `range`, in `order`")
}

/// The part of `range` that a scan in `order` visits after `key`. Neither `key`,
/// which lies in the range, nor anything before it belongs to that.
///
/// # Exercise 1.6
pub(crate) fn behind<'k>(range: &'k KeyRange<'_>, order: Order, key: &'k [u8]) -> KeyRange<'k> {
    todo!("exercise 1.6: The part of `range` that a scan in `order` visits after `key`")
}

/// The part of `range` that a scan in `order` visits from `key` on. `key` itself
/// belongs to it, if it lies in the range; it may lie anywhere. Where it comes
/// before the range, all of the range is left; where after, nothing is.
///
/// # Exercise 1.7
pub(crate) fn from_key<'k>(range: &'k KeyRange<'_>, order: Order, key: &'k [u8]) -> KeyRange<'k> {
    todo!("exercise 1.7: The part of `range` that a scan in `order` visits from `key` on")
}
