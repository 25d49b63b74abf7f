//! Engines that are wrong about a tree in pages: how they are split and joined, and
//! where a search goes.

use conformance::{Clause, Level};
use engine::Result;

use crate::exhibit::{Charge, Exhibit};
use crate::paged_tree::group::Group;
use crate::paged_tree::page::{Cell, PIECE_BYTES, Page};
use crate::paged_tree::steps::{Right, Steps, alike};

/// The exhibits of this room.
pub static EXHIBITS: &[Exhibit] = &[
    Exhibit::of_pages(
        &EqualGoesLeft,
        Charge(
            "equal-goes-left",
            Clause::AnyBytes,
            Level::Core,
            "looks for a key that is equal to a separator in the page before it",
            "the separator is where that page ends",
        ),
    ),
    Exhibit::of_pages(
        &MiddleLost,
        Charge(
            "middle-lost",
            Clause::AnyBytes,
            Level::Core,
            "takes the middle entry of a leaf up when it splits it, and leaves none behind",
            "in a B-tree entries stand above the leaves, too",
        ),
    ),
    Exhibit::of_pages(
        &MiddleInBoth,
        Charge(
            "middle-in-both",
            Clause::AnyBytes,
            Level::Core,
            "leaves the middle entry of a leaf in both of its halves",
            "the separator has to be in a leaf, and it was taken from the lower one",
        ),
    ),
    Exhibit::of_pages(
        &ChildLost,
        Charge(
            "child-lost",
            Clause::AnyBytes,
            Level::Core,
            "takes the middle separator up when it splits a page above the leaves, and its child with it",
            "the separator moves up, so its cell is removed",
        ),
    ),
    Exhibit::of_pages(
        &ChildInBoth,
        Charge(
            "child-in-both",
            Clause::AnyBytes,
            Level::Core,
            "copies the middle separator up when it splits a page above the leaves, as in a leaf",
            "one function splits both",
        ),
    ),
    Exhibit::of_pages(
        &SeparatorTooShort,
        Charge(
            "separator-too-short",
            Clause::AnyBytes,
            Level::Core,
            "cuts a separator off where two keys begin to differ, and not after that",
            "what they have in common ends there",
        ),
    ),
    Exhibit::of_pages(
        &NeverJoined,
        Charge(
            "never-joined",
            Clause::OrderedScans,
            Level::Core,
            "leaves a page in the tree when its last entry is deleted, and ends a scan there",
            "deletes are rare, and the page will be filled again",
        ),
    ),
    Exhibit::of_pages(
        &JoinForgetsRight,
        Charge(
            "join-forgets-right",
            Clause::AnyBytes,
            Level::Core,
            "frees the right one of two pages that it joins, and forgets to move what is in it",
            "the page that was short is empty by then",
        ),
    ),
    Exhibit::of_pages(
        &SeparatorStaysUp,
        Charge(
            "separator-stays-up",
            Clause::AnyBytes,
            Level::Core,
            "joins two pages above the leaves without the separator between them",
            "the first child of a page needs none",
        ),
    ),
    Exhibit::of_pages(
        &ParentNotTold,
        Charge(
            "parent-not-told",
            Clause::AnyBytes,
            Level::Core,
            "borrows an entry from a neighbour, and leaves the separator between them as it was",
            "the parent has the same children as before",
        ),
    ),
    Exhibit::of_pages(
        &LentAndKept,
        Charge(
            "lent-and-kept",
            Clause::AnyBytes,
            Level::Core,
            "leaves an entry in the page that lends it, so that it is found again after a delete",
            "it copied the entry and meant to move it",
        ),
    ),
    Exhibit::of_checked_pages(
        &RootStays,
        Charge(
            "root-stays",
            Clause::AnyBytes,
            Level::Core,
            "keeps a root that has a single child left, which its own `check` says is wrong",
            "everything is found all the same",
        ),
    ),
    Exhibit::of_pages(
        &RootGoesEarly,
        Charge(
            "root-goes-early",
            Clause::AnyBytes,
            Level::Core,
            "lets the first child take the place of a root that has one separator left",
            "it counts separators where it should count children",
        ),
    ),
    Exhibit::of_pages(
        &LastPieceLost,
        Charge(
            "last-piece-lost",
            Clause::AnyBytes,
            Level::Core,
            "loses the last piece of a long value that ends with a page",
            "whole pages are written in a loop, and the rest after it",
        ),
    ),
    Exhibit::of_checked_pages(
        &PiecesNotFreed,
        Charge(
            "pieces-not-freed",
            Clause::AnyBytes,
            Level::Core,
            "frees no page of a long value when it is overwritten or deleted, which its own `check` finds",
            "freeing was written for pages of the tree",
        ),
    ),
    Exhibit::of_pages(
        &FreedTwice,
        Charge(
            "freed-twice",
            Clause::AnyBytes,
            Level::Core,
            "frees a page once when it is joined and once when it is unlinked, and hands it out twice",
            "both functions look as if the other one did not",
        ),
    ),
];

/// Asks for less than instead of at most. What is the first key of its page and
/// as short as the separator is not found there, where it was put.
struct EqualGoesLeft;

impl Steps for EqualGoesLeft {
    fn child_to_read(&self, cells: &[Cell], key: &[u8]) -> usize {
        cells[1..].partition_point(|cell| &cell.key[..] < key)
    }
}

