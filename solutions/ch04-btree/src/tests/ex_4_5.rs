use engine::Error;
use engine::page::PageId;

use super::drawn::{LEN, built, built_with_pages, lead};
use super::pages::{FLAVOURS, Flavour};
use super::trees::tree;
use crate::check::{Bounds, Checked, in_order};
use crate::slotted::{Cell, fill};

const DEEP: [&str; 3] = ["· m", "· d h | · s", "a b | d e g | h k | m n p | s t"];

/// The bytes of an entry of a short key, its slot included.
const ENTRY: usize = 6 + 4 + 1 + LEN;

#[test]
fn ex_4_5_a_sound_tree_is_counted() {
    for flavour in FLAVOURS {
        let tree = built(flavour, &DEEP);
        let checked = tree.check().unwrap();
        assert_eq!(checked.pages, tree.pages().numbers());
        let expected = Checked {
            pages: checked.pages.clone(),
            levels: 3,
            entries: 12,
            leaves: 5,
            inner: 3,
            overflow: 0,
            leaf_bytes: 12 * ENTRY,
            leaf_bytes_max: 5 * (256 - 26),
        };
        assert_eq!(checked, expected);
        assert_eq!(built(flavour, &["k"]).check().unwrap().levels, 1);
    }
    assert_eq!(tree(Flavour::InPlace, 256).check(), Ok(Checked::default()));
}

/// Says of a tree that looks like this that a page of it is damaged: which one is
/// counted from the root, level by level.
#[track_caller]
fn is_wrong(levels: &[&str], (level, place): (usize, usize), expected: &str) {
    let (tree, pages) = built_with_pages(Flavour::CopyOnWrite, levels);
    names(
        &tree.check(),
        pages[level][place],
        expected,
        &format!("{levels:?}"),
    );
}

#[track_caller]
fn names(checked: &Result<Checked, Error>, page: PageId, expected: &str, of: &str) {
    let Err(Error::Corrupt { offset, what, .. }) = checked else {
        panic!("of {of} it is said {checked:?}");
    };
    assert_eq!((*offset, &**what), (page.0, expected), "of {of}");
}

const FALLS: &str = "the keys of a page do not rise";
const SMALL: &str = "a key is smaller than the separator before it";
const LARGE: &str = "a key is not smaller than the separator after it";

#[test]
fn ex_4_5_keys_that_do_not_rise_are_found() {
    is_wrong(&["a c b"], (0, 0), FALLS);
    is_wrong(&["a b b"], (0, 0), FALLS);
    is_wrong(&["· c", "b a | c d"], (1, 0), FALLS);
    is_wrong(&["· d c", "a | d e | d"], (0, 0), FALLS);
    is_wrong(&["· c c", "a | c | d"], (0, 0), FALLS);
}

#[test]
fn ex_4_5_a_separator_in_front_of_a_first_child_is_found() {
    let what = "the separator of a first child is not empty";
    is_wrong(&["a c", "a b | c d"], (0, 0), what);
}

#[test]
fn ex_4_5_keys_outside_of_the_separators_are_found() {
    is_wrong(&["· c", "a b | bb d"], (1, 1), SMALL);
    is_wrong(&["· c", "a d | e f"], (1, 0), LARGE);
    is_wrong(&["· c", "a c | d e"], (1, 0), LARGE);
    is_wrong(&["· c e", "a | c ee | f"], (1, 1), LARGE);
    assert!(
        built(Flavour::InPlace, &["· c", "a bzz | c d"])
            .check()
            .is_ok()
    );
}

#[test]
fn ex_4_5_bounds_hold_for_all_that_is_below_them() {
    // The last leaf of the left half, and the first one of the right half.
    is_wrong(
        &["· m", "· d | · s", "a b | d n | o p | s t"],
        (2, 1),
        LARGE,
    );
    is_wrong(
        &["· m", "· d | · s", "a b | d m | o p | s t"],
        (2, 1),
        LARGE,
    );
    is_wrong(
        &["· m", "· d | · s", "a b | d e | l p | s t"],
        (2, 2),
        SMALL,
    );
    // Separators lie within them, too.
    is_wrong(
        &["· m", "· n | · s", "a b | n o | o p | s t"],
        (1, 0),
        LARGE,
    );
    is_wrong(&["· m", "· m | · s", "a b | m | o p | s t"], (1, 0), LARGE);
    is_wrong(
        &["· m", "· d | · f", "a b | d e | m n | s t"],
        (1, 1),
        SMALL,
    );
    is_wrong(&["· m", "· d | · m", "a b | d e | m | n"], (1, 1), SMALL);
}

#[test]
fn ex_4_5_pages_with_too_few_cells_are_found() {
    const FEW: &str = "a page has fewer cells than it must";
    is_wrong(&["·", "a b"], (0, 0), FEW);
    is_wrong(&["· m", "· | · s", "a b | o p | s t"], (1, 0), FEW);
    let (tree, pages) = built_with_pages(Flavour::CopyOnWrite, &["· c", "a | c d"]);
    tree.pages()
        .damage(pages[1][0], |bytes| fill(bytes, 0, &[]).unwrap());
    names(&tree.check(), pages[1][0], FEW, "a leaf of nothing");
}

