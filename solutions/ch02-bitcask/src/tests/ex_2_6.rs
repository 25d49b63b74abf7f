use std::time::Duration;

use conformance::sim::{Operation, Part, SimDisk};
use engine::disk::{Disk, Mode};
use engine::{Counter, Error, KeyRange, Order, StorageEngine, Write};

use crate::Bitcask;
use crate::index::At;
use crate::keydir::KeyHash;
use crate::names::Kind;
use crate::store::LIMITS;
use crate::tests::files::{bytes_of, name, said};
use crate::tests::{TWINS, all, buffered, fail_next, open, options, same_bytes, text, value};

fn put<'k>(key: &'k str, value: &'k str) -> Write<'k> {
    let (key, value) = (key.as_bytes(), value.as_bytes());
    Write::Put { key, value }
}

fn delete(key: &str) -> Write<'_> {
    let key = key.as_bytes();
    Write::Delete { key }
}

/// What the first data file says.
fn written(disk: &SimDisk) -> Vec<String> {
    said(disk, 1, Kind::Active)
}

/// The bytes that live in the first data file, and those of its tombstones.
fn counts(engine: &Bitcask) -> (u32, u32) {
    let files = engine.index.files();
    (files[&1].live(), files[&1].graves())
}

#[test]
fn ex_2_6_what_was_written_is_read() {
    let engine = open(&SimDisk::new(), buffered());
    engine.put(b"apple", b"red").unwrap();
    engine.put(b"banana", b"yellow").unwrap();
    engine.put(b"", b"").unwrap();
    assert_eq!(all(&engine), "= apple=red banana=yellow");
    engine.put(b"apple", b"green").unwrap();
    engine.delete(b"banana").unwrap();
    engine.delete(b"nobody").unwrap();
    assert_eq!(all(&engine), "= apple=green");
    assert_eq!(value(&engine, b"banana"), None);
}

#[test]
fn ex_2_6_of_several_changes_to_a_key_the_last_one_counts() {
    for (batch, expected) in [
        ([put("a", "1"), put("a", "2"), put("b", "3")], "a=2 b=3"),
        ([put("a", "1"), delete("a"), put("b", "3")], "b=3"),
        ([delete("a"), put("b", "3"), put("a", "2")], "a=2 b=3"),
        ([put("b", "1"), put("a", "2"), put("b", "3")], "a=2 b=3"),
    ] {
        for before in ["", "0"] {
            let engine = open(&SimDisk::new(), buffered());
            if !before.is_empty() {
                engine.write(&[put("a", before), put("b", before)]).unwrap();
            }
            engine.write(&batch).unwrap();
            assert_eq!(all(&engine), expected, "{batch:?} after \"{before}\"");
        }
    }
}

#[test]
fn ex_2_6_two_keys_of_one_hash_may_be_in_one_batch() {
    let [one, other] = TWINS;
    let engine = open(&SimDisk::new(), buffered());
    let put = |key, value| Write::Put { key, value };
    let batch = [put(one, b"1"), put(other, b"2"), put(one, b"3")];
    engine.write(&batch).unwrap();
    let found = [one, other].map(|key| value(&engine, key).unwrap_or_default());
    assert_eq!(found, ["3", "2"], "the last value of each of the two keys");
    let both = format!("{}=2 {}=3", text(other), text(one));
    assert_eq!(all(&engine), both, "a scan");
    let batch = [put(other, b"4"), Write::Delete { key: one }];
    engine.write(&batch).unwrap();
    assert_eq!(value(&engine, one), None, "it was deleted");
    assert_eq!(all(&engine), format!("{}=4", text(other)), "a scan");
}

#[test]
fn ex_2_6_the_records_of_a_batch_stand_in_its_order() {
    let disk = SimDisk::new();
    let engine = open(&disk, options());
    engine.put(b"b", b"0").unwrap();
    let batch = [put("b", "1"), put("a", "2"), delete("b"), put("c", "3")];
    engine.write(&batch).unwrap();
    engine.delete(b"a").unwrap();
    assert_eq!(
        written(&disk),
        [
            "put b=0",
            "put b=1 …",
            "put a=2 …",
            "delete b …",
            "put c=3",
            "delete a"
        ],
        "all but the last record of a batch say that it goes on"
    );
    assert_eq!(all(&engine), "c=3", "a and b were deleted");
}

