//! A store of pages that are copied on write.
//!
//! A page that changes gets another number. Bytes under a number never change
//! while anybody can see them; so readers need no latches, and a power cut finds
//! every page that a meta page leads to as it was.
//!
//! # What is durable when
//!
//! Between two syncs, what commits have changed is in memory. A sync takes it all
//! at once:
//!
//! 1. It *captures* the last commit: all pages in memory, and what its meta page
//!    is to say. From now on that commit pins its pages.
//! 2. It writes the pages, and syncs. They are in places that no durable meta page
//!    leads to, so whatever a power cut leaves of them, nobody looks.
//! 3. The pages may leave memory: the file has them, for good.
//! 4. It writes the meta page over the oldest of three, and syncs. Only now does
//!    anything durable lead to the pages. Until then the meta page before it
//!    counts, and what that leads to is pinned and so not written over.
//! 5. It writes the same once more, to the place after that one, and does not sync:
//!    this copy is the sign that the first one is durable, for whoever opens the
//!    store after a kill (`meta` has the details).
//! 6. The commit is durable. It and the one before it stay pinned; the one before
//!    those no longer is.
//!
//! Nobody who commits waits for any of this but for the moments of 1, 3 and 6,
//! unless memory is above its budget.
//!
//! # What fails
//!
//! | what | then |
//! |---|---|
//! | growing the file, in a group | the group answers it and can be dropped: nothing changed |
//! | writing pages | nothing was asked of the device yet: they are in memory, and the next sync writes them again |
//! | syncing pages | poisoned; the pages are still in memory, and reads go on |
//! | writing a meta page | poisoned: nobody knows what stands there, and what it leads to must not be written over |
//! | syncing it | poisoned; the pages are durable, whatever became of the meta page |
//! | writing its copy | poisoned, as for every meta page, though the commit is durable |
//! | syncing that, in a close | poisoned; the copy may be in the system's memory alone |
//!
//! A commit makes sure that there is room for what the next capture needs, the
//! pages of the free list included. So a sync does not run out of room, unless
//! the file system finds it only when it writes.
//!
//! # Memory
//!
//! Above a budget, whoever is about to begin a group lets pages in memory be written
//! and synced before, as in 2 and 3, until half of the budget is left. No meta page
//! leads to them, so a power cut takes them back. The budget is small at first and
//! grows, up to a limit, where that pays (`budget`). Until it grows, whoever maintains
//! the store beside the writers does the same a little earlier, and they need not wait.
//! A group that has itself changed more than the limit allows does the same with all of
//! its own pages, which nobody else sees: they take as much again.

use std::sync::Arc;

use engine::disk::{Counted, Disk, Lock};
use engine::page::PageStore;
use engine::sync::Mutex;
use engine::{Counters, Error, Result, Stats};

use crate::device::Device;
use crate::file::PageFile;
use crate::frames::{Frame, Frames, Slots};
use crate::free_list::FreeList;
use crate::meta::Metas;
use crate::readers::Readers;
use crate::syncing::Syncing;

mod books;
pub(crate) mod budget;
mod current;
mod durable;
pub mod group;
mod opening;
pub mod reader;
mod space;

pub use group::Group;
pub use reader::Reader;

pub(crate) use opening::PAGE_BYTES;

use budget::{Budget, FIRST_BYTES};
use group::Unfinished;

/// What a store is opened with.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The size of a page in bytes, between 128 and 65,536. A store that is there
    /// has to be of the same. Pages shorter than what the device writes in one
    /// piece, 4,096 bytes as a rule, are for tests: a power cut in a write may take
    /// their neighbours along.
    pub page_bytes: usize,
    /// How many bytes of pages may be in memory because the file does not have
    /// them yet, where as many are of use.
    pub frames_bytes_max: usize,
    /// By how many bytes the file grows at least.
    pub growth_bytes_min: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            page_bytes: 4096,
            frames_bytes_max: 128 << 20,
            growth_bytes_min: 1 << 20,
        }
    }
}

