use std::time::Duration;

use conformance::Budget;
use proptest::prelude::*;

use crate::place::Place;
use crate::record::{Record, Says};
use crate::tests::files::{and, delete, put, seal, synced};
use crate::tests::same_bytes;

/// The first record of file 7.
const PLACE: Place = Place {
    file: 7,
    offset: 28,
};

fn encoded(record: Record<'_>, place: Place) -> Vec<u8> {
    let mut bytes = Vec::new();
    record.append_to(&mut bytes, place);
    bytes
}

fn expiring(millis: u64) -> Record<'static> {
    Record::last(Says::Put {
        key: b"key",
        value: b"value",
        expires: Some(Duration::from_millis(millis)),
    })
}

/// One of each kind, and of the extremes.
fn samples() -> Vec<Record<'static>> {
    vec![
        put("key", "value"),
        put("", ""),
        put("", "value"),
        put("key", ""),
        and(put("key", "value")),
        expiring(1_700_000_000_000),
        expiring(0),
        and(expiring(u64::MAX)),
        delete("key"),
        delete(""),
        and(delete("key")),
        synced(28),
        synced(u32::MAX),
        seal(),
    ]
}

#[test]
fn ex_2_1_the_bytes_of_a_put() {
    same_bytes(
        &encoded(put("key", "value"), PLACE),
        &[
            ("2b 32 dc 09", "crc32"),
            ("01", "kind"),
            ("03 00", "key_len"),
            ("05 00 00 00", "value_len"),
            ("6b 65 79", "key"),
            ("76 61 6c 75 65", "value"),
        ],
    );
}

#[test]
fn ex_2_1_the_bytes_of_a_put_that_expires() {
    same_bytes(
        &encoded(and(expiring(1_700_000_000_000)), PLACE),
        &[
            ("21 62 78 07", "crc32"),
            ("82", "kind, and its batch goes on"),
            ("03 00", "key_len"),
            ("05 00 00 00", "value_len"),
            ("00 68 e5 cf 8b 01 00 00", "expires"),
            ("6b 65 79", "key"),
            ("76 61 6c 75 65", "value"),
        ],
    );
}

#[test]
fn ex_2_1_the_bytes_of_a_delete() {
    same_bytes(
        &encoded(delete("key"), PLACE),
        &[
            ("15 9d 19 6d", "crc32"),
            ("03", "kind"),
            ("03 00", "key_len"),
            ("00 00 00 00", "value_len"),
            ("6b 65 79", "key"),
        ],
    );
}

#[test]
fn ex_2_1_the_bytes_of_a_mark_and_of_a_seal() {
    let mut bytes = encoded(synced(1000), PLACE);
    seal().append_to(
        &mut bytes,
        Place {
            offset: 39,
            ..PLACE
        },
    );
    same_bytes(
        &bytes,
        &[
            ("6c a9 fc 0d", "crc32 of the mark"),
            ("04", "its kind"),
            ("00 00", "its key_len"),
            ("e8 03 00 00", "up to where"),
            ("0e b9 4d b1", "crc32 of the seal"),
            ("05", "its kind"),
            ("00 00", "its key_len"),
            ("00 00 00 00", "its value_len"),
        ],
    );
}

#[test]
fn ex_2_1_what_is_encoded_is_decoded() {
    let (key, value) = ("k".repeat(u16::MAX.into()), "v".repeat(100_000));
    let mut records = samples();
    records.push(put(&key, &value));
    for record in records {
        let bytes = encoded(record, PLACE);
        let len = record.encoded_len() as usize;
        assert_eq!(bytes.len(), len, "the length of {record:?}");
        assert!(
            Record::decode(&bytes, PLACE) == Ok(record),
            "a record was encoded, and decoded as another: its first bytes are {:?}",
            &bytes[..len.min(20)]
        );
    }
}

#[test]
fn ex_2_1_a_time_is_kept_to_the_millisecond_that_it_lies_in() {
    for (expires, millis) in [
        (Duration::from_micros(1_999), 1),
        (Duration::MAX, u64::MAX),
        (Duration::from_secs(u64::MAX / 2), u64::MAX),
        (Duration::ZERO, 0),
    ] {
        let record = Record::last(Says::Put {
            key: b"",
            value: b"",
            expires: Some(expires),
        });
        let bytes = encoded(record, PLACE);
        let kept = Record::decode(&bytes, PLACE).unwrap().says;
        let Says::Put { expires, .. } = kept else {
            panic!("a put was decoded as {kept:?}");
        };
        assert_eq!(expires, Some(Duration::from_millis(millis)));
    }
}

#[test]
fn ex_2_1_a_record_goes_behind_what_is_there() {
    let mut bytes = b"what is there".to_vec();
    put("key", "value").append_to(&mut bytes, PLACE);
    let alone = encoded(put("key", "value"), PLACE);
    let both = [b"what is there", &alone[..]].concat();
    assert!(
        bytes == both,
        "what was there is not the record's: its checksum begins with its place, and \
         not with the first of `bytes`"
    );
}

#[test]
fn ex_2_1_what_stands_behind_a_record_is_not_its_own() {
    for record in samples() {
        let bytes = [encoded(record, PLACE), b"more".to_vec()].concat();
        let decoded = Record::decode(&bytes, PLACE);
        assert_eq!(decoded, Ok(record), "with other bytes after it");
    }
}

#[test]
fn ex_2_1_a_record_that_is_cut_off_is_none() {
    for record in samples() {
        let bytes = encoded(record, PLACE);
        for len in 0..bytes.len() {
            let decoded = Record::decode(&bytes[..len], PLACE);
            let expected = Err("a record is cut off");
            assert_eq!(decoded, expected, "{len} bytes of {record:?}");
        }
    }
}

