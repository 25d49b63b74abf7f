//! The tree against a model, over both kinds of store.

use std::ops::Bound;

use engine::{KeyRange, Order};
use proptest::prelude::*;

use super::pages::FLAVOURS;
use super::trees::{Both, Change, PAGE_BYTES, change, entries, get, key, rest, value_len};

fn bound() -> impl Strategy<Value = Bound<String>> {
    prop_oneof![
        3 => key().prop_map(Bound::Included),
        3 => key().prop_map(Bound::Excluded),
        1 => Just(Bound::Unbounded),
    ]
}

fn borrowed(bound: &Bound<String>) -> Bound<&[u8]> {
    bound.as_ref().map(|key| key.as_bytes())
}

proptest! {
    #[test]
    fn a_tree_is_sound_after_every_batch_and_holds_what_the_model_does(
        batches in prop::collection::vec(prop::collection::vec(change(), 1..6), 1..60),
        page_bytes in 256..600_usize,
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
    fn a_tree_that_grew_and_shrank_to_nothing_has_no_page(
        puts in prop::collection::btree_map(key(), value_len(), 1..120),
        seed in any::<u64>(),
    ) {
        for flavour in FLAVOURS {
            let mut both = Both::new(flavour, PAGE_BYTES);
            for (key, len) in &puts {
                both.write(&[Change::Put(key.clone(), *len)]);
            }
            both.same();
            let mut keys: Vec<&String> = puts.keys().collect();
            let mut random = seed;
            while !keys.is_empty() {
                random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                let at = usize::try_from(random >> 33).unwrap() % keys.len();
                both.write(&[Change::Delete(keys.swap_remove(at).clone())]);
                both.same();
            }
            prop_assert_eq!(both.tree.pages().root(), None);
        }
    }

    #[test]
    fn a_scan_yields_what_the_model_has_between_any_bounds_both_ways(
        puts in prop::collection::btree_map(key(), value_len(), 0..120),
        ranges in prop::collection::vec((bound(), bound(), prop::collection::vec(key(), 0..4)), 1..20),
    ) {
        for flavour in FLAVOURS {
            let mut both = Both::new(flavour, PAGE_BYTES);
            let puts: Vec<Change> = puts.iter().map(|(key, len)| Change::Put(key.clone(), *len)).collect();
            both.write(&puts);
            for (start, end, seeks) in &ranges {
                let range = || KeyRange::new(borrowed(start), borrowed(end));
                let within = both.model.iter().filter(|(key, _)| range().contains(key));
                let mut expected: Vec<_> = within.map(|(key, value)| (key.clone(), value.clone())).collect();
                let found = entries(&both.tree, range(), Order::Ascending).unwrap();
                prop_assert_eq!(&found, &expected, "{:?}", range());
                let mut cursor = both.tree.scan(range(), Order::Ascending).unwrap();
                for key in seeks {
                    cursor.seek(key.as_bytes()).unwrap();
                    let first = cursor.entry().map(|(key, _)| key.to_vec());
                    let behind = expected.iter().find(|(entry, _)| entry.as_slice() >= key.as_bytes());
                    prop_assert_eq!(first, behind.map(|(key, _)| key.clone()));
                }
                expected.reverse();
                let found = entries(&both.tree, range(), Order::Descending).unwrap();
                prop_assert_eq!(&found, &expected, "{:?}, descending", range());
                let mut cursor = both.tree.scan(range(), Order::Descending).unwrap();
                for key in seeks {
                    cursor.seek(key.as_bytes()).unwrap();
                    let at = expected.iter().position(|(entry, _)| entry.as_slice() <= key.as_bytes());
                    let behind = at.map_or(&[][..], |at| &expected[at..]);
                    prop_assert_eq!(&rest(&mut *cursor).unwrap()[..], behind);
                }
            }
        }
    }
}
