//! Engines that are wrong about the moment of a scan or a snapshot.

use std::ops::Bound;

use conformance::{Clause, Level};
use engine::{Entry, Error, KeyRange, Order, Result, Write};

use crate::exhibit::{Charge, Exhibit};
use crate::versioned_map::steps::{Right, Steps};
use crate::versioned_map::{Map, Store, Version};

/// The exhibits of this room.
pub static EXHIBITS: &[Exhibit] = &[
    Exhibit::of_versions(
        &BusyWhileHeld,
        Charge(
            "busy-while-held",
            Clause::OrderedScans,
            Level::Snapshot,
            "refuses writes while a snapshot is held or a scan is open",
            "what is not written while somebody looks cannot change under them",
        ),
    ),
    Exhibit::of_versions(
        &LiveAtEachChunk,
        Charge(
            "live-at-each-chunk",
            Clause::OrderedScans,
            Level::Snapshot,
            "comes back for a scan's next chunk and copies it as it is by then",
            "at level core that is how a scan is to be made",
        ),
    ),
    Exhibit::of_versions(
        &DescendingReadsLive,
        Charge(
            "descending-reads-live",
            Clause::OrderedScans,
            Level::Snapshot,
            "reads a descending scan without its moment",
            "the loop was copied, turned around, and never given the new argument",
        ),
    ),
    Exhibit::of_versions(
        &SeekReadsLive,
        Charge(
            "seek-reads-live",
            Clause::OrderedScans,
            Level::Snapshot,
            "lets a seek leave the moment of its scan",
            "a seek begins anew, as opening a scan does",
        ),
    ),
    Exhibit::of_versions(
        &NewKeysShown,
        Charge(
            "new-keys-shown",
            Clause::OrderedScans,
            Level::Snapshot,
            "takes the only version of a key for what was always there",
            "a key that was never overwritten needs no comparing",
        ),
    ),
    Exhibit::of_versions(
        &DeletesNotPinned,
        Charge(
            "deletes-not-pinned",
            Clause::OrderedScans,
            Level::Snapshot,
            "keeps old values for a snapshot, but not against a delete",
            "what is deleted is deleted, and it saves the search",
        ),
    ),
    Exhibit::of_versions(
        &OnlySyncedShown,
        Charge(
            "only-synced-shown",
            Clause::OrderedScans,
            Level::Snapshot,
            "takes a snapshot of what was synced, and leaves the newest writes out",
            "a snapshot should not show what a power cut may take back",
        ),
    ),
    Exhibit::of_versions(
        &GetsReadLive,
        Charge(
            "gets-read-live",
            Clause::OrderedScans,
            Level::Snapshot,
            "answers a snapshot's gets from the map as it is, and its scans from the snapshot",
            "the fast path for gets was there first",
        ),
    ),
    Exhibit::of_versions(
        &OneMomentForAll,
        Charge(
            "one-moment-for-all",
            Clause::OrderedScans,
            Level::Snapshot,
            "reads every snapshot at the moment of the newest",
            "there is one field for the moment, and one snapshot in every test",
        ),
    ),
    Exhibit::of_versions(
        &HeldNotAsked,
        Charge(
            "held-not-asked",
            Clause::OrderedScans,
            Level::Snapshot,
            "merges old versions away without asking who reads them",
            "merging is what old versions are for",
        ),
    ),
    Exhibit::of_versions(
        &ScansNotPinned,
        Charge(
            "scans-not-pinned",
            Clause::OrderedScans,
            Level::Snapshot,
            "merges away what an open scan reads, and keeps what a snapshot does",
            "a scan is over in a moment",
        ),
    ),
    Exhibit::of_versions(
        &DeletesMergedFirst,
        Charge(
            "deletes-merged-first",
            Clause::OrderedScans,
            Level::Snapshot,
            "merges a delete away though a version that it hides is still held",
            "a newer value stands above it, so nobody needs the delete",
        ),
    ),
    Exhibit::of_versions(
        &NewestAloneKept,
        Charge(
            "newest-alone-kept",
            Clause::OrderedScans,
            Level::Snapshot,
            "keeps in a merge what the newest snapshot reads, and not what older ones do",
            "the last one in the list is the one that was pinned last",
        ),
    ),
    Exhibit::of_versions(
        &UnpinnedForAll,
        Charge(
            "unpinned-for-all",
            Clause::OrderedScans,
            Level::Snapshot,
            "lets one of two snapshots of the same moment go, and with it the other's pin",
            "a set of moments holds each once",
        ),
    ),
    Exhibit::of_versions(
        &PublishedByChange,
        Charge(
            "published-by-change",
            Clause::OrderedScans,
            Level::Snapshot,
            "publishes the changes of a batch one after the other",
            "gets see the batch at once, since the map was locked for all of it",
        ),
    ),
    Exhibit::of_versions(
        &PinnedLate,
        Charge(
            "pinned-late",
            Clause::OrderedScans,
            Level::Snapshot,
            "looks which moment it is, and pins it when it holds no lock any more",
            "two short locks are better than one long one",
        ),
    ),
    Exhibit::of_versions(
        &ThreeVersionsKept,
        Charge(
            "three-versions-kept",
            Clause::OrderedScans,
            Level::Snapshot,
            "keeps three versions of a key, whoever still reads an older one",
            "it bounds the memory, and who looks back further than that",
        ),
    ),
];

