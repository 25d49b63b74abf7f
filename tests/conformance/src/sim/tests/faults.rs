//! Each fault by itself.

use super::*;

fn failing(fail: Fail) -> Faults {
    Faults {
        fail: Some(fail),
        ..Faults::default()
    }
}

#[test]
fn an_operation_that_fails_changes_nothing() {
    let (disk, file) = disk_with("x");
    disk.sync_dir().unwrap();
    let (before, changes) = (disk.image().fingerprint(), disk.changes());
    disk.set_faults(failing(Fail::From(0)));
    assert_eq!(kind(disk.open("b", Mode::CreateNew)), ErrorKind::Other);
    assert_eq!(kind(disk.open("a", Mode::Read)), ErrorKind::Other);
    assert_eq!(kind(disk.rename("a", "b")), ErrorKind::Other);
    assert_eq!(kind(disk.remove("a")), ErrorKind::Other);
    assert_eq!(kind(disk.list()), ErrorKind::Other);
    assert_eq!(kind(disk.lock()), ErrorKind::Other);
    assert_eq!(kind(file.len()), ErrorKind::Other);
    assert_eq!(kind(file.read_at(0, &mut [0])), ErrorKind::Other);
    assert_eq!(kind(file.write_at(0, b"yy")), ErrorKind::Other);
    assert_eq!(kind(file.allocate(9)), ErrorKind::Other);
    assert_eq!(kind(file.set_len(9)), ErrorKind::Other);
    assert_eq!(kind(file.map()), ErrorKind::Other);
    assert_eq!(disk.changes(), changes);
    assert_eq!(disk.counts().failed, 12);
    assert_eq!(disk.counts().failed_syncs, 0);
    assert_eq!(disk.image().fingerprint(), before);
    assert_eq!(disk.violations(), [""; 0]);
    use Operation::*;
    assert_eq!(
        disk.operations()[3..],
        [
            Create, Open, Rename, Remove, List, Lock, Len, Read, Write, Allocate, SetLen, Map
        ]
    );
}

#[test]
fn one_operation_can_fail_by_its_number() {
    let (disk, file) = disk_with("x");
    disk.set_faults(failing(Fail::Once(3)));
    file.len().unwrap();
    assert_eq!(
        file.len(),
        Err(Error::Io {
            operation: "measure",
            file: "a".into(),
            kind: ErrorKind::Other,
            message: "input/output error (simulated)".into(),
        })
    );
    file.len().unwrap();
}

#[test]
fn a_failed_write_may_leave_a_part() {
    for (part, left) in [
        (Part::Nothing, "x"),
        (Part::Half, "xab"),
        (Part::All, "xabcd"),
    ] {
        let (disk, file) = disk_with("x");
        disk.set_faults(Faults {
            failed_write: part,
            ..failing(Fail::From(0))
        });
        assert!(file.write_at(1, b"abcd").is_err());
        assert_eq!(content(&disk.image(), "a"), left);
        assert_eq!(disk.counts().written, left.len() as u64);
    }
}

#[test]
fn a_failed_sync_decides_about_what_is_read() {
    for (unsynced, read) in [
        (Unsynced::Kept, "xy"),
        (Unsynced::Reverted, "x"),
        (Unsynced::Zeroed, "x\0"),
    ] {
        let (disk, file) = disk_with("x");
        disk.sync_dir().unwrap();
        file.sync().unwrap();
        file.write_at(1, b"y").unwrap();
        disk.set_faults(Faults {
            failed_sync: unsynced,
            ..failing(Fail::From(0))
        });
        assert_eq!(kind(file.sync()), ErrorKind::Other);
        assert_eq!((disk.counts().failed, disk.counts().failed_syncs), (1, 1));
        disk.set_faults(Faults::default());
        assert_eq!(all(&*file), read);
        let at = disk.changes();
        assert_eq!(content(&disk.cut(Cut { at, image: 0 }), "a"), "x");
        assert_eq!(content(&disk.cut(Cut { at, image: 1 }), "a"), read);
    }
}

