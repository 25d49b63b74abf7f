use std::sync::Arc;

use conformance::Budget;
use conformance::sim::{Cut, EXTREMES, Faults, Operation, Part, SimDisk};
use engine::disk::{Disk, Lent};
use engine::{Error, Result, StorageEngine};
use proptest::prelude::*;

use crate::hint::{Entry, Hint};
use crate::names::Kind;
use crate::record::SEAL_BYTES;
use crate::tests::files::{bytes_of, disk_with, name, names};
use crate::tests::{
    all, buffered, device, fail_next, is_poisoned, open, open_again, options, same_bytes,
};
use crate::{Bitcask, Options};

/// The hint of file 7 with two entries.
fn hint() -> Hint<'static> {
    let put = Entry {
        key: b"key",
        offset: 28,
        len: 19,
        deletes: false,
    };
    let delete = Entry {
        key: b"",
        offset: 47,
        len: 11,
        deletes: true,
    };
    Hint::new(7, 69, vec![put, delete])
}

/// The bytes of its file.
fn saved() -> Vec<u8> {
    let disk = SimDisk::new();
    hint().save(&device(&disk), 7).unwrap();
    bytes_of(&disk, &name(7, Kind::Hint))
}

/// What decoding says of a file 7 with these bytes.
fn decode(bytes: &[u8]) -> Result<Hint<'_>> {
    Hint::decode(7, Lent::in_place(bytes))
}

#[test]
fn ex_2_11_a_hint_reads_the_bytes_where_they_are() {
    let bytes = saved();
    let hint = decode(&bytes).unwrap();
    assert_eq!(hint.bytes().as_ptr(), bytes.as_ptr(), "they were copied");
}

/// The hint file of this data file on the disk.
fn decode_on(disk: &SimDisk, number: u32) -> Result<Hint<'static>> {
    let bytes = bytes_of(disk, &name(number, Kind::Hint));
    Hint::decode(number, Lent::kept_by(bytes))
}

fn same(found: &Hint<'_>, expected: &Hint<'_>) -> bool {
    found.entries().eq(expected.entries())
        && (found.count(), found.data_end()) == (expected.count(), expected.data_end())
}

/// What `load` answers for a file that is damaged there.
fn damaged(offset: u64, what: &str) -> Error {
    let what = format!("{what}; without this file, `0000000007.data` is read instead");
    Error::corrupt("0000000007.hint", offset, what)
}

/// Every data file gets a hint file.
fn with_hints() -> Options {
    let hint_bytes_min = 0;
    Options {
        hint_bytes_min,
        ..buffered()
    }
}

#[test]
fn ex_2_11_the_bytes_of_a_hint_file() {
    same_bytes(
        &saved(),
        &[
            ("73 74 72 61 74 61 2d 68", "magic"),
            ("01 00 00 00", "version"),
            ("29 93 2e 72", "crc32"),
            ("07 00 00 00", "number"),
            ("45 00 00 00", "data_end"),
            ("02 00 00 00 00 00 00 00", "count"),
            ("2f 00 00 00", "offset of the first record"),
            ("0b 00 00 00", "its len"),
            ("01", "it deletes"),
            ("00 00", "its key_len"),
            ("1c 00 00 00", "offset of the second record"),
            ("13 00 00 00", "its len"),
            ("00", "it does not delete"),
            ("03 00", "its key_len"),
            ("6b 65 79", "its key"),
        ],
    );
}

#[test]
fn ex_2_11_what_was_saved_is_decoded() {
    let bytes = saved();
    let loaded = decode(&bytes).unwrap();
    assert!(same(&loaded, &hint()), "it is another: {loaded:?}");
    let disk = SimDisk::new();
    Hint::new(7, 39, Vec::new())
        .save(&device(&disk), 7)
        .unwrap();
    let loaded = decode_on(&disk, 7).unwrap();
    assert_eq!((loaded.count(), loaded.data_end()), (0, 39), "of no key");
}

