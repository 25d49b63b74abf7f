use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;

use conformance::sim::{Cut, EXTREMES, Faults, Operation, Part, SimDisk};
use engine::sync::Mutex;
use engine::sync::guide::Step;
use engine::{Counter, Durability, Error, Maintenance, Progress, Result, StorageEngine};

use crate::data_file::TAIL_BYTES;
use crate::names::Kind;
use crate::syncing::Syncing;
use crate::tests::files::said;
use crate::tests::locks::watched;
use crate::tests::meanwhile::Meanwhile;
use crate::tests::{all, buffered, fail_next, is_poisoned, open, options, promptly, value};
use crate::{Bitcask, Options};

/// What is wrong where whoever waits for a sync is not woken.
const ASLEEP: &str = "somebody still waits for a sync that has ended";

/// What is wrong where nobody is told that a sync has ended because it failed.
const STUCK: &str = "nobody may sync any more after one that failed";

/// Syncs an engine to which somebody writes meanwhile.
#[track_caller]
fn sync_beside(engine: &Arc<Bitcask>) -> Result<()> {
    let engine = Arc::clone(engine);
    let wrong = "a write waits for the sync: the writer's lock is held while the device syncs";
    promptly(wrong, move || engine.sync())
}

/// How many syncs of the device there were.
fn syncs(engine: &Bitcask) -> u64 {
    engine.stats()[Counter::Syncs]
}

/// The power is cut now, and nothing unsynced survives.
#[track_caller]
fn assert_left(disk: &SimDisk, expected: &str) {
    let at = disk.changes();
    let left = SimDisk::from_image(&disk.cut(Cut { at, image: 0 }));
    let left = all(&open(&left, options()));
    assert_eq!(left, expected, "what is there after a power cut now");
}

fn always() -> Options {
    Options {
        durability: Durability::Always,
        ..options()
    }
}

#[test]
fn ex_2_9_who_waits_for_what_is_durable_is_done() {
    let syncing = Syncing::default();
    let asked = Cell::new(0);
    let sync_to = |end| {
        asked.set(asked.get() + 1);
        Ok(end)
    };
    syncing.wait_for((1, 100), || sync_to((1, 150))).unwrap();
    assert_eq!(asked.get(), 1, "nothing was durable yet");
    for end in [(0, 0), (1, 100), (1, 150)] {
        syncing.wait_for(end, || sync_to(end)).unwrap();
        assert_eq!(asked.get(), 1, "{end:?}: the first one came as far as that");
    }
    syncing.wait_for((1, 151), || sync_to((1, 151))).unwrap();
    assert_eq!(asked.get(), 2, "it did not come so far");
    syncing.reached((1, u32::MAX));
    syncing.wait_for((1, 9999), || sync_to((1, 9999))).unwrap();
    assert_eq!(asked.get(), 2, "all of file 1 is durable");
    syncing.wait_for((2, 28), || sync_to((2, 28))).unwrap();
    assert_eq!(asked.get(), 3, "file 2 is another");
}

#[test]
fn ex_2_9_what_is_durable_waits_for_nobody() {
    let syncing = Syncing::default();
    syncing.wait_for((1, 100), || Ok((1, 100))).unwrap();
    let said = promptly(
        "what is durable waits for a sync of what is not",
        move || {
            syncing.wait_for((1, 200), || {
                // Somebody else comes while this sync goes on.
                let asked = || panic!("it was durable before");
                syncing.wait_for((1, 100), asked).map(|()| (1, 200))
            })
        },
    );
    assert_eq!(said, Ok(()));
}

#[test]
fn ex_2_9_what_is_durable_stays_so() {
    let syncing = Syncing::default();
    syncing.wait_for((2, 50), || Ok((2, 50))).unwrap();
    syncing.reached((1, u32::MAX));
    // Somebody syncs file 3, and is told of less.
    syncing.wait_for((2, 60), || Ok((2, 40))).unwrap();
    let again = || panic!("it was durable before");
    syncing.wait_for((2, 50), again).unwrap();
}

