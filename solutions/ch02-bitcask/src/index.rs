//! From a key to its record: the keydir, the files that it leads into, and the
//! order of the keys.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::sync::{PLACES, RwLock, ShardedLock, place_of_this_thread};
use engine::{KeyRange, Order, Result, Write};

use crate::data_file::DataFile;
use crate::keydir::{KeyHash, Keydir};
use crate::order::Keys;
use crate::place::Place;
use crate::record::Record;

/// How many keydirs share the keys, so that none is so large that a write would
/// wait for long when it grows.
const SHARDS: usize = 1 << u8::BITS;

/// Where all records are.
#[derive(Debug)]
pub(crate) struct Index {
    places: ShardedLock<Places>,
    keys: RwLock<Keys>,
}

/// The keydirs, and the files that their places are in. One lock holds both, so
/// that no place is ever in a file that is not there.
#[derive(Debug)]
struct Places {
    /// By what the keys' hashes say.
    keydirs: Vec<Keydir>,
    /// A copy for each of the places that threads have: whoever borrows one
    /// counts itself there, and where all threads count, processors wait for
    /// each other.
    files: Vec<Arc<Files>>,
}

/// The data files, by their numbers.
pub(crate) type Files = BTreeMap<u32, Arc<DataFile>>;

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
    /// The key that it changes.
    pub(crate) key: &'k [u8],
    /// The key's hash.
    pub(crate) hash: KeyHash,
    /// Whether the key has no value from here on.
    deletes: bool,
    /// The record that the key had, if it had one.
    pub(crate) from: Option<At>,
    /// The record of the change: `Some` by the time of [`apply`](Index::apply).
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
}

impl Index {
    /// The index of these places and keys, in these files.
    pub(crate) fn new(places: PlacesByShard, keys: Keys, files: &[Arc<DataFile>]) -> Self {
        let files = files.iter().map(|file| (file.number(), Arc::clone(file)));
        let places = Places {
            keydirs: places.into_keydirs(),
            files: copies(&files.collect()),
        };
        Index {
            places: ShardedLock::new(places),
            keys: RwLock::new(keys),
        }
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
            let places = self.places.read();
            let mut found = places.keydirs[shard_of(hash)].places(hash);
            let Some(first) = found.next() else {
                return Ok(None);
            };
            let others: Vec<Place> = found.collect();
            (first, others, Arc::clone(places.files()))
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

    /// Adds to `places` where the newest record of each of these keys is, all of
    /// them at one moment, and answers the files that these places are in. Where
    /// several keys have the same hash, the place may be that of another one.
    pub(crate) fn places_of<'k>(
        &self,
        keys: impl Iterator<Item = &'k [u8]>,
        places: &mut Vec<Option<Place>>,
    ) -> Arc<Files> {
        let now = self.places.read();
        places.extend(keys.map(|key| {
            let hash = KeyHash::of(key);
            now.keydirs[shard_of(hash)].places(hash).next()
        }));
        Arc::clone(now.files())
    }

    /// Makes these moves, no two of them of one key, at one moment for whoever
    /// looks a key up. One thread at a time may change the index.
    ///
    /// A new key is among the keys before that moment, and a key that goes stays
    /// among them until after it. A scan looks up each key that it finds there, so
    /// it misses none that an earlier lookup has shown.
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
        {
            let mut places = self.places.write();
            moves.iter().for_each(|step| places.make(step));
        }
        if moves.iter().any(|step| is_gone(&step)) {
            let mut keys = self.keys.write();
            moves
                .iter()
                .filter(is_gone)
                .for_each(|step| keys.remove(step.key));
        }
    }

    /// Forgets a key whose record stands there, unless it has another by now.
    ///
    /// # Exercise 2.14
    pub(crate) fn forget(&self, key: &[u8], hash: KeyHash, at: At) {
        {
            let mut places = self.places.write();
            if !places.keydirs[shard_of(hash)].remove(hash, at.place) {
                return;
            }
            let file = &places.files()[&at.place.file];
            file.dies(at.len);
            // It hides what is older, as a tombstone does.
            file.buries(at.len);
        }
        self.keys.write().remove(key);
    }

    /// Follows records that were copied, unless their keys have others by now.
    ///
    /// # Exercise 2.13
    pub(crate) fn follow(&self, copies: &[Copied]) {
        let mut places = self.places.write();
        for &Copied { hash, from, to } in copies {
            if places.keydirs[shard_of(hash)].replace(hash, from, to.place) {
                places.files()[&from.file].dies(to.len);
                places.files()[&to.place.file].lives(to.len);
            }
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
        Arc::clone(self.places.read().files())
    }

    /// Adds a data file, before a keydir leads to anything in it.
    pub(crate) fn add_file(&self, file: &Arc<DataFile>) {
        self.change_files(|files| drop(files.insert(file.number(), Arc::clone(file))));
    }

    /// Removes a data file, once no keydir leads to anything in it.
    pub(crate) fn remove_file(&self, number: u32) {
        self.change_files(|files| drop(files.remove(&number)));
    }

    fn change_files(&self, change: impl FnOnce(&mut Files)) {
        let mut places = self.places.write();
        let mut files = Files::clone(places.files());
        change(&mut files);
        places.files = copies(&files);
    }
}

/// Which of the keydirs the keys of this hash are in.
fn shard_of(hash: KeyHash) -> usize {
    usize::from(hash.shard)
}

fn copies(files: &Files) -> Vec<Arc<Files>> {
    (0..PLACES).map(|_| Arc::new(files.clone())).collect()
}

impl Places {
    /// The files, in the copy for this thread.
    fn files(&self) -> &Arc<Files> {
        &self.files[place_of_this_thread()]
    }

    /// Makes one move, and counts what lives in the files and what does not.
    fn make(&mut self, step: &Move<'_>) {
        let files = &self.files[place_of_this_thread()];
        let keydir = &mut self.keydirs[shard_of(step.hash)];
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
    /// With room for this many places, more or less.
    pub(crate) fn with_capacity(places: usize) -> Self {
        // The hash spreads them over the shards, but not evenly.
        let each = places / SHARDS * 9 / 8;
        PlacesByShard((0..SHARDS).map(|_| Vec::with_capacity(each)).collect())
    }

    /// Adds the place of a key that has none.
    pub(crate) fn push(&mut self, hash: KeyHash, place: Place) {
        self.0[shard_of(hash)].push((hash, place));
    }

    /// Makes one keydir after the other, each while it is in the processor's
    /// cache: filled in the order of the keys, every slot would have to come
    /// from memory.
    fn into_keydirs(self) -> Vec<Keydir> {
        let keydir = |places: Vec<(KeyHash, Place)>| {
            let mut keydir = Keydir::with_capacity(places.len());
            let places = places.into_iter();
            places.for_each(|(hash, place)| keydir.insert(hash, place));
            keydir
        };
        self.0.into_iter().map(keydir).collect()
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
