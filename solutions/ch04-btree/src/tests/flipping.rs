//! Files of which bits are turned over.

use std::sync::Arc;

use conformance::sim::{Image, SimDisk};
use engine::Result;
use engine::page::PageStore;

use super::store::array::Change::{Pop, Push, Set};
use super::store::array::{all, commit};
use super::store::{OPTIONS, open};
use crate::copy_on_write::CopyOnWrite;
use crate::meta::{META_BYTES, Meta};

pub(super) const PAGE_BYTES: u64 = 128;

pub(super) fn shown(image: &Image) -> Result<Vec<u32>> {
    let store = CopyOnWrite::open(Arc::new(SimDisk::from_image(image)), OPTIONS)?;
    all(&store)
}

/// A store with free pages on a list of several pages. The answer are also the
/// offsets of its dead pages: free ones, and those of the list that an opening
/// does not read.
pub(super) fn prepared(disk: &SimDisk) -> (CopyOnWrite, Vec<u64>) {
    let store = open(disk);
    commit(&store, &(0..25).map(Push).collect::<Vec<_>>()).unwrap();
    let reader = store.read().unwrap();
    for number in 0..25 {
        commit(&store, &[Set(number, 100), Set(number + 9, 200), Set(2, 7)]).unwrap();
        store.sync().unwrap();
    }
    commit(&store, &[Pop, Pop, Pop]).unwrap();
    drop(reader);
    store.sync().unwrap();
    let mut dead = store.free_pages().unwrap();
    let head = *dead.iter().find(|page| is_head(disk, **page)).unwrap();
    dead.retain(|page| *page != head);
    (
        store,
        dead.into_iter()
            .map(|page| u64::from(page) * PAGE_BYTES)
            .collect(),
    )
}

/// Answers whether the newest meta page names this page as the head of the list.
fn is_head(disk: &SimDisk, page: u32) -> bool {
    let image = disk.image();
    let (_, at) = metas(&image).pop().unwrap();
    let at = usize::try_from(at).unwrap();
    let bytes = image.get("pages").unwrap().bytes();
    bytes[at + 36..at + 40] == page.to_le_bytes()
}

/// The commit that each meta page shows, and the offset of that page.
pub(super) fn metas(image: &Image) -> Vec<(u64, u64)> {
    let bytes = image.get("pages").map_or(&[][..], |file| file.bytes());
    let meta = |page: u64| {
        let start = usize::try_from(page * PAGE_BYTES).unwrap();
        let meta = bytes.get(start..start + META_BYTES)?.first_chunk()?;
        Some((Meta::decode(meta, 0).ok()?.commit, page * PAGE_BYTES))
    };
    let mut metas: Vec<_> = (0..3).filter_map(meta).collect();
    metas.sort_unstable();
    metas
}
