use std::ops::Bound;

use conformance::sim::{Fail, Faults, SimDisk};
use engine::{Counter, Error, Order};
use proptest::prelude::*;

use crate::compression::Compression;
use crate::source::Source;
use crate::table::TableOptions;
use crate::tests::tables::{
    Entries, Opened, bytes_of, disk_with, faults, in_order, key, no_map, numbered, options, rest,
    some_entries, some_options, write,
};

const ORDERS: [Order; 2] = [Order::Ascending, Order::Descending];

/// What a walk shows that began at this bound.
fn behind(entries: &Entries, order: Order, to: &Bound<Vec<u8>>) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
    let is_behind = |key: &Vec<u8>| match (to, order) {
        (Bound::Unbounded, _) => true,
        (Bound::Included(to), Order::Ascending) => key >= to,
        (Bound::Excluded(to), Order::Ascending) => key > to,
        (Bound::Included(to), Order::Descending) => key <= to,
        (Bound::Excluded(to), Order::Descending) => key < to,
    };
    let mut all = in_order(entries, order);
    all.retain(|(key, _)| is_behind(key));
    all
}

fn bound() -> impl Strategy<Value = Bound<Vec<u8>>> {
    prop_oneof![
        4 => key().prop_map(Bound::Included),
        4 => key().prop_map(Bound::Excluded),
        1 => Just(Bound::Unbounded),
    ]
}

#[test]
fn a_fresh_source_stands_nowhere_until_it_is_sent_somewhere() {
    let opened = Opened::new(options(), &numbered(50), Faults::default());
    for order in ORDERS {
        let mut source = opened.table.source(order);
        assert_eq!((source.key(), source.value()), (None, None));
        source.advance().unwrap();
        assert_eq!(source.key(), None);
        source.seek(Bound::Unbounded).unwrap();
        assert!(source.key().is_some());
    }
    assert_eq!(opened.count(Counter::PagesTouched), 2);
}

#[test]
fn ex_3_9_behind_the_last_entry_a_source_stays_and_can_be_sent_back() {
    let entries = numbered(50);
    let opened = Opened::new(options(), &entries, Faults::default());
    for order in ORDERS {
        let mut source = opened.table.source(order);
        source.seek(Bound::Unbounded).unwrap();
        assert_eq!(rest(&mut source), Ok(in_order(&entries, order)));
        for _ in 0..3 {
            source.advance().unwrap();
            assert_eq!((source.key(), source.value()), (None, None));
        }
        source.seek(Bound::Included(b"key040")).unwrap();
        assert_eq!(source.key(), Some(&b"key040"[..]));
    }
}

#[test]
fn ex_3_9_a_tombstone_has_a_key_and_no_value() {
    let opened = Opened::new(options(), &numbered(50), Faults::default());
    let mut source = opened.table.source(Order::Ascending);
    source.seek(Bound::Included(b"key006")).unwrap();
    assert_eq!((source.key(), source.value()), (Some(&b"key006"[..]), None));
}

#[test]
fn ex_3_9_a_walk_reads_each_block_once_and_leaves_the_cache_as_it_is() {
    for compression in Compression::ALL {
        for (faults, is_mapped) in [(Faults::default(), true), (no_map(), false)] {
            let options = TableOptions {
                compression,
                ..options()
            };
            let opened = Opened::new(options, &numbered(500), faults);
            opened.get(b"key100").unwrap();
            let (kept, before) = (opened.cache.bytes(), opened.counters.stats());
            for order in ORDERS {
                assert_eq!(opened.walk(order).unwrap().len(), 500);
            }
            assert_eq!(opened.cache.bytes(), kept, "{compression:?} {is_mapped}");
            let counted = opened.counters.stats().since(&before);
            let blocks = 2 * opened.table.footer().blocks;
            assert_eq!(counted[Counter::PagesTouched], u64::from(blocks));
            if !is_mapped {
                // The block that was kept is found in the cache, both ways.
                assert_eq!(counted[Counter::CacheHits], 2);
                assert_eq!(counted[Counter::CacheMisses], u64::from(blocks) - 2);
                assert!(counted[Counter::BytesRead] < 2 * opened.table.info().bytes);
            }
        }
    }
}

#[test]
fn ex_3_9_seeking_within_a_block_does_not_read_it_again() {
    let options = TableOptions::default();
    let opened = Opened::new(options, &numbered(60), no_map());
    let mut source = opened.table.source(Order::Ascending);
    for key in ["key010", "key100", "key000", "key055"] {
        source.seek(Bound::Included(key.as_bytes())).unwrap();
    }
    assert_eq!(source.key(), Some(&b"key056"[..]));
    assert_eq!(opened.count(Counter::PagesTouched), 1);
}

