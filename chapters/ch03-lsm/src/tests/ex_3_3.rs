use engine::{Error, Write};

use super::hex::same_bytes;
use super::logs::{LOG, NAME, batch, log, put};
use crate::log::header::HEADER_BYTES;
use crate::log::record::{Changes, Record, Says};
use crate::log::replay::{Ended, header, judge, replay};

/// All changes in a log, and how it ends.
fn changes(bytes: &[u8]) -> (Vec<String>, Ended) {
    let mut changes = Vec::new();
    let ended = replay(NAME, LOG, bytes, |write| changes.push(format!("{write:?}")));
    (changes, ended.unwrap())
}

#[test]
fn ex_3_3_a_batch_has_these_bytes() {
    let (bytes, _) = log(&[batch(&[put("pear", "green"), Write::delete("fig")])]);
    same_bytes(
        &bytes[HEADER_BYTES as usize..],
        &[
            ("2a 01 b0 3c", "crc32"),
            ("01", "kind"),
            ("1a 00 00 00", "length of the changes"),
            ("01", "kind of the first change"),
            ("04 00", "key_len"),
            ("05 00 00 00", "value_len"),
            ("70 65 61 72", "key"),
            ("67 72 65 65 6e", "value"),
            ("02", "kind of the second change"),
            ("03 00", "key_len"),
            ("00 00 00 00", "value_len"),
            ("66 69 67", "key"),
        ],
    );
}

#[test]
fn ex_3_3_a_mark_and_an_end_have_these_bytes() {
    let (bytes, offsets) = log(&[Says::Synced { up_to: 30 }, Says::End]);
    assert_eq!(offsets, [24, 33]);
    same_bytes(
        &bytes[28..33],
        &[("02", "kind"), ("1e 00 00 00", "up to where")],
    );
    same_bytes(&bytes[37..], &[("03", "kind"), ("00 00 00 00", "number")]);
}

#[test]
fn ex_3_3_a_record_goes_behind_what_is_there_already() {
    let writes = [put("a", "1")];
    for says in [batch(&writes), Says::Synced { up_to: 30 }, Says::End] {
        let (log, offset) = (LOG, 1000);
        let record = Record { log, offset, says };
        let mut alone = Vec::new();
        record.append_to(&mut alone);
        let mut behind = b"before".to_vec();
        record.append_to(&mut behind);
        assert_eq!(behind, [&b"before"[..], &alone].concat());
        let (found, len) = Record::decode(&alone, LOG, offset).unwrap();
        assert_eq!((found.offset, len as usize), (offset, alone.len()));
    }
}

#[test]
fn ex_3_3_what_is_wrong_with_a_record_is_told_in_this_order() {
    let (bytes, _) = log(&[batch(&[put("a", "1")])]);
    let sound = &bytes[HEADER_BYTES as usize..];
    let what = |bytes: &[u8]| Record::decode(bytes, LOG, HEADER_BYTES).unwrap_err();
    assert_eq!(what(&sound[..8]), "a record is cut off");
    for kind in [0, 4, 255] {
        let mut other = sound.to_vec();
        other[4] = kind;
        // Nor does the length of what is no record count.
        other[5..9].fill(0xff);
        assert_eq!(what(&other), "no record begins here", "kind {kind}");
    }
    let cut_off = &sound[..sound.len() - 1];
    assert_eq!(what(cut_off), "a record is cut off");
    let mut long = sound.to_vec();
    long[5..9].fill(0xff);
    let used = allocation_counter::measure(|| {
        assert_eq!(what(&long), "a record is cut off");
        Record::decode(sound, LOG, HEADER_BYTES).unwrap();
    });
    assert_eq!(used.bytes_total, 0);
    let mut flipped = sound.to_vec();
    flipped[10] ^= 1;
    assert_eq!(what(&flipped), "the checksum of a record does not match");
}

