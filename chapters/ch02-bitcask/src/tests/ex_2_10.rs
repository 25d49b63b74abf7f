use std::sync::Arc;
use std::thread;

use conformance::sim::{Cut, EXTREMES, Fail, Faults, Operation, Part, SimDisk};
use engine::sync::Mutex;
use engine::{Counter, Durability, Error, StorageEngine, Write};

use crate::header::HEADER_BYTES;
use crate::names::Kind;
use crate::record::SEAL_BYTES;
use crate::tests::files::{bytes_of, name, names, said};
use crate::tests::meanwhile::Meanwhile;
use crate::tests::{
    all, buffered, fail_next, is_poisoned, open, open_again, options, same_bytes, value,
};
use crate::{Bitcask, Options};

/// Files with room for two small records, a mark and a seal.
fn short(options: Options) -> Options {
    let file_bytes_max = HEADER_BYTES + 2 * 13 + 2 * SEAL_BYTES;
    Options {
        file_bytes_max,
        ..options
    }
}

#[test]
fn ex_2_10_a_full_file_is_sealed_and_the_next_one_takes_writes() {
    let disk = SimDisk::new();
    let engine = open(&disk, short(options()));
    engine.put(b"a", b"1").unwrap();
    engine.put(b"b", b"2").unwrap();
    assert_eq!(names(&disk), ["0000000001.active"]);
    engine.put(b"c", b"3").unwrap();
    assert_eq!(names(&disk), ["0000000001.data", "0000000002.active"]);
    assert_eq!(said(&disk, 1, Kind::Data), ["put a=1", "put b=2", "seal"]);
    assert_eq!(said(&disk, 2, Kind::Active), ["put c=3"]);
    assert_eq!(all(&engine), "a=1 b=2 c=3");
}

#[test]
fn ex_2_10_a_mark_and_a_seal_fit_in_whatever_room_is_left() {
    for len in 0..60 {
        let disk = SimDisk::new();
        let options = Options {
            file_bytes_max: HEADER_BYTES + 100,
            ..options()
        };
        let engine = open(&disk, options);
        engine.put(b"a", &vec![b'v'; len]).unwrap();
        engine.sync().unwrap();
        engine.put(b"b", b"2").unwrap();
        engine.seal_active().unwrap();
        for name in names(&disk) {
            assert_eq!(
                bytes_of(&disk, &name).len(),
                28 + 100,
                "how long {name} is, behind a value of {len} bytes, a mark of its sync and \
                 b=2: a file gets no longer than the room that was made for it"
            );
        }
    }
}

#[test]
fn ex_2_10_the_bytes_at_the_end_of_a_sealed_file() {
    let disk = SimDisk::new();
    let engine = open(&disk, options());
    engine.put(b"a", b"1").unwrap();
    engine.seal_active().unwrap();
    let bytes = bytes_of(&disk, &name(1, Kind::Data));
    same_bytes(
        &bytes[41..56],
        &[
            ("fa 46 c1 c1", "crc32 of the seal"),
            ("05", "its kind"),
            ("00 00", "its key_len"),
            ("00 00 00 00", "its value_len"),
            ("00 00 00 00", "room"),
        ],
    );
}

#[test]
fn ex_2_10_a_batch_is_never_in_two_files() {
    let disk = SimDisk::new();
    let engine = open(&disk, short(options()));
    engine.put(b"a", b"1").unwrap();
    let put = |key, value| Write::Put { key, value };
    engine.write(&[put(b"b", b"2"), put(b"c", b"3")]).unwrap();
    assert_eq!(said(&disk, 1, Kind::Data), ["put a=1", "seal"]);
    assert_eq!(said(&disk, 2, Kind::Active), ["put b=2 …", "put c=3"]);
    let large = vec![b'v'; 1000];
    engine
        .write(&[put(b"d", &large), put(b"e", &large)])
        .unwrap();
    assert_eq!(said(&disk, 3, Kind::Active).len(), 2, "as long as it must");
    engine.put(b"f", b"6").unwrap();
    assert_eq!(said(&disk, 4, Kind::Active), ["put f=6"]);
    let engine = open_again(&disk, options());
    assert_eq!(value(&engine, b"c").as_deref(), Some("3"));
    assert_eq!(engine.get(b"e").unwrap(), Some(large));
}

