//! What the versioned map does, one step at a time, as it should be done. It
//! takes its steps through a `dyn Steps`, as the log engine does.

use std::ops::Bound;

use engine::{Entry, KeyRange, Order, Progress, Result, Write};

use super::{Map, Store, Version};
use crate::log_engine::table::{CHUNK, rest_of_range};

/// How many keys a step of maintenance takes versions from.
const PIECE: usize = 16;

/// What a default method hands on, which does not know who it is.
pub(crate) trait AsSteps {
    /// The same steps.
    fn as_steps(&self) -> &dyn Steps;
}

impl<S: Steps> AsSteps for S {
    fn as_steps(&self) -> &dyn Steps {
        self
    }
}

/// The steps that the versioned map takes. A wrong engine takes one of them
/// differently.
pub(crate) trait Steps: AsSteps + Send + Sync {
    /// Refuses a write that must not be made.
    fn check_write(&self, _store: &Store) -> Result<()> {
        Ok(())
    }

    /// Adds the changes of a batch, and publishes it.
    fn commit(&self, store: &Store, batch: &[Write<'_>]) {
        let mut map = store.map.write();
        let number = map.last + 1;
        for write in batch {
            self.add(&mut map, number, write);
        }
        map.last = number;
        *store.published.lock() = number;
    }

    /// Adds one change of a batch.
    fn add(&self, map: &mut Map, number: u64, write: &Write<'_>) {
        map.add(number, write);
    }

    /// Pins the moment of a scan.
    fn begin_scan(&self, store: &Store) -> u64 {
        self.begin(store)
    }

    /// Pins the moment of a snapshot.
    fn begin_snapshot(&self, store: &Store) -> u64 {
        self.begin(store)
    }

    /// Pins the moment that is now. The map stays locked meanwhile: nothing is
    /// collected between the look and the pin.
    fn begin(&self, store: &Store) -> u64 {
        let _map = store.map.read();
        let moment = *store.published.lock();
        self.pin(store, moment);
        moment
    }

    /// Pins a moment, once more if it is pinned.
    fn pin(&self, store: &Store, moment: u64) {
        *store.pins.lock().entry(moment).or_insert(0) += 1;
    }

    /// Unpins a moment; of several pins, one.
    fn end(&self, store: &Store, moment: u64) {
        let mut pins = store.pins.lock();
        let Some(count) = pins.get_mut(&moment) else {
            return;
        };
        *count -= 1;
        if *count == 0 {
            pins.remove(&moment);
        }
    }

    /// The moment that a scan or a snapshot reads at, which began at `began`.
    fn moment(&self, _store: &Store, began: u64) -> u64 {
        began
    }

    /// What a snapshot finds under a key.
    fn get<'m>(&self, map: &'m Map, key: &[u8], moment: u64) -> Option<&'m [u8]> {
        self.read(map.versions.get(key)?, moment)
    }

    /// The first entries of `range` that a scan finds behind `from`.
    fn chunk(
        &self,
        map: &Map,
        range: &KeyRange<'_>,
        order: Order,
        from: Bound<&[u8]>,
        moment: u64,
    ) -> Vec<Entry> {
        let rest = rest_of_range(range, order, from);
        if rest.is_empty() {
            return Vec::new(); // Asked for such a range, a BTreeMap panics.
        }
        let keys = map.versions.range::<[u8], _>((rest.start(), rest.end()));
        let entry = |(key, versions): (&Vec<u8>, &Vec<Version>)| {
            let value = self.read(versions, moment)?;
            Some((key.clone(), value.to_vec()))
        };
        match order {
            Order::Ascending => keys.filter_map(entry).take(CHUNK).collect(),
            Order::Descending => keys.rev().filter_map(entry).take(CHUNK).collect(),
        }
    }

    /// What was there at a moment: the newest version that is not newer.
    fn read<'v>(&self, versions: &'v [Version], moment: u64) -> Option<&'v [u8]> {
        let version = versions.iter().rfind(|version| version.number <= moment)?;
        version.value.as_deref()
    }

    /// Takes versions away that nobody reads, of a few keys.
    fn collect(&self, store: &Store) -> Progress {
        let mut map = store.map.write();
        let mut moments: Vec<u64> = store.pins.lock().keys().copied().collect();
        moments.push(map.last);
        let due: Vec<Vec<u8>> = map.due.iter().cloned().collect();
        let changed = due
            .iter()
            .filter(|key| prune(self.as_steps(), &mut map, key, &moments));
        match changed.take(PIECE).count() {
            0 => Progress::Idle,
            _ => Progress::Worked,
        }
    }

    /// Answers whether a version is read at one of these moments, which are in
    /// order and end with now. `next` is the number of the version behind it.
    fn is_needed(&self, number: u64, next: Option<u64>, moments: &[u64]) -> bool {
        let reads = |moment: &u64| number <= *moment && next.is_none_or(|next| *moment < next);
        moments.iter().any(reads)
    }

    /// Answers whether a delete may be taken away: where nothing is older, a
    /// key that was deleted and one that never was are the same.
    fn is_void(&self, older: usize, _newer: usize) -> bool {
        older == 0
    }
}

/// Takes versions of a key away, and answers whether there were some to take.
fn prune(steps: &dyn Steps, map: &mut Map, key: &[u8], moments: &[u64]) -> bool {
    let Some(versions) = map.versions.get_mut(key) else {
        return false;
    };
    let before = versions.len();
    let numbers: Vec<u64> = versions.iter().map(|version| version.number).collect();
    let mut next = numbers.iter().skip(1);
    versions.retain(|version| steps.is_needed(version.number, next.next().copied(), moments));
    let mut at = 0;
    while at < versions.len() {
        if versions[at].value.is_none() && steps.is_void(at, versions.len() - at - 1) {
            versions.remove(at);
        } else {
            at += 1;
        }
    }
    let left = versions.len();
    if left == 0 {
        map.versions.remove(key);
    }
    if left <= 1 {
        map.due.remove(key);
    }
    left < before
}

/// Every step as it should be.
pub(crate) struct Right;

impl Steps for Right {}