#[test]
fn ex_3_3_behind_the_head_only_a_batch_has_bytes_and_it_may_have_none() {
    for (kind, number, len) in [(1, 0, 9), (2, 5, 9), (3, 5, 9), (1, 5, 14)] {
        let mut bytes = vec![0, 0, 0, 0, kind, number, 0, 0, 0, 7, 7, 7, 7, 7];
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&LOG.to_le_bytes());
        hasher.update(&HEADER_BYTES.to_le_bytes());
        hasher.update(&bytes[4..len]);
        bytes[..4].copy_from_slice(&hasher.finalize().to_le_bytes());
        let decoded = Record::decode(&bytes, LOG, HEADER_BYTES);
        let found = decoded.map(|(_, len)| len as usize);
        assert_eq!(found, Ok(len), "kind {kind}, number {number}");
    }
}

#[test]
fn ex_3_3_a_flip_of_any_bit_of_a_mark_or_an_end_is_noticed() {
    for says in [Says::Synced { up_to: 30 }, Says::End] {
        let (bytes, _) = log(&[says]);
        for at in HEADER_BYTES as usize..bytes.len() {
            for bit in 0..8 {
                let mut flipped = bytes.clone();
                flipped[at] ^= 1 << bit;
                let decoded = Record::decode(&flipped[24..], LOG, HEADER_BYTES);
                assert!(decoded.is_err(), "bit {bit} of byte {at} of {says:?}");
            }
        }
    }
}

#[test]
fn ex_3_3_changes_that_make_no_sense_are_damage_where_the_checksum_holds() {
    let writes = [put("a", "1")];
    let a_delete_with_a_value = b"\x02\x01\0\x01\0\0\0a1";
    for senseless in [&b"nonsense"[..], a_delete_with_a_value] {
        let senseless = Says::Batch(Changes::Bytes(senseless));
        let (bytes, offsets) = log(&[batch(&writes), senseless, batch(&writes)]);
        let error = replay(NAME, LOG, &bytes, |_| {}).expect_err("a change makes no sense");
        let expected = Error::corrupt(NAME, u64::from(offsets[1]), "a change is cut off");
        assert_eq!(error, expected);
    }
}

#[test]
fn ex_3_3_a_log_that_is_shorter_than_its_header_has_no_record() {
    let (bytes, _) = log(&[]);
    for len in 0..=bytes.len() {
        let (found, ended) = changes(&bytes[..len]);
        assert_eq!(found, [""; 0]);
        let expected = Ended::Broken(HEADER_BYTES, "a record is cut off");
        assert_eq!(ended, expected, "{len} bytes");
    }
}

#[test]
fn ex_3_3_a_log_without_an_end_is_damage_unless_it_is_the_newest() {
    let (mut bytes, _) = log(&[batch(&[put("a", "1")])]);
    let end = bytes.len();
    bytes.resize(end + 100, 0);
    let (_, ended) = changes(&bytes);
    assert_eq!(judge(NAME, LOG, &bytes, ended, true), Ok(()));
    let error = judge(NAME, LOG, &bytes, ended, false).unwrap_err();
    let expected = Error::corrupt(NAME, end as u64, "no record begins here");
    assert_eq!(error, expected);
}

#[test]
fn ex_3_3_replay_finds_the_changes_of_all_batches_in_their_order() {
    let (bytes, _) = log(&[
        batch(&[put("a", "1"), put("b", "2")]),
        Says::Synced { up_to: 30 },
        batch(&[Write::delete("a")]),
        Says::End,
    ]);
    let (found, ended) = changes(&bytes);
    assert_eq!(found, ["put a 1", "put b 2", "delete a"]);
    assert_eq!(ended, Ended::Here);
}

#[test]
fn ex_3_3_a_batch_that_is_cut_off_anywhere_is_no_part_of_the_log() {
    let (bytes, offsets) = log(&[
        batch(&[put("a", "1")]),
        batch(&[put("b", "2"), put("c", "3")]),
    ]);
    for len in offsets[1] as usize..bytes.len() {
        let (found, ended) = changes(&bytes[..len]);
        assert_eq!(found, ["put a 1"], "cut off at {len}");
        assert!(matches!(ended, Ended::Broken(at, _) if at == offsets[1]));
    }
}

