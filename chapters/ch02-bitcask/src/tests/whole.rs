use conformance::sim::{Fail, Faults, Operation, SimDisk};
use engine::Error;

use crate::tests::files::disk_with;
use crate::tests::meanwhile::Meanwhile;
use crate::whole::Whole;

const NAME: &str = "0000000007.hint";

fn disk() -> SimDisk {
    disk_with(&[(NAME.to_owned(), b"some bytes".to_vec())])
}

#[test]
fn the_bytes_are_those_of_the_file_with_a_map_and_without() {
    for map in [false, true] {
        let disk = disk();
        disk.set_faults(Faults {
            no_map: !map,
            read_max: Some(1),
            ..Faults::default()
        });
        let whole = Whole::open(&disk, NAME).unwrap();
        assert_eq!(&*whole.bytes().unwrap(), b"some bytes", "map: {map}");
    }
}

#[test]
fn a_file_that_is_too_long_is_not_read() {
    let disk = Meanwhile::new(disk(), Operation::Read);
    disk.says_len(u64::from(u32::MAX) + 1);
    disk.does(|| panic!("it is read"));
    let error = Whole::open(&disk, NAME).unwrap_err();
    let expected = Error::corrupt(NAME, 0, "the file is longer than data files are");
    assert_eq!(error, expected);
}

#[test]
fn where_the_disk_fails_so_does_the_opening() {
    let disk = disk();
    let before = disk.operations().len();
    Whole::open(&disk, NAME).unwrap().bytes().unwrap();
    let asked = disk.operations();
    for (at, asked) in asked.iter().enumerate().skip(before) {
        let disk = self::disk();
        disk.set_faults(Faults {
            fail: Some(Fail::Once(at)),
            ..Faults::default()
        });
        let answer = Whole::open(&disk, NAME).and_then(|whole| whole.bytes().map(drop));
        let is_io = matches!(answer, Err(Error::Io { .. }));
        assert!(is_io, "the disk failed at `{}`: {answer:?}", asked.name());
    }
}
