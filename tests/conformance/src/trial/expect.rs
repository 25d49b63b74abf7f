//! What may be found on a disk, depending on where its history was cut.

use std::sync::Arc;

use engine::{Durability, Entry};

use crate::model::{Batch, Contents};
use crate::sim::fingerprint;

/// Entries, and a number that differs where they differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) contents: Contents,
    pub(crate) fingerprint: u128,
}

impl State {
    pub(crate) fn new(contents: Contents) -> Self {
        let fingerprint = fingerprint_of(contents.iter());
        State {
            contents,
            fingerprint,
        }
    }

    /// The state that `entries` are, where their keys are in order.
    pub(crate) fn fingerprint_of_entries(entries: &[Entry]) -> u128 {
        fingerprint_of(entries.iter().map(|(key, value)| (key, value)))
    }

    pub(crate) fn entries(&self) -> Vec<Entry> {
        let owned = |(key, value): (&Vec<u8>, &Vec<u8>)| (key.clone(), value.clone());
        self.contents.iter().map(owned).collect()
    }
}

fn fingerprint_of<'e>(entries: impl Iterator<Item = (&'e Vec<u8>, &'e Vec<u8>)>) -> u128 {
    let parts: Vec<&[u8]> = entries
        .flat_map(|(key, value)| [key.as_slice(), value.as_slice()])
        .collect();
    fingerprint(&parts)
}

/// Why the writes up to some one may not be lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// Nothing was promised yet.
    Nothing,
    /// A sync succeeded.
    Synced,
    /// The engine was opened with `Durability::Always`, or with `Os` and only
    /// killed.
    Written,
    /// An opening had shown them.
    Shown,
}

/// What is known at one place in a disk's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    /// How many changes the disk had taken in by then.
    pub(crate) at: usize,
    /// The first state that a power cut may leave, and why none before it.
    pub(crate) power: (usize, Why),
    /// The first state that the process's death may leave, and why.
    pub(crate) death: (usize, Why),
    /// The last state that may be left.
    pub(crate) last: usize,
    /// How many operations of the script had begun.
    pub(crate) begun: usize,
}

/// What may be found, as a script goes on: the states in the order of the
/// writes, and from where to where in them one may land.
#[derive(Debug, Clone)]
pub(crate) struct Expected {
    pub(crate) states: Vec<Arc<State>>,
    pub(crate) marks: Vec<Mark>,
    /// The states that reading may show now.
    visible: Vec<usize>,
    /// The fingerprints of states that a failed write would have led to.
    pub(crate) refused: Vec<u128>,
    /// What would be there now if failed writes had happened after all.
    ghosts: Vec<Contents>,
    /// A sync of the device has failed at some time.
    pub(crate) sync_failed: bool,
}

/// What ended the use of a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    PowerCut,
    Death,
}

impl Expected {
    /// Nothing but `state` may be found.
    pub(crate) fn new(state: Arc<State>) -> Self {
        Expected {
            states: vec![state],
            marks: vec![Mark {
                at: 0,
                power: (0, Why::Nothing),
                death: (0, Why::Nothing),
                last: 0,
                begun: 0,
            }],
            visible: Vec::new(),
            refused: Vec::new(),
            ghosts: Vec::new(),
            sync_failed: false,
        }
    }

    /// What may be found on a disk whose history `mark` has cut off.
    pub(crate) fn resumed(&self, mark: &Mark) -> Self {
        let mark = Mark {
            at: 0,
            begun: 0,
            ..*mark
        };
        Expected {
            states: self.states.clone(),
            marks: vec![mark],
            visible: Vec::new(),
            refused: self.refused.clone(),
            ghosts: Vec::new(),
            sync_failed: self.sync_failed,
        }
    }

    /// What is known now.
    pub(crate) fn now(&self) -> Mark {
        *self.marks.last().expect("there is a mark from the start")
    }

    /// What is known where the disk had taken in `at` changes: the last of
    /// what became known by then.
    pub(crate) fn at(&self, at: usize) -> Mark {
        let behind = self.marks.partition_point(|mark| mark.at <= at);
        self.marks[behind - 1]
    }

    /// The states that `end` may leave where `mark` is known.
    pub(crate) fn left(&self, mark: &Mark, end: End) -> &[Arc<State>] {
        let (first, _) = mark.first(end);
        &self.states[first..=mark.last]
    }

    /// What may be shown of a disk that shows `shown` when it is whole, and
    /// of which some part is damaged: nothing older than what had been synced
    /// when a write began that survived.
    pub(crate) fn proven(&self, shown: u128) -> Vec<Arc<State>> {
        let is_shown = |state: &Arc<State>| state.fingerprint == shown;
        let Mark { power, last, .. } = self.now();
        let left = &self.states[power.0..=last];
        // Where writes led away and back again, it is not known whether they
        // survived: no proof rests on them, and yet they may be what was damaged.
        let earliest = left.iter().position(is_shown);
        let earliest = self.first_of_same(earliest.map_or(last, |behind| power.0 + behind));
        let latest = left.iter().rposition(is_shown);
        let latest = self.first_of_same(latest.map_or(last, |behind| power.0 + behind));
        let before = self.marks.iter().take_while(|mark| mark.last < earliest);
        let first = before.map(|mark| mark.power.0).max().unwrap_or(0);
        self.states[first..=latest].to_vec()
    }