/// Turns writers away while anybody reads. A backup from a snapshot is a night
/// without writes.
struct BusyWhileHeld;

impl Steps for BusyWhileHeld {
    fn check_write(&self, store: &Store) -> Result<()> {
        match store.pins.lock().is_empty() {
            true => Ok(()),
            false => Err(Error::Busy {
                what: "somebody reads",
            }),
        }
    }
}

/// A moment behind all that there are.
const NOW: u64 = u64::MAX;

/// Goes on in the map as it is. A report that is longer than a chunk adds up
/// what never stood beside each other.
struct LiveAtEachChunk;

impl Steps for LiveAtEachChunk {
    fn chunk(
        &self,
        map: &Map,
        range: &KeyRange<'_>,
        order: Order,
        from: Bound<&[u8]>,
        moment: u64,
    ) -> Vec<Entry> {
        let moment = match from {
            Bound::Excluded(_) => NOW,
            _ => moment,
        };
        Right.chunk(map, range, order, from, moment)
    }
}

/// Reads backwards in the map as it is.
struct DescendingReadsLive;

impl Steps for DescendingReadsLive {
    fn chunk(
        &self,
        map: &Map,
        range: &KeyRange<'_>,
        order: Order,
        from: Bound<&[u8]>,
        moment: u64,
    ) -> Vec<Entry> {
        let moment = match order {
            Order::Ascending => moment,
            Order::Descending => NOW,
        };
        Right.chunk(map, range, order, from, moment)
    }
}

/// Goes on, behind a seek, in the map as it is. A join that seeks in one of its
/// sides pairs rows of two moments.
struct SeekReadsLive;

impl Steps for SeekReadsLive {
    fn chunk(
        &self,
        map: &Map,
        range: &KeyRange<'_>,
        order: Order,
        from: Bound<&[u8]>,
        moment: u64,
    ) -> Vec<Entry> {
        let moment = match from {
            Bound::Included(_) => NOW,
            _ => moment,
        };
        Right.chunk(map, range, order, from, moment)
    }
}

/// Compares numbers only where there are two. New keys come up in snapshots
/// that are older than they are.
struct NewKeysShown;

impl Steps for NewKeysShown {
    fn read<'v>(&self, versions: &'v [Version], moment: u64) -> Option<&'v [u8]> {
        match versions {
            [only] => only.value.as_deref(),
            _ => Right.read(versions, moment),
        }
    }
}

