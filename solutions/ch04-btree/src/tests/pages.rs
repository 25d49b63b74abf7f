//! A store of pages in memory, for tests, which believes nothing of the tree.
//!
//! It copies on write, or it changes pages in place. Either way a group works
//! on pages of its own until it is committed, numbers of freed pages are used
//! again soon, and what a group lends first is not the current page any more.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use engine::page::{PageGroup, PageId, PageRead, PageStore, STORE_BYTES};
use engine::sync::atomic::{AtomicUsize, Ordering};
use engine::sync::{Mutex, MutexGuard};
use engine::{Error, Result};

/// How a store changes pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flavour {
    /// Each group that changes a page gives it another number.
    CopyOnWrite,
    /// A page keeps its number.
    InPlace,
}

pub(super) const FLAVOURS: [Flavour; 2] = [Flavour::CopyOnWrite, Flavour::InPlace];

type Pages = BTreeMap<PageId, Arc<Vec<u8>>>;

/// What readers find.
#[derive(Debug, Clone, Default)]
struct State {
    pages: Arc<Pages>,
    root: Option<PageId>,
    groups: u64,
}

/// A store of pages in memory.
#[derive(Debug)]
pub(super) struct TestPages {
    flavour: Flavour,
    page_bytes: usize,
    state: Mutex<State>,
    /// How many more pages may be allocated.
    room: Mutex<usize>,
    writer: Mutex<()>,
    /// How many pages were loaded.
    loaded: AtomicUsize,
    /// How many pages were lent to be changed.
    lent: AtomicUsize,
}

impl TestPages {
    pub(super) fn new(flavour: Flavour, page_bytes: usize) -> Self {
        TestPages {
            flavour,
            page_bytes,
            state: Mutex::default(),
            room: Mutex::new(usize::MAX),
            writer: Mutex::default(),
            loaded: AtomicUsize::new(0),
            lent: AtomicUsize::new(0),
        }
    }

    /// The numbers of all pages.
    pub(super) fn numbers(&self) -> BTreeSet<PageId> {
        self.state.lock().pages.keys().copied().collect()
    }

    pub(super) fn root(&self) -> Option<PageId> {
        self.state.lock().root
    }

    /// A copy of a page.
    pub(super) fn page(&self, page: PageId) -> Vec<u8> {
        self.state.lock().pages[&page].to_vec()
    }

    /// Changes a page behind everybody's back.
    pub(super) fn damage(&self, page: PageId, damage: impl FnOnce(&mut [u8])) {
        let mut state = self.state.lock();
        let pages = Arc::make_mut(&mut state.pages);
        damage(Arc::make_mut(pages.get_mut(&page).unwrap()).as_mut_slice());
    }

    /// How many pages are loaded while somebody does `work`.
    pub(super) fn loaded_by(&self, work: impl FnOnce()) -> usize {
        let before = self.loaded.load(Ordering::Relaxed);
        work();
        self.loaded.load(Ordering::Relaxed) - before
    }

    /// How many pages are lent to be changed while somebody does `work`.
    pub(super) fn lent_by(&self, work: impl FnOnce()) -> usize {
        let before = self.lent.load(Ordering::Relaxed);
        work();
        self.lent.load(Ordering::Relaxed) - before
    }

    /// From now on so many pages can be allocated, and no more.
    pub(super) fn leave_room(&self, pages: usize) {
        *self.room.lock() = pages;
    }
}

fn corrupt(page: PageId, what: &str) -> Error {
    Error::corrupt("pages", page.0, what)
}

fn get(pages: &Pages, page: PageId) -> Result<Arc<Vec<u8>>> {
    let bytes = pages.get(&page).cloned();
    bytes.ok_or_else(|| corrupt(page, "there is no such page"))
}

impl PageStore for TestPages {
    type Read<'a> = TestRead<'a>;
    type Group<'a> = TestGroup<'a>;

    fn page_bytes(&self) -> usize {
        self.page_bytes
    }

    fn read(&self) -> Result<TestRead<'_>> {
        Ok(TestRead {
            store: self,
            snapshot: self.state.lock().clone(),
            walked_at: 0,
            current: None,
        })
    }

    fn begin(&self) -> Result<TestGroup<'_>> {
        let alone = self.writer.lock();
        let before = self.state.lock().clone();
        Ok(TestGroup {
            store: self,
            pages: Arc::clone(&before.pages),
            root: before.root,
            before,
            own: BTreeSet::new(),
            current: None,
            _alone: alone,
        })
    }
}

/// A reader: over a store that copies on write it sees the moment at which it
/// was lent, over the other one what there is now.
pub(super) struct TestRead<'a> {
    store: &'a TestPages,
    snapshot: State,
    walked_at: u64,
    current: Option<Arc<Vec<u8>>>,
}