#[test]
fn ex_2_9_a_sync_that_failed_has_made_nothing_durable() {
    let syncing = Syncing::default();
    let full = Error::NoSpace {
        file: "a".to_owned(),
    };
    let failed = syncing.wait_for((1, 100), || Err(full.clone()));
    assert_eq!(failed, Err(full), "the error goes to who called it");
    let mut asked = false;
    let again = promptly(STUCK, move || {
        let synced = syncing.wait_for((1, 100), || {
            asked = true;
            Ok((1, 100))
        });
        (synced, asked)
    });
    assert_eq!(again, (Ok(()), true), "the next one calls it again");
}

#[test]
fn ex_2_9_all_who_wait_are_woken_when_nobody_syncs_any_more() {
    let full = Error::NoSpace {
        file: "a".to_owned(),
    };
    for answer in [Ok((1, 100)), Err(full)] {
        let (syncing, steps) = (Syncing::default(), Rc::new(RefCell::new(Vec::new())));
        let (noted, synced) = (Rc::clone(&steps), Rc::clone(&steps));
        let look = move |step| {
            noted.borrow_mut().push(match step {
                Step::Took(_) => "lock(",
                Step::Gave(_) => ")",
                Step::Wakes { all: true, .. } => "wake all",
                Step::Wakes { all: false, .. } => "wake one",
                _ => return,
            });
        };
        let sync = || {
            synced.borrow_mut().push("sync");
            answer.clone()
        };
        let done = watched(look, || syncing.wait_for((1, 100), sync));
        assert_eq!(done.is_ok(), answer.is_ok(), "{done:?}");
        let steps = steps.take();
        let last = |step| steps.iter().rposition(|taken| *taken == step);
        assert!(
            last("wake all") > last("lock("),
            "whoever is woken has to find that nobody syncs: all are, behind the last \
             change, also where the sync failed; it answered {answer:?}, and the steps \
             were: {}",
            steps.join(" ")
        );
    }
}

#[test]
fn ex_2_9_one_at_a_time_syncs_and_the_others_wait() {
    let syncing = Arc::new(Syncing::default());
    let (running, log) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(Vec::new())));
    syncing.wait_for((1, 1), || Ok((1, 1))).unwrap();
    let logged = Arc::clone(&log);
    promptly(ASLEEP, move || {
        thread::scope(|scope| {
            for end in 2..10 {
                let (syncing, running, log) = (&syncing, &running, &logged);
                scope.spawn(move || {
                    let sync = || {
                        *running.lock() += 1;
                        (0..100).for_each(|_| thread::yield_now());
                        log.lock().push(*running.lock());
                        *running.lock() -= 1;
                        Ok((1, end))
                    };
                    syncing.wait_for((1, end), sync).unwrap();
                });
            }
        });
    });
    let log = log.lock();
    assert!(
        log.iter().all(|&running| running == 1),
        "how many called `sync` at a time: {:?}",
        *log
    );
    assert!(!log.is_empty());
}

#[test]
fn ex_2_9_what_was_synced_survives_a_power_cut() {
    for options in [buffered(), options()] {
        let disk = SimDisk::new();
        let engine = open(&disk, options);
        engine.put(b"a", b"1").unwrap();
        engine.put(b"b", b"2").unwrap();
        engine.sync().unwrap();
        engine.put(b"c", b"3").unwrap();
        assert_eq!(all(&engine), "a=1 b=2 c=3");
        assert_left(&disk, "a=1 b=2");
    }
}

#[test]
fn ex_2_9_with_always_a_write_survives_when_it_returns() {
    let disk = SimDisk::new();
    let engine = open(&disk, always());
    engine.put(b"a", b"1").unwrap();
    assert_left(&disk, "a=1");
    engine.delete(b"a").unwrap();
    engine.put(b"b", b"2").unwrap();
    assert_left(&disk, "b=2");
}

