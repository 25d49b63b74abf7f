//! Engines that are wrong about pages that are copied on write: who still sees
//! one, what is durable when, and which commit counts.

use conformance::{Clause, Level};
use engine::{Error, Result};

use crate::exhibit::{Charge, Exhibit};
use crate::paged_tree::Store;
use crate::paged_tree::commit::{Writer, sync_file};
use crate::paged_tree::group::{Freed, Group};
use crate::paged_tree::meta::{META_BYTES, Meta, Metas, after, newest};
use crate::paged_tree::page::{PAGE_BYTES, PIECE};
use crate::paged_tree::readers::{View, pin};
use crate::paged_tree::steps::{Right, Steps};
use crate::paged_tree::tree::Pages;

/// The exhibits of this room.
pub static EXHIBITS: &[Exhibit] = &[
    Exhibit::of_pages(
        &ReadersNotAsked,
        Charge(
            "readers-not-asked",
            Clause::OrderedScans,
            Level::Snapshot,
            "uses a page again when no meta page leads to it, though a snapshot sees it",
            "what is not durable any more is free",
        ),
    ),
    Exhibit::of_pages(
        &BornThereNotPinned,
        Charge(
            "born-there-not-pinned",
            Clause::OrderedScans,
            Level::Snapshot,
            "takes a page that a commit has made for one that is newer than that commit",
            "a reader sees what was there before it",
        ),
    ),
    Exhibit::of_pages(
        &RegisteredLate,
        Charge(
            "registered-late",
            Clause::OrderedScans,
            Level::Snapshot,
            "looks which commit is the last, and then registers as its reader",
            "before that it does not know as whose",
        ),
    ),
    Exhibit::of_pages(
        &FreedWithTheCopy,
        Charge(
            "freed-with-the-copy",
            Clause::OrderedScans,
            Level::Core,
            "uses a page again as soon as there is a copy of it, in the same group of changes",
            "nothing that will be committed leads to it",
        ),
    ),
    Exhibit::of_pages(
        &MetasNotAsked,
        Charge(
            "metas-not-asked",
            Clause::Sync,
            Level::Crash,
            "uses a page again when no reader sees it, though the newest meta page leads to it",
            "that commit is over",
        ),
    ),
    Exhibit::of_pages(
        &LeafInPlace,
        Charge(
            "leaf-in-place",
            Clause::Sync,
            Level::Crash,
            "changes a leaf in its place when its parent is copied anyway",
            "the path is new, and that is what readers go by",
        ),
    ),
    Exhibit::of_pages(
        &OneSync,
        Charge(
            "one-sync",
            Clause::Sync,
            Level::Crash,
            "writes the pages and the meta page, and then syncs once",
            "they are in one file",
        ),
    ),
    Exhibit::of_pages(
        &MetaNotSynced,
        Charge(
            "meta-not-synced",
            Clause::Sync,
            Level::Crash,
            "answers a sync when the meta page is written, and not yet durable",
            "the pages are durable, and they are what matters",
        ),
    ),
    Exhibit::of_pages(
        &NewestOverwritten,
        Charge(
            "newest-overwritten",
            Clause::Sync,
            Level::Crash,
            "writes a meta page over the newest one",
            "it takes the place of that",
        ),
    ),
    Exhibit::of_pages(
        &CopiedToAll,
        Charge(
            "copied-to-all",
            Clause::Poison,
            Level::Faults,
            "leaves the same in all three meta pages when it is closed, before that is synced",
            "the newest is durable, so any of them may be torn",
        ),
    ),
    Exhibit::of_pages(
        &FirstMetaChosen,
        Charge(
            "first-meta-chosen",
            Clause::Sync,
            Level::Reopen,
            "takes the first meta page that is sound for the one that counts",
            "the others are for when it is not",
        ),
    ),
    Exhibit::of_pages(
        &TornMetaBelieved,
        Charge(
            "torn-meta-believed",
            Clause::Sync,
            Level::Crash,
            "believes a meta page that begins as one does, without a look at its checksum",
            "it is shorter than a sector",
        ),
    ),
    Exhibit::of_pages(
        &NotRenewed,
        Charge(
            "not-renewed",
            Clause::Poison,
            Level::Crash,
            "takes the newest meta page for durable because it can be read",
            "it was read from the disk",
        ),
    ),
    Exhibit::of_pages(
        &ForgottenBeforeDurable,
        Charge(
            "forgotten-before-durable",
            Clause::Poison,
            Level::Faults,
            "lets go of its pages in memory when they are written, before they are synced",
            "the file has them",
        ),
    ),
    Exhibit::of_pages(
        &ShownWhenFull,
        Charge(
            "shown-when-full",
            Clause::WholeOrNothing,
            Level::Faults,
            "shows a commit whose pages found no room in the file, and hands that error on",
            "the next sync writes them again",
        ),
    ),
    Exhibit::of_pages(
        &InnerNotChecked,
        Charge(
            "inner-not-checked",
            Clause::DamageIsFound,
            Level::Faults,
            "compares the checksums of leaves, and of no page above them",
            "that is where the data is",
        ),
    ),
    Exhibit::of_pages(
        &PiecesNotChecked,
        Charge(
            "pieces-not-checked",
            Clause::DamageIsFound,
            Level::Faults,
            "compares no checksum of a page with a piece of a long value",
            "pages of the tree are read again and again, so those were made safe first",
        ),
    ),
];