#[test]
fn ex_3_3_a_flip_of_any_bit_of_a_record_is_noticed() {
    let (bytes, offsets) = log(&[batch(&[put("a", "1")]), batch(&[put("b", "2")])]);
    for at in offsets[0] as usize..offsets[1] as usize {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            let (found, ended) = changes(&flipped);
            assert_eq!(found, [""; 0], "bit {bit} of byte {at}");
            assert!(matches!(ended, Ended::Broken(at, _) if at == offsets[0]));
        }
    }
}

#[test]
fn ex_3_3_a_record_of_another_place_or_another_log_is_none() {
    let (bytes, offsets) = log(&[batch(&[put("a", "1")]), batch(&[put("a", "1")])]);
    let (one, other) = (offsets[0] as usize, offsets[1] as usize);
    assert!(Record::decode(&bytes[one..], LOG, offsets[0]).is_ok());
    assert!(Record::decode(&bytes[one..], LOG + 1, offsets[0]).is_err());
    assert!(Record::decode(&bytes[other..], LOG, offsets[0]).is_err());
}

#[test]
fn ex_3_3_what_no_mark_tells_of_may_be_a_torn_tail_of_the_newest_log() {
    let (mut bytes, offsets) = log(&[batch(&[put("a", "1")]), batch(&[put("b", "2")])]);
    bytes[offsets[1] as usize + 12] ^= 1;
    let (_, ended) = changes(&bytes);
    assert_eq!(judge(NAME, LOG, &bytes, ended, true), Ok(()));
    let error = judge(NAME, LOG, &bytes, ended, false).unwrap_err();
    assert!(matches!(error, Error::Corrupt { offset, .. } if offset == u64::from(offsets[1])));
}

#[test]
fn ex_3_3_what_a_later_mark_tells_of_is_damage() {
    let writes = [Write::delete("a")];
    let first = batch(&writes);
    let (_, offsets) = log(&[first, first]);
    let up_to = offsets[1];
    let (bytes, offsets) = log(&[first, first, Says::Synced { up_to }, first]);
    for (broken, is_damage) in [(0, true), (1, false), (2, false), (3, false)] {
        let mut bytes = bytes.clone();
        bytes[offsets[broken] as usize + 4] ^= 0x40;
        let (_, ended) = changes(&bytes);
        let judged = judge(NAME, LOG, &bytes, ended, true);
        assert_eq!(judged.is_err(), is_damage, "record {broken} is broken");
    }
}

#[test]
fn ex_3_3_a_mark_that_tells_of_no_more_than_is_there_proves_nothing() {
    let writes = [Write::delete("a")];
    let first = batch(&writes);
    let (_, offsets) = log(&[first, first, first]);
    let up_to = offsets[1];
    let (mut bytes, offsets) = log(&[first, first, Says::Synced { up_to }]);
    bytes[offsets[1] as usize] ^= 1;
    let (_, ended) = changes(&bytes);
    assert_eq!(judge(NAME, LOG, &bytes, ended, true), Ok(()));
}

#[test]
fn ex_3_3_a_torn_header_is_a_torn_tail_only_of_the_newest_log() {
    let (bytes, _) = log(&[batch(&[put("a", "1")])]);
    for at in 0..HEADER_BYTES as usize {
        let mut torn = bytes.clone();
        torn[at] ^= 1;
        assert_eq!(header(NAME, LOG, &torn, true), Ok(None), "byte {at}");
        assert!(header(NAME, LOG, &torn, false).is_err(), "byte {at}");
    }
}

#[test]
fn ex_3_3_a_torn_header_before_a_mark_is_damage() {
    let writes = [put("a", "1")];
    let first = batch(&writes);
    let (bytes, _) = log(&[first, Says::Synced { up_to: 30 }]);
    let mut torn = bytes;
    torn[9] ^= 1;
    assert!(matches!(
        header(NAME, LOG, &torn, true),
        Err(Error::Corrupt { offset: 8, .. })
    ));
}