#[test]
fn ex_2_9_a_sync_is_one_sync_of_the_device() {
    let disk = SimDisk::new();
    let engine = open(&disk, buffered());
    for key in [b"a", b"b", b"c"] {
        engine.put(key, b"1").unwrap();
    }
    let before = syncs(&engine);
    engine.sync().unwrap();
    assert_eq!(syncs(&engine), before + 1, "for three writes");
    let written = said(&disk, 1, Kind::Active);
    assert_eq!(written.len(), 3, "the sync has written them: {written:?}");
}

#[test]
fn ex_2_9_where_nothing_was_written_nothing_is_synced() {
    let disk = SimDisk::new();
    let engine = open(&disk, buffered());
    let asked = disk.operations().len();
    engine.sync().unwrap();
    assert_eq!(disk.operations().len(), asked, "there is no file yet");
    engine.put(b"a", b"1").unwrap();
    engine.sync().unwrap();
    let asked = disk.operations().len();
    engine.sync().unwrap();
    assert_eq!(disk.operations().len(), asked, "a second sync has no work");
}

/// Lets a tail become so long that no eighth of `TAIL_BYTES` fits any more.
fn lengthen(engine: &Bitcask) {
    for key in 0..7 {
        engine.put(&[key], &[0; TAIL_BYTES / 8]).unwrap();
    }
}

/// Whoever steps the engine's maintenance does it for those who write.
#[test]
fn ex_2_9_a_step_syncs_more_than_half_of_what_a_tail_may_be() {
    let disk = SimDisk::new();
    let options = Options {
        durability: Durability::Os,
        ..Options::default()
    };
    let engine = open(&disk, options);
    let eighth = &[0; TAIL_BYTES / 8];
    for key in 0..3 {
        engine.put(&[key], eighth).unwrap();
    }
    let before = syncs(&engine);
    assert_eq!(engine.sync_long_tail(), Ok(false), "three eighths");
    engine.put(&[3], eighth).unwrap();
    assert_eq!(engine.step(), Ok(Progress::Worked));
    assert_eq!(
        syncs(&engine),
        before + 1,
        "four, and what stands beside them"
    );
    assert_eq!(engine.sync_long_tail(), Ok(false), "it is short again");
    engine.put(&[4], b"").unwrap();
    let left = SimDisk::from_image(&disk.cut(Cut {
        at: disk.changes(),
        image: 0,
    }));
    let left = open(&left, self::options());
    assert!(left.get(&[3]).unwrap().is_some(), "it was written before");
    assert_eq!(left.get(&[4]), Ok(None), "it was written after the sync");
}

#[test]
fn ex_2_9_others_write_while_a_step_syncs() {
    let (disk, engine) = with_one_write(Options {
        durability: Durability::Os,
        ..Options::default()
    });
    lengthen(&engine);
    let writer = Arc::clone(&engine);
    disk.does(move || writer.put(b"b", b"2"));
    let wrong = "a write waits for the sync of a step: the writer's lock is held meanwhile";
    let stepped = promptly(wrong, move || engine.step());
    assert_eq!(stepped, Ok(Progress::Worked), "seven eighths of a tail");
    assert!(disk.is_done(), "the step has synced");
}

#[test]
fn ex_2_9_others_write_while_a_mark_is_synced() {
    let (disk, engine) = with_one_write(buffered());
    engine.sync().unwrap();
    let writer = Arc::clone(&engine);
    disk.does(move || writer.put(b"b", b"2"));
    let wrong = "a write waits for the sync of a mark: the writer's lock is held meanwhile";
    promptly(wrong, move || engine.prove_all()).unwrap();
    assert!(disk.is_done(), "the mark was synced");
}

