use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use engine::{Error, Order, Result};
use proptest::prelude::*;

use crate::merging::Merging;
use crate::source::Source;

type Entry = (Vec<u8>, Option<Vec<u8>>);

/// A source in memory that counts how often its key is looked at, and can
/// fail.
#[derive(Debug, Default)]
struct Walk {
    /// In the order of the walk.
    entries: Vec<Entry>,
    order: Option<Order>,
    at: Option<usize>,
    looks: Arc<AtomicUsize>,
    /// How many moves succeed before one fails.
    moves_left: Option<Arc<AtomicUsize>>,
}

impl Walk {
    fn new(entries: &BTreeMap<Vec<u8>, Option<Vec<u8>>>, order: Order) -> Self {
        let mut entries: Vec<_> = entries.clone().into_iter().collect();
        if order == Order::Descending {
            entries.reverse();
        }
        Walk {
            entries,
            order: Some(order),
            ..Walk::default()
        }
    }

    /// Of keys that are numbers. The values name the source.
    fn of(name: &str, keys: impl IntoIterator<Item = u32>) -> Self {
        let value = Some(name.as_bytes().to_vec());
        let entries = keys.into_iter().map(|number| (key(number), value.clone()));
        Walk::new(&entries.collect(), Order::Ascending)
    }

    fn failing_after(mut self, moves: usize) -> Self {
        self.moves_left = Some(Arc::new(AtomicUsize::new(moves)));
        self
    }

    fn entry(&self) -> Option<&Entry> {
        self.entries.get(self.at?)
    }

    fn count_move(&self) -> Result<()> {
        let Some(left) = &self.moves_left else {
            return Ok(());
        };
        match left.load(Relaxed) {
            0 => Err(error()),
            more => {
                left.store(more - 1, Relaxed);
                Ok(())
            }
        }
    }
}

impl Source for Walk {
    fn key(&self) -> Option<&[u8]> {
        self.looks.fetch_add(1, Relaxed);
        Some(&self.entry()?.0)
    }

    fn value(&self) -> Option<&[u8]> {
        self.entry()?.1.as_deref()
    }

    fn advance(&mut self) -> Result<()> {
        self.count_move()?;
        if self.entry().is_some() {
            self.at = self.at.map(|at| at + 1);
        }
        Ok(())
    }

    fn seek(&mut self, to: Bound<&[u8]>) -> Result<()> {
        self.count_move()?;
        let order = self.order;
        let is_before = |(key, _): &Entry| match (order, to) {
            (_, Bound::Unbounded) => false,
            (Some(Order::Descending), Bound::Included(to)) => **key > *to,
            (Some(Order::Descending), Bound::Excluded(to)) => **key >= *to,
            (_, Bound::Included(to)) => **key < *to,
            (_, Bound::Excluded(to)) => **key <= *to,
        };
        self.at = Some(self.entries.partition_point(is_before));
        Ok(())
    }
}

fn error() -> Error {
    Error::corrupt("0000000001.table", 7, "made up")
}

fn key(number: u32) -> Vec<u8> {
    format!("{number:08}").into_bytes()
}

/// A merging at its first entry.
fn merged(sources: Vec<Walk>) -> Merging<Walk> {
    let mut merging = Merging::new(sources, Order::Ascending);
    merging.seek(Bound::Unbounded).unwrap();
    merging
}

/// What it shows from where it stands on: `1=new 2- 3=old`.
fn rest(merging: &mut impl Source) -> String {
    let mut shown = Vec::new();
    while let Some(key) = merging.key() {
        let key = String::from_utf8(key.to_vec()).unwrap();
        let key = key.trim_start_matches('0');
        shown.push(match merging.value() {
            Some(value) => format!("{key}={}", String::from_utf8(value.to_vec()).unwrap()),
            None => format!("{key}-"),
        });
        merging.advance().unwrap();
    }
    shown.join(" ")
}

#[test]
fn ex_3_10_of_equal_keys_the_newest_sources_entry_is_shown() {
    let sources = vec![
        Walk::of("new", [2, 4]),
        Walk::of("mid", [1, 2, 4, 5]),
        Walk::of("old", [1, 2, 3, 4, 5, 6]),
    ];
    let expected = "1=mid 2=new 3=old 4=new 5=mid 6=old";
    assert_eq!(rest(&mut merged(sources)), expected);
}

