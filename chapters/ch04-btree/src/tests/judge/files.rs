//! Files that no engine leaves like this.

use super::*;

#[test]
fn the_largest_pages_are_judged_by_their_last_meta_page_alone() {
    let page_bytes = 1 << 16;
    let meta = Meta {
        page_bytes: 1 << 16,
        pages: META_PAGES,
        commit: 7,
        root: 0,
        free_head: 0,
        free_count: 0,
    };
    let mut file = vec![0; 3 * page_bytes];
    file[2 * page_bytes..][..META_BYTES].copy_from_slice(&meta.to_bytes());
    let notes = notes(&with_file(&SimDisk::new(), file)).unwrap();
    assert_eq!(notes.word(FILE, 2 * page_bytes), Some("newest"));
    assert_eq!(notes.lists()[0].heading, "The tree of commit 7 is empty.");
}

/// What was never written need not be in the file.
#[test]
fn of_a_free_page_after_the_end_of_the_file_nothing_is_said() {
    let disk = SimDisk::new();
    let tree = open(&disk);
    tree.put(b"key", b"one").unwrap();
    tree.sync().unwrap();
    tree.put(b"key", b"two").unwrap();
    close(tree);
    let mut file = file_on(&disk);
    let meta = newest_in(&file, PAGE_BYTES);
    let longer = Meta {
        pages: meta.pages + 1,
        free_count: meta.free_count + 1,
        ..meta
    };
    for page in file.chunks_mut(PAGE_BYTES) {
        if page[..META_BYTES] == meta.to_bytes() {
            page[..META_BYTES].copy_from_slice(&longer.to_bytes());
        }
    }
    let list = &mut file[meta.free_head as usize * PAGE_BYTES..][..PAGE_BYTES];
    let end = 28 + 4 * usize::from(list[24]);
    list[24] += 1;
    list[end..][..4].copy_from_slice(&meta.pages.to_le_bytes());
    crate::stamp::seal(list);
    assert_eq!(counts(&with_file(&disk, file)), counts(&disk));
}

#[test]
fn a_page_that_is_free_and_that_something_leads_to_is_damage() {
    let disk = SimDisk::new();
    let tree = open(&disk);
    tree.put(b"key", b"one").unwrap();
    tree.sync().unwrap();
    tree.put(b"key", b"two").unwrap();
    close(tree);
    let (words, sound) = (notes(&disk).unwrap(), file_on(&disk));
    let at = |word| {
        let mut pages = (0..sound.len()).step_by(PAGE_BYTES);
        pages
            .find(|at| words.word(FILE, *at) == Some(word))
            .unwrap()
    };
    for needed in ["live", "list"].map(at) {
        let mut file = sound.clone();
        let list = &mut file[at("list")..][..PAGE_BYTES];
        list[28] = u8::try_from(needed / PAGE_BYTES).unwrap();
        crate::stamp::seal(list);
        let judged = notes(&with_file(&disk, file));
        let Err(Error::Corrupt { offset, what, .. }) = judged else {
            panic!("it should be damaged: {judged:?}");
        };
        let expected = "the page is free, and something leads to it";
        assert_eq!((offset, &*what), (needed as u64, expected));
    }
}
