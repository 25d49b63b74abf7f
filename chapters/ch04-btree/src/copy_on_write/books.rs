//! The store's books: where each page is.

use std::collections::BTreeSet;

use engine::Result;
use engine::page::PageId;

use super::{CopyOnWrite, Reader, Writer};
use crate::meta::META_PAGES;

impl CopyOnWrite {
    /// Proves that every page is accounted for exactly once: as one that
    /// `reachable` finds, which are all pages that the root leads to, or as one of
    /// the free list, or as one that the list stands on. Nobody commits meanwhile.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](engine::Error::Corrupt) at the first page that is not;
    /// what `reachable` and reading the list can answer.
    pub fn check_books(
        &self,
        reachable: impl FnOnce(&mut Reader<'_>) -> Result<BTreeSet<PageId>>,
    ) -> Result<()> {
        let writer = self.writer.lock();
        let reachable = reachable(&mut Reader::new(self))?;
        let mut free = self.listed(&writer)?;
        free.sort_unstable();
        let wrong = |page, what| Err(self.file.corrupt(PageId(page), what));
        let pages = u64::from(writer.pages);
        let mut free = free.into_iter().map(u64::from).peekable();
        for page in u64::from(META_PAGES)..pages {
            let is_free = free.next_if_eq(&page).is_some();
            match (is_free, reachable.contains(&PageId(page))) {
                (true, true) => return wrong(page, "the page is free, and the root leads to it"),
                (false, false) => return wrong(page, "nothing leads to the page"),
                _ => {}
            }
            if free.next_if_eq(&page).is_some() {
                return wrong(page, "the page is free twice");
            }
        }
        let beyond = reachable.range(PageId(pages)..).next().copied();
        match free.next().map(PageId).or(beyond) {
            Some(PageId(page)) => wrong(page, "there is no such page"),
            None => Ok(()),
        }
    }

    /// The numbers of all pages that are free, or that the list of these stands
    /// on.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](engine::Error::Corrupt) and
    /// [`Error::Io`](engine::Error::Io).
    pub fn free_pages(&self) -> Result<Vec<u32>> {
        self.listed(&self.writer.lock())
    }

    /// Who would pin pages, if these commits were durable, captured, and writing.
    #[cfg(test)]
    pub(crate) fn who_pins(&self, durable: [u64; 2], captured: u64, writing: &[u64]) -> Vec<u64> {
        let mut writer = self.writer.lock();
        (writer.durable, writer.captured) = (durable, captured);
        writer.writing = writing.to_vec();
        self.ask_who_pins(&mut writer);
        writer.pins.clone()
    }

    /// What was freed since somebody asked who pins it.
    #[cfg(test)]
    pub(crate) fn freed(&self) -> Vec<crate::free_list::Freed> {
        self.writer.lock().free.fresh().to_vec()
    }

    fn listed(&self, writer: &Writer) -> Result<Vec<u32>> {
        let mut pages = writer.free.in_memory();
        pages.extend(writer.free.listed_on());
        let mut next = writer.free.next();
        while next != 0 {
            let (page, _) = self.read_list(next, writer)?;
            pages.push(page.number);
            pages.extend(&page.numbers);
            if pages.len() > writer.pages as usize {
                let id = PageId(u64::from(next));
                return Err(self.file.corrupt(id, "the free list does not end"));
            }
            next = page.next;
        }
        Ok(pages)
    }
}
