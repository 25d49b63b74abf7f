use engine::{Error, Write};

use super::drawn::{LEN, both, built_with_pages, changed, drawn, looks, looks_after};
use super::pages::FLAVOURS;
use super::trees::{Change, get};

#[test]
fn ex_4_10_the_last_entry_takes_the_leaf_away_with_it() {
    looks("m k m- k-", &[]);
    looks("m k m- k- z", &["z"]);
}

#[test]
fn ex_4_10_what_is_not_there_is_deleted_without_a_change() {
    looks_after(&["· c", "a b | c d e"], "bb- z- b-", &["a c d e"]);
}

#[test]
fn ex_4_10_a_page_with_little_is_joined_with_its_neighbour() {
    looks("a b d e c b-", &["a c d e"]);
    looks("a b d e c d- e-", &["a b c"]);
    looks("a b c d e e-", &["a b c d"]);
}

#[test]
fn ex_4_10_of_three_pages_two_are_joined() {
    let three = ["· c e", "a b | c d | e f"];
    looks_after(&three, "a-", &["· e", "b c d | e f"]);
    // The neighbour is the one before, where there is one.
    looks_after(&three, "d-", &["· e", "a b c | e f"]);
    looks_after(&three, "e-", &["· c", "a b | c d f"]);
}

#[test]
fn ex_4_10_a_page_that_has_a_quarter_is_left_alone() {
    for flavour in FLAVOURS {
        // A quarter of 230 bytes are 57: a slot, a cell's 4 bytes, a key of one.
        for (len, expected) in [(46, "a | c d e"), (45, "a c d e")] {
            let mut both = both(flavour, &["· c", "a b | c d e"]);
            both.write(&[Change::Put("a".to_owned(), len)]);
            both.same();
            changed(&mut both, "b-");
            assert_eq!(drawn(&both.tree).last().unwrap(), expected, "{len} bytes");
        }
    }
}

/// Two levels above the leaves, with as few children as pages may have.
const NARROW: [&str; 3] = ["· m", "· d | · s", "a b | d e | m n | s t"];

#[test]
fn ex_4_10_above_the_leaves_the_separator_comes_down() {
    looks_after(&NARROW, "b-", &["· m s", "a d e | m n | s t"]);
    looks_after(&NARROW, "d-", &["· m s", "a b e | m n | s t"]);
    looks_after(&NARROW, "n-", &["· d m", "a b | d e | m s t"]);
    looks_after(&NARROW, "t-", &["· d m", "a b | d e | m n s"]);
}

#[test]
fn ex_4_10_a_root_with_one_child_gives_way_to_it() {
    looks_after(&NARROW, "b- e- n-", &["· s", "a d m | s t"]);
    looks_after(&NARROW, "b- e- n- t-", &["a d m s"]);
    looks_after(&NARROW, "b- e- n- t- a- d- m-", &["s"]);
    looks_after(&NARROW, "b- e- n- t- a- d- m- s-", &[]);
}

#[test]
fn ex_4_10_where_the_page_above_keeps_enough_nothing_above_it_changes() {
    let wide = [
        "· m",
        "· d f h j | · s",
        "a b | d e | f g | h i | j k | m n | s t",
    ];
    looks_after(
        &wide,
        "b-",
        &[
            "· m",
            "· f h j | · s",
            "a d e | f g | h i | j k | m n | s t",
        ],
    );
}

#[test]
fn ex_4_10_a_shorter_value_may_leave_little() {
    for flavour in FLAVOURS {
        let mut both = both(flavour, &["· c", "a b | c d e"]);
        both.write(&[
            Change::Put("a".to_owned(), 1),
            Change::Put("b".to_owned(), 1),
        ]);
        both.same();
        assert_eq!(drawn(&both.tree), ["a b c d e"]);
    }
}

#[test]
fn ex_4_10_a_group_may_delete_everything_at_once() {
    for flavour in FLAVOURS {
        let mut both = both(flavour, &NARROW);
        let keys = ["b", "e", "n", "t", "a", "d", "m", "s"];
        let deletes = keys.map(|key| Change::Delete(key.to_owned()));
        both.write(&deletes);
        both.same();
        assert_eq!(both.tree.pages().root(), None);
    }
}

#[test]
fn ex_4_10_neighbours_on_two_levels_are_damage() {
    for flavour in FLAVOURS {
        for (neighbour, key) in [(1, "b"), (0, "d")] {
            let (tree, pages) = built_with_pages(flavour, &["· c", "a b | c d"]);
            let copy = tree.pages().page(pages[0][0]);
            tree.pages().damage(pages[1][neighbour], |bytes| {
                bytes[16..].copy_from_slice(&copy[16..]);
            });
            let before = tree.pages().numbers();
            let deleted = tree.write(&[Write::delete(key)]);
            assert!(matches!(deleted, Err(Error::Corrupt { .. })), "{deleted:?}");
            assert_eq!(tree.pages().numbers(), before, "nothing has changed");
            let value = get(&tree, key.as_bytes()).unwrap();
            assert_eq!(value.unwrap().len(), LEN);
        }
    }
}
