//! A place in the tree, and the path that leads there.
//!
//! Leaves do not lead to each other. Over a store that copies on write they
//! could not: a leaf that changes gets another number, its neighbour would have
//! to learn of it and get another number, too, and so on through all of them. A
//! walk remembers the way by which it came instead, and at the end of a leaf it
//! goes up as far as it must, one slot on, and down again.
//!
//! An entry is lent from its page, in place. Only a value in a chain is
//! gathered first.

use std::ops::Bound;

use engine::page::PageRead;
use engine::{Order, Result};

use super::scan::{Scan, first_from, outermost};
use crate::node::{Chain, child};
use crate::overflow;
use crate::slotted::{Extent, Slotted, fetch};
use crate::tree::{Leaf, Step, Toward, descend};

/// A walk over the entries of a scan.
#[derive(Debug)]
pub(super) struct Walk<R> {
    read: R,
    /// The pages above the leaf, the root first, and the slot by which each was
    /// left.
    path: Vec<Step>,
    /// Where it stands, if it does; that leaf is then the current page.
    place: Option<Place>,
    /// The value where it stands, if that was gathered from a chain.
    gathered: Vec<u8>,
    /// From where it can be made again, should pages change under it.
    again: Again,
}

/// A place in a leaf.
#[derive(Debug)]
struct Place {
    leaf: Leaf,
    slot: usize,
    /// How many entries of the scan come after this one in the leaf.
    rest: usize,
    /// Whether the scan ends with them.
    ends: bool,
    /// Where in the page key and value are. What is in a chain was gathered.
    extent: Extent,
}

impl Place {
    /// The next slot in this order.
    fn next(&self, order: Order) -> usize {
        match order {
            Order::Ascending => self.slot + 1,
            Order::Descending => self.slot - 1,
        }
    }
}

/// A key that a walk had come to.
#[derive(Debug, Default)]
struct Again {
    key: Vec<u8>,
    /// Whether the walk was to go on after it.
    is_past: bool,
}

impl<R: PageRead> Walk<R> {
    /// A walk that stands nowhere.
    pub(super) fn new(read: R) -> Self {
        Walk {
            read,
            path: Vec::new(),
            place: None,
            gathered: Vec::new(),
            again: Again::default(),
        }
    }

    /// Answers whether it stands at an entry.
    pub(super) fn stands(&self) -> bool {
        self.place.is_some()
    }

    /// The entry where it stands.
    #[inline]
    pub(super) fn entry(&self) -> Option<(&[u8], &[u8])> {
        let place = self.place.as_ref()?;
        let bytes = self.read.bytes();
        let Extent { key, rest, .. } = &place.extent;
        let value = match place.extent.is_chained {
            true => &self.gathered,
            false => &bytes[rest.clone()],
        };
        Some((&bytes[key.clone()], value))
    }

    /// Walks to the first entry, in the scan's order, that does not lie before
    /// `to`.
    pub(super) fn seek(&mut self, scan: &Scan, to: Bound<&[u8]>) -> Result<()> {
        loop {
            let arrived = self.arrive(scan, to);
            if !self.read.changed() {
                return arrived;
            }
        }
    }

    /// Steps to the next entry in the scan's order, if that stands in the same
    /// leaf with its value. Otherwise it stays, and the answer is false.
    #[inline]
    pub(super) fn step(&mut self, order: Order) -> bool {
        let Some(place) = &mut self.place else {
            return false;
        };
        if place.rest == 0 || self.read.changed() {
            return false;
        }
        let slot = place.next(order);
        match Extent::in_page(self.read.bytes(), slot) {
            Ok(extent) if !extent.is_chained => {
                place.slot = slot;
                place.rest -= 1;
                place.extent = extent;
                true
            }
            _ => false,
        }
    }

    /// Steps to the next entry in the scan's order, wherever that is.
    pub(super) fn advance(&mut self, scan: &Scan) -> Result<()> {
        let Some(place) = &mut self.place else {
            return Ok(());
        };
        if self.read.changed() {
            self.remember(true);
            return self.seek_again(scan);
        }
        if place.rest == 0 && place.ends {
            self.place = None;
            return Ok(());
        }
        let stepped = if place.rest > 0 {
            place.rest -= 1;
            place.slot = place.next(scan.order);
            self.show()
        } else {
            self.remember(true);
            self.cross(scan)
        };
        if self.read.changed() {
            return self.seek_again(scan);
        }
        stepped
    }

    /// Stands nowhere from now on.
    pub(super) fn leave(&mut self) {
        self.place = None;
    }

