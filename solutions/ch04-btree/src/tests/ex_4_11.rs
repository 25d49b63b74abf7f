use engine::{Error, Write};
use proptest::prelude::*;

use super::drawn::{LEN, changed, drawn, looks, looks_after};
use super::pages::{FLAVOURS, Flavour};
use super::trees::{Both, Change, PAGE_BYTES, get, short_change, short_key, short_len};

#[test]
fn ex_4_11_a_page_with_little_borrows_where_there_is_no_room_for_both() {
    looks("a b d e c f b-", &["· d", "a c | d e f"]);
    looks("a b c d e f f-", &["· c", "a b | c d e"]);
    looks("a b c d e f g h i i- c- d- b-", &["· f", "a e | f g h"]);
}

#[test]
fn ex_4_11_the_separator_is_another_one_and_as_short_as_it_can_be() {
    looks_after(
        &["· l", "a b | lemon lime mango medlar"],
        "a-",
        &["· m", "b lemon lime | mango medlar"],
    );
}

/// The page above has a child that is alone, and its neighbour has all that there
/// is room for.
const WIDE: [&str; 3] = [
    "· m",
    "· d | · n o p q r s t u v w x",
    "a b | d e | m | n | o | p | q | r | s | t | u | v | w | x",
];

#[test]
fn ex_4_11_above_the_leaves_a_separator_comes_down_and_another_one_goes_up() {
    looks_after(
        &WIDE,
        "b-",
        &[
            "· s",
            "· m n o p q r | · t u v w x",
            "a d e | m | n | o | p | q | r | s | t | u | v | w | x",
        ],
    );
}

#[test]
fn ex_4_11_nothing_above_a_page_that_has_borrowed_is_joined() {
    let narrow = ["· m", "· d | · s", "a b | d e f g | m n | s t"];
    looks_after(
        &narrow,
        "b-",
        &["· m", "· e | · s", "a d | e f g | m n | s t"],
    );
}

#[test]
fn ex_4_11_a_longer_separator_may_split_the_parent() {
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
        let levels = drawn(&both.tree);
        assert_eq!(levels[0], "· b c d e f g h i j k l");
        changed(&mut both, "a4- a3- a2-");
        let levels = drawn(&both.tree);
        assert_eq!(levels.len(), 3, "{levels:?}");
        let separator = format!("{}2", "b".repeat(21));
        assert!(
            levels[1].starts_with(&format!("· {separator} c")),
            "{levels:?}"
        );
    }
}

#[test]
fn ex_4_11_a_tree_loses_a_level_at_a_time() {
    for flavour in FLAVOURS {
        let mut both = Both::new(flavour, PAGE_BYTES);
        let key = |number: u32| format!("{number:03}");
        let count = if cfg!(miri) { 70 } else { 200 };
        let puts: Vec<Change> = (0..count).map(|n| Change::Put(key(n), LEN)).collect();
        both.write(&puts);
        let mut levels = drawn(&both.tree).len();
        assert!(levels >= 3, "{levels} levels");
        for number in 0..count {
            changed(&mut both, &format!("{}-", key(number)));
            let now = drawn(&both.tree).len();
            assert!(levels - now <= 1);
            levels = now;
        }
        assert_eq!(levels, 0);
    }
}

/// Numbers in an order without order, each once.
fn shuffled(count: u32) -> impl Iterator<Item = u32> {
    // An odd factor passes through all numbers modulo a power of two.
    assert!(count.is_power_of_two());
    (0..count).map(move |number| number.wrapping_mul(0x9e37_79b1) % count)
}

