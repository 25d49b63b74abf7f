use std::fmt::Arguments;

use engine::layout::{Draw, Part, Table};

use crate::layout::{HEADER, SNAPSHOT_FILE};
use crate::snapshot::{HEADER_BYTES, MAGIC, VERSION};

/// The parts of a file with these bytes.
fn parts(file: &[u8]) -> String {
    let mut text = String::new();
    (SNAPSHOT_FILE.dissect)(file, &mut text);
    text
}

/// The file for `a` without a value and `key` with `value`.
const SOUND: &[u8] = b"STRATA-1\x01\0\0\0\xe8\x51\xf6\xb3\x0e\0\0\0\0\0\0\0\
    \x02\x01a\0\x03key\x05value";

/// Its parts, but for the header's.
const ENTRIES: &str = "    24 entries 2
    25 entry 1 of 2
    25 key_len 1
    26 key \"a\"
    27 value_len 0
    28 value \"\"
    28 entry 2 of 2
    28 key_len 3
    29 key \"key\"
    32 value_len 5
    33 value \"value\"
";

#[test]
fn the_docs_of_the_header_show_its_rows() {
    let source = include_str!("../snapshot.rs");
    assert!(Table(&HEADER).is_shown_in(source), "\n{}", Table(&HEADER));
    let sizes: usize = HEADER.iter().filter_map(|row| row.size).sum();
    assert_eq!(sizes, HEADER_BYTES);
    assert_eq!(HEADER[0].size, Some(MAGIC.len()));
    assert_eq!(SOUND[8..12], VERSION.to_le_bytes());
}

#[test]
fn a_sound_file_has_no_fault() {
    let header = "     0 magic \"STRATA-1\"
     8 version 1
    12 crc32 0xb3f651e8
    16 payload_len 14
";
    assert_eq!(parts(SOUND), [header, ENTRIES].concat());
}

#[test]
fn each_field_of_the_header_can_be_wrong_and_the_entries_are_shown() {
    for (at, fault) in [
        (
            0,
            "     0 magic \"\\xacTRATA-1\"  <- should be \"STRATA-1\"",
        ),
        (8, "     8 version 254  <- only version 1 is known"),
        (
            12,
            "    12 crc32 0xb3f65117  <- does not hold: the bytes make 0xb3f651e8",
        ),
        (16, "    16 payload_len 241  <- 14 bytes follow"),
    ] {
        let mut file = SOUND.to_vec();
        file[at] ^= 0xff;
        let text = parts(&file);
        assert!(text.contains(&format!("{fault}\n")), "{text}");
        assert!(text.ends_with(ENTRIES), "{text}");
    }
}

#[test]
fn a_file_may_end_anywhere_and_may_go_on() {
    for len in 0..SOUND.len() {
        let text = parts(&SOUND[..len]);
        assert_eq!(text.matches("cut off").count(), 1, "{len}: {text}");
        assert!(!text.contains("unread"), "{len}: {text}");
    }
    let text = parts(&[SOUND, b"more"].concat());
    assert!(
        text.contains("payload_len 14  <- 18 bytes follow"),
        "{text}"
    );
    let end = "    38 unread \"more\"  <- nothing says what these bytes are\n";
    assert!(text.ends_with(end), "{text}");
}

#[test]
fn numbers_may_be_long_and_may_be_none() {
    let file = |payload: &[u8]| [&SOUND[..24], payload].concat();
    // 300 bytes are promised for the key, and 2 are there.
    let text = parts(&file(&[1, 251, 0x2c, 1, b'x', b'y']));
    let end = "    25 key_len 300\n    28 key \"xy\"  <- cut off: 2 of 300 bytes are here\n";
    assert!(text.ends_with(end), "{text}");
    let most = [[253].as_slice(), &[0xff; 8]].concat();
    let text = parts(&file(&most));
    assert!(text.contains("entries 18446744073709551615\n"), "{text}");
    let text = parts(&file(&[1, 255, 0]));
    let end = "    25 key_len \"\\xff\"  <- no number begins with 255\n    \
               26 unread \"\\x00\"  <- nothing says what these bytes are\n";
    assert!(text.ends_with(end), "{text}");
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
    for len in 0..=SOUND.len() {
        for at in 0..len {
            for byte in [0, 1, 0x7f, 250, 251, 252, 253, 254, 255] {
                let mut file = SOUND[..len].to_vec();
                file[at] = byte;
                let mut drawn = Bytes(Vec::new());
                (SNAPSHOT_FILE.dissect)(&file, &mut drawn);
                assert_eq!(drawn.0, file);
            }
        }
    }
}

#[test]
fn lengths_have_as_many_bytes_as_they_need() {
    let long = |marker: &[u8], len: usize| {
        let entry = [&[1, 0], marker, &vec![b'x'; len]].concat();
        parts(&[&SOUND[..HEADER_BYTES], &entry].concat())
    };
    for (marker, len) in [
        (&[250][..], 250),
        (&[251, 0x2c, 1], 300),
        (&[252, 0x70, 0x11, 1, 0], 70_000),
        (&[253, 0x70, 0x11, 1, 0, 0, 0, 0, 0], 70_000),
    ] {
        let text = long(marker, len);
        assert!(text.contains(&format!("value_len {len}\n")), "{marker:?}");
        assert!(!text.contains("unread"), "{marker:?}");
    }
}

#[test]
fn both_files_are_known_by_their_names() {
    for (name, is_ours) in [("snapshot", true), ("snapshot.tmp", true), ("LOCK", false)] {
        assert_eq!((SNAPSHOT_FILE.is_named)(name), is_ours, "{name}");
    }
}
