use std::collections::BTreeSet;

use conformance::sim::{Fail, Faults, Operation, SimDisk};
use engine::disk::{Disk, File, Mode};
use engine::{Counter, Error};
use proptest::prelude::*;

use crate::cache::BlockCache;
use crate::compression::Compression;
use crate::table::builder::separator;
use crate::table::footer::{FOOTER_BYTES, Footer};
use crate::table::stored::{Handle, Stored};
use crate::table::{Table, TableBuilder, TableInfo, TableOptions, file_name};
use crate::tests::hex::same_bytes;
use crate::tests::tables::{
    Entries, Opened, bytes_of, disk_with, faults, key, no_map, numbered, options, some_entries,
    some_options, write,
};

fn is_corrupt<T>(result: &engine::Result<T>) -> bool {
    matches!(result, Err(Error::Corrupt { .. }))
}

/// The only key, with a value.
fn one(key: &str, value: &str) -> Entries {
    [(key.into(), Some(value.into()))].into()
}

/// Keys in the order of their numbers.
fn ordered(number: u32) -> Vec<u8> {
    format!("{number:05}").into_bytes()
}

#[test]
fn the_bytes_of_a_table() {
    let entries: Entries = [
        (b"apple".to_vec(), Some(b"red".to_vec())),
        (b"apricot".to_vec(), None),
    ]
    .into();
    let disk = SimDisk::new();
    let options = TableOptions {
        block_bytes: 1,
        ..options()
    };
    let info = write(&disk, 7, options, &entries);
    let bytes = bytes_of(&disk, 7);
    same_bytes(
        &bytes,
        &[
            ("72 65 64", "value of the first block"),
            ("00 05 04 61 70 70 6c 65", "its key"),
            ("03 00 00 00 00 00 00 00", "its group"),
            ("01 00 00 00", "its groups"),
            ("00", "its compression"),
            ("b1 cc 9a 34", "crc32 of the first block"),
            ("00 07 00 61 70 72 69 63 6f 74", "key of the second block"),
            ("00 00 00 00 00 00 00 00", "its group"),
            ("01 00 00 00", "its groups"),
            ("00", "its compression"),
            ("80 80 68 e9", "crc32 of the second block"),
            ("21 29 00 13 20 20 0d 20 07", "filter: bits and probes"),
            ("00", "its compression"),
            ("61 99 cb c4", "crc32 of the filter"),
            ("00 17", "index: offset 0, 23 bytes"),
            ("1c 16", "index: offset 28, 22 bytes"),
            ("00 00 03", "index: the empty key"),
            ("00 03 03 61 70 72", "index: `apr`"),
            ("04 00 00 00 00 00 00 00", "its group"),
            ("01 00 00 00", "its groups"),
            ("00", "its compression"),
            ("89 de 75 61", "crc32 of the index"),
            ("37 00 00 00 00 00 00 00", "filter_offset"),
            ("09 00 00 00", "filter_len"),
            ("45 00 00 00 00 00 00 00", "index_offset"),
            ("19 00 00 00", "index_len"),
            ("02 00 00 00 00 00 00 00", "entries"),
            ("01 00 00 00 00 00 00 00", "tombstones"),
            ("02 00 00 00", "blocks"),
            ("07 00 00 00", "number"),
            ("01 00 00 00", "version"),
            ("34 dc c9 f9", "crc32 of the footer"),
            ("53 54 52 41 54 41 33 54", "magic"),
        ],
    );
    let expected = TableInfo {
        number: 7,
        bytes: bytes.len() as u64,
        entries: 2,
        tombstones: 1,
        smallest: b"apple".to_vec(),
        largest: b"apricot".to_vec(),
    };
    assert_eq!(info, expected);
}

#[test]
fn the_bytes_of_a_handle() {
    let handle = Handle {
        offset: 300,
        len: 128,
    };
    let mut bytes = Vec::new();
    handle.append_to(&mut bytes);
    same_bytes(&bytes, &[("ac 02", "offset"), ("80 01", "len")]);
    assert_eq!(Handle::decode(&bytes), Some(handle));
    assert_eq!(Handle::decode(&bytes[..3]), None);
    assert_eq!(Handle::decode(&[&bytes[..], &[0]].concat()), None);
}

