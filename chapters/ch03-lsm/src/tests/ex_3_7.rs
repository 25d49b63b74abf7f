use std::sync::Arc;

use conformance::sim::{Faults, Operation, SimDisk};
use engine::disk::{Disk, File, Mode};
use engine::{Counter, Error};
use proptest::prelude::*;

use super::hex::same_bytes;
use super::panic_of;
use super::tables::{
    Entries, Opened, bytes_of, disk_with, is_corrupt, key, no_map, numbered, options, ordered,
    write,
};
use crate::block::{Block, BlockBuilder, Group, KEY_BYTES_MAX};
use crate::cache::BlockCache;
use crate::compression::Compression;
use crate::table::builder::separator;
use crate::table::footer::FOOTER_BYTES;
use crate::table::stored::Handle;
use crate::table::{Table, TableBuilder, TableInfo, TableOptions, file_name};

#[test]
fn ex_3_7_the_bytes_of_a_table() {
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
fn ex_3_7_a_footer_of_another_version_is_refused_by_name() {
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
fn ex_3_7_a_table_of_another_number_is_refused() {
    let disk = SimDisk::new();
    let info = write(&disk, 7, options(), &numbered(9));
    disk.rename(&file_name(7), &file_name(8)).unwrap();
    let opened = Opened::of(disk, TableInfo { number: 8, ..info });
    assert!(is_corrupt(&opened.map(|_| ())));
}

#[test]
fn ex_3_7_a_table_that_is_not_as_the_manifest_says_is_refused() {
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
fn ex_3_7_opening_reads_the_footer_alone() {
    for faults in [Faults::default(), no_map()] {
        let opened = Opened::new(options(), &numbered(500), faults);
        assert_eq!(opened.count(Counter::BytesRead), FOOTER_BYTES as u64);
        assert_eq!(opened.disk.counts().lent, 0);
    }
}

#[test]
fn ex_3_7_an_open_table_takes_a_bit_for_each_block() {
    let disk = SimDisk::new();
    let options = TableOptions {
        block_bytes: 1,
        ..options()
    };
    let entries = (0..8000).map(|number| (ordered(number), None)).collect();
    let info = write(&disk, 7, options, &entries);
    let cache = Arc::new(BlockCache::new(0));
    let used = allocation_counter::measure(|| {
        let table = Table::open(&disk, info, cache, Arc::default()).unwrap();
        assert_eq!(table.footer().blocks, 8000);
    });
    assert!(used.bytes_total < 4000, "{used:?} for 8000 blocks");
}

#[test]
fn ex_3_7_a_table_is_written_in_pieces_and_not_synced() {
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
fn ex_3_7_the_length_so_far_is_told_to_the_byte() {
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
fn ex_3_7_a_table_is_written_without_an_allocation_for_each_entry() {
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
fn ex_3_7_a_table_is_written_without_an_allocation_for_each_block() {
    let disk = SimDisk::new();
    let file = disk.open(&file_name(7), Mode::CreateNew).unwrap();
    let options = TableOptions {
        block_bytes: 1,
        ..options()
    };
    let mut builder = TableBuilder::new(file, 7, options);
    let keys: Vec<_> = (0..2000).map(ordered).collect();
    let used = allocation_counter::measure(|| {
        for key in &keys {
            builder.add(key, Some(b"value")).unwrap();
        }
    });
    assert!(used.count_total < 200, "{used:?} for 2000 blocks");
}

#[test]
fn ex_3_7_the_index_leads_to_each_block_by_the_shortest_key() {
    // More than is written in one piece.
    let entries: Entries = (0..40)
        .map(|n| (ordered(n * 7), Some(vec![7; 4000])))
        .collect();
    let keys: Vec<&Vec<u8>> = entries.keys().collect();
    for compression in Compression::ALL {
        let disk = SimDisk::new();
        let options = TableOptions {
            block_bytes: 1,
            compression,
            ..options()
        };
        let info = write(&disk, 7, options, &entries);
        let opened = Opened::of(disk.clone(), info).unwrap();
        let footer = opened.table.footer();
        let (at, len) = (footer.index.offset, footer.index.len);
        let bytes = bytes_of(&disk, 7);
        let index = &bytes[usize::try_from(at).unwrap()..][..len as usize];
        let (block, mut group) = (Block::new(index).unwrap(), Group::default());
        let (mut number, mut end) = (0, 0);
        for part in 0..block.groups() {
            block.read_group(part, &mut group).unwrap();
            for entry in 0..group.len() {
                let expected = match number {
                    0 => &[],
                    _ => separator(keys[number - 1], keys[number]),
                };
                assert_eq!(group.key(entry), expected, "block {number}");
                let place = group.value(entry).unwrap();
                let handle = Handle::decode(&index[place]).unwrap();
                assert_eq!(handle.offset, end, "block {number}, {compression:?}");
                end = handle.end();
                number += 1;
            }
        }
        assert_eq!(number, 40);
        assert_eq!(end, footer.filter.offset, "{compression:?}");
    }
}

#[test]
fn ex_3_7_a_block_ends_with_the_entry_that_brings_it_to_its_length() {
    let entries: Entries = (0..100).map(|n| (ordered(n), Some(vec![7; 20]))).collect();
    let mut block = BlockBuilder::new();
    let mut lens = Vec::new();
    for (key, value) in &entries {
        block.add(key, value.as_deref());
        lens.push(block.len());
    }
    // With so many entries, a block has just that length.
    for count in [1, 10, 20] {
        for (more, each) in [(0, count), (1, count + 1)] {
            let disk = SimDisk::new();
            let options = TableOptions {
                block_bytes: lens[count - 1] + more,
                ..options()
            };
            let info = write(&disk, 7, options, &entries);
            let opened = Opened::of(disk, info).unwrap();
            let blocks = opened.table.footer().blocks as usize;
            assert_eq!(blocks, 100_usize.div_ceil(each), "{each} entries a block");
        }
    }
}

#[test]
fn ex_3_7_an_empty_key_is_the_smallest_and_an_empty_value_no_tombstone() {
    let entries: Entries = [
        (Vec::new(), Some(b"1".to_vec())),
        (b"a".to_vec(), Some(Vec::new())),
        (b"b".to_vec(), None),
    ]
    .into();
    let info = write(&SimDisk::new(), 7, options(), &entries);
    assert_eq!((info.smallest, info.largest), (Vec::new(), b"b".to_vec()));
    assert_eq!((info.entries, info.tombstones), (3, 1));
}

#[test]
fn ex_3_7_a_filter_has_the_bits_that_were_asked_for() {
    for (bloom_bits_per_key, bytes) in [(0, 0), (5, 64), (10, 126)] {
        let disk = SimDisk::new();
        let options = TableOptions {
            bloom_bits_per_key,
            ..options()
        };
        let info = write(&disk, 7, options, &numbered(100));
        let opened = Opened::of(disk, info).unwrap();
        let len = opened.table.footer().filter.len;
        assert_eq!(len, bytes, "{bloom_bits_per_key} bits a key");
    }
}

#[test]
fn ex_3_7_keys_out_of_order_and_keys_too_long_are_our_own_bugs() {
    // Of many blocks, and of one.
    for block_bytes in [1, 4096] {
        let add = |keys: [&[u8]; 2]| {
            let disk = SimDisk::new();
            let file = disk.open(&file_name(7), Mode::CreateNew).unwrap();
            let options = TableOptions {
                block_bytes,
                ..options()
            };
            let mut builder = TableBuilder::new(file, 7, options);
            for key in keys {
                builder.add(key, None).unwrap();
            }
        };
        add([b"", b"\0"]);
        let longest = [b'x'; KEY_BYTES_MAX];
        add([b"a", &longest]);
        for keys in [[&b"b"[..], b"a"], [b"b", b"b"], [b"", b""], [b"ab", b"a"]] {
            let text = panic_of(|| add(keys));
            assert_eq!(text, "keys come in their order", "{keys:?}");
        }
        let text = panic_of(|| add([b"a", &[b'x'; KEY_BYTES_MAX + 1]]));
        assert_eq!(text, "keys keep within the limit");
    }
}

#[test]
fn ex_3_7_an_error_in_writing_is_answered() {
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
fn ex_3_7_separators_are_as_short_as_they_can_be() {
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

proptest! {
    #[test]
    fn ex_3_7_a_separator_is_larger_than_the_one_key_and_at_most_the_other(
        keys in prop::collection::btree_set(key(), 2),
    ) {
        let keys: Vec<_> = keys.into_iter().collect();
        let between = separator(&keys[0], &keys[1]);
        prop_assert!(&keys[0][..] < between && between <= &keys[1][..]);
        // And nothing shorter is: only what the larger one begins with can be.
        let shorter = &between[..between.len() - 1];
        prop_assert!(shorter <= &keys[0][..]);
    }
}
