//! Histories, and whether one order explains them.
//!
//! The search is that of Wing and Gong, with the memory that Lowe added: take
//! an operation that nothing unexplained had finished before, see whether it
//! agrees with the state so far, and go on from there; a set of explained
//! operations that led to the same state once is not tried again.

use std::collections::HashSet;

use super::picture::Bar;

/// How many keys a history speaks of.
pub(crate) const KEYS: usize = 3;

/// What each key holds: the stamp of a write, or nothing.
pub(crate) type State = [Option<u32>; KEYS];

/// One operation, from its call to its return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) thread: usize,
    pub(crate) call: u64,
    pub(crate) end: u64,
    pub(crate) action: Action,
}

/// What an operation did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    /// Wrote a batch of changes: a key, and its new stamp or none.
    Write(Vec<(usize, Option<u32>)>),
    /// Looked a key up and found that.
    Get(usize, Option<u32>),
    /// Looked at every key at one moment and found these.
    Scan(State),
}

/// The most events that a history may have.
pub(crate) const EVENTS_MAX: usize = 32;

/// Answers whether some order of `events`, in which none comes before one that
/// had ended when it was called, leads from `initial` to every answer.
pub(crate) fn has_one_order(events: &[Event], initial: State) -> bool {
    is_reached(events, initial, |done, _| done == all(events.len()))
}

/// Answers whether a prefix of some such order leads from `initial` to `left`.
/// Every event in `needed`, a mask, has to be in it.
pub(crate) fn has_prefix(events: &[Event], initial: State, needed: u32, left: State) -> bool {
    is_reached(events, initial, |done, state| {
        done & needed == needed && state == left
    })
}

/// All of so many events, as a mask.
fn all(events: usize) -> u32 {
    assert!(events <= EVENTS_MAX, "a history fits a mask");
    (0..events).fold(0, |mask, at| mask | 1 << at)
}

/// Answers whether some order leads from `initial` to explained events, as a
/// mask, and a state that are what is `wanted`.
fn is_reached(events: &[Event], initial: State, wanted: impl Fn(u32, State) -> bool) -> bool {
    let all = all(events.len());
    let mut seen = HashSet::new();
    let mut open = vec![(0_u32, initial)];
    while let Some((done, state)) = open.pop() {
        if wanted(done, state) {
            return true;
        }
        if done == all || !seen.insert((done, state)) {
            continue;
        }
        let left = || (0..events.len()).filter(|at| done & (1 << at) == 0);
        let first_end = left().map(|at| events[at].end).min();
        let next = left().filter(|at| Some(events[*at].call) <= first_end);
        open.extend(next.filter_map(|at| Some((done | 1 << at, after(&events[at], state)?))));
    }
    false
}

/// The state after `event`, unless it contradicts the state before.
fn after(event: &Event, mut state: State) -> Option<State> {
    match &event.action {
        Action::Write(changes) => {
            for (key, stamp) in changes {
                state[*key] = *stamp;
            }
            Some(state)
        }
        Action::Get(key, found) => (state[*key] == *found).then_some(state),
        Action::Scan(found) => (state == *found).then_some(state),
    }
}

/// The fewest events found that still have no order.
///
/// A read can always be left out: others do not depend on it. A write can be
/// left out when no read that is left has found anything of it.
pub(crate) fn smallest(events: &[Event], initial: State) -> Vec<Event> {
    let mut events = events.to_vec();
    let mut at = 0;
    while at < events.len() {
        let event = events.remove(at);
        let found = |stamp: Option<u32>, key: usize| {
            let mut others = events.iter();
            others.any(|other| match &other.action {
                Action::Get(of, found) => (*of, *found) == (key, stamp),
                Action::Scan(found) => found[key] == stamp,
                Action::Write(_) => false,
            })
        };
        let matters = match &event.action {
            Action::Get(..) | Action::Scan(_) => false,
            Action::Write(changes) => changes.iter().any(|(key, stamp)| found(*stamp, *key)),
        };
        if matters || has_one_order(&events, initial) {
            events.insert(at, event);
            at += 1;
        } else {
            // What was kept for this one's sake may be superfluous now.
            at = 0;
        }
    }
    events
}

