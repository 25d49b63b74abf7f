//! The steps of an engine that keeps a tree in pages, each of them one that can
//! be taken wrongly.
//!
//! Each default method is how the step is taken; [`Right`] takes them all. An
//! engine of the gallery overrides the one that its author got wrong. As with the
//! table tree, the steps are taken through a `dyn Steps`, so that the rest is
//! compiled once.

use std::ops::Bound;

use engine::{Error, Order, Result};

use super::commit::{self, Writer};
use super::cursor::{edge, next_slot};
use super::group::{Freed, Group};
use super::meta::{self, META_BYTES, Meta, Metas};
use super::opening;
use super::page::{self, CELLS_MIN, Cell, PAGE_BYTES, PIECE_BYTES, Page};
use super::readers::{View, pin};
use super::store::Store;
use super::tree::Pages;

/// How the paged tree takes each of its steps.
pub(crate) trait Steps: Send + Sync {
    /// The child of a page that may have a key, for whoever reads: the last one
    /// whose separator is not larger.
    fn child_to_read(&self, cells: &[Cell], key: &[u8]) -> usize {
        let others = cells.get(1..).unwrap_or_default();
        others.partition_point(|cell| &cell.key[..] <= key)
    }

    /// The same, for whoever changes it.
    fn child_to_change(&self, cells: &[Cell], key: &[u8]) -> usize {
        Right.child_to_read(cells, key)
    }

    /// Takes the upper cells out of a leaf that is full, and answers with them and
    /// the separator in front of them.
    fn split_leaf(&self, cells: &mut Vec<Cell>) -> (Vec<u8>, Vec<Cell>) {
        let upper = cells.split_off(cells.len() / 2);
        let last = cells.last().expect("a full page has two halves");
        (self.separator(&last.key, &upper[0].key), upper)
    }

    /// The shortest separator between two keys: enough of the second to be larger
    /// than the first.
    fn separator(&self, last: &[u8], first: &[u8]) -> Vec<u8> {
        first[..first.len().min(alike(last, first) + 1)].to_vec()
    }

    /// The same above the leaves. There the first of the upper cells needs no
    /// separator: it goes up.
    fn split_inner(&self, cells: &mut Vec<Cell>) -> (Vec<u8>, Vec<Cell>) {
        let mut upper = cells.split_off(cells.len() / 2);
        (std::mem::take(&mut upper[0].key), upper)
    }

    /// Answers whether a page has so few cells that it needs some of a
    /// neighbour's.
    fn is_short(&self, page: &Page) -> bool {
        page.cells.len() < CELLS_MIN
    }

    /// The cells of two neighbours as those of one page. Above the leaves the
    /// separator between them comes down.
    fn joined(
        &self,
        level: u8,
        mut lower: Vec<Cell>,
        separator: Vec<u8>,
        mut upper: Vec<Cell>,
    ) -> Vec<Cell> {
        if level > 0 {
            upper[0].key = separator;
        }
        lower.append(&mut upper);
        lower
    }

    /// Moves a cell from the longer of two neighbours to the shorter, and answers
    /// with what separates them then.
    fn borrow(
        &self,
        level: u8,
        lower: &mut Vec<Cell>,
        separator: Vec<u8>,
        upper: &mut Vec<Cell>,
    ) -> Vec<u8> {
        if level > 0 {
            upper[0].key = separator;
        }
        if lower.len() < upper.len() {
            lower.push(upper.remove(0));
        } else {
            upper.insert(0, lower.pop().expect("it is the longer one"));
        }
        match level {
            0 => Right.separator(&lower[lower.len() - 1].key, &upper[0].key),
            _ => std::mem::take(&mut upper[0].key),
        }
    }

    /// Tells the parent of two neighbours what separates them.
    fn set_separator(&self, cell: &mut Cell, separator: Vec<u8>) {
        cell.key = separator;
    }

    /// The root that takes the place of one that does not branch, 0 for none: its
    /// only child.
    fn heir(&self, root: &Page) -> Option<u32> {
        match root.level {
            0 => root.cells.is_empty().then_some(0),
            _ => root.child(0).filter(|_| root.cells.len() == 1),
        }
    }

