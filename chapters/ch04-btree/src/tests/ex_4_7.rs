use engine::Error;
use engine::page::{PageGroup, PageRead, PageStore};
use proptest::prelude::*;

use super::drawn::{LEN, built_with_pages};
use super::pages::{FLAVOURS, Flavour};
use super::trees::{PAGE_BYTES, value};
use crate::node::{child_cell, middle, separator};
use crate::slotted::{Cell, Slotted, fill};
use crate::tree::Writer;

const SEVENS: &[u8] = &[7; 300];

fn cell(key: &str, len: usize) -> Cell<'_> {
    Cell {
        key: key.as_bytes(),
        rest: &SEVENS[..len],
        is_chained: false,
    }
}

#[test]
fn ex_4_7_a_separator_is_as_short_as_it_can_be() {
    for (last, first, expected) in [
        ("medlar", "nectarine", "n"),
        ("persimmon", "plum", "pl"),
        ("pear", "pearl", "pearl"),
        ("pear", "pear\0", "pear\0"),
        ("", "a", "a"),
        ("", "\0", "\0"),
        ("a", "b", "b"),
        ("key 0999", "key 1000", "key 1"),
    ] {
        let found = separator(last.as_bytes(), first.as_bytes());
        assert_eq!(found, expected.as_bytes(), "between {last} and {first}");
    }
}

#[test]
fn ex_4_7_the_middle_is_where_both_halves_have_about_as_many_bytes() {
    for (lens, expected) in [
        (&[10, 10][..], 1),
        (&[10, 10, 10, 10], 2),
        (&[10, 10, 10], 1),
        (&[200, 10, 10, 10], 1),
        (&[10, 10, 10, 200], 3),
        (&[10, 200, 10], 1),
        (&[10, 10, 200, 10], 2),
        (&[200], 1),
        (&[], 1),
    ] {
        let cells: Vec<Cell<'_>> = lens.iter().map(|len| cell("k", *len)).collect();
        assert_eq!(
            middle(&cells),
            expected,
            "cells of {lens:?} bytes, and 11 each"
        );
    }
}

/// Splits the page at `depth` of the path to `cell`'s key, whatever room it has:
/// the answer are the keys of both halves, and the separator.
fn split(levels: &[&str], depth: usize, key: &str) -> (String, String, String) {
    let mut answers = FLAVOURS.map(|flavour| {
        let (tree, _) = built_with_pages(flavour, levels);
        let mut writer = Writer::new(tree.pages().begin().unwrap(), PAGE_BYTES);
        assert_eq!(writer.walk_to(key.as_bytes()), Ok(Some(false)));
        writer.claim().unwrap();
        let page = writer.path[depth].page;
        let (rest, child) = (value(key, LEN), 77_u64.to_le_bytes());
        let cell = match depth + 1 == levels.len() {
            true => Cell {
                rest: &rest,
                ..cell(key, 0)
            },
            // A page that was split lies below: what comes is the right half.
            false => {
                writer.path[depth].slot += 1;
                child_cell(key.as_bytes(), &child)
            }
        };
        let (separator, right) = writer.split(depth, &cell).unwrap();
        assert_ne!(page, right);
        assert_eq!(
            writer.path[depth].page, page,
            "the lower half keeps its number"
        );
        let mut keys = |page| {
            writer.group.load(page).unwrap();
            let page = Slotted::new(writer.group.bytes()).unwrap();
            let cells = page.cells().unwrap();
            assert_eq!(usize::from(page.level()), levels.len() - 1 - depth);
            let keys = cells.iter().map(|cell| match cell.key {
                b"" => "·".to_owned(),
                key => String::from_utf8(key.to_vec()).unwrap(),
            });
            keys.collect::<Vec<_>>().join(" ")
        };
        (
            keys(page),
            String::from_utf8(separator).unwrap(),
            keys(right),
        )
    });
    assert_eq!(answers[0], answers[1], "over whatever store");
    std::mem::take(&mut answers[0])
}

#[track_caller]
fn becomes(levels: &[&str], depth: usize, key: &str, lower: &str, separator: &str, upper: &str) {
    let found = split(levels, depth, key);
    let expected = (lower.to_owned(), separator.to_owned(), upper.to_owned());
    assert_eq!(found, expected, "{key} into {levels:?}");
}

#[test]
fn ex_4_7_a_leaf_is_halved_with_the_new_cell_in_one_half() {
    becomes(&["a b d e"], 0, "c", "a b", "c", "c d e");
    becomes(&["b c d e"], 0, "a", "a b", "c", "c d e");
    becomes(&["a b c e"], 0, "d", "a b", "c", "c d e");
    becomes(
        &["apple apricot plum prune"],
        0,
        "avocado",
        "apple apricot",
        "av",
        "avocado plum prune",
    );
}

#[test]
fn ex_4_7_who_appends_at_the_right_edge_leaves_a_full_leaf() {
    becomes(&["a b c d"], 0, "e", "a b c d", "e", "e");
    becomes(&["· k", "a b c d | k l m n"], 1, "o", "k l m n", "o", "o");
    becomes(
        &["· k", "a b c d | lemon lime mango medlar"],
        1,
        "nectarine",
        "lemon lime mango medlar",
        "n",
        "nectarine",
    );
}

