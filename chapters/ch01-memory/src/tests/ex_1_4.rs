use std::ops::Bound::{self, Excluded, Included, Unbounded};
use std::time::{Duration, Instant};

use engine::{KeyRange, Order};

use crate::memory::Map;
use crate::ranges::entries_in;
use crate::tests::{entry, map, text};

type Ends = (Bound<&'static [u8]>, Bound<&'static [u8]>);

fn keys_in(range: &KeyRange<'_>, order: Order) -> String {
    let map = map(&[("a", "1"), ("b", "2"), ("c", "3"), ("d", "4")]);
    entries_in(&map, range, order)
        .map(|(key, _)| text(key))
        .collect()
}

/// Panics where a range of the map `a b c d` has other keys than these, or has
/// them in another order.
#[track_caller]
fn has(range: &KeyRange<'_>, ascending: &str) {
    let descending: String = ascending.chars().rev().collect();
    for (order, expected) in [
        (Order::Ascending, ascending),
        (Order::Descending, &descending),
    ] {
        let found = keys_in(range, order);
        assert_eq!(found, expected, "the keys of abcd in {range:?}, {order:?}");
    }
}

#[test]
fn ex_1_4_everything_in_both_orders() {
    has(&KeyRange::all(), "abcd");
}

#[test]
fn ex_1_4_values_come_with_their_keys() {
    let map = map(&[("a", "1"), ("b", "2")]);
    let entries = entries_in(&map, &KeyRange::all(), Order::Descending).map(entry);
    assert_eq!(entries.collect::<Vec<_>>(), ["b=2", "a=1"]);
}

#[test]
fn ex_1_4_bounds_are_included_or_excluded_as_they_say() {
    let cases: [(Ends, &str); 8] = [
        ((Included(b"b"), Included(b"c")), "bc"),
        ((Included(b"b"), Excluded(b"c")), "b"),
        ((Excluded(b"b"), Included(b"c")), "c"),
        ((Excluded(b"a"), Excluded(b"d")), "bc"),
        ((Unbounded, Included(b"b")), "ab"),
        ((Unbounded, Excluded(b"b")), "a"),
        ((Included(b"c"), Unbounded), "cd"),
        ((Excluded(b"c"), Unbounded), "d"),
    ];
    for ((start, end), expected) in cases {
        has(&KeyRange::new(start, end), expected);
    }
}

#[test]
fn ex_1_4_bounds_need_not_be_keys_of_the_map() {
    has(&KeyRange::half_open("aa", "cc"), "bc");
    has(&KeyRange::starting_at("x"), "");
}

#[test]
fn ex_1_4_a_range_from_a_key_to_the_same_key_holds_it() {
    has(&KeyRange::new(Included(b"b"), Included(b"b")), "b");
    has(&KeyRange::new(Included(b"bb"), Included(b"bb")), "");
}

#[test]
fn ex_1_4_empty_and_inverted_ranges_have_no_entries() {
    let cases: [Ends; 5] = [
        (Included(b"c"), Included(b"a")),
        (Excluded(b"c"), Excluded(b"a")),
        (Excluded(b"b"), Excluded(b"b")),
        (Included(b"b"), Excluded(b"b")),
        (Excluded(b"b"), Included(b"b")),
    ];
    for (start, end) in cases {
        has(&KeyRange::new(start, end), "");
    }
}

#[test]
fn ex_1_4_the_first_entry_is_found_without_a_walk() {
    // A timing says little by itself, so this one is held against another of
    // the same moment: one walk over the whole map takes longer than many ways
    // to a far entry, unless each of those is a walk, too.
    const WAYS: u32 = 100;
    let entries = if cfg!(miri) { 1_000 } else { 100_000 };
    let map: Map = (0..entries)
        .map(|number| (format!("{number:09}").into_bytes(), Vec::new()))
        .collect();
    let (far, near) = (format!("{:09}", entries - 2), format!("{:09}", 1));
    let last_two = KeyRange::starting_at(&far);
    let first_two = KeyRange::new(Unbounded, Included(near.as_bytes()));
    let shortest = |work: &dyn Fn() -> usize, found: usize| {
        let times = (0..5).map(|_| {
            let start = Instant::now();
            assert_eq!(work(), found);
            start.elapsed()
        });
        times.min().unwrap_or(Duration::MAX)
    };
    let walk = || map.iter().filter(|(key, _)| key.len() == 9).count();
    let walk = shortest(&walk, entries);
    for (range, order) in [
        (last_two, Order::Ascending),
        (first_two, Order::Descending),
        (KeyRange::all(), Order::Ascending),
        (KeyRange::all(), Order::Descending),
    ] {
        let ways = || {
            let first = || entries_in(&map, &range, order).next();
            (0..WAYS).filter_map(|_| first()).count()
        };
        let ways = shortest(&ways, WAYS as usize);
        assert!(
            ways < 10 * walk,
            "{order:?}: finding the first entry takes as long as {:.1} walks over the \
             whole map, and should take none",
            ways.as_secs_f64() / walk.as_secs_f64() / f64::from(WAYS)
        );
    }
}