    /// As [`seek`](Self::seek), in one walk from the root.
    fn arrive(&mut self, scan: &Scan, to: Bound<&[u8]>) -> Result<()> {
        self.place = None;
        self.path.clear();
        let Some(root) = self.read.root() else {
            return Ok(());
        };
        let toward = match (to, scan.order) {
            (Bound::Included(key) | Bound::Excluded(key), _) => Toward::Key(key),
            (Bound::Unbounded, order) => outermost(order),
        };
        let path = &mut self.path;
        let leaf = descend(&mut self.read, root, None, toward, |step| path.push(step))?;
        if let Some(slot) = first_from(to, scan.order, leaf) {
            return self.stand(scan, leaf, slot);
        }
        match self.neighbour(scan.order)? {
            Some((leaf, slot)) => self.stand(scan, leaf, slot),
            None => Ok(()),
        }
    }

    /// Steps over the end of a leaf, whose last key was remembered.
    fn cross(&mut self, scan: &Scan) -> Result<()> {
        self.place = None;
        let Some((leaf, slot)) = self.neighbour(scan.order)? else {
            return Ok(());
        };
        // Who comes from one leaf to the next will mostly read all of it.
        fetch(self.read.bytes());
        let cell = Slotted::new(self.read.bytes()).and_then(|page| page.cell(slot));
        let key = cell.map_err(|what| self.read.corrupt(leaf.page, what))?.key;
        let follows = match scan.order {
            Order::Ascending => key > self.again.key.as_slice(),
            Order::Descending => key < self.again.key.as_slice(),
        };
        if !follows {
            // Else pages that lead in a circle would be walked for ever.
            return Err(self.read.corrupt(leaf.page, "a leaf is out of order"));
        }
        self.stand(scan, leaf, slot)
    }

    /// Goes on to the next leaf in this order, and its first slot in this order:
    /// up along the path to where it can go a slot on, and down from there, by
    /// [`descend`] toward the [`outermost`] leaf. The path leads there afterwards,
    /// the leaf is the current page, and no page was loaded but the one where it
    /// turned and those below. `None` where no leaf follows; the path is empty
    /// then.
    ///
    /// # Errors
    ///
    /// What [`descend`] can answer; damage of the page where it turned.
    ///
    /// # Exercise 4.9
    fn neighbour(&mut self, order: Order) -> Result<Option<(Leaf, usize)>> {
        todo!(
            "exercise 4.9: Goes on to the next leaf in this order, and its first slot in this order: up along the path to where it can go a slot on, and down from there, by [`descend`] toward the [`outermost`] leaf"
        )
    }

    /// Stands at a slot of a leaf, which is the current page, unless the scan
    /// ends before that.
    fn stand(&mut self, scan: &Scan, leaf: Leaf, slot: usize) -> Result<()> {
        let page = Slotted::new(self.read.bytes());
        let within = page.and_then(|page| scan.up_to_end(&page));
        let within = within.map_err(|what| self.read.corrupt(leaf.page, what))?;
        if !within.contains(&slot) {
            return Ok(());
        }
        let (rest, ends) = match scan.order {
            Order::Ascending => (within.end - 1 - slot, within.end < leaf.count),
            Order::Descending => (slot - within.start, within.start > 0),
        };
        self.place = Some(Place {
            leaf,
            slot,
            rest,
            ends,
            extent: Extent::default(),
        });
        self.show()
    }

    /// Finds out where key and value are, now that the slot is another one.
    fn show(&mut self) -> Result<()> {
        let Some(place) = &mut self.place else {
            return Ok(());
        };
        let page = place.leaf.page;
        let extent = Extent::in_page(self.read.bytes(), place.slot);
        place.extent = extent.map_err(|what| self.read.corrupt(page, what))?;
        if !place.extent.is_chained {
            return Ok(());
        }
        let chain = Chain::decode(&self.read.bytes()[place.extent.rest.clone()]);
        let chain = chain.map_err(|what| self.read.corrupt(page, what))?;
        self.remember(false);
        overflow::gather(&mut self.read, chain, &mut self.gathered)?;
        self.read.load(page)
    }

    /// Remembers the key where it stands.
    fn remember(&mut self, is_past: bool) {
        if let Some(place) = &self.place {
            self.again.key.clear();
            let key = &self.read.bytes()[place.extent.key.clone()];
            self.again.key.extend_from_slice(key);
            self.again.is_past = is_past;
        }
    }

    /// Walks again to where it was, or after it, since pages have changed.
    #[cold]
    fn seek_again(&mut self, scan: &Scan) -> Result<()> {
        let Again { key, is_past } = std::mem::take(&mut self.again);
        let to = match is_past {
            true => Bound::Excluded(key.as_slice()),
            false => Bound::Included(key.as_slice()),
        };
        self.seek(scan, to)
    }
}