#[test]
fn ex_2_11_a_hint_file_has_its_name_once_it_is_whole_and_durable() {
    let disk = SimDisk::new();
    hint().save(&device(&disk), 7).unwrap();
    assert_eq!(names(&disk), ["0000000007.hint"]);
    let asked = disk.operations();
    let writes = asked.iter().filter(|asked| **asked == Operation::Write);
    assert_eq!(writes.count(), 1, "writes, to save a hint");
    for at in 0..=disk.changes() {
        for image in 0..EXTREMES + 20 {
            let cut = Cut { at, image };
            let left = SimDisk::from_image(&disk.cut(cut));
            let is_there = names(&left).contains(&name(7, Kind::Hint));
            if is_there {
                let loaded = decode_on(&left, 7);
                let when = cut.meaning();
                let loaded = loaded.unwrap_or_else(|error| {
                    panic!("after the power was cut after change {at} ({when}): {error}")
                });
                assert!(same(&loaded, &hint()));
            }
            let is_saved = at == disk.changes();
            assert!(
                is_there || !is_saved,
                "the save returned, and after a power cut the file is not there"
            );
        }
    }
}

#[test]
fn ex_2_11_what_an_earlier_attempt_has_left_is_replaced() {
    let left = [0xff; 1000].to_vec();
    let disk = disk_with(&[(name(7, Kind::New), left)]);
    hint().save(&device(&disk), 7).unwrap();
    assert_eq!(names(&disk), ["0000000007.hint"]);
    assert!(same(&decode_on(&disk, 7).unwrap(), &hint()));
}

#[test]
fn ex_2_11_whatever_fails_there_is_no_hint_file_or_a_whole_one() {
    let rehearsal = SimDisk::new();
    hint().save(&device(&rehearsal), 7).unwrap();
    for (at, operation) in rehearsal.operations().into_iter().enumerate() {
        for failed_write in Part::ALL {
            let disk = SimDisk::new();
            disk.set_faults(Faults {
                fail: Some(conformance::sim::Fail::Once(at)),
                failed_write,
                ..Faults::default()
            });
            let failed = hint().save(&device(&disk), 7);
            let name = operation.name();
            assert!(
                failed.is_err(),
                "`{name}` failed, and the answer is {failed:?}"
            );
            let poisons = is_poisoned(&failed);
            assert_eq!(poisons, operation.is_sync(), "`{name}` failed: {failed:?}");
            if names(&disk) == ["0000000007.hint"] {
                assert_eq!(operation, Operation::SyncDir, "`{name}` failed");
            }
        }
    }
}

#[test]
fn ex_2_11_what_is_no_hint_file_is_named_at_its_first_byte() {
    let sound = saved();
    let expected = damaged(0, "this is no hint file");
    for len in 0..32 {
        let found = decode(&sound[..len]);
        assert_eq!(found.unwrap_err(), expected, "{len} bytes of it");
    }
    assert_eq!(decode(&[b'x'; 100]).unwrap_err(), expected, "letters");
}

#[test]
fn ex_2_11_another_version_is_named_before_anything_else() {
    let mut bytes = saved();
    bytes[8] = 7;
    bytes.truncate(40);
    let expected = Error::Version {
        file: "0000000007.hint".to_owned(),
        found: 7,
        supported: 1,
    };
    assert_eq!(decode(&bytes).unwrap_err(), expected);
}

#[test]
fn ex_2_11_a_hint_of_another_file_is_none() {
    let disk = disk_with(&[(name(8, Kind::Hint), saved())]);
    let what = "this is the hint of another data file; without this file, \
                `0000000008.data` is read instead";
    let expected = Error::corrupt("0000000008.hint", 16, what);
    assert_eq!(decode_on(&disk, 8).unwrap_err(), expected);
}

