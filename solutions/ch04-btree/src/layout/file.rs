//! The whole file: meta pages, all other pages, and room.
//!
//! What may be wrong with a page depends on who needs it. A free page is
//! nobody's: a power cut may have left a half of it, and nothing is lost. So the
//! free list is read first, as far as it leads.

use engine::layout::{Value, Walk};

use super::page::{self, Page};
use super::{META, counted};
use crate::copy_on_write::PAGE_BYTES;
use crate::free_list::ListPage;
use crate::meta::{META_BYTES, META_PAGES, Meta, Metas, VERSION};
use crate::stamp::prove;

/// What the meta pages say that are sound: one of them at least is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    pub(crate) metas: Metas,
    /// The one that counts.
    pub(crate) newest: Meta,
    /// The size of pages.
    pub(crate) page_bytes: usize,
}

impl Known {
    /// How many bytes at the front of a file have all of its meta pages,
    /// whatever the size of its pages.
    pub(crate) const BYTES_MAX: usize = (META_PAGES as usize - 1) * *PAGE_BYTES.end() + META_BYTES;

    /// The newest commit but one that a meta page shows.
    pub(crate) fn before(&self) -> Option<Meta> {
        let sound = self.metas.0.iter().flatten().copied();
        let older = sound.filter(|meta| meta.commit < self.newest.commit);
        older.max_by_key(|meta| meta.commit)
    }

    /// What those of the file say that begins with these bytes.
    pub(crate) fn of(file: &[u8]) -> Option<Self> {
        let page_bytes = page_bytes(file)?;
        let mut metas = Metas([None; META_PAGES as usize]);
        for (number, meta) in metas.0.iter_mut().enumerate() {
            let is_alike = |meta: &Meta| meta.page_bytes as usize == page_bytes;
            *meta = meta_at(file, number * page_bytes).filter(is_alike);
        }
        Some(Known {
            metas,
            newest: metas.newest()?,
            page_bytes,
        })
    }
}

/// The size of pages, from a sound meta page. The first of them stands at the
/// file's front, and each of the others as far after it as it says itself.
fn page_bytes(file: &[u8]) -> Option<usize> {
    let said_at = |at: usize| {
        let bytes = meta_at(file, at)?.page_bytes as usize;
        PAGE_BYTES.contains(&bytes).then_some(bytes)
    };
    let last = Known::BYTES_MAX.min(file.len());
    said_at(0).or_else(|| {
        (*PAGE_BYTES.start()..last).find_map(|at| {
            let is_there = |bytes: &usize| (1..META_PAGES as usize).any(|n| n * *bytes == at);
            said_at(at).filter(is_there)
        })
    })
}

fn meta_at(file: &[u8], at: usize) -> Option<Meta> {
    let bytes = file.get(at..)?.first_chunk()?;
    Meta::decode(bytes, at as u64).ok()
}

/// Draws a file.
pub(super) fn dissect<'f>(file: &'f [u8], walk: &mut Walk<'f, '_>) {
    let Some(known) = Known::of(file) else {
        walk.group(format_args!("page 0: meta"));
        return meta(None, walk);
    };
    let free = free_pages(file, &known);
    for number in 0..known.newest.pages {
        let is_free = free.binary_search(&number).is_ok();
        if walk.rest().is_empty() {
            // What was never written need not be in the file.
            if is_free {
                continue;
            }
            walk.group(format_args!("page {number}: after the file's end"));
            walk.part("page", known.page_bytes, |_, _| (Value::Bytes, None));
            return;
        }
        let mut walk = walk.within(known.page_bytes);
        match known.metas.0.get(number as usize) {
            Some(found) => {
                meta_page(number, found.as_ref(), &known, &mut walk);
            }
            None => page::dissect(
                &Page {
                    number,
                    is_free,
                    known,
                },
                &mut walk,
            ),
        }
        walk.end();
    }
    room(&known, walk);
}

/// The numbers on the free list, in ascending order, as far as it can be read.
fn free_pages(file: &[u8], known: &Known) -> Vec<u32> {
    let Meta { pages, commit, .. } = known.newest;
    let mut free = Vec::new();
    let mut next = known.newest.free_head;
    // A list that bites its tail ends here, too, and no number is believed.
    for _ in 0..file.len() / known.page_bytes {
        let at = (next as usize).saturating_mul(known.page_bytes);
        let page = file.get(at..).and_then(|rest| rest.get(..known.page_bytes));
        let Some(page) = page.filter(|page| next != 0 && prove(page, next, commit).is_ok()) else {
            break;
        };
        let Ok(list) = ListPage::decode(page, META_PAGES..pages) else {
            break;
        };
        free.extend(list.numbers);
        next = list.next;
    }
    free.sort_unstable();
    free.dedup();
    free
}

/// Draws a meta page.
fn meta_page(number: u32, found: Option<&Meta>, known: &Known, walk: &mut Walk<'_, '_>) {
    match found {
        Some(found) => walk.group(format_args!(
            "page {number}: meta, shows commit {}",
            found.commit
        )),
        None => walk.group(format_args!("page {number}: meta, not sound")),
    }
    meta(Some(known), walk);
    let rest = walk.rest();
    if !rest.is_empty() {
        let fault = || "should be zeros".to_owned();
        let is_wrong = rest.iter().any(|byte| *byte != 0);
        walk.part("zeros", rest.len(), |_, _| {
            (Value::Bytes, is_wrong.then(fault))
        });
    }
}

/// Draws what a meta page says.
fn meta(known: Option<&Known>, walk: &mut Walk<'_, '_>) {
    let [
        magic,
        version,
        crc32,
        page_bytes,
        pages,
        commit,
        root,
        free_head,
        free_count,
    ] = &META;
    walk.magic(magic, &crate::meta::MAGIC);
    walk.number(version, |found, _| {
        let fault = || format!("only version {VERSION} is known");
        (found != u64::from(VERSION)).then(fault)
    });
    walk.checksum(crc32, |behind| {
        let fields = META_BYTES - 16;
        crc32fast::hash(&behind[..fields.min(behind.len())])
    });
    walk.number(page_bytes, |found, _| match known {
        Some(known) if found != known.page_bytes as u64 => {
            Some(format!("pages have {} bytes", known.page_bytes))
        }
        None if !PAGE_BYTES.contains(&usize::try_from(found).unwrap_or(usize::MAX)) => {
            Some("there are no pages of this size".to_owned())
        }
        _ => None,
    });
    let pages = walk.number(pages, |found, _| {
        let fault = || "the meta pages are pages, too".to_owned();
        (found < u64::from(META_PAGES)).then(fault)
    });
    walk.number(commit, |_, _| None);
    for row in [root, free_head] {
        walk.number(row, |found, _| {
            let is_there = (u64::from(META_PAGES)..pages.unwrap_or(0)).contains(&found);
            let fault = || "there is no such page".to_owned();
            (found != 0 && !is_there).then(fault)
        });
    }
    walk.number(free_count, |_, _| None);
}

/// Draws what is after the last page.
fn room(known: &Known, walk: &mut Walk<'_, '_>) {
    let bytes = walk.rest().len();
    if bytes > 0 {
        let pages = counted(bytes / known.page_bytes, "page", "pages");
        walk.group(format_args!("room for {pages}"));
        walk.part("room", bytes, |_, _| (Value::Bytes, None));
    }
}
