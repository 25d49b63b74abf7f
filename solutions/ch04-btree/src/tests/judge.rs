//! Which pages are live, and how the tree is drawn.

use std::collections::BTreeMap;

use conformance::sim::{Content, Fail, Faults, Image, SimDisk};
use engine::{Error, Result, StorageEngine, Write};
use proptest::prelude::*;

use super::layout::{PAGE_BYTES, close, drawn, file_on, open};
use super::metas::newest_in;
use crate::judge::{JUDGE, notes};
use crate::meta::{FILE, META_BYTES, META_PAGES, Meta};

mod files;

/// How often each word is said.
fn counts(disk: &SimDisk) -> BTreeMap<&'static str, usize> {
    notes(disk).unwrap().counts(FILE).collect()
}

fn key(number: u32) -> Vec<u8> {
    format!("key {number:03}").into_bytes()
}

/// The directory with this in place of its file.
fn with_file(disk: &SimDisk, file: Vec<u8>) -> SimDisk {
    let mut image = disk.image();
    image.insert(FILE, Content::new(file));
    SimDisk::from_image(&image)
}

#[test]
fn the_tree_is_drawn_level_by_level() {
    let disk = SimDisk::new();
    let tree = open(&disk);
    let keys: Vec<_> = (0..24).map(key).collect();
    let puts: Vec<_> = keys.iter().map(|key| Write::put(key, b"value")).collect();
    tree.write(&puts).unwrap();
    close(tree);
    let notes = notes(&disk).unwrap();
    let mut outline = String::new();
    for list in notes.lists() {
        outline.push_str(&format!("{}\n", list.heading));
        for line in &list.lines {
            outline.push_str(&format!("  {line}\n"));
        }
    }
    assert_eq!(outline, OUTLINE);
}

const OUTLINE: &str = r#"The tree of commit 2: 2 levels, 24 entries, leaves 76 % full.
level 1
  page 5   28 %  3 "key 01" 4 "key 02" 6
level 0
  page 3   95 %  "key 000" "key 001" "key 002" "key 003" "key 004" … "key 009" (10 in all)
  page 4   95 %  "key 010" "key 011" "key 012" "key 013" "key 014" … "key 019" (10 in all)
  page 6   38 %  "key 020" "key 021" "key 022" "key 023"
"#;

#[test]
fn a_page_of_few_slots_is_drawn_whole() {
    let disk = SimDisk::new();
    let tree = open(&disk);
    for number in 0..8 {
        tree.put(&key(number), b"").unwrap();
    }
    close(tree);
    let notes = notes(&disk).unwrap();
    let keys: Vec<_> = (0..8)
        .map(|number| format!("\"key {number:03}\""))
        .collect();
    let [_, leaves] = notes.lists() else {
        panic!("{notes:?}")
    };
    let line = &leaves.lines[0];
    assert!(line.ends_with(&format!(" %  {}", keys.join(" "))), "{line}");
}

#[test]
fn a_tree_without_pages_is_empty() {
    let disk = SimDisk::new();
    close(open(&disk));
    let notes = notes(&disk).unwrap();
    let [list] = notes.lists() else {
        panic!("{notes:?}")
    };
    assert_eq!(list.heading, "The tree of commit 1 is empty.");
    assert_eq!(counts(&disk), [("newest", 3)].into());
}

#[test]
fn what_a_commit_replaces_stays_until_nobody_may_need_it() {
    let disk = SimDisk::new();
    let tree = open(&disk);
    tree.put(b"key", b"one").unwrap();
    tree.sync().unwrap();
    assert_eq!(
        counts(&disk),
        [("newest", 2), ("older", 1), ("live", 1)].into()
    );
    tree.put(b"key", b"two").unwrap();
    tree.sync().unwrap();
    let all = [
        ("newest", 2),
        ("older", 1),
        ("live", 1),
        ("list", 1),
        ("replaced", 1),
    ];
    assert_eq!(counts(&disk), all.into());
    close(tree);
    assert_eq!(counts(&disk), all.into());
}

#[test]
fn nothing_is_said_to_be_replaced_where_the_commit_before_is_not_whole() {
    let disk = SimDisk::new();
    let tree = open(&disk);
    for value in [b"one", b"two"] {
        tree.put(b"key", value).unwrap();
        tree.sync().unwrap();
    }
    let notes = notes(&disk).unwrap();
    let mut pages = 0..file_on(&disk).len() / PAGE_BYTES;
    let replaced = pages.find(|page| notes.word(FILE, page * PAGE_BYTES) == Some("replaced"));
    let image = disk.image();
    let at = replaced.unwrap() * PAGE_BYTES + 200;
    let damaged = SimDisk::from_image(&image.with_flipped_bit(FILE, at as u64, 3));
    assert_eq!(counts(&damaged).get("replaced"), None);
    assert_eq!(counts(&damaged)["free"], 1);
    drop(tree);
}

#[test]
fn what_nothing_leads_to_is_lost() {
    let disk = SimDisk::new();
    let tree = open(&disk);
    for number in 0..24 {
        tree.put(&key(number), b"value").unwrap();
    }
    close(tree);
    let before = counts(&disk);
    let mut file = file_on(&disk);
    let meta = newest_in(&file, PAGE_BYTES);
    let empty = Meta { root: 0, ..meta };
    for page in 0..META_PAGES as usize {
        file[page * PAGE_BYTES..][..META_BYTES].copy_from_slice(&empty.to_bytes());
    }
    let after = counts(&with_file(&disk, file));
    assert_eq!(after.get("live"), None);
    assert_eq!(after["lost"], before["live"]);
}

