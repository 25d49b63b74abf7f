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
    if range.is_empty() {
        return Box::new(std::iter::empty());
    }
    let entries = map
        .range::<[u8], _>((range.start(), range.end()))
        .map(|(key, value)| (key.as_slice(), value.as_slice()));
    match order {
        Order::Ascending => Box::new(entries),
        Order::Descending => Box::new(entries.rev()),
    }
}

/// The part of `range` that a scan in `order` visits after `key`. Neither `key`,
/// which lies in the range, nor anything before it belongs to that.
///
/// # Exercise 1.6
pub(crate) fn behind<'k>(range: &'k KeyRange<'_>, order: Order, key: &'k [u8]) -> KeyRange<'k> {
    match order {
        Order::Ascending => KeyRange::new(Bound::Excluded(key), range.end()),
        Order::Descending => KeyRange::new(range.start(), Bound::Excluded(key)),
    }
}

/// The part of `range` that a scan in `order` visits from `key` on. `key` itself
/// belongs to it, if it lies in the range; it may lie anywhere. Where it comes
/// before the range, all of the range is left; where after, nothing is.
///
/// # Exercise 1.7
pub(crate) fn from_key<'k>(range: &'k KeyRange<'_>, order: Order, key: &'k [u8]) -> KeyRange<'k> {
    let before_start = match range.start() {
        Bound::Included(start) | Bound::Excluded(start) => key <= start,
        Bound::Unbounded => false,
    };
    let behind_end = match range.end() {
        Bound::Included(end) | Bound::Excluded(end) => key >= end,
        Bound::Unbounded => false,
    };
    match order {
        Order::Ascending if before_start => KeyRange::new(range.start(), range.end()),
        Order::Ascending => KeyRange::new(Bound::Included(key), range.end()),
        Order::Descending if behind_end => KeyRange::new(range.start(), range.end()),
        Order::Descending => KeyRange::new(range.start(), Bound::Included(key)),
    }
}
