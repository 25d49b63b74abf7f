use std::collections::BTreeSet;

use engine::page::{PageId, PageRead, PageStore};
use engine::{Error, Write};

use super::drawn::{LEN, both, built_with_pages, drawn};
use super::pages::{Flavour, TestPages};
use super::trees::{Both, PAGE_BYTES, get};
use crate::BTree;
use crate::slotted::Slotted;
use crate::tree::Writer;

const DEEP: [&str; 3] = ["· m", "· d h | · s", "a b | d e g | h k | m n p | s t"];

/// Other values of the same length under these keys, as one batch.
fn overwrite(both: &mut Both, keys: &str) {
    let value = vec![b'!'; LEN];
    let batch: Vec<Write<'_>> = keys
        .split_whitespace()
        .map(|key| Write::put(key, &value))
        .collect();
    both.tree.write(&batch).unwrap();
    for key in keys.split_whitespace() {
        both.model.insert(key.into(), value.clone());
    }
    both.same();
}

/// The pages that are gone, and those that are new.
fn moved(before: &BTreeSet<PageId>, after: &BTreeSet<PageId>) -> (Vec<PageId>, usize) {
    let gone = before.difference(after).copied().collect();
    (gone, after.difference(before).count())
}

#[test]
fn ex_4_6_where_pages_are_copied_the_path_moves_and_nothing_else() {
    for (key, path) in [("e", [0, 0, 1]), ("a", [0, 0, 0]), ("t", [0, 1, 4])] {
        let (tree, pages) = built_with_pages(Flavour::CopyOnWrite, &DEEP);
        let before = tree.pages().numbers();
        let value = vec![b'!'; LEN];
        tree.write(&[Write::put(key, &value)]).unwrap();
        assert_eq!(tree.check().unwrap().pages, tree.pages().numbers(), "{key}");
        let (gone, new) = moved(&before, &tree.pages().numbers());
        let mut expected: Vec<PageId> = (0..3).map(|level| pages[level][path[level]]).collect();
        expected.sort_unstable();
        assert_eq!((gone, new), (expected, 3), "{key}");
        assert_eq!(get(&tree, key.as_bytes()), Ok(Some(value)));
        assert_eq!(drawn(&tree), DEEP);
    }
}

#[test]
fn ex_4_6_where_pages_change_in_place_no_number_does() {
    let mut both = both(Flavour::InPlace, &DEEP);
    let (before, root) = (both.tree.pages().numbers(), both.tree.pages().root());
    overwrite(&mut both, "e a t");
    assert_eq!(both.tree.pages().numbers(), before);
    assert_eq!(both.tree.pages().root(), root);
}

#[test]
fn ex_4_6_a_tree_of_one_leaf_gets_another_root() {
    let mut both = both(Flavour::CopyOnWrite, &["a b"]);
    let before = both.tree.pages().root();
    overwrite(&mut both, "b");
    assert_ne!(both.tree.pages().root(), before);
}

#[test]
fn ex_4_6_a_page_moves_once_in_a_group_however_often_it_changes() {
    let mut tall = both(Flavour::CopyOnWrite, &DEEP);
    let before = tall.tree.pages().numbers();
    // Two leaves of one parent, a leaf of the other one, and the first one again.
    overwrite(&mut tall, "a d s b e a t g");
    let (gone, new) = moved(&before, &tall.tree.pages().numbers());
    assert_eq!(
        (gone.len(), new),
        (6, 6),
        "the root, both below it, and three leaves"
    );
    assert_eq!(before.len(), tall.tree.pages().numbers().len());
}

/// The writer, where it has walked to a key.
fn at<'t>(tree: &'t BTree<TestPages>, key: &str) -> Writer<<TestPages as PageStore>::Group<'t>> {
    let mut writer = Writer::new(tree.pages().begin().unwrap(), PAGE_BYTES);
    assert_eq!(writer.walk_to(key.as_bytes()), Ok(Some(true)));
    writer
}

#[test]
fn ex_4_6_the_path_has_the_new_numbers_and_the_group_the_new_root() {
    let (tree, pages) = built_with_pages(Flavour::CopyOnWrite, &DEEP);
    let mut writer = at(&tree, "e");
    writer.claim().unwrap();
    let path: Vec<PageId> = writer.path.iter().map(|step| step.page).collect();
    assert_eq!(path.len(), 3);
    for (level, page) in path.iter().enumerate() {
        assert!(!pages[level].contains(page), "{page:?} is an old number");
        writer.group.load(*page).unwrap();
    }
    assert_eq!(writer.group.root(), Some(path[0]));
    writer.claim().unwrap();
    let again: Vec<PageId> = writer.path.iter().map(|step| step.page).collect();
    assert_eq!(again, path, "they are this group's");
}

/// The path says by which slot it went on, and the parent has no such slot.
#[test]
fn ex_4_6_a_parent_that_leads_to_no_child_is_damaged_under_its_new_number() {
    for depth in [0, 1] {
        let (tree, _) = built_with_pages(Flavour::CopyOnWrite, &DEEP);
        let mut writer = at(&tree, "e");
        writer.path[depth].slot = 9;
        let claimed = writer.claim();
        let Err(Error::Corrupt { offset, .. }) = claimed else {
            panic!("there is no slot 9: {claimed:?}");
        };
        let page = PageId(offset);
        assert!(!tree.pages().numbers().contains(&page), "{page:?} is old");
        writer.group.load(page).unwrap();
        let level = Slotted::new(writer.group.bytes()).unwrap().level();
        assert_eq!(usize::from(level), 2 - depth, "{page:?} is not the parent");
    }
}

#[test]
fn ex_4_6_the_climb_ends_at_a_page_that_keeps_its_number() {
    let (tree, _) = built_with_pages(Flavour::CopyOnWrite, &DEEP);
    let mut writer = at(&tree, "e");
    let lent = tree.pages().lent_by(|| writer.claim().unwrap());
    assert_eq!(lent, 3, "the leaf and all above it");
    let lent = tree.pages().lent_by(|| writer.claim().unwrap());
    assert_eq!(lent, 1, "the leaf");
    assert_eq!(writer.walk_to(b"a"), Ok(Some(true)));
    let lent = tree.pages().lent_by(|| writer.claim().unwrap());
    assert_eq!(lent, 2, "the other leaf, and the parent of both");
    writer.commit().unwrap();
    tree.check().unwrap();
    let (tree, _) = built_with_pages(Flavour::InPlace, &DEEP);
    let mut writer = at(&tree, "e");
    let lent = tree.pages().lent_by(|| writer.claim().unwrap());
    assert_eq!(lent, 1, "in place");
}

#[test]
fn ex_4_6_whoever_reads_meanwhile_sees_what_was_there() {
    let mut both = both(Flavour::CopyOnWrite, &DEEP);
    let tree = &both.tree;
    let mut before = tree.pages().read().unwrap();
    let expected = both.model.clone();
    let value = vec![b'!'; LEN];
    tree.write(&[Write::put("e", &value), Write::put("t", &value)])
        .unwrap();
    for (key, expected) in &expected {
        let mut found = Vec::new();
        assert_eq!(
            crate::tree::get_into(&mut before, key, &mut found),
            Ok(true)
        );
        assert_eq!(&found, expected, "{}", key.escape_ascii());
    }
    drop(before);
    overwrite(&mut both, "e t");
}
