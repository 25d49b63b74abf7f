//! What the contract provides on its required calls, and the small types.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::error::Error as _;
use std::io::ErrorKind;
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use engine::clock::{Clock, SystemClock};
use engine::disk::{Lent, Lock};
use engine::page::PageId;
use engine::spelling::Spelled;
use engine::sync::guide::{self, Step};
use engine::sync::{Condvar, Mutex, RwLock};
use engine::{
    Counters, Cursor, Entries, Error, KeyRange, Limits, Order, Result, Stats, StorageEngine, Write,
};

/// The smallest engine that the provided calls can be tried on.
#[derive(Default)]
struct Smallest {
    map: Mutex<BTreeMap<Vec<u8>, Vec<u8>>>,
    closed: Arc<Mutex<bool>>,
}

/// A list of entries, and what comes after them.
struct List(Vec<(Vec<u8>, Vec<u8>)>, Result<()>);

impl Cursor for List {
    fn entry(&self) -> Option<(&[u8], &[u8])> {
        self.0.first().map(|(key, value)| (&key[..], &value[..]))
    }

    fn advance(&mut self) -> Result<()> {
        if !self.0.is_empty() {
            self.0.remove(0);
        }
        match self.0.is_empty() {
            true => self.1.clone(),
            false => Ok(()),
        }
    }

    fn seek(&mut self, key: &[u8]) -> Result<()> {
        self.0.retain(|entry| entry.0.as_slice() >= key);
        Ok(())
    }
}

const LIMITS: Limits = Limits {
    key_bytes_max: 3,
    value_bytes_max: 4,
    batch_bytes_max: 9,
};

impl StorageEngine for Smallest {
    fn get_into(&self, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        let found = self.map.lock().get(key).cloned();
        value.clear();
        value.extend(found.iter().flatten());
        Ok(found.is_some())
    }

