//! A page of the tree: its slots, its cells, and what is between.
//!
//! Cells are drawn where they are, not in the order of their slots: so one sees
//! which came later, and what garbage is between them.

use engine::layout::{Row, Value, Walk};
use engine::page::STORE_BYTES;

use super::page::Page;
use super::{CELL, CHAIN, CHILD, HEADER, KEY_SHOWN, SLOT, counted, shown};
use crate::node::{CHAIN_BYTES, CHILD_BYTES, Chain, child};
use crate::page::{Damage, LEAF};
use crate::slotted::{CELL_BYTES, Cell, HEAD_BYTES, Slotted, head_of};

/// Draws a page of the tree.
pub(super) fn dissect(page: &Page, walk: &mut Walk<'_, '_>) {
    let (start, bytes) = (walk.offset(), walk.rest());
    let slotted = match Slotted::new(bytes) {
        Ok(slotted) => slotted,
        Err(what) => return unsound(page, what, walk),
    };
    let places = Places::of(&slotted, bytes.len());
    walk.group(format_args!("page {}: {}", page.number, name_of(&slotted)));
    page.stamp(walk);
    let (garbage, found) = (slotted.header().garbage, places.garbage);
    let fault = || format!("{found} bytes belong to no cell");
    header(walk, |field| {
        (field == "garbage" && garbage != found).then(fault)
    });
    slots(&slotted, &places, walk);
    for &(slot, at) in &places.cells {
        skip_to(page, start + at, walk);
        cell(page, &slotted, slot, walk);
    }
    skip_to(page, start + bytes.len(), walk);
}

/// Draws what there is of a page whose header is not sound.
fn unsound(page: &Page, what: Damage, walk: &mut Walk<'_, '_>) {
    let kind_and_level = walk.rest().get(STORE_BYTES..STORE_BYTES + 2);
    let wrong = match kind_and_level {
        Some(&[kind, level]) if (kind == LEAF) != (level == 0) => "level",
        _ => "cells",
    };
    walk.group(format_args!("page {}: of the tree", page.number));
    page.stamp(walk);
    header(walk, |field| (field == wrong).then(|| what.to_owned()));
}

/// What a page is called after its number.
fn name_of(page: &Slotted<'_>) -> String {
    let count = page.count();
    match page.level() {
        0 => format!("leaf, {}", counted(count, "entry", "entries")),
        level => {
            let children = counted(count, "child", "children");
            format!("inner on level {level}, {children}")
        }
    }
}

/// Which bytes of a page are which cell's.
struct Places {
    /// The slot and the offset of each cell, by its offset. None reaches into
    /// another.
    cells: Vec<(usize, usize)>,
    /// What is wrong with the offset of each slot.
    faults: Vec<Option<Damage>>,
    /// How many bytes belong to no cell.
    garbage: usize,
}

impl Places {
    fn of(page: &Slotted<'_>, page_bytes: usize) -> Self {
        let mut faults = vec![None; page.count()];
        let mut extents = Vec::new();
        for (slot, fault) in faults.iter_mut().enumerate() {
            match page.extent(slot) {
                Ok(extent) => extents.push((extent.key.start - CELL_BYTES, slot, extent.rest.end)),
                Err(what) => *fault = Some(what),
            }
        }
        extents.sort_unstable();
        let (mut cells, mut garbage, mut end) = (Vec::new(), 0, page.header().cells);
        for (at, slot, cell_end) in extents {
            match at.checked_sub(end) {
                Some(gap) => {
                    cells.push((slot, at));
                    garbage += gap;
                    end = cell_end;
                }
                None => faults[slot] = Some("something else stands there"),
            }
        }
        Places {
            cells,
            faults,
            garbage: garbage + (page_bytes - end),
        }
    }
}

/// Draws what a page of the tree says of itself; `fault` says what is wrong with
/// a field.
fn header(walk: &mut Walk<'_, '_>, fault: impl Fn(&str) -> Option<String>) {
    let [_store, fields @ .., _slots, _free, _cells] = &HEADER;
    for row in fields {
        walk.number(row, |_, _| fault(row.name));
    }
}

/// Draws the slots, and what is free after them.
fn slots(page: &Slotted<'_>, places: &Places, walk: &mut Walk<'_, '_>) {
    let [offset, head] = &SLOT;
    for (slot, fault) in places.faults.iter().enumerate() {
        walk.number(offset, |_, _| fault.map(str::to_owned));
        let is_wrong = page.cell(slot).is_ok_and(|cell| {
            let shared = page.header().shared;
            page.head(slot) != head_of(cell.key, shared)
        });
        walk.part(head.name, HEAD_BYTES, |_, _| {
            let fault = || "is not that of its key".to_owned();
            (Value::Bytes, is_wrong.then(fault))
        });
    }
    let free = page.header().free();
    if free > 0 {
        walk.bytes(&HEADER[8], free as u64);
    }
}

/// Draws the garbage in front of this offset.
fn skip_to(page: &Page, offset: usize, walk: &mut Walk<'_, '_>) {
    let garbage = offset - walk.offset();
    if garbage > 0 {
        walk.group(format_args!("page {}: garbage", page.number));
        walk.part("garbage", garbage, |_, _| (Value::Bytes, None));
    }
}

/// Draws the cell of a slot.
fn cell(page: &Page, slotted: &Slotted<'_>, slot: usize, walk: &mut Walk<'_, '_>) {
    let Ok(found) = slotted.cell(slot) else {
        return;
    };
    let key = shown(found.key, KEY_SHOWN);
    let number = page.number;
    match child(slotted, slot) {
        Ok(child) if slotted.level() > 0 => {
            walk.group(format_args!("page {number}: child {} from {key}", child.0));
        }
        _ if found.is_chained => walk.group(format_args!("page {number}: {key}, in a chain")),
        _ => walk.group(format_args!("page {number}: {key}")),
    }
    let [key_len, rest_len, key, _rest] = &CELL;
    walk.number(key_len, |_, _| None);
    walk.number(rest_len, |_, _| None);
    if !found.key.is_empty() {
        walk.bytes(key, found.key.len() as u64);
    }
    rest(page, slotted.level(), &found, walk);
}

/// Draws what stands with a key.
fn rest(page: &Page, level: u8, found: &Cell<'_>, walk: &mut Walk<'_, '_>) {
    let wrong = match (level, found.is_chained, found.rest.len()) {
        (0, false, 0) => return,
        (0, false, len) => {
            walk.bytes(&Row::open("value", "any bytes"), len as u64);
            return;
        }
        (0, true, CHAIN_BYTES) => return chain(page, found.rest, walk),
        (1.., false, CHILD_BYTES) => {
            walk.number(&CHILD[0], |child, _| page.leads_to(child));
            return;
        }
        (0, true, _) => "no chain begins here",
        (1.., ..) => "no child stands here",
    };
    walk.part("rest", found.rest.len(), |_, _| {
        (Value::Bytes, Some(wrong.to_owned()))
    });
}

/// Draws where the chain of a long value begins.
fn chain(page: &Page, bytes: &[u8], walk: &mut Walk<'_, '_>) {
    let [len, first] = &CHAIN;
    walk.number(len, |_, _| Chain::decode(bytes).err().map(str::to_owned));
    walk.number(first, |first, _| page.leads_to(first));
}
