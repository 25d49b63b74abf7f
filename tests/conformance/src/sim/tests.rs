//! The simulated disk keeps the contract of `engine::disk`, and refuses what
//! that forbids.

use std::io::ErrorKind;

use engine::Error;
use engine::disk::{Disk, File, Mode};

use super::*;

mod faults;
mod forbidden;

fn kind<T>(result: engine::Result<T>) -> ErrorKind {
    match result {
        Err(Error::Io { kind, .. }) => kind,
        Err(other) => panic!("expected an I/O error, found {other:?}"),
        Ok(_) => panic!("expected an I/O error"),
    }
}

/// A disk with a new file `a` that holds `text`, unsynced.
fn disk_with(text: &str) -> (SimDisk, Box<dyn File>) {
    let disk = SimDisk::new();
    let file = disk.open("a", Mode::CreateNew).unwrap();
    file.write_at(0, text.as_bytes()).unwrap();
    (disk, file)
}

fn content(image: &Image, name: &str) -> String {
    let bytes = image.get(name).unwrap().bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn all(file: &dyn File) -> String {
    let mut bytes = vec![0; usize::try_from(file.len().unwrap()).unwrap()];
    file.read_exact_at(0, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn what_was_written_at_an_offset_is_read_there() {
    let (disk, file) = disk_with("hello");
    file.write_at(6, b"world").unwrap();
    file.write_at(0, b"J").unwrap();
    assert_eq!(all(&*file), "Jello\0world");
    assert_eq!(all(&*disk.open("a", Mode::Read).unwrap()), "Jello\0world");
    let mut tail = [0; 4];
    assert_eq!(file.read_at(9, &mut tail).unwrap(), 2);
    assert_eq!(&tail, b"ld\0\0");
    assert_eq!(file.read_at(11, &mut tail).unwrap(), 0);
    assert_eq!(file.read_at(u64::MAX, &mut tail).unwrap(), 0);
    assert_eq!(file.name(), "a");
}

#[test]
fn lengths_grow_with_zeros_and_shrink() {
    let (disk, file) = disk_with("abc");
    file.allocate(5).unwrap();
    file.allocate(4).unwrap();
    assert_eq!(all(&*file), "abc\0\0");
    file.set_len(2).unwrap();
    assert_eq!(all(&*file), "ab");
    file.set_len(3).unwrap();
    assert_eq!(all(&*file), "ab\0");
    let changes = disk.changes();
    file.allocate(3).unwrap();
    file.set_len(3).unwrap();
    file.write_at(0, b"").unwrap();
    assert_eq!(disk.changes(), changes, "nothing changed");
}

#[test]
fn modes_say_whether_the_file_must_exist_and_may_be_written() {
    let disk = SimDisk::new();
    assert_eq!(kind(disk.open("a", Mode::Read)), ErrorKind::NotFound);
    assert_eq!(kind(disk.open("a", Mode::Write)), ErrorKind::NotFound);
    drop(disk.open("a", Mode::CreateNew).unwrap());
    assert_eq!(
        kind(disk.open("a", Mode::CreateNew)),
        ErrorKind::AlreadyExists
    );
    let reader = disk.open("a", Mode::Read).unwrap();
    for refused in [
        reader.write_at(0, b"x"),
        reader.set_len(1),
        reader.allocate(1),
    ] {
        assert_eq!(kind(refused), ErrorKind::PermissionDenied);
    }
    assert!(reader.is_empty().unwrap());
    let writer = disk.open("a", Mode::Write).unwrap();
    writer.write_at(0, b"x").unwrap();
    assert_eq!(disk.violations(), [""; 0]);
}

#[test]
fn names_change_and_are_listed_sorted() {
    let disk = SimDisk::new();
    for name in ["b", "a", "c"] {
        drop(disk.open(name, Mode::CreateNew).unwrap());
    }
    let _lock = disk.lock().unwrap();
    disk.rename("c", "a").unwrap();
    assert_eq!(disk.list().unwrap(), ["a", "b"]);
    disk.rename("a", "a").unwrap();
    disk.remove("b").unwrap();
    assert_eq!(disk.list().unwrap(), ["a"]);
    assert_eq!(kind(disk.remove("b")), ErrorKind::NotFound);
    assert_eq!(kind(disk.rename("b", "x")), ErrorKind::NotFound);
    for name in ["", ".x", "a/b", "LOCK"] {
        assert_eq!(kind(disk.open(name, Mode::Read)), ErrorKind::InvalidInput);
        assert_eq!(kind(disk.remove(name)), ErrorKind::InvalidInput);
        assert_eq!(kind(disk.rename("a", name)), ErrorKind::InvalidInput);
        assert_eq!(kind(disk.rename(name, "a")), ErrorKind::InvalidInput);
    }
    assert_eq!(
        disk.trace(),
        [
            "create b",
            "create a",
            "create c",
            "rename c to a",
            "remove b"
        ]
    );
}

#[test]
fn an_open_file_may_be_renamed_and_keeps_its_bytes() {
    let (disk, file) = disk_with("x");
    disk.rename("a", "b").unwrap();
    file.write_at(1, b"y").unwrap();
    assert_eq!(content(&disk.image(), "b"), "xy");
    assert!(disk.image().get("a").is_none());
}

#[test]
fn a_directory_has_one_owner_until_the_lock_is_dropped() {
    let disk = SimDisk::new();
    let lock = disk.lock().unwrap();
    assert!(matches!(disk.lock(), Err(Error::Locked { .. })));
    drop(lock);
    drop(disk.lock().unwrap());
}

#[test]
fn a_map_shows_what_is_written_within_its_length() {
    let (_disk, file) = disk_with("hello");
    let map = file.map().unwrap();
    file.write_at(4, b"y, and more").unwrap();
    assert_eq!(map.len(), 5);
    assert_eq!(&*map.slice(0, 5).unwrap(), b"helly");
    for (offset, len) in [(0, 6), (5, 1), (6, 0), (u64::MAX, 1)] {
        assert!(matches!(map.slice(offset, len), Err(Error::Corrupt { .. })));
    }
    assert!(map.slice(5, 0).unwrap().is_empty());
}

#[test]
fn a_disk_made_of_an_image_holds_it_and_leaves_it_alone() {
    let (disk, _file) = disk_with("x");
    let image = disk.image();
    let other = SimDisk::from_image(&image);
    other
        .open("a", Mode::Write)
        .unwrap()
        .write_at(0, b"y")
        .unwrap();
    assert_eq!(content(&other.image(), "a"), "y");
    assert_eq!(content(&image, "a"), "x");
    assert_eq!(content(&other.cut(Cut { at: 1, image: 0 }), "a"), "x");
}

#[test]
fn a_cut_falls_between_two_changes() {
    let (disk, file) = disk_with("x");
    disk.sync_dir().unwrap();
    file.sync().unwrap();
    file.write_at(1, b"y").unwrap();
    let dropped = |at| disk.cut(Cut { at, image: 0 });
    let applied = |at| disk.cut(Cut { at, image: 1 });
    assert_eq!(disk.changes(), 5);
    assert!(dropped(2).get("a").is_none());
    assert_eq!(content(&applied(1), "a"), "");
    assert_eq!(content(&dropped(3), "a"), "");
    assert_eq!(content(&applied(3), "a"), "x");
    assert_eq!(content(&dropped(4), "a"), "x");
    assert_eq!(content(&dropped(5), "a"), "x");
    assert_eq!(content(&applied(5), "a"), "xy");
    assert_eq!(content(&applied(99), "a"), "xy");
}

#[test]
fn a_walk_stops_at_every_change() {
    let (disk, file) = disk_with("x");
    file.sync().unwrap();
    let mut walk = disk.walk();
    let mut reach = Reach::default();
    let stop = |walk: &Walk| (walk.at(), walk.undecided().names, walk.undecided().bytes);
    let mut stops = vec![stop(&walk)];
    while walk.advance(&mut reach) {
        stops.push(stop(&walk));
    }
    assert_eq!(stops, [(0, 0, 0), (1, 1, 0), (2, 1, 1), (3, 1, 0)]);
    assert_eq!(reach.times(Kind::Write, Outcome::Durable), 1);
    assert_eq!(reach.times(Kind::Create, Outcome::Durable), 0);
    let image = walk.image(1, &mut reach);
    assert_eq!(content(&image, "a"), "x");
    assert_eq!(reach.times(Kind::Create, Outcome::Applied), 1);
}

#[test]
fn only_as_many_images_are_drawn_as_can_differ() {
    let (disk, file) = disk_with("x");
    drop(disk.open("b", Mode::CreateNew).unwrap());
    file.sync().unwrap();
    let mut walk = disk.walk();
    let of = |walk: &Walk, max| walk.numbers(max).collect::<Vec<_>>();
    let mut numbers = vec![of(&walk, 20)];
    while walk.advance(&mut Reach::default()) {
        numbers.push(of(&walk, 20));
        assert_eq!(of(&walk, 1), [0], "the one that loses everything");
    }
    let all: Vec<usize> = [2, 3, 0, 1].into_iter().chain(4..20).collect();
    assert_eq!(
        numbers,
        [
            vec![0],
            vec![0, 1],
            all.clone(),
            all,
            vec![0, 1, EXTREMES, EXTREMES + 1, EXTREMES + 2]
        ]
    );
}

#[test]
fn a_killed_process_leaves_the_bytes_and_cannot_touch_them_any_more() {
    let (disk, file) = disk_with("x");
    let map = file.map().unwrap();
    let lent = map.slice(0, 1).unwrap();
    let lock = disk.lock().unwrap();
    let next = disk.kill();
    let _owner = next.lock().unwrap();
    let reopened = next.open("a", Mode::Write).unwrap();
    // Stale handles answer errors, and dropping them closes nothing.
    assert_eq!(kind(file.write_at(0, b"y")), ErrorKind::Other);
    assert_eq!(kind(file.len()), ErrorKind::Other);
    assert_eq!(kind(file.sync()), ErrorKind::Other);
    assert_eq!(kind(map.slice(0, 1)), ErrorKind::Other);
    assert_eq!(kind(disk.list()), ErrorKind::Other);
    assert_eq!(kind(disk.sync_dir()), ErrorKind::Other);
    assert_eq!(&*lent, b"x");
    drop(lent);
    drop((map, file, lock));
    assert!(matches!(next.lock(), Err(Error::Locked { .. })));
    assert!(next.remove("a").is_err(), "the next process has it open");
    reopened.write_at(0, b"z").unwrap();
    assert_eq!(content(&next.image(), "a"), "z");
    assert_eq!(content(&disk.image(), "a"), "z");
}

#[test]
fn what_a_killed_process_wrote_is_no_more_durable_than_before() {
    let (disk, _file) = disk_with("x");
    disk.sync_dir().unwrap();
    let _killed = disk.kill();
    assert_eq!(content(&disk.image(), "a"), "x");
    assert_eq!(content(&disk.cut(Cut { at: 3, image: 0 }), "a"), "");
    let mut walk = disk.walk();
    for _ in 0..2 {
        assert!(walk.advance(&mut Reach::default()));
    }
    let next = walk.killed();
    assert_eq!(all(&*next.open("a", Mode::Read).unwrap()), "x");
    assert!(next.cut(Cut { at: 0, image: 0 }).get("a").is_none());
    let file = next.open("a", Mode::Write).unwrap();
    file.sync().unwrap();
    next.sync_dir().unwrap();
    assert_eq!(content(&next.cut(Cut { at: 2, image: 0 }), "a"), "x");
}

#[test]
fn new_files_are_numbered_on_after_a_kill_and_from_an_image() {
    let (disk, _file) = disk_with("x");
    let mut walk = disk.walk();
    while walk.advance(&mut Reach::default()) {}
    for next in [walk.killed(), SimDisk::from_image(&disk.image())] {
        let other = next.open("b", Mode::CreateNew).unwrap();
        other.write_at(0, b"y").unwrap();
        let at = next.changes();
        let image = next.cut(Cut { at, image: 1 });
        assert_eq!(
            (content(&image, "a"), content(&image, "b")),
            ("x".into(), "y".into())
        );
    }
}

#[test]
fn the_disk_counts_what_it_moves() {
    let (disk, file) = disk_with("hello");
    file.write_at(5, b"!").unwrap();
    let mut buffer = [0; 10];
    file.read_at(4, &mut buffer).unwrap();
    let map = file.map().unwrap();
    drop(map.slice(1, 3).unwrap());
    for (offset, len) in [(0, 4), (5, 9), (6, 1)] {
        map.prefetch(offset, len);
    }
    file.sync().unwrap();
    disk.sync_dir().unwrap();
    assert_eq!(
        disk.counts(),
        Counts {
            read: 2,
            lent: 3,
            prefetched: 5,
            written: 6,
            syncs: 2,
            ..Counts::default()
        }
    );
    use Operation::*;
    assert_eq!(
        disk.operations(),
        [Create, Write, Write, Read, Map, Sync, SyncDir]
    );
    assert_eq!(format!("{disk:?}"), "SimDisk(5 changes)");
    assert_eq!(format!("{file:?} {map:?}"), "SimFile(a) SimMap(a)");
}

#[test]
fn the_table_shows_what_was_reached() {
    let mut reach = Reach::default();
    reach.count(Kind::Write, Outcome::Durable);
    let mut more = reach.clone();
    for _ in 0..1_234_567 {
        more.count(Kind::Write, Outcome::Grown);
    }
    more.count(Kind::Remove, Outcome::Lost);
    reach.add(&more);
    assert_eq!(reach.times(Kind::Write, Outcome::Durable), 2);
    insta::assert_snapshot!(reach, @r"
                   sync               sector   byte   tail tear + length length
          synced failed   gone  whole   tear   tear   only  noise   only +noise
write          2      ·      ·      ·      ·      ·      ·      ·  1234k      ·
allocate       ·      ·      ·      ·      ·      ·      ·      ·      ·      ·
set_len        ·      ·      ·      ·      ·      ·      ·      ·      ·      ·
create         ·      ·      ·      ·      ·      ·      ·      ·      ·      ·
rename         ·      ·      ·      ·      ·      ·      ·      ·      ·      ·
remove         ·      1      ·      ·      ·      ·      ·      ·      ·      ·
");
}
