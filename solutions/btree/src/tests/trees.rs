//! A tree beside a model of what it should hold.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use engine::{Counters, Cursor, KeyRange, Order, Result, Write};
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
        let model: Vec<_> = self.model.clone().into_iter().collect();
        let ascending = entries(&self.tree, KeyRange::all(), Order::Ascending).unwrap();
        assert_eq!(ascending, model);
    }
}

/// Keys that often begin alike, and are often the same.
pub(super) fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => "[ab]{0,5}",
        3 => "same/start/[a-d]{1,3}",
        1 => "[a-c]{30,35}",
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
