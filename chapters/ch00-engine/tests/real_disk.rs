//! The real disk keeps the contract of `engine::disk`.
#![cfg(any(unix, windows))]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::ErrorKind;
use std::sync::Arc;

use engine::disk::{Counted, Disk, Mode, RealDisk};
use engine::{Counter, Counters, Error};

fn disk() -> (tempfile::TempDir, RealDisk) {
    let folder = tempfile::tempdir().unwrap();
    let disk = RealDisk::new(folder.path().join("a").join("b")).unwrap();
    (folder, disk)
}

fn kind<T: std::fmt::Debug>(result: engine::Result<T>) -> ErrorKind {
    match result {
        Err(Error::Io { kind, .. }) => kind,
        other => panic!("expected an I/O error, found {other:?}"),
    }
}

#[test]
fn what_was_written_at_an_offset_is_read_there() {
    let (_folder, disk) = disk();
    let file = disk.open("data", Mode::CreateNew).unwrap();
    assert!(file.is_empty().unwrap());
    file.write_at(5, b"hello").unwrap();
    file.write_at(0, b"ab").unwrap();
    assert_eq!(file.len().unwrap(), 10);
    assert!(!file.is_empty().unwrap());
    let mut all = [9; 10];
    file.read_exact_at(0, &mut all).unwrap();
    assert_eq!(&all, b"ab\0\0\0hello");
    file.sync().unwrap();
    disk.sync_dir().unwrap();

    let again = disk.open("data", Mode::Read).unwrap();
    let mut tail = [0; 4];
    assert_eq!(again.read_at(8, &mut tail).unwrap(), 2);
    assert_eq!(again.read_at(10, &mut tail).unwrap(), 0);
    assert_eq!(again.read_at(99, &mut tail).unwrap(), 0);
    assert_eq!(
        again.read_exact_at(8, &mut tail),
        Err(Error::corrupt("data", 10, "the file ends early"))
    );
}

#[test]
fn a_file_opened_to_be_read_cannot_be_written() {
    let (_folder, disk) = disk();
    drop(disk.open("data", Mode::CreateNew).unwrap());
    let file = disk.open("data", Mode::Read).unwrap();
    assert!(file.write_at(0, b"x").is_err());
    assert_eq!(file.len().unwrap(), 0);
}

#[test]
fn modes_say_whether_the_file_must_exist() {
    let (_folder, disk) = disk();
    assert_eq!(kind(disk.open("data", Mode::Read)), ErrorKind::NotFound);
    assert_eq!(kind(disk.open("data", Mode::Write)), ErrorKind::NotFound);
    drop(disk.open("data", Mode::CreateNew).unwrap());
    assert_eq!(
        kind(disk.open("data", Mode::CreateNew)),
        ErrorKind::AlreadyExists
    );
    disk.open("data", Mode::Write)
        .unwrap()
        .write_at(0, b"x")
        .unwrap();
}

#[test]
fn lengths_grow_with_zeros_and_shrink() {
    let (_folder, disk) = disk();
    let file = disk.open("data", Mode::CreateNew).unwrap();
    file.write_at(0, b"abc").unwrap();
    file.allocate(8).unwrap();
    assert_eq!(file.len().unwrap(), 8);
    file.allocate(4).unwrap();
    assert_eq!(file.len().unwrap(), 8, "allocating never shrinks");
    file.set_len(2).unwrap();
    file.set_len(4).unwrap();
    let mut all = [9; 4];
    file.read_exact_at(0, &mut all).unwrap();
    assert_eq!(&all, b"ab\0\0");
}

#[test]
fn names_change_and_are_listed_sorted() {
    let (_folder, disk) = disk();
    for name in ["b", "a", "c"] {
        drop(disk.open(name, Mode::CreateNew).unwrap());
    }
    let _lock = disk.lock().unwrap();
    assert_eq!(disk.list().unwrap(), ["a", "b", "c"]);
    disk.rename("c", "a").unwrap();
    disk.remove("b").unwrap();
    assert_eq!(disk.list().unwrap(), ["a"]);
    assert_eq!(kind(disk.remove("b")), ErrorKind::NotFound);
    assert_eq!(kind(disk.rename("b", "x")), ErrorKind::NotFound);
}

