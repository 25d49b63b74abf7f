//! Readers that are held, and what they saw at first.

use std::collections::BTreeSet;

use engine::page::{PageId, PageStore};

use super::store::array::{numbers, reachable};
use crate::copy_on_write::{CopyOnWrite, Reader};

/// A reader, with what it saw at first.
pub(super) struct Held<'s> {
    pub(super) reader: Reader<'s>,
    pub(super) numbers: Vec<u32>,
    pub(super) pages: BTreeSet<PageId>,
}

impl<'s> Held<'s> {
    pub(super) fn new(store: &'s CopyOnWrite) -> Self {
        let mut reader = store.read().unwrap();
        Held {
            numbers: numbers(&mut reader).unwrap(),
            pages: reachable(store).unwrap(),
            reader,
        }
    }

    #[track_caller]
    pub(super) fn sees_the_same(&mut self) {
        assert_eq!(numbers(&mut self.reader).as_ref(), Ok(&self.numbers));
    }
}