/// Looks at the newest version first, and stops there if it is a delete.
struct DeletesNotPinned;

impl Steps for DeletesNotPinned {
    fn read<'v>(&self, versions: &'v [Version], moment: u64) -> Option<&'v [u8]> {
        versions.last()?.value.as_ref()?;
        Right.read(versions, moment)
    }
}

/// Begins in the past. Whoever writes, takes a snapshot and looks for what it
/// wrote does not find it.
struct OnlySyncedShown;

impl Steps for OnlySyncedShown {
    fn begin_snapshot(&self, store: &Store) -> u64 {
        let _map = store.map.read();
        let moment = *store.synced.lock();
        self.pin(store, moment);
        moment
    }
}

/// Knows nothing of the snapshot that it is asked in.
struct GetsReadLive;

impl Steps for GetsReadLive {
    fn get<'m>(&self, map: &'m Map, key: &[u8], _moment: u64) -> Option<&'m [u8]> {
        map.newest(key)
    }
}

/// Moves all that read when another one begins.
struct OneMomentForAll;

impl Steps for OneMomentForAll {
    fn moment(&self, store: &Store, began: u64) -> u64 {
        let pins = store.pins.lock();
        pins.keys().next_back().map_or(began, |newest| *newest)
    }
}

/// Keeps the newest version of each key. The backup that has run since
/// midnight holds values of the morning, and lacks what was deleted.
struct HeldNotAsked;

impl Steps for HeldNotAsked {
    fn is_needed(&self, _number: u64, next: Option<u64>, _moments: &[u64]) -> bool {
        next.is_none()
    }
}

/// Pins nothing for a scan. The longer it takes, the less is left of its
/// moment.
struct ScansNotPinned;

impl Steps for ScansNotPinned {
    fn begin_scan(&self, store: &Store) -> u64 {
        *store.published.lock()
    }
}

/// Drops every delete that is not the newest version. What it hid is back, for
/// all who read between the two.
struct DeletesMergedFirst;

impl Steps for DeletesMergedFirst {
    fn is_void(&self, older: usize, newer: usize) -> bool {
        older == 0 || newer > 0
    }
}

/// Takes the newest of the pinned moments for the oldest.
struct NewestAloneKept;

impl Steps for NewestAloneKept {
    fn is_needed(&self, number: u64, next: Option<u64>, moments: &[u64]) -> bool {
        let last_two = moments.len().saturating_sub(2);
        Right.is_needed(number, next, &moments[last_two..])
    }
}

/// Forgets how many have pinned a moment.
struct UnpinnedForAll;

impl Steps for UnpinnedForAll {
    fn end(&self, store: &Store, moment: u64) {
        store.pins.lock().remove(&moment);
    }
}

/// Numbers each change by itself, and publishes one number after the other. A
/// scan that begins in between holds half of a batch.
struct PublishedByChange;

impl Steps for PublishedByChange {
    fn commit(&self, store: &Store, batch: &[Write<'_>]) {
        let mut map = store.map.write();
        for write in batch {
            map.last += 1;
            let number = map.last;
            self.add(&mut map, number, write);
        }
        drop(map);
        for _change in batch {
            *store.published.lock() += 1;
        }
    }
}

/// Leaves a moment between the look and the pin, in which a merge finds nobody
/// who reads there.
struct PinnedLate;

impl Steps for PinnedLate {
    fn begin(&self, store: &Store) -> u64 {
        let moment = *store.published.lock();
        self.pin(store, moment);
        moment
    }
}

/// Bounds the versions of a key by their count, not by who needs them.
struct ThreeVersionsKept;

impl Steps for ThreeVersionsKept {
    fn add(&self, map: &mut Map, number: u64, write: &Write<'_>) {
        map.add(number, write);
        if let Some(versions) = map.versions.get_mut(write.key()) {
            let old = versions.len().saturating_sub(3);
            versions.drain(..old);
        }
    }
}
