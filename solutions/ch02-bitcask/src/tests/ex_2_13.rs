//! What a merge copies, and what it leaves. What is written meanwhile is in
//! [`beside`], and what fails in [`fails`].

mod beside;
mod fails;

use std::sync::Arc;

use conformance::sim::{Operation, SimDisk};
use engine::disk::RealDisk;
use engine::{Maintenance, Progress, StorageEngine};

use crate::header::Header;
use crate::names::Kind;
use crate::tests::files::{bytes_of, name, names, said};
use crate::tests::meanwhile::Meanwhile;
use crate::tests::{all, buffered, fill, maintain, open, open_again, options, value};
use crate::{Bitcask, Options};

/// What a merge of everything leaves.
fn after_a_merge(files: &[&str]) -> (SimDisk, Bitcask) {
    let disk = SimDisk::new();
    let engine = open(&disk, options());
    for changes in files {
        fill(&engine, changes);
    }
    engine.merge().unwrap();
    (disk, engine)
}

/// An engine whose file 1 is due, with an active file, on a disk that lets
/// something happen at an operation of the merge.
fn due(at: Operation, options: Options) -> (Meanwhile, Arc<Bitcask>) {
    let disk = Meanwhile::new(SimDisk::new(), at);
    let engine = Bitcask::open(Arc::new(disk.clone()), options).unwrap();
    fill(&engine, "k1 a1 a2 a3 d1 a4 a5 a6");
    engine.put(b"z", b"1").unwrap();
    (disk, Arc::new(engine))
}

#[test]
fn ex_2_13_what_is_superseded_is_left_out() {
    let (disk, engine) = after_a_merge(&["a1 b1 a2", "b2 c1 a3"]);
    assert_eq!(names(&disk), ["0000000003.data"], "one takes their place");
    assert_eq!(
        said(&disk, 3, Kind::Data),
        ["put b=2", "put c=1", "put a=3", "seal"]
    );
    let bytes = bytes_of(&disk, &name(3, Kind::Data));
    let expected = Header {
        number: 3,
        first: 1,
        last: 2,
    };
    assert_eq!(Header::decode("", 3, &bytes).unwrap(), expected);
    assert_eq!(all(&engine), "a=3 b=2 c=1");
    let file = &engine.index.files()[&3];
    assert_eq!(
        (file.live(), file.graves()),
        (3 * 13, 0),
        "what lives there"
    );
    assert_eq!(all(&open_again(&disk, options())), "a=3 b=2 c=1");
}

#[test]
fn ex_2_13_a_batch_that_was_copied_is_none_any_more() {
    // Some of its records were left out: nothing may wait for its last one.
    let disk = SimDisk::new();
    let engine = open(&disk, options());
    let put = |key, value| engine::Write::Put { key, value };
    engine
        .write(&[put(b"a", b"1"), put(b"b", b"1"), put(b"c", b"1")])
        .unwrap();
    fill(&engine, "c2");
    engine.merge().unwrap();
    let copied = said(&disk, 2, Kind::Data);
    assert_eq!(copied, ["put a=1", "put b=1", "put c=2", "seal"]);
    assert_eq!(all(&open_again(&disk, options())), "a=1 b=1 c=2");
}

#[test]
fn ex_2_13_a_merge_goes_on_where_enough_is_garbage() {
    let disk = SimDisk::new();
    let engine = open(&disk, options());
    let long = "v".repeat(200);
    fill(&engine, &format!("l{long}"));
    fill(&engine, "a1 a2 a3");
    fill(&engine, "b1");
    maintain(&engine);
    assert_eq!(
        names(&disk),
        ["0000000001.data", "0000000004.data"],
        "the first file has no garbage, and is not touched"
    );
    assert_eq!(said(&disk, 4, Kind::Data), ["put a=3", "put b=1", "seal"]);
    assert_eq!(engine.step().unwrap(), Progress::Idle);
}

#[test]
fn ex_2_13_a_tombstone_stays_while_something_older_could_come_back() {
    let disk = SimDisk::new();
    let engine = open(&disk, options());
    let long = "v".repeat(200);
    // The first file holds k, and too little garbage to be merged.
    fill(&engine, &format!("k1 l{long}"));
    fill(&engine, "k- a1 a2 a3 a4");
    maintain(&engine);
    assert_eq!(names(&disk), ["0000000001.data", "0000000003.data"]);
    assert_eq!(said(&disk, 3, Kind::Data), ["delete k", "put a=4", "seal"]);
    let file = &engine.index.files()[&3];
    assert_eq!((file.live(), file.graves()), (13, 12), "(live, graves)");
    let engine = open_again(&disk, options());
    assert_eq!(value(&engine, b"k"), None, "a deleted key came back");
}

