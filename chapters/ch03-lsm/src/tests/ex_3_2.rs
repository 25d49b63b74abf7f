use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::rc::Rc;
use std::sync::Arc;

use engine::sync::atomic::{AtomicU64, Ordering};
use engine::{Order, Write};
use proptest::prelude::*;

use super::{comparisons, looking};
use crate::memtable::{Memtable, MemtableSource};
use crate::source::Source;

const ORDERS: [Order; 2] = [Order::Ascending, Order::Descending];

fn memtable() -> Arc<Memtable> {
    Arc::new(Memtable::new(1 << 20))
}

fn write<'w>(key: &'w [u8], value: Option<&'w [u8]>) -> Write<'w> {
    match value {
        Some(value) => Write::Put { key, value },
        None => Write::Delete { key },
    }
}

/// What a lookup finds: nothing, a tombstone or a value.
fn get(memtable: &Memtable, key: &[u8], seq: u64) -> Option<Option<Vec<u8>>> {
    let mut value = b"old".to_vec();
    let found = memtable.get(key, seq, &mut value)?;
    Some(found.then_some(value))
}

type Entry = (Vec<u8>, Option<Vec<u8>>);

fn shown(source: &MemtableSource) -> Option<Entry> {
    let value = source.value().map(<[u8]>::to_vec);
    match source.key() {
        Some(key) => Some((key.to_vec(), value)),
        None => {
            assert_eq!(value, None, "where there is no key is no value");
            None
        }
    }
}

/// All that a source shows from a bound on.
fn shown_from(source: &mut MemtableSource, to: Bound<&[u8]>) -> Vec<Entry> {
    source.seek(to).unwrap();
    let mut entries = Vec::new();
    while let Some(entry) = shown(source) {
        entries.push(entry);
        source.advance().unwrap();
    }
    source.advance().unwrap();
    assert_eq!(shown(source), None, "after the last one it stays");
    entries
}

/// The state of each key at some moment.
type State = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// What a source must show of a state from a bound on.
fn expected(state: &State, to: Bound<&[u8]>, order: Order) -> Vec<Entry> {
    let own = |(key, value): (&Vec<u8>, &Option<Vec<u8>>)| (key.clone(), value.clone());
    match order {
        Order::Ascending => state
            .range::<[u8], _>((to, Bound::Unbounded))
            .map(own)
            .collect(),
        Order::Descending => state
            .range::<[u8], _>((Bound::Unbounded, to))
            .rev()
            .map(own)
            .collect(),
    }
}

fn any_key() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop_oneof![Just(0), Just(b'a'), Just(0xff)], 0..4)
}

fn any_write() -> impl Strategy<Value = Entry> {
    (
        any_key(),
        prop::option::of(prop::collection::vec(any::<u8>(), 0..12)),
    )
}

proptest! {
    #[test]
    fn ex_3_2_each_moment_shows_the_writes_until_then(
        writes in prop::collection::vec(any_write(), 0..60),
        bounds in prop::collection::vec(any_key(), 1..4),
        first_seq in 0..2_u64,
        step in 1..3_u64,
    ) {
        let memtable = memtable();
        let mut states = vec![(0, State::new())];
        for (index, (key, value)) in (0..).zip(&writes) {
            let seq = first_seq + step * index;
            memtable.insert(seq, &write(key, value.as_deref()));
            let mut state = states[states.len() - 1].1.clone();
            state.insert(key.clone(), value.clone());
            if seq == 0 {
                states.clear();
            }
            states.push((seq, state));
        }
        prop_assert_eq!(memtable.is_empty(), writes.is_empty());
        states.push((u64::MAX, states[states.len() - 1].1.clone()));
        let keys: BTreeSet<_> = bounds.iter().chain(writes.iter().map(|(key, _)| key)).collect();
        for (seq, state) in &states {
            for key in &keys {
                prop_assert_eq!(get(&memtable, key, *seq), state.get(*key).cloned());
            }
            for order in ORDERS {
                let mut source = memtable.source(*seq, order);
                let bounds = bounds.iter().flat_map(|key| [Bound::Included(&key[..]), Bound::Excluded(key)]);
                for to in bounds.chain([Bound::Unbounded]) {
                    prop_assert_eq!(shown_from(&mut source, to), expected(state, to, order));
                }
            }
        }
    }
}

