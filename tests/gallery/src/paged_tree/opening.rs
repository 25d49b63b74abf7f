//! Opening: which commit counts, and what it does not lead to.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::disk::{Counted, Disk, File, Mode};
use engine::sync::{Mutex, RwLock};
use engine::{Counters, Durability, Error, Result};

use super::FILE;
use super::check::{Look, Survey};
use super::commit::{Writer, sync_file, write_meta};
use super::meta::{META_BYTES, META_PAGES, Meta, Metas, after, newest};
use super::page::PAGE_BYTES;
use super::readers::{Pins, Reader, View};
use super::steps::Steps;
use super::store::{Store, offset_of};
use crate::segmented_log::files::create;

/// What the file is called until it is durable.
const NEW_FILE: &str = "pages.new";
/// The commit of a new tree, which is empty.
const FIRST: Meta = Meta {
    commit: 1,
    root: 0,
    pages: META_PAGES,
};

/// Opens the file on the disk, or makes it. What it shows is durable.
pub(super) fn open(
    disk: Arc<dyn Disk>,
    durability: Durability,
    steps: &'static dyn Steps,
) -> Result<Store> {
    let counters = Arc::new(Counters::new());
    let disk = Counted::new(disk, Arc::clone(&counters));
    let (file, metas) = open_file(&disk, steps)?;
    let chosen = steps.newest(&metas)?;
    let store = Store {
        writer: Mutex::new(Writer {
            view: view_of(chosen),
            pages: chosen.pages,
            ready: Vec::new(),
            freed: Vec::new(),
            metas,
            durable: [chosen.commit; 2],
        }),
        pins: Mutex::new(Pins::new()),
        present: RwLock::new(view_of(chosen)),
        unwritten: RwLock::new(BTreeMap::new()),
        poison: Mutex::new(None),
        file,
        steps,
        durability,
        counters,
    };
    let shown = steps.renew(&store, &metas, chosen)?;
    *store.present.write() = view_of(shown);
    if offset_of(shown.pages) > store.file.len()? {
        return Err(Error::corrupt(FILE, 0, "the file ends early"));
    }
    let live = Survey::of(&Reader::new(&store), Look::Counting)?;
    let mut writer = store.writer.lock();
    writer.view = view_of(shown);
    writer.durable = [shown.commit; 2];
    let free = (META_PAGES..shown.pages).filter(|number| !live.contains(number));
    writer.ready = free.rev().collect();
    drop(writer);
    Ok(store)
}

fn view_of(meta: Meta) -> View {
    View {
        commit: meta.commit,
        root: meta.root,
    }
}

/// The file, and what its meta pages say.
///
/// Its name is known to be durable once there was a commit. Before, nothing is in
/// it, and it is made anew.
fn open_file(disk: &dyn Disk, steps: &dyn Steps) -> Result<(Box<dyn File>, Metas)> {
    if disk.list()?.iter().any(|name| name == FILE) {
        let file = disk.open(FILE, Mode::Write)?;
        let metas = read_metas(&*file, steps)?;
        if newest(&metas)? != FIRST {
            return Ok((file, metas));
        }
        drop(file);
        disk.remove(FILE)?;
    }
    let new = create(disk, NEW_FILE)?;
    new.allocate(offset_of(META_PAGES))?;
    for place in 0..META_PAGES {
        new.write_at(offset_of(place), &FIRST.encode())?;
    }
    new.sync().map_err(Error::poisoned)?;
    drop(new);
    disk.rename(NEW_FILE, FILE)?;
    disk.sync_dir().map_err(Error::poisoned)?;
    let metas = [Some(FIRST); META_PAGES as usize];
    Ok((disk.open(FILE, Mode::Write)?, metas))
}

fn read_metas(file: &dyn File, steps: &dyn Steps) -> Result<Metas> {
    let mut metas = [None; META_PAGES as usize];
    for (place, meta) in metas.iter_mut().enumerate() {
        let mut bytes = [0; META_BYTES];
        file.read_exact_at((place * PAGE_BYTES) as u64, &mut bytes)?;
        *meta = steps.is_meta(&bytes).then(|| Meta::decode(&bytes));
    }
    Ok(metas)
}

/// Makes durable what a meta page says, and answers what it says then: writes it
/// over one of them, and, when that is durable, a copy to the place after it.
///
/// # Errors
///
/// What writing and syncing can answer.
pub(crate) fn renew(store: &Store, metas: &Metas, chosen: Meta, over: usize) -> Result<Meta> {
    let copy = after(over);
    let meta = Meta {
        commit: newest(metas)?.commit + 1,
        ..chosen
    };
    write_meta(store, over, meta)?;
    sync_file(store)?;
    write_meta(store, copy, meta)?;
    let mut writer = store.writer.lock();
    writer.metas[over] = Some(meta);
    writer.metas[copy] = Some(meta);
    Ok(meta)
}
