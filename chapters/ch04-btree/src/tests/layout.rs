//! The file, drawn.

use std::fmt::Arguments;
use std::sync::Arc;

use conformance::sim::SimDisk;
use engine::layout::{Draw, Part, Row, Table};
use engine::page::STORE_BYTES;
use engine::{StorageEngine, Write};

use super::metas::newest_in;
use crate::copy_on_write;
use crate::layout::{CELL, CHAIN, CHILD, HEADER, LIST_PAGE, META, PAGES_FILE, PIECE, SLOT, STAMP};
use crate::meta::{FILE, META_BYTES, Meta};
use crate::node::{CHAIN_BYTES, CHILD_BYTES};
use crate::page::{HEADER_BYTES, SLOT_BYTES};
use crate::slotted::CELL_BYTES;
use crate::stamp::seal;
use crate::{CowTree, Options, overflow};

mod any_bytes;
mod rows;
mod wrong;

/// The smallest pages: a few entries make a tree of several levels.
pub(super) const PAGE_BYTES: usize = 256;

/// The engine on this disk.
pub(super) fn open(disk: &SimDisk) -> CowTree {
    let pages = copy_on_write::Options {
        page_bytes: PAGE_BYTES,
        growth_bytes_min: 4 * PAGE_BYTES,
        ..copy_on_write::Options::default()
    };
    let options = Options {
        pages,
        ..Options::default()
    };
    CowTree::open(Arc::new(disk.clone()), options).unwrap()
}

pub(super) fn close(tree: CowTree) {
    Box::new(tree).close().unwrap();
}

/// The bytes of the file with the pages.
pub(super) fn file_on(disk: &SimDisk) -> Vec<u8> {
    disk.image().get(FILE).unwrap().bytes().to_vec()
}

pub(super) fn drawn(file: &[u8]) -> String {
    let mut parts = String::new();
    (PAGES_FILE.dissect)(file, &mut parts);
    parts
}

/// The lines in which something is wrong.
fn faults(parts: &str) -> Vec<&str> {
    let wrong = parts.lines().filter(|line| line.contains("  <- "));
    wrong.map(str::trim).collect()
}

/// A file with pages of every kind: a tree of three levels, long values, a free
/// list, and what is free.
fn of_all_kinds() -> Vec<u8> {
    with_entries(120)
}

/// The same with so many short entries: 20 make two levels.
fn with_entries(count: usize) -> Vec<u8> {
    let disk = SimDisk::new();
    let tree = open(&disk);
    let entries: Vec<_> = (0..count)
        .map(|number| (format!("key {number:03}"), "v".repeat(number % 20)))
        .collect();
    let puts = entries.iter().map(|(key, value)| Write::put(key, value));
    tree.write(&puts.collect::<Vec<_>>()).unwrap();
    tree.put(b"long", &[b'l'; 300]).unwrap();
    tree.put(b"longer", &[b'm'; 500]).unwrap();
    tree.sync().unwrap();
    tree.delete(b"long").unwrap();
    tree.delete(b"key 007").unwrap();
    close(tree);
    file_on(&disk)
}

/// The numbers of the pages whose name begins so.
fn named(parts: &str, kind: &str) -> Vec<usize> {
    let names = parts.lines().filter_map(|line| line.split_once("page "));
    let numbers = names.filter_map(|(_, name)| {
        let (number, name) = name.split_once(": ")?;
        name.starts_with(kind).then(|| number.parse().unwrap())
    });
    numbers.collect()
}

/// The numbers of the pages that are free in a file of all kinds, whose free list
/// stands on one page.
fn free_pages(file: &[u8]) -> Vec<usize> {
    let page = &file[list_of(file) * PAGE_BYTES..][..PAGE_BYTES];
    assert_eq!(page[20..24], [0; 4], "the list goes on");
    let numbers = page[28..]
        .chunks_exact(4)
        .map(|number| usize::from(number[0]));
    numbers.take(page[24].into()).collect()
}

/// The page that the free list stands on.
fn list_of(file: &[u8]) -> usize {
    newest_in(file, PAGE_BYTES).free_head as usize
}

/// The first page of that kind that is not free.
fn first(file: &[u8], kind: &str) -> usize {
    let free = free_pages(file);
    let mut pages = named(&drawn(file), kind).into_iter();
    pages.find(|page| !free.contains(page)).unwrap()
}

