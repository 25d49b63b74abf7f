use std::time::Duration;

use conformance::sim::{Part, SimDisk};
use engine::disk::{Disk, Mode};
use engine::layout::Notes;
use engine::{Error, Result, StorageEngine, Write};

use super::{fail_next, maintain, open, options};
use crate::Bitcask;
use crate::header::Header;
use crate::judge::{JUDGE, notes};
use crate::names::{Kind, Name};
use crate::place::Place;
use crate::record::{Record, Says};
use crate::replay::Records;

const NOW: Duration = Duration::from_secs(1_000_000);

fn put<'a>(key: &'a [u8], value: &'a [u8]) -> Says<'a> {
    let expires = None;
    Says::Put {
        key,
        value,
        expires,
    }
}

fn expiring(key: &[u8], expires: Duration) -> Says<'_> {
    Says::Put {
        key,
        value: b"v",
        expires: Some(expires),
    }
}

fn delete(key: &[u8]) -> Says<'_> {
    Says::Delete { key }
}

/// Writes a file with these records, a batch each.
fn file(disk: &SimDisk, header: Header, kind: Kind, records: &[Says<'_>]) {
    let records: Vec<_> = records.iter().map(|says| Record::last(*says)).collect();
    let mut bytes = header.to_bytes().to_vec();
    for record in records {
        let place = Place {
            file: header.number,
            offset: u32::try_from(bytes.len()).unwrap(),
        };
        record.append_to(&mut bytes, place);
    }
    replace(disk, Name::new(header.number, kind), &bytes);
}

fn replace(disk: &SimDisk, name: Name, bytes: &[u8]) {
    let name = name.to_string();
    if disk.list().unwrap().contains(&name) {
        disk.remove(&name).unwrap();
    }
    let file = disk.open(&name, Mode::CreateNew).unwrap();
    file.write_at(0, bytes).unwrap();
}

fn bytes_of(disk: &SimDisk, name: &str) -> Vec<u8> {
    let file = disk.open(name, Mode::Read).unwrap();
    let mut bytes = vec![0; usize::try_from(file.len().unwrap()).unwrap()];
    file.read_exact_at(0, &mut bytes).unwrap();
    bytes
}

/// What is said of each record of each file, in order: `1.data: live garbage`.
fn said(disk: &SimDisk) -> String {
    said_by(disk, &notes(disk, NOW).unwrap())
}

fn said_by(disk: &SimDisk, notes: &Notes) -> String {
    let mut all = Vec::new();
    for name in disk.list().unwrap() {
        let parsed = Name::parse(&name).unwrap();
        let bytes = bytes_of(disk, &name);
        let records = Records::all(parsed.number, &bytes);
        let words = records.map(|(at, _)| notes.word(&name, at as usize).unwrap_or("-"));
        let words: Vec<_> = words.collect();
        let name = name.trim_start_matches('0');
        all.push(format!("{name}: {}", words.join(" ")));
    }
    all.join("\n")
}

#[test]
fn the_newest_record_of_each_key_is_live_whatever_file_it_is_in() {
    let disk = SimDisk::new();
    let seal = Says::Seal;
    let old = [put(b"a", b"1"), put(b"b", b"1"), put(b"b", b"2"), seal];
    file(&disk, Header::of(1), Kind::Data, &old);
    let new = [put(b"a", b"2"), Says::Synced { up_to: 28 }, put(b"c", b"")];
    file(&disk, Header::of(2), Kind::Active, &new);
    let expected = "1.data: garbage garbage live\n2.active: live - live";
    assert_eq!(said(&disk), expected);
    let counts = notes(&disk, NOW).unwrap();
    let counts: Vec<_> = counts.counts("0000000001.data").collect();
    assert_eq!(counts, [("live", 1), ("garbage", 2)]);
}

#[test]
fn whoever_asks_for_the_judge_is_told_of_what_is_live_by_now() {
    let disk = SimDisk::new();
    let long_ago = Duration::from_secs(1);
    let records = [expiring(b"a", long_ago), put(b"b", b"1"), Says::Seal];
    file(&disk, Header::of(1), Kind::Data, &records);
    let notes = (JUDGE.notes)(&disk).unwrap();
    assert_eq!(said_by(&disk, &notes), "1.data: garbage live");
}

#[test]
fn what_hides_is_a_grave_unless_all_older_files_are_pure() {
    let hiding = [
        delete(b"a"),
        expiring(b"b", NOW),
        expiring(b"c", NOW + Duration::from_millis(1)),
        delete(b"d"),
        put(b"d", b"1"),
    ];
    let words = |oldest: &[Says<'_>]| {
        let disk = SimDisk::new();
        file(&disk, Header::of(1), Kind::Data, oldest);
        file(&disk, Header::of(2), Kind::Active, &hiding);
        said(&disk)
    };
    let pure = words(&[put(b"x", b"1"), Says::Seal]);
    let expected = "1.data: live\n2.active: garbage garbage live garbage live";
    assert_eq!(pure, expected);
    // As an engine weighs it: a mark is not live.
    let marked = words(&[put(b"x", b"1"), Says::Synced { up_to: 28 }, Says::Seal]);
    assert!(
        marked.contains("live -\n2.active: grave grave live"),
        "{marked}"
    );
    let impure = words(&[put(b"a", b"1"), Says::Seal]);
    let expected = "1.data: garbage\n2.active: grave grave live garbage live";
    assert_eq!(impure, expected);
}

#[test]
fn what_does_not_count_is_garbage_or_torn() {
    let disk = SimDisk::new();
    for number in [1, 2] {
        let records = [put(b"a", b"1"), Says::Seal];
        file(&disk, Header::of(number), Kind::Data, &records);
    }
    let merged = Header {
        number: 4,
        first: 1,
        last: 2,
    };
    file(&disk, merged, Kind::Data, &[put(b"a", b"1"), Says::Seal]);
    file(&disk, Header::of(5), Kind::New, &[put(b"a", b"1")]);
    file(&disk, Header::of(3), Kind::Active, &[put(b"b", b"1")]);
    let name = Name::new(3, Kind::Active);
    let mut active = bytes_of(&disk, &name.to_string());
    let offset = u32::try_from(active.len()).unwrap();
    let torn = Record {
        says: put(b"b", b"2"),
        goes_on: true,
    };
    torn.append_to(&mut active, Place { file: 3, offset });
    active.extend_from_slice(b"\x01torn");
    replace(&disk, name, &active);
    let expected = "\
1.data: garbage\n2.data: garbage\n3.active: live torn\n4.data: live\n5.new: garbage";
    assert_eq!(said(&disk), expected);
    // What does not count may be damaged: an opening does not read it.
    let name = Name::new(1, Kind::Data);
    let mut bytes = bytes_of(&disk, &name.to_string());
    bytes[40] ^= 1;
    replace(&disk, name, &bytes);
    assert!(notes(&disk, NOW).is_ok());
}

#[test]
fn an_engine_finds_live_what_is_said_to_be_and_a_merge_leaves_nothing_else() {
    let disk = SimDisk::new();
    let engine = open(&disk, options());
    for round in 0..3_u8 {
        for key in 0..100_u8 {
            let key = [key];
            engine.put(&key, &[round; 40]).unwrap();
        }
        let third = (0..100_u8).step_by(3).map(|key| [key]);
        let third: Vec<_> = third.collect();
        let deletes: Vec<_> = third.iter().map(|key| Write::Delete { key }).collect();
        engine.write(&deletes).unwrap();
    }
    let count = |word: &str| said(&disk).matches(word).count();
    assert_eq!(count("live"), 66);
    assert_eq!(count("grave"), 34);
    assert!(count("garbage") > 200);
    merged(&engine);
    assert_eq!(count("live"), 66);
    assert_eq!((count("grave"), count("garbage")), (0, 0));
    engine.put(b"\x01", b"new").unwrap();
    assert_eq!(count("garbage"), 1);
}

fn merged(engine: &Bitcask) {
    engine.merge().unwrap();
    maintain(engine);
}

/// A directory with a file of each kind.
fn mixed() -> SimDisk {
    let disk = SimDisk::new();
    file(
        &disk,
        Header::of(1),
        Kind::Data,
        &[put(b"a", b"1"), Says::Seal],
    );
    let merged = Header {
        number: 4,
        first: 1,
        last: 1,
    };
    let records = [put(b"a", b"1"), expiring(b"c", NOW), Says::Seal];
    file(&disk, merged, Kind::Data, &records);
    let records = [delete(b"a"), Says::Synced { up_to: 40 }, put(b"b", b"1")];
    file(&disk, Header::of(5), Kind::Active, &records);
    disk
}

#[test]
fn a_directory_that_cannot_be_judged_is_told_by_the_file() {
    let judged = |byte: usize| -> Result<Notes> {
        let disk = mixed();
        let name = Name::new(4, Kind::Data);
        let mut bytes = bytes_of(&disk, &name.to_string());
        bytes[byte] ^= 8;
        replace(&disk, name, &bytes);
        notes(&disk, NOW)
    };
    let file = |error: &Error| match error {
        Error::Corrupt { file, .. } | Error::Version { file, .. } => file.clone(),
        other => panic!("{other}"),
    };
    for byte in [0, 8, 16, 40] {
        assert_eq!(file(&judged(byte).unwrap_err()), "0000000004.data");
    }
    assert!(matches!(judged(8), Err(Error::Version { .. })));
    let disk = mixed();
    fail_next(&disk, Part::Nothing);
    assert!(matches!(notes(&disk, NOW), Err(Error::Io { .. })));
    assert!(notes(&disk, NOW).is_ok());
}

#[test]
fn no_bytes_make_it_panic() {
    let names = [(1, Kind::Data), (4, Kind::Data), (5, Kind::Active)];
    for (number, kind) in names {
        let name = Name::new(number, kind);
        let sound = bytes_of(&mixed(), &name.to_string());
        for at in 0..sound.len() {
            for byte in [0, 1, 5, 0x81, 255] {
                let disk = mixed();
                let mut bytes = sound.clone();
                bytes[at] = byte;
                replace(&disk, name, &bytes);
                let _ = notes(&disk, NOW);
                replace(&disk, name, &bytes[..at]);
                let _ = notes(&disk, NOW);
            }
        }
    }
}