    fn write(&self, batch: &[Write<'_>]) -> Result<()> {
        LIMITS.check(batch)?;
        for write in batch {
            let mut map = self.map.lock();
            match write.value() {
                Some(value) => map.insert(write.key().to_vec(), value.to_vec()),
                None => map.remove(write.key()),
            };
        }
        Ok(())
    }

    fn scan<'s>(&'s self, range: KeyRange<'_>, order: Order) -> Result<Box<dyn Cursor + 's>> {
        let map = self.map.lock().clone();
        let mut list: Vec<_> = map.into_iter().collect();
        list.retain(|(key, _)| range.contains(key));
        if order == Order::Descending {
            list.reverse();
        }
        Ok(Box::new(List(list, Ok(()))))
    }

    fn sync(&self) -> Result<()> {
        Err(Error::Deadlock)
    }

    fn close(self: Box<Self>) -> Result<()> {
        *self.closed.lock() = true;
        Ok(())
    }

    fn limits(&self) -> Limits {
        LIMITS
    }

    fn stats(&self) -> Stats {
        Counters::new().stats()
    }
}

#[test]
fn the_provided_calls_are_made_of_the_required_ones() {
    let engine = Smallest::default();
    engine.put(b"ab", b"1").unwrap();
    engine.put(b"b", b"").unwrap();
    engine.put(b"aa", b"2").unwrap();
    assert_eq!(engine.get(b"ab").unwrap(), Some(b"1".to_vec()));
    assert_eq!(engine.get(b"b").unwrap(), Some(vec![]));
    assert_eq!(engine.get(b"x").unwrap(), None);
    assert!(engine.contains(b"b").unwrap());
    assert!(!engine.contains(b"x").unwrap());
    let cursor = engine.scan_prefix(b"a", Order::Descending).unwrap();
    let keys: Vec<_> = Entries::new(cursor).map(|e| e.unwrap().0).collect();
    assert_eq!(keys, [b"ab", b"aa"]);
    engine.delete(b"ab").unwrap();
    let entries = engine.entries(KeyRange::all(), Order::Ascending).unwrap();
    let entries: Vec<_> = entries.map(Result::unwrap).collect();
    assert_eq!(
        entries,
        [(b"aa".to_vec(), b"2".to_vec()), (b"b".to_vec(), vec![])]
    );
}

#[test]
fn a_boxed_cursor_passes_every_call_on() {
    let entry = |key: &str| (key.as_bytes().to_vec(), Vec::new());
    let list = List(vec![entry("a"), entry("c"), entry("e")], Ok(()));
    let mut cursor: Box<dyn Cursor> = Box::new(Box::new(list) as Box<dyn Cursor>);
    assert_eq!(cursor.entry().unwrap().0, b"a");
    cursor.advance().unwrap();
    assert_eq!(cursor.entry().unwrap().0, b"c");
    cursor.seek(b"d").unwrap();
    assert_eq!(cursor.entry().unwrap().0, b"e");
}

#[test]
fn entries_end_with_the_error_that_ends_the_scan() {
    let list = List(vec![(b"a".to_vec(), vec![])], Err(Error::Deadlock));
    let mut entries = Entries::new(Box::new(list));
    assert_eq!(format!("{entries:?}"), "Entries { ended: false }");
    assert_eq!(entries.next(), Some(Ok((b"a".to_vec(), vec![]))));
    assert_eq!(entries.next(), Some(Err(Error::Deadlock)));
    assert_eq!(entries.next(), None);
    assert_eq!(format!("{entries:?}"), "Entries { ended: true }");
}

#[test]
fn a_shared_engine_is_closed_by_its_last_owner() {
    let closed = Arc::new(Mutex::new(false));
    let boxed: Box<dyn StorageEngine> = Box::new(Smallest {
        closed: closed.clone(),
        ..Smallest::default()
    });
    let shared = Arc::new(boxed);
    let other = shared.clone();
    let busy = Box::new(shared).close();
    assert!(matches!(busy, Err(Error::Busy { .. })), "{busy:?}");
    other.put(b"a", b"1").unwrap();
    assert_eq!(other.sync(), Err(Error::Deadlock), "calls are passed on");
    assert_eq!(other.limits(), LIMITS);
    assert!(!*closed.lock());
    Box::new(other).close().unwrap();
    assert!(*closed.lock());
}

#[test]
fn limits_are_inclusive_and_name_what_exceeds_them() {
    let too_large = |what, bytes, bytes_max| {
        Err(Error::TooLarge {
            what,
            bytes,
            bytes_max,
        })
    };
    let (full, more) = (Write::put("abc", "wxyz"), Write::put("a", "b"));
    assert_eq!(LIMITS.check(&[]), Ok(()));
    assert_eq!(LIMITS.check(&[full, more]), Ok(()));
    assert_eq!(LIMITS.check(&[Write::delete("abc"); 3]), Ok(()));
    let one = [Write::put("abcd", "")];
    assert_eq!(LIMITS.check(&one), too_large("key", 4, 3));
    let two = [more, Write::put("a", "vwxyz")];
    assert_eq!(LIMITS.check(&two), too_large("value", 5, 4));
    let three = [full, Write::put("a", "bc")];
    assert_eq!(LIMITS.check(&three), too_large("batch", 10, 9));
    let four = [Write::delete("abcd")];
    assert_eq!(LIMITS.check(&four), too_large("key", 4, 3));
}

#[test]
fn an_error_says_what_and_where() {
    let io = Error::io("read", "log", &ErrorKind::PermissionDenied.into());
    for (error, says) in [
        (
            LIMITS.check(&[Write::delete("abcd")]).unwrap_err(),
            "the key has 4 bytes, and at most 3 are taken",
        ),
        (
            Error::corrupt("log", 7, "the checksum does not match"),
            "`log` is damaged at byte 7: the checksum does not match",
        ),
        (
            Error::Version {
                file: "log".to_owned(),
                found: 9,
                supported: 1,
            },
            "`log` is of format version 9, and this engine reads version 1",
        ),
        (io.clone(), "could not read `log`: permission denied"),
        (
            Error::io("write", "log", &ErrorKind::StorageFull.into()),
            "no space left on the device for `log`",
        ),
        (
            Error::io("write", "log", &ErrorKind::QuotaExceeded.into()),
            "no space left on the device for `log`",
        ),
        (
            Error::poisoned(io.clone()),
            "takes no more writes until it is opened again, since could not read \
             `log`: permission denied",
        ),
        (
            Error::Locked {
                path: "data".to_owned(),
            },
            "`data` is already open elsewhere",
        ),
        (
            Error::Busy {
                what: "every frame is pinned",
            },
            "busy: every frame is pinned",
        ),
        (
            Error::Conflict {
                key: b"a\xff".to_vec(),
            },
            r"a concurrent transaction changed the key `a\xff`",
        ),
        (
            Error::Deadlock,
            "transactions wait for each other in a circle; this one gave way",
        ),
        (
            Error::Unsupported {
                what: "mapping a file",
            },
            "mapping a file is not supported here",
        ),
    ] {
        assert_eq!(error.to_string(), says);
    }
    let poisoned = Error::poisoned(io.clone());
    assert_eq!(
        poisoned.source().map(ToString::to_string),
        Some(io.to_string())
    );
    assert!(io.source().is_none());
    assert_eq!(
        Error::poisoned(poisoned.clone()),
        poisoned,
        "not wrapped twice"
    );
}

#[test]
fn what_holds_bytes_or_locks_shows_little_of_them() {
    assert_eq!(format!("{:?}", Lent::in_place(b"abc")), "Lent(3 bytes)");
    assert_eq!(&*Lent::kept_by(vec![1, 2]), [1, 2]);
    assert_eq!(format!("{:?}", Lock::new(())), "Lock");
    assert_eq!(format!("{:?}", PageId(7)), "page 7");
}

#[test]
fn the_system_clock_shows_a_time_of_our_days() {
    let year = Duration::from_secs(365 * 24 * 60 * 60);
    let now = SystemClock.now();
    assert!(now > 50 * year && now < 500 * year, "{now:?}");
}

#[test]
fn a_condition_wakes_those_who_wait_for_it() {
    // How many threads wait, and whether they may go on.
    let (state, changed) = (Mutex::new((0, false)), Condvar::new());
    let wait = || {
        let mut counted = false;
        drop(changed.wait_while(state.lock(), |(waiting, go)| {
            *waiting += i32::from(!std::mem::replace(&mut counted, true));
            !*go
        }));
    };
    for (threads, wake) in [
        (1, Condvar::notify_one as fn(&Condvar)),
        (2, Condvar::notify_all),
    ] {
        *state.lock() = (0, false);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(wait);
            }
            while state.lock().0 < threads {
                std::thread::yield_now();
            }
            // All of them sleep now: whoever counted itself held the lock from
            // then until it slept.
            state.lock().1 = true;
            wake(&changed);
        });
    }
    assert_eq!(state.into_inner(), (2, true));
}

