//! The file: how it grows, how its pages are lent and written.

use std::sync::Arc;

use conformance::sim::{Faults, Part, SimDisk};
use engine::disk::{Disk, Mode};
use engine::page::PageId;
use engine::{Error, Result};

use super::fail_next;
use crate::file::PageFile;
use crate::frames::Frame;
use crate::stamp::{Stamp, prove};

const PAGE_BYTES: usize = 64;

/// An empty file that grows by four pages at least.
fn empty() -> (SimDisk, PageFile) {
    let disk = SimDisk::new();
    let file = disk.open("pages", Mode::CreateNew).unwrap();
    (disk, PageFile::new(file, PAGE_BYTES, 4))
}

fn page(number: u32) -> Frame {
    let mut bytes = vec![b'a' + (number % 26) as u8; PAGE_BYTES];
    Stamp { number, commit: 1 }.put_on(&mut bytes);
    Arc::new(bytes.into())
}

fn lent(file: &PageFile, number: u32) -> Result<Vec<u8>> {
    file.lend(number).unwrap().map(|lent| lent.to_vec())
}

fn len(disk: &SimDisk) -> u64 {
    disk.image().get("pages").unwrap().len()
}

#[test]
fn it_grows_by_an_eighth_and_by_a_step_at_least() {
    let (disk, file) = empty();
    let mut rooms = Vec::new();
    for pages in 0..200 {
        let before = file.room();
        file.grow(pages).unwrap();
        assert!(file.room() >= pages);
        if file.room() != before {
            rooms.push(file.room());
        }
    }
    assert_eq!(&rooms[..9], [4, 8, 12, 16, 20, 24, 28, 32, 36]);
    assert_eq!(
        &rooms[9..],
        [
            40, 45, 50, 56, 63, 70, 78, 87, 97, 109, 122, 137, 154, 173, 194, 218
        ]
    );
    assert_eq!(len(&disk), 218 * PAGE_BYTES as u64);
    // Much at once is found at once.
    file.grow(1000).unwrap();
    assert_eq!(file.room(), 1000);
}

#[test]
fn what_was_lent_before_it_grew_is_still_lent() {
    let (disk, file) = empty();
    file.grow(4).unwrap();
    file.write(&[page(3)]).unwrap();
    let before = file.lend(3).unwrap().unwrap();
    for pages in 5..100 {
        file.grow(pages).unwrap();
        file.write(&[page(pages - 1)]).unwrap();
        let now = lent(&file, pages - 1).unwrap();
        assert_eq!(prove(&now, pages - 1, 1), Ok(()));
    }
    assert_eq!(prove(&before, 3, 1), Ok(()));
    assert_eq!(disk.violations(), [""; 0]);
}

#[test]
fn where_there_is_no_room_for_a_step_there_may_be_for_a_page() {
    let (disk, file) = empty();
    disk.set_faults(Faults {
        capacity: Some(6 * PAGE_BYTES as u64),
        ..Faults::default()
    });
    file.grow(1).unwrap();
    assert_eq!(file.room(), 4);
    file.grow(5).unwrap();
    assert_eq!(file.room(), 5);
    file.grow(6).unwrap();
    let full = file.grow(7);
    assert!(matches!(full, Err(Error::NoSpace { .. })), "{full:?}");
    assert_eq!(file.room(), 6);
}

#[test]
fn growing_that_fails_leaves_the_room_that_there_was() {
    let operations = {
        let (disk, file) = empty();
        file.grow(4).unwrap();
        let before = disk.operations().len();
        file.grow(5).unwrap();
        disk.operations().len() - before
    };
    assert!(operations >= 2, "it is allocated and mapped");
    for at in 0..operations {
        let (disk, file) = empty();
        file.grow(4).unwrap();
        file.write(&[page(3)]).unwrap();
        let first = disk.operations().len() + at;
        disk.set_faults(Faults {
            fail: Some(conformance::sim::Fail::Once(first)),
            ..Faults::default()
        });
        assert!(file.grow(5).is_err());
        assert_eq!(file.room(), 4);
        assert_eq!(prove(&lent(&file, 3).unwrap(), 3, 1), Ok(()));
        file.grow(5).unwrap();
        assert_eq!(file.room(), 8);
        assert_eq!(lent(&file, 7).unwrap(), [0; PAGE_BYTES]);
    }
}