#[test]
fn a_name_never_leaves_the_directory() {
    let (_folder, disk) = disk();
    let long = "x".repeat(101);
    for name in [
        "", ".", "..", "../a", "a/b", "a\\b", ".hidden", "LOCK", &long,
    ] {
        assert_eq!(
            kind(disk.open(name, Mode::CreateNew)),
            ErrorKind::InvalidInput,
            "{name:?}"
        );
        assert_eq!(kind(disk.remove(name)), ErrorKind::InvalidInput);
        assert_eq!(kind(disk.rename("a", name)), ErrorKind::InvalidInput);
    }
    assert_eq!(disk.list().unwrap(), [""; 0]);
    drop(disk.open(&long[1..], Mode::CreateNew).unwrap());
}

#[test]
fn a_directory_has_one_owner_until_the_lock_is_dropped() {
    let (_folder, disk) = disk();
    let lock = disk.lock().unwrap();
    let other = RealDisk::new(disk.directory()).unwrap();
    let path = disk.directory().to_string_lossy().into_owned();
    assert_eq!(other.lock().unwrap_err(), Error::Locked { path });
    drop(lock);
    other.lock().unwrap();
}

#[test]
fn a_map_shows_what_is_written_within_its_length() {
    let (_folder, disk) = disk();
    let file = disk.open("data", Mode::CreateNew).unwrap();
    assert!(file.map().unwrap().is_empty());
    assert_eq!(&*file.map().unwrap().slice(0, 0).unwrap(), b"");
    file.write_at(0, b"hello").unwrap();
    let map = file.map().unwrap();
    assert_eq!(map.len(), 5);
    assert!(!map.is_empty());
    let lent = map.slice(1, 3).unwrap();
    file.write_at(4, b"y, and more").unwrap();
    assert_eq!(&*lent, b"ell");
    drop(lent);
    assert_eq!(&*map.slice(0, 5).unwrap(), b"helly");
    for (offset, len) in [(0, 5), (4, 9), (5, 1), (0, 0), (u64::MAX, usize::MAX)] {
        map.prefetch(offset, len);
    }
    file.map().unwrap().prefetch(1, usize::MAX);
    assert_eq!(&*map.slice(0, 5).unwrap(), b"helly");
    for (offset, len) in [(0, 6), (5, 1), (6, 0), (u64::MAX, 1), (1, usize::MAX)] {
        assert!(
            matches!(map.slice(offset, len), Err(Error::Corrupt { .. })),
            "{offset} {len}"
        );
    }
}

#[test]
fn a_counted_disk_counts_bytes_and_syncs() {
    let (_folder, disk) = disk();
    let counters = Arc::new(Counters::new());
    let disk = Counted::new(Arc::new(disk), Arc::clone(&counters));
    let file = disk.open("data", Mode::CreateNew).unwrap();
    file.write_at(0, b"hello").unwrap();
    file.allocate(8).unwrap();
    assert_eq!(file.read_at(3, &mut [0; 9]).unwrap(), 5);
    file.sync().unwrap();
    disk.sync_dir().unwrap();
    let stats = counters.stats();
    assert_eq!(stats[Counter::BytesWritten], 5);
    assert_eq!(stats[Counter::BytesRead], 5);
    assert_eq!(stats[Counter::Syncs], 2);

    // Everything else goes straight through.
    assert_eq!(file.name(), "data");
    assert_eq!(file.map().unwrap().len(), 8);
    file.set_len(2).unwrap();
    assert_eq!(file.len().unwrap(), 2);
    drop(file);
    disk.rename("data", "other").unwrap();
    assert_eq!(disk.list().unwrap(), ["other"]);
    disk.remove("other").unwrap();
    assert_eq!(disk.list().unwrap(), [""; 0]);
    let _lock = disk.lock().unwrap();
    assert!(disk.lock().is_err());
    assert_eq!(counters.stats(), stats);
}
