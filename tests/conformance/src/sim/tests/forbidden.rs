//! What the contract of the disk forbids is refused and kept for the report.

use super::*;

#[test]
fn writing_bytes_that_are_lent_is_refused() {
    let (disk, file) = disk_with("hello");
    let map = file.map().unwrap();
    let lent = map.slice(1, 3).unwrap();
    let other = map.slice(1, 1).unwrap();
    file.write_at(0, b"H").unwrap();
    file.write_at(4, b"O").unwrap();
    for (offset, bytes) in [(0, "xx"), (3, "x"), (2, "x"), (0, "xxxxxx"), (3, "xx")] {
        let refused = file.write_at(offset, bytes.as_bytes());
        assert_eq!(kind(refused), ErrorKind::PermissionDenied, "{offset}");
    }
    assert_eq!(disk.violations().len(), 5);
    assert_eq!(
        disk.violations()[0],
        "write `a`: these bytes are lent by a map"
    );
    assert_eq!(all(&*file), "HellO");
    drop(lent);
    file.write_at(2, b"x").unwrap();
    assert!(file.write_at(1, b"x").is_err(), "the other loan lasts");
    drop(other);
    file.write_at(1, b"x").unwrap();
    assert_eq!(all(&*file), "HxxlO");
}

#[test]
fn a_file_that_is_open_or_mapped_cannot_be_removed() {
    let (disk, file) = disk_with("x");
    assert_eq!(kind(disk.remove("a")), ErrorKind::PermissionDenied);
    let second = disk.open("a", Mode::Read).unwrap();
    let map = file.map().unwrap();
    drop(file);
    assert_eq!(kind(disk.remove("a")), ErrorKind::PermissionDenied);
    drop(second);
    assert_eq!(kind(disk.remove("a")), ErrorKind::PermissionDenied);
    drop(map);
    disk.remove("a").unwrap();
    assert_eq!(disk.violations(), vec!["remove `a`: the file is open"; 3]);
}

#[test]
fn a_file_that_is_open_cannot_be_replaced() {
    let (disk, file) = disk_with("x");
    drop(disk.open("b", Mode::CreateNew).unwrap());
    assert_eq!(kind(disk.rename("b", "a")), ErrorKind::PermissionDenied);
    assert_eq!(
        disk.violations(),
        ["rename `a`: the file in its place is open"]
    );
    assert_eq!(content(&disk.image(), "a"), "x");
    drop(file);
    disk.rename("b", "a").unwrap();
    assert_eq!(content(&disk.image(), "a"), "");
}

#[test]
fn a_file_that_is_mapped_cannot_shrink() {
    let (disk, file) = disk_with("xyz");
    let map = file.map().unwrap();
    file.set_len(4).unwrap();
    file.set_len(4).unwrap();
    assert_eq!(kind(file.set_len(3)), ErrorKind::PermissionDenied);
    assert_eq!(
        disk.violations(),
        ["set the length of `a`: the file is mapped"]
    );
    drop(map);
    file.set_len(3).unwrap();
}

#[test]
fn syncing_again_what_failed_to_sync_is_noticed() {
    let (disk, file) = disk_with("x");
    let other = disk.open("b", Mode::CreateNew).unwrap();
    let fail = |disk: &SimDisk| {
        disk.set_faults(Faults {
            fail: Some(Fail::From(0)),
            ..Faults::default()
        });
    };
    fail(&disk);
    assert!(file.sync().is_err());
    assert_eq!(disk.violations(), [""; 0]);
    disk.set_faults(Faults::default());
    other.sync().unwrap();
    disk.sync_dir().unwrap();
    assert_eq!(disk.violations(), [""; 0], "others may be synced");
    file.sync().unwrap();
    let again = "sync `a`: tried again after it had failed";
    assert_eq!(disk.violations(), [again]);

    fail(&disk);
    assert!(disk.sync_dir().is_err());
    disk.set_faults(Faults::default());
    disk.sync_dir().unwrap();
    let names = "sync `the directory`: tried again after it had failed";
    assert_eq!(disk.violations(), [again, names]);

    // The next owner may, and so may the next process.
    drop(disk.lock().unwrap());
    file.sync().unwrap();
    fail(&disk);
    assert!(file.sync().is_err());
    let next = disk.kill();
    next.set_faults(Faults::default());
    next.open("a", Mode::Write).unwrap().sync().unwrap();
    assert_eq!(disk.violations().len(), 2);
}