#[test]
fn ex_3_9_a_source_finds_a_place_between_two_groups_of_a_block() {
    let entries = numbered(60);
    let opened = Opened::new(TableOptions::default(), &entries, Faults::default());
    assert_eq!(opened.table.footer().blocks, 1);
    for order in ORDERS {
        let mut source = opened.table.source(order);
        for number in 0..=120 {
            let key = format!("key{number:03}").into_bytes();
            for to in [Bound::Included(key.clone()), Bound::Excluded(key)] {
                source.seek(to.as_ref().map(Vec::as_slice)).unwrap();
                let expected = behind(&entries, order, &to);
                let expected = expected.first().map(|(key, _)| key.as_slice());
                assert_eq!(source.key(), expected, "{order:?} from {to:?}");
            }
        }
    }
}

#[test]
fn ex_3_9_where_the_block_behind_the_place_is_damaged_the_search_says_so() {
    let entries = numbered(50);
    let disk = SimDisk::new();
    let info = write(&disk, 7, options(), &entries);
    let keys: Vec<&Vec<u8>> = entries.keys().collect();
    let opened = Opened::of(disk.clone(), info.clone()).unwrap();
    let blocks = |key: &[u8]| {
        let before = opened.count(Counter::PagesTouched);
        let mut source = opened.table.source(Order::Ascending);
        source.seek(Bound::Excluded(key)).unwrap();
        opened.count(Counter::PagesTouched) - before
    };
    // The last key of a block is the one behind which another block is needed.
    let last = keys.iter().position(|key| blocks(key) == 2).unwrap();
    let mut bytes = bytes_of(&disk, 7);
    let next = format!("value {}", last + 1);
    let mut parts = bytes.windows(next.len());
    let at = parts.position(|part| part == next.as_bytes()).unwrap();
    bytes[at] ^= 1;
    let opened = Opened::of(disk_with(7, bytes), info).unwrap();
    let mut source = opened.table.source(Order::Ascending);
    let error = source.seek(Bound::Excluded(keys[last])).unwrap_err();
    assert!(matches!(error, Error::Corrupt { .. }), "{error}");
    assert_eq!(source.key(), None);
}

#[test]
fn a_walk_allocates_for_no_entry() {
    let opened = Opened::new(TableOptions::default(), &numbered(500), Faults::default());
    let mut source = opened.table.source(Order::Ascending);
    source.seek(Bound::Unbounded).unwrap();
    let blocks = opened.table.footer().blocks;
    let used = allocation_counter::measure(|| {
        while source.key().is_some() {
            source.advance().unwrap();
        }
    });
    // What the simulated disk lends is a copy.
    assert!(
        used.count_total < 20 * u64::from(blocks),
        "{used:?} in {blocks} blocks"
    );
}

#[test]
fn an_error_is_answered_for_ever_and_no_entry_is_passed_over() {
    let entries = numbered(100);
    for order in ORDERS {
        let opened = Opened::new(options(), &entries, no_map());
        let mut source = opened.table.source(order);
        source.seek(Bound::Unbounded).unwrap();
        let fail = Fail::Once(opened.disk.operations().len());
        opened.disk.set_faults(Faults {
            fail: Some(fail),
            ..no_map()
        });
        let failed = rest(&mut source).unwrap_err();
        assert!(matches!(failed, Error::Io { .. }), "{failed:?}");
        assert_eq!((source.key(), source.value()), (None, None));
        assert_eq!(source.advance(), Err(failed.clone()));
        assert_eq!(source.seek(Bound::Unbounded), Err(failed));
        assert_eq!(opened.walk(order), Ok(in_order(&entries, order)));
    }
}

#[test]
fn a_source_outlives_the_last_other_handle_to_its_table() {
    let entries = numbered(50);
    let opened = Opened::new(options(), &entries, Faults::default());
    let mut source = opened.table.source(Order::Ascending);
    drop(opened);
    source.seek(Bound::Unbounded).unwrap();
    assert_eq!(rest(&mut source), Ok(in_order(&entries, Order::Ascending)));
}

proptest! {
    #[test]
    fn ex_3_9_a_source_stands_where_it_is_sent_and_walks_on_from_there(
        entries in some_entries(),
        options in some_options(),
        faults in faults(),
        seeks in prop::collection::vec((bound(), 0..40_usize), 1..8),
    ) {
        let opened = Opened::new(options, &entries, faults);
        for order in ORDERS {
            let mut source = opened.table.source(order);
            for (to, steps) in &seeks {
                source.seek(to.as_ref().map(Vec::as_slice)).unwrap();
                let mut expected = behind(&entries, order, to).into_iter();
                for _ in 0..*steps {
                    let (key, value) = expected.next().unzip();
                    prop_assert_eq!(source.key(), key.as_deref(), "{:?} {:?}", order, to);
                    let value = value.flatten();
                    prop_assert_eq!(source.value(), value.as_deref());
                    source.advance().unwrap();
                }
            }
        }
    }

    #[test]
    fn a_source_walks_over_every_entry_both_ways(
        entries in some_entries(),
        options in some_options(),
        faults in faults(),
    ) {
        let opened = Opened::new(options, &entries, faults);
        for order in ORDERS {
            prop_assert_eq!(opened.walk(order), Ok(in_order(&entries, order)));
        }
    }
}