    /// Cuts a long value into pieces, each of a page.
    fn pieces<'v>(&self, value: &'v [u8]) -> Vec<&'v [u8]> {
        value.chunks(PIECE_BYTES).collect()
    }

    /// The slot of a leaf where a scan begins that comes to it by `from`; `None`
    /// where it begins in the next leaf.
    fn sought(&self, cells: &[Cell], from: Bound<&[u8]>, order: Order) -> Option<usize> {
        let before = |is_before: &dyn Fn(&[u8]) -> bool| {
            let behind = cells.partition_point(|cell| is_before(&cell.key));
            match order {
                Order::Ascending => Some(behind).filter(|slot| *slot < cells.len()),
                Order::Descending => behind.checked_sub(1),
            }
        };
        match (from, order) {
            (Bound::Unbounded, _) => Some(edge(order, cells.len())),
            (Bound::Included(from), Order::Ascending)
            | (Bound::Excluded(from), Order::Descending) => before(&|key| key < from),
            (Bound::Excluded(from), Order::Ascending)
            | (Bound::Included(from), Order::Descending) => before(&|key| key <= from),
        }
    }

    /// Answers whether a scan steps on that has begun in the next leaf.
    fn is_one_too_far(&self, _from: Bound<&[u8]>, _order: Order) -> bool {
        false
    }

    /// The slot of a page to which a cursor goes on behind another one.
    fn next_child(&self, order: Order, slot: usize, len: usize) -> Option<usize> {
        next_slot(order, slot, len)
    }

    /// Answers whether a cursor that has gone up so far goes up farther.
    fn climbs_on(&self, _climbed: usize) -> bool {
        true
    }

    /// The slot at which a cursor enters a leaf that it comes to.
    fn entered_at(&self, order: Order, len: usize) -> usize {
        edge(order, len)
    }

    /// Begins to read: pins the last commit. Whoever asks who pins what finds
    /// this reader, or has asked before the commit was there.
    fn begin(&self, store: &Store) -> View {
        let mut pins = store.pins.lock();
        let view = *store.present.read();
        pin(&mut pins, view.commit);
        view
    }

    /// Lets readers see a commit.
    fn publish(&self, store: &Store, view: View) {
        *store.present.write() = view;
    }

    /// The commits whose pages may not be used again, in their order: those that
    /// readers see, and those to which the meta pages lead.
    fn pins(&self, store: &Store, writer: &Writer) -> Vec<u64> {
        let mut pins: Vec<u64> = store.pins.lock().keys().copied().collect();
        pins.extend(writer.durable);
        pins
    }

    /// Answers whether one of `pins` sees a page that was freed.
    fn is_pinned(&self, freed: &Freed, pins: &[u64]) -> bool {
        pins.iter()
            .any(|pin| (freed.born..freed.freed).contains(pin))
    }

    /// Makes a page a group's own, so that it can be changed, and answers under
    /// which number it is then.
    fn claim(&self, group: &mut Group<'_>, number: u32) -> Result<u32> {
        group.copied(number)
    }

    /// Gives back a page of the tree.
    fn free(&self, group: &mut Group<'_>, number: u32) -> Result<()> {
        group.give_back(number)
    }

    /// Notes that a group does not lead to a page of others any more. That counts
    /// when it commits.
    fn let_go(&self, group: &mut Group<'_>, freed: Freed) {
        group.changes.freed.push(freed);
    }

    /// Gives back the pages of a long value.
    fn free_chain(&self, group: &mut Group<'_>, mut next: u32) -> Result<()> {
        while next != 0 {
            let piece = group.load_on(next, Some(page::PIECE))?;
            group.give_back(next)?;
            next = piece.child(0).unwrap_or(0);
        }
        Ok(())
    }

    /// Answers whether a page is what was written under its number.
    fn is_page(&self, bytes: &[u8; PAGE_BYTES], number: u32) -> bool {
        page::is_sound(bytes, number)
    }

    /// Makes the pages durable, before a meta page leads to them.
    fn sync_pages(&self, store: &Store) -> Result<()> {
        commit::sync_pages(store)
    }

    /// Answers whether a commit that could not be made durable shows all the same.
    fn shows_though(&self, _failed: &Error) -> bool {
        false
    }

    /// The place of the meta page to write over.
    fn place_of(&self, metas: &Metas) -> usize {
        meta::oldest(metas)
    }

    /// Makes a meta page durable.
    fn sync_meta(&self, store: &Store) -> Result<()> {
        commit::sync_file(store)
    }

    /// Answers whether these bytes are those of a meta page.
    fn is_meta(&self, bytes: &[u8; META_BYTES]) -> bool {
        meta::is_sound(bytes)
    }

    /// The meta page that counts.
    fn newest(&self, metas: &Metas) -> Result<Meta> {
        meta::newest(metas)
    }

    /// Makes durable what an opening shows, unless it is known to be.
    fn renew(&self, store: &Store, metas: &Metas, chosen: Meta) -> Result<Meta> {
        match meta::renewal(metas) {
            Some(over) => opening::renew(store, metas, chosen, over),
            None => Ok(chosen),
        }
    }

    /// The places to which a close writes copies of the newest meta page.
    fn copied_to(&self, original: usize) -> Vec<usize> {
        vec![meta::after(original)]
    }
}

/// How many bytes two keys begin with alike.
pub(crate) fn alike(one: &[u8], other: &[u8]) -> usize {
    let pairs = one.iter().zip(other);
    pairs.take_while(|(one, other)| one == other).count()
}

/// Every step as it should be.
pub(crate) struct Right;

impl Steps for Right {}
