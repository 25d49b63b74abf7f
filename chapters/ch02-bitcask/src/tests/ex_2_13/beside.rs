//! Who writes while a merge goes on.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use conformance::sim::{Cut, EXTREMES, Operation, SimDisk};
use engine::disk::{Disk, Mode};
use engine::sync::guide::Step;
use engine::{Error, Maintenance, Progress, StorageEngine};

use super::due;
use crate::Bitcask;
use crate::header::HEADER_BYTES;
use crate::index::Copied;
use crate::keydir::KeyHash;
use crate::names::Kind;
use crate::place::Place;
use crate::record::{HEAD_BYTES, SEAL_BYTES};
use crate::tests::files::{bytes_of, name, names};
use crate::tests::locks::{address_of, locks_taken, watched};
use crate::tests::{all, buffered, fill, maintain, open, open_again, options, promptly};

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
fn ex_2_13_proof_and_a_seal_fit_in_whatever_room_is_left() {
    for left in SEAL_BYTES..=4 * SEAL_BYTES {
        let disk = SimDisk::new();
        let engine = open(&disk, buffered());
        fill(&engine, "k1 a1 a2 a3 a4");
        engine.put(b"k", b"2").unwrap();
        engine.sync().unwrap();
        // Beside it and the mark of this sync.
        let room = 4096 - (HEADER_BYTES + 13) - SEAL_BYTES - left;
        let value = vec![b'v'; (room - HEAD_BYTES - 1) as usize];
        engine.put(b"v", &value).unwrap();
        maintain(&engine);
        engine.seal_active().unwrap();
        // Where it had to be sealed for that, it was merged, too.
        let names = names(&disk);
        for name in names.iter().filter(|name| name.starts_with("0000000002")) {
            let len = bytes_of(&disk, name).len();
            assert!(
                len <= 4096,
                "{name} is {len} bytes long, of 4096: of {left} that were left, a mark took \
                 those that the seal needs"
            );
        }
    }
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
    let merging = Arc::clone(&engine);
    let wrong = "a write waits for a sync of the merge: the writer's lock is held meanwhile";
    promptly(wrong, move || maintain(&merging));
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
                "after the power was cut after change {at} ({}): {found}",
                cut.meaning()
            );
        }
    }
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