#[test]
fn ex_2_1_every_flipped_bit_is_found() {
    for record in samples() {
        let sound = encoded(record, PLACE);
        for (offset, bit) in (0..sound.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
            // After it more of the file, so that no length is too long.
            let mut bytes = sound.clone();
            bytes[offset] ^= 1 << bit;
            bytes.resize(100_000, 0);
            let decoded = Record::decode(&bytes, PLACE);
            assert!(
                decoded.is_err(),
                "bit {bit} of byte {offset} was turned over, and {record:?} became {decoded:?}"
            );
        }
    }
}

#[test]
fn ex_2_1_a_record_at_another_place_is_none() {
    let expected = Err("the checksum of a record does not match");
    for record in samples() {
        let bytes = encoded(record, PLACE);
        for (file, offset) in [(7, 29), (8, 28), (28, 7), (0, 0)] {
            let decoded = Record::decode(&bytes, Place { file, offset });
            assert_eq!(decoded, expected, "moved to {offset} of file {file}");
        }
    }
}

#[test]
fn ex_2_1_a_length_is_believed_no_farther_than_there_are_bytes() {
    for kind in [1, 2, 128 + 1, 128 + 2] {
        let mut bytes = encoded(put("key", "value"), PLACE);
        bytes[4] = kind;
        bytes[5..11].fill(0xff);
        let decoded = Record::decode(&bytes, PLACE);
        assert_eq!(
            decoded,
            Err("a record is cut off"),
            "a record of kind {kind} whose lengths are as large as they can be"
        );
    }
}

#[test]
fn ex_2_1_a_kind_that_there_is_not_begins_no_record() {
    for kind in (0..=u8::MAX).filter(|kind| !(1..=5).contains(&(kind & 127))) {
        let mut bytes = encoded(seal(), PLACE);
        bytes[4] = kind;
        let decoded = Record::decode(&bytes, PLACE);
        assert_eq!(decoded, Err("no record begins here"), "kind {kind}");
    }
    let decoded = Record::decode(&[0; 1000], PLACE);
    assert_eq!(decoded, Err("no record begins here"), "nothing but zeros");
}

#[test]
fn ex_2_1_a_mark_and_a_seal_have_no_key() {
    // Marks are looked for at every byte after damage: a key would let what is
    // none be as long as 64 KiB, and its checksum as slow.
    for kind in [4, 5, 128 + 4, 128 + 5] {
        let mut bytes = encoded(put("key", ""), PLACE);
        bytes[4] = kind;
        let decoded = Record::decode(&bytes, PLACE);
        let expected = Err("no record begins here");
        assert_eq!(decoded, expected, "kind {kind} with a key of three bytes");
        let decoded = Record::decode(&bytes[..11], PLACE);
        assert_eq!(
            decoded, expected,
            "the same without the bytes of the key: that is looked at before there are as \
             many bytes as the lengths say"
        );
    }
}

#[test]
fn ex_2_1_a_delete_does_not_look_at_its_value_len() {
    for value_len in [5, u32::MAX] {
        let mut bytes = encoded(delete("key"), PLACE);
        bytes[7..11].copy_from_slice(&value_len.to_le_bytes());
        let checked = [&PLACE.to_bytes(), &bytes[4..]].concat();
        bytes[..4].copy_from_slice(&crc32fast::hash(&checked).to_le_bytes());
        assert_eq!(
            Record::decode(&bytes, PLACE),
            Ok(delete("key")),
            "its checksum is right, and value_len is {value_len}: it has no value"
        );
    }
}

#[test]
fn ex_2_1_a_record_of_any_kind_can_go_on() {
    let records = [
        (put("key", "value"), 1),
        (expiring(0), 2),
        (delete("key"), 3),
        (synced(28), 4),
        (seal(), 5),
    ];
    for (record, kind) in records {
        let bytes = encoded(and(record), PLACE);
        assert_eq!(bytes[4], 128 + kind, "the kind of {:?}", and(record));
        assert_eq!(Record::decode(&bytes, PLACE), Ok(and(record)));
    }
}

#[test]
fn ex_2_1_a_key_that_is_too_long_is_not_written() {
    let longest = "k".repeat(u16::MAX.into());
    for record in [put(&longest, ""), delete(&longest)] {
        assert_eq!(encoded(record, PLACE)[5..7], [0xff, 0xff], "its key_len");
    }
    let longer = longest + "k";
    for record in [put(&longer, ""), delete(&longer)] {
        let written = std::panic::catch_unwind(|| encoded(record, PLACE)[5..7].to_vec());
        assert!(
            written.is_err(),
            "a key of 65536 bytes, and its key_len is {written:?}: what is written is \
             another record, and nobody notices (`u16::try_from` and an `expect` would)"
        );
    }
}

#[test]
fn ex_2_1_whatever_bytes_there_are_nothing_panics() {
    let zeros = Record::decode(&[0; 11], PLACE);
    assert_eq!(zeros, Err("no record begins here"));
    let kind = prop_oneof![0_u8..8, 128_u8..136, any::<u8>()];
    let bytes = (
        kind,
        prop::collection::vec(any::<u8>(), 0..64),
        0_u16..32,
        0_u32..64,
    );
    let runner = &mut Budget::QUICK.runner("ex_2_1 nothing panics");
    let run = runner.run(&bytes, |(kind, mut bytes, key_len, value_len)| {
        if let Some(head) = bytes.first_chunk_mut::<11>() {
            head[4] = kind;
            head[5..7].copy_from_slice(&key_len.to_le_bytes());
            head[7..11].copy_from_slice(&value_len.to_le_bytes());
        }
        prop_assert!(Record::decode(&bytes, PLACE).is_err());
        Ok(())
    });
    run.unwrap();
}
