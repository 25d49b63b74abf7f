use conformance::sim::{Faults, Operation, SimDisk};
use engine::disk::{Disk, File, Mode};
use engine::{Counter, Error};
use proptest::prelude::*;

use super::hex::same_bytes;
use super::tables::{
    Entries, Opened, bytes_of, disk_with, is_corrupt, key, no_map, numbered, options, ordered,
    write,
};
use crate::table::builder::separator;
use crate::table::footer::FOOTER_BYTES;
use crate::table::{TableBuilder, TableInfo, TableOptions, file_name};

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