#[test]
fn the_docs_show_the_rows() {
    for (table, source) in [
        (&META[..], include_str!("../meta.rs")),
        (&STAMP, include_str!("../stamp.rs")),
        (&HEADER, include_str!("../page.rs")),
        (&SLOT, include_str!("../slotted.rs")),
        (&CELL, include_str!("../slotted.rs")),
        (&CHILD, include_str!("../node.rs")),
        (&CHAIN, include_str!("../node.rs")),
        (&PIECE, include_str!("../overflow.rs")),
        (&LIST_PAGE, include_str!("../free_list/list_page.rs")),
    ] {
        let table = Table(table);
        assert!(table.is_shown_in(source), "\n{table}");
    }
    let sum = |rows: &[Row]| rows.iter().filter_map(|row| row.size).sum::<usize>();
    assert_eq!(sum(&META), META_BYTES);
    assert_eq!(sum(&STAMP), STORE_BYTES);
    assert_eq!(sum(&HEADER), STORE_BYTES + HEADER_BYTES);
    assert_eq!(sum(&SLOT), SLOT_BYTES);
    assert_eq!(sum(&CELL), CELL_BYTES);
    assert_eq!(sum(&CHILD), CHILD_BYTES);
    assert_eq!(sum(&CHAIN), CHAIN_BYTES);
    assert_eq!(sum(&PIECE), overflow::PIECE_AT);
}

#[test]
fn a_file_is_known_by_its_name() {
    for (name, is_one) in [
        ("pages", true),
        ("pages.new", true),
        ("pages.old", false),
        ("page", false),
    ] {
        assert_eq!((PAGES_FILE.is_named)(name), is_one, "{name}");
    }
}

#[test]
fn a_leaf_is_drawn_cell_by_cell_where_each_stands() {
    let disk = SimDisk::new();
    let tree = open(&disk);
    tree.write(&[
        Write::put(b"apple", b"red"),
        Write::put(b"fig", b""),
        Write::put(b"apricot", b"ripe"),
        Write::delete(b"fig"),
    ])
    .unwrap();
    close(tree);
    let parts = drawn(&file_on(&disk));
    assert_eq!(faults(&parts), [""; 0]);
    let at = parts.find("   768 ").unwrap();
    let zeros = r"\x00".repeat(FREE_ZEROS);
    assert_eq!(parts[at..].replace(&zeros, "…"), LEAF);
}

/// How many bytes of its free part were never used.
const FREE_ZEROS: usize = 178;
const LEAF: &str = r#"   768 page 3: leaf, 2 entries
   768 crc32 0x7d6404b0
   772 number 3
   776 commit 2
   784 kind 1
   785 level 0
   786 count 2
   788 cells 222
   790 garbage 7
   792 shared 0
   794 offset 244
   796 head "appl"
   800 offset 222
   802 head "apri"
   806 free "\xed\x00fig…\x00"
   990 page 3: "apricot"
   990 key_len 7
   992 rest_len 4
   994 key "apricot"
  1001 value "ripe"
  1005 page 3: garbage
  1005 garbage "\x03\x00\x00\x00fig"
  1012 page 3: "apple"
  1012 key_len 5
  1014 rest_len 3
  1016 key "apple"
  1021 value "red"
"#;

#[test]
fn of_a_sound_file_nothing_is_said_to_be_wrong() {
    let parts = drawn(&of_all_kinds());
    assert_eq!(faults(&parts), [""; 0]);
    for kind in ["meta", "leaf", "inner", "overflow", "free list"] {
        assert!(!named(&parts, kind).is_empty(), "{kind}: {parts}");
    }
}

#[test]
fn what_an_open_store_has_in_its_file_is_drawn_up_to_its_room() {
    let disk = SimDisk::new();
    let tree = open(&disk);
    tree.put(b"key", &[b'v'; 300]).unwrap();
    tree.sync().unwrap();
    let file = file_on(&disk);
    let pages = newest_in(&file, PAGE_BYTES).pages as usize;
    let room = file.len() / PAGE_BYTES - pages;
    assert!(room > 1, "{room}");
    let parts = drawn(&file);
    assert_eq!(faults(&parts), [""; 0]);
    assert!(
        parts.contains(&format!(" room for {room} pages\n")),
        "{parts}"
    );
    drop(tree);
}