#[test]
fn ex_3_2_a_lookup_tells_a_tombstone_from_nothing() {
    let memtable = memtable();
    memtable.insert(5, &Write::put("k", ""));
    memtable.insert(7, &Write::delete("k"));
    assert_eq!(get(&memtable, b"k", 4), None);
    assert_eq!(get(&memtable, b"k", 5), Some(Some(vec![])));
    assert_eq!(get(&memtable, b"k", 6), Some(Some(vec![])));
    assert_eq!(get(&memtable, b"k", 7), Some(None));
    assert_eq!(get(&memtable, b"k", u64::MAX), Some(None));
    for other in ["", "j", "k\0", "kk", "l"] {
        assert_eq!(get(&memtable, other.as_bytes(), u64::MAX), None, "{other}");
    }
}

#[test]
fn ex_3_2_a_lookup_changes_what_it_is_handed_only_where_there_is_a_value() {
    let memtable = memtable();
    memtable.insert(1, &Write::put("put", "v"));
    memtable.insert(2, &Write::delete("deleted"));
    let mut value = b"what was there".to_vec();
    assert_eq!(memtable.get(b"absent", 2, &mut value), None);
    assert_eq!(memtable.get(b"deleted", 2, &mut value), Some(false));
    assert_eq!(value, b"what was there");
    assert_eq!(memtable.get(b"put", 2, &mut value), Some(true));
    assert_eq!(value, b"v");
}

#[test]
fn ex_3_2_a_fresh_source_stands_nowhere() {
    let memtable = memtable();
    memtable.insert(1, &Write::put("k", "v"));
    for order in ORDERS {
        let mut source = memtable.source(1, order);
        assert_eq!(shown(&source), None);
        source.advance().unwrap();
        assert_eq!(shown(&source), None);
        source.seek(Bound::Unbounded).unwrap();
        assert_eq!(shown(&source), Some((b"k".to_vec(), Some(b"v".to_vec()))));
    }
}

#[test]
fn ex_3_2_a_source_does_not_show_what_is_written_later() {
    let memtable = memtable();
    for (seq, key) in (1..).zip(["b", "d", "f"]) {
        memtable.insert(seq, &Write::put(key, "old"));
    }
    for order in ORDERS {
        let mut source = memtable.source(3, order);
        source.seek(Bound::Unbounded).unwrap();
        let first = memtable.bytes() as u64;
        for (seq, key) in (first..).zip(["a", "b", "c", "d", "e", "f", "g"]) {
            memtable.insert(seq, &Write::put(key, "new"));
        }
        let mut keys = String::new();
        while let Some((key, value)) = shown(&source) {
            assert_eq!(value.as_deref(), Some(&b"old"[..]));
            keys.push(char::from(key[0]));
            source.advance().unwrap();
        }
        let expected = ["bdf", "fdb"][usize::from(order == Order::Descending)];
        assert_eq!(keys, expected);
    }
}

#[test]
fn ex_3_2_a_key_that_was_written_often_costs_no_more_than_a_search() {
    let memtable = memtable();
    memtable.insert(1, &Write::put("a", "1"));
    memtable.insert(2, &Write::put("hot", "first"));
    memtable.insert(3, &Write::put("z", "1"));
    for seq in 4..30_000 {
        memtable.insert(seq, &Write::put("hot", "again"));
    }
    for (seq, order) in [3, 15_000, u64::MAX]
        .into_iter()
        .flat_map(|seq| ORDERS.map(|order| (seq, order)))
    {
        let mut source = memtable.source(seq, order);
        let compared = comparisons(|| {
            let shown = shown_from(&mut source, Bound::Unbounded);
            assert_eq!(shown.len(), 3);
        });
        assert!(compared < 400, "{compared} comparisons at {seq}, {order:?}");
    }
}

#[test]
fn ex_3_2_a_step_costs_one_comparison_ascending_and_two_searches_descending() {
    let memtable = memtable();
    let count = 20_000_u64;
    for number in 0..count {
        let key = format!("{:08}", number * 7919 % count);
        memtable.insert(number + 1, &Write::put(&key, "value"));
    }
    for (order, budget) in [(Order::Ascending, 1), (Order::Descending, 84)] {
        let mut source = memtable.source(u64::MAX, order);
        let compared = comparisons(|| {
            let shown = shown_from(&mut source, Bound::Unbounded);
            assert_eq!(shown.len() as u64, count);
        });
        let each = compared / count;
        assert!(each <= budget, "{each} comparisons a step, {order:?}");
    }
}