#[test]
fn ex_2_10_a_file_is_durable_before_its_successor_takes_a_write() {
    let disk = SimDisk::new();
    let engine = open(&disk, short(buffered()));
    let mut synced = 0;
    for number in 0..8_u8 {
        engine.put(&[b'a' + number], b"1").unwrap();
        if number == 3 {
            engine.sync().unwrap();
            synced = disk.changes();
        }
    }
    for at in 0..=disk.changes() {
        for image in 0..EXTREMES + 8 {
            let cut = Cut { at, image };
            let left = SimDisk::from_image(&disk.cut(cut));
            let found = all(&open(&left, options()));
            let whole = "a=1 b=1 c=1 d=1 e=1 f=1 g=1 h=1";
            let least = if at >= synced { 4 } else { 0 };
            let len = found.len().div_ceil(4);
            assert!(
                whole.starts_with(&found) && len >= least,
                "after a power cut behind change {at} ({}): {found:?}, which is no prefix of \
                 what was written, or less than was synced",
                cut.meaning()
            );
        }
    }
}

#[test]
fn ex_2_10_a_sealed_file_needs_no_other_sync() {
    let disk = SimDisk::new();
    let engine = open(&disk, short(buffered()));
    engine.put(b"a", b"1").unwrap();
    engine.seal_active().unwrap();
    let asked = disk.operations().len();
    engine.sync().unwrap();
    assert_eq!(disk.operations().len(), asked, "everything is durable");
    engine.seal_active().unwrap();
    assert_eq!(disk.operations().len(), asked, "nothing is left to seal");
}

#[test]
fn ex_2_10_what_is_written_while_a_file_is_sealed_goes_to_the_next() {
    let disk = Meanwhile::new(SimDisk::new(), Operation::Sync);
    let mut options = buffered();
    options.durability = Durability::Always;
    let engine = Bitcask::open(Arc::new(disk.clone()), options).unwrap();
    let engine = Arc::new(engine);
    engine.put(b"a", b"1").unwrap();
    let (other, thread) = (Arc::clone(&engine), Arc::new(Mutex::new(None)));
    let started = Arc::clone(&thread);
    disk.does(move || {
        let (here, gone) = std::sync::mpsc::channel();
        *started.lock() = Some(thread::spawn(move || {
            here.send(()).unwrap();
            other.put(b"b", b"2")
        }));
        gone.recv().unwrap();
        (0..100).for_each(|_| thread::yield_now());
        Ok(())
    });
    engine.seal_active().unwrap();
    thread.lock().take().unwrap().join().unwrap().unwrap();
    assert_eq!(said(&disk.disk, 1, Kind::Data), ["put a=1", "seal"]);
    assert_eq!(said(&disk.disk, 2, Kind::Active), ["put b=2"]);
    let at = disk.disk.changes();
    let left = SimDisk::from_image(&disk.disk.cut(Cut { at, image: 0 }));
    assert_eq!(all(&open(&left, buffered())), "a=1 b=2");
}

#[test]
fn ex_2_10_closing_seals_the_file_and_gives_its_room_back() {
    let disk = SimDisk::new();
    let engine = open(&disk, buffered());
    engine.put(b"a", b"1").unwrap();
    engine.put(b"a", b"2").unwrap();
    Box::new(engine).close().unwrap();
    assert_eq!(names(&disk), ["0000000001.data"]);
    assert_eq!(said(&disk, 1, Kind::Data), ["put a=1", "put a=2", "seal"]);
    let len = bytes_of(&disk, &name(1, Kind::Data)).len();
    assert_eq!(len, 28 + 2 * 13 + 11, "its length: header, records, seal");
    for image in 0..EXTREMES {
        let at = disk.changes();
        let left = SimDisk::from_image(&disk.cut(Cut { at, image }));
        assert_eq!(all(&open(&left, options())), "a=2");
    }
}

