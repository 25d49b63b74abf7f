//! From a key to its record: the keydir, the files that it leads into, and the
//! order of the keys.

use std::sync::Arc;

use engine::sync::RwLock;
use engine::{KeyRange, Order, Result, Write};

use crate::data_file::DataFile;
use crate::keydir::{KeyHash, Keydir};
use crate::order::Keys;
use crate::place::Place;
use crate::record::Record;

/// How many keydirs share the keys. Each has a lock of its own, so that those
/// who look keys up rarely meet; and none is so large that a write would wait
/// for long when it grows.
const SHARDS: usize = 1 << u8::BITS;

/// Where all records are.
#[derive(Debug)]
pub(crate) struct Index {
    /// By the high bits of the keys' hashes.
    shards: Vec<RwLock<Shard>>,
    keys: RwLock<Keys>,
}

/// The places of some keys, and the files that these are in. One lock holds
/// both, so that no place is ever in a file that is not there.
#[derive(Debug)]
struct Shard {
    keydir: Keydir,
    /// No other shard has the same one: whoever borrows it counts itself there,
    /// and where all threads count, each waits for the others' processors.
    files: Arc<Files>,
}

/// The data files, by their numbers.
pub(crate) type Files = std::collections::BTreeMap<u32, Arc<DataFile>>;

/// A record that the keydir leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct At {
    /// Where it stands.
    pub(crate) place: Place,
    /// How long it is, in bytes.
    pub(crate) len: u32,
}

/// What a change makes of the index.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Move<'k> {
    /// Which change of its batch this is.
    pub(crate) index: usize,
    pub(crate) key: &'k [u8],
    pub(crate) hash: KeyHash,
    deletes: bool,
    /// The record that the key had.
    pub(crate) from: Option<At>,
    /// The record of the change.
    pub(crate) to: Option<At>,
}

impl<'k> Move<'k> {
    /// The move that this change of a batch will make.
    pub(crate) fn of(index: usize, write: Write<'k>) -> Self {
        Move {
            index,
            key: write.key(),
            hash: KeyHash::of(write.key()),
            deletes: write.value().is_none(),
            from: None,
            to: None,
        }
    }

    fn shard(&self) -> usize {
        Index::shard_of(self.hash)
    }
}

impl Index {
    /// The index of these places and keys, in these files.
    pub(crate) fn new(places: PlacesByShard, keys: Keys, files: &[Arc<DataFile>]) -> Self {
        let files: Files = files
            .iter()
            .map(|file| (file.number(), Arc::clone(file)))
            .collect();
        // One keydir after the other, while it is in the processor's cache:
        // filled in the order of the keys, each slot would have to come from
        // memory.
        let shard = |places: Vec<(KeyHash, Place)>| {
            let mut keydir = Keydir::with_capacity(places.len());
            places
                .into_iter()
                .for_each(|(hash, place)| keydir.insert(hash, place));
            let files = Arc::new(files.clone());
            RwLock::new(Shard { keydir, files })
        };
        Index {
            shards: places.0.into_iter().map(shard).collect(),
            keys: RwLock::new(keys),
        }
    }

    /// Which shard the keys of this hash are in.
    pub(crate) fn shard_of(hash: KeyHash) -> usize {
        usize::from(hash.shard)
    }

    fn shard(&self, hash: KeyHash) -> &RwLock<Shard> {
        &self.shards[Index::shard_of(hash)]
    }

