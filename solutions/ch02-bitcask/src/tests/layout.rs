use std::fmt::Arguments;

use engine::layout::{Draw, Part, Row, Table};

use crate::header::{HEADER_BYTES, Header};
use crate::hint::{Entry, Hint};
use crate::layout::{DATA_FILE, ENTRY, HEADER, HINT, HINT_FILE, RECORD};
use crate::place::Place;
use crate::record::{HEAD_BYTES, Record, Says};

#[test]
fn the_docs_show_the_rows() {
    for (table, source) in [
        (&HEADER[..], include_str!("../header.rs")),
        (&RECORD, include_str!("../record.rs")),
        (&HINT, include_str!("../hint.rs")),
        (&ENTRY, include_str!("../hint.rs")),
    ] {
        let table = Table(table);
        assert!(table.is_shown_in(source), "\n{table}");
    }
    let sum = |rows: &[Row]| rows.iter().filter_map(|row| row.size).sum::<usize>();
    assert_eq!(sum(&HEADER), HEADER_BYTES as usize);
    assert_eq!(sum(&RECORD), HEAD_BYTES as usize);
}

/// A sealed file with a batch, a mark and room.
fn sound() -> Vec<u8> {
    let mut bytes = Header::of(7).to_bytes().to_vec();
    let put = |key, value| Says::Put {
        key,
        value,
        expires: None,
    };
    let records = [
        (put(b"apple", b"red"), true),
        (Says::Delete { key: b"fig" }, false),
        (Says::Synced { up_to: 28 }, false),
        (Says::Seal, false),
    ];
    for (says, goes_on) in records {
        let offset = u32::try_from(bytes.len()).unwrap();
        Record { says, goes_on }.append_to(&mut bytes, Place { file: 7, offset });
    }
    bytes.resize(bytes.len() + 5, 0);
    bytes
}

/// Its parts: the header, the first record, and the others.
const FILE: &str = r#"     0 magic "STRATA-2"
     8 version 1
    12 crc32 0x985f1e40
    16 number 7
    20 first 7
    24 last 7
"#;
const SOUND: &str = r#"    28 put in a batch that goes on
    28 crc32 0x5dc26666
    32 kind 129
    33 key_len 5
    35 value_len 3
    39 key "apple"
    44 value "red"
"#;
const REST: &str = r#"    47 delete
    47 crc32 0xe4cc1d46
    51 kind 3
    52 key_len 3
    54 value_len 0
    58 key "fig"
    61 a mark of the last sync
    61 crc32 0x41acc6d2
    65 kind 4
    66 key_len 0
    68 value_len 28
    72 seal
    72 crc32 0x7261dbf0
    76 kind 5
    77 key_len 0
    79 value_len 0
    83 room for more
    83 zeros "\x00\x00\x00\x00\x00"
"#;
/// The first record with a bit turned over.
const BROKEN: &str = r#"    28 no record
    28 crc32 0x5dc26666  <- the checksum of a record does not match
    32 kind 129
    33 key_len 5
    35 value_len 3
    39 key "aqple"
    44 value "red"
"#;

#[test]
fn a_data_file_is_drawn_record_by_record() {
    let mut parts = String::new();
    (DATA_FILE.dissect)(&sound(), &mut parts);
    assert_eq!(parts, [FILE, SOUND, REST].concat());
}

#[test]
fn what_is_no_record_is_said_and_drawn() {
    let mut bytes = sound();
    bytes[40] ^= 1;
    let mut parts = String::new();
    (DATA_FILE.dissect)(&bytes, &mut parts);
    assert_eq!(parts, [FILE, BROKEN, REST].concat());
}

