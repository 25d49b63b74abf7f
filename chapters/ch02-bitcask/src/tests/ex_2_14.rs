use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use conformance::sim::{Operation, SimDisk};
use engine::clock::Clock;
use engine::sync::atomic::{AtomicU64, Ordering};
use engine::sync::guide::Step;
use engine::{KeyRange, Order, StorageEngine};

use crate::index::At;
use crate::keydir::KeyHash;
use crate::names::Kind;
use crate::place::Place;
use crate::tests::ex_2_5::views_of_forgetting;
use crate::tests::files::{names, said};
use crate::tests::locks::{locks_taken, places_of, watched};
use crate::tests::meanwhile::Meanwhile;
use crate::tests::{all, fill, maintain, open, open_again, options, promptly, value};
use crate::{Bitcask, Options};

/// A clock that is set by hand, in milliseconds.
#[derive(Debug, Default)]
struct HandClock {
    millis: AtomicU64,
    /// How often it was asked.
    asked: AtomicU64,
}

impl HandClock {
    fn set(&self, millis: u64) {
        self.millis.store(millis, Ordering::Relaxed);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Duration {
        self.asked.fetch_add(1, Ordering::Relaxed);
        Duration::from_millis(self.millis.load(Ordering::Relaxed))
    }
}

/// A clock, and options with it.
fn clock() -> (Arc<HandClock>, Options) {
    let hand = Arc::new(HandClock::default());
    let clock = Arc::clone(&hand) as Arc<dyn Clock>;
    let options = Options { clock, ..options() };
    (hand, options)
}

fn put_until(engine: &Bitcask, key: &str, value: &str, millis: u64) {
    let expires = Duration::from_millis(millis);
    engine
        .put_until(key.as_bytes(), value.as_bytes(), expires)
        .unwrap();
}

#[test]
fn ex_2_14_the_clock_is_asked_once() {
    let (clock, options) = clock();
    let engine = open(&SimDisk::new(), options);
    for now in [999, 1000, 1001] {
        clock.set(now);
        let before = clock.asked.load(Ordering::Relaxed);
        assert_eq!(engine.is_over(Duration::from_millis(1000)), now >= 1000);
        assert_eq!(
            clock.asked.load(Ordering::Relaxed) - before,
            1,
            "at {now} ms"
        );
    }
}

/// The bytes that live in a file, and those of what hides older records.
fn counts(engine: &Bitcask, number: u32) -> String {
    let file = &engine.index.files()[&number];
    format!("live {}, graves {}", file.live(), file.graves())
}

#[test]
fn ex_2_14_a_key_is_gone_from_its_time_on() {
    let (clock, options) = clock();
    let engine = open(&SimDisk::new(), options);
    put_until(&engine, "a", "1", 1500);
    for (now, expected) in [
        (0, Some("1")),
        (1499, Some("1")),
        (1500, None),
        (1501, None),
    ] {
        clock.set(now);
        assert_eq!(value(&engine, b"a").as_deref(), expected, "at {now} ms");
    }
}

#[test]
fn ex_2_14_a_time_that_has_passed_is_as_good_as_a_delete() {
    let (clock, options) = clock();
    clock.set(5000);
    let engine = open(&SimDisk::new(), options);
    engine.put(b"a", b"1").unwrap();
    put_until(&engine, "a", "2", 4000);
    assert_eq!(value(&engine, b"a"), None, "the old value is superseded");
    put_until(&engine, "b", "1", 0);
    assert_eq!(all(&engine), "");
}

#[test]
fn ex_2_14_a_scan_leaves_out_what_is_gone() {
    let (clock, options) = clock();
    let engine = open(&SimDisk::new(), options);
    for number in 0..200 {
        let until = if number % 2 == 0 { 1000 } else { 2000 };
        put_until(&engine, &format!("k{number:03}"), "1", until);
    }
    engine.put(b"stays", b"1").unwrap();
    let count = |order| {
        let mut cursor = engine.scan(KeyRange::all(), order).unwrap();
        let mut count = 0;
        while cursor.entry().is_some() {
            count += 1;
            cursor.advance().unwrap();
        }
        count
    };
    assert_eq!(count(Order::Ascending), 201);
    clock.set(1000);
    assert_eq!(count(Order::Descending), 101);
    assert_eq!(count(Order::Ascending), 101);
    clock.set(2000);
    assert_eq!(count(Order::Ascending), 1, "one never expires");
}

#[test]
fn ex_2_14_a_key_can_be_written_again() {
    let (clock, options) = clock();
    let engine = open(&SimDisk::new(), options);
    put_until(&engine, "a", "1", 1000);
    put_until(&engine, "b", "1", 1000);
    put_until(&engine, "c", "1", 1000);
    put_until(&engine, "c", "2", 3000);
    engine.put(b"b", b"2").unwrap();
    clock.set(2000);
    assert_eq!(all(&engine), "b=2 c=2", "the last put says until when");
    engine.put(b"a", b"3").unwrap();
    clock.set(9000);
    assert_eq!(all(&engine), "a=3 b=2");
}

#[test]
fn ex_2_14_who_looks_for_a_key_that_is_gone_forgets_it() {
    let (clock, options) = clock();
    let engine = open(&SimDisk::new(), options);
    put_until(&engine, "a", "1", 1000);
    engine.put(b"b", b"1").unwrap();
    assert_eq!(counts(&engine, 1), "live 34, graves 0");
    clock.set(1000);
    assert_eq!(
        counts(&engine, 1),
        "live 34, graves 0",
        "nobody has looked yet"
    );
    assert_eq!(value(&engine, b"a"), None);
    assert_eq!(
        counts(&engine, 1),
        "live 13, graves 21",
        "it is garbage, and hides what is older"
    );
    let found = engine.index.find(b"a", KeyHash::of(b"a"), |at, _| at);
    assert_eq!(found, Ok(None), "no place in the keydir is left");
    let mut keys = 0;
    engine.index.visit(&KeyRange::all(), Order::Ascending, |_| {
        keys += 1;
        true
    });
    assert_eq!(keys, 1, "keys that a scan comes by");
    assert_eq!(value(&engine, b"a"), None, "it is gone for good");
    assert_eq!(counts(&engine, 1), "live 13, graves 21", "and counted once");
}

#[test]
fn ex_2_14_who_forgets_a_key_too_late_forgets_nothing() {
    // Between looking and forgetting somebody else has written.
    let (_clock, options) = clock();
    let engine = open(&SimDisk::new(), options);
    put_until(&engine, "a", "1", 1000);
    engine.put(b"a", b"2").unwrap();
    let place = Place {
        file: 1,
        offset: 28,
    };
    engine.forget(b"a", At { place, len: 21 });
    assert_eq!(value(&engine, b"a").as_deref(), Some("2"));
    assert_eq!(all(&engine), "a=2");
    assert_eq!(counts(&engine, 1), "live 13, graves 0");
}

#[test]
fn ex_2_14_a_key_is_among_the_keys_for_as_long_as_it_has_a_place() {
    let seen = views_of_forgetting(|index, hash, at| index.forget(b"b", hash, at));
    assert_eq!(
        seen,
        ["1 2 -", "1 - -"],
        "what a, b and c are while b is forgotten, for somebody who looks whenever no \
         lock is held; with a * where a scan would not come by the key"
    );
}

#[test]
fn ex_2_14_the_two_locks_are_never_held_together() {
    let engine = open(&SimDisk::new(), options());
    engine.put(b"a", b"1").unwrap();
    let hash = KeyHash::of(b"a");
    let at = engine.index.find(b"a", hash, |at, _| at).unwrap().unwrap();
    let taken = locks_taken(&engine.index, || engine.index.forget(b"a", hash, at));
    assert_eq!(
        taken, "places( ) keys( )",
        "which locks are taken while a key is forgotten; `)` is where one is given back"
    );
}

#[test]
fn ex_2_14_a_merge_lets_nobody_write_a_key_that_is_forgotten_by_half() {
    let (clock, options) = clock();
    let engine = Arc::new(open(&SimDisk::new(), options));
    put_until(&engine, "k", "1", 1000);
    fill(&engine, "a1 a2");
    clock.set(1000);
    let places = places_of(&engine.index);
    let is_put = Rc::new(Cell::new(false));
    let look = {
        let (writing, is_put) = (Arc::clone(&engine), Rc::clone(&is_put));
        move |step| {
            let is_free = || writing.writer.try_lock().is_some();
            let found = || writing.index.find(b"k", KeyHash::of(b"k"), |_, _| ());
            if let Step::Gave(lock) = step
                && lock.address == places
                && !is_put.get()
                && is_free()
                && found() == Ok(None)
            {
                is_put.set(true);
                writing.put(b"k", b"2").unwrap();
            }
        }
    };
    watched(look, || engine.merge()).unwrap();
    if !is_put.get() {
        engine.put(b"k", b"2").unwrap();
    }
    assert_eq!(value(&*engine, b"k").as_deref(), Some("2"));
    assert_eq!(
        all(&*engine),
        "a=2 k=2",
        "a merge forgets k in two halves, and somebody put k=2 between them: a get finds \
         it, and a scan does not. Who holds the writer's lock meanwhile?"
    );
}

#[test]
fn ex_2_14_nothing_is_written_when_a_key_expires() {
    let (clock, options) = clock();
    let disk = SimDisk::new();
    let engine = open(&disk, options);
    put_until(&engine, "a", "1", 1000);
    clock.set(1000);
    let asked = disk.operations().len();
    assert_eq!(value(&engine, b"a"), None);
    assert_eq!(
        disk.operations().len(),
        asked,
        "what the disk was asked for"
    );
}

#[test]
fn ex_2_14_the_time_is_there_after_opening_again() {
    let (clock, options) = clock();
    let disk = SimDisk::new();
    let engine = open(&disk, options.clone());
    put_until(&engine, "a", "1", 1000);
    put_until(&engine, "b", "1", 2000);
    let disk = disk.kill();
    clock.set(1500);
    let engine = open(&disk, options.clone());
    assert_eq!(all(&engine), "b=1");
    Box::new(engine).close().unwrap();
    clock.set(2000);
    assert_eq!(all(&open(&disk, options)), "");
}

#[test]
fn ex_2_14_the_value_from_before_does_not_come_back() {
    let (clock, options) = clock();
    let disk = SimDisk::new();
    let engine = open(&disk, options.clone());
    engine.put(b"a", b"old").unwrap();
    engine.seal_active().unwrap();
    put_until(&engine, "a", "new", 1000);
    clock.set(1000);
    assert_eq!(value(&engine, b"a"), None);
    assert_eq!(value(&open_again(&disk, options), b"a"), None);
}

#[test]
fn ex_2_14_a_merge_keeps_what_hides_an_older_record() {
    for is_forgotten in [false, true] {
        let (clock, options) = clock();
        let disk = SimDisk::new();
        let engine = open(&disk, options.clone());
        // Too little garbage to be merged.
        engine.put(b"a", b"old").unwrap();
        engine.put(b"l", &[b'v'; 400]).unwrap();
        engine.seal_active().unwrap();
        put_until(&engine, "a", "new", 1000);
        for _ in 0..5 {
            engine.put(b"b", b"1").unwrap();
        }
        engine.seal_active().unwrap();
        clock.set(1000);
        if is_forgotten {
            assert_eq!(value(&engine, b"a"), None);
        }
        maintain(&engine);
        assert_eq!(names(&disk), ["0000000001.data", "0000000003.data"]);
        assert_eq!(
            said(&disk, 3, Kind::Data),
            ["put a=new", "put b=1", "seal"],
            "forgotten before: {is_forgotten}"
        );
        assert_eq!(value(&engine, b"a"), None);
        assert_eq!(
            counts(&engine, 3),
            "live 13, graves 23",
            "it hides, and lives no more"
        );
        assert_eq!(value(&open_again(&disk, options), b"a"), None);
    }
}

#[test]
fn ex_2_14_a_merge_drops_what_hides_nothing() {
    for is_forgotten in [false, true] {
        let (clock, options) = clock();
        let disk = SimDisk::new();
        let engine = open(&disk, options.clone());
        put_until(&engine, "a", "1", 1000);
        put_until(&engine, "c", "1", 2000);
        for _ in 0..5 {
            engine.put(b"b", b"1").unwrap();
        }
        clock.set(1000);
        if is_forgotten {
            assert_eq!(value(&engine, b"a"), None);
        }
        engine.merge().unwrap();
        assert_eq!(said(&disk, 2, Kind::Data), ["put c=1", "put b=1", "seal"]);
        assert_eq!(all(&engine), "b=1 c=1");
        assert_eq!(counts(&engine, 2), "live 34, graves 0");
        // The time goes along with the copy.
        clock.set(2000);
        assert_eq!(all(&open_again(&disk, options)), "b=1");
    }
}

#[test]
fn ex_2_14_who_finds_a_key_expired_waits_for_no_disk() {
    // A file is being sealed while somebody looks for the key.
    let (clock, options) = clock();
    let disk = Meanwhile::new(SimDisk::new(), Operation::Sync);
    let engine = Arc::new(Bitcask::open(Arc::new(disk.clone()), options).unwrap());
    put_until(&engine, "a", "1", 1000);
    clock.set(1000);
    let reader = Arc::clone(&engine);
    disk.does(move || {
        assert_eq!(value(&*reader, b"a"), None);
        Ok(())
    });
    let wrong = "a read waits for the writer's lock, which is held while the disk syncs";
    promptly(wrong, move || engine.seal_active()).unwrap();
    assert!(disk.is_done());
}

#[test]
fn ex_2_14_a_clock_that_goes_back_brings_no_older_value_back() {
    let (clock, options) = clock();
    let disk = SimDisk::new();
    let engine = open(&disk, options.clone());
    // Too little garbage to be merged.
    engine.put(b"a", b"old").unwrap();
    engine.put(b"l", &[b'v'; 400]).unwrap();
    engine.seal_active().unwrap();
    put_until(&engine, "a", "new", 1000);
    for _ in 0..5 {
        engine.put(b"b", b"1").unwrap();
    }
    engine.seal_active().unwrap();
    clock.set(1000);
    assert_eq!(value(&engine, b"a"), None, "and so it is forgotten");
    clock.set(0);
    maintain(&engine);
    assert_eq!(
        said(&disk, 3, Kind::Data),
        ["put a=new", "put b=1", "seal"],
        "what is copied: a put that expires hides the older one whatever the clock says \
         by now, for its key was forgotten when it said otherwise"
    );
    let shown = value(&open_again(&disk, options), b"a");
    assert_ne!(shown.as_deref(), Some("old"), "an older value came back");
}

#[test]
fn ex_2_14_puts_that_expired_and_nobody_counted_are_copied_too() {
    let (clock, mut options) = clock();
    clock.set(1000);
    options.hint_bytes_min = 0;
    let disk = SimDisk::new();
    let engine = open(&disk, options.clone());
    let long = "v".repeat(1000);
    fill(&engine, &format!("k1 l{long}"));
    for _ in 0..5 {
        put_until(&engine, "e", "1", 1);
        put_until(&engine, "k", "1", 1);
    }
    fill(
        &engine,
        "k- a1 a2 a3 a4 a5 a6 a7 a8 a9 b1 b2 b3 b4 b5 b6 b7 b8 b9",
    );
    assert_eq!(
        value(&engine, b"e"),
        None,
        "the last of five is counted now"
    );
    maintain(&engine);
    let copied = said(&disk, 3, Kind::Data);
    let count = |what| copied.iter().filter(|said| *said == what).count();
    assert_eq!(
        (count("put e=1"), count("put k=1")),
        (5, 5),
        "copies of puts that expired: each of them hides what is older"
    );
    assert_eq!(value(&engine, b"k"), None);
    assert_eq!(value(&engine, b"e"), None);
    let found = all(&engine);
    Box::new(engine).close().unwrap();
    assert_eq!(all(&open(&disk, options)), found);
}