/// A store of pages that are copied on write.
#[derive(Debug)]
pub struct CopyOnWrite {
    page_bytes: usize,
    /// How many pages may be in memory.
    budget: Budget,
    pub(crate) file: PageFile,
    device: Device,
    frames: Frames,
    readers: Readers,
    writer: Mutex<Writer>,
    /// Held by whoever writes to the file what others see: what its meta pages
    /// say.
    flushing: Mutex<Metas>,
    syncing: Syncing,
    counters: Arc<Counters>,
    _lock: Lock,
}

/// Whoever holds this commits.
#[derive(Debug)]
struct Writer {
    /// The number of the last commit.
    commit: u64,
    /// Its root page, or 0.
    root: u32,
    /// How many pages there are: all numbers before were handed out.
    pages: u32,
    free: FreeList,
    slots: Slots,
    /// The commits that the two newest durable meta pages show.
    durable: [u64; 2],
    /// The last commit that was captured, whether it is durable or not.
    captured: u64,
    /// The commits that see the pages that are being written: nothing else may be
    /// written to their places meanwhile.
    writing: Vec<u64>,
    /// The page after which the next go to the file for want of memory.
    spill_after: u32,
    /// What the group under way has done.
    unfinished: Unfinished,
    /// Pages in memory that nobody needs, to be used again.
    spare: Vec<Frame>,
    /// Used whenever somebody asks who pins what.
    pins: Vec<u64>,
}

/// How many spare pages are kept.
const SPARE_MAX: usize = 64;

impl CopyOnWrite {
    /// Opens the store on `disk`, which is made where there is none.
    ///
    /// # Errors
    ///
    /// [`Error::Locked`] where another owner has it open; [`Error::Corrupt`] and
    /// [`Error::Version`] where the file is not sound, and
    /// [`Error::Unsupported`] where its pages have another size;
    /// [`Error::NoSpace`], [`Error::Io`] and [`Error::Poisoned`]. Nothing is lost
    /// in any of these cases.
    pub fn open(disk: Arc<dyn Disk>, options: Options) -> Result<Self> {
        let lock = disk.lock()?;
        let counters = Arc::new(Counters::new());
        let device = Device::new(Counted::new(disk, Arc::clone(&counters)));
        let (file, metas) = opening::open(&device, options)?;
        let newest = metas.newest().expect("an opened file has a meta page");
        let pages = |bytes| u32::try_from(bytes / options.page_bytes).unwrap_or(u32::MAX);
        let store = CopyOnWrite {
            page_bytes: options.page_bytes,
            budget: Budget::new(pages(FIRST_BYTES), pages(options.frames_bytes_max)),
            file,
            device,
            frames: Frames::new(),
            readers: Readers::new(newest.commit, newest.root),
            writer: Mutex::new(Writer {
                commit: newest.commit,
                root: newest.root,
                pages: newest.pages,
                free: FreeList::stored(newest.free_head, newest.free_count),
                slots: Slots::default(),
                durable: [newest.commit; 2],
                captured: newest.commit,
                writing: Vec::new(),
                spill_after: 0,
                unfinished: Unfinished::default(),
                spare: Vec::new(),
                pins: Vec::new(),
            }),
            flushing: Mutex::new(metas),
            syncing: Syncing::from(newest.commit),
            counters,
            _lock: lock,
        };
        store.load_list(&mut store.writer.lock())?;
        Ok(store)
    }

    /// Takes no more commits from now on, and answers the error that says so.
    pub fn poison(&self, cause: Error) -> Error {
        self.device.poison(cause)
    }

    /// What the store did since it was opened. Pages that readers have touched are
    /// counted when they end.
    pub fn stats(&self) -> Stats {
        self.counters.stats()
    }

    /// The counters, for whoever stands on the store.
    pub fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }
}

impl PageStore for CopyOnWrite {
    type Read<'a> = Reader<'a>;
    type Group<'a> = Group<'a>;

    fn page_bytes(&self) -> usize {
        self.page_bytes
    }

    fn read(&self) -> Result<Reader<'_>> {
        Ok(Reader::new(self))
    }

    fn begin(&self) -> Result<Group<'_>> {
        if self.frames.count() > self.budget.pages() {
            self.spill()?;
        }
        let writer = self.writer.lock();
        self.device.check()?;
        Ok(Group::new(self, writer))
    }
}

const NOT_SHARED: &str = "what nobody else can see, nobody else has";