#[test]
fn ex_2_9_who_would_make_a_tail_too_long_syncs_first() {
    for durability in [Durability::Buffered, Durability::Os] {
        let wrong = "whoever would make a tail too long syncs again and again, and it does not \
             become shorter";
        promptly(wrong, move || lengthens_a_tail(durability));
    }
}

#[track_caller]
fn lengthens_a_tail(durability: Durability) {
    let disk = SimDisk::new();
    let engine = open(
        &disk,
        Options {
            durability,
            ..Options::default()
        },
    );
    engine.put(b"a", b"1").unwrap();
    let before = syncs(&engine);
    lengthen(&engine);
    assert_eq!(syncs(&engine), before, "seven eighths, and {durability:?}");
    engine.put(b"b", &[0; TAIL_BYTES / 8]).unwrap();
    assert_eq!(syncs(&engine), before + 1, "one more, and {durability:?}");
    let left = SimDisk::from_image(&disk.cut(Cut {
        at: disk.changes(),
        image: 0,
    }));
    let left = open(&left, options());
    assert_eq!(value(&left, b"a").as_deref(), Some("1"));
    assert_eq!(value(&left, b"b"), None, "it was written after the sync");

    // What alone is too long is in nobody's way.
    engine.sync().unwrap();
    let before = syncs(&engine);
    engine.put(b"c", &[0; 2 * TAIL_BYTES]).unwrap();
    assert_eq!(syncs(&engine), before, "nothing is there to be synced");
    engine.put(b"d", b"1").unwrap();
    assert_eq!(syncs(&engine), before + 1, "the tail is too long already");
}

#[test]
fn ex_2_9_where_a_long_tail_cannot_be_synced_nothing_is_written() {
    let (disk, engine) = with_one_write(Options::default());
    lengthen(&engine);
    let cause = Error::NoSpace {
        file: "the device".to_owned(),
    };
    let failure = cause.clone();
    disk.does(|| Err(failure));
    let wrong = "whoever cannot make the tail shorter tries again and again: is the error of \
         the sync answered?";
    let writer = Arc::clone(&engine);
    let failed = promptly(wrong, move || writer.put(b"b", &[0; TAIL_BYTES / 8]));
    assert_eq!(failed, Err(Error::poisoned(cause)), "the sync failed");
    assert_eq!(value(&*engine, b"b"), None, "the put was refused");
}

/// A buffered engine with one write in it, on a disk that lets something
/// happen while it is synced.
fn with_one_write(options: Options) -> (Meanwhile, Arc<Bitcask>) {
    let disk = Meanwhile::new(SimDisk::new(), Operation::Sync);
    let engine = Bitcask::open(Arc::new(disk.clone()), options).unwrap();
    let engine = Arc::new(engine);
    engine.put(b"a", b"1").unwrap();
    (disk, engine)
}

#[test]
fn ex_2_9_a_refused_batch_takes_no_mark_with_it() {
    let options = Options {
        file_bytes_max: 1 << 20,
        ..buffered()
    };
    let (disk, engine) = with_one_write(options);
    let long = "v".repeat(40 << 10);
    let (writer, value) = (Arc::clone(&engine), long.clone());
    disk.does(move || writer.put(b"b", value.as_bytes()));
    sync_beside(&engine).unwrap();
    // What is pending has to be written out before there is room for this one.
    fail_next(&disk.disk, Part::Nothing);
    let refused = engine.put(b"c", long.as_bytes());
    assert!(matches!(refused, Err(Error::Io { .. })), "{refused:?}");
    engine.put(b"d", b"4").unwrap();
    engine.sync().unwrap();
    let said = said(&disk.disk, 1, Kind::Active);
    let kinds: Vec<&str> = said.iter().filter_map(|said| said.get(..5)).collect();
    assert_eq!(
        kinds,
        ["put a", "put b", "synce", "put d"],
        "the mark of the sync stands in front of the next batch that is accepted"
    );
}

