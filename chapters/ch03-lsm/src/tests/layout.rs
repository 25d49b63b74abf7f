use std::fmt::Arguments;

use engine::layout::{Draw, Format, Part, Row, Table};

use crate::compression::Compression;
use crate::layout::{
    ADDED, BLOCK, CHANGE, CHANGED, COMPRESSED, EDIT, ENTRY, FILTER, FOOTER, GROUP, HANDLE,
    LOG_FILE, LOG_HEADER, MANIFEST_FILE, MANIFEST_HEADER, RECORD, STORED, TABLE_FILE,
};
use crate::log::header::HEADER_BYTES;
use crate::log::record::{CHANGE_BYTES, HEAD_BYTES};
use crate::manifest::{edit, header};
use crate::table::footer::FOOTER_BYTES;
use crate::table::stored::TRAILER_BYTES;

mod logs;
mod manifests;
mod tables;

use logs::log;
use manifests::manifest;
use tables::table;

#[test]
fn the_docs_show_the_rows() {
    let dedent = |source: &str| source.replace("\n    ///", "\n///");
    for (table, source) in [
        (&LOG_HEADER[..], include_str!("../log/header.rs")),
        (&RECORD, include_str!("../log/record.rs")),
        (&CHANGE, include_str!("../log/record.rs")),
        (&MANIFEST_HEADER, include_str!("../manifest/header.rs")),
        (&EDIT, include_str!("../manifest/edit.rs")),
        (&CHANGED, include_str!("../manifest/edit.rs")),
        (&ADDED, include_str!("../manifest/edit.rs")),
        (&FOOTER, include_str!("../table/footer.rs")),
        (&STORED, include_str!("../table/stored.rs")),
        (&HANDLE, include_str!("../table/stored.rs")),
        (&COMPRESSED, include_str!("../compression.rs")),
        (&BLOCK, include_str!("../block/builder.rs")),
        (&GROUP, include_str!("../block/builder.rs")),
        (&ENTRY, include_str!("../block/builder.rs")),
        (&FILTER, include_str!("../bloom.rs")),
    ] {
        let table = Table(table);
        assert!(table.is_shown_in(&dedent(source)), "\n{table}");
    }
    let sum = |rows: &[Row]| rows.iter().filter_map(|row| row.size).sum::<usize>();
    assert_eq!(sum(&LOG_HEADER), HEADER_BYTES as usize);
    assert_eq!(sum(&RECORD), HEAD_BYTES as usize);
    assert_eq!(sum(&CHANGE), CHANGE_BYTES);
    assert_eq!(sum(&MANIFEST_HEADER), header::HEADER_BYTES as usize);
    assert_eq!(sum(&EDIT), edit::HEAD_BYTES);
    assert_eq!(sum(&FOOTER), FOOTER_BYTES);
    assert_eq!(sum(&STORED), TRAILER_BYTES);
}

#[test]
fn a_file_is_known_by_its_name() {
    let formats = [TABLE_FILE, LOG_FILE, MANIFEST_FILE];
    for (name, expected) in [
        ("0000000001.table", Some(0)),
        ("4294967295.log", Some(1)),
        ("manifest", Some(2)),
        ("manifest.new", Some(2)),
        ("1.log", None),
        ("0000000001.data", None),
        ("manifest.old", None),
    ] {
        let found = formats.iter().position(|format| (format.is_named)(name));
        assert_eq!(found, expected, "{name}");
    }
}

fn drawn(format: Format, bytes: &[u8]) -> String {
    let mut parts = String::new();
    (format.dissect)(bytes, &mut parts);
    parts
}

/// The lines in which something is wrong.
fn faults(parts: &str) -> Vec<&str> {
    let wrong = parts.lines().filter(|line| line.contains("  <- "));
    wrong.map(str::trim).collect()
}

/// The bytes with another one at this place.
fn with(bytes: &[u8], at: usize, byte: u8) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] = byte;
    bytes
}

/// Sound files of each format.
fn sound() -> Vec<(Format, Vec<u8>)> {
    vec![
        (TABLE_FILE, table(Compression::None, 10)),
        (TABLE_FILE, table(Compression::None, 0)),
        (TABLE_FILE, table(Compression::Lz4, 10)),
        (TABLE_FILE, table(Compression::Snappy, 10)),
        (LOG_FILE, log()),
        (MANIFEST_FILE, manifest()),
    ]
}

#[test]
fn of_a_sound_file_nothing_is_said_to_be_wrong() {
    for (format, file) in sound() {
        let parts = drawn(format, &file);
        assert_eq!(faults(&parts), [""; 0], "{}", format.name);
    }
}

#[test]
fn every_bit_that_turns_over_is_said() {
    for (format, file) in sound() {
        for at in 0..file.len() {
            for bit in 0..8 {
                let parts = drawn(format, &with(&file, at, file[at] ^ 1 << bit));
                assert!(parts.contains("  <- "), "{} {at}: {parts}", format.name);
            }
        }
    }
}

/// Takes in the bytes of the parts, one behind the other.
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
    for (format, sound) in sound() {
        let lens = (0..=sound.len()).rev().step_by(7).chain(0..24);
        for len in lens {
            for at in 0..len {
                for byte in [0, 1, 2, 3, 0x7f, 0x81, 255] {
                    let file = with(&sound[..len], at, byte);
                    let mut drawn = Bytes(Vec::new());
                    (format.dissect)(&file, &mut drawn);
                    assert_eq!(drawn.0, file, "{} {at}", format.name);
                }
            }
        }
    }
}
