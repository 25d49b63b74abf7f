//! What an opening finds, and what it makes of it.
//!
//! A store is made under another name, and gets its own when it is durable; so a
//! file of that name has sound meta pages, or was damaged. That the name is
//! durable is known once a commit was synced. Before, nothing is in the store, and
//! it is made anew.

use std::io::ErrorKind;

use engine::disk::Mode;
use engine::{Error, Result};

use super::Options;
use crate::device::Device;
use crate::file::PageFile;
use crate::meta::{FILE, META_PAGES, Meta, Metas, Renewal};

/// What the file is called until it is durable.
const NEW_FILE: &str = "pages.new";
/// The commit that a new store shows. It is empty.
const FIRST_COMMIT: u64 = 1;

/// The sizes of pages that are taken.
pub(crate) const PAGE_BYTES: std::ops::RangeInclusive<usize> = 128..=1 << 16;

/// Opens the file on the device, or makes it. What its newest meta page says is
/// durable.
///
/// # Errors
///
/// As for [`CopyOnWrite::open`](super::CopyOnWrite::open).
pub(super) fn open(device: &Device, options: Options) -> Result<(PageFile, Metas)> {
    if !PAGE_BYTES.contains(&options.page_bytes) {
        let what = "a page of fewer than 128 bytes or more than 65,536";
        return Err(Error::Unsupported { what });
    }
    let disk = device.disk();
    if let Some(file) = if_there(file(device, Mode::Write, FILE, options))? {
        let mut metas = file.metas()?;
        if !is_new(&metas) {
            let newest = metas.newest().expect("one of them is sound");
            file.open(newest.pages)?;
            if !metas.is_proven() {
                renew(device, &file, &mut metas)?;
            }
            return Ok((file, metas));
        }
        drop(file);
        disk.remove(FILE)?;
    }
    if_there(disk.remove(NEW_FILE))?;
    create(device, options)?;
    let file = file(device, Mode::Write, FILE, options)?;
    let metas = file.metas()?;
    file.open(META_PAGES)?;
    Ok((file, metas))
}

/// What was done with a file, if there is such a file.
///
/// # Errors
///
/// What `done` is, but for the one that says that there is none.
fn if_there<T>(done: Result<T>) -> Result<Option<T>> {
    match done {
        Ok(done) => Ok(Some(done)),
        Err(Error::Io {
            kind: ErrorKind::NotFound,
            ..
        }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn file(device: &Device, mode: Mode, name: &str, options: Options) -> Result<PageFile> {
    let file = device.disk().open(name, mode)?;
    let step_min = options.growth_bytes_min / options.page_bytes;
    let step_min = u32::try_from(step_min).unwrap_or(u32::MAX).max(1);
    Ok(PageFile::new(file, options.page_bytes, step_min))
}

/// Makes an empty store that is durable under its name.
fn create(device: &Device, options: Options) -> Result<()> {
    let new = file(device, Mode::CreateNew, NEW_FILE, options)?;
    let meta = Meta {
        page_bytes: u32::try_from(options.page_bytes).expect("pages are short"),
        pages: META_PAGES,
        commit: FIRST_COMMIT,
        root: 0,
        free_head: 0,
        free_count: 0,
    };
    new.grow(META_PAGES)?;
    for index in 0..META_PAGES as usize {
        new.write_meta(index, meta)?;
    }
    new.sync(device)?;
    drop(new);
    device.disk().rename(NEW_FILE, FILE)?;
    device.sync_dir()
}

/// Answers whether nothing was ever synced to the store.
fn is_new(metas: &Metas) -> bool {
    let is_first = |meta: &Option<Meta>| meta.is_some_and(|meta| meta.commit == FIRST_COMMIT);
    metas.0.iter().all(is_first)
}

/// Makes durable what the newest meta page says, of which nobody knows whether
/// it is: by its [renewal](Metas::renewal). The copy, which proves to the next
/// opening that the first one is durable, is written when that is, and need not
/// be durable itself. Both are then among `metas`.
///
/// # Errors
///
/// [`Error::NoSpace`], [`Error::Io`] and [`Error::Poisoned`].
///
/// # Exercise 4.19
fn renew(device: &Device, file: &PageFile, metas: &mut Metas) -> Result<()> {
    let renewal = metas.renewal();
    let Renewal { meta, over } = renewal.expect("an opened file has a meta page");
    file.write_meta(over, meta)?;
    file.sync(device)?;
    let copy = Metas::after(over);
    file.write_meta(copy, meta)?;
    for index in [over, copy] {
        metas.0[index] = Some(meta);
    }
    Ok(())
}
