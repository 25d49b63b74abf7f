use conformance::sim::{Content, SimDisk};
use engine::{Error, StorageEngine, Write};

use crate::data_file::DataFile;
use crate::header::Header;
use crate::hint::{Entry, Hint};
use crate::names::Kind;
use crate::opening::Newest;
use crate::tests::files::{
    and, bytes_of, delete, disk_with, file, name, names, put, said, seal, synced,
};
use crate::tests::{TWINS, all, open, open_again, options, promptly, value};

fn entry(key: &str, offset: u32, deletes: bool) -> Entry<'_> {
    Entry {
        key: key.as_bytes(),
        offset,
        len: 13,
        deletes,
    }
}

fn entries<'h>(hint: &'h Hint<'_>) -> Vec<Entry<'h>> {
    hint.entries().collect()
}

#[test]
fn ex_2_8_a_hint_tells_of_each_key_in_order() {
    let found = [
        entry("fig", 28, false),
        entry("", 41, true),
        entry("apple", 54, false),
        entry("b", 67, false),
    ];
    let hint = Hint::new(7, 100, found.to_vec());
    assert_eq!(entries(&hint), [found[1], found[2], found[3], found[0]]);
    assert_eq!(hint.count(), 4);
    assert_eq!(hint.data_end(), 100);
}

#[test]
fn ex_2_8_of_one_key_a_hint_tells_the_last_record() {
    let found = vec![
        entry("a", 28, false),
        entry("b", 41, false),
        entry("a", 54, true),
        entry("b", 67, true),
        entry("b", 80, false),
    ];
    let hint = Hint::new(7, 100, found);
    let newest = [entry("a", 54, true), entry("b", 80, false)];
    assert_eq!(
        entries(&hint),
        newest,
        "by their order, not by what they say"
    );
    assert_eq!(hint.count(), 2);
    // Among a few, a sort that is not stable looks as if it were.
    let keys = ["k0", "k1", "k2", "k3", "k4", "k5", "k6"];
    let many = (0..700_usize).map(|index| {
        let offset = 28 + 13 * u32::try_from(index).unwrap();
        entry(keys[index % 7], offset, false)
    });
    let many: Vec<_> = many.collect();
    let hint = Hint::new(7, 10_000, many);
    let offsets: Vec<_> = hint.entries().map(|entry| entry.offset).collect();
    let last = [693, 694, 695, 696, 697, 698, 699].map(|index| 28 + 13 * index);
    assert_eq!(
        offsets, last,
        "where the last record of each key stands, of a hundred: a sort that is not \
         stable mixes them"
    );
}

#[test]
fn ex_2_8_the_smallest_of_many_keys_is_found_fast() {
    // A heap compares a dozen keys for each of them, a sort each time all.
    let count = promptly(
        "the smallest key among those of 20,000 hints is found slowly: \
         whatever looks at all of them each time takes that many squared",
        || {
            let hints = (0..20_000_u32).map(|number| {
                let key = format!("{:05}", number * 7919 % 20_000);
                Hint::new(number, 100, vec![entry(&key, 28, false)])
            });
            let hints: Vec<_> = hints.collect();
            Newest::of(&hints).count()
        },
    );
    assert_eq!(count, 20_000, "each key once");
}

#[test]
fn ex_2_8_a_hint_of_nothing_tells_nothing() {
    let hint = Hint::new(7, 39, Vec::new());
    assert_eq!(entries(&hint), []);
    assert_eq!((hint.count(), hint.data_end()), (0, 39));
}

#[test]
fn ex_2_8_the_longest_key_is_told_of() {
    let key = "k".repeat(u16::MAX.into());
    let hint = Hint::new(7, 100, vec![entry(&key, 28, false), entry("z", 30, true)]);
    let found = entries(&hint);
    assert!(found[0].key == key.as_bytes(), "the key is another");
    assert_eq!(found[1], entry("z", 30, true), "the entry after it");
}

#[test]
fn ex_2_8_what_was_written_is_there_after_opening_again() {
    let disk = SimDisk::new();
    let engine = open(&disk, options());
    engine.put(b"a", b"1").unwrap();
    engine.put(b"b", b"2").unwrap();
    let put = |key, value| Write::Put { key, value };
    let batch = [put(b"a", b"3"), Write::Delete { key: b"b" }, put(b"", b"4")];
    engine.write(&batch).unwrap();
    let engine = open_again(&disk, options());
    assert_eq!(all(&engine), "=4 a=3");
    assert_eq!(value(&engine, b"b"), None);
}

