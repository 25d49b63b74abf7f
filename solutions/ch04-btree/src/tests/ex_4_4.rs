use engine::Error;
use engine::page::{PageId, PageRead, PageStore};

use super::drawn::{LEN, built, built_with_pages, lead};
use super::pages::{FLAVOURS, Flavour};
use super::trees::{get, tree, value};
use crate::BTree;
use crate::node::{child_cell, child_slot};
use crate::slotted::{Found, Slotted, fill};
use crate::tree::{Leaf, Step, Toward, descend, get_into};

const DEEP: [&str; 3] = ["· m", "· d h | · s", "a b | d e g | h k | m n p | s t"];

#[track_caller]
fn holds(tree: &BTree<super::pages::TestPages>, keys: &str, absent: &str) {
    for key in keys.split_whitespace() {
        let found = get(tree, key.as_bytes()).unwrap();
        assert_eq!(found, Some(value(key, LEN)), "{key} is there");
    }
    for key in absent.split_whitespace().chain([""]) {
        assert_eq!(get(tree, key.as_bytes()), Ok(None), "{key:?} is not there");
    }
}

#[test]
fn ex_4_4_a_key_lies_in_the_last_child_whose_separator_is_not_larger() {
    let child = [7; 8];
    let cells = ["", "d", "m"].map(|key| child_cell(key.as_bytes(), &child));
    let mut page = vec![0; 256];
    fill(&mut page, 1, &cells).unwrap();
    let page = Slotted::new(&page).unwrap();
    for (key, slot) in [
        ("", 0),
        ("a", 0),
        ("czz", 0),
        ("d", 1),
        ("d\0", 1),
        ("lzz", 1),
        ("m", 2),
        ("z", 2),
    ] {
        assert_eq!(child_slot(&page, key.as_bytes()), Ok(slot), "{key:?}");
    }
}

#[test]
fn ex_4_4_what_a_tree_holds_is_found_and_nothing_else_is() {
    for flavour in FLAVOURS {
        holds(&built(flavour, &["k"]), "k", "a z");
        holds(&built(flavour, &["a c e"]), "a c e", "b d f aa");
        holds(&built(flavour, &["· c", "a b | c d"]), "a b c d", "bb cc e");
        holds(
            &built(flavour, &DEEP),
            "a b d e g h k m n p s t",
            "c f gg l m0 q r z",
        );
    }
}

#[test]
fn ex_4_4_a_tree_without_a_root_holds_nothing() {
    for flavour in FLAVOURS {
        assert_eq!(get(&tree(flavour, 256), b"a"), Ok(None));
    }
}

/// Walks from the root, and answers by which slots, and where it came to.
fn walk(levels: &[&str], toward: Toward<'_>) -> (Vec<(u8, usize, usize)>, Leaf, PageId) {
    let (tree, pages) = built_with_pages(Flavour::CopyOnWrite, levels);
    let mut read = tree.pages().read().unwrap();
    let root = read.root().unwrap();
    let mut steps: Vec<Step> = Vec::new();
    let leaf = descend(&mut read, root, None, toward, |step| steps.push(step)).unwrap();
    assert_eq!(
        steps.first().map(|step| step.page),
        (levels.len() > 1).then_some(root)
    );
    let leaves = pages.last().unwrap();
    let steps = steps.iter().map(|step| (step.level, step.slot, step.count));
    (
        steps.collect(),
        leaf,
        leaves[leaves.iter().position(|page| *page == leaf.page).unwrap()],
    )
}

#[test]
fn ex_4_4_a_walk_tells_by_which_slot_it_passes_each_page() {
    let (steps, leaf, _) = walk(&DEEP, Toward::Key(b"e"));
    assert_eq!(steps, [(2, 0, 2), (1, 1, 3)], "level, slot and count");
    assert_eq!(
        (leaf.count, leaf.found),
        (
            3,
            Found {
                slot: 1,
                is_equal: true
            }
        )
    );
    let (steps, leaf, _) = walk(&DEEP, Toward::Key(b"r"));
    assert_eq!(steps, [(2, 1, 2), (1, 0, 2)]);
    assert_eq!((leaf.count, leaf.found), (3, Found::before(3)));
}