#[test]
fn a_failed_sync_of_the_names_keeps_them_readable() {
    let (disk, _file) = disk_with("x");
    disk.set_faults(failing(Fail::From(0)));
    assert_eq!(kind(disk.sync_dir()), ErrorKind::Other);
    assert_eq!((disk.counts().failed, disk.counts().failed_syncs), (1, 1));
    disk.set_faults(Faults::default());
    assert_eq!(disk.list().unwrap(), ["a"]);
    drop(disk.lock().unwrap());
    disk.sync_dir().unwrap();
    let at = disk.changes();
    assert!(disk.cut(Cut { at, image: 0 }).get("a").is_none());
}

#[test]
fn a_full_disk_takes_a_prefix_and_answers_so() {
    for (part, left) in [
        (Part::Nothing, "ab"),
        (Part::Half, "abcd"),
        (Part::All, "abcdef"),
    ] {
        let (disk, file) = disk_with("ab");
        disk.open("b", Mode::CreateNew)
            .unwrap()
            .write_at(0, b"1234")
            .unwrap();
        disk.set_faults(Faults {
            capacity: Some(10),
            failed_write: part,
            ..Faults::default()
        });
        let no_space = Err(Error::NoSpace { file: "a".into() });
        assert_eq!(file.write_at(2, b"cdefg"), no_space);
        assert_eq!(content(&disk.image(), "a"), left);
        // What does not grow fits, and what is exactly as large as the room.
        file.write_at(0, b"AB").unwrap();
        file.write_at(2, b"CDEF").unwrap();
        assert_eq!(content(&disk.image(), "a"), "ABCDEF");
        assert_eq!(file.write_at(6, b"g"), no_space);
        assert_eq!(file.write_at(9, b""), Ok(()));
        assert_eq!((disk.counts().failed, disk.counts().failed_syncs), (2, 0));
        disk.remove("b").unwrap();
        file.write_at(6, b"ghij").unwrap();
    }
}

#[test]
fn a_write_that_fails_may_find_no_room_where_there_is_some() {
    let (disk, file) = disk_with("ab");
    disk.set_faults(Faults {
        fail: Some(Fail::From(disk.operations().len())),
        full: true,
        ..Faults::default()
    });
    let no_space = Err(Error::NoSpace { file: "a".into() });
    assert_eq!(file.write_at(0, b"c"), no_space);
    assert_eq!(file.allocate(1), no_space);
    assert!(matches!(file.sync(), Err(Error::Io { .. })));
    assert!(matches!(file.len(), Err(Error::Io { .. })));
    assert_eq!((disk.counts().failed, disk.counts().failed_syncs), (4, 1));
}

#[test]
fn a_full_disk_allocates_nothing() {
    let (disk, file) = disk_with("ab");
    disk.set_faults(Faults {
        capacity: Some(5),
        ..Faults::default()
    });
    assert_eq!(file.allocate(6), Err(Error::NoSpace { file: "a".into() }));
    assert_eq!(file.len().unwrap(), 2);
    file.allocate(5).unwrap();
    assert_eq!(file.len().unwrap(), 5);
    file.set_len(9).unwrap();
    assert_eq!(file.allocate(9), Ok(()));
}

#[test]
fn reads_can_be_short_in_mid_file() {
    let (disk, file) = disk_with("hello");
    disk.set_faults(Faults {
        read_max: Some(2),
        ..Faults::default()
    });
    let mut buffer = [0; 4];
    assert_eq!(file.read_at(1, &mut buffer).unwrap(), 2);
    assert_eq!(&buffer, b"el\0\0");
    assert_eq!(all(&*file), "hello");
}

#[test]
fn maps_can_be_refused() {
    let (disk, file) = disk_with("hello");
    disk.set_faults(Faults {
        no_map: true,
        ..Faults::default()
    });
    assert!(matches!(file.map(), Err(Error::Unsupported { .. })));
    drop(file);
    disk.remove("a").unwrap();
}

#[test]
fn a_map_reads_zeros_where_a_failed_sync_took_the_bytes() {
    let (disk, file) = disk_with("xy");
    let map = file.map().unwrap();
    disk.set_faults(Faults {
        failed_sync: Unsynced::Reverted,
        ..failing(Fail::From(0))
    });
    assert!(file.sync().is_err());
    assert_eq!(&*map.slice(0, 2).unwrap(), b"\0\0");
}
