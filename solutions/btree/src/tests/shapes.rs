//! What the tree looks like after single changes.

use engine::page::PageId;

use super::pages::{FLAVOURS, Flavour};
use super::trees::{Both, Change, PAGE_BYTES};
use crate::node::child;
use crate::slotted::Slotted;

/// A value of this length lets a page have four entries with short keys, and
/// no fifth.
const LEN: usize = 40;

/// The levels of a tree, the root's first: pages with `|` between them, and the
/// first child of each, which has no separator, as `·`.
fn drawn(both: &Both) -> Vec<String> {
    let pages = both.tree.pages();
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

/// `a b c-`: puts, and deletes.
fn changed(both: &mut Both, words: &str) {
    for word in words.split_whitespace() {
        both.write(&[match word.strip_suffix('-') {
            Some(key) => Change::Delete(key.to_owned()),
            None => Change::Put(word.to_owned(), LEN),
        }]);
        both.same();
    }
}

/// Panics where a tree looks otherwise after these changes, over whatever store.
#[track_caller]
fn looks(changes: &str, expected: &[&str]) {
    for flavour in FLAVOURS {
        let mut both = Both::new(flavour, PAGE_BYTES);
        changed(&mut both, changes);
        assert_eq!(drawn(&both), expected, "{flavour:?}: {changes}");
    }
}

#[test]
fn the_first_entry_makes_a_leaf_and_the_last_one_takes_it_away() {
    looks("m", &["m"]);
    looks("m k z a", &["a k m z"]);
    looks("m k m- k-", &[]);
    looks("m- m", &["m"]);
}

#[test]
fn a_page_that_is_full_is_halved() {
    looks("a b d e c", &["· c", "a b | c d e"]);
    looks("b c d e a", &["· c", "a b | c d e"]);
    looks("a c d e b c1", &["· c", "a b | c c1 d e"]);
}

#[test]
fn what_is_appended_leaves_full_pages_behind() {
    looks("a b c d e", &["· e", "a b c d | e"]);
    looks("a b c d e f g h i", &["· e i", "a b c d | e f g h | i"]);
    // The end of a leaf is not that of the tree.
    looks("a b c d h d1", &["· d h", "a b c | d d1 | h"]);
}

#[test]
fn a_separator_is_as_short_as_it_can_be() {
    looks(
        "lemon lime mango medlar nectarine",
        &["· n", "lemon lime mango medlar | nectarine"],
    );
    looks(
        "fig kiwi lime melon lemon",
        &["· li", "fig kiwi lemon | lime melon"],
    );
}

#[test]
fn a_page_with_little_is_joined_with_its_neighbour() {
    looks("a b d e c b-", &["a c d e"]);
    looks("a b d e c d- e-", &["a b c"]);
    looks("a b c d e e-", &["a b c d"]);
    looks("a b c d e f g h i i- c- d- b-", &["· f", "a e | f g h"]);
}

#[test]
fn a_page_with_little_borrows_where_there_is_no_room_for_both() {
    looks("a b d e c f b-", &["· d", "a c | d e f"]);
    looks("a b c d e f f-", &["· c", "a b | c d e"]);
}

#[test]
fn a_longer_separator_may_split_the_parent() {
    for flavour in FLAVOURS {
        let mut both = Both::new(flavour, PAGE_BYTES);
        for letter in 'a'..='l' {
            for number in 1..=4 {
                // Four of these fill a leaf, and eleven separators of a byte the root.
                let (key, len) = match letter {
                    'b' => (format!("{}{number}", "b".repeat(21)), LEN - 20),
                    _ => (format!("{letter}{number}"), LEN),
                };
                both.write(&[Change::Put(key, len)]);
            }
        }
        both.same();
        let levels = drawn(&both);
        assert_eq!(levels[0], "· b c d e f g h i j k l");
        changed(&mut both, "a4- a3- a2-");
        let levels = drawn(&both);
        assert_eq!(levels.len(), 3, "{levels:?}");
        let separator = format!("{}2", "b".repeat(21));
        assert!(
            levels[1].starts_with(&format!("· {separator} c")),
            "{levels:?}"
        );
    }
}

#[test]
fn a_root_with_one_child_gives_way_to_it() {
    for flavour in FLAVOURS {
        let mut both = Both::new(flavour, PAGE_BYTES);
        let key = |number: u32| format!("{number:03}");
        let puts: Vec<Change> = (0..200).map(|n| Change::Put(key(n), LEN)).collect();
        both.write(&puts);
        let mut levels = drawn(&both).len();
        assert!(levels >= 3, "{levels} levels");
        for number in 0..200 {
            changed(&mut both, &format!("{}-", key(number)));
            let now = drawn(&both).len();
            assert!(levels - now <= 1);
            levels = now;
        }
        assert_eq!(levels, 0);
    }
}

#[test]
fn a_value_of_the_same_length_is_written_over_the_old_one() {
    let mut both = Both::new(Flavour::InPlace, PAGE_BYTES);
    changed(&mut both, "a b c");
    let root = both.tree.pages().root().unwrap();
    let garbage = |both: &Both| {
        let page = both.tree.pages().page(root);
        Slotted::new(&page).unwrap().header().garbage
    };
    changed(&mut both, "b b");
    assert_eq!(garbage(&both), 0);
    both.write(&[Change::Put("b".to_owned(), LEN - 1)]);
    both.same();
    assert_eq!(garbage(&both), 4 + 1 + LEN);
}

#[test]
fn what_copies_on_write_moves_the_path_alone() {
    let mut both = Both::new(Flavour::CopyOnWrite, PAGE_BYTES);
    changed(&mut both, "a b c d e f g h i");
    let before = both.tree.pages().numbers();
    changed(&mut both, "f");
    let after = both.tree.pages().numbers();
    assert_eq!(before.difference(&after).count(), 2, "a leaf and the root");
    assert_eq!(before.len(), after.len());
}