#[test]
fn ex_2_9_what_is_written_while_a_sync_runs_is_left_to_the_next() {
    let (disk, engine) = with_one_write(buffered());
    let writer = Arc::clone(&engine);
    disk.does(move || writer.put(b"b", b"2"));
    sync_beside(&engine).unwrap();
    assert!(disk.is_done());
    assert_left(&disk.disk, "a=1");
    engine.sync().unwrap();
    assert_left(&disk.disk, "a=1 b=2");
}

#[test]
fn ex_2_9_all_who_wait_share_one_sync() {
    const THREADS: usize = 4;
    let (disk, engine) = with_one_write(buffered());
    let before = syncs(&engine);
    let threads = Arc::new(Mutex::new(Vec::new()));
    let (others, started) = (Arc::clone(&engine), Arc::clone(&threads));
    // While the first one syncs, four more write, and then want to sync, too.
    disk.does(move || {
        let (here, written) = channel();
        for number in 0..THREADS {
            let (engine, here) = (Arc::clone(&others), here.clone());
            started.lock().push(thread::spawn(move || {
                engine.put(&[b'b', b'0' + u8::try_from(number).unwrap()], b"2")?;
                here.send(()).unwrap();
                engine.sync()
            }));
        }
        (0..THREADS).for_each(|_| written.recv().unwrap());
        Ok(())
    });
    sync_beside(&engine).unwrap();
    let threads = std::mem::take(&mut *threads.lock());
    promptly(ASLEEP, move || {
        for thread in threads {
            thread.join().unwrap().unwrap();
        }
    });
    assert_eq!(
        syncs(&engine) - before,
        2,
        "one for the first, and one for the four who had written when it was done"
    );
    assert_left(&disk.disk, &all(&*engine));
}

#[test]
fn ex_2_9_a_sync_that_began_before_a_write_is_none_of_its_own() {
    // With `Always` each of two threads waits for a sync that began after it
    // wrote, though one is running already.
    let (disk, engine) = with_one_write(always());
    let other = Arc::clone(&engine);
    let thread = Arc::new(Mutex::new(None));
    let started = Arc::clone(&thread);
    disk.does(move || {
        let (here, gone) = channel();
        *started.lock() = Some(thread::spawn(move || {
            here.send(()).unwrap();
            other.put(b"c", b"3")
        }));
        gone.recv().unwrap();
        (0..100).for_each(|_| thread::yield_now());
        Ok(())
    });
    engine.put(b"b", b"2").unwrap();
    let thread = thread.lock().take().unwrap();
    promptly(ASLEEP, move || thread.join().unwrap()).unwrap();
    for image in 0..EXTREMES {
        let at = disk.disk.changes();
        let left = SimDisk::from_image(&disk.disk.cut(Cut { at, image }));
        assert_eq!(all(&open(&left, options())), "a=1 b=2 c=3");
    }
}

#[test]
fn ex_2_9_a_failed_sync_poisons() {
    for options in [buffered(), always()] {
        let is_always = options.durability == Durability::Always;
        let (disk, engine) = with_one_write(options);
        engine.sync().unwrap();
        let cause = Error::NoSpace {
            file: "the device".to_owned(),
        };
        let failure = cause.clone();
        disk.does(|| Err(failure));
        let failed = match is_always {
            true => engine.put(b"b", b"2"),
            false => engine.put(b"b", b"2").and_then(|()| engine.sync()),
        };
        let poisoned = Err(Error::poisoned(cause));
        assert_eq!(failed, poisoned, "whatever made it fail");

        // Nothing is written any more, and the disk is not even asked.
        let asked = disk.disk.operations().len();
        assert_eq!(engine.put(b"c", b"3"), poisoned, "a put");
        assert_eq!(engine.write(&[]), poisoned, "an empty batch");
        let (engine, answers) = promptly(STUCK, move || {
            // The second is poisoned only while it waits for its turn.
            let answers = [engine.sync(), engine.sync_to((1, u32::MAX))];
            (engine, answers)
        });
        assert_eq!(answers, [poisoned.clone(), poisoned], "two syncs");
        assert_eq!(
            disk.disk.operations().len(),
            asked,
            "nothing is written out"
        );

        // Reads go on, of what was read before, too.
        assert_eq!(all(&*engine), "a=1 b=2");
        assert_eq!(value(&*engine, b"b").as_deref(), Some("2"));
    }
}