#[test]
fn ex_2_10_a_failed_write_is_covered_by_a_seal_and_zeros() {
    for part in Part::ALL {
        let disk = SimDisk::new();
        let engine = open(&disk, options());
        engine.put(b"a", b"1").unwrap();
        let put = |key, value| Write::Put { key, value };
        let batch = [put(b"a", b"2"), put(b"b", &[b'v'; 100])];
        fail_next(&disk, part);
        let failed = engine.write(&batch);
        assert!(
            matches!(failed, Err(Error::Io { .. })),
            "the write failed, and was covered: {failed:?}"
        );
        assert_eq!(all(&engine), "a=1", "it left no trace");
        assert_eq!(said(&disk, 1, Kind::Data), ["put a=1", "seal"]);
        let bytes = bytes_of(&disk, &name(1, Kind::Data));
        let behind = bytes[28 + 13 + 11..].iter();
        let left = behind.filter(|byte| **byte != 0).count();
        assert_eq!(
            left, 0,
            "bytes of the batch that were not covered: {part:?}"
        );

        engine.put(b"c", b"3").unwrap();
        assert_eq!(said(&disk, 2, Kind::Active), ["put c=3"]);
        assert_eq!(all(&open_again(&disk, options())), "a=1 c=3");
    }
}

#[test]
fn ex_2_10_a_batch_is_covered_in_one_write_of_its_length() {
    for (value, len) in [(&b"2"[..], 13), (&[b'v'; 100], 112)] {
        let disk = SimDisk::new();
        let engine = open(&disk, options());
        engine.put(b"a", b"1").unwrap();
        let (asked, written) = (disk.operations().len(), disk.counts().written);
        fail_next(&disk, Part::Nothing);
        engine.put(b"b", value).unwrap_err();
        let mut asked = disk.operations().split_off(asked);
        asked.retain(|asked| *asked == Operation::Write);
        assert_eq!(
            asked.len(),
            2,
            "writes: the one that failed, and one for the seal and the zeros together"
        );
        assert_eq!(
            disk.counts().written - written,
            len,
            "bytes that were written over a batch of {len}: the seal and the zeros behind \
             it, together as many"
        );
    }
}

#[test]
fn ex_2_10_what_was_covered_stays_so_after_a_power_cut() {
    let disk = SimDisk::new();
    let engine = open(&disk, options());
    engine.put(b"a", b"1").unwrap();
    fail_next(&disk, Part::All);
    let failed = engine.put(b"b", b"2");
    assert!(matches!(failed, Err(Error::Io { .. })), "{failed:?}");
    let at = disk.changes();
    for image in 0..EXTREMES + 20 {
        let left = SimDisk::from_image(&disk.cut(Cut { at, image }));
        let found = all(&open(&left, options()));
        assert_eq!(
            found, "a=1",
            "b was answered by an error: nobody may read it again, ever"
        );
    }
}

#[test]
fn ex_2_10_where_a_failed_write_cannot_be_covered_the_engine_is_poisoned() {
    let mut options = options();
    options.file_bytes_max = 1000;
    let run = |fail: Option<Fail>| {
        let disk = SimDisk::new();
        let engine = open(&disk, options.clone());
        engine.put(b"a", b"1").unwrap();
        disk.set_faults(Faults {
            fail,
            failed_write: Part::All,
            ..Faults::default()
        });
        let failed = engine.put(b"b", b"2");
        (disk, engine, failed)
    };
    let (disk, ..) = run(None);
    let at = disk.operations().len() - 1;
    let (disk, engine, failed) = run(Some(Fail::From(at)));
    assert!(
        is_poisoned(&failed),
        "b may stand in the file, and what should cover it could not be written, so the \
         engine must be poisoned, and `append` must say so; it says {failed:?}"
    );
    let asked = disk.operations().len();
    let put = engine.put(b"c", b"3");
    assert!(is_poisoned(&put), "a put on a poisoned engine: {put:?}");
    assert_eq!(disk.operations().len(), asked, "the disk is not asked");
    assert_eq!(all(&engine), "a=1", "reads go on");
    let found = all(&open_again(&disk, options.clone()));
    assert!(found.starts_with("a=1"), "{found}: b may be there or not");
}