#[test]
fn ex_4_11_where_most_entries_are_deleted_most_pages_are_given_back() {
    let mut both = Both::new(Flavour::CopyOnWrite, PAGE_BYTES);
    let key = |number: u32| format!("{number:05}");
    let count = if cfg!(miri) { 512 } else { 2048 };
    let puts: Vec<Change> = (0..count).map(|n| Change::Put(key(n), 8)).collect();
    both.write(&puts);
    let before = both.tree.check().unwrap();
    for number in shuffled(count).filter(|number| number % 32 != 0) {
        both.write(&[Change::Delete(key(number))]);
    }
    both.same();
    let after = both.tree.check().unwrap();
    assert!(after.levels < before.levels);
    assert!(after.leaves * 8 < before.leaves, "{after:?} of {before:?}");
    assert!(after.fill() > 0.25, "{}", after.fill());
}

proptest! {
    #[test]
    fn ex_4_11_a_tree_is_sound_after_every_batch_and_holds_what_the_model_does(
        batches in prop::collection::vec(prop::collection::vec(short_change(), 1..6), 1..60),
        page_bytes in 256..300_usize,
    ) {
        for flavour in FLAVOURS {
            let mut both = Both::new(flavour, page_bytes);
            for batch in &batches {
                both.write(batch);
                both.same();
                for change in batch {
                    let (Change::Put(key, _) | Change::Delete(key)) = change;
                    let expected = both.model.get(key.as_bytes()).cloned();
                    prop_assert_eq!(get(&both.tree, key.as_bytes()).unwrap(), expected);
                }
            }
        }
    }

    #[test]
    fn ex_4_11_a_tree_that_grew_and_shrank_to_nothing_has_no_page(
        puts in prop::collection::btree_map(short_key(), short_len(), 1..120),
        seed in any::<u64>(),
    ) {
        for flavour in FLAVOURS {
            let mut both = Both::new(flavour, PAGE_BYTES);
            for (key, len) in &puts {
                both.write(&[Change::Put(key.clone(), *len)]);
            }
            both.same();
            both.delete_all(seed);
        }
    }

    #[test]
    fn ex_4_11_a_batch_that_finds_no_room_changes_nothing(
        puts in prop::collection::btree_map(short_key(), short_len(), 1..60),
        batch in prop::collection::vec(short_change(), 1..20),
        room in 0..12_usize,
    ) {
        for flavour in FLAVOURS {
            // Some of those that are drawn borrow. This one always does.
            let mut borrowing = Both::new(flavour, PAGE_BYTES);
            changed(&mut borrowing, "a b d e c f");
            borrowing.refuses_whole(&[Change::Delete("b".to_owned())], room)?;
            Both::with(flavour, &puts).refuses_whole(&batch, room)?;
        }
    }

    #[test]
    fn ex_4_11_no_leaf_but_the_last_has_less_than_a_quarter_where_entries_are_small(
        changes in prop::collection::vec(("[ab]{1,8}", prop::bool::weighted(0.6)), 1..300),
    ) {
        for flavour in FLAVOURS {
            // Not all that is drawn borrows.
            looks("a b d e c f b-", &["· d", "a c | d e f"]);
            let mut both = Both::new(flavour, PAGE_BYTES);
            for (key, puts) in &changes {
                both.write(&[match puts {
                    true => Change::Put(key.clone(), 4),
                    false => Change::Delete(key.clone()),
                }]);
            }
            both.same();
            let checked = both.tree.check().unwrap();
            let quarters = (checked.leaves.saturating_sub(1)) * (PAGE_BYTES - 26) / 4;
            prop_assert!(checked.leaf_bytes >= quarters, "{:?}", checked);
        }
    }
}

#[test]
fn ex_4_11_where_there_is_no_room_for_what_is_shared_nothing_changes() {
    let mut both = Both::new(Flavour::CopyOnWrite, PAGE_BYTES);
    changed(&mut both, "a b d e c f");
    // The leaf, its neighbour and the root are copied.
    both.tree.pages().leave_room(2);
    let refused = both.tree.write(&[Write::delete("b")]);
    assert!(matches!(refused, Err(Error::NoSpace { .. })), "{refused:?}");
    both.same();
    both.tree.pages().leave_room(3);
    changed(&mut both, "b-");
    assert_eq!(drawn(&both.tree), ["· d", "a c | d e f"]);
}
