//! Trees as drawings: each level a line, the root's first, its pages with `|`
//! between them, and the first child of each, which has no separator, as `·`.
//!
//! ```text
//! · c
//! a b | c d e
//! ```

use std::sync::Arc;

use engine::Counters;
use engine::page::{PageGroup, PageId, PageStore};

use super::pages::{FLAVOURS, Flavour, TestPages};
use super::trees::{Both, Change, PAGE_BYTES, value};
use crate::BTree;
use crate::node::{child, child_cell};
use crate::slotted::{Cell, Slotted, fill};

/// A value of this length lets a page have four entries with short keys, and
/// no fifth.
pub(super) const LEN: usize = 40;

/// The drawing of a tree.
pub(super) fn drawn(tree: &BTree<TestPages>) -> Vec<String> {
    let pages = tree.pages();
    let mut level: Vec<PageId> = pages.root().into_iter().collect();
    let mut drawn = Vec::new();
    while !level.is_empty() {
        let (mut line, mut below) = (Vec::new(), Vec::new());
        for page in &level {
            let bytes = pages.page(*page);
            let page = Slotted::new(&bytes).unwrap();
            let mut keys = Vec::new();
            for (slot, cell) in page.cells().unwrap().iter().enumerate() {
                keys.push(String::from_utf8(cell.key.to_vec()).unwrap());
                if page.level() > 0 {
                    below.push(child(&page, slot).unwrap());
                    if slot == 0 {
                        assert_eq!(keys.pop().unwrap(), "");
                        keys.push("·".to_owned());
                    }
                }
            }
            line.push(keys.join(" "));
        }
        drawn.push(line.join(" | "));
        level = below;
    }
    drawn
}

/// A tree that looks like this, whether it is sound or not, and its pages, level
/// by level. Each value has [`LEN`] bytes.
pub(super) fn built_with_pages(
    flavour: Flavour,
    levels: &[&str],
) -> (BTree<TestPages>, Vec<Vec<PageId>>) {
    let pages = TestPages::new(flavour, PAGE_BYTES);
    let mut group = pages.begin().unwrap();
    let mut all: Vec<Vec<PageId>> = Vec::new();
    for (level, line) in (0_u8..).zip(levels.iter().rev()) {
        let mut below = all.last().into_iter().flatten();
        let mut made = Vec::new();
        for keys in line.split('|') {
            let keys: Vec<&str> = keys.split_whitespace().collect();
            let rests: Vec<Vec<u8>> = match level {
                0 => keys.iter().map(|key| value(key, LEN)).collect(),
                _ => (keys
                    .iter()
                    .map(|_| below.next().unwrap().0.to_le_bytes().to_vec()))
                .collect(),
            };
            let cells: Vec<Cell<'_>> = keys
                .iter()
                .zip(&rests)
                .map(|(key, rest)| cell_of(key, rest))
                .collect();
            let (page, bytes) = group.alloc().unwrap();
            fill(bytes, level, &cells).unwrap();
            made.push(page);
        }
        assert_eq!(below.next(), None, "a child that no slot leads to");
        all.push(made);
    }
    group.set_root(all.last().map(|top| top[0]));
    group.commit().unwrap();
    all.reverse();
    (BTree::new(pages, Arc::new(Counters::new())), all)
}

fn cell_of<'c>(key: &'c str, rest: &'c [u8]) -> Cell<'c> {
    Cell {
        key: if key == "·" { b"" } else { key.as_bytes() },
        rest,
        is_chained: false,
    }
}

/// A tree that looks like this, whether it is sound or not.
pub(super) fn built(flavour: Flavour, levels: &[&str]) -> BTree<TestPages> {
    built_with_pages(flavour, levels).0
}

/// A sound tree that looks like this, and its model.
pub(super) fn both(flavour: Flavour, levels: &[&str]) -> Both {
    let keys = levels.last().map_or("", |leaves| leaves).split_whitespace();
    let keys = keys.filter(|key| *key != "|");
    let both = Both {
        tree: built(flavour, levels),
        model: keys.map(|key| (key.into(), value(key, LEN))).collect(),
    };
    both.same();
    both
}

/// Lets a slot of a page above the leaves lead to another child.
pub(super) fn lead(tree: &BTree<TestPages>, page: PageId, slot: usize, to: PageId) {
    let bytes = tree.pages().page(page);
    let slotted = Slotted::new(&bytes).unwrap();
    let mut cells = slotted.cells().unwrap();
    let to = to.0.to_le_bytes();
    cells[slot] = child_cell(cells[slot].key, &to);
    tree.pages()
        .damage(page, |bytes| fill(bytes, slotted.level(), &cells).unwrap());
}

/// Makes changes, one after the other: `a b c-` are two puts and a delete. The
/// tree is checked after each.
#[track_caller]
pub(super) fn changed(both: &mut Both, words: &str) {
    for word in words.split_whitespace() {
        both.write(&[match word.strip_suffix('-') {
            Some(key) => Change::Delete(key.to_owned()),
            None => Change::Put(word.to_owned(), LEN),
        }]);
        both.same();
    }
}

/// Panics where an empty tree looks otherwise after these changes, over whatever
/// store.
#[track_caller]
pub(super) fn looks(changes: &str, expected: &[&str]) {
    looks_after(&[], changes, expected);
}

/// Panics where a tree looks otherwise after these changes, over whatever store.
#[track_caller]
pub(super) fn looks_after(before: &[&str], changes: &str, expected: &[&str]) {
    for flavour in FLAVOURS {
        let mut both = both(flavour, before);
        changed(&mut both, changes);
        assert_eq!(
            drawn(&both.tree),
            expected,
            "{flavour:?}: {before:?} {changes}"
        );
    }
}
