//! Commits: how a group's changes become visible, and durable.

use std::collections::BTreeSet;

use engine::{Durability, Error, Result};

use super::group::{Changes, Freed};
use super::meta::{META_PAGES, Meta, Metas, newest, original};
use super::page::PAGE_BYTES;
use super::readers::View;
use super::store::{Store, corrupt, offset_of};

/// Whoever holds this commits.
#[derive(Debug)]
pub(crate) struct Writer {
    /// The last commit.
    pub(crate) view: View,
    /// How many pages there are.
    pub(crate) pages: u32,
    /// The numbers of those that may be used.
    pub(crate) ready: Vec<u32>,
    /// Those that were freed, and that somebody may still see.
    pub(crate) freed: Vec<Freed>,
    /// What the meta pages say.
    pub(crate) metas: Metas,
    /// The commits that the two newest durable ones show.
    pub(crate) durable: [u64; 2],
}

impl Writer {
    /// Lets every page be used again that nobody sees any more.
    pub(crate) fn release(&mut self, store: &Store) {
        let pins = store.steps.pins(store, self);
        for freed in std::mem::take(&mut self.freed) {
            match store.steps.is_pinned(&freed, &pins) {
                true => self.freed.push(freed),
                false => self.ready.push(freed.number),
            }
        }
    }

    /// Proves that each page is either one of `live` or free, and once.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`].
    pub(crate) fn check_books(&self, mut live: BTreeSet<u32>) -> Result<()> {
        let freed = self.freed.iter().map(|freed| &freed.number);
        for &number in self.ready.iter().chain(freed) {
            if !live.insert(number) {
                return Err(corrupt(number, "a page is free and used, or free twice"));
            }
        }
        match (META_PAGES..self.pages).find(|number| !live.contains(number)) {
            Some(number) => Err(corrupt(number, "nothing leads to the page")),
            None => Ok(()),
        }
    }
}

/// Makes changes durable, as far as the durability asks for, and visible.
///
/// # Errors
///
/// [`Error::NoSpace`] and [`Error::Io`] where they left no trace;
/// [`Error::Poisoned`].
pub(crate) fn commit(store: &Store, writer: &mut Writer, changes: Changes) -> Result<()> {
    // Room for what will be written to make this durable.
    store.file.allocate(offset_of(changes.pages))?;
    let own: Vec<u32> = changes.own.keys().copied().collect();
    let pages = changes.pages;
    let view = View {
        commit: changes.commit,
        root: changes.root,
    };
    store.unwritten.write().extend(changes.own);
    let done = match store.durability >= Durability::Os {
        true => make_durable(store, writer, view, pages),
        false => Ok(()),
    };
    match &done {
        Ok(()) => {}
        Err(failed) if store.steps.shows_though(failed) => {}
        Err(Error::Poisoned { .. }) => return done,
        Err(_) => {
            let mut unwritten = store.unwritten.write();
            unwritten.retain(|number, _| !own.contains(number));
            return done;
        }
    }
    store.steps.publish(store, view);
    writer.view = view;
    writer.pages = pages;
    writer.ready = changes.ready;
    writer.freed.extend(changes.freed);
    done
}

/// Makes the last commit durable.
///
/// # Errors
///
/// [`Error::Io`] where nothing was asked of the device yet; [`Error::Poisoned`].
pub(crate) fn sync(store: &Store, writer: &mut Writer) -> Result<()> {
    let Writer { view, pages, .. } = *writer;
    match writer.durable[1] == view.commit {
        true => Ok(()),
        false => make_durable(store, writer, view, pages),
    }
}

/// Writes the pages that the file does not have, and then, when they are durable,
/// a meta page that leads to them.
fn make_durable(store: &Store, writer: &mut Writer, view: View, pages: u32) -> Result<()> {
    write_pages(store)?;
    store.steps.sync_pages(store)?;
    let meta = Meta {
        commit: view.commit,
        root: view.root,
        pages,
    };
    let place = store.steps.place_of(&writer.metas);
    write_meta(store, place, meta).map_err(Error::poisoned)?;
    store.steps.sync_meta(store)?;
    writer.metas[place] = Some(meta);
    writer.durable = [writer.durable[1], view.commit];
    Ok(())
}

/// Writes the pages that the file does not have, neighbours together.
fn write_pages(store: &Store) -> Result<()> {
    let mut runs: Vec<(u32, Vec<u8>)> = Vec::new();
    for (&number, page) in store.unwritten.read().iter() {
        let bytes = page.encode(number);
        match runs.last_mut() {
            Some((first, run)) if offset_of(*first) + run.len() as u64 == offset_of(number) => {
                run.extend(bytes);
            }
            _ => runs.push((number, bytes)),
        }
    }
    for (first, run) in runs {
        store.file.write_at(offset_of(first), &run)?;
    }
    Ok(())
}

/// Makes the pages durable that were written. Only then do they leave memory.
///
/// # Errors
///
/// [`Error::Poisoned`].
pub(crate) fn sync_pages(store: &Store) -> Result<()> {
    sync_file(store)?;
    store.unwritten.write().clear();
    Ok(())
}

/// Syncs the file. A sync that fails poisons.
pub(crate) fn sync_file(store: &Store) -> Result<()> {
    store.file.sync().map_err(Error::poisoned)
}

/// Writes what a meta page says.
pub(crate) fn write_meta(store: &Store, place: usize, meta: Meta) -> Result<()> {
    let offset = (place * PAGE_BYTES) as u64;
    store.file.write_at(offset, &meta.encode())
}

/// Ends the engine: there is a copy of the newest meta page, so that one of the two
/// can be damaged.
///
/// # Errors
///
/// As for [`sync`].
pub(crate) fn close(store: &Store, writer: &mut Writer) -> Result<()> {
    sync(store, writer)?;
    let Some(original) = original(&writer.metas) else {
        return Ok(());
    };
    let last = newest(&writer.metas)?;
    for place in store.steps.copied_to(original) {
        if writer.metas[place] != Some(last) {
            write_meta(store, place, last).map_err(Error::poisoned)?;
        }
    }
    sync_file(store)
}