impl Event {
    /// The event, to be drawn.
    pub(super) fn bar(&self) -> Bar {
        let key = |key: &usize| char::from(b'a' + u8::try_from(*key).expect("keys are few"));
        let change = |(k, stamp): &(usize, Option<u32>)| match stamp {
            Some(stamp) => format!("put {} {stamp}", key(k)),
            None => format!("delete {}", key(k)),
        };
        let label = match &self.action {
            Action::Write(changes) => match &changes[..] {
                [only] => change(only),
                _ => {
                    let changes: Vec<String> = changes.iter().map(change).collect();
                    format!("write [{}]", changes.join(", "))
                }
            },
            Action::Get(k, Some(stamp)) => format!("get {} → {stamp}", key(k)),
            Action::Get(k, None) => format!("get {} → absent", key(k)),
            Action::Scan(found) => {
                let entry = |(k, stamp): (usize, &Option<u32>)| {
                    stamp.map(|stamp| format!("{} {stamp}", key(&k)))
                };
                let entries = found.iter().enumerate().filter_map(entry);
                format!("scan .. → {}", entries.collect::<Vec<_>>().join(", "))
            }
        };
        Bar::new(self.thread, label, self.call, self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(thread: usize, key: usize, stamp: u32, call: u64, end: u64) -> Event {
        let action = Action::Write(vec![(key, Some(stamp))]);
        Event {
            thread,
            call,
            end,
            action,
        }
    }

    fn get(thread: usize, key: usize, stamp: u32, call: u64, end: u64) -> Event {
        let action = Action::Get(key, Some(stamp));
        Event {
            thread,
            call,
            end,
            action,
        }
    }

    const EMPTY: State = [None; KEYS];

    #[test]
    fn a_read_beside_a_write_may_find_either_value_but_not_go_back() {
        let one = put(0, 0, 1, 0, 1);
        let two = put(0, 0, 2, 2, 9);
        let new = get(1, 0, 2, 3, 4);
        let old = get(1, 0, 1, 5, 6);
        let order = |events: &[&Event]| {
            let events: Vec<Event> = events.iter().copied().cloned().collect();
            has_one_order(&events, EMPTY)
        };
        assert!(order(&[&one, &two, &new]));
        assert!(order(&[&one, &two, &old]));
        assert!(!order(&[&one, &two, &new, &old]));
    }

    #[test]
    fn half_a_batch_has_no_order() {
        let batch = Event {
            action: Action::Write(vec![(0, Some(7)), (1, Some(7))]),
            ..put(0, 0, 0, 10, 20)
        };
        let whole = [batch.clone(), get(1, 0, 7, 11, 12), get(1, 1, 7, 13, 14)];
        assert!(has_one_order(&whole, [Some(1), Some(1), None]));
        let half = [batch, get(1, 0, 7, 11, 12), get(1, 1, 1, 13, 14)];
        assert!(!has_one_order(&half, [Some(1), Some(1), None]));
    }

    #[test]
    fn what_was_looked_at_at_one_moment_was_there_at_one() {
        let scan = |found| Event {
            action: Action::Scan(found),
            ..get(1, 0, 0, 1, 8)
        };
        // Two writes, one after the other, and a scan beside both.
        let writes = [put(0, 0, 1, 0, 3), put(0, 1, 2, 4, 9)];
        let has_order = |found| {
            let events = [&writes[..], &[scan(found)]].concat();
            has_one_order(&events, EMPTY)
        };
        assert!(has_order([None, None, None]));
        assert!(has_order([Some(1), None, None]));
        assert!(has_order([Some(1), Some(2), None]));
        assert!(!has_order([None, Some(2), None]));
    }

    #[test]
    fn a_prefix_holds_what_it_must_and_no_hole() {
        // The first two are beside each other, the third is behind both.
        let events = [put(0, 0, 1, 0, 9), put(1, 1, 2, 1, 8), put(0, 2, 3, 10, 11)];
        let left = |a, b, c| [a, b, c].map(|stamp: u32| (stamp > 0).then_some(stamp));
        let is_prefix = |needed, left| has_prefix(&events, EMPTY, needed, left);
        assert!(is_prefix(0, left(0, 0, 0)));
        assert!(is_prefix(0, left(1, 0, 0)));
        assert!(is_prefix(0, left(0, 2, 0)));
        assert!(is_prefix(0b001, left(1, 2, 0)));
        assert!(!is_prefix(0b001, left(0, 2, 0)));
        assert!(!is_prefix(0, left(1, 0, 3)));
        assert!(is_prefix(0b100, left(1, 2, 3)));
    }

    #[test]
    fn what_does_not_matter_is_left_out() {
        let events = [
            put(0, 0, 1, 0, 1),
            put(0, 1, 5, 2, 3),
            get(1, 1, 5, 4, 5),
            put(0, 0, 2, 6, 7),
            get(1, 0, 1, 8, 9),
            get(1, 0, 2, 10, 11),
        ];
        let left = smallest(&events, EMPTY);
        assert_eq!(
            left,
            [events[0].clone(), events[3].clone(), events[4].clone()]
        );
    }
}
