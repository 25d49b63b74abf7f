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

use conformance::sim::{Fail, Faults, Operation, SimDisk};
use engine::disk::{Disk, Mode};
use engine::{Cursor, Entry};

use crate::memory::Map;

/// A map with these entries.
fn map(entries: &[(&str, &str)]) -> Map {
    let bytes = |text: &str| text.as_bytes().to_vec();
    entries
        .iter()
        .map(|(key, value)| (bytes(key), bytes(value)))
        .collect()
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
        keys.push(String::from_utf8_lossy(key).into_owned());
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

/// A disk that `make` made, on which the first `operation` that `work` asks
/// for will fail: found by rehearsing `work` on another such disk.
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
    let at = asked.position(|asked| asked == operation);
    let at = at.unwrap_or_else(|| panic!("no operation `{}` was asked for", operation.name()));
    disk.set_faults(Faults {
        fail: Some(fail(before + at)),
        ..Faults::default()
    });
    disk
}
