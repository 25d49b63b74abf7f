//! A page, by its kind.

use engine::layout::{Row, Value, Walk};
use engine::page::STORE_BYTES;

use super::file::Known;
use super::{LIST_PAGE, PIECE, STAMP, tree_page};
use crate::free_list::{LIST, ListPage};
use crate::meta::META_PAGES;
use crate::page::{INNER, LEAF, OVERFLOW};
use crate::stamp::prove;

/// What is known of a page before it is looked at.
pub(super) struct Page {
    pub(super) number: u32,
    /// Whether nobody needs it.
    pub(super) is_free: bool,
    pub(super) known: Known,
}

impl Page {
    /// What is wrong with the number of a page that this one leads to, 0 being
    /// none. What a free page leads to has perhaps never been there.
    pub(super) fn leads_to(&self, number: u64) -> Option<String> {
        let is_there = (u64::from(META_PAGES)..self.known.newest.pages.into()).contains(&number);
        let is_well = self.is_free || number == 0 || is_there;
        (!is_well).then(|| "there is no such page".to_owned())
    }

    /// Draws the stamp.
    pub(super) fn stamp(&self, walk: &mut Walk<'_, '_>) {
        let [crc32, number, commit] = &STAMP;
        walk.checksum(crc32, crc32fast::hash);
        walk.number(number, |found, _| {
            let fault = || format!("this is page {}", self.number);
            (found != u64::from(self.number)).then(fault)
        });
        let newest = self.known.newest.commit;
        walk.number(commit, |found, _| {
            let fault = || format!("the newest meta page shows commit {newest}");
            (found > newest && !self.is_free).then(fault)
        });
    }
}

/// Draws a page that is no meta page.
pub(super) fn dissect(page: &Page, walk: &mut Walk<'_, '_>) {
    let (number, bytes) = (page.number, walk.rest());
    let is_whole = bytes.len() == page.known.page_bytes && prove(bytes, number, u64::MAX).is_ok();
    if page.is_free && !is_whole {
        let what = match bytes.iter().all(|byte| *byte == 0) {
            true => "blank",
            false => "never finished",
        };
        walk.group(format_args!("page {number}: {what}"));
        walk.part("unused", bytes.len(), |_, _| (Value::Bytes, None));
        return;
    }
    match bytes.get(STORE_BYTES) {
        Some(&LEAF | &INNER) => tree_page::dissect(page, walk),
        Some(&OVERFLOW) => overflow(page, walk),
        Some(&LIST) => list(page, walk),
        _ => {
            walk.group(format_args!("page {number}: of no kind"));
            page.stamp(walk);
            walk.number(&LIST_PAGE[1], |_, _| {
                Some("there is no such kind".to_owned())
            });
        }
    }
}

/// Draws a page with a piece of a long value.
fn overflow(page: &Page, walk: &mut Walk<'_, '_>) {
    let [_store, kind, zeros, len, next, piece] = &PIECE;
    walk.group(format_args!("page {}: overflow", page.number));
    page.stamp(walk);
    walk.number(kind, |_, _| None);
    walk.bytes(zeros, 3);
    let len = walk.number(len, |_, _| None);
    walk.number(next, |next, _| page.leads_to(next));
    let here = len.unwrap_or(0).min(walk.rest().len() as u64);
    if here > 0 {
        walk.bytes(piece, here);
    }
    unused(walk);
}

/// Draws a page of the free list.
fn list(page: &Page, walk: &mut Walk<'_, '_>) {
    let [_stamp, kind, zeros, next, count, numbers] = &LIST_PAGE;
    walk.group(format_args!("page {}: free list", page.number));
    page.stamp(walk);
    walk.number(kind, |_, _| None);
    walk.bytes(zeros, 3);
    walk.number(next, |next, _| page.leads_to(next));
    let room = ListPage::room(page.known.page_bytes) as u64;
    let count = walk.number(count, |count, _| {
        let fault = || format!("there is room for {room}");
        (count > room).then(fault)
    });
    let number = Row {
        size: Some(4),
        ..*numbers
    };
    for _ in 0..count.unwrap_or(0).min(room) {
        walk.number(&number, |number, _| page.leads_to(number));
    }
    unused(walk);
}

/// Draws the rest of a page, which means nothing.
fn unused(walk: &mut Walk<'_, '_>) {
    let len = walk.rest().len();
    if len > 0 {
        walk.part("unused", len, |_, _| (Value::Bytes, None));
    }
}
