//! A tree beside a model of what it should hold.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;
use std::sync::Arc;

use engine::{Counters, Cursor, Error, KeyRange, Order, Result, Write};
use proptest::prelude::*;

use super::pages::{Flavour, TestPages};
use crate::BTree;

pub(super) type Model = BTreeMap<Vec<u8>, Vec<u8>>;

/// The size of a page in most tests: entries of a few bytes fill it.
pub(super) const PAGE_BYTES: usize = 256;

pub(super) fn tree(flavour: Flavour, page_bytes: usize) -> BTree<TestPages> {
    let pages = TestPages::new(flavour, page_bytes);
    BTree::new(pages, Arc::new(Counters::new()))
}

pub(super) fn get(tree: &BTree<TestPages>, key: &[u8]) -> Result<Option<Vec<u8>>> {
    let mut value = b"what was there before".to_vec();
    let found = tree.get_into(key, &mut value)?;
    assert!(found || value.is_empty(), "what is absent has no value");
    Ok(found.then_some(value))
}

/// All entries from where a cursor stands.
pub(super) fn rest(cursor: &mut dyn Cursor) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut rest = Vec::new();
    while let Some((key, value)) = cursor.entry() {
        rest.push((key.to_vec(), value.to_vec()));
        cursor.advance()?;
    }
    Ok(rest)
}

pub(super) fn entries(
    tree: &BTree<TestPages>,
    range: KeyRange<'_>,
    order: Order,
) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
    rest(&mut *tree.scan(range, order)?)
}

/// One change, shown as a line.
#[derive(Clone)]
pub(super) enum Change {
    /// A key, and how long its value is.
    Put(String, usize),
    Delete(String),
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Put(key, len) => write!(f, "put {key:?} with {len} bytes"),
            Change::Delete(key) => write!(f, "delete {key:?}"),
        }
    }
}

/// The value of so many bytes that is stored under a key.
pub(super) fn value(key: &str, len: usize) -> Vec<u8> {
    key.bytes()
        .chain(*b"=")
        .cycle()
        .zip(0..len)
        .map(|(byte, _)| byte)
        .collect()
}

/// A tree and its model.
#[derive(Debug)]
pub(super) struct Both {
    pub(super) tree: BTree<TestPages>,
    pub(super) model: Model,
}

impl Both {
    pub(super) fn new(flavour: Flavour, page_bytes: usize) -> Self {
        Both {
            tree: tree(flavour, page_bytes),
            model: Model::new(),
        }
    }

    /// Both with these keys, and values of these lengths.
    pub(super) fn with(flavour: Flavour, puts: &BTreeMap<String, usize>) -> Self {
        let mut both = Both::new(flavour, PAGE_BYTES);
        let put = |(key, len): (&String, &usize)| Change::Put(key.clone(), *len);
        both.write(&puts.iter().map(put).collect::<Vec<_>>());
        both
    }

    /// Deletes all keys, one by one and in any order. Nothing is left then.
    pub(super) fn delete_all(&mut self, seed: u64) {
        let mut keys: Vec<Vec<u8>> = self.model.keys().cloned().collect();
        let mut random = seed;
        while !keys.is_empty() {
            random = random
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            let at = usize::try_from(random >> 33).unwrap() % keys.len();
            let key = String::from_utf8(keys.swap_remove(at)).unwrap();
            self.write(&[Change::Delete(key)]);
            self.same();
        }
        assert_eq!(self.tree.pages().root(), None);
    }

    /// Whether a batch for which there may be too little room is written whole, or
    /// leaves no trace.
    pub(super) fn refuses_whole(
        &mut self,
        batch: &[Change],
        room: usize,
    ) -> std::result::Result<(), TestCaseError> {
        self.tree.pages().leave_room(room);
        let before = self.tree.pages().numbers();
        let value = [b'x'; 200];
        let writes: Vec<Write<'_>> = batch
            .iter()
            .map(|change| match change {
                Change::Put(key, len) => Write::put(key, &value[..*len % 200]),
                Change::Delete(key) => Write::delete(key),
            })
            .collect();
        match self.tree.write(&writes) {
            Ok(()) => {}
            Err(Error::NoSpace { .. }) => {
                prop_assert_eq!(self.tree.pages().numbers(), before);
                self.same();
            }
            Err(error) => return Err(TestCaseError::fail(error.to_string())),
        }
        Ok(())
    }

    /// Makes a batch of changes on both.
    pub(super) fn write(&mut self, batch: &[Change]) {
        let value_of = |change: &Change| match change {
            Change::Put(key, len) => value(key, *len),
            Change::Delete(_) => Vec::new(),
        };
        let values: Vec<Vec<u8>> = batch.iter().map(value_of).collect();
        let mut writes = Vec::new();
        for (change, value) in batch.iter().zip(&values) {
            match change {
                Change::Put(key, _) => {
                    writes.push(Write::put(key, value));
                    self.model.insert(key.clone().into_bytes(), value.clone());
                }
                Change::Delete(key) => {
                    writes.push(Write::delete(key));
                    self.model.remove(key.as_bytes());
                }
            }
        }
        self.tree.write(&writes).unwrap();
    }

