//! Changes that are refused leave no trace.

use engine::{Error, Write};
use proptest::prelude::*;

use super::pages::FLAVOURS;
use super::trees::{Both, Change, PAGE_BYTES, change, get, key, value_len};
use crate::node::{BATCH_BYTES_MAX, VALUE_BYTES_MAX, limits};

proptest! {
    #[test]
    fn a_batch_that_finds_no_room_changes_nothing(
        puts in prop::collection::btree_map(key(), value_len(), 1..60),
        batch in prop::collection::vec(change(), 1..20),
        room in 0..12_usize,
    ) {
        let puts: Vec<Change> = puts.iter().map(|(key, len)| Change::Put(key.clone(), *len)).collect();
        for flavour in FLAVOURS {
            let mut both = Both::new(flavour, PAGE_BYTES);
            both.write(&puts);
            both.tree.pages().leave_room(room);
            let before = both.tree.pages().numbers();
            let value = [b'x'; 200];
            let writes: Vec<Write<'_>> = batch.iter().map(|change| match change {
                Change::Put(key, len) => Write::put(key, &value[..*len % 200]),
                Change::Delete(key) => Write::delete(key),
            }).collect();
            match both.tree.write(&writes) {
                Ok(()) => {}
                Err(Error::NoSpace { .. }) => {
                    prop_assert_eq!(both.tree.pages().numbers(), before);
                    both.same();
                }
                Err(error) => return Err(TestCaseError::fail(error.to_string())),
            }
        }
    }
}

#[test]
fn the_longest_key_and_value_are_taken_and_longer_ones_are_not() {
    for flavour in FLAVOURS {
        let mut both = Both::new(flavour, PAGE_BYTES);
        let limits = both.tree.limits();
        let longest = "k".repeat(limits.key_bytes_max);
        for number in 0..20 {
            let mut key = longest.clone();
            key.replace_range(..2, &format!("{number:02}"));
            both.write(&[Change::Put(key.clone(), number * 3), Change::Put(key, 400)]);
            both.same();
        }
        let longer = format!("{longest}k");
        let refused = both
            .tree
            .write(&[Write::delete("00"), Write::put(&longer, "")]);
        assert!(matches!(refused, Err(Error::TooLarge { what: "key", .. })));
        both.same();
        assert_eq!(get(&both.tree, longer.as_bytes()).unwrap(), None);
    }
}

#[test]
fn four_of_the_longest_keys_fit_a_page_of_any_size() {
    for page_bytes in [256, 300, 512, 4096, 32 << 10] {
        let limits = limits(page_bytes);
        let cell = limits.key_bytes_max + crate::node::CHAIN_BYTES;
        let cell = cell + crate::slotted::CELL_BYTES + crate::page::SLOT_BYTES;
        let room = crate::page::room(page_bytes);
        assert!((room - 3..=room).contains(&(4 * cell)), "{page_bytes}");
        assert_eq!(limits.value_bytes_max, VALUE_BYTES_MAX);
        assert_eq!(limits.batch_bytes_max, BATCH_BYTES_MAX);
    }
    assert_eq!(limits(4096).key_bytes_max, 995);
}

#[test]
#[should_panic(expected = "a tree has pages of 256 to 32768 bytes")]
fn pages_that_are_too_small_are_refused() {
    super::trees::tree(FLAVOURS[0], 255);
}