/// What is drawn of the header of file 7, these records and these bytes,
/// after the header.
fn drawn(records: &[Record<'_>], rest: &[u8]) -> String {
    let mut bytes = Header::of(7).to_bytes().to_vec();
    for record in records {
        let offset = u32::try_from(bytes.len()).unwrap();
        record.append_to(&mut bytes, Place { file: 7, offset });
    }
    bytes.extend_from_slice(rest);
    let mut parts = String::new();
    (DATA_FILE.dissect)(&bytes, &mut parts);
    parts.strip_prefix(FILE).unwrap().to_owned()
}

#[test]
fn room_is_drawn_behind_records_and_what_is_none_behind_a_seal() {
    let put = Record {
        says: Says::Put {
            key: b"apple",
            value: b"red",
            expires: None,
        },
        goes_on: true,
    };
    assert_eq!(drawn(&[put], &[]), SOUND, "no room, nothing of it");
    let room = "    47 room for more\n    47 zeros \"\\x00\\x00\\x00\"\n";
    assert_eq!(drawn(&[put], &[0; 3]), [SOUND, room].concat());
    let behind = drawn(&[Record::last(Says::Seal)], b"abc");
    let lines: Vec<&str> = behind.lines().collect();
    assert!(
        lines[0].ends_with("seal") && !behind.contains("record") && !behind.contains("room"),
        "after a seal stands neither a record nor room: {behind}"
    );
}

#[test]
fn an_empty_value_has_no_row() {
    let put = Record::last(Says::Put {
        key: b"a",
        value: b"",
        expires: None,
    });
    let parts = drawn(&[put], &[]);
    assert!(parts.contains("key \"a\""), "{parts}");
    assert!(!parts.contains(" value "), "{parts}");
}

#[test]
fn a_file_is_known_by_its_name() {
    for (name, is_data, is_hint) in [
        ("0000000001.data", true, false),
        ("4294967295.active", true, false),
        ("0000000001.hint", false, true),
        ("1.data", false, false),
        ("00000000001.data", false, false),
        ("+000000001.data", false, false),
        ("4294967296.data", false, false),
        ("0000000001.text", false, false),
        ("0000000001", false, false),
    ] {
        let found = ((DATA_FILE.is_named)(name), (HINT_FILE.is_named)(name));
        assert_eq!(
            found,
            (is_data, is_hint),
            "whether {name} is (data, a hint)"
        );
    }
}

#[test]
fn an_entry_of_a_hint_is_as_long_as_a_record_at_the_least() {
    for (len, is_sound) in [(HEAD_BYTES - 1, false), (HEAD_BYTES, true)] {
        let entry = Entry {
            key: b"",
            offset: HEADER_BYTES,
            len,
            deletes: true,
        };
        let hint = Hint::new(7, 83, vec![entry]);
        let mut parts = String::new();
        (HINT_FILE.dissect)(hint.bytes(), &mut parts);
        assert_eq!(!parts.contains("<-"), is_sound, "{parts}");
    }
}

#[test]
fn a_hint_file_is_drawn_key_by_key() {
    let entry = |key, offset, deletes| Entry {
        key,
        offset,
        len: 19,
        deletes,
    };
    let entries = vec![entry(b"fig", 47, true), entry(b"apple", 28, false)];
    let hint = Hint::new(7, 83, entries);
    let mut parts = String::new();
    (HINT_FILE.dissect)(hint.bytes(), &mut parts);
    let expected = r#"     0 magic "strata-h"
     8 version 1
    12 crc32 0x62b7c0ba
    16 number 7
    20 data_end 83
    24 count 2
    32 key 1 of 2
    32 offset 28
    36 len 19
    40 deletes 0
    41 key_len 5
    43 key "apple"
    48 key 2 of 2
    48 offset 47
    52 len 19
    56 deletes 1
    57 key_len 3
    59 key "fig"
"#;
    assert_eq!(parts, expected);
}

/// Takes in the bytes of the parts, one after the other.
struct Bytes(Vec<u8>);

impl Draw for Bytes {
    fn group(&mut self, offset: usize, _name: Arguments<'_>) {
        assert_eq!(offset, self.0.len());
    }

    fn part(&mut self, part: Part<'_>) {
        assert_eq!(part.offset, self.0.len());
        self.0.extend_from_slice(part.bytes);
    }
}

#[test]
fn every_byte_of_any_file_is_drawn_once() {
    let hint = Hint::new(7, 83, vec![]);
    for (format, sound) in [(DATA_FILE, sound()), (HINT_FILE, hint.bytes().to_vec())] {
        for len in 0..=sound.len() {
            for at in 0..len {
                for byte in [0, 1, 2, 5, 0x7f, 0x81, 255] {
                    let mut file = sound[..len].to_vec();
                    file[at] = byte;
                    let mut drawn = Bytes(Vec::new());
                    (format.dissect)(&file, &mut drawn);
                    assert_eq!(drawn.0, file);
                }
            }
        }
    }
}
