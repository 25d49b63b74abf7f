use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use conformance::sim::{Cut, EXTREMES, Fail, Faults, Operation, Part, SimDisk};
use engine::disk::{Disk, Mode, RealDisk};
use engine::sync::guide::Step;
use engine::{Error, Maintenance, Progress, StorageEngine};

use crate::header::{HEADER_BYTES, Header};
use crate::index::Copied;
use crate::keydir::KeyHash;
use crate::names::Kind;
use crate::place::Place;
use crate::record::{HEAD_BYTES, SEAL_BYTES};
use crate::tests::files::{bytes_of, name, names, said};
use crate::tests::locks::{address_of, locks_taken, watched};
use crate::tests::meanwhile::Meanwhile;
use crate::tests::{all, buffered, fill, is_poisoned, maintain, open, open_again, options, value};
use crate::{Bitcask, Options};

/// The names of the files that count.
fn sealed(disk: &SimDisk) -> Vec<String> {
    let mut names = names(disk);
    names.retain(|name| name.ends_with(".data"));
    names
}

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
fn ex_2_13_where_nothing_lives_nothing_is_left() {
    let (disk, engine) = after_a_merge(&["a1 b1", "a- b-"]);
    assert_eq!(all(&engine), "");
    assert_eq!(said(&disk, 3, Kind::Data), ["seal"]);
    assert_eq!(all(&open_again(&disk, options())), "");
}

