//! What is wrong with a file, and where that is said.

use super::*;

/// Changes a page, and gives it the checksum of what it is then.
fn with(file: &[u8], page: usize, change: impl FnOnce(&mut [u8])) -> Vec<u8> {
    let mut file = file.to_vec();
    let page = &mut file[page * PAGE_BYTES..][..PAGE_BYTES];
    change(page);
    seal(page);
    file
}

/// The one fault that this file has: where in its page, and what.
#[track_caller]
fn fault_of(file: &[u8]) -> (usize, String) {
    let parts = drawn(file);
    let faults = faults(&parts);
    let [fault] = faults[..] else {
        panic!("{faults:?}");
    };
    let (at, what) = fault.split_once(' ').unwrap();
    (at.parse::<usize>().unwrap() % PAGE_BYTES, what.to_owned())
}

fn fault(at: usize, what: &str) -> (usize, String) {
    (at, what.to_owned())
}

/// Where the cell of a page's second slot begins.
fn second_cell(file: &[u8], page: usize) -> usize {
    let slot = page * PAGE_BYTES + 26 + 6;
    usize::from(u16::from_le_bytes([file[slot], file[slot + 1]]))
}

#[test]
fn a_page_in_the_place_of_another_says_so() {
    let file = of_all_kinds();
    let leaf = first(&file, "leaf");
    let number = with(&file, leaf, |page| page[4] = 200);
    let what = format!("number 200  <- this is page {leaf}");
    assert_eq!(fault_of(&number), fault(4, &what));
    let commit = with(&file, leaf, |page| page[14] = 1);
    let (at, what) = fault_of(&commit);
    assert!(
        at == 8 && what.contains("<- the newest meta page shows commit "),
        "{what}"
    );
    let kind = with(&file, leaf, |page| page[16] = 9);
    let parts = drawn(&kind);
    let wrong = faults(&parts);
    assert!(
        wrong[0].ends_with("kind 9  <- there is no such kind"),
        "{wrong:?}"
    );
    assert!(
        wrong[1].ends_with("<- nothing says what these bytes are"),
        "{wrong:?}"
    );
    assert!(
        parts.contains(&format!("page {leaf}: of no kind\n")),
        "{parts}"
    );
}

#[test]
fn a_header_that_is_not_sound_says_where() {
    let file = of_all_kinds();
    let leaf = first(&file, "leaf");
    for (at, field) in [(17, "level"), (19, "cells")] {
        let parts = drawn(&with(&file, leaf, |page| page[at] = 7));
        let wrong = faults(&parts);
        assert_eq!(wrong.len(), 2, "{wrong:?}");
        assert!(wrong[0].contains(&format!(" {field} ")), "{wrong:?}");
        assert!(
            wrong[1].ends_with("<- nothing says what these bytes are"),
            "{wrong:?}"
        );
    }
    let garbage = with(&file, leaf, |page| page[22] ^= 1);
    let (at, what) = fault_of(&garbage);
    assert!(
        at == 22 && what.ends_with("bytes belong to no cell"),
        "{what}"
    );
}

#[test]
fn a_slot_that_leads_astray_says_so() {
    let file = of_all_kinds();
    let leaf = first(&file, "leaf");
    let head = with(&file, leaf, |page| page[26 + 2] ^= 1);
    let (at, what) = fault_of(&head);
    assert!(
        at == 28 && what.ends_with("<- is not that of its key"),
        "{what}"
    );
    let first = &file[leaf * PAGE_BYTES + 26..][..2];
    let twice = drawn(&with(&file, leaf, |page| {
        page[32..34].copy_from_slice(first);
    }));
    assert!(twice.contains("<- something else stands there"), "{twice}");
    let outside = drawn(&with(&file, leaf, |page| page[32..34].fill(0xff)));
    assert!(
        outside.contains("offset 65535  <- a cell of a page is cut off"),
        "{outside}"
    );
}

#[test]
fn a_list_that_names_more_than_a_page_has_room_for_says_so() {
    let file = of_all_kinds();
    let leaf = u8::try_from(first(&file, "leaf")).unwrap();
    let list = list_of(&file);
    for (count, is_said) in [(57, false), (58, true)] {
        let full = with(&file, list, |page| {
            let (numbers, _) = page[28..].as_chunks_mut();
            numbers.fill([leaf, 0, 0, 0]);
            page[24] = count;
        });
        let parts = drawn(&full);
        let what = format!(" count {count}  <- there is room for 57\n");
        assert_eq!(parts.contains(&what), is_said, "{parts}");
    }
}

/// Takes in what is drawn, and keeps nothing.
struct Nothing;