#[test]
fn ex_2_9_what_waits_in_memory_is_not_written_to_a_device_that_failed() {
    let (disk, engine) = with_one_write(buffered());
    let writer = Arc::clone(&engine);
    disk.does(move || {
        writer.put(b"b", b"2")?;
        Err(Error::NoSpace {
            file: "the device".to_owned(),
        })
    });
    let failed = sync_beside(&engine);
    assert!(is_poisoned(&failed), "the sync that failed: {failed:?}");
    let asked = disk.disk.operations().len();
    // Whoever wrote b before that, and comes to its turn after it.
    let second = promptly(STUCK, move || engine.sync_to((1, u32::MAX)));
    assert!(is_poisoned(&second), "a sync after it: {second:?}");
    assert_eq!(
        disk.disk.operations().len(),
        asked,
        "b=2 waited in memory when the sync failed, and the next one has written it \
         before it noticed"
    );
}

#[test]
fn ex_2_9_whoever_waited_for_a_sync_that_failed_is_poisoned_too() {
    for _ in 0..20 {
        let (disk, engine) = with_one_write(buffered());
        let other = Arc::clone(&engine);
        let thread = Arc::new(Mutex::new(None));
        let started = Arc::clone(&thread);
        disk.does(move || {
            let (here, written) = channel();
            *started.lock() = Some(thread::spawn(move || {
                other.put(b"b", b"2")?;
                here.send(()).unwrap();
                other.sync()
            }));
            written.recv().unwrap();
            Err(Error::NoSpace {
                file: "the device".to_owned(),
            })
        });
        let first = sync_beside(&engine);
        assert!(is_poisoned(&first), "the sync that failed: {first:?}");
        let thread = thread.lock().take().unwrap();
        let second = promptly(ASLEEP, move || thread.join().unwrap());
        assert!(is_poisoned(&second), "who waited for it: {second:?}");
    }
}

#[test]
fn ex_2_9_a_failure_before_the_device_is_asked_does_not_poison() {
    for part in Part::ALL {
        let disk = SimDisk::new();
        let engine = open(&disk, buffered());
        engine.put(b"a", b"1").unwrap();
        fail_next(&disk, part);
        let failed = engine.sync();
        assert!(
            matches!(failed, Err(Error::Io { .. })),
            "the write failed, and nothing was asked of the device: {failed:?}"
        );
        disk.set_faults(Faults::default());
        engine.put(b"b", b"2").unwrap();
        promptly(STUCK, move || engine.sync()).unwrap();
        assert_left(&disk, "a=1 b=2");
    }
}

#[test]
fn ex_2_9_nobody_appends_while_what_waits_is_written() {
    let disk = Meanwhile::new(SimDisk::new(), Operation::Write);
    let engine = Bitcask::open(Arc::new(disk.clone()), buffered()).unwrap();
    let engine = Arc::new(engine);
    engine.put(b"a", b"1").unwrap();
    let is_free = Arc::new(Mutex::new(None));
    let (other, noted) = (Arc::clone(&engine), Arc::clone(&is_free));
    disk.does(move || {
        *noted.lock() = Some(other.writer.try_lock().is_some());
        Ok(())
    });
    engine.sync().unwrap();
    assert_eq!(
        *is_free.lock(),
        Some(false),
        "whether the writer's lock is free while the sync writes what waits in memory: \
         somebody may append to it then"
    );
}