#[test]
fn ex_2_13_what_could_come_back_may_be_further_back() {
    let disk = SimDisk::new();
    let engine = open(&disk, options());
    fill(&engine, &format!("k1 l{}", "v".repeat(200)));
    // All of it lives. It is too short to be merged with the first file.
    fill(&engine, &format!("m{}", "v".repeat(80)));
    fill(&engine, "k- a1 a2 a3 a4");
    maintain(&engine);
    let merged = ["0000000001.data", "0000000002.data", "0000000004.data"];
    assert_eq!(names(&disk), merged);
    assert_eq!(said(&disk, 4, Kind::Data), ["delete k", "put a=4", "seal"]);
    let engine = open_again(&disk, options());
    assert_eq!(value(&engine, b"k"), None, "a deleted key came back");
}

#[test]
fn ex_2_13_a_tombstone_dies_where_nothing_older_can_come_back() {
    let disk = SimDisk::new();
    let engine = open(&disk, options());
    let long = "v".repeat(200);
    fill(&engine, &format!("l{long}"));
    fill(&engine, "k1 k- x- a1 a2");
    maintain(&engine);
    assert_eq!(said(&disk, 3, Kind::Data), ["put a=2", "seal"]);
    let engine = open_again(&disk, options());
    assert_eq!(all(&engine), format!("a=2 l={long}"));
}

#[test]
fn ex_2_13_a_tombstone_before_a_put_of_its_key_is_left_out() {
    let disk = SimDisk::new();
    let engine = open(&disk, options());
    let long = "v".repeat(200);
    fill(&engine, &format!("k1 l{long}"));
    fill(&engine, "k- k2 k- k3 a1 a2 a3 a4 a5");
    maintain(&engine);
    assert_eq!(said(&disk, 3, Kind::Data), ["put k=3", "put a=5", "seal"]);
    assert_eq!(value(&open_again(&disk, options()), b"k").unwrap(), "3");
}

#[test]
fn ex_2_13_tombstones_that_nobody_counted_are_copied_too() {
    let mut options = options();
    options.hint_bytes_min = 0;
    let disk = SimDisk::new();
    let engine = open(&disk, options.clone());
    let long = "v".repeat(1000);
    fill(&engine, &format!("k1 l{long}"));
    // A hint tells of the last one alone.
    fill(
        &engine,
        "k- k- k- k- k- k- k- k- k- a1 a2 a3 a4 a5 a6 a7 a8 a9 b1 b2 b3 b4 b5 b6 b7 b8 b9",
    );
    let disk = disk.kill();
    let engine = open(&disk, options.clone());
    maintain(&engine);
    assert_eq!(value(&engine, b"k"), None);
    let found = all(&engine);
    Box::new(engine).close().unwrap();
    assert_eq!(all(&open(&disk, options)), found);
}

#[test]
fn ex_2_13_where_nothing_lives_nothing_is_left() {
    let (disk, engine) = after_a_merge(&["a1 b1", "a- b-"]);
    assert_eq!(all(&engine), "");
    assert_eq!(said(&disk, 3, Kind::Data), ["seal"]);
    assert_eq!(all(&open_again(&disk, options())), "");
}

#[test]
fn ex_2_13_a_copy_needs_no_more_room_than_what_it_holds() {
    let (disk, engine) = after_a_merge(&["a1 b1 a2", "b2 c1 a3"]);
    let copy = engine.index.files()[&3].clone();
    assert_eq!(
        (copy.len(), copy.end()),
        (28 + 3 * 13 + 11, 28 + 3 * 13 + 11),
        "the room that was made for it, and where it ends"
    );
    let len = bytes_of(&disk, &name(3, Kind::Data)).len();
    assert_eq!(len, 28 + 3 * 13 + 11, "its length: header, records, seal");
    assert!(disk.violations().is_empty(), "{:?}", disk.violations());
}

#[test]
fn ex_2_13_a_merge_of_everything_leaves_what_lives_and_no_more() {
    let disk = SimDisk::new();
    let engine = open(&disk, options());
    for round in 0..3 {
        for key in 0..500_u16 {
            engine.put(&key.to_le_bytes(), &[round; 100]).unwrap();
        }
    }
    // Some in each file.
    for key in (0..500_u16).step_by(2) {
        engine.delete(&key.to_le_bytes()).unwrap();
    }
    engine.merge().unwrap();
    let files = names(&disk);
    assert!(
        files.iter().all(|name| name.ends_with(".data")),
        "{files:?}"
    );
    let bytes: usize = files.iter().map(|name| bytes_of(&disk, name).len()).sum();
    let records = 250 * (11 + 2 + 100);
    assert_eq!(
        bytes,
        records + files.len() * (28 + 11),
        "bytes on the disk, in {} files: the records that live, and a header and a seal each",
        files.len()
    );
}