#[test]
fn a_block_is_sound_in_its_place_alone() {
    let compression = Compression::Snappy;
    let stored = Stored {
        compression,
        bytes: b"block",
    };
    let mut bytes = Vec::new();
    stored.append_to(&mut bytes, 7, 4096);
    assert_eq!(Stored::decode(&bytes, 7, 4096), Ok(stored));
    assert!(Stored::decode(&bytes, 8, 4096).is_err());
    assert!(Stored::decode(&bytes, 7, 4097).is_err());
    for len in 0..bytes.len() {
        assert!(Stored::decode(&bytes[..len], 7, 4096).is_err(), "{len}");
    }
}

#[test]
fn a_footer_of_another_version_is_refused_by_name() {
    let disk = SimDisk::new();
    let info = write(&disk, 7, options(), &numbered(9));
    let mut bytes = bytes_of(&disk, 7);
    let at = bytes.len() - 16;
    bytes[at..at + 4].copy_from_slice(&9_u32.to_le_bytes());
    let refused = Opened::of(disk_with(7, bytes), info).err();
    let expected = Error::Version {
        file: file_name(7),
        found: 9,
        supported: 1,
    };
    assert_eq!(refused, Some(expected));
}

#[test]
fn a_footer_comes_back_and_one_that_leads_astray_is_refused() {
    let footer = Footer {
        filter: Handle {
            offset: 1000,
            len: 95,
        },
        index: Handle {
            offset: 1100,
            len: 195,
        },
        entries: 30,
        tombstones: 4,
        blocks: 3,
        number: 7,
    };
    let decode =
        |footer: Footer, number, offset| Footer::decode("name", number, offset, &footer.to_bytes());
    assert_eq!(decode(footer, 7, 1300), Ok(footer));
    assert!(is_corrupt(&decode(footer, 8, 1300)));
    assert!(is_corrupt(&decode(footer, 7, 1299)));
    let (mut filter, mut index, mut blocks) = (footer, footer, footer);
    filter.filter.offset = u64::MAX;
    index.index.len = u32::MAX;
    blocks.blocks = u32::MAX;
    for footer in [filter, index, blocks] {
        assert!(is_corrupt(&decode(footer, 7, 1300)), "{footer:?}");
    }
}

#[test]
fn a_table_of_another_number_is_refused() {
    let disk = SimDisk::new();
    let info = write(&disk, 7, options(), &numbered(9));
    disk.rename(&file_name(7), &file_name(8)).unwrap();
    let opened = Opened::of(disk, TableInfo { number: 8, ..info });
    assert!(is_corrupt(&opened.map(|_| ())));
}

#[test]
fn a_table_that_is_not_as_the_manifest_says_is_refused() {
    let disk = SimDisk::new();
    let info = write(&disk, 7, options(), &numbered(9));
    let changes: [fn(&mut TableInfo); 4] = [
        |info| info.bytes += 1,
        |info| info.bytes -= 1,
        |info| info.entries += 1,
        |info| info.tombstones += 1,
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut info = info.clone();
        change(&mut info);
        let opened = Opened::of(disk.clone(), info);
        assert!(is_corrupt(&opened.map(|_| ())), "change {number}");
    }
    assert!(Opened::of(disk, info).is_ok());
}

#[test]
fn a_table_without_entries_says_nothing_of_any_key() {
    let opened = Opened::new(options(), &Entries::new(), Faults::default());
    assert_eq!(opened.table.info().entries, 0);
    assert_eq!(opened.get(b""), Ok(None));
    assert_eq!(opened.get(b"key"), Ok(None));
}