#[test]
fn ex_3_2_versions_that_are_too_new_are_passed_over_in_a_few_steps() {
    let memtable = memtable();
    let count = 2000_u64;
    for seq in 1..=2 * count {
        let key = format!("{:08}", seq * 7919 % count);
        memtable.insert(seq, &Write::put(&key, "value"));
    }
    let mut source = memtable.source(count, Order::Ascending);
    let compared = comparisons(|| {
        let shown = shown_from(&mut source, Bound::Unbounded);
        assert_eq!(shown.len() as u64, count);
    });
    let each = compared / count;
    // A search would cost more than ten.
    assert!(each <= 5, "{each} comparisons a step");
}

#[test]
fn ex_3_2_a_key_that_was_written_often_and_later_is_left_out_by_a_search() {
    let memtable = memtable();
    memtable.insert(1, &Write::put("a", "1"));
    memtable.insert(2, &Write::put("z", "1"));
    for seq in 3..10_000 {
        memtable.insert(seq, &Write::put("hot", "later"));
    }
    for order in ORDERS {
        let mut source = memtable.source(2, order);
        let compared = comparisons(|| {
            let shown = shown_from(&mut source, Bound::Unbounded);
            assert_eq!(shown.len(), 2);
        });
        assert!(compared < 400, "{compared} comparisons, {order:?}");
    }
}

#[test]
fn ex_3_2_a_source_allocates_nothing_from_step_to_step() {
    let memtable = memtable();
    for number in 0..1000 {
        let key = format!("{number:08}");
        memtable.insert(number + 1, &Write::put(&key, "value"));
    }
    for order in ORDERS {
        let mut source = memtable.source(u64::MAX, order);
        source.seek(Bound::Unbounded).unwrap();
        let allocated = allocation_counter::measure(|| {
            while source.key().is_some() {
                source.advance().unwrap();
            }
        });
        assert_eq!(allocated.count_total, 0, "{order:?}");
    }
}

#[test]
fn ex_3_2_a_memtable_outlives_its_owner_while_a_source_reads_it() {
    let memtable = memtable();
    memtable.insert(1, &Write::put("k", "v"));
    let mut source = memtable.source(1, Order::Ascending);
    drop(memtable);
    assert_eq!(shown_from(&mut source, Bound::Unbounded).len(), 1);
}

#[test]
fn ex_3_2_at_no_moment_of_an_insert_is_anything_missing() {
    let memtable = memtable();
    let state = Rc::new(RefCell::new(State::new()));
    let looked = Rc::new(Cell::new(0));
    for seq in 1..=150_u64 {
        let key = format!("{:03}", seq * 67 % 100).into_bytes();
        let look = {
            let (memtable, state) = (Arc::clone(&memtable), Rc::clone(&state));
            let (looked, key) = (Rc::clone(&looked), key.clone());
            move || {
                let state = state.borrow();
                for order in ORDERS {
                    let mut source = memtable.source(seq - 1, order);
                    let all = expected(&state, Bound::Unbounded, order);
                    assert_eq!(shown_from(&mut source, Bound::Unbounded), all);
                }
                for (key, value) in state.iter() {
                    assert_eq!(get(&memtable, key, seq - 1).as_ref(), Some(value));
                }
                // The new one is there already, or not yet, but never a part.
                let new = get(&memtable, &key, seq);
                let old = state.get(&key).cloned();
                assert!(new == old || new == Some(Some(seq.to_le_bytes().to_vec())));
                looked.set(looked.get() + 1);
            }
        };
        let value = seq.to_le_bytes();
        looking(look, || memtable.insert(seq, &Write::put(&key, &value)));
        state.borrow_mut().insert(key, Some(value.to_vec()));
    }
    assert!(looked.get() >= 2 * 150, "looked {} times", looked.get());
}

/// How many writes the tests with threads make. Under Miri, each is a thousand
/// times as slow.
const WRITES: u64 = if cfg!(miri) { 40 } else { 30_000 };
const KEYS: u64 = WRITES / 6;

/// The key of the write with this number, and whether it is a delete: the same
/// in each thread, so that each knows what it must find.
fn nth_write(seq: u64) -> (Vec<u8>, bool) {
    let number = seq.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    let key = number % KEYS;
    // Some end within a word, and some differ in their last byte alone.
    let len = 6 + number as usize % 9;
    let key = format!("{key:06}{}", "-".repeat(len - 6));
    (key.into_bytes(), number.is_multiple_of(5))
}

fn nth_value(seq: u64) -> Vec<u8> {
    let len = seq % 70;
    seq.to_le_bytes()
        .into_iter()
        .chain((0..len).map(|_| seq.to_le_bytes()[0]))
        .collect()
}

/// What a memtable must answer, at any moment.
struct Oracle {
    /// The numbers of each key's writes.
    writes: BTreeMap<Vec<u8>, Vec<(u64, bool)>>,
}