#[test]
fn ex_3_10_a_tombstone_hides_what_is_older_and_is_shown_itself() {
    let deleted = BTreeMap::from([(key(2), None)]);
    let sources = vec![
        Walk::new(&deleted, Order::Ascending),
        Walk::of("old", [1, 2, 3]),
    ];
    assert_eq!(rest(&mut merged(sources)), "1=old 2- 3=old");
}

#[test]
fn ex_3_10_a_merging_stands_nowhere_until_it_is_told_where() {
    let mut standing = Walk::of("a", [1, 2]);
    standing.seek(Bound::Unbounded).unwrap();
    let mut merging = Merging::new(vec![standing], Order::Ascending);
    assert_eq!((merging.key(), merging.value()), (None, None));
    merging.advance().unwrap();
    assert_eq!(merging.key(), None);
    merging.seek(Bound::Unbounded).unwrap();
    assert_eq!(rest(&mut merging), "1=a 2=a");
}

#[test]
fn no_source_at_all_is_an_empty_walk() {
    let mut merging = merged(Vec::new());
    assert_eq!((merging.key(), merging.value()), (None, None));
    merging.advance().unwrap();
    merging.seek(Bound::Included(b"a")).unwrap();
    assert_eq!(merging.key(), None);
}

#[test]
fn ex_3_10_one_source_is_shown_as_it_is_and_compared_with_nothing() {
    let source = Walk::of("a", 1..=100);
    let looks = Arc::clone(&source.looks);
    let mut merging = merged(vec![source]);
    let before = looks.load(Relaxed);
    for _ in 0..99 {
        merging.advance().unwrap();
    }
    // Each time it is asked whether it is at its end.
    assert_eq!(looks.load(Relaxed) - before, 99);
    assert_eq!(rest(&mut merging), "100=a");
}

#[test]
fn ex_3_10_behind_the_last_entry_it_stays() {
    let mut merging = merged(vec![Walk::of("a", [1]), Walk::of("b", [1])]);
    for _ in 0..3 {
        merging.advance().unwrap();
        assert_eq!((merging.key(), merging.value()), (None, None));
    }
    merging.seek(Bound::Unbounded).unwrap();
    assert_eq!(rest(&mut merging), "1=a");
}

/// How often the keys of other sources than the first are looked at while the
/// merging advances so often: in each comparison with it, one of them is.
fn looks_while(merging: &mut Merging<Walk>, others: &[Arc<AtomicUsize>], times: usize) -> usize {
    let sum = || {
        others
            .iter()
            .map(|looks| looks.load(Relaxed))
            .sum::<usize>()
    };
    let before = sum();
    for _ in 0..times {
        merging.advance().unwrap();
    }
    sum() - before
}

#[test]
fn ex_3_10_in_a_run_of_one_source_an_advance_costs_one_comparison() {
    for others in [1, 2, 3, 7, 15, 30] {
        let mut sources = vec![Walk::of("run", 0..1000)];
        sources.extend((0..others).map(|other| Walk::of("other", [2000 + other])));
        let looks: Vec<_> = sources[1..]
            .iter()
            .map(|source| Arc::clone(&source.looks))
            .collect();
        let mut merging = merged(sources);
        // The first advance looks for the runner-up.
        merging.advance().unwrap();
        // In a comparison with the winner, one other key is looked at.
        let found = looks_while(&mut merging, &looks, 900);
        assert_eq!(found, 900, "beside {others} others");
    }
}

#[test]
fn ex_3_10_the_runner_up_is_found_with_one_comparison_fewer_than_there_are_levels() {
    for (others, levels) in [(1, 1), (3, 2), (7, 3), (15, 4)] {
        let mut sources = vec![Walk::of("run", 0..1000)];
        sources.extend((0..others).map(|other| Walk::of("other", [2000 + other])));
        let looks: Vec<_> = sources[1..]
            .iter()
            .map(|source| Arc::clone(&source.looks))
            .collect();
        let mut merging = merged(sources);
        // The winner's matches, and then those among the ones that it beat.
        let found = looks_while(&mut merging, &looks, 1);
        assert_eq!(found, levels + 2 * (levels - 1), "{levels} levels");
    }
}

