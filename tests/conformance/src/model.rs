//! What a correct engine would hold: a `BTreeMap`, and what of it is durable.

use std::collections::BTreeMap;
use std::ops::Bound;

use engine::{Durability, Entry, KeyRange, Order, Write};

/// Entries, as an engine should hold them.
pub type Contents = BTreeMap<Vec<u8>, Vec<u8>>;

/// A batch that owns its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Batch(pub Vec<Change>);

/// One change of a [`Batch`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The key.
    pub key: Vec<u8>,
    /// Its new value, or `None` where it is deleted.
    pub value: Option<Vec<u8>>,
}

impl Batch {
    /// The batch as [`write`](engine::StorageEngine::write) takes it.
    pub fn writes(&self) -> Vec<Write<'_>> {
        self.0.iter().map(Change::as_write).collect()
    }

    /// Makes the batch's changes to `contents`, in their order.
    pub fn apply(&self, contents: &mut Contents) {
        for Change { key, value } in &self.0 {
            match value {
                Some(value) => contents.insert(key.clone(), value.clone()),
                None => contents.remove(key),
            };
        }
    }
}

impl Change {
    /// The change as an engine takes it.
    pub fn as_write(&self) -> Write<'_> {
        match &self.value {
            Some(value) => Write::put(&self.key, value),
            None => Write::delete(&self.key),
        }
    }
}

/// What can end an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ending {
    /// It was closed.
    Closed,
    /// It was dropped: destructors ran, nothing was synced.
    Dropped,
    /// Its process was killed: nothing of it ran any more.
    Killed,
    /// The power was lost.
    PowerCut,
}

/// What a correct engine holds, and what of it would survive.
#[derive(Debug, Clone)]
pub struct Model {
    durability: Durability,
    contents: Contents,
    /// The entries when last everything was durable, and the batches since.
    durable: Contents,
    unsynced: Vec<Batch>,
}

impl Model {
    /// The model of an empty engine, opened with `durability`.
    pub fn new(durability: Durability) -> Self {
        Model {
            durability,
            contents: Contents::new(),
            durable: Contents::new(),
            unsynced: Vec::new(),
        }
    }

    /// The entries now.
    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    /// The value under `key`.
    pub fn get(&self, key: &[u8]) -> Option<&[u8]> {
        self.contents.get(key).map(Vec::as_slice)
    }

    /// What a scan yields.
    pub fn scan(&self, range: &KeyRange<'_>, order: Order) -> Vec<Entry> {
        scan(&self.contents, range, order)
    }

    /// Takes note of a write that succeeded.
    pub fn write(&mut self, batch: Batch) {
        batch.apply(&mut self.contents);
        self.unsynced.push(batch);
    }

    /// Takes note of a sync that succeeded.
    pub fn synced(&mut self) {
        self.durable.clone_from(&self.contents);
        self.unsynced.clear();
    }

    /// The entries that may be found after `ending`: the states after each
    /// prefix of the writes that holds every one which had to survive, the
    /// shortest first.
    pub fn survivors(&self, ending: Ending) -> Vec<Contents> {
        let all_survive = match ending {
            Ending::Closed => true,
            Ending::Dropped | Ending::Killed => self.durability >= Durability::Os,
            Ending::PowerCut => self.durability >= Durability::Always,
        };
        if all_survive {
            return vec![self.contents.clone()];
        }
        let mut states = vec![self.durable.clone()];
        for batch in &self.unsynced {
            let mut next = states.last().cloned().unwrap_or_default();
            batch.apply(&mut next);
            states.push(next);
        }
        states
    }

    /// Goes on from `found`, which a successful opening has shown and which is
    /// therefore durable.
    pub fn reopened(&mut self, found: Contents) {
        self.contents = found;
        self.synced();
    }
}

/// What a scan of `contents` yields.
pub fn scan(contents: &Contents, range: &KeyRange<'_>, order: Order) -> Vec<Entry> {
    // `BTreeMap::range` panics on inverted bounds.
    if range.is_empty() {
        return Vec::new();
    }
    let bounds: (Bound<&[u8]>, Bound<&[u8]>) = (range.start(), range.end());
    let owned = |(key, value): (&Vec<u8>, &Vec<u8>)| (key.clone(), value.clone());
    let entries = contents.range::<[u8], _>(bounds).map(owned);
    match order {
        Order::Ascending => entries.collect(),
        Order::Descending => entries.rev().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(key: &str, value: &str) -> Batch {
        Batch(vec![Change {
            key: key.into(),
            value: Some(value.into()),
        }])
    }

    #[test]
    fn what_may_be_lost_is_a_suffix_of_the_unsynced_writes() {
        let mut model = Model::new(Durability::Buffered);
        model.write(put("a", "1"));
        model.synced();
        model.write(put("b", "2"));
        model.write(put("a", "3"));
        let sizes = |ending| {
            let states = model.survivors(ending);
            states.iter().map(Contents::len).collect::<Vec<_>>()
        };
        assert_eq!(sizes(Ending::Closed), [2]);
        assert_eq!(sizes(Ending::Killed), [1, 2, 2]);
        assert_eq!(sizes(Ending::PowerCut), [1, 2, 2]);
    }

    #[test]
    fn a_stronger_durability_loses_less() {
        for (durability, ending, states) in [
            (Durability::Buffered, Ending::Dropped, 2),
            (Durability::Os, Ending::Dropped, 1),
            (Durability::Os, Ending::PowerCut, 2),
            (Durability::Always, Ending::PowerCut, 1),
        ] {
            let mut model = Model::new(durability);
            model.write(put("a", "1"));
            let survivors = model.survivors(ending).len();
            assert_eq!(survivors, states, "{durability:?} {ending:?}");
        }
    }
}