#[test]
fn ex_2_11_every_flipped_bit_and_every_other_length_is_found() {
    let sound = saved();
    for (offset, bit) in (0..sound.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
        let mut bytes = sound.clone();
        bytes[offset] ^= 1 << bit;
        let error = decode(&bytes).unwrap_err();
        let is_named = match (&error, offset) {
            (Error::Version { .. }, 8..12) => true,
            (Error::Corrupt { offset: at, .. }, 0..8) => *at == 0,
            (Error::Corrupt { offset: at, .. }, _) => *at == 12,
            _ => false,
        };
        assert!(
            is_named,
            "bit {bit} of byte {offset} was turned over, and it says: {error}. A flip in the \
             magic is named at 0, one in the version is a version, and any other is found by \
             the checksum, at 12"
        );
    }
    let expected = damaged(12, "the checksum does not match");
    for len in 32..sound.len() {
        assert_eq!(decode(&sound[..len]).unwrap_err(), expected, "{len} bytes");
    }
    let longer = [&sound[..], b"x"].concat();
    assert_eq!(decode(&longer).unwrap_err(), expected, "a byte more");
}

#[test]
fn ex_2_11_whatever_bytes_there_are_nothing_panics() {
    let sound = saved();
    assert!(decode(&sound).is_ok());
    let runner = &mut Budget::QUICK.runner("ex_2_11 nothing panics");
    let garbage = prop::collection::vec(any::<u8>(), 0..100);
    let run = runner.run(&(0..sound.len(), garbage), |(len, garbage)| {
        let bytes = [&sound[..len], &garbage].concat();
        let loaded = decode(&bytes);
        prop_assert!(loaded.is_err() || bytes == sound);
        // Entries that do not add up, under a checksum that does.
        let mut bytes = [&sound[..32], &garbage].concat();
        let crc32 = crc32fast::hash(&bytes[16..]);
        bytes[12..16].copy_from_slice(&crc32.to_le_bytes());
        let hint = decode(&bytes).unwrap();
        prop_assert!(hint.entries().count() <= garbage.len());
        Ok(())
    });
    run.unwrap();
}

/// What a closed engine leaves that had `a=1`, `b=2`, `a=3` and no `c`.
fn closed(options: Options) -> SimDisk {
    let disk = SimDisk::new();
    let engine = open(&disk, options);
    for (key, value) in [(b"a", b"1"), (b"b", b"2"), (b"c", b"1"), (b"a", b"3")] {
        engine.put(key, value).unwrap();
    }
    engine.delete(b"c").unwrap();
    Box::new(engine).close().unwrap();
    disk
}

#[test]
fn ex_2_11_closing_writes_the_hint_files_that_are_missing() {
    let disk = closed(with_hints());
    assert_eq!(names(&disk), ["0000000001.data", "0000000001.hint"]);
    let hint = decode_on(&disk, 1).unwrap();
    let entries = hint.entries();
    let keys: Vec<(&[u8], bool)> = entries.map(|entry| (entry.key, entry.deletes)).collect();
    let expected = [(&b"a"[..], false), (b"b", false), (b"c", true)];
    assert_eq!(keys, expected, "each key once, and what is gone, too");
    let len = bytes_of(&disk, &name(1, Kind::Data)).len();
    assert_eq!(hint.data_end() as usize, len, "where the seal ends");

    let engine = open(&disk, with_hints());
    assert_eq!(all(&engine), "a=3 b=2");
    let asked = disk.operations().len();
    Box::new(engine).close().unwrap();
    let asked = disk.operations().split_off(asked);
    assert!(!asked.contains(&Operation::Create), "it has one: {asked:?}");
}

/// The hint, and the seal of the data file: nothing that stands around that.
#[test]
fn ex_2_11_an_opening_asks_for_what_it_reads() {
    let disk = closed(with_hints());
    let hint = bytes_of(&disk, &name(1, Kind::Hint)).len() as u64;
    let before = disk.counts().prefetched;
    let engine = open(&disk, with_hints());
    let asked = disk.counts().prefetched - before;
    assert_eq!(asked, hint + u64::from(SEAL_BYTES), "bytes");
    drop(engine);
}

