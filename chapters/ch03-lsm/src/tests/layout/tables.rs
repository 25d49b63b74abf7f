use super::{drawn, faults, with};
use crate::compression::Compression;
use crate::layout::TABLE_FILE;
use crate::table::TableOptions;
use crate::table::footer::Footer;
use crate::tests::tables::{Entries, bytes_of, write};

/// Table 7: two entries in a block, one in another.
pub(super) fn table(compression: Compression, bloom_bits_per_key: u32) -> Vec<u8> {
    let value = |text: &str| Some(text.as_bytes().to_vec());
    let entries: Entries = [
        (b"apple".to_vec(), value("red")),
        (b"apricot".to_vec(), None),
        (b"fig".to_vec(), value(&"x".repeat(40))),
    ]
    .into();
    let disk = conformance::sim::SimDisk::new();
    let options = TableOptions {
        block_bytes: 30,
        compression,
        bloom_bits_per_key,
    };
    write(&disk, 7, options, &entries);
    bytes_of(&disk, 7)
}

const TABLE: &str = r#"     0 data block 1 of 2: values
     0 value "red"
     3 put "apple"
     3 shared 0
     4 suffix_len 5
     5 value_len 4
     6 suffix "apple"
    11 delete "apricot"
    11 shared 2
    12 suffix_len 5
    13 value_len 0
    14 suffix "ricot"
    19 the end of data block 1 of 2
    19 entry_at 3
    23 value_at 0
    27 groups 1
    31 compression 0
    32 crc32 0x5ee0b7fb
    36 data block 2 of 2: values
    36 value "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
    76 put "fig"
    76 shared 0
    77 suffix_len 3
    78 value_len 41
    79 suffix "fig"
    82 the end of data block 2 of 2
    82 entry_at 40
    86 value_at 0
    90 groups 1
    94 compression 0
    95 crc32 0xca50ef8a
    99 filter
    99 bits "%)\x00\x93 $\r "
   107 probes 7
   108 compression 0
   109 crc32 0x2f308e57
   113 the index: values
   113 offset 0
   114 len 31
   115 offset 36
   116 len 58
   117 data block 1 begins at ""
   117 shared 0
   118 suffix_len 0
   119 value_len 3
   120 data block 2 begins at "f"
   120 shared 0
   121 suffix_len 1
   122 value_len 3
   123 suffix "f"
   124 the end of the index
   124 entry_at 4
   128 value_at 0
   132 groups 1
   136 compression 0
   137 crc32 0xf7515e82
   141 footer
   141 filter_offset 99
   149 filter_len 9
   153 index_offset 113
   161 index_len 23
   165 entries 3
   173 tombstones 1
   181 blocks 2
   185 number 7
   189 version 1
   193 crc32 0xbb2d146a
   197 magic "STRATA3T"
"#;

#[test]
fn a_table_is_drawn_entry_by_entry() {
    assert_eq!(drawn(TABLE_FILE, &table(Compression::None, 10)), TABLE);
}

#[test]
fn of_a_long_key_the_beginning_is_shown() {
    let entries: Entries = [31, 32, 33].map(|len| (vec![b'k'; len], None)).into();
    let disk = conformance::sim::SimDisk::new();
    write(&disk, 7, TableOptions::default(), &entries);
    let drawn = drawn(TABLE_FILE, &bytes_of(&disk, 7));
    let names: Vec<&str> = drawn
        .lines()
        .filter_map(|line| line.split("delete ").nth(1))
        .collect();
    let k = |len| format!("\"{}\"", "k".repeat(len));
    assert_eq!(names, [k(31), k(32), format!("{}…", k(32))]);
}

#[test]
fn a_block_of_tombstones_is_drawn_without_values() {
    let entries: Entries = [(b"fig".to_vec(), None)].into();
    let disk = conformance::sim::SimDisk::new();
    write(&disk, 7, TableOptions::default(), &entries);
    let parts = drawn(TABLE_FILE, &bytes_of(&disk, 7));
    assert!(parts.starts_with("     0 delete \"fig\"\n"), "{parts}");
}