#[test]
fn ex_2_13_a_copy_needs_no_more_room_than_what_it_holds() {
    let (disk, _engine) = after_a_merge(&["a1 b1 a2", "b2 c1 a3"]);
    let len = bytes_of(&disk, &name(3, Kind::Data)).len();
    assert_eq!(len, 28 + 3 * 13 + 11, "its length: header, records, seal");
    assert!(disk.violations().is_empty(), "{:?}", disk.violations());
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
fn ex_2_13_what_superseded_a_record_is_proved_before_the_copy_counts() {
    let disk = SimDisk::new();
    let engine = open(&disk, buffered());
    fill(&engine, "k1 a1 a2 a3 a4");
    engine.put(b"k", b"2").unwrap();
    while engine.step().unwrap() == Progress::Worked {}
    let at = disk.changes();
    let left = SimDisk::from_image(&disk.cut(Cut { at, image: 0 }));
    let newest = left.open(&name(2, Kind::Active), Mode::Write).unwrap();
    newest.write_at(u64::from(HEADER_BYTES), b"x").unwrap();
    drop(newest);
    let opened = Bitcask::open(Arc::new(left), options());
    assert!(
        matches!(opened, Err(Error::Corrupt { .. })),
        "k=2 is damaged, k=1 was merged away, and an opening finds nothing wrong"
    );
}

#[test]
fn ex_2_13_where_there_is_no_room_for_proof_the_file_is_sealed() {
    let disk = SimDisk::new();
    let engine = open(&disk, buffered());
    fill(&engine, "k1 a1 a2 a3 a4");
    engine.put(b"k", b"2").unwrap();
    engine.sync().unwrap();
    // The mark of this sync and the seal are all that fits beside it.
    let room = 4096 - (HEADER_BYTES + 13) - 2 * SEAL_BYTES;
    let value = vec![b'v'; (room - HEAD_BYTES - 1) as usize];
    engine.put(b"v", &value).unwrap();
    while engine.step().unwrap() == Progress::Worked {}
    let merged = ["0000000004.data"];
    assert_eq!(names(&disk), merged, "file 2 was sealed, and merged, too");
    engine.put(b"z", b"1").unwrap();
    assert_eq!(engine.get(b"k").unwrap().as_deref(), Some(&b"2"[..]));
    assert_eq!(engine.get(b"v").unwrap(), Some(value));
    assert!(disk.violations().is_empty(), "{:?}", disk.violations());
}

#[test]
fn ex_2_13_a_write_made_meanwhile_wins() {
    // While the copy of the old record is synced, the key gets another.
    let (disk, engine) = due(Operation::Sync, options());
    engine.sync().unwrap();
    let writer = Arc::clone(&engine);
    // The first sync of a merge is that of the new file's header.
    let (again, second) = (disk.clone(), Arc::clone(&engine));
    disk.does(move || {
        writer.put(b"x", b"1")?;
        again.does(move || {
            second.put(b"k", b"2")?;
            second.delete(b"d")
        });
        Ok(())
    });
    maintain(&engine);
    assert!(disk.is_done(), "the merge has synced its copy");
    let expected = "a=6 k=2 x=1 z=1";
    assert_eq!(all(&*engine), expected);
    let files = engine.index.files();
    let sealed = files.values().filter(|file| file.name().kind == Kind::Data);
    let live: u32 = sealed.map(|file| file.live()).sum();
    assert_eq!(live, 13, "of what was copied only a=6 lives");
    assert_eq!(all(&open_again(&disk.disk, options())), expected);
}

#[test]
fn ex_2_13_a_write_between_two_steps_wins() {
    for steps in 0..4 {
        let disk = SimDisk::new();
        let engine = open(&disk, options());
        fill(&engine, "k1 a1 a2 a3 d1 a4 a5 a6");
        for _ in 0..steps {
            engine.step().unwrap();
        }
        engine.put(b"k", b"2").unwrap();
        engine.delete(b"d").unwrap();
        maintain(&engine);
        assert_eq!(all(&engine), "a=6 k=2", "after {steps} steps of a merge");
        assert_eq!(all(&open_again(&disk, options())), "a=6 k=2");
    }
}

#[test]
fn ex_2_13_what_superseded_a_record_is_durable_before_the_copy_counts() {
    let disk = SimDisk::new();
    let engine = open(&disk, buffered());
    fill(&engine, "k1 a1 b1 c1");
    let synced = disk.changes();
    // These wait in memory, and the merge leaves the records before them out.
    for (key, value) in [(b"k", b"2"), (b"a", b"2"), (b"b", b"2")] {
        engine.put(key, value).unwrap();
    }
    maintain(&engine);
    let prefixes = [
        "a=1 b=1 c=1 k=1",
        "a=1 b=1 c=1 k=2",
        "a=2 b=1 c=1 k=2",
        "a=2 b=2 c=1 k=2",
    ];
    for at in synced..=disk.changes() {
        for image in 0..EXTREMES + 8 {
            let cut = Cut { at, image };
            let left = SimDisk::from_image(&disk.cut(cut));
            let found = all(&open(&left, options()));
            assert!(
                prefixes.contains(&&*found),
                "after a power cut behind change {at} ({}): {found}",
                cut.meaning()
            );
        }
    }
}

#[test]
fn ex_2_13_killed_at_any_point_everything_is_there() {
    let prepare = || {
        let disk = SimDisk::new();
        let engine = open(&disk, options());
        fill(&engine, "k1 a1 d1 e1 a2");
        fill(&engine, "k2 d- a3");
        (disk, engine)
    };
    let (disk, engine) = prepare();
    let before = disk.changes();
    engine.merge().unwrap();
    let mut walk = disk.walk();
    let mut reach = conformance::sim::Reach::default();
    while walk.at() < before && walk.advance(&mut reach) {}
    loop {
        let engine = open(&walk.killed(), options());
        let found = all(&engine);
        assert_eq!(found, "a=3 e=1 k=2", "killed behind change {}", walk.at());
        engine.put(b"d", b"2").unwrap();
        engine.merge().unwrap();
        assert_eq!(all(&engine), "a=3 d=2 e=1 k=2");
        if !walk.advance(&mut reach) {
            break;
        }
    }
}

#[test]
fn ex_2_13_whatever_fails_nothing_is_lost() {
    let prepare = || {
        let disk = SimDisk::new();
        let engine = open(&disk, options());
        fill(&engine, "k1 a1 d1 e1 a2");
        fill(&engine, "k2 d- a3");
        (disk, engine)
    };
    let (rehearsal, engine) = prepare();
    let before = rehearsal.operations().len();
    engine.merge().unwrap();
    for (at, operation) in rehearsal.operations().into_iter().enumerate().skip(before) {
        for failed_write in Part::ALL {
            let (disk, engine) = prepare();
            disk.set_faults(Faults {
                fail: Some(Fail::Once(at)),
                failed_write,
                ..Faults::default()
            });
            let name = operation.name();
            let failed = engine.merge();
            assert!(failed.is_err(), "`{name}` failed, and the merge did not");
            let expected = "a=3 e=1 k=2";
            assert_eq!(all(&engine), expected, "after `{name}` failed");
            if !is_poisoned(&failed) {
                let again = engine.merge();
                assert_eq!(again, Ok(()), "`{name}` failed, and then worked");
                // What could not be removed is when the engine is opened again.
                let is_left = matches!(operation, Operation::List | Operation::Remove);
                let files = sealed(&disk).len();
                assert!(files == 1 || is_left, "{files} after `{name}` failed");
            }
            assert_eq!(all(&engine), expected);
            let found = all(&open_again(&disk, options()));
            assert_eq!(found, expected, "opened after `{name}` had failed");
            assert!(disk.violations().is_empty(), "{:?}", disk.violations());
        }
    }
}

#[test]
fn ex_2_13_what_failed_once_is_counted_once() {
    let prepare = || {
        let disk = SimDisk::new();
        let engine = open(&disk, options());
        let long = "v".repeat(200);
        fill(&engine, &format!("k1 l{long}"));
        fill(&engine, "k- a1 a2 a3 a4");
        (disk, engine)
    };
    let (rehearsal, engine) = prepare();
    let before = rehearsal.operations().len();
    maintain(&engine);
    for (at, operation) in rehearsal.operations().into_iter().enumerate().skip(before) {
        let (disk, engine) = prepare();
        disk.set_faults(Faults {
            fail: Some(Fail::Once(at)),
            ..Faults::default()
        });
        let mut steps = (0..100).map(|_| engine.step());
        let failed = steps.find(Result::is_err);
        let name = operation.name();
        let failed = failed.unwrap_or_else(|| panic!("`{name}` failed, and no step did"));
        if is_poisoned(&failed) {
            continue;
        }
        maintain(&engine);
        let files = engine.index.files();
        let copy = files.values().find(|file| file.header().last == 2).unwrap();
        assert_eq!(
            (copy.live(), copy.graves()),
            (13, 12),
            "(live, graves) of a copy of a=4 and of the delete of k, in bytes, after \
             `{name}` had failed once"
        );
    }
}

#[test]
fn ex_2_13_until_the_copy_counts_the_index_has_the_files_that_were_merged() {
    let prepare = || {
        let disk = SimDisk::new();
        let engine = open(&disk, options());
        fill(&engine, "k1 a1 a2 a3 a4");
        (disk, engine)
    };
    let (rehearsal, engine) = prepare();
    let before = rehearsal.operations().len();
    maintain(&engine);
    for (at, operation) in rehearsal.operations().into_iter().enumerate().skip(before) {
        let (disk, engine) = prepare();
        disk.set_faults(Faults {
            fail: Some(Fail::Once(at)),
            ..Faults::default()
        });
        let fails = (0..100).any(|_| engine.step().is_err());
        let name = operation.name();
        assert!(fails, "`{name}` failed, and no step did");
        assert!(
            engine.index.files().contains_key(&1),
            "`{name}` failed, so that nothing takes the place of file 1 for sure, and it \
             was removed from the index"
        );
        // The names are synced last. Then the copy counts.
        if operation == Operation::SyncDir {
            return;
        }
    }
    panic!("the name of the copy was never synced");
}

#[test]
fn ex_2_13_what_is_written_between_a_failure_and_the_next_step_counts() {
    // The copy needs less by then than what a failed write has left in its file.
    let prepare = || {
        let disk = SimDisk::new();
        let engine = open(&disk, options());
        fill(&engine, "k1 a1 d1 e1 a2");
        (disk, engine)
    };
    let (rehearsal, engine) = prepare();
    let before = rehearsal.operations().len();
    engine.merge().unwrap();
    for (at, operation) in rehearsal.operations().into_iter().enumerate().skip(before) {
        for failed_write in Part::ALL {
            let (disk, engine) = prepare();
            disk.set_faults(Faults {
                fail: Some(Fail::Once(at)),
                failed_write,
                ..Faults::default()
            });
            let failed = engine.merge();
            if is_poisoned(&failed) {
                continue;
            }
            let name = operation.name();
            engine.delete(b"d").unwrap();
            engine.put(b"e", b"2").unwrap();
            engine.put(b"a", b"3").unwrap();
            while engine.step().unwrap() == Progress::Worked {}
            let expected = "a=3 e=2 k=1";
            assert_eq!(all(&engine), expected, "after `{name}` failed");
            drop(engine);
            let found = all(&open_again(&disk, options()));
            assert_eq!(found, expected, "opened after `{name}` had failed");
        }
    }
}

#[test]
fn ex_2_13_a_damaged_file_is_not_merged_away() {
    let disk = SimDisk::new();
    let engine = open(&disk, options());
    fill(&engine, "k1 a1 a2 a3 a4");
    let first = name(1, Kind::Data);
    let behind_its_back = disk.open(&first, Mode::Write).unwrap();
    behind_its_back.write_at(28 + 12, b"2").unwrap();
    drop(behind_its_back);
    let what = "the checksum of a record does not match";
    let expected = Error::corrupt(&first, 28, what);
    for _ in 0..3 {
        let merged = engine.step();
        assert_eq!(merged, Err(expected.clone()), "it was not there by itself");
    }
    assert!(names(&disk).contains(&first), "it may be of use yet");
    assert_eq!(value(&engine, b"a").as_deref(), Some("4"), "reads go on");
    engine.put(b"b", b"1").unwrap();
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
fn ex_2_13_a_full_disk_refuses_a_merge_and_no_more() {
    let disk = SimDisk::new();
    let engine = open(&disk, options());
    fill(&engine, "k1 a1 a2 a3 a4");
    disk.set_faults(Faults {
        capacity: Some(4096),
        ..Faults::default()
    });
    let full = engine.step();
    assert!(matches!(full, Err(Error::NoSpace { .. })), "{full:?}");
    assert_eq!(all(&engine), "a=4 k=1");
    disk.set_faults(Faults::default());
    maintain(&engine);
    assert_eq!(
        sealed(&disk),
        ["0000000002.data"],
        "it was copied to another"
    );
    assert_eq!(all(&engine), "a=4 k=1");
}

#[test]
fn ex_2_13_a_poisoned_engine_merges_nothing() {
    let (disk, engine) = due(Operation::Sync, buffered());
    engine.step().unwrap();
    disk.does(|| {
        Err(Error::NoSpace {
            file: "the device".to_owned(),
        })
    });
    let failed = engine.sync();
    assert!(is_poisoned(&failed), "{failed:?}");
    let asked = disk.disk.operations().len();
    let step = engine.step();
    assert!(is_poisoned(&step), "a step of a poisoned engine: {step:?}");
    assert_eq!(disk.disk.operations().len(), asked, "the disk is not asked");
}

#[test]
fn ex_2_13_the_index_follows_a_copy_unless_the_key_has_moved_on() {
    let disk = SimDisk::new();
    let engine = open(&disk, options());
    fill(&engine, "k1");
    let at = |key: &[u8]| {
        let found = engine.index.find(key, KeyHash::of(key), |at, _| at);
        found.unwrap()
    };
    let first = at(b"k").unwrap().place;
    assert_eq!(
        first,
        Place {
            file: 1,
            offset: 28
        }
    );
    fill(&engine, "a1 a2");
    engine.merge().unwrap();
    let moved = at(b"k").unwrap().place;
    assert_eq!(
        moved,
        Place {
            file: 4,
            offset: 28
        }
    );
    assert_eq!(engine.index.files().len(), 1, "the old ones are forgotten");
}

#[test]
fn ex_2_13_the_index_follows_several_copies_under_one_lock() {
    let engine = open(&SimDisk::new(), options());
    fill(&engine, "a1 b1 c1");
    let copied = |key: &[u8]| {
        let hash = KeyHash::of(key);
        let at = engine.index.find(key, hash, |at, _| at).unwrap();
        let to = at.expect("it was put there");
        let from = to.place;
        Copied { hash, from, to }
    };
    let copies = [b"a", b"b", b"c"].map(|key| copied(key));
    let taken = locks_taken(&engine.index, || engine.index.follow(&copies));
    assert_eq!(
        taken, "places( )",
        "which locks are taken to follow three copies; `)` is where one is given back"
    );
}

#[test]
fn ex_2_13_whoever_writes_waits_for_a_few_copies_at_most() {
    let mut options = options();
    options.file_bytes_max = 1 << 20;
    let engine = open(&SimDisk::new(), options);
    for number in 0..200 {
        let key = format!("{number:03}");
        for _ in 0..2 {
            engine.put(key.as_bytes(), b"").unwrap();
        }
    }
    engine.seal_active().unwrap();
    let old = engine.index.files()[&1].clone();
    // How many live there no more, each time that the writer's lock is given back.
    let held = Rc::new(RefCell::new(Vec::new()));
    let writer = address_of(|| drop(engine.writer.lock()));
    let look = {
        let (held, mut live) = (Rc::clone(&held), old.live());
        move |step| match step {
            Step::Took(lock) if lock.address == writer => live = old.live(),
            Step::Gave(lock) if lock.address == writer => {
                held.borrow_mut().push((live - old.live()) / 14);
            }
            _ => {}
        }
    };
    watched(look, || engine.step()).unwrap();
    let held = held.take();
    assert_eq!(
        held.iter().sum::<u32>(),
        200,
        "how many of 200 copies the index followed under the writer's lock"
    );
    assert!(
        held.iter().all(|&copies| copies <= 64),
        "whoever writes waits until the writer's lock is given back, and it was held for \
         so many of 200 copies each time: {held:?}"
    );
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
fn ex_2_13_a_file_that_could_not_be_removed_is_tried_again() {
    let prepare = || {
        let disk = SimDisk::new();
        let engine = open(&disk, options());
        fill(&engine, "k1 a1 a2 a3 a4");
        (disk, engine)
    };
    let (rehearsal, engine) = prepare();
    maintain(&engine);
    for operation in [Operation::List, Operation::Remove] {
        let asked = rehearsal.operations();
        let at = asked.iter().rposition(|asked| *asked == operation).unwrap();
        let (disk, engine) = prepare();
        disk.set_faults(Faults {
            fail: Some(Fail::Once(at)),
            ..Faults::default()
        });
        while engine.step().is_ok() {}
        maintain(&engine);
        assert_eq!(names(&disk), ["0000000002.data"], "{}", operation.name());
    }
}

#[test]
fn ex_2_13_a_poisoned_engine_goes_on_with_no_merge_and_is_not_even_sealed() {
    let (disk, engine) = due(Operation::Sync, buffered());
    assert_eq!(engine.step().unwrap(), Progress::Worked);
    disk.does(|| {
        Err(Error::NoSpace {
            file: "the device".to_owned(),
        })
    });
    let failed = engine.sync();
    assert!(is_poisoned(&failed), "{failed:?}");
    let asked = disk.disk.operations().len();
    let merged = engine.merge();
    assert!(
        is_poisoned(&merged),
        "a merge of a poisoned engine: {merged:?}"
    );
    assert_eq!(disk.disk.operations().len(), asked, "the disk is not asked");
}

#[test]
fn ex_2_13_what_there_was_no_room_for_leaves_no_file_each_time() {
    let disk = SimDisk::new();
    let engine = open(&disk, options());
    fill(&engine, "k1 a1 a2 a3 a4");
    disk.set_faults(Faults {
        capacity: Some(4096),
        ..Faults::default()
    });
    for _ in 0..5 {
        let full = engine.step();
        assert!(matches!(full, Err(Error::NoSpace { .. })), "{full:?}");
    }
    assert_eq!(all(&engine), "a=4 k=1");
    assert!(names(&disk).len() <= 2, "{:?}", names(&disk));
    disk.set_faults(Faults::default());
    maintain(&engine);
    assert_eq!(all(&engine), "a=4 k=1");
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