#[test]
fn values_larger_than_blocks_and_pieces_come_back() {
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
fn opening_reads_the_footer_alone() {
    for faults in [Faults::default(), no_map()] {
        let opened = Opened::new(options(), &numbered(500), faults);
        assert_eq!(opened.count(Counter::BytesRead), FOOTER_BYTES as u64);
        assert_eq!(opened.disk.counts().lent, 0);
    }
}

#[test]
fn a_key_outside_the_range_of_the_table_reads_nothing() {
    let opened = Opened::new(options(), &numbered(500), Faults::default());
    for key in ["", "ke", "key", "kez", "z"] {
        assert_eq!(opened.get(key.as_bytes()), Ok(None));
    }
    assert_eq!(opened.disk.counts().lent, 0);
}

#[test]
fn a_missing_key_touches_no_data_block_but_for_false_positives() {
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
fn a_key_that_is_there_touches_one_data_block() {
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
fn without_a_map_a_block_is_read_once_and_then_found_in_the_cache() {
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
fn a_compressed_block_is_restored_once_even_where_the_file_is_mapped() {
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
fn a_mapped_block_is_verified_at_its_first_touch_alone() {
    let opened = Opened::new(options(), &one("key", "value"), Faults::default());
    let overwrite = |opened: &Opened| {
        let file = opened.disk.open(&file_name(7), Mode::Write).unwrap();
        let bytes = bytes_of(&opened.disk, 7);
        let at = bytes.windows(5).position(|five| five == b"value").unwrap();
        file.write_at(at as u64, b"VALUE").unwrap();
    };
    opened.get(b"key").unwrap();
    overwrite(&opened);
    assert_eq!(opened.get(b"key"), Ok(Some(Some(b"VALUE".to_vec()))));
    let opened = Opened::new(options(), &one("key", "value"), Faults::default());
    overwrite(&opened);
    assert!(is_corrupt(&opened.get(b"key")));
    assert!(is_corrupt(&opened.get(b"key")));
}

#[test]
fn short_reads_are_read_on() {
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
fn an_error_of_the_disk_is_answered_and_kept_nowhere() {
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
fn a_table_is_written_in_pieces_and_not_synced() {
    let disk = SimDisk::new();
    let entries = (0..3000_u32).map(|n| (ordered(n), Some(vec![7; 100])));
    let info = write(&disk, 7, TableOptions::default(), &entries.collect());
    let operations = disk.operations();
    let writes = operations.iter().filter(|one| **one == Operation::Write);
    let writes = writes.count() as u64;
    assert!(
        (info.bytes >> 17..=(info.bytes >> 16) + 1).contains(&writes),
        "{writes}"
    );
    assert!(!operations.iter().any(|one| one.is_sync()));
}

#[test]
fn the_length_so_far_is_told_to_the_byte() {
    let disk = SimDisk::new();
    let file = disk.open(&file_name(7), Mode::CreateNew).unwrap();
    let mut builder = TableBuilder::new(file, 7, options());
    assert_eq!(builder.bytes(), 0);
    let mut last = 0;
    for (key, value) in numbered(500) {
        builder.add(&key, value.as_deref()).unwrap();
        assert!(builder.bytes() > last);
        last = builder.bytes();
    }
    let info = builder.finish().unwrap().info;
    let opened = Opened::of(disk, info).unwrap();
    let footer = opened.table.footer();
    assert_eq!(footer.filter.offset, last);
}

#[test]
fn a_table_is_written_without_an_allocation_for_each_entry() {
    let disk = SimDisk::new();
    let file = disk.open(&file_name(7), Mode::CreateNew).unwrap();
    let mut builder = TableBuilder::new(file, 7, TableOptions::default());
    let keys: Vec<_> = (0..10_000).map(ordered).collect();
    let used = allocation_counter::measure(|| {
        for key in &keys {
            builder.add(key, Some(b"value")).unwrap();
        }
    });
    assert!(used.count_total < 200, "{used:?}");
}

#[test]
fn an_error_in_writing_is_answered() {
    for capacity in [0, 1000, 100_000] {
        let disk = SimDisk::new();
        disk.set_faults(Faults {
            capacity: Some(capacity),
            ..Faults::default()
        });
        let file: Box<dyn File> = disk.open(&file_name(7), Mode::CreateNew).unwrap();
        let mut builder = TableBuilder::new(file, 7, options());
        let added = (0..3000_u32).try_for_each(|n| builder.add(&ordered(n), Some(&[7; 50])));
        let finished = added.and_then(|()| builder.finish().map(|_| ()));
        assert!(
            matches!(finished, Err(Error::NoSpace { .. })),
            "{finished:?}"
        );
    }
}

#[test]
fn separators_are_as_short_as_they_can_be() {
    for (last, first, expected) in [
        ("", "a", "a"),
        ("apple", "banana", "b"),
        ("apple", "apricot", "apr"),
        ("app", "apple", "appl"),
        ("a", "a\0", "a\0"),
    ] {
        assert_eq!(
            separator(last.as_bytes(), first.as_bytes()),
            expected.as_bytes()
        );
    }
}

#[test]
fn tables_share_a_cache_and_keep_apart_in_it() {
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
    fn a_separator_is_larger_than_the_one_key_and_at_most_the_other(
        keys in prop::collection::btree_set(key(), 2),
    ) {
        let keys: Vec<_> = keys.into_iter().collect();
        let between = separator(&keys[0], &keys[1]);
        prop_assert!(&keys[0][..] < between && between <= &keys[1][..]);
        // And nothing shorter is: only what the larger one begins with can be.
        let shorter = &between[..between.len() - 1];
        prop_assert!(shorter <= &keys[0][..]);
    }

    #[test]
    fn a_table_says_of_each_key_what_was_added(
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