    /// Panics where the tree is not sound, is not all that the store has, or
    /// does not hold what the model does.
    #[track_caller]
    pub(super) fn same(&self) {
        let checked = self.tree.check().unwrap();
        assert_eq!(checked.entries, self.model.len());
        let numbers = self.tree.pages().numbers();
        assert_eq!(checked.pages, numbers, "pages reached, and pages there");
        for (key, value) in &self.model {
            let found = get(&self.tree, key).unwrap();
            assert_eq!(found.as_ref(), Some(value), "{}", key.escape_ascii());
        }
    }

    /// Whether scans between these bounds, both ways, and seeks in them yield what
    /// the model holds.
    pub(super) fn scans_as_the_model(
        &self,
        start: Bound<&[u8]>,
        end: Bound<&[u8]>,
        seeks: &[String],
    ) -> std::result::Result<(), TestCaseError> {
        let range = || KeyRange::new(start, end);
        let within = self.model.iter().filter(|(key, _)| range().contains(key));
        let within = within.map(|(key, value)| (key.clone(), value.clone()));
        let mut expected: Vec<_> = within.collect();
        let found = entries(&self.tree, range(), Order::Ascending).unwrap();
        prop_assert_eq!(&found, &expected, "{:?}", range());
        let mut cursor = self.tree.scan(range(), Order::Ascending).unwrap();
        for key in seeks {
            cursor.seek(key.as_bytes()).unwrap();
            let first = cursor.entry().map(|(key, _)| key.to_vec());
            let behind = expected
                .iter()
                .find(|(entry, _)| entry.as_slice() >= key.as_bytes());
            prop_assert_eq!(first, behind.map(|(key, _)| key.clone()));
        }
        expected.reverse();
        let found = entries(&self.tree, range(), Order::Descending).unwrap();
        prop_assert_eq!(&found, &expected, "{:?}, descending", range());
        let mut cursor = self.tree.scan(range(), Order::Descending).unwrap();
        for key in seeks {
            cursor.seek(key.as_bytes()).unwrap();
            let at = expected
                .iter()
                .position(|(entry, _)| entry.as_slice() <= key.as_bytes());
            let behind = at.map_or(&[][..], |at| &expected[at..]);
            prop_assert_eq!(&rest(&mut *cursor).unwrap()[..], behind);
        }
        Ok(())
    }

    /// Panics where a scan of all does not yield what the model holds.
    #[track_caller]
    pub(super) fn scans_the_same(&self) {
        let mut model: Vec<_> = self.model.clone().into_iter().collect();
        let ascending = entries(&self.tree, KeyRange::all(), Order::Ascending).unwrap();
        assert_eq!(ascending, model);
        model.reverse();
        let descending = entries(&self.tree, KeyRange::all(), Order::Descending).unwrap();
        assert_eq!(descending, model);
    }
}

/// An end of a range.
pub(super) fn bound(
    key: impl Strategy<Value = String> + Clone,
) -> impl Strategy<Value = Bound<String>> {
    prop_oneof![
        3 => key.clone().prop_map(Bound::Included),
        3 => key.prop_map(Bound::Excluded),
        1 => Just(Bound::Unbounded),
    ]
}

pub(super) fn borrowed(bound: &Bound<String>) -> Bound<&[u8]> {
    bound.as_ref().map(|key| key.as_bytes())
}

/// Keys that often begin alike, and are often the same.
pub(super) fn key() -> impl Strategy<Value = String> + Clone {
    prop_oneof![
        8 => "[ab]{0,5}",
        3 => "same/start/[a-d]{1,3}",
        1 => "[a-c]{30,35}",
    ]
}

/// As [`key`], but so short that a leaf has room for it and its value.
pub(super) fn short_key() -> impl Strategy<Value = String> + Clone {
    prop_oneof![3 => "[ab]{0,5}", 1 => "same/start/[a-d]{1,3}"]
}

/// Values that stand in a leaf, whatever short key they stand with.
pub(super) fn short_len() -> impl Strategy<Value = usize> {
    0..30_usize
}

/// A change with a short key and a short value.
pub(super) fn short_change() -> impl Strategy<Value = Change> {
    prop_oneof![
        3 => (short_key(), short_len()).prop_map(|(key, len)| Change::Put(key, len)),
        2 => short_key().prop_map(Change::Delete),
    ]
}

/// Mostly short values, and some of several pages.
pub(super) fn value_len() -> impl Strategy<Value = usize> {
    prop_oneof![6 => 0..20_usize, 3 => 20..60_usize, 1 => 60..900_usize]
}

pub(super) fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        3 => (key(), value_len()).prop_map(|(key, len)| Change::Put(key, len)),
        2 => key().prop_map(Change::Delete),
    ]
}