impl TestRead<'_> {
    fn state(&self) -> State {
        match self.store.flavour {
            Flavour::CopyOnWrite => self.snapshot.clone(),
            Flavour::InPlace => self.store.state.lock().clone(),
        }
    }
}

impl PageRead for TestRead<'_> {
    fn root(&mut self) -> Option<PageId> {
        let state = self.state();
        self.walked_at = state.groups;
        state.root
    }

    fn changed(&self) -> bool {
        self.state().groups != self.walked_at
    }

    fn load(&mut self, page: PageId) -> Result<()> {
        self.store.loaded.fetch_add(1, Ordering::Relaxed);
        self.current = None;
        self.current = Some(get(&self.state().pages, page)?);
        Ok(())
    }

    fn bytes(&self) -> &[u8] {
        self.current.as_ref().expect("a page is current")
    }

    fn corrupt(&self, page: PageId, what: &str) -> Error {
        corrupt(page, what)
    }
}

/// A group of changes.
pub(super) struct TestGroup<'a> {
    store: &'a TestPages,
    before: State,
    pages: Arc<Pages>,
    root: Option<PageId>,
    /// Pages that were allocated or lent.
    own: BTreeSet<PageId>,
    current: Option<Arc<Vec<u8>>>,
    _alone: MutexGuard<'a, ()>,
}

impl TestGroup<'_> {
    /// A number that no page has; over a store that copies on write, that none
    /// had before the group, either.
    fn number(&self) -> PageId {
        let copies = self.store.flavour == Flavour::CopyOnWrite;
        let is_taken = |page: &PageId| {
            self.pages.contains_key(page) || copies && self.before.pages.contains_key(page)
        };
        let free = (1..).map(PageId).find(|page| !is_taken(page));
        free.expect("numbers do not end")
    }

    fn add(&mut self, mut bytes: Vec<u8>) -> Result<(PageId, &mut [u8])> {
        let mut room = self.store.room.lock();
        let file = || "pages".to_owned();
        *room = room
            .checked_sub(1)
            .ok_or_else(|| Error::NoSpace { file: file() })?;
        let page = self.number();
        bytes[..STORE_BYTES].copy_from_slice(&stamp(page));
        self.own.insert(page);
        let pages = Arc::make_mut(&mut self.pages);
        let bytes = pages.entry(page).or_insert(Arc::new(bytes));
        Ok((page, Arc::make_mut(bytes).as_mut_slice()))
    }
}

/// What the store keeps in its own bytes of a page.
fn stamp(page: PageId) -> [u8; STORE_BYTES] {
    let mut stamp = [0xee; STORE_BYTES];
    stamp[..8].copy_from_slice(&page.0.to_le_bytes());
    stamp
}

impl PageRead for TestGroup<'_> {
    fn root(&mut self) -> Option<PageId> {
        self.root
    }

    fn changed(&self) -> bool {
        false
    }

    fn load(&mut self, page: PageId) -> Result<()> {
        self.store.loaded.fetch_add(1, Ordering::Relaxed);
        self.current = None;
        self.current = Some(get(&self.pages, page)?);
        Ok(())
    }

    fn bytes(&self) -> &[u8] {
        self.current.as_ref().expect("a page is current")
    }

    fn corrupt(&self, page: PageId, what: &str) -> Error {
        corrupt(page, what)
    }
}

impl PageGroup for TestGroup<'_> {
    fn page_mut(&mut self, page: PageId) -> Result<(PageId, &mut [u8])> {
        self.store.lent.fetch_add(1, Ordering::Relaxed);
        self.current = None;
        let bytes = get(&self.pages, page)?;
        let copies = self.store.flavour == Flavour::CopyOnWrite;
        if copies && !self.own.contains(&page) {
            Arc::make_mut(&mut self.pages).remove(&page);
            return self.add(bytes.to_vec());
        }
        drop(bytes);
        self.own.insert(page);
        let pages = Arc::make_mut(&mut self.pages);
        let bytes = pages.get_mut(&page).expect("it was there a moment ago");
        Ok((page, Arc::make_mut(bytes).as_mut_slice()))
    }

    fn alloc(&mut self) -> Result<(PageId, &mut [u8])> {
        self.current = None;
        self.add(vec![0; self.store.page_bytes])
    }

    fn free(&mut self, page: PageId) -> Result<()> {
        self.current = None;
        get(&self.pages, page)?;
        self.own.remove(&page);
        Arc::make_mut(&mut self.pages).remove(&page);
        Ok(())
    }

    fn set_root(&mut self, root: Option<PageId>) {
        self.root = root;
    }

    fn commit(self) -> Result<()> {
        for page in &self.own {
            let found = &self.pages[page][..STORE_BYTES];
            assert_eq!(found, stamp(*page), "{page:?}: these bytes are the store's");
        }
        let mut state = self.store.state.lock();
        state.groups += 1;
        state.pages = self.pages;
        state.root = self.root;
        Ok(())
    }
}
