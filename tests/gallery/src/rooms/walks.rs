//! Engines that are wrong about how a cursor walks through a tree in pages: where
//! it comes to one, and how it goes from one to the next.

use std::ops::Bound;

use conformance::{Clause, Level};
use engine::Order;

use crate::exhibit::{Charge, Exhibit};
use crate::paged_tree::page::Cell;
use crate::paged_tree::steps::{Right, Steps};

/// The exhibits of this room.
pub static EXHIBITS: &[Exhibit] = &[
    Exhibit::of_pages(
        &NextPageAtSecond,
        Charge(
            "next-page-at-second",
            Clause::OrderedScans,
            Level::Core,
            "steps over the first entry of each page that a scan comes to",
            "it goes to the next page and then to the next entry",
        ),
    ),
    Exhibit::of_pages(
        &DescendingFromFront,
        Charge(
            "descending-from-front",
            Clause::OrderedScans,
            Level::Core,
            "begins at the first entry of each page that a descending scan comes to",
            "a page is entered at slot 0",
        ),
    ),
    Exhibit::of_pages(
        &FirstPageAgain,
        Charge(
            "first-page-again",
            Clause::OrderedScans,
            Level::Core,
            "takes the first page for the one before it, so that a descending scan does not end",
            "`saturating_sub` cannot overflow",
        ),
    ),
    Exhibit::of_pages(
        &CousinsForgotten,
        Charge(
            "cousins-forgotten",
            Clause::OrderedScans,
            Level::Core,
            "ends a scan after the last child of a parent, whatever its grandparent has",
            "it was written when trees had two levels",
        ),
    ),
    Exhibit::of_pages(
        &SeekStaysInPage,
        Charge(
            "seek-stays-in-page",
            Clause::OrderedScans,
            Level::Core,
            "seeks a key after the last one of its page and stops at that one",
            "the walk came to this page, so it must be here",
        ),
    ),
    Exhibit::of_pages(
        &SeekOneTooFar,
        Charge(
            "seek-one-too-far",
            Clause::OrderedScans,
            Level::Core,
            "seeks a key between two pages, upwards, and lands after the first entry of the second",
            "it is after the last entry of the first, and that takes a step",
        ),
    ),
];

/// Skips one entry a page.
struct NextPageAtSecond;

impl Steps for NextPageAtSecond {
    fn entered_at(&self, order: Order, len: usize) -> usize {
        match order {
            Order::Ascending => 1.min(len.saturating_sub(1)),
            Order::Descending => Right.entered_at(order, len),
        }
    }
}

/// Sees one entry of each page but the last.
struct DescendingFromFront;

impl Steps for DescendingFromFront {
    fn entered_at(&self, _order: Order, _len: usize) -> usize {
        0
    }
}

/// Goes around in the first page.
struct FirstPageAgain;

impl Steps for FirstPageAgain {
    fn next_child(&self, order: Order, slot: usize, len: usize) -> Option<usize> {
        match order {
            Order::Ascending => Right.next_child(order, slot, len),
            Order::Descending => Some(slot.saturating_sub(1)),
        }
    }
}

/// Goes up one level, and finds the end there.
struct CousinsForgotten;

impl Steps for CousinsForgotten {
    fn climbs_on(&self, _climbed: usize) -> bool {
        false
    }
}

/// Shows an entry that comes before the key.
struct SeekStaysInPage;

impl Steps for SeekStaysInPage {
    fn sought(&self, cells: &[Cell], from: Bound<&[u8]>, order: Order) -> Option<usize> {
        let sought = Right.sought(cells, from, order);
        sought.or_else(|| Right.sought(cells, Bound::Unbounded, opposite(order)))
    }
}

/// Takes the step to the next page, and then the step to the next entry.
struct SeekOneTooFar;

impl Steps for SeekOneTooFar {
    fn is_one_too_far(&self, from: Bound<&[u8]>, order: Order) -> bool {
        from != Bound::Unbounded && order == Order::Ascending
    }
}

fn opposite(order: Order) -> Order {
    match order {
        Order::Ascending => Order::Descending,
        Order::Descending => Order::Ascending,
    }
}