#[test]
fn ex_2_13_records_are_not_written_one_by_one() {
    let disk = SimDisk::new();
    let engine = open(&disk, options());
    for number in 0..200_u8 {
        engine.put(&[number], b"1").unwrap();
    }
    engine.delete(&[0]).unwrap();
    engine.seal_active().unwrap();
    let asked = disk.operations().len();
    engine.merge().unwrap();
    let mut operations = disk.operations().split_off(asked);
    operations.retain(|operation| *operation == Operation::Write);
    assert!(
        operations.len() <= 5,
        "{} writes, to copy 199 short records",
        operations.len()
    );
}

#[test]
fn ex_2_13_a_long_file_is_copied_a_piece_at_a_time() {
    let mut options = options();
    options.file_bytes_max = 8 << 20;
    let disk = SimDisk::new();
    let engine = open(&disk, options.clone());
    let value = vec![b'v'; 300 << 10];
    for _ in 0..3 {
        for key in 0..5_u8 {
            engine.put(&[key], &value).unwrap();
        }
    }
    engine.seal_active().unwrap();
    let (mut steps, mut written) = (0, engine.stats()[engine::Counter::BytesWritten]);
    while engine.step().unwrap() == Progress::Worked {
        steps += 1;
        let now = engine.stats()[engine::Counter::BytesWritten];
        assert!(now - written <= 3 << 20, "one step wrote {}", now - written);
        written = now;
        assert_eq!(engine.get(&[4]).unwrap().as_ref(), Some(&value));
    }
    assert!(
        steps >= 5,
        "15 records of 300 KiB are {steps} steps of 1 MiB"
    );
    assert_eq!(names(&disk), ["0000000002.data"]);
    let engine = open_again(&disk, options);
    assert_eq!(engine.get(&[0]).unwrap(), Some(value));
}

#[test]
fn ex_2_13_a_file_goes_when_nobody_reads_it_any_more() {
    let disk = SimDisk::new();
    let engine = open(&disk, options());
    fill(&engine, "k1 a1 a2 a3 a4");
    // Whoever reads holds on to the files.
    let reader = engine.index.files();
    maintain(&engine);
    assert_eq!(names(&disk), ["0000000001.data", "0000000002.data"]);
    let found = reader[&1].read(28, crate::tests::files::shown);
    assert_eq!(found.unwrap(), "put k=1", "it is still there");
    drop(reader);
    maintain(&engine);
    assert_eq!(names(&disk), ["0000000002.data"]);
    assert!(disk.violations().is_empty(), "{:?}", disk.violations());
}

#[test]
fn ex_2_13_a_hint_file_goes_with_its_data_file_and_the_copy_gets_one() {
    let mut options = options();
    options.hint_bytes_min = 0;
    let disk = SimDisk::new();
    let engine = open(&disk, options.clone());
    fill(&engine, "k1 a1");
    maintain(&engine);
    assert_eq!(names(&disk), ["0000000001.data", "0000000001.hint"]);
    fill(&engine, "k2 a2");
    engine.merge().unwrap();
    assert_eq!(names(&disk), ["0000000003.data", "0000000003.hint"]);
    assert_eq!(all(&open_again(&disk, options)), "a=2 k=2");
}

#[test]
fn ex_2_13_closing_ends_a_merge_that_goes_on() {
    for steps in 0..6 {
        let disk = SimDisk::new();
        let engine = open(&disk, options());
        fill(&engine, "k1 a1 a2 a3 d1 a4 a5 a6");
        for _ in 0..steps {
            engine.step().unwrap();
        }
        Box::new(engine).close().unwrap();
        let left = names(&disk);
        assert_eq!(left.len(), 1, "after {steps} steps: {left:?}");
        assert!(left[0].ends_with(".data"), "{left:?}");
        assert_eq!(all(&open(&disk, options())), "a=6 d=1 k=1");
        assert!(disk.violations().is_empty(), "{:?}", disk.violations());
    }
}

#[test]
fn ex_2_13_a_merge_takes_memory_for_a_piece_and_not_for_the_files() {
    const KEYS: u32 = 12_000;
    let dir = tempfile::tempdir().unwrap();
    let disk = RealDisk::new(dir.path()).unwrap();
    let options = Options {
        file_bytes_max: 64 << 20,
        ..buffered()
    };
    let engine = Bitcask::open(Arc::new(disk), options).unwrap();
    for value in [[1; 1024], [2; 1024]] {
        for key in 0..KEYS {
            engine.put(&key.to_le_bytes(), &value).unwrap();
        }
    }
    engine.seal_active().unwrap();
    let used = allocation_counter::measure(|| engine.merge().unwrap());
    let live = engine
        .index
        .files()
        .values()
        .map(|file| file.live())
        .sum::<u32>();
    assert_eq!(live, KEYS * (11 + 4 + 1024), "12 MB of 24 are left");
    assert!(
        used.bytes_max < 4 << 20,
        "a merge of 24 MB took {} bytes of memory at a time",
        used.bytes_max
    );
}