#[test]
fn a_word_is_said_of_the_place_at_which_the_page_is_drawn() {
    let disk = SimDisk::new();
    let tree = open(&disk);
    for number in 0..100 {
        tree.put(&key(number), &[b'v'; 90]).unwrap();
    }
    tree.sync().unwrap();
    for number in 0..100 {
        tree.delete(&key(number)).unwrap();
    }
    tree.sync().unwrap();
    let notes = notes(&disk).unwrap();
    let parts = drawn(&file_on(&disk));
    let mut pages = Vec::new();
    for line in parts.lines() {
        let (at, what) = line.trim_start().split_once(' ').unwrap();
        let at: usize = at.parse().unwrap();
        if what.starts_with("page ") && at.is_multiple_of(PAGE_BYTES) {
            assert!(notes.word(FILE, at).is_some(), "{line}");
            pages.push(at);
        }
    }
    assert_eq!(pages.len(), counts(&disk).values().sum::<usize>());
    assert!(pages.len() > 50, "{pages:?}");
    drop(tree);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 4 } else { 60 }))]

    #[test]
    fn as_much_is_live_and_free_as_an_engine_finds(
        ops in prop::collection::vec((0..20_u32, 0..60_u32), 1..200),
    ) {
        let disk = SimDisk::new();
        let mut tree = open(&disk);
        for (what, number) in ops {
            match what {
                0..10 => tree.put(&key(number), &[b'v'; 20]).unwrap(),
                10..12 => tree.put(&key(number), &[b'w'; 400]).unwrap(),
                12..17 => tree.delete(&key(number)).unwrap(),
                17..19 => tree.sync().unwrap(),
                _ => {
                    close(tree);
                    tree = open(&disk);
                }
            }
        }
        tree.sync().unwrap();
        let counts = counts(&disk);
        let said = |words: &[&str]| -> usize {
            words.iter().filter_map(|word| counts.get(word)).sum()
        };
        prop_assert_eq!(said(&["live"]), tree.tree.check().unwrap().pages.len());
        let free = tree.tree.pages().free_pages().unwrap().len();
        prop_assert_eq!(said(&["list", "free", "replaced"]), free, "{:?}", counts);
        prop_assert_eq!(said(&["lost"]), 0);
        close(tree);
    }
}

#[test]
fn a_directory_that_cannot_be_judged_says_where() {
    let disk = SimDisk::new();
    let tree = open(&disk);
    for number in 0..24 {
        tree.put(&key(number), &[b'v'; 20]).unwrap();
    }
    close(tree);
    let image = disk.image();
    let judged = |image: &Image| notes(&SimDisk::from_image(image));
    let offset = |result: Result<_>| match result {
        Err(Error::Corrupt { offset, .. }) => offset,
        other => panic!("it should be damaged: {other:?}"),
    };
    let words = notes(&disk).unwrap();
    for page in META_PAGES as usize..file_on(&disk).len() / PAGE_BYTES {
        let at = page * PAGE_BYTES;
        let flipped = judged(&image.with_flipped_bit(FILE, at as u64 + 100, 3));
        match words.word(FILE, at) {
            Some("live" | "list") => assert_eq!(offset(flipped), at as u64),
            _ => assert!(flipped.is_ok()),
        }
    }
    let mut file = file_on(&disk);
    for page in 0..META_PAGES as usize {
        file[page * PAGE_BYTES + 16] ^= 1;
    }
    assert_eq!(offset(notes(&with_file(&disk, file))), 12);
    assert_eq!(offset(notes(&with_file(&disk, Vec::new()))), 0);
    let faulty = SimDisk::from_image(&image);
    faulty.set_faults(Faults {
        fail: Some(Fail::From(0)),
        ..Faults::default()
    });
    assert!(matches!(notes(&faulty), Err(Error::Io { .. })));
}

#[test]
fn nothing_is_said_of_files_that_are_not_there() {
    let disk = SimDisk::new();
    let notes = notes(&disk).unwrap();
    assert!(notes.lists().is_empty() && notes.counts(FILE).count() == 0);
    assert!((JUDGE.is_about)(FILE) && !(JUDGE.is_about)("pages.new"));
}

#[test]
fn no_bytes_make_it_panic() {
    let disk = SimDisk::new();
    let tree = open(&disk);
    for number in 0..12 {
        tree.put(&key(number), &[b'v'; 40]).unwrap();
    }
    tree.put(b"long", &[b'l'; 300]).unwrap();
    tree.sync().unwrap();
    tree.delete(b"long").unwrap();
    close(tree);
    let sound = file_on(&disk);
    for at in 0..sound.len() {
        for byte in [0, 1, 3, 0x81, 255] {
            let mut file = sound.clone();
            file[at] = byte;
            let page = at / PAGE_BYTES * PAGE_BYTES;
            if at >= META_PAGES as usize * PAGE_BYTES && at - page >= 4 {
                crate::stamp::seal(&mut file[page..page + PAGE_BYTES]);
            }
            let _ = notes(&with_file(&disk, file));
        }
        if at % 7 == 0 {
            let _ = notes(&with_file(&disk, sound[..at].to_vec()));
        }
    }
}
