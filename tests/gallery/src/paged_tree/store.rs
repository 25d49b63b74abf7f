//! What there is of an engine that is open: the file, and what it does not have
//! yet.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::disk::File;
use engine::sync::{Mutex, RwLock};
use engine::{Counter, Counters, Durability, Error, Result};

use super::FILE;
use super::commit::Writer;
use super::page::{PAGE_BYTES, Page};
use super::readers::{Pins, Reader, View};
use super::steps::Steps;
use super::tree::{find, gather};

/// What the steps are taken with. Its locks are taken in this order.
pub(crate) struct Store {
    pub(crate) writer: Mutex<Writer>,
    /// The commits that readers see.
    pub(crate) pins: Mutex<Pins>,
    /// What a reader sees who begins now.
    pub(crate) present: RwLock<View>,
    /// Pages that the file does not have yet.
    pub(crate) unwritten: RwLock<BTreeMap<u32, Arc<Page>>>,
    /// What poisoned the engine, as it answers from then on.
    pub(crate) poison: Mutex<Option<Error>>,
    pub(crate) file: Box<dyn File>,
    pub(crate) steps: &'static dyn Steps,
    pub(crate) durability: Durability,
    pub(crate) counters: Arc<Counters>,
}

impl Store {
    /// Answers [`Error::Poisoned`] where the engine is.
    pub(crate) fn check_poison(&self) -> Result<()> {
        self.poison.lock().clone().map_or(Ok(()), Err)
    }

    /// Remembers what poisons the engine, if `result` says so.
    pub(crate) fn noted<T>(&self, result: Result<T>) -> Result<T> {
        if let Err(error @ Error::Poisoned { .. }) = &result {
            self.poison.lock().get_or_insert(error.clone());
        }
        result
    }

    /// A page that somebody sees, from memory or from the file.
    pub(crate) fn load(&self, number: u32) -> Result<Arc<Page>> {
        self.counters.add(Counter::PagesTouched, 1);
        if let Some(page) = self.unwritten.read().get(&number) {
            return Ok(Arc::clone(page));
        }
        let mut bytes = [0; PAGE_BYTES];
        self.file.read_exact_at(offset_of(number), &mut bytes)?;
        if !self.steps.is_page(&bytes, number) {
            return Err(corrupt(number, "the checksum does not match"));
        }
        let page = Page::decode(&bytes);
        page.map(Arc::new)
            .ok_or_else(|| corrupt(number, "the page makes no sense"))
    }

    /// Looks a key up in what a reader sees.
    pub(crate) fn get_into(
        &self,
        reader: &Reader<'_>,
        key: &[u8],
        value: &mut Vec<u8>,
    ) -> Result<bool> {
        self.counters.add(Counter::Gets, 1);
        value.clear();
        let Some(found) = find(self.steps, reader, key)? else {
            return Ok(false);
        };
        *value = gather(reader, &found)?;
        Ok(true)
    }
}

/// Where a page begins in the file.
pub(crate) fn offset_of(number: u32) -> u64 {
    u64::from(number) * PAGE_BYTES as u64
}

/// The error for a page that is damaged.
pub(crate) fn corrupt(number: u32, what: &str) -> Error {
    Error::corrupt(FILE, offset_of(number), what)
}