#[test]
fn what_a_message_shows_of_bytes_can_be_read() {
    let put = Write::put("apple", b"\xff red");
    assert_eq!(format!("{put:?}"), r"put apple \xff\x20red");
    assert_eq!(format!("{:?}", Write::delete("")), r#"delete """#);
    assert_eq!(format!("{:?}", [Spelled(b"a-1")]), "[a-1]");
    let range = KeyRange::new(Bound::Excluded(b"d"), Bound::Included(b"\0"));
    assert_eq!(format!("{range:?}"), r"d<..=\x00");
}

#[test]
fn a_value_that_is_held_is_not_lent_to_who_does_not_wait() {
    let lock = Mutex::new(1);
    let held = lock.try_lock().expect("nobody holds it");
    std::thread::scope(|scope| {
        let other = scope.spawn(|| lock.try_lock().is_none());
        assert!(other.join().unwrap(), "two hold it");
    });
    drop(held);
    let mut held = lock.try_lock().expect("it was given back");
    *held += 1;
    drop(held);
    assert_eq!(lock.into_inner(), 2);
}

#[test]
fn a_guide_is_told_of_each_lock_that_its_thread_takes_and_gives_back() {
    thread_local! {
        static TOLD: RefCell<Vec<(&'static str, bool)>> = const { RefCell::new(Vec::new()) };
    }
    guide::set(Some(|step| {
        let told = match step {
            Step::Asks(lock) => ("asks", lock.is_shared),
            Step::Took(lock) => ("took", lock.is_shared),
            Step::Gave(lock) => ("gave", lock.is_shared),
            Step::Waits(lock) | Step::Sleeps(lock) => ("waits", lock.is_shared),
            Step::Wakes { all, .. } => ("wakes", all),
        };
        TOLD.with_borrow_mut(|all| all.push(told));
    }));
    let lock = RwLock::new(());
    drop(lock.read());
    drop(lock.write());
    drop(Mutex::new(()).lock());
    drop(Mutex::new(()).try_lock());
    Condvar::new().notify_all();
    guide::set(None);
    drop(lock.read());
    let [read, write] = [true, false].map(|s| [("asks", s), ("took", s), ("gave", s)]);
    // Who does not wait does not ask.
    let tried = &write[1..];
    let told = [&read[..], &write, &write, tried, &[("wakes", true)]].concat();
    assert_eq!(
        TOLD.take(),
        told,
        "what a guide was told, and whether shared"
    );
}