#[test]
fn ex_2_6_the_bytes_of_a_file() {
    let disk = SimDisk::new();
    let engine = open(&disk, options());
    engine.write(&[put("key", "value"), delete("key")]).unwrap();
    let bytes = bytes_of(&disk, &name(1, Kind::Active));
    assert_eq!(bytes.len(), 4096, "there is room for more");
    same_bytes(
        &bytes[..64],
        &[
            ("53 54 52 41 54 41 2d 32", "magic"),
            ("01 00 00 00", "version"),
            ("fb ed 66 94", "crc32 of the header"),
            ("01 00 00 00", "number"),
            ("01 00 00 00", "first number whose place it takes"),
            ("01 00 00 00", "last number"),
            ("ea b0 91 aa", "crc32 of the put"),
            ("81", "its kind, and that its batch goes on"),
            ("03 00", "its key_len"),
            ("05 00 00 00", "its value_len"),
            ("6b 65 79", "its key"),
            ("76 61 6c 75 65", "its value"),
            ("ff 40 d2 b4", "crc32 of the delete"),
            ("03", "its kind"),
            ("03 00", "its key_len"),
            ("00 00 00 00", "its value_len"),
            ("6b 65 79", "its key"),
            ("00 00 00", "room"),
        ],
    );
}

#[test]
fn ex_2_6_what_lives_in_the_file_is_counted() {
    let engine = open(&SimDisk::new(), buffered());
    let batch = [put("a", "1"), put("a", "22"), put("b", "1"), delete("c")];
    engine.write(&batch).unwrap();
    assert_eq!(counts(&engine), (14 + 13, 12), "a=22 and b=1; c is buried");
    engine.write(&[put("a", "3"), delete("b")]).unwrap();
    assert_eq!(counts(&engine), (13, 12 + 12), "a=3; b and c are buried");
}

#[test]
fn ex_2_6_the_time_of_a_put_that_expires_is_part_of_its_length() {
    let engine = open(&SimDisk::new(), buffered());
    let until = Duration::from_secs(1000);
    engine.put_until(b"a", b"1", until).unwrap();
    assert_eq!(
        counts(&engine).0,
        13 + 8,
        "bytes that live in the file: those of a=1, and the 8 that say until when"
    );
    engine.put_until(b"b", b"1", until).unwrap();
    engine.put(b"a", b"2").unwrap();
    assert_eq!(counts(&engine).0, 21 + 13, "b=1 with its time, and a=2");
}

#[test]
fn ex_2_6_a_buffered_write_waits_in_memory() {
    let disk = SimDisk::new();
    let engine = open(&disk, buffered());
    engine.put(b"a", b"1").unwrap();
    let asked = disk.operations().len();
    engine.put(b"b", b"2").unwrap();
    assert_eq!(
        disk.operations().len(),
        asked,
        "what the disk was asked for"
    );
    assert_eq!(written(&disk), [""; 0], "nothing is in the file yet");
    assert_eq!(all(&engine), "a=1 b=2");
}

#[test]
fn ex_2_6_what_waits_is_written_when_it_gets_too_much() {
    let disk = SimDisk::new();
    let mut options = buffered();
    options.file_bytes_max = 1 << 20;
    let engine = open(&disk, options);
    // With its key and its head 16 KiB: the fourth fills the buffer.
    let value = "v".repeat((16 << 10) - 12);
    for (key, in_file) in [("a", 0), ("b", 0), ("c", 0), ("d", 0), ("e", 4), ("f", 4)] {
        engine.put(key.as_bytes(), value.as_bytes()).unwrap();
        let found = written(&disk).len();
        assert_eq!(found, in_file, "records in the file after the put of {key}");
    }
}

