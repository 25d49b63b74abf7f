mod damage;
mod source;

use std::collections::BTreeSet;

use conformance::sim::{Fail, Faults, SimDisk};
use engine::disk::{Disk, Mode};
use engine::{Counter, Error};
use proptest::prelude::*;

use super::tables::{
    Entries, Opened, bytes_of, faults, is_corrupt, key, no_map, numbered, one, options,
    some_entries, some_options, write,
};
use crate::cache::BlockCache;
use crate::compression::Compression;
use crate::table::footer::FOOTER_BYTES;
use crate::table::{Table, TableOptions, file_name};

#[test]
fn ex_3_9_a_table_without_entries_says_nothing_of_any_key() {
    let opened = Opened::new(options(), &Entries::new(), Faults::default());
    assert_eq!(opened.table.info().entries, 0);
    assert_eq!(opened.get(b""), Ok(None));
    assert_eq!(opened.get(b"key"), Ok(None));
}

#[test]
fn ex_3_9_values_larger_than_blocks_and_pieces_come_back() {
    let large = |byte, len| Some(vec![byte; len]);
    let mut entries = numbered(50);
    entries.insert(b"key010".to_vec(), large(1, 5000));
    entries.insert(b"key020".to_vec(), large(2, 300_000));
    entries.insert(b"key021".to_vec(), large(3, 70_000));
    for compression in Compression::ALL {
        let options = TableOptions {
            compression,
            ..options()
        };
        let opened = Opened::new(options, &entries, Faults::default());
        for (key, value) in &entries {
            assert_eq!(opened.get(key).unwrap().as_ref(), Some(value));
        }
    }
}

#[test]
fn ex_3_9_a_lookup_changes_what_it_is_handed_only_where_there_is_a_value() {
    let entries: Entries = [
        (b"a".to_vec(), Some(b"1".to_vec())),
        (b"c".to_vec(), None),
        (b"e".to_vec(), Some(Vec::new())),
    ]
    .into();
    let opened = Opened::new(options(), &entries, Faults::default());
    for (key, found, after) in [
        ("0", None, "before"),
        ("b", None, "before"),
        ("c", Some(false), "before"),
        ("a", Some(true), "1"),
        ("e", Some(true), ""),
    ] {
        let mut value = b"before".to_vec();
        assert_eq!(opened.table.get(key.as_bytes(), &mut value), Ok(found));
        assert_eq!(value, after.as_bytes(), "{key}");
    }
}

#[test]
fn ex_3_9_a_key_outside_the_range_of_the_table_reads_nothing() {
    let opened = Opened::new(options(), &numbered(500), Faults::default());
    for key in ["", "ke", "key", "kez", "z"] {
        assert_eq!(opened.get(key.as_bytes()), Ok(None));
    }
    assert_eq!(opened.disk.counts().lent, 0);
}

#[test]
fn ex_3_9_a_missing_key_touches_no_data_block_but_for_false_positives() {
    for faults in [Faults::default(), no_map()] {
        let opened = Opened::new(options(), &numbered(500), faults);
        for n in 0..499 {
            let key = format!("key{:03}", 2 * n + 1);
            assert_eq!(opened.get(key.as_bytes()), Ok(None));
        }
        let touched = opened.count(Counter::PagesTouched);
        assert!(touched < 20, "{touched} of 499");
    }
}

#[test]
fn ex_3_9_a_key_that_is_there_touches_one_data_block() {
    let entries = numbered(500);
    let opened = Opened::new(options(), &entries, Faults::default());
    for key in entries.keys() {
        opened.get(key).unwrap();
    }
    assert_eq!(opened.count(Counter::PagesTouched), 500);
    assert_eq!(opened.count(Counter::CacheHits), 500);
    assert_eq!(opened.count(Counter::CacheMisses), 0);
    assert_eq!(opened.count(Counter::BytesRead), FOOTER_BYTES as u64);
    assert_eq!(opened.cache.bytes(), 0);
}

#[test]
fn ex_3_9_without_a_map_a_block_is_read_once_and_then_found_in_the_cache() {
    for compression in Compression::ALL {
        let options = TableOptions {
            compression,
            ..options()
        };
        let opened = Opened::new(options, &numbered(500), no_map());
        opened.get(b"key100").unwrap();
        let read = opened.count(Counter::BytesRead);
        assert!(read < opened.table.info().bytes / 2, "{read}");
        assert_eq!(opened.count(Counter::CacheMisses), 1);
        for _ in 0..3 {
            opened.get(b"key100").unwrap();
        }
        assert_eq!(opened.count(Counter::BytesRead), read);
        assert_eq!(opened.count(Counter::CacheMisses), 1);
        assert_eq!(opened.count(Counter::CacheHits), 3);
        assert_eq!(opened.count(Counter::PagesTouched), 4);
    }
}

#[test]
fn ex_3_9_a_compressed_block_is_restored_once_even_where_the_file_is_mapped() {
    let options = TableOptions {
        compression: Compression::Lz4,
        ..options()
    };
    let entries = [(b"a".to_vec(), Some(vec![7; 1000]))].into();
    let opened = Opened::new(options, &entries, Faults::default());
    for _ in 0..3 {
        assert_eq!(opened.get(b"a").unwrap(), entries.get(&b"a"[..]).cloned());
    }
    assert_eq!(opened.count(Counter::CacheMisses), 1);
    assert_eq!(opened.count(Counter::CacheHits), 2);
    assert!(opened.cache.bytes() > 1000);
}

