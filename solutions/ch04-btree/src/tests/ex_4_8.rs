use engine::page::{PageId, PageRead, PageStore};
use engine::{Error, Write};
use proptest::prelude::*;

use super::drawn::{LEN, built, changed, drawn, looks, looks_after};
use super::many;
use super::pages::{FLAVOURS, Flavour};
use super::trees::{Both, Change, PAGE_BYTES, short_key, short_len, tree};
use crate::node::child_cell;
use crate::slotted::Slotted;
use crate::tree::{Step, Writer};

#[test]
fn ex_4_8_entries_come_into_a_leaf_as_long_as_there_is_room() {
    looks("m k", &["k m"]);
    looks("m k z a", &["a k m z"]);
}

#[test]
fn ex_4_8_a_page_that_is_full_is_halved() {
    looks("a b d e c", &["· c", "a b | c d e"]);
    looks("b c d e a", &["· c", "a b | c d e"]);
    looks("a c d e b c1", &["· c", "a b | c c1 d e"]);
}

#[test]
fn ex_4_8_what_is_appended_leaves_full_pages_behind() {
    looks("a b c d e", &["· e", "a b c d | e"]);
    looks("a b c d e f g h i", &["· e i", "a b c d | e f g h | i"]);
    // The end of a leaf is not that of the tree.
    looks("a b c d h d1", &["· d h", "a b c | d d1 | h"]);
}

#[test]
fn ex_4_8_a_new_page_comes_right_behind_the_one_that_was_split() {
    let before = ["· e i", "a b c d | e f g h | i"];
    looks_after(&before, "b1", &["· b1 e i", "a b | b1 c d | e f g h | i"]);
    looks_after(&before, "f1", &["· e f1 i", "a b c d | e f | f1 g h | i"]);
}

#[test]
fn ex_4_8_separators_are_as_short_as_they_can_be() {
    looks(
        "lemon lime mango medlar nut",
        &["· n", "lemon lime mango medlar | nut"],
    );
    looks(
        "peaches plum sloe ugli perilla",
        &["· pl", "peaches perilla | plum sloe ugli"],
    );
}

/// A root that is full, over leaves of which the first one is.
const FULL: [&str; 2] = [
    "· b c d e f g h i j k l",
    "a a1 a2 a3 | b | c | d | e | f | g | h | i | j | k | l",
];

#[test]
fn ex_4_8_a_split_may_split_all_that_is_above_and_grow_a_root() {
    looks_after(
        &FULL,
        "a4",
        &[
            "· f",
            "· a3 b c d e | · g h i j k l",
            "a a1 a2 | a3 a4 | b | c | d | e | f | g | h | i | j | k | l",
        ],
    );
}

#[test]
fn ex_4_8_a_new_root_leads_to_the_old_one_and_to_what_split_from_it() {
    let tree = built(Flavour::InPlace, &["a b c d"]);
    let old = tree.pages().root().unwrap();
    let mut writer = Writer::new(tree.pages().begin().unwrap(), PAGE_BYTES);
    writer.walk_to(b"e").unwrap();
    let right = 99_u64.to_le_bytes();
    writer.grow(&child_cell(b"e", &right)).unwrap();
    let root = writer.group.root().unwrap();
    writer.group.load(root).unwrap();
    let page = Slotted::new(writer.group.bytes()).unwrap();
    let left = old.0.to_le_bytes();
    let expected = [child_cell(b"", &left), child_cell(b"e", &right)];
    assert_eq!(
        (page.level(), page.cells().unwrap()),
        (1, expected.to_vec())
    );
}

#[test]
fn ex_4_8_a_tree_does_not_grow_beyond_the_highest_level() {
    let tree = built(Flavour::InPlace, &["a"]);
    let page = tree.pages().root().unwrap();
    let mut writer = Writer::new(tree.pages().begin().unwrap(), PAGE_BYTES);
    let (level, slot, count) = (u8::MAX, 0, 1);
    writer.path.push(Step {
        page,
        level,
        slot,
        count,
    });
    let grown = writer.grow(&child_cell(b"m", &[9; 8]));
    let Err(Error::Corrupt { offset, .. }) = grown else {
        panic!("it has grown: {grown:?}");
    };
    assert_eq!(offset, page.0);
    assert_eq!(writer.group.root(), Some(page), "the root is as it was");
}

