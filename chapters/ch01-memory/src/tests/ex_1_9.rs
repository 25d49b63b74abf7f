use engine::Error;

use crate::layout::SNAPSHOT_FILE;
use crate::memory::Map;
use crate::snapshot::{HEADER_BYTES, Header, Payload, VERSION, checksum, decode, encode};
use crate::tests::{map, numbered};

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
fn ex_1_9_what_is_encoded_is_decoded() {
    let large = Map::from([(vec![0xff; 300], vec![7; 100_000]), (vec![], vec![])]);
    for map in [Map::new(), fruit(), numbered(1000).collect(), large] {
        let file = encode(&map).unwrap();
        assert_eq!(decode("snapshot", &file).unwrap(), map);
    }
}

#[test]
fn ex_1_9_the_bytes_are_those_of_the_format() {
    let file = encode(&map(&[("a", ""), ("key", "value")])).unwrap();
    let golden: [&[u8]; 10] = [
        b"STRATA-1",                // magic
        &[1, 0, 0, 0],              // version
        &file[12..16],              // crc32, see below
        &[14, 0, 0, 0, 0, 0, 0, 0], // payload_len
        &[2],                       // entries
        &[1, b'a', 0],              // "a" and its empty value
        &[3],                       // the length of "key"
        b"key",
        &[5], // the length of "value"
        b"value",
    ];
    assert_eq!(file, golden.concat());
    assert_eq!(file[12..16], crc32fast::hash(&file[16..]).to_le_bytes());
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
fn ex_1_9_a_file_of_another_length_is_found() {
    let file = encode(&fruit()).unwrap();
    for len in 0..file.len() {
        let verdict = verdict(&file[..len]);
        let at = if len < HEADER_BYTES { 0 } else { len };
        assert_eq!(verdict, format!("snapshot corrupt at {at}"));
    }
    let longer = [&file[..], b"x"].concat();
    let promised_end = file.len();
    assert_eq!(
        verdict(&longer),
        format!("snapshot corrupt at {promised_end}")
    );
}

#[test]
fn ex_1_9_what_is_no_snapshot_is_named_at_its_first_byte() {
    assert_eq!(verdict(b""), "snapshot corrupt at 0");
    assert_eq!(verdict(&[b'x'; 100]), "snapshot corrupt at 0");
    assert_eq!(verdict(b"STRATA-1"), "snapshot corrupt at 0");
}

#[test]
fn ex_1_9_another_version_is_named_before_anything_else() {
    // Only a program that knows version 7 could say whether the rest is sound.
    let mut file = encode(&fruit()).unwrap();
    file[8] = 7;
    file.truncate(HEADER_BYTES + 3);
    assert_eq!(verdict(&file), "version 7");
}

#[test]
fn ex_1_9_a_promised_length_is_not_believed() {
    let header = Header {
        version: VERSION,
        crc32: 0,
        payload_len: u64::MAX,
    };
    assert_eq!(verdict(&header.to_bytes()), "snapshot corrupt at 24");
}

#[test]
fn ex_1_9_a_wrong_checksum_is_named_where_it_stands() {
    let mut file = encode(&fruit()).unwrap();
    *file.last_mut().unwrap() ^= 1;
    assert_eq!(verdict(&file), "snapshot corrupt at 12");
}

#[test]
fn ex_1_9_a_payload_must_hold_entries_and_nothing_else() {
    let mut payload = Vec::new();
    Payload::of(&fruit()).append_to(&mut payload).unwrap();
    assert_eq!(verdict(&file_with(&payload)), "3 entries");
    payload.push(0);
    assert_eq!(verdict(&file_with(&payload)), "snapshot corrupt at 24");
    assert_eq!(verdict(&file_with(&[])), "snapshot corrupt at 24");
    // 250 entries are promised, and none follows.
    assert_eq!(verdict(&file_with(&[250])), "snapshot corrupt at 24");
    // 2⁶⁴ − 1 entries are promised: nothing may be allocated for them.
    let many = [[253].as_slice(), &[0xff; 8]].concat();
    assert_eq!(verdict(&file_with(&many)), "snapshot corrupt at 24");
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