impl Draw for Nothing {
    fn group(&mut self, _offset: usize, _name: Arguments<'_>) {}

    fn part(&mut self, _part: Part<'_>) {}
}

/// Whoever followed it for longer would take in its numbers again and again.
#[test]
fn a_list_that_bites_its_tail_is_followed_no_further_than_the_file_is_long() {
    let file = of_all_kinds();
    let list = list_of(&file);
    let number = u32::try_from(list).unwrap().to_le_bytes();
    let circle = with(&file, list, |page| {
        page[20..24].copy_from_slice(&number);
        let (numbers, _) = page[28..].as_chunks_mut();
        numbers.fill(number);
        page[24] = 57;
    });
    let allocated = allocation_counter::measure(|| (PAGES_FILE.dissect)(&circle, &mut Nothing));
    let at_most = 100 * file.len() as u64;
    assert!(allocated.bytes_max < at_most, "{allocated:?}");
}

#[test]
fn a_number_of_no_page_says_so() {
    let file = of_all_kinds();
    let inner = first(&file, "inner");
    let key_len = file[inner * PAGE_BYTES + second_cell(&file, inner)];
    let child = second_cell(&file, inner) + 4 + usize::from(key_len);
    for (page, at, field) in [
        (inner, child, "child"),
        (first(&file, "overflow"), 24, "next"),
        (list_of(&file), 20, "next"),
        (list_of(&file), 28, "numbers"),
    ] {
        let parts = drawn(&with(&file, page, |page| page[at + 1] = 0x7f));
        let place = format!("{} {field} ", page * PAGE_BYTES + at);
        let wrong = faults(&parts);
        let is_said =
            |fault: &&str| fault.starts_with(&place) && fault.ends_with("<- there is no such page");
        assert_eq!(wrong.into_iter().filter(is_said).count(), 1, "{parts}");
    }
}

#[test]
fn a_free_page_is_nobodys_and_may_be_anything() {
    let file = of_all_kinds();
    let free = free_pages(&file)[0];
    let at = free * PAGE_BYTES;
    let mut torn = file;
    torn[at + 100..at + PAGE_BYTES].fill(0xee);
    let parts = drawn(&torn);
    assert_eq!(faults(&parts), [""; 0]);
    assert!(
        parts.contains(&format!(" page {free}: never finished\n")),
        "{parts}"
    );
    torn[at..at + PAGE_BYTES].fill(0);
    assert!(drawn(&torn).contains(&format!(" page {free}: blank\n")));
}

#[test]
fn the_size_of_pages_comes_from_any_meta_page_that_is_sound() {
    let file = of_all_kinds();
    let names = |file: &[u8]| {
        let parts = drawn(file);
        let names = parts.lines().filter(|line| line.contains(" page "));
        names
            .filter(|name| !name.contains("meta"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let mut damaged = file.clone();
    for page in 0..2 {
        damaged[page * PAGE_BYTES + 17] ^= 1;
        let parts = drawn(&damaged);
        assert!(parts.contains(&format!(" page {page}: meta, not sound\n")));
        assert!(
            parts.contains("page_bytes 0  <- pages have 256 bytes"),
            "{parts}"
        );
        assert_eq!(names(&damaged), names(&file));
    }
    damaged[2 * PAGE_BYTES + 8] = 2;
    let parts = drawn(&damaged);
    assert_eq!(named(&parts, ""), [0]);
    let wrong = faults(&parts);
    assert!(wrong[0].starts_with("12 crc32 "), "{wrong:?}");
    assert_eq!(
        wrong[1],
        "16 page_bytes 0  <- there are no pages of this size"
    );
    assert!(
        wrong[2].starts_with("44 unread ") && wrong.len() == 3,
        "{wrong:?}"
    );
}

/// A file of zeros but for a meta page at this offset, which says that pages
/// have so many bytes.
fn with_meta_at(at: usize, page_bytes: u32, len: usize) -> Vec<u8> {
    let meta = Meta {
        page_bytes,
        pages: 3,
        commit: 7,
        root: 0,
        free_head: 0,
        free_count: 0,
    };
    let mut file = vec![0; len];
    file[at..][..META_BYTES].copy_from_slice(&meta.to_bytes());
    file
}

#[test]
fn a_meta_page_counts_where_it_belongs_and_nowhere_else() {
    for (at, page_bytes, number) in [(300, 300, 1), (600, 300, 2), (1 << 17, 1 << 16, 2)] {
        let len = 3 * page_bytes as usize;
        let parts = drawn(&with_meta_at(at, page_bytes, len));
        let name = format!(" page {number}: meta, shows commit 7\n");
        assert!(parts.contains(&name), "{at}: {}", &parts[..200]);
    }
    for at in [299, 301, 450, 900] {
        let parts = drawn(&with_meta_at(at, 300, 1200));
        assert!(!parts.contains("commit 7"), "{at}: {parts}");
        assert_eq!(named(&parts, ""), [0]);
    }
    // One in the wrong place keeps none from being found.
    let mut both = with_meta_at(600, 300, 1200);
    both[200..][..META_BYTES].copy_from_slice(&with_meta_at(0, 500, 500)[..META_BYTES]);
    assert!(drawn(&both).contains(" page 2: meta, shows commit 7\n"));
}

#[test]
fn a_file_that_ends_early_says_from_where_on_it_does() {
    let file = of_all_kinds();
    let last = file.len() / PAGE_BYTES - 1;
    let missing = format!(" page {last}: after the file's end\n");
    let parts = drawn(&file[..last * PAGE_BYTES]);
    let is_needed = !free_pages(&file).contains(&last);
    assert_eq!(parts.contains(&missing), is_needed, "{parts}");
    assert_eq!(faults(&parts).len(), usize::from(is_needed), "{parts}");
    let leaf = first(&file, "leaf");
    let parts = drawn(&file[..leaf * PAGE_BYTES + 10]);
    let wrong = faults(&parts);
    assert!(
        wrong[1].ends_with("<- cut off: 2 of 8 bytes are here"),
        "{wrong:?}"
    );
    assert!(
        wrong[2].ends_with("<- cut off: 0 of 256 bytes are here"),
        "{wrong:?}"
    );
}