#[test]
fn ex_3_10_where_the_winner_changes_each_time_an_advance_costs_a_comparison_a_level() {
    for (sources, levels) in [(2, 1), (4, 2), (8, 3), (16, 4)] {
        let sources: Vec<_> = (0..sources)
            .map(|source| Walk::of("a", (0..100).map(|step| step * sources + source)))
            .collect();
        let looks: Vec<_> = sources
            .iter()
            .map(|source| Arc::clone(&source.looks))
            .collect();
        let mut merging = merged(sources);
        let found = looks_while(&mut merging, &looks, 150);
        // Two keys are looked at in each comparison, and one before.
        assert_eq!(found, 150 * (2 * levels + 1), "{levels} levels");
    }
}

#[test]
fn ex_3_10_after_an_error_nothing_is_shown_and_the_error_comes_again() {
    for moves in 1..6 {
        let sources = vec![
            Walk::of("new", [1, 5]),
            Walk::of("bad", 1..=9).failing_after(moves),
            Walk::of("old", 1..=9),
        ];
        let mut merging = merged(sources);
        let failed = loop {
            match merging.advance() {
                Ok(()) => assert!(merging.key().is_some(), "it ends before it fails"),
                Err(failed) => break failed,
            }
        };
        assert_eq!(failed, error());
        assert_eq!((merging.key(), merging.value()), (None, None));
        assert_eq!(merging.advance(), Err(error()));
        assert_eq!(merging.seek(Bound::Unbounded), Err(error()));
        assert_eq!(merging.key(), None);
    }
}

#[test]
fn ex_3_10_a_seek_that_fails_shows_nothing_and_one_that_succeeds_mends_it() {
    let bad = Walk::of("bad", 1..=2).failing_after(1);
    let left = bad.moves_left.clone().unwrap();
    let mut merging = merged(vec![Walk::of("new", [1, 3]), bad]);
    assert_eq!(merging.seek(Bound::Included(&key(2))), Err(error()));
    assert_eq!((merging.key(), merging.value()), (None, None));
    assert_eq!(merging.advance(), Err(error()));
    left.store(100, Relaxed);
    assert_eq!(merging.advance(), Err(error()), "it still stands nowhere");
    merging.seek(Bound::Unbounded).unwrap();
    assert_eq!(rest(&mut merging), "1=new 2=bad 3=new");
}

/// What is done to a merging.
#[derive(Debug, Clone)]
enum Step {
    Advance(usize),
    Seek(Bound<Vec<u8>>),
}

/// Short keys of few letters, so that sources share many.
fn some_key() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(0..4_u8, 0..4)
}

fn some_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1..12_usize).prop_map(Step::Advance),
        1 => some_key().prop_map(|key| Step::Seek(Bound::Included(key))),
        1 => some_key().prop_map(|key| Step::Seek(Bound::Excluded(key))),
        1 => Just(Step::Seek(Bound::Unbounded)),
    ]
}

fn some_source() -> impl Strategy<Value = BTreeMap<Vec<u8>, Option<Vec<u8>>>> {
    let value = prop::option::of(prop::collection::vec(any::<u8>(), 0..3));
    prop::collection::btree_map(some_key(), value, 0..40)
}

proptest! {
    #[test]
    fn ex_3_10_it_shows_what_one_map_would(
        sources in prop::collection::vec(some_source(), 0..10),
        steps in prop::collection::vec(some_step(), 1..40),
        descending in any::<bool>(),
    ) {
        let order = match descending {
            true => Order::Descending,
            false => Order::Ascending,
        };
        let mut all = BTreeMap::new();
        for source in sources.iter().rev() {
            all.extend(source.clone());
        }
        let mut model = Walk::new(&all, order);
        let walks = sources.iter().map(|source| Walk::new(source, order));
        let mut merging = Merging::new(walks.collect(), order);
        for step in &steps {
            let times = match step {
                Step::Advance(times) => *times,
                Step::Seek(to) => {
                    let to = to.as_ref().map(Vec::as_slice);
                    model.seek(to).unwrap();
                    merging.seek(to).unwrap();
                    0
                }
            };
            for _ in 0..=times {
                prop_assert_eq!(merging.key(), model.key());
                prop_assert_eq!(merging.value(), model.value());
                model.advance().unwrap();
                merging.advance().unwrap();
            }
        }
    }
}
