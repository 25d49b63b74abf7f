//! Some keys of a scan, and where their records are.

use std::sync::Arc;

use engine::{KeyRange, Order, Result};

use crate::index::{Files, Index};
use crate::place::Place;
use crate::record::Record;

/// Keys that were copied together, and looked up together.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    /// The keys, back to back, and where each ends.
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// Where each of them had its record; `None` for a key that was gone.
    places: Vec<Option<Place>>,
    /// The files that these places are in.
    files: Arc<Files>,
}

impl Chunk {
    /// Copies the first `len` keys of `range`, in `order`, and looks them up.
    ///
    /// The records are fetched from memory here, all of them at once. Whoever
    /// reads one after the other waits for each: neighbours in the order are no
    /// neighbours on disk.
    pub(crate) fn fill(&mut self, index: &Index, range: &KeyRange<'_>, order: Order, len: usize) {
        let Chunk {
            bytes,
            ends,
            places,
            files,
        } = self;
        bytes.clear();
        ends.clear();
        places.clear();
        index.visit(range, order, |key| {
            bytes.extend_from_slice(key);
            ends.push(bytes.len());
            ends.len() < len
        });
        let keys = (0..ends.len()).map(|index| key(bytes, ends, index));
        *files = index.places_of(keys, places);
        for place in places.iter().flatten() {
            files[&place.file].fetch(place.offset);
        }
    }

    /// How many keys there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The key at `index`.
    pub(crate) fn key(&self, index: usize) -> &[u8] {
        key(&self.bytes, &self.ends, index)
    }

    /// Calls `look` with the record that was found for the key at `index`, if
    /// one was. It is its newest record, or of another key of the same hash.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](engine::Error::Corrupt) and
    /// [`Error::Io`](engine::Error::Io).
    pub(crate) fn read<T>(
        &self,
        index: usize,
        look: impl FnOnce(&Record<'_>) -> T,
    ) -> Result<Option<T>> {
        let Some(place) = self.places[index] else {
            return Ok(None);
        };
        self.files[&place.file].read(place.offset, look).map(Some)
    }
}

fn key<'k>(bytes: &'k [u8], ends: &[usize], index: usize) -> &'k [u8] {
    let start = match index {
        0 => 0,
        _ => ends[index - 1],
    };
    &bytes[start..ends[index]]
}
