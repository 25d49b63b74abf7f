//! The tests of each exercise, in a file of its own.

mod ex_1_1;
mod ex_1_10;
mod ex_1_11;
mod ex_1_12;
mod ex_1_2;
mod ex_1_3;
mod ex_1_4;
mod ex_1_5;
mod ex_1_6;
mod ex_1_7;
mod ex_1_8;
mod ex_1_9;
mod layout;

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use conformance::sim::{Fail, Faults, Operation, SimDisk};
use conformance::watch::guarded;
use engine::disk::{Disk, File, Lock, Mode};
use engine::sync::Mutex;
use engine::sync::guide::{self, Step};
use engine::{Cursor, Entry, Result, StorageEngine};

use crate::memory::Map;

/// A map with these entries.
fn map(entries: &[(&str, &str)]) -> Map {
    let bytes = |text: &str| text.as_bytes().to_vec();
    entries
        .iter()
        .map(|(key, value)| (bytes(key), bytes(value)))
        .collect()
}

/// Bytes as text, for messages that a person can read. What is not printable
/// is escaped.
fn text(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

/// The value under a key, as text.
#[track_caller]
fn value(engine: &dyn StorageEngine, key: &[u8]) -> Option<String> {
    engine.get(key).unwrap().as_deref().map(text)
}

/// An entry as text: `apple=red`.
fn entry((key, value): (&[u8], &[u8])) -> String {
    format!("{}={}", text(key), text(value))
}

/// Panics where two maps differ, with the first key at which they do.
#[track_caller]
fn same(found: &Map, expected: &Map, what: &str) {
    let holds = |map: &Map, key: &[u8]| match map.get(key) {
        Some(value) if value.len() > 40 => format!("{} bytes under it", value.len()),
        Some(value) => format!("\"{}\" under it", text(value)),
        None => "no such key".to_owned(),
    };
    for key in expected.keys().chain(found.keys()) {
        assert!(
            found.get(key) == expected.get(key),
            "{what}, at the key \"{}\":\n  expected {}\n  found    {}",
            text(&key[..key.len().min(40)]),
            holds(expected, key),
            holds(found, key)
        );
    }
}

/// The entries `k0000` to `k0999` and so on, `count` of them: their values
/// are their numbers.
fn numbered(count: usize) -> impl Iterator<Item = Entry> {
    (0..count).map(|number| {
        let key = format!("k{number:04}").into_bytes();
        (key, number.to_string().into_bytes())
    })
}

/// The keys from where the cursor stands to the end, at most 10,000 of them.
fn keys(cursor: &mut dyn Cursor) -> Vec<String> {
    let mut keys = Vec::new();
    while let Some((key, _)) = cursor.entry() {
        keys.push(text(key));
        assert!(keys.len() <= 10_000, "the cursor never reaches the end");
        cursor.advance().unwrap();
    }
    keys
}

/// A disk that holds one file with these bytes, all of it durable.
fn disk_with(name: &str, bytes: &[u8]) -> SimDisk {
    let disk = SimDisk::new();
    let file = disk.open(name, Mode::CreateNew).unwrap();
    file.write_at(0, bytes).unwrap();
    file.sync().unwrap();
    drop(file);
    disk.sync_dir().unwrap();
    SimDisk::from_image(&disk.image())
}

/// The bytes of a file, or `None` where there is no such file.
fn bytes_of(disk: &SimDisk, name: &str) -> Option<Vec<u8>> {
    disk.image().get(name).map(|file| file.bytes().to_vec())
}

/// The same, as text.
fn text_of(disk: &SimDisk, name: &str) -> Option<String> {
    bytes_of(disk, name).as_deref().map(text)
}

/// A disk that `make` made, on which the first `operation` that `work` asks
/// for will fail: found by rehearsing `work` on another such disk.
#[track_caller]
fn failing<T>(
    make: impl Fn() -> SimDisk,
    operation: Operation,
    fail: fn(usize) -> Fail,
    work: impl Fn(&SimDisk) -> T,
) -> SimDisk {
    let (rehearsal, disk) = (make(), make());
    let before = rehearsal.operations().len();
    drop(work(&rehearsal));
    let mut asked = rehearsal.operations().into_iter().skip(before);
    let Some(at) = asked.position(|asked| asked == operation) else {
        panic!("no operation `{}` was asked for", operation.name());
    };
    disk.set_faults(Faults {
        fail: Some(fail(before + at)),
        ..Faults::default()
    });
    disk
}

/// Where `work` takes locks, in the order in which it does.
fn locks_taken(work: impl FnOnce()) -> Vec<String> {
    thread_local! {
        static TAKEN: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    }
    guide::set(Some(|step| {
        if let Step::Took(lock) = step {
            TAKEN.with_borrow_mut(|taken| taken.push(lock.at.to_string()));
        }
    }));
    work();
    guide::set(None);
    TAKEN.take()
}

/// What `work` answers. It runs in a thread of its own, and where it never
/// ends this panics with what is wrong then, well before somebody who runs the
/// tests gives up waiting for this one.
#[track_caller]
fn promptly<T: Send + 'static>(wrong: &str, work: impl FnOnce() -> T + Send + 'static) -> T {
    match guarded(Duration::from_secs(5), work) {
        Ok(answer) => answer,
        Err(_stuck) => panic!("{wrong}"),
    }
}

/// A disk that does something else first, once, when it is asked to rename a
/// file or to sync the names. Where that fails, so does the operation.
#[derive(Clone)]
struct Meanwhile {
    disk: SimDisk,
    at: Operation,
    work: Arc<Mutex<Option<Work>>>,
}

type Work = Box<dyn FnOnce() -> Result<()> + Send>;

impl Meanwhile {
    fn new(disk: SimDisk, at: Operation) -> Self {
        let work = Arc::default();
        Meanwhile { disk, at, work }
    }

    /// What is done first, from the next time on that it is asked.
    fn does(&self, work: impl FnOnce() -> Result<()> + Send + 'static) {
        *self.work.lock() = Some(Box::new(work));
    }

    fn asked_for(&self, operation: Operation) -> Result<()> {
        if operation != self.at {
            return Ok(());
        }
        let work = self.work.lock().take();
        work.map_or(Ok(()), |work| work())
    }
}

impl Disk for Meanwhile {
    fn open(&self, name: &str, mode: Mode) -> Result<Box<dyn File>> {
        self.disk.open(name, mode)
    }

    fn rename(&self, from: &str, to: &str) -> Result<()> {
        self.asked_for(Operation::Rename)?;
        self.disk.rename(from, to)
    }

    fn remove(&self, name: &str) -> Result<()> {
        self.disk.remove(name)
    }

    fn list(&self) -> Result<Vec<String>> {
        self.disk.list()
    }

    fn sync_dir(&self) -> Result<()> {
        self.asked_for(Operation::SyncDir)?;
        self.disk.sync_dir()
    }

    fn lock(&self) -> Result<Lock> {
        self.disk.lock()
    }
}

impl std::fmt::Debug for Meanwhile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Meanwhile")
    }
}