#[test]
fn ex_2_6_other_writes_are_in_the_file_when_they_return() {
    let disk = SimDisk::new();
    let engine = open(&disk, options());
    engine.put(b"a", b"1").unwrap();
    assert_eq!(
        written(&disk),
        ["put a=1"],
        "with `Os` the records are in the file before `write` returns"
    );
    let asked = disk.operations().len();
    engine.write(&[put("b", "2"), put("c", "3")]).unwrap();
    assert_eq!(
        written(&disk),
        ["put a=1", "put b=2 …", "put c=3"],
        "the batch is in the file, too; its first record says that it goes on"
    );
    let operations = disk.operations().split_off(asked);
    assert_eq!(operations, [Operation::Write], "one write for a batch");
}

#[test]
fn ex_2_6_a_buffer_that_cannot_be_written_refuses_the_next_batch_and_no_more() {
    let disk = SimDisk::new();
    let mut options = buffered();
    options.file_bytes_max = 1 << 20;
    let engine = open(&disk, options);
    let value = "v".repeat(40 << 10);
    engine.put(b"a", value.as_bytes()).unwrap();
    fail_next(&disk, Part::Half);
    let refused = engine.put(b"b", value.as_bytes());
    assert!(
        matches!(refused, Err(Error::Io { .. })),
        "b does not fit into the buffer, which cannot be written, and its put is answered \
         with {refused:?}"
    );
    assert!(engine.get(b"b").unwrap().is_none(), "it left no trace");
    assert!(engine.get(b"a").unwrap().is_some(), "a waits in memory");
    engine.put(b"c", value.as_bytes()).unwrap();
    // Both would be 40 KiB of one letter to read.
    let short = |record: &String| record.replace(&value, "v…");
    let found: Vec<String> = written(&disk).iter().map(short).collect();
    assert_eq!(
        found,
        ["put a=v…"],
        "the buffer, as a whole, and no trace of the batch that was refused"
    );
    engine.delete(b"a").unwrap();
}

/// Nobody knows whether it is the key's own record. If it is and was taken for
/// another's, its bytes would be counted as living from then on.
#[test]
fn ex_2_6_where_a_record_cannot_be_read_its_key_is_not_written() {
    let disk = SimDisk::new();
    let engine = open(&disk, options());
    engine.put(b"a", b"1").unwrap();
    // It is read from the disk from now on.
    engine.index.files()[&1].sync(&engine.device).unwrap();
    let found = engine.index.find(b"a", KeyHash::of(b"a"), |at, _| at);
    let At { place, len } = found.unwrap().unwrap();
    let last = u64::from(place.offset + len - 1);
    let behind_its_back = disk.open(&name(1, Kind::Active), Mode::Write).unwrap();
    behind_its_back.write_at(last, b"2").unwrap();
    let before = (disk.image().fingerprint(), counts(&engine));
    let refused = engine.write(&[put("b", "2"), put("a", "3")]);
    assert!(
        matches!(refused, Err(Error::Corrupt { .. })),
        "the record that a has is damaged, and the batch is answered with {refused:?}"
    );
    assert_eq!(
        (disk.image().fingerprint(), counts(&engine)),
        before,
        "the batch was refused, and something is written or counted"
    );
    assert_eq!(value(&engine, b"b"), None, "the batch was refused");
}

#[test]
fn ex_2_6_the_record_behind_a_sync_is_a_mark_of_it() {
    let disk = SimDisk::new();
    let engine = open(&disk, options());
    engine.put(b"a", b"1").unwrap();
    let file = engine.index.files()[&1].clone();
    let synced = file.end();
    file.sync(&engine.device).unwrap();
    assert_eq!(written(&disk), ["put a=1"], "a sync alone writes nothing");
    engine.write(&[put("b", "2"), put("c", "3")]).unwrap();
    engine.put(b"d", b"4").unwrap();
    assert_eq!(
        written(&disk),
        [
            "put a=1",
            &format!("synced {synced}"),
            "put b=2 …",
            "put c=3",
            "put d=4"
        ],
        "the first batch behind a sync tells of it, and it alone; where the list ends early, \
         the next record was encoded for another place than the one where it stands"
    );
    assert_eq!(all(&engine), "a=1 b=2 c=3 d=4");
    file.sync(&engine.device).unwrap();
    let synced = file.end();
    engine.delete(b"d").unwrap();
    let said = written(&disk);
    let last = &said[said.len() - 2..];
    assert_eq!(last, [&format!("synced {synced}"), "delete d"]);
}

