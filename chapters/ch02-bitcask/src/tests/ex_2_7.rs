use conformance::Budget;
use conformance::sim::SimDisk;
use engine::{Error, Result};
use proptest::prelude::*;

use crate::Bitcask;
use crate::header::{HEADER_BYTES, Header};
use crate::names::Kind;
use crate::opening::read_active;
use crate::record::{Record, SEAL_BYTES};
use crate::replay::{Ended, end_of_active, end_of_sealed};
use crate::tests::files::{and, bytes_at, delete, disk_with, file, name, names, put, seal, synced};
use crate::tests::{open, options};

/// File 1 with these records, and where each of them begins; the last number is
/// where the last one ends.
fn first_file(records: &[Record<'_>]) -> (Vec<u8>, Vec<u32>) {
    let mut offsets = vec![HEADER_BYTES];
    for record in records {
        offsets.push(offsets[offsets.len() - 1] + record.encoded_len());
    }
    (file(Header::of(1), records), offsets)
}

fn end(bytes: &[u8]) -> Result<u32> {
    end_of_active("the file", 1, bytes)
}

/// What `end` answers for a file that is damaged there.
fn damaged(offset: u32, what: &str) -> Result<u32> {
    Err(Error::corrupt("the file", u64::from(offset), what))
}

const NO_RECORD: &str = "no record begins here";
const MISMATCH: &str = "the checksum of a record does not match";

#[test]
fn ex_2_7_a_sealed_file_ends_behind_its_seal() {
    let (mut bytes, offsets) = first_file(&[put("a", "1"), seal()]);
    let [_, sealed, end] = offsets[..] else {
        unreachable!()
    };
    let found = |bytes: &[u8]| end_of_sealed("the file", bytes, Ended::Sealed(sealed));
    assert_eq!(found(&bytes), Ok(end));
    assert_eq!(end, sealed + SEAL_BYTES);
    bytes.resize(1000, 0);
    assert_eq!(found(&bytes), Ok(end), "with room that was never needed");
}

#[test]
fn ex_2_7_what_is_no_record_in_a_sealed_file_is_damage() {
    let (bytes, _) = first_file(&[put("a", "1")]);
    let broken = Ended::Broken(41, "this is wrong with it");
    let found = end_of_sealed("the file", &bytes, broken);
    assert_eq!(found, damaged(41, "this is wrong with it"));
}

#[test]
fn ex_2_7_nothing_but_zeros_stands_behind_a_seal() {
    let (sound, offsets) = first_file(&[put("a", "1"), seal()]);
    let (sealed, end) = (offsets[1], offsets[2]);
    for behind in [0, 1, 77] {
        let mut bytes = sound.clone();
        bytes.resize(1000, 0);
        bytes[end as usize + behind] = 1;
        let found = end_of_sealed("the file", &bytes, Ended::Sealed(sealed));
        let at = end + u32::try_from(behind).unwrap();
        let expected = damaged(at, "nothing should stand after the seal");
        assert_eq!(found, expected);
    }
}

#[test]
fn ex_2_7_an_active_file_ends_behind_its_last_whole_batch() {
    let records = [
        put("a", "1"),
        and(put("b", "2")),
        delete("a"),
        put("c", "3"),
    ];
    let (mut bytes, offsets) = first_file(&records);
    assert_eq!(end(&bytes), Ok(offsets[4]), "all of them");
    bytes.resize(1000, 0);
    assert_eq!(end(&bytes), Ok(offsets[4]), "and room for more");
    let (bytes, _) = first_file(&[]);
    assert_eq!(end(&bytes), Ok(HEADER_BYTES), "no record at all");
}

#[test]
fn ex_2_7_a_file_cut_off_at_any_byte_ends_behind_a_whole_batch() {
    let records = [
        put("a", "1"),
        and(put("b", "2")),
        delete("a"),
        put("c", "3"),
    ];
    let (whole, offsets) = first_file(&records);
    let ends = [offsets[0], offsets[1], offsets[3], offsets[4]];
    for len in HEADER_BYTES..=offsets[4] {
        let last = ends.iter().rfind(|end| **end <= len).unwrap();
        let cut_off = &whole[..len as usize];
        assert_eq!(end(cut_off), Ok(*last), "{len} bytes are left");
        for behind in [0, 0xff, 4] {
            let mut bytes = cut_off.to_vec();
            bytes.resize(whole.len() + 50, behind);
            if bytes[..whole.len()] != whole[..] {
                let found = end(&bytes);
                assert_eq!(found, Ok(*last), "{len} bytes, and then {behind}s");
            }
        }
    }
}

#[test]
fn ex_2_7_a_batch_whose_last_record_is_torn_is_gone_as_a_whole() {
    let records = [
        put("a", "1"),
        and(put("b", "2")),
        and(put("c", "3")),
        put("d", "4"),
    ];
    let (mut bytes, offsets) = first_file(&records);
    *bytes.last_mut().unwrap() ^= 1;
    assert_eq!(end(&bytes), Ok(offsets[1]), "a is left, and no b without d");
    let (bytes, _) = first_file(&records[..3]);
    assert_eq!(end(&bytes), Ok(offsets[1]), "d was never written");
}

#[test]
fn ex_2_7_without_proof_of_a_sync_damage_is_a_torn_tail() {
    let records = [put("a", "1"), put("b", "2"), put("c", "3")];
    let (sound, offsets) = first_file(&records);
    for offset in HEADER_BYTES..offsets[3] {
        for bit in 0..8 {
            let mut bytes = sound.clone();
            bytes[offset as usize] ^= 1 << bit;
            let before = offsets.iter().rfind(|start| **start <= offset).unwrap();
            assert_eq!(end(&bytes), Ok(*before), "bit {bit} of {offset} is another");
        }
    }
}

#[test]
fn ex_2_7_damage_in_front_of_what_was_synced_is_an_error() {
    let (_, offsets) = first_file(&[put("a", "1"), put("b", "2")]);
    let mark = synced(offsets[2]);
    let records = [put("a", "1"), put("b", "2"), mark, put("c", "3")];
    let (sound, offsets) = first_file(&records);
    assert_eq!(end(&sound), Ok(offsets[4]));
    for offset in HEADER_BYTES..offsets[2] {
        let record = offsets.iter().rfind(|start| **start <= offset).unwrap();
        for bit in 0..8 {
            let mut bytes = sound.clone();
            bytes[offset as usize] ^= 1 << bit;
            let found = end(&bytes);
            assert!(
                matches!(&found, Err(Error::Corrupt { file, offset, .. })
                    if file == "the file" && *offset == u64::from(*record)),
                "bit {bit} of {offset} is another, a mark says that it was durable, and the \
                 answer is {found:?}"
            );
        }
        let mut bytes = sound.clone();
        bytes[offset as usize..offsets[2] as usize].fill(0);
        let found = end(&bytes);
        assert!(
            found.is_err(),
            "zeros from {offset} on, and a mark: {found:?}"
        );
    }
    let mut bytes = sound.clone();
    bytes[offsets[1] as usize..offsets[2] as usize].fill(0);
    assert_eq!(end(&bytes), damaged(offsets[1], NO_RECORD));
    let mut bytes = sound;
    bytes[offsets[0] as usize] ^= 1;
    assert_eq!(end(&bytes), damaged(offsets[0], MISMATCH));
}

#[test]
fn ex_2_7_a_batch_without_its_end_was_synced_too() {
    // The damage is in its last record: all of it is what is missing.
    let (_, offsets) = first_file(&[and(put("a", "1")), put("b", "2")]);
    let mark = synced(offsets[2]);
    let (mut bytes, offsets) = first_file(&[and(put("a", "1")), put("b", "2"), mark]);
    bytes[offsets[2] as usize - 1] ^= 1;
    assert_eq!(
        end(&bytes),
        damaged(offsets[1], MISMATCH),
        "the mark after a broken batch tells of all of it"
    );
}

#[test]
fn ex_2_7_a_mark_is_compared_with_the_end_of_the_last_whole_batch() {
    // It tells of a part of the batch that is torn, and so of more than counts.
    let (_, offsets) = first_file(&[and(put("a", "1")), put("b", "2")]);
    let mark = synced(offsets[1]);
    let (mut bytes, offsets) = first_file(&[and(put("a", "1")), put("b", "2"), mark]);
    bytes[offsets[2] as usize - 1] ^= 1;
    assert_eq!(
        end(&bytes),
        damaged(offsets[1], MISMATCH),
        "nothing counts, since the batch is broken, and the mark tells of a part of it"
    );
}

#[test]
fn ex_2_7_a_mark_proves_nothing_of_what_lies_behind_it() {
    let (_, offsets) = first_file(&[put("a", "1")]);
    let records = [
        put("a", "1"),
        synced(offsets[1]),
        put("b", "2"),
        put("c", "3"),
    ];
    let (sound, offsets) = first_file(&records);
    for (damage, expected) in [(2, 2), (3, 3), (1, 1)] {
        let mut bytes = sound.clone();
        bytes[offsets[damage] as usize] ^= 1;
        let found = end(&bytes);
        assert_eq!(found, Ok(offsets[expected]), "record {damage} is damaged");
    }
    // After the damage stands a mark that tells of less than is there.
    let records = [put("a", "1"), put("b", "2"), synced(offsets[1])];
    let (mut bytes, offsets) = first_file(&records);
    bytes[offsets[1] as usize] ^= 1;
    assert_eq!(end(&bytes), Ok(offsets[1]), "a was synced, and b was not");
}

#[test]
fn ex_2_7_a_mark_is_found_at_any_byte() {
    for garbage in (1..40).chain(4060..4130) {
        let (mut bytes, offsets) = first_file(&[put("a", "1")]);
        bytes.resize(bytes.len() + garbage, 4);
        let at = u32::try_from(bytes.len()).unwrap();
        bytes.extend(bytes_at(at, synced(at)));
        bytes.resize(bytes.len() + garbage, 0);
        let found = end(&bytes);
        let is_found = matches!(&found, Err(Error::Corrupt { offset, .. })
            if *offset == u64::from(offsets[1]));
        assert!(is_found, "{garbage} bytes of garbage and a mark: {found:?}");
    }
}

#[test]
fn ex_2_7_a_mark_at_another_place_proves_nothing() {
    // Somebody stored a data file as a value.
    let stored = String::from_utf8(vec![0; 20]).unwrap();
    let (mut bytes, offsets) = first_file(&[put("a", "1"), put("b", &stored)]);
    let mark = bytes_at(1000, synced(5000));
    let at = bytes.len() - mark.len();
    bytes[at..].copy_from_slice(&mark);
    assert_eq!(end(&bytes), Ok(offsets[1]));
}

#[test]
fn ex_2_7_a_seal_does_not_end_a_batch() {
    let (bytes, offsets) = first_file(&[put("a", "1"), and(put("b", "2")), seal()]);
    assert_eq!(
        end(&bytes),
        Ok(offsets[1]),
        "after a: the batch of b goes on, and the seal is none of its records"
    );
    let (bytes, offsets) = first_file(&[put("a", "1"), seal()]);
    assert_eq!(end(&bytes), Ok(offsets[1]), "in front of the seal");
}

/// What an opening says of the files on this disk.
fn opened(disk: &SimDisk) -> Result<Bitcask> {
    Bitcask::open(std::sync::Arc::new(disk.clone()), options())
}

#[test]
fn ex_2_7_only_the_newest_active_file_may_have_a_torn_tail() {
    // The first one was sealed before the second was made.
    let (torn, offsets) = first_file(&[put("a", "1")]);
    let (first, second) = (name(1, Kind::Active), name(2, Kind::Active));
    let files = [
        (first.clone(), torn),
        (second, file(Header::of(2), &[put("b", "2")])),
    ];
    let disk = disk_with(&files);
    let before = names(&disk);
    let expected = Error::corrupt(&first, u64::from(offsets[1]), "a record is cut off");
    assert_eq!(opened(&disk).unwrap_err(), expected);
    assert_eq!(
        names(&disk),
        before,
        "an opening that fails removes nothing"
    );
}

#[test]
fn ex_2_7_what_is_read_of_an_active_file_ends_where_that_counts() {
    let records = [put("a", "1"), put("b", "2"), and(put("c", "3"))];
    let (torn, offsets) = first_file(&records);
    for room in [0, 1000] {
        let mut bytes = torn.clone();
        bytes.resize(torn.len() + room, 0);
        let disk = disk_with(&[(name(1, Kind::Active), bytes)]);
        let read = read_active(&disk, 1, true).unwrap().unwrap();
        let end = read.len();
        assert_eq!(end, offsets[2] as usize, "b ends there, c goes on");
        assert_eq!(read, torn[..end]);
    }
}

#[test]
fn ex_2_7_a_file_to_which_nothing_was_ever_written_is_nothing() {
    for room in [0, 100, 4096] {
        let mut bytes = file(Header::of(1), &[]);
        bytes.resize(bytes.len() + room, 0);
        let disk = disk_with(&[(name(1, Kind::Active), bytes)]);
        for is_newest in [true, false] {
            assert_eq!(
                read_active(&disk, 1, is_newest),
                Ok(None),
                "what counts of {room} zeros after a header, in the newest file: {is_newest}"
            );
        }
        drop(open(&disk, options()));
        assert_eq!(names(&disk), [""; 0], "nobody needs it");
    }
}

#[test]
fn ex_2_7_what_stands_behind_the_seal_of_an_older_active_file_does_not_matter() {
    let (mut bytes, offsets) = first_file(&[put("a", "1"), seal()]);
    bytes.push(1);
    let disk = disk_with(&[(name(1, Kind::Active), bytes.clone())]);
    assert_eq!(
        read_active(&disk, 1, false),
        Ok(Some(bytes[..offsets[1] as usize].to_vec())),
        "its records end in a seal, and what stands after it is not copied"
    );
}

#[test]
fn ex_2_7_a_record_may_begin_with_a_zero() {
    // The checksum comes first, and one in 256 begins with a zero.
    let values = (0..10_000).map(|number| number.to_string());
    let mut files = values.map(|value| first_file(&[put("k", &value)]).0);
    let bytes = files.find(|bytes| bytes[HEADER_BYTES as usize] == 0);
    let bytes = bytes.expect("one value in 256 has such a checksum");
    let disk = disk_with(&[(name(1, Kind::Active), bytes.clone())]);
    assert_eq!(
        read_active(&disk, 1, true),
        Ok(Some(bytes)),
        "only where *all* bytes after the header are zeros was nothing ever written"
    );
}

#[test]
fn ex_2_7_zeros_in_place_of_the_first_record_of_an_older_file_are_damage() {
    let (mut bytes, offsets) = first_file(&[put("a", "1"), put("b", "2"), seal()]);
    bytes[offsets[0] as usize..offsets[1] as usize].fill(0);
    let first = name(1, Kind::Active);
    let disk = disk_with(&[(first.clone(), bytes)]);
    let expected = Error::corrupt(&first, u64::from(offsets[0]), NO_RECORD);
    assert_eq!(
        read_active(&disk, 1, false),
        Err(expected),
        "something was written: b stands after them"
    );
}

#[test]
fn ex_2_7_a_header_that_is_not_sound_is_an_error() {
    let (sound, _) = first_file(&[put("a", "1")]);
    let first = name(1, Kind::Active);
    let verdict = |bytes: Vec<u8>| opened(&disk_with(&[(first.clone(), bytes)])).unwrap_err();
    for (offset, at, what) in [
        (0, 0, "this is no data file"),
        (12, 12, "the checksum of the header does not match"),
        (27, 12, "the checksum of the header does not match"),
    ] {
        let mut bytes = sound.clone();
        bytes[offset] ^= 1;
        let expected = Error::corrupt(&first, at, what);
        assert_eq!(verdict(bytes), expected, "byte {offset} is another");
    }
    let expected = Error::corrupt(&first, 0, "the header is cut off");
    assert_eq!(verdict(sound[..27].to_vec()), expected);
    let expected = Error::corrupt(&first, 16, "this is the data file of another number");
    assert_eq!(verdict(file(Header::of(2), &[])), expected);
    let mut bytes = sound;
    bytes[8] = 7;
    let newer = Error::Version {
        file: first.clone(),
        found: 7,
        supported: 1,
    };
    assert_eq!(verdict(bytes), newer);
}

#[test]
fn ex_2_7_whatever_bytes_there_are_nothing_panics() {
    let (sound, offsets) = first_file(&[put("a", "1"), and(put("b", "2")), delete("a")]);
    assert_eq!(end(&sound), Ok(offsets[3]));
    let garbage = prop::collection::vec(prop_oneof![0_u8..6, any::<u8>()], 0..200);
    let runner = &mut Budget::QUICK.runner("ex_2_7 nothing panics");
    let run = runner.run(&(0..sound.len(), garbage), |(len, garbage)| {
        let bytes = [&sound[..len], &garbage].concat();
        let found = end(&bytes).unwrap();
        prop_assert!([28, 41, 66].contains(&found), "it ends at {found}");
        prop_assert!(found as usize <= len.max(28));
        Ok(())
    });
    run.unwrap();
}