#[test]
fn ex_2_8_of_several_files_the_last_one_counts() {
    // Each opening copies the active file of the one before to a sealed one.
    let disk = SimDisk::new();
    let engine = open(&disk, options());
    for (key, value) in [(b"a", b"1"), (b"b", b"1"), (b"c", b"1"), (b"d", b"1")] {
        engine.put(key, value).unwrap();
    }
    let engine = open_again(&disk, options());
    engine.put(b"a", b"2").unwrap();
    engine.delete(b"b").unwrap();
    engine.delete(b"c").unwrap();
    let disk = disk.kill();
    let engine = open(&disk, options());
    assert_eq!(all(&engine), "a=2 d=1");
    engine.put(b"c", b"3").unwrap();
    engine.put(b"e", b"3").unwrap();
    let disk = disk.kill();
    for _ in 0..2 {
        let engine = open(&disk, options());
        assert_eq!(all(&engine), "a=2 c=3 d=1 e=3");
    }
}

#[test]
fn ex_2_8_two_keys_of_one_hash_are_both_there() {
    let disk = SimDisk::new();
    let engine = open(&disk, options());
    for key in TWINS {
        engine.put(key, key).unwrap();
    }
    let engine = open_again(&disk, options());
    for key in TWINS {
        assert_eq!(engine.get(key).unwrap().as_deref(), Some(key));
    }
}

#[test]
fn ex_2_8_what_lives_in_each_file_is_counted() {
    let sealed = |number, records: &[_]| {
        let bytes = file(Header::of(number), records);
        (name(number, Kind::Data), bytes)
    };
    let disk = disk_with(&[
        sealed(1, &[put("a", "1"), put("b", "1"), put("b", "22"), seal()]),
        sealed(2, &[delete("a"), delete("c"), put("d", "333"), seal()]),
        sealed(3, &[put("c", "1"), seal()]),
    ]);
    let engine = open(&disk, options());
    let files = engine.index.files();
    let counts = |number| {
        let file: &DataFile = &files[&number];
        format!("live {}, graves {}", file.live(), file.graves())
    };
    assert_eq!(counts(1), "live 14, graves 0", "b=22 alone: a is deleted");
    assert_eq!(
        counts(2),
        "live 15, graves 24",
        "d=333; the deletes of a and c, though c is back in file 3"
    );
    assert_eq!(counts(3), "live 13, graves 0", "c=1");
}

#[test]
fn ex_2_8_a_file_ends_behind_its_seal_and_not_where_its_room_does() {
    let mut bytes = file(Header::of(1), &[put("a", "1"), seal()]);
    let end = bytes.len();
    bytes.resize(4096, 0);
    let disk = disk_with(&[(name(1, Kind::Data), bytes)]);
    let engine = open(&disk, options());
    let files = engine.index.files();
    assert_eq!(
        usize::try_from(files[&1].end()).unwrap(),
        end,
        "where file 1 ends: room that nothing was written to is no garbage"
    );
}

#[test]
fn ex_2_8_the_index_has_the_files_to_which_nothing_leads_too() {
    let sealed = |number, record| {
        let bytes = file(Header::of(number), &[record, seal()]);
        (name(number, Kind::Data), bytes)
    };
    let files = [sealed(1, put("a", "1")), sealed(2, delete("a"))];
    let engine = open(&disk_with(&files), options());
    let numbers: Vec<_> = engine.index.files().keys().copied().collect();
    assert_eq!(
        numbers,
        [1, 2],
        "the files of the index: what is not among them is never merged, and never \
         removed"
    );
}

#[test]
fn ex_2_8_the_active_file_becomes_a_sealed_one() {
    let disk = SimDisk::new();
    let engine = open(&disk, options());
    engine.put(b"a", b"1").unwrap();
    engine.delete(b"b").unwrap();
    drop(engine);
    assert_eq!(names(&disk), ["0000000001.active"]);
    drop(open(&disk, options()));
    assert_eq!(names(&disk), ["0000000002.data"]);
    assert_eq!(said(&disk, 2, Kind::Data), ["put a=1", "delete b", "seal"]);
    let bytes = bytes_of(&disk, &name(2, Kind::Data));
    let header = Header::decode("", 2, &bytes).unwrap();
    assert_eq!((header.first, header.last), (1, 1), "whose place it takes");
    drop(open(&disk, options()));
    assert_eq!(names(&disk), ["0000000002.data"], "nothing is left to do");
}

