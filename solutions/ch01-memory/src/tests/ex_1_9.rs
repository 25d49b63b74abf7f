use engine::Error;

use crate::layout::SNAPSHOT_FILE;
use crate::memory::Map;
use crate::snapshot::{HEADER_BYTES, Header, Payload, VERSION, checksum, decode, encode};
use crate::tests::{map, numbered, same};

fn fruit() -> Map {
    map(&[("", "none"), ("apple", "red"), ("banana", "")])
}

/// What `decode` says of a damaged file, in short.
fn verdict(file: &[u8]) -> String {
    match decode("snapshot", file) {
        Ok(map) => format!("{} entries", map.len()),
        Err(Error::Corrupt { file, offset, .. }) => format!("{file} corrupt at {offset}"),
        Err(Error::Version { found, .. }) => format!("version {found}"),
        Err(other) => format!("{other:?}"),
    }
}

/// A file with this payload and a header that fits it.
fn file_with(payload: &[u8]) -> Vec<u8> {
    let header = Header {
        version: VERSION,
        crc32: checksum(payload),
        payload_len: payload.len() as u64,
    };
    [&header.to_bytes(), payload].concat()
}

#[test]
fn ex_1_9_the_bytes_are_those_of_the_format() {
    let file = encode(&map(&[("a", ""), ("key", "value")])).unwrap();
    for (offset, expected, field) in [
        (0, "53 54 52 41 54 41 2d 31", "magic"),
        (8, "01 00 00 00", "version"),
        (16, "0e 00 00 00 00 00 00 00", "payload_len"),
        (24, "02", "number of entries"),
        (25, "01 61", "first key"),
        (27, "00", "first value"),
        (28, "03 6b 65 79", "second key"),
        (32, "05 76 61 6c 75 65", "second value"),
        (38, "", "end"),
        (12, "e8 51 f6 b3", "crc32"),
    ] {
        let behind = file.get(offset..).unwrap_or_default().iter();
        let bytes = behind.map(|byte| format!("{byte:02x}"));
        let found: Vec<_> = match field {
            "end" => bytes.collect(),
            _ => bytes.take(expected.len().div_ceil(3)).collect(),
        };
        let found = found.join(" ");
        assert_eq!(found, expected, "the file's {field}, at {offset}, in hex");
    }
}

#[test]
fn ex_1_9_what_is_encoded_is_decoded() {
    let large = Map::from([(vec![0xff; 300], vec![7; 100_000]), (vec![], vec![])]);
    for map in [Map::new(), fruit(), numbered(1000).collect(), large] {
        let file = encode(&map).unwrap();
        let decoded = decode("snapshot", &file).unwrap();
        same(&decoded, &map, "what was encoded and decoded");
    }
}

#[test]
fn ex_1_9_what_is_no_snapshot_is_named_at_its_first_byte() {
    assert_eq!(verdict(b""), "snapshot corrupt at 0", "an empty file");
    let letters = verdict(&[b'x'; 100]);
    assert_eq!(letters, "snapshot corrupt at 0", "a file full of `x`");
    let magic = verdict(b"STRATA-1");
    assert_eq!(magic, "snapshot corrupt at 0", "a magic and no header");
}

#[test]
fn ex_1_9_another_version_is_named_before_anything_else() {
    // Only a program that knows version 7 could say whether the rest is sound.
    let mut file = encode(&fruit()).unwrap();
    file[8] = 7;
    file.truncate(HEADER_BYTES + 3);
    let verdict = verdict(&file);
    assert_eq!(
        verdict, "version 7",
        "a file of version 7 that is cut off, too"
    );
}

#[test]
fn ex_1_9_a_file_of_another_length_is_found() {
    let file = encode(&fruit()).unwrap();
    for len in 0..file.len() {
        let verdict = verdict(&file[..len]);
        let at = if len < HEADER_BYTES { 0 } else { len };
        let expected = format!("snapshot corrupt at {at}");
        assert_eq!(verdict, expected, "the first {len} bytes of {}", file.len());
    }
    let longer = [&file[..], b"x"].concat();
    let expected = format!("snapshot corrupt at {}", file.len());
    assert_eq!(
        verdict(&longer),
        expected,
        "one byte more than was promised"
    );
}

#[test]
fn ex_1_9_a_promised_length_is_not_believed() {
    let header = Header {
        version: VERSION,
        crc32: 0,
        payload_len: u64::MAX,
    };
    let verdict = verdict(&header.to_bytes());
    let promised = "a header that promises 2^64 - 1 bytes, and none of them";
    assert_eq!(verdict, "snapshot corrupt at 24", "{promised}");
}

#[test]
fn ex_1_9_a_wrong_checksum_is_named_where_it_stands() {
    let mut file = encode(&fruit()).unwrap();
    *file.last_mut().unwrap() ^= 1;
    let verdict = verdict(&file);
    assert_eq!(
        verdict, "snapshot corrupt at 12",
        "the last byte is another"
    );
}

#[test]
fn ex_1_9_a_payload_must_hold_entries_and_nothing_else() {
    let mut sound = Vec::new();
    Payload::of(&fruit()).append_to(&mut sound).unwrap();
    assert_eq!(verdict(&file_with(&sound)), "3 entries");
    let longer = [&sound[..], &[0]].concat();
    let many = [[253].as_slice(), &[0xff; 8]].concat();
    for (payload, what) in [
        (&longer[..], "three entries and a byte more"),
        (&[], "nothing, not even a count of entries"),
        (&[250], "a count of 250, and no entry"),
        // Nothing may be allocated for them.
        (&many, "a count of 2^64 - 1, and no entry"),
    ] {
        let verdict = verdict(&file_with(payload));
        assert_eq!(verdict, "snapshot corrupt at 24", "the payload: {what}");
    }
}

#[test]
fn ex_1_9_every_flipped_bit_is_found() {
    let file = encode(&fruit()).unwrap();
    for offset in 0..file.len() {
        for bit in 0..8 {
            let mut damaged = file.clone();
            damaged[offset] ^= 1 << bit;
            let verdict = verdict(&damaged);
            let expected = match offset {
                8..12 => "version ",
                _ => "snapshot corrupt at ",
            };
            assert!(verdict.starts_with(expected), "byte {offset}: {verdict}");
        }
    }
}

#[test]
fn ex_1_9_an_error_names_the_file_that_was_decoded() {
    let sound = encode(&fruit()).unwrap();
    let flipped = |offset: usize| {
        let mut file = sound.clone();
        file[offset] ^= 1;
        file
    };
    for (wrong, file) in [
        ("the magic", flipped(0)),
        ("the version", flipped(8)),
        ("the checksum", flipped(12)),
        ("the length", sound[..sound.len() - 1].to_vec()),
        ("the payload", file_with(&[250])),
    ] {
        match decode("another-name", &file) {
            Err(Error::Corrupt { file, .. } | Error::Version { file, .. }) => {
                assert_eq!(file, "another-name", "{wrong} is wrong");
            }
            other => panic!("{wrong} is wrong, and decode answers {other:?}"),
        }
    }
}

#[test]
fn ex_1_9_what_is_encoded_is_taken_apart_without_a_fault() {
    for map in [Map::new(), fruit(), numbered(300).collect()] {
        let mut parts = String::new();
        (SNAPSHOT_FILE.dissect)(&encode(&map).unwrap(), &mut parts);
        assert!(!parts.contains("<-"), "{parts}");
        assert_eq!(parts.matches(" value_len ").count(), map.len());
    }
}