impl Oracle {
    fn new() -> Self {
        let mut writes = BTreeMap::<_, Vec<_>>::new();
        for seq in 1..=WRITES {
            let (key, deletes) = nth_write(seq);
            writes.entry(key).or_default().push((seq, deletes));
        }
        Oracle { writes }
    }

    /// The state of a key at a moment.
    fn state(&self, key: &[u8], seq: u64) -> Option<Option<Vec<u8>>> {
        let writes = &self.writes[key];
        let until = writes.partition_point(|(written, _)| *written <= seq);
        let (written, deletes) = writes[..until].last()?;
        Some((!deletes).then(|| nth_value(*written)))
    }

    /// The entries that a source shows at a moment from a key on.
    fn entries(&self, from: &[u8], order: Order, seq: u64) -> impl Iterator<Item = Entry> {
        let shown = move |(key, _): (&Vec<u8>, _)| Some((key.clone(), self.state(key, seq)?));
        let (from, none) = (Bound::Included(from), Bound::Unbounded);
        let (up, down) = match order {
            Order::Ascending => (Some(self.writes.range::<[u8], _>((from, none))), None),
            Order::Descending => (None, Some(self.writes.range::<[u8], _>((none, from)).rev())),
        };
        up.into_iter()
            .flatten()
            .chain(down.into_iter().flatten())
            .filter_map(shown)
    }
}

/// Reads while somebody writes, and compares each answer with the only right
/// one, until all is written and read.
fn read_along(memtable: &Arc<Memtable>, visible: &AtomicU64, oracle: &Oracle, reader: u64) {
    let keys: Vec<_> = oracle.writes.keys().collect();
    let mut round = reader;
    loop {
        // All writes up to this one happened before.
        let seq = visible.load(Ordering::Acquire);
        round = round.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        let key = keys[(round >> 33) as usize % keys.len()];
        assert_eq!(get(memtable, key, seq), oracle.state(key, seq), "at {seq}");
        let earlier = (round >> 20) % (seq + 1);
        let found = get(memtable, key, earlier);
        assert_eq!(
            found,
            oracle.state(key, earlier),
            "at {earlier}, after {seq}"
        );
        if round >> 60 == 0 || seq == WRITES {
            for order in ORDERS {
                let mut source = memtable.source(seq, order);
                source.seek(Bound::Included(key)).unwrap();
                for entry in oracle.entries(key, order, seq).take(20) {
                    assert_eq!(shown(&source), Some(entry), "at {seq}, {order:?}");
                    source.advance().unwrap();
                }
            }
        }
        if seq == WRITES {
            break;
        }
    }
}

#[test]
fn ex_3_2_who_reads_while_another_writes_sees_all_that_came_before_and_nothing_later() {
    let (memtable, visible, oracle) = (memtable(), AtomicU64::new(0), Oracle::new());
    std::thread::scope(|scope| {
        for reader in 1..=2 {
            let (memtable, visible, oracle) = (&memtable, &visible, &oracle);
            scope.spawn(move || read_along(memtable, visible, oracle, reader));
        }
        for seq in 1..=WRITES {
            let (key, deletes) = nth_write(seq);
            let value = nth_value(seq);
            memtable.insert(seq, &write(&key, (!deletes).then_some(&value)));
            visible.store(seq, Ordering::Release);
        }
    });
    for key in oracle.writes.keys() {
        assert_eq!(get(&memtable, key, WRITES), oracle.state(key, WRITES));
    }
}

#[test]
fn ex_3_2_a_source_shows_one_moment_while_another_writes() {
    let (memtable, visible, oracle) = (memtable(), AtomicU64::new(0), Oracle::new());
    std::thread::scope(|scope| {
        let (memtable, visible, oracle) = (&memtable, &visible, &oracle);
        for order in ORDERS {
            scope.spawn(move || {
                loop {
                    let seq = visible.load(Ordering::Acquire);
                    let all: Vec<_> = oracle.entries(b"\xff", Order::Descending, seq).collect();
                    let mut source = memtable.source(seq, order);
                    let mut shown = shown_from(&mut source, Bound::Unbounded);
                    if order == Order::Ascending {
                        shown.reverse();
                    }
                    assert!(shown == all, "at {seq}, {order:?}");
                    if seq == WRITES {
                        break;
                    }
                }
            });
        }
        for seq in 1..=WRITES {
            let (key, deletes) = nth_write(seq);
            let value = nth_value(seq);
            memtable.insert(seq, &write(&key, (!deletes).then_some(&value)));
            visible.store(seq, Ordering::Release);
        }
    });
}