#[test]
fn ex_2_8_a_torn_tail_is_left_out_and_what_follows_goes_behind() {
    let records = [put("a", "1"), synced(41), and(put("b", "2")), put("c", "3")];
    let whole = file(Header::of(1), &records);
    for len in whole.len() - 26..whole.len() {
        let disk = disk_with(&[(name(1, Kind::Active), whole[..len].to_vec())]);
        let engine = open(&disk, options());
        assert_eq!(all(&engine), "a=1", "{len} bytes of {}", whole.len());
        engine.put(b"d", b"4").unwrap();
        let engine = open_again(&disk, options());
        assert_eq!(all(&engine), "a=1 d=4");
    }
    let disk = disk_with(&[(name(1, Kind::Active), whole)]);
    assert_eq!(all(&open(&disk, options())), "a=1 b=2 c=3");
    let copied = said(&disk, 2, Kind::Data);
    let expected = ["put a=1", "put b=2 …", "put c=3", "seal"];
    assert_eq!(copied, expected, "a mark is true of its own file alone");
}

#[test]
fn ex_2_8_an_active_file_that_was_sealed_may_stand_before_another() {
    // The power was cut before the name `.data` was durable.
    let mut first = file(Header::of(1), &[put("a", "1"), put("b", "1"), seal()]);
    first.resize(500, 0);
    let disk = disk_with(&[
        (name(1, Kind::Active), first),
        (name(2, Kind::Active), file(Header::of(2), &[put("b", "2")])),
    ]);
    assert_eq!(all(&open(&disk, options())), "a=1 b=2");
    assert_eq!(names(&disk), ["0000000003.data", "0000000004.data"]);
}

#[test]
fn ex_2_8_files_are_ordered_by_whose_place_they_take() {
    // File 5 has taken the place of 1 and 2: what it holds is older than 3.
    let merged = Header {
        number: 5,
        first: 1,
        last: 2,
    };
    let disk = disk_with(&[
        (
            name(3, Kind::Data),
            file(Header::of(3), &[put("a", "new"), delete("b"), seal()]),
        ),
        (
            name(5, Kind::Data),
            file(merged, &[put("a", "old"), put("b", "old"), seal()]),
        ),
    ]);
    let engine = open(&disk, options());
    assert_eq!(all(&engine), "a=new");
    engine.put(b"c", b"1").unwrap();
    assert_eq!(
        names(&disk),
        ["0000000003.data", "0000000005.data", "0000000006.active"],
        "a number that was never given out"
    );
}

#[test]
fn ex_2_8_what_was_replaced_does_not_count_and_is_removed() {
    let merged = Header {
        number: 3,
        first: 1,
        last: 2,
    };
    let disk = disk_with(&[
        (
            name(1, Kind::Data),
            file(Header::of(1), &[put("a", "1"), seal()]),
        ),
        (
            name(2, Kind::Data),
            file(Header::of(2), &[delete("a"), seal()]),
        ),
        (name(3, Kind::Data), file(merged, &[put("b", "2"), seal()])),
        (name(4, Kind::New), b"what nobody finished".to_vec()),
    ]);
    let mut image = disk.image();
    image.insert("notes.txt", Content::new(b"ours".to_vec()));
    let disk = SimDisk::from_image(&image);
    assert_eq!(all(&open(&disk, options())), "b=2");
    assert_eq!(
        names(&disk),
        ["0000000005.data", "notes.txt"],
        "a copy of file 3, whose name may not have been durable; what is not ours stays"
    );
}

#[test]
fn ex_2_8_damage_in_a_sealed_file_is_an_error() {
    let records = [put("a", "1"), put("b", "2"), seal()];
    let sound = file(Header::of(1), &records);
    let first = name(1, Kind::Data);
    assert_eq!(
        all(&open(
            &disk_with(&[(first.clone(), sound.clone())]),
            options()
        )),
        "a=1 b=2"
    );
    for offset in 0..sound.len() {
        let mut bytes = sound.clone();
        bytes[offset] ^= 1;
        let disk = disk_with(&[(first.clone(), bytes)]);
        let opened = crate::Bitcask::open(std::sync::Arc::new(disk.clone()), options());
        let error = opened.err();
        let is_found = match offset {
            8..12 => matches!(error, Some(Error::Version { .. })),
            _ => matches!(&error, Some(Error::Corrupt { file, .. }) if *file == first),
        };
        assert!(
            is_found,
            "byte {offset} is another, and opening answers {error:?}"
        );
        assert_eq!(names(&disk), ["0000000001.data"], "nothing is removed");
    }
}
