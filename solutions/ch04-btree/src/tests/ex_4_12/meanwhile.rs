//! What a cursor yields, and what a get finds, while others write.

use engine::{Cursor, KeyRange, Order};
use proptest::prelude::*;

use crate::tests::pages::{FLAVOURS, Flavour};
use crate::tests::trees::{Both, Change, PAGE_BYTES, change, get, key, rest, value, value_len};

type Entries = Vec<(Vec<u8>, Vec<u8>)>;

/// All that a cursor yields, where a batch is written after each entry; and
/// which states of the model there were.
fn interleaved(both: &mut Both, order: Order, batches: &[Vec<Change>]) -> (Entries, Vec<Entries>) {
    let state = |both: &Both| both.model.clone().into_iter().collect::<Entries>();
    let mut states = vec![state(both)];
    let mut yielded = Vec::new();
    // The batches need `both`, the cursor only its tree.
    let mut model = std::mem::take(&mut both.model);
    {
        let tree = &both.tree;
        let mut cursor = tree.scan(KeyRange::all(), order).unwrap();
        let mut batches = batches.iter();
        while let Some((key, value)) = cursor.entry() {
            yielded.push((key.to_vec(), value.to_vec()));
            if let Some(batch) = batches.next() {
                write(tree, &mut model, batch);
                states.push(model.clone().into_iter().collect());
                let entry = cursor
                    .entry()
                    .map(|(key, value)| (key.to_vec(), value.to_vec()));
                assert_eq!(entry.as_ref(), yielded.last(), "what is lent stays");
            }
            cursor.advance().unwrap();
        }
        assert_eq!(cursor.entry(), None);
    }
    both.model = model;
    (yielded, states)
}

fn write(
    tree: &crate::BTree<crate::tests::pages::TestPages>,
    model: &mut crate::tests::trees::Model,
    batch: &[Change],
) {
    for change in batch {
        match change {
            Change::Put(key, len) => {
                let value = value(key, *len);
                tree.write(&[engine::Write::put(key, &value)]).unwrap();
                model.insert(key.clone().into_bytes(), value);
            }
            Change::Delete(key) => {
                tree.write(&[engine::Write::delete(key)]).unwrap();
                model.remove(key.as_bytes());
            }
        }
    }
}

proptest! {
    #[test]
    fn ex_4_12_a_cursor_goes_on_while_pages_change_under_it(
        puts in prop::collection::btree_map(key(), value_len(), 1..80),
        batches in prop::collection::vec(prop::collection::vec(change(), 1..4), 1..40),
        descending in any::<bool>(),
    ) {
        let order = if descending { Order::Descending } else { Order::Ascending };
        let puts: Vec<Change> = puts.iter().map(|(key, len)| Change::Put(key.clone(), *len)).collect();
        for flavour in FLAVOURS {
            let mut both = Both::new(flavour, PAGE_BYTES);
            both.write(&puts);
            let (mut yielded, states) = interleaved(&mut both, order, &batches);
            both.same();
            if descending {
                yielded.reverse();
            }
            if flavour == Flavour::CopyOnWrite {
                prop_assert_eq!(&yielded, &states[0], "it shows the moment at which it was opened");
                continue;
            }
            prop_assert!(yielded.is_sorted_by(|one, other| one.0 < other.0), "{:?}", yielded);
            for entry in &yielded {
                prop_assert!(states.iter().any(|state| state.contains(entry)), "{:?}", entry);
            }
            let lasting = states[0].iter().filter(|entry| states.iter().all(|state| state.contains(entry)));
            for entry in lasting {
                prop_assert!(yielded.contains(entry), "{:?} is missing", entry);
            }
        }
    }
}
