use std::ops::Range;
use std::sync::Arc;
use std::thread::JoinHandle;

use conformance::sim::{Fail, Faults, Image, SimDisk};
use conformance::{Budget, Level, Powers, Subject, budget, subject};
use engine::disk::{Disk, Mode};
use engine::page::{PageGroup, PageId, PageRead, PageStore};
use engine::{
    Check, Counter, Durability, Entry, Error, KeyRange, Order, Result, Snapshots, StorageEngine,
    Write,
};

use super::metas::newest_in;
use super::threads::{until_it_waits, whenever_it_asks};
use crate::copy_on_write::{self, budget::FIRST_BYTES};
use crate::meta::FILE;
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
        maintenance: Some(tree),
        snapshots: Some(tree),
        check: Some(tree),
        ..Powers::default()
    });
    subject.with_dead_bytes(move |image, file| dead_bytes(image, file, pages))
}

/// The meta pages, of which one is the copy of another; free pages, and those of
/// the free list that an opening does not read; and room.
fn dead_bytes(image: &Image, file: &str, pages: copy_on_write::Options) -> Vec<Range<usize>> {
    if file != FILE {
        return Vec::new();
    }
    let bytes = image.get(file).expect("the file is there").bytes();
    let meta = newest_in(bytes, pages.page_bytes);
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
fn ex_4_20_core() {
    with(SMALL).check(Level::Core);
    with(SPILLED).check(Level::Core);
    with(USUAL).check(Level::Core);
}

#[test]
fn ex_4_20_concurrent() {
    with(SMALL).check(Level::Concurrent);
    with(SPILLED).check(Level::Concurrent);
}

#[test]
fn ex_4_20_reopen() {
    with(SMALL).check(Level::Reopen);
    with(SPILLED).check(Level::Reopen);
}

#[test]
fn ex_4_20_crash() {
    with(SMALL).check(Level::Crash);
}

#[test]
fn ex_4_20_crash_where_pages_spill() {
    with(SPILLED).check(Level::Crash);
}

#[test]
fn ex_4_20_crash_with_pages_of_the_usual_size() {
    with(USUAL).check(Level::Crash);
}

#[test]
fn ex_4_20_faults() {
    with(SMALL).check(Level::Faults);
}

#[test]
fn ex_4_20_faults_where_pages_spill() {
    with(SPILLED).check(Level::Faults);
}

#[test]
fn ex_4_20_faults_with_pages_of_the_usual_size() {
    with(USUAL).check(Level::Faults);
}

#[test]
fn ex_4_20_snapshot() {
    with(SMALL).check(Level::Snapshot);
    with(SPILLED).check(Level::Snapshot);
}

/// The engine over a file that seldom grows.
fn opened(disk: &SimDisk, durability: Durability) -> CowTree {
    let pages = copy_on_write::Options {
        growth_bytes_min: 1 << 16,
        ..SMALL
    };
    CowTree::open(Arc::new(disk.clone()), Options { durability, pages }).unwrap()
}

#[test]
fn ex_4_20_a_write_is_as_durable_as_it_was_asked_to_be() {
    for (durability, expected) in [
        (Durability::Buffered, 0),
        (Durability::Os, 2),
        (Durability::Always, 2),
    ] {
        let tree = opened(&SimDisk::new(), durability);
        let before = tree.stats();
        tree.put(b"key", b"value").unwrap();
        let syncs = tree.stats().since(&before)[Counter::Syncs];
        assert_eq!(syncs, expected, "{durability:?}");
        let long = "k".repeat(1000);
        let refused = tree.write(&[Write::put(&long, "")]);
        assert!(
            matches!(refused, Err(Error::TooLarge { .. })),
            "{refused:?}"
        );
        assert_eq!(tree.stats().since(&before)[Counter::Syncs], expected);
    }
}

/// Pages on the way to a key, but not their neighbours: whoever opens a store for
/// one lookup should not wait for megabytes. Whoever stays should.
#[test]
fn ex_4_20_the_first_pages_are_read_by_themselves() {
    let disk = SimDisk::new();
    let tree = opened(&disk, Durability::Buffered);
    for number in 0..1000 {
        tree.put(format!("key{number:04}").as_bytes(), b"value")
            .unwrap();
    }
    Box::new(tree).close().unwrap();
    let tree = opened(&disk, Durability::Buffered);
    let read = || tree.stats()[Counter::CacheMisses];
    let (opening, lent) = (read(), disk.counts().lent);
    tree.get(b"key0500").unwrap();
    let touched = tree.stats()[Counter::PagesTouched];
    assert_eq!(read() - opening, touched, "pages, for one lookup");
    assert_eq!(disk.counts().lent, lent, "bytes of the map");
    for _ in 0..2 {
        for number in 0..1000 {
            tree.get(format!("key{number:04}").as_bytes()).unwrap();
        }
        assert_eq!(read(), 16, "pages: from here on the system decides");
    }
}

/// The pages could not be written, and the sync would be tried again; but the
/// batch is there for all to see, and whoever wrote it was told that it failed.
#[test]
fn ex_4_20_what_cannot_be_made_durable_poisons() {
    let disk = SimDisk::new();
    let tree = opened(&disk, Durability::Always);
    tree.put(b"key", b"before").unwrap();
    // Its page is in the file by now. From here on it is known, and not read again.
    tree.get(b"key").unwrap();
    let at = disk.operations().len();
    disk.set_faults(Faults {
        fail: Some(Fail::Once(at)),
        ..Faults::default()
    });
    for _ in 0..2 {
        let failed = tree.put(b"key", b"after");
        assert!(matches!(failed, Err(Error::Poisoned { .. })), "{failed:?}");
    }
    assert_eq!(tree.get(b"key"), Ok(Some(b"after".to_vec())), "reads go on");
}

/// The file was given room, and the disk finds when it is written that it has
/// none. A commit that is told so has changed nothing; this batch is there.
#[test]
fn ex_4_20_room_that_is_missed_by_the_sync_poisons_too() {
    let disk = SimDisk::new();
    let faults = Faults {
        // What is mapped could not lose its room.
        no_map: true,
        ..Faults::default()
    };
    disk.set_faults(faults.clone());
    let tree = opened(&disk, Durability::Always);
    tree.put(b"key", b"before").unwrap();
    // The meta pages, and the leaf.
    let file = disk.open(FILE, Mode::Write).unwrap();
    file.set_len(4 * 256).unwrap();
    disk.set_faults(Faults {
        capacity: Some(0),
        ..faults
    });
    let file = FILE.to_owned();
    let poisoned = Err(Error::poisoned(Error::NoSpace { file }));
    for _ in 0..2 {
        assert_eq!(tree.put(b"key", b"after"), poisoned);
    }
    assert_eq!(tree.get(b"key"), Ok(Some(b"after".to_vec())), "reads go on");
}

/// A batch of nothing changes nothing, and was answered as if all were well.
#[test]
fn ex_4_20_a_poisoned_tree_refuses_a_batch_of_nothing_too() {
    let disk = SimDisk::new();
    let tree = opened(&disk, Durability::Buffered);
    tree.put(b"key", b"value").unwrap();
    disk.set_faults(Faults {
        fail: Some(Fail::From(disk.operations().len() + 1)),
        ..Faults::default()
    });
    for refused in [tree.sync(), tree.write(&[])] {
        assert!(
            matches!(refused, Err(Error::Poisoned { .. })),
            "{refused:?}"
        );
    }
}

#[test]
fn ex_4_20_a_snapshot_is_of_the_moment_at_which_it_was_taken() {
    let tree = opened(&SimDisk::new(), Durability::Buffered);
    for number in 0..100 {
        tree.put(format!("{number:02}").as_bytes(), b"before")
            .unwrap();
    }
    let snapshot = tree.snapshot().unwrap();
    for number in 0..100 {
        tree.put(format!("{number:02}").as_bytes(), b"after")
            .unwrap();
        tree.put(format!("{number:02}+").as_bytes(), b"new")
            .unwrap();
    }
    assert_eq!(tree.get(b"42"), Ok(Some(b"after".to_vec())));
    let mut value = Vec::new();
    assert_eq!(snapshot.get_into(b"42", &mut value), Ok(true));
    assert_eq!(value, b"before");
    assert_eq!(snapshot.get_into(b"42+", &mut value), Ok(false));
    let mut cursor = snapshot.scan(KeyRange::all(), Order::Descending).unwrap();
    let mut entries = 0;
    while let Some((_, value)) = cursor.entry() {
        assert_eq!(value, b"before");
        entries += 1;
        cursor.advance().unwrap();
    }
    assert_eq!(entries, 100);
}

#[test]
fn ex_4_20_a_check_finds_what_the_tree_and_the_store_do_not_agree_on() {
    let tree = opened(&SimDisk::new(), Durability::Buffered);
    for number in 0..50 {
        tree.put(format!("{number:02}").as_bytes(), &[7; 20])
            .unwrap();
    }
    assert_eq!(tree.check(), Ok(()));
    let pages = tree.tree.pages();
    let mut group = pages.begin().unwrap();
    let (lost, _) = group.alloc().unwrap();
    group.commit().unwrap();
    let Err(Error::Corrupt { offset, what, .. }) = tree.check() else {
        panic!("a page was lost, and nobody has noticed");
    };
    assert_eq!(
        (offset, &*what),
        (lost.0 * 256, "nothing leads to the page")
    );
    let mut group = pages.begin().unwrap();
    group.free(lost).unwrap();
    group.commit().unwrap();
    assert_eq!(tree.check(), Ok(()));
    let root = pages.read().unwrap().root().unwrap();
    let mut group = pages.begin().unwrap();
    group.free(root).unwrap();
    group.commit().unwrap();
    let Err(Error::Corrupt { offset, .. }) = tree.check() else {
        panic!("the root is free, and nobody has noticed");
    };
    assert_eq!(offset, root.0 * 256);
}

/// Another thread writes whenever the check is about to take a lock: then it is
/// done, or waits until the check has ended. Two looks with a commit between them
/// would find pages that are free and that the root leads to.
#[test]
fn ex_4_20_a_check_is_of_one_moment_whatever_is_committed_meanwhile() {
    let tree = Arc::new(opened(&SimDisk::new(), Durability::Buffered));
    for number in 0..50 {
        tree.put(format!("{number:02}").as_bytes(), &[7; 20])
            .unwrap();
    }
    let writer = Arc::clone(&tree);
    let commit = move || {
        let tree = Arc::clone(&writer);
        until_it_waits(move || tree.put(b"25", b"meanwhile").unwrap())
    };
    let mut writing: Option<JoinHandle<()>> = None;
    let meanwhile = move || {
        if writing.as_ref().is_none_or(JoinHandle::is_finished) {
            writing = commit();
        }
    };
    assert_eq!(whenever_it_asks(meanwhile, || tree.check()), Ok(()));
    let found = tree.get(b"25");
    assert_eq!(found, Ok(Some(b"meanwhile".to_vec())), "it was committed");
    assert_eq!(tree.check(), Ok(()));
}

/// A closed tree of three levels, with long values, and pages that are free.
fn closed() -> Image {
    let disk = SimDisk::new();
    let tree = opened(&disk, Durability::Buffered);
    let keys: Vec<_> = (0..90).map(|number| format!("key {number:02}")).collect();
    for (number, key) in keys.iter().enumerate() {
        let value = vec![b'v'; 10 + number % 30];
        tree.put(key.as_bytes(), &value).unwrap();
    }
    for key in ["long", "longer"] {
        tree.put(key.as_bytes(), &vec![b'l'; 100 * key.len()])
            .unwrap();
    }
    tree.sync().unwrap();
    for key in keys.iter().step_by(3) {
        tree.delete(key.as_bytes()).unwrap();
    }
    tree.delete(b"long").unwrap();
    Box::new(tree).close().unwrap();
    disk.image()
}

/// Everything that the tree shows.
fn entries(image: &Image) -> Result<Vec<Entry>> {
    let options = Options {
        pages: SMALL,
        ..Options::default()
    };
    let tree = CowTree::open(Arc::new(SimDisk::from_image(image)), options)?;
    let entries = tree.entries(KeyRange::all(), Order::Ascending)?;
    entries.collect()
}

/// All bytes with the full budget, else some in every part of every page.
#[test]
fn ex_4_20_a_flip_of_any_live_byte_of_a_closed_tree_is_found() {
    let image = closed();
    let sound = entries(&image).unwrap();
    let dead = dead_bytes(&image, FILE, SMALL);
    let is_full = Budget::from_env().unwrap().size == budget::Size::Full;
    let step = match is_full {
        true => 1,
        false if cfg!(miri) => 499,
        false => 7,
    };
    let (mut found, mut survived) = (0, 0);
    for offset in (0..image.get(FILE).unwrap().len()).step_by(step) {
        let flipped = image.with_flipped_bit(FILE, offset, (offset % 8) as u8);
        match entries(&flipped) {
            Err(Error::Corrupt { .. }) => found += 1,
            Err(error) => panic!("byte {offset}: {error}"),
            Ok(shown) => {
                assert!(shown == sound, "byte {offset}: other entries");
                let offset = usize::try_from(offset).unwrap();
                let is_dead = dead.iter().any(|range| range.contains(&offset));
                assert!(is_dead, "byte {offset}: not noticed");
                survived += 1;
            }
        }
    }
    assert!(found * step > 20 * 256, "{found} were found");
    assert!(survived * step > 10 * 256, "{survived} were survived");
}

/// Four of them fill a page.
const VALUE_BYTES: usize = 7000;
/// Half as much again as the first budget.
const KEYS: usize = 3 * FIRST_BYTES / 2 / VALUE_BYTES;

/// How many syncs it takes to write to each key once, each in a batch of its own.
fn syncs_to_write(tree: &CowTree, keys: impl Iterator<Item = usize>, value: u8) -> u64 {
    let before = tree.stats()[Counter::Syncs];
    for key in keys {
        let key = format!("{key:08}");
        let (key, value) = (key.as_bytes(), &[value; VALUE_BYTES]);
        tree.write(&[Write::Put { key, value }]).unwrap();
    }
    tree.stats()[Counter::Syncs] - before
}

#[test]
#[cfg_attr(miri, ignore = "it writes 200 MiB")]
fn ex_4_20_pages_that_are_changed_again_stay_in_memory_and_others_do_not() {
    let mut options = Options::default();
    options.pages.page_bytes = 1 << 15;
    let tree = CowTree::open(Arc::new(SimDisk::new()), options).unwrap();
    let syncs = |keys, value| syncs_to_write(&tree, keys, value);
    assert_eq!(
        syncs(0..2 * KEYS, 1),
        6,
        "the pages take 3.4 budgets, none is wanted again, and half of one goes at a time"
    );
    tree.sync().unwrap();
    assert_eq!(syncs(0..KEYS, 2), 2, "what is durable was not wanted again");
    assert!(syncs(0..KEYS, 3) <= 1, "now it is, and the budget grows");
    for value in 4..8 {
        let syncs = syncs(0..KEYS, value);
        assert_eq!(syncs, 0, "there is room for all that changes");
    }
}