#[test]
fn ex_4_4_a_walk_to_an_end_comes_to_the_outermost_leaf() {
    let (steps, leaf, _) = walk(&DEEP, Toward::First);
    assert_eq!(steps, [(2, 0, 2), (1, 0, 3)]);
    assert_eq!((leaf.count, leaf.found), (2, Found::before(0)));
    let (steps, leaf, _) = walk(&DEEP, Toward::Last);
    assert_eq!(steps, [(2, 1, 2), (1, 1, 2)]);
    assert_eq!((leaf.count, leaf.found), (2, Found::before(2)));
    let (steps, leaf, _) = walk(&["a b c"], Toward::Last);
    assert_eq!((steps.len(), leaf.found), (0, Found::before(3)));
}

#[test]
fn ex_4_4_a_lookup_loads_a_page_on_each_level() {
    let tree = built(Flavour::CopyOnWrite, &DEEP);
    for key in ["a", "h", "t", "z"] {
        let loaded = tree.pages().loaded_by(|| drop(get(&tree, key.as_bytes())));
        assert_eq!(loaded, 3, "for {key}");
    }
}

#[test]
fn ex_4_4_of_what_was_in_the_value_before_nothing_is_left() {
    let full = built(Flavour::CopyOnWrite, &DEEP);
    let empty = tree(Flavour::CopyOnWrite, 256);
    for tree in [&full, &empty] {
        let mut value = b"before".to_vec();
        let mut read = tree.pages().read().unwrap();
        let found = get_into(&mut read, b"z", &mut value);
        assert_eq!((found, &value[..]), (Ok(false), &b""[..]));
    }
}

#[track_caller]
fn is_damage_of(page: PageId, result: &Result<Option<Vec<u8>>, Error>) {
    let Err(Error::Corrupt { offset, .. }) = result else {
        panic!("it is damage of {page:?}, and the answer was {result:?}");
    };
    assert_eq!(*offset, page.0, "the page that is named");
}

#[test]
fn ex_4_4_pages_that_lead_in_a_circle_are_damage() {
    let (tree, pages) = built_with_pages(Flavour::CopyOnWrite, &DEEP);
    let (root, inner) = (pages[0][0], pages[1][0]);
    // A page on level 1 leads to one on level 2.
    lead(&tree, inner, 1, root);
    is_damage_of(root, &get(&tree, b"e"));
    assert_eq!(get(&tree, b"a"), Ok(Some(value("a", LEN))), "another way");
    // And the root leads to a leaf at once.
    lead(&tree, root, 1, pages[2][3]);
    is_damage_of(pages[2][3], &get(&tree, b"n"));
}

#[test]
fn ex_4_4_a_page_without_slots_is_damage() {
    let (tree, pages) = built_with_pages(Flavour::CopyOnWrite, &DEEP);
    tree.pages()
        .damage(pages[2][4], |bytes| fill(bytes, 0, &[]).unwrap());
    is_damage_of(pages[2][4], &get(&tree, b"s"));
    tree.pages()
        .damage(pages[1][0], |bytes| fill(bytes, 1, &[]).unwrap());
    is_damage_of(pages[1][0], &get(&tree, b"a"));
}

#[test]
fn ex_4_4_what_is_no_page_or_no_child_is_damage() {
    let (tree, pages) = built_with_pages(Flavour::CopyOnWrite, &DEEP);
    // No kind of page.
    tree.pages().damage(pages[2][0], |bytes| bytes[16] = 9);
    is_damage_of(pages[2][0], &get(&tree, b"a"));
    // A cell after the page's end.
    tree.pages()
        .damage(pages[2][3], |bytes| bytes[26..28].fill(0xff));
    is_damage_of(pages[2][3], &get(&tree, b"m"));
    // A child of four bytes.
    let cells = [
        child_cell(b"", &[0; 8]),
        crate::slotted::Cell {
            rest: b"1234",
            ..child_cell(b"d", &[0; 8])
        },
    ];
    tree.pages()
        .damage(pages[1][0], |bytes| fill(bytes, 1, &cells).unwrap());
    is_damage_of(pages[1][0], &get(&tree, b"e"));
}
