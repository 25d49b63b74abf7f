//! Who reads, and as of which commit.
//!
//! Readers and the writer do not wait for each other. The writer *publishes* a
//! commit when all its pages are in place; whoever begins to read then sees it.
//! A reader leaves the number of its commit where the writer can find it, and
//! takes it away when it ends. Before the writer uses a page again it asks
//! whether anybody may still see what is there.
//!
//! # Why no reader is missed
//!
//! A reader looks the commit up and leaves its number while it holds the lock of
//! its place. The writer publishes first, and asks afterwards, one place after
//! the other. So of a reader and a writer who meet at a place either the reader
//! comes first, and its number is found, or the writer does: then the reader
//! looks the commit up afterwards, and sees the one that was published, or a
//! later one. Pages which that commit has freed are none of its pages.

use engine::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use engine::sync::{Mutex, PLACES, place_of_this_thread};

/// The last commit, and the commits that readers see.
#[derive(Debug)]
pub(crate) struct Readers {
    /// The number of the last commit.
    commit: AtomicU64,
    /// The roots of the last two commits: of an even one the first.
    roots: [AtomicU32; 2],
    /// Threads leave their numbers in different places, so that they rarely meet.
    places: [Place; PLACES],
}

// Two lines of 64 bytes: processors fetch neighbouring lines in pairs.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Place(Mutex<Vec<Seeing>>);

/// A commit, and how many readers of one place see it. Few commits are seen at a
/// time, so a list of them will do.
type Seeing = (u64, u32);

/// What a reader sees, from [`begin`](Readers::begin) to [`end`](Readers::end).
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The number of the commit.
    pub(crate) commit: u64,
    /// Its root page, or 0.
    pub(crate) root: u32,
    /// Where its number was left.
    place: usize,
}

impl Readers {
    /// Nobody reads, and this is the last commit.
    pub(crate) fn new(commit: u64, root: u32) -> Self {
        Readers {
            commit: AtomicU64::new(commit),
            roots: [AtomicU32::new(root), AtomicU32::new(root)],
            places: Default::default(),
        }
    }

    /// The number of the last commit.
    pub(crate) fn commit(&self) -> u64 {
        self.commit.load(Ordering::Acquire)
    }

    /// Lets readers see a commit: the next one, of which all pages are in place.
    pub(crate) fn publish(&self, commit: u64, root: u32) {
        self.roots[half(commit)].store(root, Ordering::Release);
        self.commit.store(commit, Ordering::Release);
    }

    /// The last commit and its root, as [`with_its_root`] finds them, whatever is
    /// [published](Self::publish) at the same time.
    fn last(&self) -> (u64, u32) {
        let root_of = |commit| self.roots[half(commit)].load(Ordering::Acquire);
        with_its_root(|| self.commit(), root_of)
    }

    /// Begins to read, at the last commit.
    ///
    /// The number of the commit is added, by [`add`], at the place of this thread,
    /// and that place's lock is held from before the commit is looked up until the
    /// number is there: see [above](self#why-no-reader-is-missed).
    ///
    /// # Exercise 4.16
    pub(crate) fn begin(&self) -> Seen {
        let place = place_of_this_thread();
        let mut seeing = self.places[place].0.lock();
        let (commit, root) = self.last();
        add(&mut seeing, commit);
        Seen {
            commit,
            root,
            place,
        }
    }

    /// Begins to read what somebody sees who has not ended.
    pub(crate) fn again(&self, seen: &Seen) -> Seen {
        let place = place_of_this_thread();
        add(&mut self.places[place].0.lock(), seen.commit);
        Seen { place, ..*seen }
    }

    /// Stops reading: of those who see the same commit at the same place there is
    /// one less, and where it was the last of them, the number is gone. This
    /// thread's place may be another one than where it began.
    ///
    /// # Panics
    ///
    /// Where nobody has begun that sees this.
    ///
    /// # Exercise 4.16
    pub(crate) fn end(&self, seen: &Seen) {
        let mut place = self.places[seen.place].0.lock();
        let found = place.iter().rposition(|(commit, _)| *commit == seen.commit);
        let at = found.expect("a reader's number stays until it ends");
        match &mut place[at] {
            (_, 1) => drop(place.swap_remove(at)),
            (_, count) => *count -= 1,
        }
    }

    /// Adds the commits that readers see to `commits`: each once for every place
    /// where somebody sees it, in no order. Whoever begins later sees the last
    /// commit or a later one.
    ///
    /// # Exercise 4.16
    pub(crate) fn add_to(&self, commits: &mut Vec<u64>) {
        for place in &self.places {
            commits.extend(place.0.lock().iter().map(|(commit, _)| commit));
        }
    }
}

/// A commit and its root: never the root of another commit, whatever is
/// [published](Readers::publish) before, between and after two looks.
///
/// `last` looks up the number of the last commit, and `root_of` the root that
/// stands where a commit of this number has left its own.
///
/// Commit 10 writes its root over that of commit 8, after commit 9 has been
/// published. So whoever has read number 8 and that root reads 9 at least when
/// it looks at the number again, and begins anew.
///
/// # Exercise 4.16
pub(crate) fn with_its_root(last: impl Fn() -> u64, root_of: impl Fn(u64) -> u32) -> (u64, u32) {
    loop {
        let commit = last();
        let root = root_of(commit);
        if last() == commit {
            return (commit, root);
        }
    }
}

/// Which of two halves a commit has.
pub(crate) fn half(commit: u64) -> usize {
    usize::from(commit % 2 == 1)
}

/// One more sees a commit.
fn add(place: &mut Vec<Seeing>, commit: u64) {
    match place.iter_mut().rfind(|(seen, _)| *seen == commit) {
        Some((_, count)) => *count += 1,
        None => place.push((commit, 1)),
    }
}