/// Writes over what a snapshot reads. So would LMDB where the table of its
/// readers is not used, as its documentation of `MDB_NOLOCK` says.
struct ReadersNotAsked;

impl Steps for ReadersNotAsked {
    fn pins(&self, _store: &Store, writer: &Writer) -> Vec<u64> {
        writer.durable.to_vec()
    }
}

/// Is off by one, for the pages that changed last.
struct BornThereNotPinned;

impl Steps for BornThereNotPinned {
    fn is_pinned(&self, freed: &Freed, pins: &[u64]) -> bool {
        pins.iter()
            .any(|pin| (freed.born + 1..freed.freed).contains(pin))
    }
}

/// Is nobody's reader for a moment. Two commits in it, and its pages are written
/// over.
struct RegisteredLate;

impl Steps for RegisteredLate {
    fn begin(&self, store: &Store) -> View {
        let view = *store.present.read();
        pin(&mut store.pins.lock(), view.commit);
        view
    }
}

/// Forgets who sees the last commit: everybody who reads.
struct FreedWithTheCopy;

impl Steps for FreedWithTheCopy {
    fn let_go(&self, group: &mut Group<'_>, freed: Freed) {
        group.changes.ready.push(freed.number);
    }
}

/// Writes over what a power cut goes back to.
struct MetasNotAsked;

impl Steps for MetasNotAsked {
    fn pins(&self, store: &Store, _writer: &Writer) -> Vec<u64> {
        store.pins.lock().keys().copied().collect()
    }
}

/// Writes a leaf while the last durable tree leads to it. What a power cut leaves
/// of that is seen by everybody.
struct LeafInPlace;

impl Steps for LeafInPlace {
    fn claim(&self, group: &mut Group<'_>, number: u32) -> Result<u32> {
        let page = group.load(number)?;
        if page.level > 0 || group.changes.root == number {
            return Right.claim(group, number);
        }
        group.changes.own.entry(number).or_insert(page);
        Ok(number)
    }
}

/// Lets a meta page be durable before what it leads to: within a sync, writes
/// have no order.
struct OneSync;

impl Steps for OneSync {
    fn sync_pages(&self, store: &Store) -> Result<()> {
        store.unwritten.write().clear();
        Ok(())
    }
}

/// Answers for pages to which nothing durable leads.
struct MetaNotSynced;

impl Steps for MetaNotSynced {
    fn sync_meta(&self, _store: &Store) -> Result<()> {
        Ok(())
    }
}

/// Tears the only meta page that shows what was synced last.
struct NewestOverwritten;

impl Steps for NewestOverwritten {
    fn place_of(&self, metas: &Metas) -> usize {
        let commit = |place: &usize| metas[*place].map(|meta| meta.commit);
        (0..metas.len()).max_by_key(commit).unwrap_or(0)
    }
}

/// Does not know any more, if that sync fails, which of them is durable, and
/// writes over it.
struct CopiedToAll;

impl Steps for CopiedToAll {
    fn copied_to(&self, original: usize) -> Vec<usize> {
        let next = after(original);
        vec![next, after(next)]
    }
}

/// Is right as long as the newest one is the first.
struct FirstMetaChosen;

impl Steps for FirstMetaChosen {
    fn newest(&self, metas: &Metas) -> Result<Meta> {
        metas
            .iter()
            .flatten()
            .next()
            .copied()
            .map_or_else(|| newest(metas), Ok)
    }
}

/// Takes half of a new meta page and half of an old one for a whole one.
struct TornMetaBelieved;

impl Steps for TornMetaBelieved {
    fn is_meta(&self, bytes: &[u8; META_BYTES]) -> bool {
        bytes.starts_with(b"PAGETREE")
    }
}

/// Shows what the next power cut takes back: the process before it wrote that,
/// and had not synced it.
struct NotRenewed;

impl Steps for NotRenewed {
    fn renew(&self, _store: &Store, _metas: &Metas, chosen: Meta) -> Result<Meta> {
        Ok(chosen)
    }
}

/// Cannot read any more what a failed sync has lost.
struct ForgottenBeforeDurable;

impl Steps for ForgottenBeforeDurable {
    fn sync_pages(&self, store: &Store) -> Result<()> {
        store.unwritten.write().clear();
        sync_file(store)
    }
}

/// Tells of a lack of room, and takes nothing back.
struct ShownWhenFull;

impl Steps for ShownWhenFull {
    fn shows_though(&self, failed: &Error) -> bool {
        matches!(failed, Error::NoSpace { .. })
    }
}

/// Follows a child's number whatever became of it.
struct InnerNotChecked;

impl Steps for InnerNotChecked {
    fn is_page(&self, bytes: &[u8; PAGE_BYTES], number: u32) -> bool {
        (1..PIECE).contains(&bytes[12]) || Right.is_page(bytes, number)
    }
}

/// Returns a value with a bit that turned over.
struct PiecesNotChecked;

impl Steps for PiecesNotChecked {
    fn is_page(&self, bytes: &[u8; PAGE_BYTES], number: u32) -> bool {
        bytes[12] == PIECE || Right.is_page(bytes, number)
    }
}