#[test]
fn ex_2_6_a_mark_says_how_far_the_sync_came_and_not_where_it_stands() {
    let disk = SimDisk::new();
    let engine = open(&disk, buffered());
    engine.put(b"a", b"1").unwrap();
    let file = engine.index.files()[&1].clone();
    file.write_out().unwrap();
    let written_out = file.end();
    engine.put(b"b", b"2").unwrap();
    // What only waits in memory no sync makes durable.
    file.sync(&engine.device).unwrap();
    engine.put(b"c", b"3").unwrap();
    file.write_out().unwrap();
    let mark = format!("synced {written_out}");
    assert_eq!(
        written(&disk),
        ["put a=1", "put b=2", &mark, "put c=3"],
        "b=2 was written behind what the sync made durable: a mark that vouches for it, \
         too, has an opening take a torn tail for damage"
    );
}

#[test]
fn ex_2_6_a_mark_may_stand_without_a_batch() {
    let disk = SimDisk::new();
    let engine = open(&disk, options());
    engine.put(b"a", b"1").unwrap();
    let file = engine.index.files()[&1].clone();
    let synced = file.end();
    file.sync(&engine.device).unwrap();
    let places = engine.writer.lock().encode(&file, &[], None);
    assert_eq!(places, [], "no change, no place");
    engine.put(b"b", b"2").unwrap();
    assert_eq!(
        written(&disk),
        ["put a=1", "put b=2"],
        "each is a batch of its own, in the file when it returns; and the mark of {synced} \
         was encoded before, and is no news any more"
    );
}

#[test]
fn ex_2_6_a_batch_is_one_batch_and_an_empty_one_writes_nothing() {
    let disk = SimDisk::new();
    let engine = open(&disk, options());
    engine.write(&[put("a", "1"), put("b", "2")]).unwrap();
    let asked = disk.operations().len();
    engine.write(&[]).unwrap();
    assert_eq!(disk.operations().len(), asked, "nothing was to be written");
    assert_eq!(engine.stats()[Counter::Batches], 2);
}

#[test]
fn ex_2_6_the_largest_key_is_written_and_a_larger_one_refused() {
    let disk = SimDisk::new();
    let engine = open(&disk, options());
    let key = vec![b'k'; LIMITS.key_bytes_max];
    engine.put(&key, b"1").unwrap();
    assert_eq!(value(&engine, &key).as_deref(), Some("1"));
    let asked = disk.operations().len();
    let long = [&key[..], b"k"].concat();
    let refused = engine.write(&[put("a", "1"), Write::Delete { key: &long }]);
    assert!(
        matches!(refused, Err(Error::TooLarge { .. })),
        "{refused:?}"
    );
    assert_eq!(value(&engine, b"a"), None, "nothing of the batch was done");
    assert_eq!(disk.operations().len(), asked);
}

#[test]
fn ex_2_6_a_put_that_never_expires_asks_no_clock() {
    #[derive(Debug)]
    struct NoClock;
    impl engine::clock::Clock for NoClock {
        fn now(&self) -> Duration {
            panic!("nobody may ask what time it is");
        }
    }
    let mut options = buffered();
    options.clock = std::sync::Arc::new(NoClock);
    let engine = open(&SimDisk::new(), options);
    engine.write(&[put("a", "1"), put("b", "2")]).unwrap();
    assert_eq!(all(&engine), "a=1 b=2");
    let down = engine.scan(KeyRange::all(), Order::Descending).unwrap();
    assert_eq!(down.entry(), Some((&b"b"[..], &b"2"[..])));
}