#[test]
fn ex_2_10_a_full_device_is_no_excuse_for_what_is_not_covered() {
    let disk = Meanwhile::new(SimDisk::new(), Operation::Write);
    let engine = Bitcask::open(Arc::new(disk.clone()), options()).unwrap();
    engine.put(b"a", b"1").unwrap();
    let again = disk.clone();
    disk.does(move || {
        again.does(|| {
            let file = "0000000001.active".to_owned();
            Err(Error::NoSpace { file })
        });
        Err(Error::io(
            "write",
            "0000000001.active",
            &std::io::ErrorKind::Other.into(),
        ))
    });
    let failed = engine.put(b"b", b"2");
    assert!(
        is_poisoned(&failed),
        "b may stand in the file, and there was no space for the seal: {failed:?}"
    );
}

#[test]
fn ex_2_10_a_seal_that_cannot_be_written_changes_nothing() {
    for part in Part::ALL {
        let disk = SimDisk::new();
        let engine = open(&disk, short(buffered()));
        engine.put(b"a", b"1").unwrap();
        engine.put(b"b", b"2").unwrap();
        fail_next(&disk, part);
        let failed = engine.put(b"c", b"3");
        assert!(
            matches!(failed, Err(Error::Io { .. })),
            "the first write failed, before anything was asked of the device: {failed:?}"
        );
        assert_eq!(names(&disk), ["0000000001.active"], "it takes writes");
        assert_eq!(all(&engine), "a=1 b=2");
        engine.put(b"d", b"4").unwrap();
        assert_eq!(said(&disk, 1, Kind::Data), ["put a=1", "put b=2", "seal"]);
        assert_eq!(all(&engine), "a=1 b=2 d=4");
        engine.sync().unwrap();
        assert_eq!(all(&open_again(&disk, options())), "a=1 b=2 d=4");
    }
}

#[test]
fn ex_2_10_a_seal_that_cannot_be_synced_or_named_poisons() {
    for operation in [Operation::Sync, Operation::Rename] {
        let disk = Meanwhile::new(SimDisk::new(), operation);
        let engine = Bitcask::open(Arc::new(disk.clone()), short(buffered())).unwrap();
        engine.put(b"a", b"1").unwrap();
        engine.put(b"b", b"2").unwrap();
        let cause = Error::NoSpace {
            file: "the device".to_owned(),
        };
        let failure = cause.clone();
        disk.does(|| Err(failure));
        let failed = engine.put(b"c", b"3");
        let expected = Err(Error::poisoned(cause));
        assert_eq!(
            failed,
            expected,
            "after a {} that failed nobody knows what a power cut leaves",
            operation.name()
        );
        assert_eq!(all(&engine), "a=1 b=2", "reads go on");
        assert_eq!(engine.put(b"d", b"4"), expected);
        assert_eq!(engine.seal_active(), expected, "nobody syncs again");
    }
}

#[test]
fn ex_2_10_who_waits_for_an_end_in_a_sealed_file_is_served() {
    let disk = SimDisk::new();
    let engine = open(&disk, short(buffered()));
    engine.put(b"a", b"1").unwrap();
    engine.seal_active().unwrap();
    let served = engine.syncing.wait_for((1, 41), || {
        panic!("all of file 1 is durable, and `seal` has not noted it, by `reached`")
    });
    assert_eq!(served, Ok(()));
}

#[test]
fn ex_2_10_a_file_costs_three_syncs() {
    let disk = SimDisk::new();
    let engine = open(&disk, short(buffered()));
    for number in 0..20_u8 {
        engine.put(&[b'a' + number], b"1").unwrap();
    }
    engine.seal_active().unwrap();
    assert_eq!(
        engine.stats()[Counter::Syncs],
        3 * 10,
        "of each of ten files: its header, its name, and all of it when it is sealed"
    );
    assert!(disk.violations().is_empty(), "{:?}", disk.violations());
}