/// How many pages are lent to be changed while the page at `depth` of the path to
/// `key` is split.
fn lent(levels: &[&str], depth: usize, key: &str) -> usize {
    let (tree, _) = built_with_pages(Flavour::CopyOnWrite, levels);
    let mut writer = Writer::new(tree.pages().begin().unwrap(), PAGE_BYTES);
    writer.walk_to(key.as_bytes()).unwrap();
    writer.claim().unwrap();
    writer.path[depth].slot += usize::from(depth + 1 < levels.len());
    let (rest, child) = (value(key, LEN), 77_u64.to_le_bytes());
    let cell = match depth + 1 == levels.len() {
        true => Cell {
            rest: &rest,
            ..cell(key, 0)
        },
        false => child_cell(key.as_bytes(), &child),
    };
    let split = || drop(writer.split(depth, &cell).unwrap());
    tree.pages().lent_by(split)
}

#[test]
fn ex_4_7_a_page_is_written_once_and_a_leaf_that_stays_full_not_at_all() {
    assert_eq!(lent(&["a b d e"], 0, "c"), 1, "it is halved");
    assert_eq!(lent(&["a b c d"], 0, "e"), 0, "it is as it should be");
    assert_eq!(lent(&["· k", "a b c d | k l m n"], 1, "o"), 0);
    let above = ["· c e g i k", "a | c | e | g | i | k"];
    assert_eq!(lent(&above, 0, "l"), 1, "its last child goes");
}

#[test]
fn ex_4_7_the_end_of_a_leaf_is_not_that_of_the_tree() {
    becomes(&["· k", "a b c d | k l m n"], 1, "e", "a b", "c", "c d e");
    becomes(
        &["· m", "· d | · s", "a b | d e f g | m n | s t"],
        2,
        "h",
        "d e",
        "f",
        "f g h",
    );
}

#[test]
fn ex_4_7_above_the_leaves_the_separator_moves_up() {
    let leaves = "a | c | e | g | i | k";
    becomes(&["· c e g i k", leaves], 0, "d", "· c d e", "g", "· i k");
    // At the right edge the new page begins with two children.
    becomes(&["· c e g i k", leaves], 0, "l", "· c e g i", "k", "· l");
}

#[test]
fn ex_4_7_what_cannot_be_split_is_damage() {
    for level in [0, 1] {
        let (tree, pages) = built_with_pages(Flavour::InPlace, &["b"]);
        let mut writer = Writer::new(tree.pages().begin().unwrap(), PAGE_BYTES);
        writer.walk_to(b"a").unwrap();
        let (page, bytes) = writer.group.page_mut(pages[0][0]).unwrap();
        fill(bytes, level, &[]).unwrap();
        let split = writer.split(0, &cell("a", 1));
        let Err(Error::Corrupt { offset, .. }) = split else {
            panic!("a page of nothing was split: {split:?}");
        };
        assert_eq!(offset, page.0);
    }
}

#[test]
fn ex_4_7_a_page_with_fewer_cells_than_the_path_says_is_damage() {
    for left in [&[][..], &["b"], &["b", "d"]] {
        let (tree, pages) = built_with_pages(Flavour::InPlace, &["b d f"]);
        let mut writer = Writer::new(tree.pages().begin().unwrap(), PAGE_BYTES);
        writer.walk_to(b"g").unwrap();
        let cells: Vec<Cell<'_>> = left.iter().map(|key| cell(key, LEN)).collect();
        let (page, bytes) = writer.group.page_mut(pages[0][0]).unwrap();
        fill(bytes, 0, &cells).unwrap();
        let split = writer.split(0, &cell("g", LEN));
        let Err(Error::Corrupt { offset, .. }) = split else {
            panic!("three cells are before g, and there are {left:?}: {split:?}");
        };
        assert_eq!(offset, page.0);
    }
}

/// The walk came to a leaf that has only a part of its keys now. That the other
/// part is elsewhere shows where a walk from the root leads there.
#[test]
fn ex_4_7_after_a_split_the_next_walk_begins_at_the_root() {
    let (tree, _) = built_with_pages(Flavour::CopyOnWrite, &["a b d e"]);
    let mut writer = Writer::new(tree.pages().begin().unwrap(), PAGE_BYTES);
    writer.walk_to(b"c").unwrap();
    writer.claim().unwrap();
    let (_, right) = writer.split(0, &cell("c", LEN)).unwrap();
    writer.group.set_root(Some(right));
    assert_eq!(writer.walk_to(b"d"), Ok(Some(true)), "c d e are there");
    assert_eq!(writer.path[0].page, right);
}

proptest! {
    #[test]
    fn ex_4_7_a_separator_is_between_two_keys_and_none_is_shorter(one in "[ab]{0,6}", other in "[ab]{0,6}") {
        prop_assume!(one != other);
        let (last, first) = if one < other { (&one, &other) } else { (&other, &one) };
        let found = separator(last.as_bytes(), first.as_bytes());
        prop_assert!(last.as_bytes() < found && found <= first.as_bytes(), "{:?}", found);
        prop_assert!(first.as_bytes().starts_with(found));
        let shorter = &found[..found.len() - 1];
        prop_assert!(shorter <= last.as_bytes(), "{:?} would do", shorter);
        // Of what is damaged nothing is asked but that it ends.
        separator(first.as_bytes(), last.as_bytes());
        separator(first.as_bytes(), first.as_bytes());
    }

    #[test]
    fn ex_4_7_no_cut_is_nearer_to_the_middle(lens in prop::collection::vec(0..60_usize, 2..12)) {
        let cells: Vec<Cell<'_>> = lens.iter().map(|len| cell("k", *len)).collect();
        let bytes = |cells: &[Cell<'_>]| cells.iter().map(Cell::bytes).sum::<usize>();
        let difference = |at: &usize| bytes(&cells[..*at]).abs_diff(bytes(&cells[*at..]));
        let best = (1..cells.len()).min_by_key(difference).unwrap();
        prop_assert_eq!(middle(&cells), best, "cells of {:?} bytes, and 11 each", lens);
    }
}
