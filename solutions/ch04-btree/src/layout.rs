//! The file row by row, for whoever draws it.
//!
//! Nothing here is used to read or write it: the file is taken apart as it is,
//! also where an opening refuses it.
//!
//! | where | what |
//! |---|---|
//! | `file` | the whole file: meta pages, all other pages, and room |
//! | `page` | a page, by its kind |
//! | `tree_page` | a page of the tree: its slots, its cells, and what is between |

use engine::layout::{Draw, Format, Row, Walk};

use crate::meta::{FILE, MAGIC};

pub(crate) mod file;
mod page;
mod tree_page;

/// The file with the pages, or one that is not finished.
pub const PAGES_FILE: Format = Format {
    name: "file of pages",
    is_named: |name| [FILE, "pages.new"].contains(&name),
    magic: &MAGIC,
    dissect,
};

/// The rows of a [`Meta`](crate::meta::Meta) page, whose docs show them.
pub const META: [Row; 9] = [
    Row::new(8, "magic", "\"STRATA-4\""),
    Row::new(4, "version", "of this format: 1"),
    Row::new(4, "crc32", "over everything after it, up to the last field"),
    Row::new(4, "page_bytes", "the size of every page"),
    Row::new(
        4,
        "pages",
        "how many pages there are, free ones and these included",
    ),
    Row::new(8, "commit", "number of the commit that it shows"),
    Row::new(4, "root", "number of the root page, 0 for none"),
    Row::new(
        4,
        "free_head",
        "number of the first page of the free list, 0 for none",
    ),
    Row::new(4, "free_count", "how many pages are on that list"),
];

/// The rows of a [`Stamp`](crate::stamp::Stamp), whose docs show them.
pub const STAMP: [Row; 3] = [
    Row::new(
        4,
        "crc32",
        "over everything after it, up to the end of the page",
    ),
    Row::new(4, "number", "of this page"),
    Row::new(8, "commit", "number of the commit that made it"),
];

/// What stands in the rows of a page in place of its stamp.
const STORE: Row = Row::new(
    16,
    "store",
    "the store's own; a tree neither reads nor writes them",
);

/// The rows of a page of the tree, which the docs of its
/// [`Header`](crate::page::Header) show.
pub const HEADER: [Row; 10] = [
    STORE,
    Row::new(1, "kind", "1 leaf, 2 inner"),
    Row::new(
        1,
        "level",
        "0 of a leaf, else 1 more than that of each child",
    ),
    Row::new(2, "count", "slots"),
    Row::new(
        2,
        "cells",
        "where the lowest cell begins, in bytes from the page's start",
    ),
    Row::new(2, "garbage", "bytes from there on that belong to no cell"),
    Row::new(
        2,
        "shared",
        "with how many bytes all keys begin alike, at the least",
    ),
    Row::open("slots", "6 bytes each, in the order of their keys"),
    Row::open("free", "any bytes, between the slots and the cells"),
    Row::open("cells", "in any order, up to the page's end"),
];

/// The rows of a slot, which the docs of
/// [`SlotBytes`](crate::slotted::SlotBytes) show.
pub const SLOT: [Row; 2] = [
    Row::new(2, "offset", "of the cell, in bytes from the page's start"),
    Row::new(
        4,
        "head",
        "of the key after what the page's keys share; zeros after its end",
    ),
];

/// The rows of a [`Cell`](crate::slotted::Cell), whose docs show them.
pub const CELL: [Row; 4] = [
    Row::new(2, "key_len", "bytes"),
    Row::new(
        2,
        "rest_len",
        "bytes; 32768 more where a chain of overflow pages has the value",
    ),
    Row::open("key", "any bytes"),
    Row::open(
        "rest",
        "leaf: the value, or where its chain begins; inner: the child",
    ),
];

/// The row of a child, which the docs of
/// [`CHILD_BYTES`](crate::node::CHILD_BYTES) show.
pub const CHILD: [Row; 1] = [Row::new(8, "child", "the number of its page")];

/// The rows of a [`Chain`](crate::node::Chain), whose docs show them.
pub const CHAIN: [Row; 2] = [
    Row::new(4, "len", "bytes of the value"),
    Row::new(8, "first", "the number of the chain's first page"),
];

/// The rows of a [`Piece`](crate::overflow::Piece), whose docs show them.
pub const PIECE: [Row; 6] = [
    STORE,
    Row::new(1, "kind", "3 overflow"),
    Row::new(3, "zeros", "nothing uses them"),
    Row::new(4, "len", "bytes of the value from this piece to its end"),
    Row::new(
        8,
        "next",
        "the number of the page with the next piece; 0 in the last",
    ),
    Row::open("piece", "up to the value's end or the page's"),
];

/// The rows of a [`ListPage`](crate::free_list::ListPage), whose docs show them.
pub const LIST_PAGE: [Row; 6] = [
    Row::new(16, "stamp", "as in front of every page"),
    Row::new(1, "kind", "4 list"),
    Row::new(3, "zeros", "nothing uses them"),
    Row::new(4, "next", "number of the next page of the list, 0 for none"),
    Row::new(4, "count", "how many numbers follow"),
    Row::open("numbers", "of free pages, 4 bytes each"),
];

/// How many bytes of a key are shown in the name of what it is in.
const KEY_SHOWN: usize = 32;

/// Draws a file to its end, in which nothing is left.
fn dissect(bytes: &[u8], draw: &mut dyn Draw) {
    let mut walk = Walk::new(bytes, draw);
    file::dissect(bytes, &mut walk);
    walk.end();
}

/// So many things, in words.
pub(crate) fn counted(count: usize, one: &str, more: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        count => format!("{count} {more}"),
    }
}

/// A key as it stands in a name, of which at most so many bytes are shown.
pub(crate) fn shown(key: &[u8], bytes_max: usize) -> String {
    match key.get(..bytes_max) {
        Some(head) if head.len() < key.len() => format!("\"{}\"…", head.escape_ascii()),
        _ => format!("\"{}\"", key.escape_ascii()),
    }
}
