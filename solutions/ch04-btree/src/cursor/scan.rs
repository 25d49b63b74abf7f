//! What a scan visits, and which way.

use std::ops::{Bound, Range};

use engine::{KeyRange, Order};

use crate::page::Damage;
use crate::slotted::Slotted;
use crate::tree::{Leaf, Toward};

/// What a scan visits, and which way.
#[derive(Debug)]
pub(super) struct Scan {
    pub(super) range: KeyRange<'static>,
    pub(super) order: Order,
}

impl Scan {
    /// Where the scan begins.
    pub(super) fn first(&self) -> Bound<&[u8]> {
        match self.order {
            Order::Ascending => self.range.start(),
            Order::Descending => self.range.end(),
        }
    }

    /// Where a seek to `key` begins: not before the scan does.
    pub(super) fn start_of<'k>(&'k self, key: &'k [u8]) -> Bound<&'k [u8]> {
        let first = self.first();
        let is_before = match (first, self.order) {
            (Bound::Unbounded, _) => false,
            (Bound::Included(bound) | Bound::Excluded(bound), Order::Ascending) => key <= bound,
            (Bound::Included(bound) | Bound::Excluded(bound), Order::Descending) => key >= bound,
        };
        if is_before {
            first
        } else {
            Bound::Included(key)
        }
    }

    /// The slots of a leaf up to the scan's end: where it begins is no matter
    /// to who is in it. In ascending order the range begins with the first slot,
    /// and no key after it is within the scan; in descending order it ends
    /// with the last slot, and no key before it is.
    ///
    /// # Errors
    ///
    /// What is wrong with a cell of the leaf.
    ///
    /// # Exercise 4.9
    pub(super) fn up_to_end(&self, leaf: &Slotted<'_>) -> Result<Range<usize>, Damage> {
        let mut slots = 0..leaf.count();
        match self.order {
            Order::Ascending => match self.range.end() {
                Bound::Unbounded => {}
                Bound::Included(key) => slots.end = leaf.find(key)?.behind(),
                Bound::Excluded(key) => slots.end = leaf.find(key)?.slot,
            },
            Order::Descending => match self.range.start() {
                Bound::Unbounded => {}
                Bound::Included(key) => slots.start = leaf.find(key)?.slot,
                Bound::Excluded(key) => slots.start = leaf.find(key)?.behind(),
            },
        }
        Ok(slots)
    }
}

/// Where a walk in this order finds its first entry.
pub(super) fn outermost(order: Order) -> Toward<'static> {
    match order {
        Order::Ascending => Toward::First,
        Order::Descending => Toward::Last,
    }
}

/// The slot of the first entry, in this order, that does not lie before `to`, in
/// the leaf to which the walk toward it came. `None` where the leaf has none: it
/// is in the next one, if anywhere.
///
/// An excluded key lies before itself. Without a bound the walk went to the
/// first or last leaf, see [`Leaf::found`].
///
/// # Exercise 4.9
pub(super) fn first_from(to: Bound<&[u8]>, order: Order, leaf: Leaf) -> Option<usize> {
    let found = leaf.found;
    match (order, to) {
        (Order::Ascending, Bound::Excluded(_)) => Some(found.behind()),
        (Order::Ascending, _) => Some(found.slot),
        (Order::Descending, Bound::Included(_)) => found.behind().checked_sub(1),
        (Order::Descending, _) => found.slot.checked_sub(1),
    }
    .filter(|slot| *slot < leaf.count)
}