    /// Calls `look` with the newest record of `key` and where it stands, if it
    /// has one. No lock is held while it is read.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](engine::Error::Corrupt) and
    /// [`Error::Io`](engine::Error::Io).
    ///
    /// # Exercise 2.5
    pub(crate) fn find<T>(
        &self,
        key: &[u8],
        hash: KeyHash,
        mut look: impl FnMut(At, &Record<'_>) -> T,
    ) -> Result<Option<T>> {
        let (first, others, files) = {
            let shard = self.shard(hash).read();
            let mut found = shard.keydir.places(hash);
            let Some(first) = found.next() else {
                return Ok(None);
            };
            let others: Vec<Place> = found.collect();
            (first, others, Arc::clone(&shard.files))
        };
        for place in std::iter::once(first).chain(others) {
            let file = &files[&place.file];
            let found = file.read(place.offset, |record| {
                let len = record.encoded_len();
                (record.key() == Some(key)).then(|| look(At { place, len }, record))
            })?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// Makes these moves, no two of them of one key, at one moment for whoever
    /// looks a key up. One thread at a time may change the index.
    ///
    /// A new key is among the keys before that moment, and one that is gone is
    /// until after it: a scan looks each of them up, so that it shows no less
    /// than a lookup before it has shown.
    ///
    /// # Exercise 2.5
    pub(crate) fn apply(&self, moves: &[Move<'_>]) {
        let is_new = |step: &&Move<'_>| step.from.is_none() && !step.deletes;
        let is_gone = |step: &&Move<'_>| step.from.is_some() && step.deletes;
        if moves.iter().any(|step| is_new(&step)) {
            let mut keys = self.keys.write();
            moves
                .iter()
                .filter(is_new)
                .for_each(|step| keys.insert(step.key));
        }
        self.move_places(moves);
        if moves.iter().any(|step| is_gone(&step)) {
            let mut keys = self.keys.write();
            moves
                .iter()
                .filter(is_gone)
                .for_each(|step| keys.remove(step.key));
        }
    }

    /// Makes the moves in the keydirs. All of those that take part are locked
    /// at once, the lower ones first: or else somebody who looks two keys of a
    /// batch up could find one as it was before, after the other as it is.
    ///
    /// # Exercise 2.5
    fn move_places(&self, moves: &[Move<'_>]) {
        let mut of_shards: Vec<_> = moves.chunk_by(|a, b| a.shard() == b.shard()).collect();
        of_shards.sort_unstable_by_key(|moves| moves[0].shard());
        let lock = |moves: &[Move<'_>]| self.shards[moves[0].shard()].write();
        let mut shards: Vec<_> = of_shards.iter().map(|moves| lock(moves)).collect();
        for (shard, moves) in shards.iter_mut().zip(of_shards) {
            moves.iter().for_each(|step| shard.make(step));
        }
    }

    /// Forgets a key whose record stands there, unless it has another by now.
    ///
    /// # Exercise 2.14
    pub(crate) fn forget(&self, key: &[u8], hash: KeyHash, at: At) {
        {
            let mut shard = self.shard(hash).write();
            if !shard.keydir.remove(hash, at.place) {
                return;
            }
            let file = &shard.files[&at.place.file];
            file.dies(at.len);
            // It hides what is older, as a tombstone does.
            file.buries(at.len);
        }
        self.keys.write().remove(key);
    }

    /// Follows a record that was copied, unless its key has another by now.
    ///
    /// # Exercise 2.13
    pub(crate) fn follow(&self, copied: &Copied) {
        let Copied { hash, from, to } = *copied;
        let mut shard = self.shard(hash).write();
        if shard.keydir.replace(hash, from, to.place) {
            shard.files[&from.file].dies(to.len);
            shard.files[&to.place.file].lives(to.len);
        }
    }

    /// Calls `take` with the keys in `range`, in `order`, until it answers
    /// false.
    pub(crate) fn visit(
        &self,
        range: &KeyRange<'_>,
        order: Order,
        take: impl FnMut(&[u8]) -> bool,
    ) {
        self.keys.read().visit(range, order, take);
    }

    /// The data files as they are now, by their numbers.
    pub(crate) fn files(&self) -> Arc<Files> {
        Arc::clone(&self.shards[0].read().files)
    }

    /// Adds a data file, before a keydir leads to anything in it.
    pub(crate) fn add_file(&self, file: &Arc<DataFile>) {
        self.change_files(|files| drop(files.insert(file.number(), Arc::clone(file))));
    }

    /// Removes a data file, after a keydir led to anything in it.
    pub(crate) fn remove_file(&self, number: u32) {
        self.change_files(|files| drop(files.remove(&number)));
    }

    fn change_files(&self, change: impl Fn(&mut Files)) {
        for shard in &self.shards {
            let mut shard = shard.write();
            let mut files = Files::clone(&shard.files);
            change(&mut files);
            shard.files = Arc::new(files);
        }
    }
}

impl Shard {
    /// Makes one move, and counts what lives in the files and what does not.
    fn make(&mut self, step: &Move<'_>) {
        let Shard { keydir, files } = self;
        if let Some(from) = step.from {
            files[&from.place.file].dies(from.len);
        }
        let Some(to) = step.to else { return };
        let file = &files[&to.place.file];
        match (step.from, step.deletes) {
            (Some(from), true) => drop(keydir.remove(step.hash, from.place)),
            (Some(from), false) => drop(keydir.replace(step.hash, from.place, to.place)),
            (None, true) => {}
            (None, false) => keydir.insert(step.hash, to.place),
        }
        match step.deletes {
            true => file.buries(to.len),
            false => file.lives(to.len),
        }
    }
}

/// Places for an index that is to be made, sorted by shard.
#[derive(Debug)]
pub(crate) struct PlacesByShard(Vec<Vec<(KeyHash, Place)>>);

impl Default for PlacesByShard {
    fn default() -> Self {
        PlacesByShard(vec![Vec::new(); SHARDS])
    }
}

impl PlacesByShard {
    /// Adds the place of a key that has none.
    pub(crate) fn push(&mut self, hash: KeyHash, place: Place) {
        self.0[Index::shard_of(hash)].push((hash, place));
    }
}

/// A record that was copied.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Copied {
    pub(crate) hash: KeyHash,
    /// Where it stood.
    pub(crate) from: Place,
    /// Where it stands now.
    pub(crate) to: At,
}