#[test]
fn pages_side_by_side_are_written_together_and_sealed() {
    let (disk, file) = empty();
    file.grow(20).unwrap();
    let before = disk.changes();
    let pages = [3, 4, 5, 7, 9, 10].map(page);
    file.write(&pages).unwrap();
    let writes = disk.trace()[before..].to_vec();
    assert_eq!(writes.len(), 3, "{writes:?}");
    for number in [3, 4, 5, 7, 9, 10] {
        assert_eq!(prove(&lent(&file, number).unwrap(), number, 1), Ok(()));
    }
    for number in [6, 8, 11] {
        assert_eq!(lent(&file, number).unwrap(), [0; PAGE_BYTES]);
    }
    assert_eq!(&pages[0][..4], [b'd'; 4], "in memory nothing has changed");
}

#[test]
fn a_write_that_fails_is_an_error() {
    let (disk, file) = empty();
    file.grow(20).unwrap();
    fail_next(&disk, Part::Half);
    assert!(file.write(&[3, 4].map(page)).is_err());
    assert_eq!(file.write(&[3, 4].map(page)), Ok(()));
}

#[test]
fn without_maps_pages_are_read() {
    let (disk, file) = empty();
    disk.set_faults(Faults {
        no_map: true,
        read_max: Some(10),
        ..Faults::default()
    });
    file.grow(4).unwrap();
    file.write(&[page(3)]).unwrap();
    assert!(file.lend(3).is_none());
    let mut bytes = vec![1; 7];
    file.read(3, &mut bytes).unwrap();
    assert_eq!(prove(&bytes, 3, 1), Ok(()));
    let beyond = file.read(4, &mut bytes);
    assert!(matches!(beyond, Err(Error::Corrupt { .. })), "{beyond:?}");
}

#[test]
fn only_pages_that_there_is_room_for_have_numbers() {
    let (_disk, file) = empty();
    assert_eq!(file.number(PageId(3)), None);
    file.grow(4).unwrap();
    assert_eq!(file.number(PageId(3)), Some(3));
    for none in [0, 2, 4, 1 << 32 | 3, u64::MAX] {
        assert_eq!(file.number(PageId(none)), None, "{none}");
    }
    let Error::Corrupt {
        file: name, offset, ..
    } = file.corrupt(PageId(3), "it is torn")
    else {
        panic!("it says that the page is damaged");
    };
    assert_eq!((&*name, offset), ("pages", 192));
    file.corrupt(PageId(u64::MAX), "there is no such page");
}

#[test]
fn an_opened_file_has_the_room_that_it_needs() {
    for (bytes, room) in [(0, 5), (4 * 64 + 63, 5), (5 * 64, 5), (9 * 64 + 1, 9)] {
        let (disk, file) = empty();
        disk.open("pages", Mode::Write)
            .unwrap()
            .set_len(bytes)
            .unwrap();
        file.open(5).unwrap();
        assert_eq!(file.room(), room, "with {bytes} bytes");
        assert!(len(&disk) >= bytes.max(5 * 64));
    }
}

#[test]
fn the_room_that_nobody_needs_is_given_back() {
    let (disk, file) = empty();
    file.grow(20).unwrap();
    file.grow(30).unwrap();
    file.cut_off_room(7).unwrap();
    assert_eq!(len(&disk), 7 * PAGE_BYTES as u64);
    assert_eq!(disk.violations(), [""; 0]);
}