#[test]
fn ex_3_9_a_mapped_block_is_verified_at_its_first_touch_alone() {
    // In the second block.
    let mut entries = one("key", "value");
    entries.insert(b"a".to_vec(), Some(vec![7; 100]));
    let opened = Opened::new(options(), &entries, Faults::default());
    let overwrite = |opened: &Opened| {
        let file = opened.disk.open(&file_name(7), Mode::Write).unwrap();
        let bytes = bytes_of(&opened.disk, 7);
        let at = bytes.windows(5).position(|five| five == b"value").unwrap();
        file.write_at(at as u64, b"VALUE").unwrap();
    };
    opened.get(b"key").unwrap();
    overwrite(&opened);
    assert_eq!(opened.get(b"key"), Ok(Some(Some(b"VALUE".to_vec()))));
    let opened = Opened::new(options(), &entries, Faults::default());
    overwrite(&opened);
    assert!(is_corrupt(&opened.get(b"key")));
    assert!(is_corrupt(&opened.get(b"key")));
}

/// Filter, index and block, but no neighbours: whoever opens an engine for one
/// lookup should not wait for megabytes. Whoever stays should.
#[test]
fn ex_3_9_the_first_blocks_are_asked_for_by_themselves() {
    let opened = Opened::new(options(), &numbered(500), Faults::default());
    let prefetched = || opened.disk.counts().prefetched;
    assert_eq!(prefetched(), 0, "bytes, to open a table");
    opened.get(b"key100").unwrap();
    let first = prefetched();
    let footer = opened.table.footer();
    let least = u64::from(footer.filter.len + footer.index.len);
    assert!(
        (least + 50..least + 200).contains(&first),
        "{first} bytes, where filter and index have {least} and a block some hundred"
    );
    opened.get(b"key100").unwrap();
    assert_eq!(prefetched(), first, "bytes, after the same lookup again");
    opened.get(b"key200").unwrap();
    let second = prefetched();
    assert!(
        (first + 50..first + 200).contains(&second),
        "{second} bytes, of another block, too"
    );
    for key in numbered(500).keys() {
        opened.get(key).unwrap();
    }
    assert_eq!(
        prefetched(),
        second,
        "bytes: from here on the system decides"
    );
}

#[test]
fn ex_3_9_short_reads_are_read_on() {
    let entries = numbered(100);
    let faults = Faults {
        read_max: Some(3),
        ..no_map()
    };
    let opened = Opened::new(options(), &entries, faults);
    for (key, value) in &entries {
        assert_eq!(opened.get(key).unwrap().as_ref(), Some(value));
    }
}

#[test]
fn ex_3_9_an_error_of_the_disk_is_answered_and_kept_nowhere() {
    let entries = numbered(100);
    let opened = Opened::new(options(), &entries, no_map());
    for _ in 0..3 {
        let fail = Fail::Once(opened.disk.operations().len());
        opened.disk.set_faults(Faults {
            fail: Some(fail),
            ..no_map()
        });
        let failed = opened.get(b"key100");
        assert!(matches!(failed, Err(Error::Io { .. })), "{failed:?}");
    }
    assert_eq!(
        opened.get(b"key100").unwrap().as_ref(),
        entries.get(&b"key100"[..])
    );
}

#[test]
fn ex_3_9_tables_share_a_cache_and_keep_apart_in_it() {
    let disk = SimDisk::new();
    let infos = [(7, "one"), (8, "two")]
        .map(|(number, value)| write(&disk, number, options(), &one("key", value)));
    disk.set_faults(no_map());
    let cache = std::sync::Arc::new(BlockCache::new(1 << 20));
    let tables =
        infos.map(|info| Table::open(&disk, info, cache.clone(), Default::default()).unwrap());
    let mut value = Vec::new();
    for _ in 0..2 {
        for (table, expected) in tables.iter().zip(["one", "two"]) {
            assert_eq!(table.get(b"key", &mut value), Ok(Some(true)));
            assert_eq!(value, expected.as_bytes());
        }
    }
}

proptest! {
    #[test]
    fn ex_3_9_a_table_says_of_each_key_what_was_added(
        entries in some_entries(),
        others in prop::collection::vec(key(), 0..30),
        options in some_options(),
        faults in faults(),
    ) {
        let opened = Opened::new(options, &entries, faults);
        let keys: BTreeSet<_> = entries.keys().chain(&others).collect();
        for key in keys.iter().chain(&keys) {
            let found = opened.get(key).unwrap();
            prop_assert_eq!(found.as_ref(), entries.get(*key), "{:?}", key);
        }
        let info = opened.table.info();
        prop_assert_eq!(info.entries, entries.len() as u64);
        let tombstones = entries.values().filter(|value| value.is_none()).count();
        prop_assert_eq!(info.tombstones, tombstones as u64);
        let smallest = entries.keys().next().cloned().unwrap_or_default();
        let largest = entries.keys().next_back().cloned().unwrap_or_default();
        prop_assert_eq!((&info.smallest, &info.largest), (&smallest, &largest));
        prop_assert_eq!(info.bytes, bytes_of(&opened.disk, 7).len() as u64);
    }
}
