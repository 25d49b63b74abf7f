use conformance::sim::{Cut, EXTREMES, Fail, Faults, Operation, SimDisk};
use engine::Error;
use engine::disk::{Disk, Mode};

use crate::memory::Map;
use crate::snapshot::{Header, VERSION, checksum, encode};
use crate::snapshot_file::{SNAPSHOT, TEMPORARY, load, publish, write_temporary};
use crate::tests::{bytes_of, disk_with, failing, map, numbered, same, text_of};

fn fruit() -> Map {
    map(&[("apple", "red"), ("banana", "yellow")])
}

fn saved() -> SimDisk {
    disk_with(SNAPSHOT, &encode(&fruit()).unwrap())
}

#[test]
fn ex_1_11_what_was_saved_is_loaded() {
    same(&load(&saved()).unwrap(), &fruit(), "what was loaded");
    let many: Map = numbered(1000).collect();
    let disk = disk_with(SNAPSHOT, &encode(&many).unwrap());
    same(&load(&disk).unwrap(), &many, "what was loaded");
}

#[test]
fn ex_1_11_short_reads_make_no_difference() {
    let disk = saved();
    disk.set_faults(Faults {
        read_max: Some(1),
        ..Faults::default()
    });
    let loaded = load(&disk).unwrap();
    same(&loaded, &fruit(), "loaded by reads of one byte each");
}

#[test]
fn ex_1_11_the_bytes_that_were_read_are_those_that_are_written() {
    // `b` and then `a`: sound, and not as `encode` would put it. What is
    // written again must not depend on who wrote it.
    let payload = [2, 1, b'b', 0, 1, b'a', 0];
    let header = Header {
        version: VERSION,
        crc32: checksum(&payload),
        payload_len: payload.len() as u64,
    };
    let file = [&header.to_bytes()[..], &payload].concat();
    let disk = disk_with(SNAPSHOT, &file);
    same(
        &load(&disk).unwrap(),
        &map(&[("a", ""), ("b", "")]),
        "loaded",
    );
    assert!(
        bytes_of(&disk, SNAPSHOT).is_some_and(|bytes| bytes == file),
        "the snapshot was written again with other bytes than those that were read"
    );
}

#[test]
fn ex_1_11_an_empty_disk_holds_an_empty_map() {
    let disk = SimDisk::new();
    same(&load(&disk).unwrap(), &Map::new(), "loaded from no files");
    let files = disk.list().unwrap();
    assert!(files.is_empty(), "nothing is saved yet: {files:?}");
}

#[test]
fn ex_1_11_a_damaged_snapshot_is_an_error_and_left_as_it_is() {
    let sound = saved().image();
    let len = sound.get(SNAPSHOT).unwrap().len();
    for offset in 0..len {
        let disk = SimDisk::from_image(&sound.with_flipped_bit(SNAPSHOT, offset, 0));
        drop(write_temporary(&disk, b"perhaps of use to whoever repairs it").unwrap());
        let left_behind = text_of(&disk, TEMPORARY);
        let Err(error) = load(&disk) else {
            panic!("a bit of byte {offset} was turned over, and load answered a map");
        };
        match offset {
            8..12 => assert!(matches!(error, Error::Version { .. }), "{error:?}"),
            _ => assert!(matches!(error, Error::Corrupt { .. }), "{error:?}"),
        }
        assert_eq!(
            disk.list().unwrap(),
            [SNAPSHOT, TEMPORARY],
            "the disk was changed although the snapshot is damaged"
        );
        assert_eq!(text_of(&disk, TEMPORARY), left_behind);
    }
}

#[test]
fn ex_1_11_a_temporary_file_that_was_left_behind_is_removed() {
    for left in [
        &b""[..],
        b"half a snap",
        &encode(&map(&[("x", "y")])).unwrap(),
    ] {
        let disk = saved();
        drop(write_temporary(&disk, left).unwrap());
        same(&load(&disk).unwrap(), &fruit(), "loaded from the snapshot");
        let names = disk.list().unwrap();
        assert_eq!(names, [SNAPSHOT], "what is on the disk afterwards");

        let disk = disk_with(TEMPORARY, left);
        let loaded = load(&disk).unwrap();
        same(&loaded, &Map::new(), "loaded where there is no snapshot");
        let names = disk.list().unwrap();
        assert_eq!(names, [""; 0], "what is on the disk afterwards");
    }
}

#[test]
fn ex_1_11_other_files_are_left_alone() {
    let disk = saved();
    drop(disk.open("notes.txt", Mode::CreateNew).unwrap());
    load(&disk).unwrap();
    let left = text_of(&disk, "notes.txt");
    assert_eq!(left.as_deref(), Some(""), "notes.txt is nobody's snapshot");
}

#[test]
fn ex_1_11_what_was_loaded_survives_a_power_cut() {
    // The new snapshot has its name, and the process died before the names
    // were synced, or was told that they could not be.
    let new = encode(&fruit()).unwrap();
    let replace = |disk: &SimDisk| publish(disk, write_temporary(disk, &new)?);
    let old = || disk_with(SNAPSHOT, &encode(&Map::new()).unwrap());
    for fail in [Fail::Once, Fail::From] {
        let disk = failing(old, Operation::SyncDir, fail, replace);
        replace(&disk).unwrap_err();
        let disk = disk.kill();
        disk.set_faults(Faults::default());
        let loaded = load(&disk).unwrap();
        let at = disk.changes();
        for image in 0..EXTREMES + 20 {
            let cut = Cut { at, image };
            let left = SimDisk::from_image(&disk.cut(cut));
            assert!(
                load(&left).unwrap() == loaded,
                "the predecessor had renamed its snapshot, and its sync of the names had \
                 failed; load answered what it found, and a power cut behind that ({}, \
                 image {image}) brought the one before back: a later sync does not make up \
                 for one that failed",
                cut.meaning()
            );
        }
    }
}

#[test]
fn ex_1_11_a_power_cut_while_loading_loses_nothing() {
    let disk = saved();
    load(&disk).unwrap();
    for at in 0..=disk.changes() {
        for image in 0..40 {
            let cut = Cut { at, image };
            let left = SimDisk::from_image(&disk.cut(cut));
            let when = format!(
                "after the power was cut after change {at} of loading ({}, image {image})",
                cut.meaning()
            );
            let loaded = load(&left).unwrap_or_else(|error| panic!("{when}: {error}"));
            same(&loaded, &fruit(), &when);
        }
    }
}

#[test]
fn ex_1_11_whatever_fails_is_answered_and_loses_nothing() {
    let left_behind = || {
        let disk = saved();
        drop(write_temporary(&disk, b"half a snap").unwrap());
        disk
    };
    for make in [saved, left_behind] {
        let rehearsal = make();
        let before = rehearsal.operations().len();
        load(&rehearsal).unwrap();
        let operations = rehearsal.operations();
        for (at, operation) in operations.iter().enumerate().skip(before) {
            let disk = make();
            disk.set_faults(Faults {
                fail: Some(Fail::Once(at)),
                ..Faults::default()
            });
            let loaded = load(&disk);
            let name = operation.name();
            assert!(loaded.is_err(), "`{name}` failed, and load answered a map");
            let disk = disk.kill();
            disk.set_faults(Faults::default());
            let loaded = load(&disk).unwrap();
            same(&loaded, &fruit(), &format!("loaded after `{name}` failed"));
        }
    }
}