#[test]
fn ex_4_5_a_page_to_which_more_than_one_place_leads_is_found() {
    const TWICE: &str = "more than one place leads to a page";
    let (tree, pages) = built_with_pages(Flavour::CopyOnWrite, &DEEP);
    lead(&tree, pages[1][0], 1, pages[2][0]);
    names(&tree.check(), pages[2][0], TWICE, "two slots of a page");
    let (tree, pages) = built_with_pages(Flavour::CopyOnWrite, &DEEP);
    lead(&tree, pages[1][1], 1, pages[2][2]);
    names(&tree.check(), pages[2][2], TWICE, "slots of two pages");
    let (tree, pages) = built_with_pages(Flavour::CopyOnWrite, &DEEP);
    lead(&tree, pages[1][1], 0, pages[0][0]);
    names(&tree.check(), pages[0][0], TWICE, "a circle");
}

#[test]
fn ex_4_5_a_page_is_loaded_once_and_one_that_was_reached_before_not_again() {
    let (tree, pages) = built_with_pages(Flavour::CopyOnWrite, &DEEP);
    let loaded = tree.pages().loaded_by(|| drop(tree.check()));
    assert_eq!(loaded, 1 + 8, "the root first for its level");
    lead(&tree, pages[1][0], 1, pages[2][0]);
    let loaded = tree.pages().loaded_by(|| drop(tree.check()));
    assert_eq!(loaded, 1 + 3, "the first leaf, and then no page");
}

#[test]
fn ex_4_5_a_child_on_a_wrong_level_is_found() {
    const LEVEL: &str = "a page is on another level than its parent says";
    let (tree, pages) = built_with_pages(Flavour::CopyOnWrite, &DEEP);
    lead(&tree, pages[0][0], 1, pages[2][3]);
    names(&tree.check(), pages[2][3], LEVEL, "a leaf on level 1");
    let (tree, pages) = built_with_pages(Flavour::CopyOnWrite, &DEEP);
    let copy = tree.pages().page(pages[1][0]);
    tree.pages().damage(pages[2][1], |bytes| {
        bytes[16..].copy_from_slice(&copy[16..]);
    });
    names(
        &tree.check(),
        pages[2][1],
        LEVEL,
        "a page of children on level 0",
    );
}

#[test]
fn ex_4_5_a_page_that_is_not_what_it_says_is_found() {
    let (tree, pages) = built_with_pages(Flavour::CopyOnWrite, &DEEP);
    for (level, place) in [(0, 0), (1, 1), (2, 4)] {
        let page = pages[level][place];
        let before = tree.pages().page(page);
        for (at, byte) in [(16, 0), (17, 7), (18, 200), (22, 1), (24, 9), (28, 0xff)] {
            tree.pages().damage(page, |bytes| bytes[at] = byte);
            let Err(Error::Corrupt { offset, .. }) = tree.check() else {
                panic!("byte {at} of {page:?} is wrong, and nothing is said");
            };
            // The root says on which level it is: then its children are wrong.
            assert!(offset == page.0 || level == 0, "byte {at}");
            tree.pages()
                .damage(page, |bytes| bytes.copy_from_slice(&before));
        }
        tree.check().unwrap();
    }
}

#[test]
fn ex_4_5_a_page_that_is_not_there_is_found() {
    let (tree, pages) = built_with_pages(Flavour::CopyOnWrite, &DEEP);
    lead(&tree, pages[1][0], 2, PageId(1000));
    names(
        &tree.check(),
        PageId(1000),
        "there is no such page",
        "a child",
    );
}

#[test]
fn ex_4_5_the_order_of_cells_alone() {
    let cells = |keys: &str| -> Vec<Vec<u8>> {
        keys.split_whitespace()
            .map(|key| key.as_bytes().to_vec())
            .collect()
    };
    let judged = |keys: &str, level, low: &str, high: Option<&str>| {
        let keys = cells(keys);
        let cells: Vec<Cell<'_>> = keys
            .iter()
            .map(|key| Cell {
                key,
                rest: b"",
                is_chained: false,
            })
            .collect();
        in_order(
            &cells,
            level,
            Bounds(low.as_bytes(), high.map(str::as_bytes)),
        )
    };
    for (keys, level, low, high, expected) in [
        ("", 0, "", None, Ok(())),
        ("", 0, "c", Some("b"), Ok(())),
        ("b c", 0, "b", Some("d"), Ok(())),
        ("b c", 0, "bb", None, Err(SMALL)),
        ("b c", 1, "b", None, Err(SMALL)),
        ("b c", 1, "a", Some("d"), Ok(())),
        ("b c", 0, "a", Some("c"), Err(LARGE)),
        ("b c", 0, "a", Some("c0"), Ok(())),
        ("b b", 0, "a", None, Err(FALLS)),
        ("c b", 1, "a", None, Err(FALLS)),
    ] {
        let found = judged(keys, level, low, high);
        assert_eq!(
            found, expected,
            "{keys} on level {level}, {low} to {high:?}"
        );
    }
}
