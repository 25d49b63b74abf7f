//! The figures of chapter 4.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::{Context, Error, Result};
use btree::BTree;
use btree::copy_on_write::{CopyOnWrite, Options};
use btree::node::child;
use btree::slotted::{Cell, Slotted};
use conformance::sim::SimDisk;
use engine::Write;
use engine::page::{PageId, PageRead, PageStore};

use crate::svg::Figure;
use crate::tree::{Node, tree};

/// What all keys begin with. With the letter behind it, separators are so long
/// that a page has five children.
const SHARED: &str = "kkkkkkkkkkkkkkkkkkkkkkkkk";
/// The letters of the keys, four of which fill a leaf.
const LETTERS: std::ops::RangeInclusive<char> = 'a'..='x';
/// The key that is put once more.
const PUT: char = 'j';
/// The value, before and then.
const VALUES: [&str; 2] = ["the value of a letter", "a value, just as long"];

/// A tree that is copied on write, behind the put of one key: which of its pages
/// are copies, and which are those of the tree before.
///
/// # Errors
///
/// Fails where the store or the tree does.
pub fn copied_path() -> Result<Figure> {
    let options = Options {
        page_bytes: 256,
        ..Options::default()
    };
    let pages = CopyOnWrite::open(Arc::new(SimDisk::new()), options)?;
    let counters = Arc::clone(pages.counters());
    let tree_of_pages = BTree::new(pages, counters);
    let keys: Vec<String> = LETTERS.map(|letter| format!("{SHARED}{letter}")).collect();
    let puts: Vec<Write<'_>> = keys.iter().map(|key| Write::put(key, VALUES[0])).collect();
    tree_of_pages.write(&puts)?;
    let before = tree_of_pages.check()?.pages;
    let key = format!("{SHARED}{PUT}");
    tree_of_pages.write(&[Write::put(&key, VALUES[1])])?;
    let after = tree_of_pages.check()?.pages;
    let mut read = tree_of_pages.pages().read()?;
    let root = read.root().context("the tree is not empty")?;
    let root = node(&mut read, root, &before)?;
    let told = |pages: Vec<&PageId>| {
        let numbers: Vec<String> = pages.iter().map(|page| page.0.to_string()).collect();
        numbers.join(", ")
    };
    Ok(Figure {
        title: format!(
            "A tree of {} pages, on three levels, behind the put of {PUT}",
            after.len()
        ),
        description: format!(
            "Copied, the leaf and what is above it: pages {}. As before, and in both trees: \
             pages {}. No longer in the tree: pages {}.",
            told(after.difference(&before).collect()),
            told(after.intersection(&before).collect()),
            told(before.difference(&after).collect()),
        ),
        drawing: tree(&root),
    })
}

/// A page and all below it, in one colour if it was there `before` and in
/// another if not.
fn node<R: PageRead>(read: &mut R, page: PageId, before: &BTreeSet<PageId>) -> Result<Node> {
    read.load(page)?;
    let bytes = read.bytes().to_vec();
    let slotted = Slotted::new(&bytes).map_err(Error::msg)?;
    let cells = slotted.cells().map_err(Error::msg)?;
    let mut children = Vec::new();
    if slotted.level() > 0 {
        for slot in 0..cells.len() {
            let child = child(&slotted, slot).map_err(Error::msg)?;
            children.push(node(read, child, before)?);
        }
    }
    let number = page.0;
    Ok(Node {
        label: match (slotted.level(), cells.as_slice()) {
            (0, [first, .., last]) => format!("{number} {}–{}", letter(first), letter(last)),
            _ => number.to_string(),
        },
        tint: if before.contains(&page) { 1 } else { 3 },
        children,
    })
}

/// The letter that a key ends with.
fn letter(cell: &Cell<'_>) -> char {
    cell.key.last().map_or(' ', |byte| char::from(*byte))
}