    /// The first of the states that are the same, one after the other, up to
    /// this one. A write that changes nothing may have left nothing.
    fn first_of_same(&self, place: usize) -> usize {
        let differs = |state: &Arc<State>| state.fingerprint != self.states[place].fingerprint;
        let before = self.states[..place].iter().rposition(differs);
        before.map_or(0, |before| before + 1)
    }

    /// The states that reading may show.
    pub(crate) fn visible(&self) -> impl Iterator<Item = &Arc<State>> {
        self.visible.iter().map(|&place| &self.states[place])
    }

    fn mark(&mut self, at: usize, begun: usize, change: impl FnOnce(&mut Mark)) {
        let mut mark = Mark {
            at,
            begun,
            ..self.now()
        };
        change(&mut mark);
        self.marks.push(mark);
    }

    /// An operation begins.
    pub(crate) fn begins(&mut self, at: usize, begun: usize) {
        self.mark(at, begun, |_| {});
    }

    /// An opening succeeded and shows `state`, which is durable from now on.
    pub(crate) fn opened(&mut self, at: usize, begun: usize, state: Arc<State>) {
        self.states.push(state);
        self.ghosts.clear();
        let last = self.states.len() - 1;
        self.visible = vec![last];
        self.mark(at, begun, |mark| {
            mark.power = (last, Why::Shown);
            mark.death = (last, Why::Shown);
            mark.last = last;
        });
    }

    /// A write of `batch` begins: it may be found from now on.
    pub(crate) fn writing(&mut self, at: usize, begun: usize, batch: &Batch) {
        let visible = std::mem::take(&mut self.visible);
        for &place in &visible {
            let mut contents = self.states[place].contents.clone();
            batch.apply(&mut contents);
            self.states.push(Arc::new(State::new(contents)));
        }
        for ghost in &mut self.ghosts {
            batch.apply(ghost);
            self.refused.push(State::new(ghost.clone()).fingerprint);
        }
        let last = self.states.len() - 1;
        self.visible = visible;
        self.mark(at, begun, |mark| mark.last = last);
    }

    /// How many states the write that began last added.
    fn added(&self) -> std::ops::Range<usize> {
        self.states.len() - self.visible.len()..self.states.len()
    }

    /// That write succeeded.
    pub(crate) fn written(&mut self, at: usize, begun: usize, durability: Durability) {
        self.visible = self.added().collect();
        let first = self.visible[0];
        self.mark(at, begun, |mark| {
            if durability >= Durability::Os {
                mark.death = (first, Why::Written);
            }
            if durability >= Durability::Always {
                mark.power = (first, Why::Written);
            }
        });
    }

    /// That write failed, and leaves no trace: until now it could be found,
    /// from now on it cannot. Those states that still can are listed again
    /// after it, so that they stay neighbours.
    pub(crate) fn failed(&mut self, at: usize, begun: usize) {
        let now = self.now();
        let added = self.added();
        for state in &self.states[added.clone()] {
            self.refused.push(state.fingerprint);
            self.ghosts.push(state.contents.clone());
        }
        let last = added.start - 1;
        let first = now.power.0.min(now.death.0);
        let shift = self.states.len() - first;
        self.states.extend_from_within(first..=last);
        for place in &mut self.visible {
            *place += shift;
        }
        self.mark(at, begun, |mark| {
            mark.power.0 += shift;
            mark.death.0 += shift;
            mark.last = last + shift;
        });
    }

    /// That write may have happened or not.
    pub(crate) fn unknown(&mut self, at: usize, begun: usize) {
        let added = self.added();
        self.visible.extend(added);
        self.mark(at, begun, |_| {});
    }

    /// What is visible was synced.
    pub(crate) fn synced(&mut self, at: usize, begun: usize) {
        let first = self.visible[0];
        self.mark(at, begun, |mark| {
            mark.power = (first, Why::Synced);
            mark.death = (first, Why::Synced);
        });
    }

    /// A device that failed to sync may have lost what the system held.
    pub(crate) fn device_failed(&mut self, at: usize, begun: usize) {
        self.mark(at, begun, |mark| mark.death = mark.power);
    }
}

impl Mark {
    /// The first state that `end` may leave, and why.
    pub(crate) fn first(&self, end: End) -> (usize, Why) {
        match end {
            End::PowerCut => self.power,
            End::Death => self.death,
        }
    }
}