#[test]
fn ex_2_11_a_short_file_gets_no_hint() {
    let mut options = with_hints();
    let disk = closed(options.clone());
    let len = bytes_of(&disk, &name(1, Kind::Data)).len();
    for (bytes_min, has_hint) in [(len, true), (len + 1, false)] {
        options.hint_bytes_min = u32::try_from(bytes_min).unwrap();
        let names = names(&closed(options.clone()));
        let found = names.contains(&name(1, Kind::Hint));
        assert_eq!(
            found, has_hint,
            "{len} bytes, and from {bytes_min} on a hint"
        );
    }
}

#[test]
fn ex_2_11_opening_reads_the_hint_and_not_the_values() {
    let disk = closed(with_hints());
    let data = name(1, Kind::Data);
    // The value of b is damaged: nobody looks before it is asked for.
    let at = u64::try_from(28 + 13 + 12).unwrap();
    let disk = SimDisk::from_image(&disk.image().with_flipped_bit(&data, at, 0));
    let engine = open(&disk, with_hints());
    assert_eq!(engine.get(b"a").unwrap().as_deref(), Some(&b"3"[..]));
    assert_eq!(engine.get(b"c").unwrap(), None);
    let what = "the checksum of a record does not match";
    let expected = Error::corrupt(&data, 28 + 13, what);
    assert_eq!(engine.get(b"b"), Err(expected));
}

#[test]
fn ex_2_11_a_damaged_hint_file_is_an_error_and_can_be_removed() {
    let disk = closed(with_hints());
    let hint = name(1, Kind::Hint);
    let flipped = disk.image().with_flipped_bit(&hint, 40, 0);
    let disk = SimDisk::from_image(&flipped);
    let opened = Bitcask::open(Arc::new(disk.clone()), with_hints());
    let error = opened.unwrap_err();
    assert!(
        matches!(&error, Error::Corrupt { file, what, .. }
            if *file == hint && what.contains("`0000000001.data`")),
        "the answer says what to do: {error}"
    );
    let disk = disk.kill();
    disk.remove(&hint).unwrap();
    assert_eq!(all(&open(&disk, with_hints())), "a=3 b=2");
}

#[test]
fn ex_2_11_where_the_seal_is_not_where_the_hint_says_is_damage() {
    let disk = closed(with_hints());
    let data = name(1, Kind::Data);
    let whole = bytes_of(&disk, &data);
    let verdict = |bytes: Vec<u8>| {
        let hint = (name(1, Kind::Hint), bytes_of(&disk, &name(1, Kind::Hint)));
        let disk = disk_with(&[(data.clone(), bytes), hint]);
        Bitcask::open(Arc::new(disk), with_hints()).map(drop)
    };
    assert_eq!(verdict(whole.clone()), Ok(()));
    for len in [whole.len() - 1, whole.len() - 11, 40] {
        let found = verdict(whole[..len].to_vec());
        assert!(
            matches!(&found, Err(Error::Corrupt { file, .. }) if *file == data),
            "{len} bytes of {}: {found:?}",
            whole.len()
        );
    }
    let mut bytes = whole;
    *bytes.last_mut().unwrap() ^= 1;
    let found = verdict(bytes);
    assert!(matches!(found, Err(Error::Corrupt { .. })), "{found:?}");
}

#[test]
fn ex_2_11_where_no_hint_can_be_written_nothing_else_is_lost() {
    let disk = SimDisk::new();
    let engine = open(&disk, with_hints());
    engine.put(b"a", b"1").unwrap();
    engine.seal_active().unwrap();
    let file = engine.index.files()[&1].clone();
    let hint = crate::opening::hint_by_reading(&file).unwrap();
    fail_next(&disk, Part::Nothing);
    hint.save(&engine.device, 1).unwrap_err();
    engine.put(b"b", b"2").unwrap();
    hint.save(&engine.device, 1).unwrap();
    assert_eq!(all(&engine), "a=1 b=2");
    engine.sync().unwrap();
    drop(file);
    assert_eq!(all(&open_again(&disk, options())), "a=1 b=2");
    assert_eq!(
        names(&disk),
        ["0000000001.data", "0000000001.hint", "0000000003.data"]
    );
}