/// A walk that came to a leaf serves the next keys as well that belong there.
#[test]
fn ex_4_8_changes_in_the_order_of_their_keys_walk_once_to_each_leaf() {
    for flavour in FLAVOURS {
        let tree = built(flavour, &["· m", "a d | m n"]);
        let value = [b'v'; LEN];
        let batch = ["b", "c", "o", "p"].map(|key| Write::put(key, &value));
        let loaded = tree.pages().loaded_by(|| tree.write(&batch).unwrap());
        // The leaf where it stands is looked at for each key but the first.
        assert_eq!(loaded, 2 * 2 + 3, "{flavour:?}");
        assert_eq!(drawn(&tree), ["· m", "a b c d | m n o p"]);
    }
}

#[test]
fn ex_4_8_where_there_is_no_room_for_a_page_nothing_changes() {
    for flavour in FLAVOURS {
        for room in 0..6 {
            let mut both = Both::new(flavour, PAGE_BYTES);
            changed(&mut both, "a b c d e f g h i");
            let before: Vec<PageId> = both.tree.pages().numbers().into_iter().collect();
            both.tree.pages().leave_room(room);
            let value = [b'v'; LEN];
            // Two leaves are split.
            let batch = ["b1", "f1"].map(|key| Write::put(key, &value));
            match both.tree.write(&batch) {
                Ok(()) => continue,
                Err(Error::NoSpace { .. }) => {}
                Err(error) => panic!("with room for {room} pages: {error:?}"),
            }
            both.same();
            let after: Vec<PageId> = both.tree.pages().numbers().into_iter().collect();
            assert_eq!(after, before);
        }
    }
}

/// How full the leaves are after so many entries of 16 and 100 bytes.
fn fill_after(numbers: impl Iterator<Item = u32>) -> f64 {
    let tree = tree(Flavour::InPlace, 4096);
    let keys: Vec<String> = numbers.map(|number| format!("{number:016}")).collect();
    let value = [b'v'; 100];
    for batch in keys.chunks(1000) {
        let batch: Vec<Write<'_>> = batch.iter().map(|key| Write::put(key, &value)).collect();
        tree.write(&batch).unwrap();
    }
    let checked = tree.check().unwrap();
    assert_eq!(checked.entries, keys.len());
    assert_eq!(checked.pages, tree.pages().numbers());
    checked.fill()
}

#[test]
fn ex_4_8_a_load_in_the_order_of_the_keys_fills_leaves_to_more_than_nine_tenths() {
    let fill = fill_after(0..many(20_000));
    assert!(fill > 0.9, "{fill}");
}

#[test]
fn ex_4_8_a_load_in_random_order_fills_leaves_to_about_ln_2() {
    // A page that is halved when it is full and then grows is, seen at any
    // moment, ln 2 = 0.693 full.
    let count: u32 = if cfg!(miri) { 5_000 } else { 20_000 };
    let random = (0..count).map(|number| {
        let mut hash = number.wrapping_mul(0x85eb_ca6b);
        hash ^= hash >> 13;
        hash = hash.wrapping_mul(0xc2b2_ae35);
        hash ^ hash >> 16
    });
    let fill = fill_after(random);
    assert!((0.66..0.73).contains(&fill), "{fill}");
}

#[test]
fn ex_4_8_a_tree_grows_by_a_level_at_a_time() {
    for flavour in FLAVOURS {
        let mut both = Both::new(flavour, PAGE_BYTES);
        let mut levels = 0;
        for number in 0..if cfg!(miri) { 70 } else { 200 } {
            changed(&mut both, &format!("{:03}", number * 77 % 200));
            let now = drawn(&both.tree).len();
            assert!(now - levels <= 1, "{number}");
            levels = now;
        }
        assert!(levels >= 3, "{levels} levels");
    }
}

proptest! {
    #[test]
    fn ex_4_8_a_tree_holds_what_was_put_into_it_in_whatever_order(
        keys in prop::collection::hash_set(short_key(), 1..120),
        batch in 1..30_usize,
        len in short_len(),
        page_bytes in 256..600_usize,
    ) {
        let puts: Vec<Change> = keys.into_iter().map(|key| Change::Put(key, len)).collect();
        for flavour in FLAVOURS {
            let mut both = Both::new(flavour, page_bytes);
            for batch in puts.chunks(batch) {
                both.write(batch);
                both.same();
            }
        }
    }
}