/// Splits a leaf as the textbook splits a page of a B-tree. There a key that goes
/// up takes its value along.
struct MiddleLost;

impl Steps for MiddleLost {
    fn split_leaf(&self, cells: &mut Vec<Cell>) -> (Vec<u8>, Vec<Cell>) {
        let (_, mut upper) = Right.split_leaf(cells);
        (upper.remove(0).key, upper)
    }
}

/// Has an entry twice. A search finds the one in the upper half, a scan both, and
/// a delete leaves one.
struct MiddleInBoth;

impl Steps for MiddleInBoth {
    fn split_leaf(&self, cells: &mut Vec<Cell>) -> (Vec<u8>, Vec<Cell>) {
        let (separator, upper) = Right.split_leaf(cells);
        cells.push(upper[0].clone());
        (separator, upper)
    }
}

/// Loses everything below a child, at once.
struct ChildLost;

impl Steps for ChildLost {
    fn split_inner(&self, cells: &mut Vec<Cell>) -> (Vec<u8>, Vec<Cell>) {
        let mut upper = cells.split_off(cells.len() / 2);
        (upper.remove(0).key, upper)
    }
}

/// Leads to a child from two parents. A search goes by the second one; a scan
/// comes by both.
struct ChildInBoth;

impl Steps for ChildInBoth {
    fn split_inner(&self, cells: &mut Vec<Cell>) -> (Vec<u8>, Vec<Cell>) {
        let (separator, upper) = Right.split_inner(cells);
        cells.push(Cell {
            key: separator.clone(),
            ..upper[0].clone()
        });
        (separator, upper)
    }
}

/// Separates `apple` and `apricot` by `ap`, and then looks for `apple` behind
/// that.
struct SeparatorTooShort;

impl Steps for SeparatorTooShort {
    fn separator(&self, last: &[u8], first: &[u8]) -> Vec<u8> {
        first[..alike(last, first)].to_vec()
    }
}

/// Lets pages run empty. Its cursor asks a page for its first entry, and takes
/// none for the end.
struct NeverJoined;

impl Steps for NeverJoined {
    fn is_short(&self, _page: &Page) -> bool {
        false
    }
}

/// Is right when the page that was short is the right one, and has nothing in it.
struct JoinForgetsRight;

impl Steps for JoinForgetsRight {
    fn joined(
        &self,
        level: u8,
        lower: Vec<Cell>,
        separator: Vec<u8>,
        upper: Vec<Cell>,
    ) -> Vec<Cell> {
        match level {
            0 => lower,
            _ => Right.joined(level, lower, separator, upper),
        }
    }
}

/// Has a page with a separator in its middle that is smaller than all others.
/// What is behind it is looked for before it.
struct SeparatorStaysUp;

impl Steps for SeparatorStaysUp {
    fn joined(
        &self,
        _level: u8,
        mut lower: Vec<Cell>,
        _separator: Vec<u8>,
        mut upper: Vec<Cell>,
    ) -> Vec<Cell> {
        lower.append(&mut upper);
        lower
    }
}

/// Looks for the entry where it was before.
struct ParentNotTold;

impl Steps for ParentNotTold {
    fn set_separator(&self, _cell: &mut Cell, _separator: Vec<u8>) {}
}

/// Has an entry in two pages, and deletes it from one. When the two are joined
/// later, it is back.
struct LentAndKept;

impl Steps for LentAndKept {
    fn borrow(
        &self,
        level: u8,
        lower: &mut Vec<Cell>,
        separator: Vec<u8>,
        upper: &mut Vec<Cell>,
    ) -> Vec<u8> {
        let before = lower.clone();
        let separator = Right.borrow(level, lower, separator, upper);
        if level == 0 && lower.len() < before.len() {
            *lower = before;
        }
        separator
    }
}

/// Gets higher and never lower. Each level that is left over is a page more for
/// every walk.
struct RootStays;

impl Steps for RootStays {
    fn heir(&self, root: &Page) -> Option<u32> {
        Right.heir(root).filter(|heir| *heir == 0)
    }
}

/// Loses half of a tree that has just become small.
struct RootGoesEarly;

impl Steps for RootGoesEarly {
    fn heir(&self, root: &Page) -> Option<u32> {
        let separators = root.cells.len().saturating_sub(1);
        match root.level {
            0 => Right.heir(root),
            _ => root.child(0).filter(|_| separators <= 1),
        }
    }
}

/// Writes pieces while there is more than a page, and then what is left if it is
/// less than one.
struct LastPieceLost;

impl Steps for LastPieceLost {
    fn pieces<'v>(&self, value: &'v [u8]) -> Vec<&'v [u8]> {
        let mut pieces = Right.pieces(value);
        pieces.pop_if(|last| last.len() == PIECE_BYTES);
        pieces
    }
}

/// Grows with every long value that is written, for ever.
struct PiecesNotFreed;

impl Steps for PiecesNotFreed {
    fn free_chain(&self, _group: &mut Group<'_>, _next: u32) -> Result<()> {
        Ok(())
    }
}

/// Gives one number to two pages. The second one is written over the first.
struct FreedTwice;

impl Steps for FreedTwice {
    fn free(&self, group: &mut Group<'_>, number: u32) -> Result<()> {
        group.give_back(number)?;
        group.changes.ready.push(number);
        Ok(())
    }
}