#[test]
fn a_compressed_block_is_drawn_whole() {
    let parts = drawn(TABLE_FILE, &table(Compression::Lz4, 10));
    let block = r#"    36 data block 2 of 2: 1 entry, compressed
    36 block_len 58
    40 compressed "\x1fx\x01\x00\x14\xf0\x03\x00\x03)fig(\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00"
    65 compression 1
    66 crc32 0x2700381d
    70 filter
"#;
    assert!(parts.contains(block), "{parts}");
}

#[test]
fn a_table_without_a_filter_says_so() {
    let parts = drawn(TABLE_FILE, &table(Compression::None, 0));
    assert!(parts.contains(" no filter\n"), "{parts}");
    assert_eq!(faults(&parts), [""; 0]);
}

#[test]
fn a_block_that_is_not_what_it_was_is_drawn_as_far_as_it_makes_sense() {
    let sound = table(Compression::None, 10);
    let value = drawn(TABLE_FILE, &with(&sound, 0, b'R'));
    assert!(value.contains("0 value \"Red\""), "{value}");
    let crc32 = "32 crc32 0x5ee0b7fb  <- the checksum of a block does not match";
    assert_eq!(faults(&value), [crc32]);
    let suffix_len = drawn(TABLE_FILE, &with(&sound, 4, 200));
    let wrong = faults(&suffix_len);
    assert!(
        wrong[0].starts_with("0 block \"red") && wrong[1] == crc32,
        "{wrong:?}"
    );
    assert!(
        wrong[0].ends_with("<- an entry of a block is cut off"),
        "{wrong:?}"
    );
    assert!(suffix_len.contains(" put \"fig\"\n"), "{suffix_len}");
}

#[test]
fn what_nothing_leads_to_is_drawn_and_said() {
    const NOTHING: &str = "<- nothing says what these bytes are";
    let sound = table(Compression::None, 10);
    // It has no footer, as while it is being written.
    let cut_off = drawn(TABLE_FILE, &sound[..100]);
    assert!(cut_off.lines().count() == 1 && cut_off.trim_end().ends_with(NOTHING));
    // The index says that the second block begins later.
    let moved = drawn(TABLE_FILE, &with(&sound, 115, 40));
    let wrong = faults(&moved);
    assert!(
        wrong[0].starts_with("36 unread") && wrong[0].ends_with(NOTHING),
        "{wrong:?}"
    );
    assert!(
        wrong.contains(&"115 offset 40  <- the block before it ends at 36"),
        "{wrong:?}"
    );
    assert!(
        wrong.contains(&"116 len 58  <- data blocks end at 99"),
        "{wrong:?}"
    );
    // The footer says that the filter begins earlier.
    let footer = drawn(TABLE_FILE, &with(&sound, 141, 98));
    let wrong = faults(&footer);
    assert!(
        wrong[0].starts_with("0 unread") && wrong[0].ends_with(NOTHING),
        "{wrong:?}"
    );
    assert!(wrong[1].starts_with("193 crc32"), "{wrong:?}");
}

/// The checksum tells that a footer is what was written, and not that it makes
/// sense.
#[test]
fn a_number_of_a_sound_footer_that_makes_no_sense_is_said_to_be_wrong() {
    let sound = table(Compression::None, 10);
    let (blocks, footer) = sound.split_last_chunk().unwrap();
    let mut footer = Footer::decode("name", 7, blocks.len() as u64, footer).unwrap();
    footer.blocks = 100;
    let parts = drawn(TABLE_FILE, &[blocks, &footer.to_bytes()].concat());
    let wrong = "181 blocks 100  <- the file has no room for so many blocks";
    assert_eq!(faults(&parts), [wrong]);
}
