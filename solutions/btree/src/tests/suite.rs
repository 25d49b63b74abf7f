//! What the suite says of the engine.

use std::ops::Range;
use std::sync::Arc;

use conformance::sim::{Image, SimDisk};
use conformance::{Level, Powers, Subject, subject};
use engine::Durability;
use engine::disk::Disk;
use engine::page::PageId;

use crate::copy_on_write;
use crate::meta::{FILE, Meta};
use crate::{CowTree, Options};

/// The smallest pages: trees of several levels, and chains.
const SMALL: copy_on_write::Options = copy_on_write::Options {
    page_bytes: 256,
    frames_bytes_max: 1 << 20,
    growth_bytes_min: 1024,
};

/// Such pages, of which hardly any stay in memory.
const SPILLED: copy_on_write::Options = copy_on_write::Options {
    frames_bytes_max: 1024,
    ..SMALL
};

/// Pages of the usual size, in a file that is not long at once.
const USUAL: copy_on_write::Options = copy_on_write::Options {
    page_bytes: 4096,
    frames_bytes_max: 1 << 20,
    growth_bytes_min: 4096,
};

/// The engine over such pages.
fn with(pages: copy_on_write::Options) -> Subject {
    let open = move |disk: Arc<dyn Disk>, durability: Durability| {
        CowTree::open(disk, Options { durability, pages })
    };
    let subject = subject!("CowTree", open, |tree| Powers {
        snapshots: Some(tree),
        check: Some(tree),
        ..Powers::default()
    });
    subject.with_dead_bytes(move |image, file| dead_bytes(image, file, pages))
}

/// The meta pages, each of which is good without the others; free pages, and
/// those of the free list that an opening does not read; and room.
fn dead_bytes(image: &Image, file: &str, pages: copy_on_write::Options) -> Vec<Range<usize>> {
    if file != FILE {
        return Vec::new();
    }
    let bytes = image.get(file).expect("the file is there").bytes();
    let meta = bytes.first_chunk().expect("it has a meta page");
    let meta = Meta::decode(meta, 0).expect("the meta page is sound");
    let options = Options {
        pages,
        ..Options::default()
    };
    let tree = CowTree::open(Arc::new(SimDisk::from_image(image)), options);
    let tree = tree.expect("the store is sound").tree;
    let mut live = tree.check().expect("the tree is sound").pages;
    live.insert(PageId(u64::from(meta.free_head)));
    let (len, page_bytes) = (bytes.len(), pages.page_bytes);
    let is_dead = |number: &usize| *number == 0 || !live.contains(&PageId(*number as u64));
    let dead = (0..len.div_ceil(page_bytes)).filter(is_dead);
    let page = |number: usize| number * page_bytes..len.min((number + 1) * page_bytes);
    dead.map(page).collect()
}

#[test]
fn core() {
    with(SMALL).check(Level::Core);
    with(SPILLED).check(Level::Core);
    with(USUAL).check(Level::Core);
}

#[test]
fn concurrent() {
    with(SMALL).check(Level::Concurrent);
    with(SPILLED).check(Level::Concurrent);
}

#[test]
fn reopen() {
    with(SMALL).check(Level::Reopen);
    with(SPILLED).check(Level::Reopen);
}

#[test]
fn crash() {
    with(SMALL).check(Level::Crash);
}

#[test]
fn crash_where_pages_spill() {
    with(SPILLED).check(Level::Crash);
}

#[test]
fn crash_with_pages_of_the_usual_size() {
    with(USUAL).check(Level::Crash);
}

#[test]
fn faults() {
    with(SMALL).check(Level::Faults);
}

#[test]
fn faults_where_pages_spill() {
    with(SPILLED).check(Level::Faults);
}

#[test]
fn faults_with_pages_of_the_usual_size() {
    with(USUAL).check(Level::Faults);
}

#[test]
fn snapshot() {
    with(SMALL).check(Level::Snapshot);
    with(SPILLED).check(Level::Snapshot);
}
