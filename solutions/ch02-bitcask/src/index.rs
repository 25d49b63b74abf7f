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

/// Where all records are.
#[derive(Debug)]
pub(crate) struct Index {
    places: RwLock<Places>,
    keys: RwLock<Keys>,
}

/// The keydir, and the files that its places are in. One lock holds both, so
/// that no place is ever in a file that is not there.
#[derive(Debug)]
pub(crate) struct Places {
    pub(crate) keydir: Keydir,
    pub(crate) files: Arc<Files>,
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
}

impl Index {
    pub(crate) fn new(keydir: Keydir, keys: Keys, files: Vec<Arc<DataFile>>) -> Self {
        let files = files.into_iter().map(|file| (file.number(), file));
        let files = Arc::new(files.collect());
        Index {
            places: RwLock::new(Places { keydir, files }),
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
    /// # Exercise 2.4
    pub(crate) fn find<T>(
        &self,
        key: &[u8],
        hash: KeyHash,
        mut look: impl FnMut(At, &Record<'_>) -> T,
    ) -> Result<Option<T>> {
        let (first, others, files) = {
            let places = self.places.read();
            let mut found = places.keydir.places(hash);
            let Some(first) = found.next() else {
                return Ok(None);
            };
            let others: Vec<Place> = found.collect();
            (first, others, Arc::clone(&places.files))
        };
        for place in std::iter::once(first).chain(others) {
            let file = &files[&place.file];
            let found = file.read(place.offset, |record| {
                let len = record.len() as u32;
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
    /// # Exercise 2.4
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

    fn move_places(&self, moves: &[Move<'_>]) {
        let mut places = self.places.write();
        let Places { keydir, files } = &mut *places;
        for step in moves {
            if let Some(from) = step.from {
                files[&from.place.file].dies(from.len);
            }
            let Some(to) = step.to else { continue };
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

    /// Forgets a key whose record stands there, unless it has another by now.
    pub(crate) fn forget(&self, key: &[u8], hash: KeyHash, at: At) {
        {
            let mut places = self.places.write();
            if !places.keydir.remove(hash, at.place) {
                return;
            }
            let file = &places.files[&at.place.file];
            file.dies(at.len);
            // It hides what is older, as a tombstone does.
            file.buries(at.len);
        }
        self.keys.write().remove(key);
    }

    /// Follows records that were copied, unless their keys have others by now.
    ///
    /// # Exercise 2.12
    pub(crate) fn follow(&self, copies: &[Copied]) {
        let mut places = self.places.write();
        let Places { keydir, files } = &mut *places;
        for &Copied { hash, from, to } in copies {
            if keydir.replace(hash, from, to.place) {
                files[&from.file].dies(to.len);
                files[&to.place.file].lives(to.len);
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
        Arc::clone(&self.places.read().files)
    }

    /// Adds a data file, before the keydir leads to anything in it.
    pub(crate) fn add_file(&self, file: &Arc<DataFile>) {
        self.change_files(|files| {
            files.insert(file.number(), Arc::clone(file));
        });
    }

    /// Removes a data file, after the keydir led to anything in it.
    pub(crate) fn remove_file(&self, number: u32) {
        self.change_files(|files| {
            files.remove(&number);
        });
    }

    fn change_files(&self, change: impl FnOnce(&mut Files)) {
        let mut places = self.places.write();
        let mut files = Files::clone(&places.files);
        change(&mut files);
        places.files = Arc::new(files);
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
