use std::sync::Arc;
use std::time::Duration;

use conformance::sim::{Cut, EXTREMES, Faults, Operation, Part, SimDisk, Unsynced};
use engine::disk::{Counted, Disk, Mode};
use engine::{Counters, Error};

use crate::data_file::{DataFile, TAIL_BYTES};
use crate::device::Device;
use crate::header::{HEADER_BYTES, Header};
use crate::names::Kind;
use crate::place::Place;
use crate::record::{Record, Says};
use crate::tests::files::{bytes_of, name, put, said, shown};
use crate::tests::locks::{with_locks_counted, with_other_at};
use crate::tests::meanwhile::Meanwhile;
use crate::tests::{device, fail_next, is_poisoned, promptly};

/// A new data file of number 7, with room for 2000 bytes.
fn create(disk: &SimDisk) -> (Device, DataFile) {
    let device = device(disk);
    let file = DataFile::create(&device, Header::of(7), 2000).unwrap();
    (device, file)
}

/// The same on a disk that lets something happen at such an operation.
fn create_on_busy(at: Operation) -> (Meanwhile, Arc<Device>, Arc<DataFile>) {
    let disk = Meanwhile::new(SimDisk::new(), at);
    let device = Arc::new(device_of(&disk));
    let file = DataFile::create(&device, Header::of(7), 2000).unwrap();
    (disk, device, Arc::new(file))
}

/// A device of its own, so that something can be synced while another syncs.
fn device_of(disk: &Meanwhile) -> Device {
    let counters = Arc::new(Counters::new());
    Device::new(Counted::new(Arc::new(disk.clone()), counters))
}

/// Appends a record, and answers where it stands.
fn append(file: &DataFile, record: Record<'_>) -> u32 {
    let place = Place {
        file: file.number(),
        offset: file.end(),
    };
    let mut bytes = Vec::new();
    record.append_to(&mut bytes, place);
    file.append(&bytes);
    place.offset
}

/// What the record at `offset` says.
fn read(file: &DataFile, offset: u32) -> engine::Result<String> {
    file.read(offset, shown)
}

/// What is in the file itself, after its header.
fn written(disk: &SimDisk) -> Vec<String> {
    said(disk, 7, Kind::New)
}

#[test]
fn ex_2_2_what_was_appended_is_read_from_memory() {
    let disk = SimDisk::new();
    let (_device, file) = create(&disk);
    let (first, second) = (append(&file, put("a", "1")), append(&file, put("b", "2")));
    let asked = disk.operations().len();
    assert_eq!(read(&file, first).unwrap(), "put a=1");
    assert_eq!(read(&file, second).unwrap(), "put b=2");
    assert_eq!(disk.operations().len(), asked, "the disk has nothing of it");
}

#[test]
fn ex_2_2_what_was_appended_is_written_behind_what_was_written() {
    let disk = SimDisk::new();
    let (_device, file) = create(&disk);
    append(&file, put("a", "1"));
    append(&file, put("b", "2"));
    file.write_out().unwrap();
    assert_eq!(written(&disk), ["put a=1", "put b=2"]);
    assert_eq!(file.pending(), 0, "bytes left to write");
    append(&file, put("c", "3"));
    file.write_out().unwrap();
    assert_eq!(written(&disk), ["put a=1", "put b=2", "put c=3"]);
    let writes = disk.operations();
    let writes = writes.iter().filter(|asked| **asked == Operation::Write);
    assert_eq!(writes.count(), 3, "one for the header, and one each time");
}

#[test]
fn ex_2_2_where_nothing_is_pending_nothing_is_written() {
    let disk = SimDisk::new();
    let (_device, file) = create(&disk);
    append(&file, put("a", "1"));
    file.write_out().unwrap();
    let asked = disk.operations().len();
    file.write_out().unwrap();
    assert_eq!(
        disk.operations().len(),
        asked,
        "what the disk was asked for"
    );
}

#[test]
fn ex_2_2_a_write_that_failed_is_done_again_as_a_whole() {
    for part in Part::ALL {
        let disk = SimDisk::new();
        let (_device, file) = create(&disk);
        let offset = append(&file, put("a", "1"));
        fail_next(&disk, part);
        let failed = file.write_out();
        assert!(
            matches!(failed, Err(Error::Io { .. })),
            "the write failed, and `write_out` answers {failed:?}"
        );
        assert_eq!(read(&file, offset).unwrap(), "put a=1", "it is in memory");
        append(&file, put("b", "2"));
        file.write_out().unwrap();
        assert_eq!(
            written(&disk),
            ["put a=1", "put b=2"],
            "{part:?} of the first write was done"
        );
    }
}

#[test]
fn ex_2_2_what_was_synced_survives_a_power_cut() {
    let disk = SimDisk::new();
    let (device, file) = create(&disk);
    device.sync_dir().unwrap();
    append(&file, put("a", "1"));
    file.write_out().unwrap();
    append(&file, put("b", "2"));
    file.sync(&device).unwrap();
    let at = disk.changes();
    for image in 0..EXTREMES {
        let left = SimDisk::from_image(&disk.cut(Cut { at, image }));
        assert_eq!(written(&left), ["put a=1"], "b was not written yet");
    }
}

#[test]
fn ex_2_2_a_sync_tells_of_what_was_written_and_no_more() {
    let disk = SimDisk::new();
    let (device, file) = create(&disk);
    assert_eq!(file.durable(), HEADER_BYTES);
    let first = append(&file, put("a", "1"));
    file.write_out().unwrap();
    let second = append(&file, put("b", "2"));
    file.sync(&device).unwrap();
    assert_eq!(file.durable(), second, "up to where the second begins");
    assert_eq!(file.end(), 2 * second - first, "where the second ends");
    assert_eq!(read(&file, second).unwrap(), "put b=2", "from memory");
    file.write_out().unwrap();
    assert_eq!(written(&disk), ["put a=1", "put b=2"]);
    file.sync(&device).unwrap();
    assert_eq!(file.durable(), file.end(), "both were written");
    assert_eq!(read(&file, second).unwrap(), "put b=2", "from the file");
}

#[test]
fn ex_2_2_what_was_synced_is_read_from_the_file_and_checked() {
    for no_map in [false, true] {
        let disk = SimDisk::new();
        disk.set_faults(Faults {
            no_map,
            ..Faults::default()
        });
        let (device, file) = create(&disk);
        let offset = append(&file, put("apple", "red"));
        file.write_out().unwrap();
        file.sync(&device).unwrap();
        assert_eq!(read(&file, offset).unwrap(), "put apple=red");

        let name = name(7, Kind::New);
        let behind_its_back = disk.open(&name, Mode::Write).unwrap();
        behind_its_back
            .write_at(u64::from(offset) + 12, b"b")
            .unwrap();
        let expected = Error::corrupt(
            &name,
            u64::from(offset),
            "the checksum of a record does not match",
        );
        assert_eq!(read(&file, offset), Err(expected), "one byte is another");
    }
}

#[test]
fn ex_2_2_records_of_every_length_are_read_with_and_without_a_map() {
    for (no_map, read_max) in [(false, None), (true, None), (true, Some(1))] {
        let disk = SimDisk::new();
        disk.set_faults(Faults {
            no_map,
            read_max,
            ..Faults::default()
        });
        let (device, file) = create(&disk);
        let values = [0, 1, 200, 300, 1000].map(|len| "v".repeat(len));
        let offsets = values
            .each_ref()
            .map(|value| append(&file, put("k", value)));
        file.write_out().unwrap();
        file.sync(&device).unwrap();
        for (value, offset) in values.iter().zip(offsets) {
            let found = read(&file, offset).unwrap();
            assert_eq!(found, format!("put k={value}"), "without a map: {no_map}");
        }
    }
}

#[test]
fn ex_2_2_a_long_record_that_expires_is_read_as_a_whole() {
    for no_map in [false, true] {
        let disk = SimDisk::new();
        disk.set_faults(Faults {
            no_map,
            ..Faults::default()
        });
        let (device, file) = create(&disk);
        let value = "v".repeat(1000);
        let record = Record::last(Says::Put {
            key: b"k",
            value: value.as_bytes(),
            expires: Some(Duration::from_secs(1)),
        });
        let offset = append(&file, record);
        append(&file, put("a", "1"));
        file.write_out().unwrap();
        file.sync(&device).unwrap();
        let found = file.read(offset, |found| *found == record);
        assert_eq!(
            found,
            Ok(true),
            "its time is part of it, too; without a map: {no_map}"
        );
    }
}

#[test]
fn ex_2_2_what_is_mapped_is_read_without_asking_the_disk() {
    let disk = SimDisk::new();
    let (device, file) = create(&disk);
    let offsets = [put("a", "1"), put("b", &"v".repeat(1000))].map(|put| append(&file, put));
    file.write_out().unwrap();
    file.sync(&device).unwrap();
    let asked = disk.operations().len();
    for offset in offsets {
        read(&file, offset).unwrap();
    }
    let operations = disk.operations().split_off(asked);
    assert_eq!(operations, [], "what the disk was asked for");
}

#[test]
fn ex_2_2_where_no_record_begins_nothing_is_read() {
    let disk = SimDisk::new();
    let (device, file) = create(&disk);
    let offset = append(&file, put("a", "1"));
    let refused = |offset| {
        let found = read(&file, offset);
        assert!(
            matches!(&found, Err(Error::Corrupt { file, offset: at, .. })
                if *file == name(7, Kind::New) && *at == u64::from(offset)),
            "at {offset} no record begins, and reading it answers {found:?}"
        );
    };
    for round in ["in memory", "in the file"] {
        refused(offset + 1);
        refused(file.end());
        assert_eq!(read(&file, offset).unwrap(), "put a=1", "{round}");
        file.write_out().unwrap();
        file.sync(&device).unwrap();
    }
}

#[test]
fn ex_2_2_after_a_failed_sync_what_was_written_is_read_from_memory() {
    for failed_sync in [Unsynced::Kept, Unsynced::Reverted, Unsynced::Zeroed] {
        let disk = SimDisk::new();
        let (device, file) = create(&disk);
        let offset = append(&file, put("a", "1"));
        file.write_out().unwrap();
        fail_next(&disk, Part::Nothing);
        disk.set_faults(Faults {
            fail: Some(conformance::sim::Fail::Once(disk.operations().len())),
            failed_sync,
            ..Faults::default()
        });
        let failed = file.sync(&device);
        assert!(
            is_poisoned(&failed),
            "nobody may sync after a sync that failed, and `sync` answers {failed:?}"
        );
        assert_eq!(file.durable(), HEADER_BYTES, "nothing more is durable");
        let found = read(&file, offset);
        assert_eq!(found.unwrap(), "put a=1", "the file: {failed_sync:?}");
    }
}

/// What is wrong where somebody never comes to the tail.
const HELD: &str = "whoever appends, writes or syncs waits for the disk: a lock of the tail is \
     held while the file is written or synced";

#[test]
fn ex_2_2_nobody_who_reads_waits_for_the_disk() {
    for operation in [Operation::Write, Operation::Sync] {
        let (disk, device, file) = create_on_busy(operation);
        let offset = append(&file, put("a", "1"));
        let reader = Arc::clone(&file);
        disk.does(move || {
            assert_eq!(read(&reader, offset).unwrap(), "put a=1");
            Ok(())
        });
        let wrong = "a read waits for the disk: a lock is held while the file is written or synced";
        promptly(wrong, move || {
            file.write_out().unwrap();
            file.sync(&device).unwrap();
        });
        assert!(disk.is_done(), "the disk was asked to {}", operation.name());
        assert_eq!(bytes_of(&disk.disk, &name(7, Kind::New)).len(), 2000);
    }
}

#[test]
fn ex_2_2_what_is_appended_while_a_sync_runs_stays_in_memory() {
    let (disk, device, file) = create_on_busy(Operation::Sync);
    append(&file, put("a", "1"));
    file.write_out().unwrap();
    let end = file.end();
    let writer = Arc::clone(&file);
    disk.does(move || {
        append(&writer, put("b", "2"));
        writer.write_out()
    });
    let (syncing, device_of_it) = (Arc::clone(&file), Arc::clone(&device));
    promptly(HELD, move || syncing.sync(&device_of_it)).unwrap();
    assert_eq!(
        file.durable(),
        end,
        "b was written after the sync had begun: it may not be durable"
    );
    assert_eq!(read(&file, end).unwrap(), "put b=2");
    file.sync(&device).unwrap();
    assert_eq!(file.durable(), file.end(), "b was written before this one");
    assert_eq!(written(&disk.disk), ["put a=1", "put b=2"]);
}

#[test]
fn ex_2_2_a_sync_that_ends_while_a_write_runs_moves_the_tail() {
    let (disk, device, file) = create_on_busy(Operation::Write);
    append(&file, put("a", "1"));
    file.write_out().unwrap();
    let second = append(&file, put("b", "2"));
    let (other, syncs) = (Arc::clone(&file), Arc::clone(&device));
    disk.does(move || other.sync(&syncs));
    let writing = Arc::clone(&file);
    promptly(HELD, move || writing.write_out()).unwrap();
    assert_eq!(
        file.durable(),
        second,
        "a was written when the sync began, so a is durable"
    );
    // Not `pending`, which would be reckoned from what is wrong.
    assert_eq!(
        written(&disk.disk),
        ["put a=1", "put b=2"],
        "b is written, and once"
    );
    assert_eq!(file.pending(), 0, "b was written");
    let third = append(&file, put("c", "3"));
    assert_eq!(file.pending(), (file.end() - third) as usize, "c was not");
    file.write_out().unwrap();
    file.sync(&device).unwrap();
    assert_eq!(file.durable(), file.end());
    assert_eq!(written(&disk.disk), ["put a=1", "put b=2", "put c=3"]);
}

#[test]
fn ex_2_2_a_sync_that_another_one_has_passed_moves_nothing_back() {
    let (disk, device, file) = create_on_busy(Operation::Sync);
    append(&file, put("a", "1"));
    file.write_out().unwrap();
    let (other, another_device) = (Arc::clone(&file), device_of(&disk));
    disk.does(move || {
        append(&other, put("b", "2"));
        other.write_out()?;
        other.sync(&another_device)
    });
    let end = promptly(HELD, move || {
        file.sync(&device).unwrap();
        assert_eq!(file.durable(), file.end(), "the other one came farther");
        append(&file, put("c", "3"));
        file.write_out().unwrap();
        file.sync(&device).unwrap();
        file.durable()
    });
    assert_eq!(end, HEADER_BYTES + 3 * 13);
    assert_eq!(written(&disk.disk), ["put a=1", "put b=2", "put c=3"]);
}

#[test]
fn ex_2_2_two_syncs_may_overlap_at_any_step() {
    for moment in 0.. {
        let (device, file) = create(&SimDisk::new());
        let (device, file) = (Arc::new(device), Arc::new(file));
        let first = append(&file, put("a", "1"));
        file.write_out().unwrap();
        let second = file.end();
        let (other, syncs) = (Arc::clone(&file), Arc::clone(&device));
        let another = move || {
            append(&other, put("b", "2"));
            other.write_out().unwrap();
            other.sync(&syncs).unwrap();
        };
        let Some(synced) = with_other_at(moment, another, || file.sync(&device)) else {
            assert!(moment > 0, "a sync looks at the tail, under its lock");
            break;
        };
        synced.unwrap();
        assert_eq!(
            file.durable(),
            file.end(),
            "between two steps of a sync another one has come to the end of the file, and \
             `durable` says less when both are over: it changes together with the tail's \
             start, while the tail is locked (who reads what lies between the two would \
             look again for ever)"
        );
        assert_eq!(read(&file, first).unwrap(), "put a=1");
        assert_eq!(read(&file, second).unwrap(), "put b=2");
    }
}

#[test]
fn ex_2_2_what_becomes_durable_while_it_is_looked_for_is_found() {
    for moment in 0.. {
        let (device, file) = create(&SimDisk::new());
        let file = Arc::new(file);
        let first = append(&file, put("a", "1"));
        let second = append(&file, put("b", "2"));
        file.write_out().unwrap();
        append(&file, put("c", "3"));
        let other = Arc::clone(&file);
        let sync = move || other.sync(&device).unwrap();
        let offset = if moment % 2 == 0 { first } else { second };
        let Some(found) = with_other_at(moment / 2, sync, || read(&file, offset)) else {
            assert!(moment > 0, "what is not durable is read under a lock");
            break;
        };
        let expected = if offset == first {
            "put a=1"
        } else {
            "put b=2"
        };
        assert_eq!(
            found.as_deref(),
            Ok(expected),
            "a sync has moved the tail past the record before the read has locked it: the \
             record is in the file now, and a second look finds it"
        );
    }
}

#[test]
fn ex_2_2_what_is_durable_is_read_with_no_lock_held() {
    for no_map in [false, true] {
        let disk = SimDisk::new();
        disk.set_faults(Faults {
            no_map,
            ..Faults::default()
        });
        let (device, file) = create(&disk);
        let offset = append(&file, put("a", "1"));
        file.write_out().unwrap();
        file.sync(&device).unwrap();
        let held = with_locks_counted(|held| file.read(offset, |_| held()));
        assert_eq!(
            held,
            Ok(0),
            "locks that are held while the file is read: whoever writes waits for the disk"
        );
    }
}

#[test]
fn ex_2_2_a_sync_gives_back_the_memory_of_what_is_durable() {
    let (device, file) = create(&SimDisk::new());
    let records = vec![1; 4 * TAIL_BYTES];
    file.append(&records);
    file.write_out().unwrap();
    let used = allocation_counter::measure(|| file.sync(&device).unwrap());
    let more = used.bytes_current;
    assert!(
        more <= -2 * i64::try_from(TAIL_BYTES).unwrap(),
        "a sync made {} bytes durable, and what is allocated has changed by {more}: all \
         that the tail took is given back but for `TAIL_BYTES`",
        records.len()
    );
    let used = allocation_counter::measure(|| file.append(&records[..TAIL_BYTES]));
    assert_eq!(
        used.count_total, 0,
        "allocations, to append `TAIL_BYTES` after a sync that keeps memory for so many"
    );
}

#[test]
fn ex_2_2_a_sealed_file_keeps_no_memory_for_more() {
    let disk = SimDisk::new();
    let (device, file) = create(&disk);
    file.append(&vec![1; TAIL_BYTES]);
    file.write_out().unwrap();
    file.sync(&device).unwrap();
    let renamed = |kind| {
        let used = allocation_counter::measure(|| file.rename(device.disk(), kind).unwrap());
        used.bytes_current
    };
    let half = i64::try_from(TAIL_BYTES / 2).unwrap();
    let more = renamed(Kind::Active);
    assert!(
        more > -half,
        "more may come, and it keeps its memory: {more} bytes"
    );
    let more = renamed(Kind::Data);
    assert!(
        more < -half,
        "no more comes, and it keeps its memory: {more} bytes"
    );
}

#[test]
fn ex_2_2_a_sync_asks_the_device_once_though_nothing_was_written() {
    let disk = SimDisk::new();
    let (device, file) = create(&disk);
    for round in [
        "nothing was ever written",
        "a was written",
        "nothing is new",
    ] {
        let asked = disk.operations().len();
        file.sync(&device).unwrap();
        let asked = disk.operations().split_off(asked);
        assert_eq!(
            asked,
            [Operation::Sync],
            "what a sync asks the disk for, where {round}"
        );
        if file.end() == HEADER_BYTES {
            append(&file, put("a", "1"));
            file.write_out().unwrap();
        }
    }
}

#[test]
fn ex_2_2_on_a_poisoned_device_no_sync_succeeds() {
    let (device, file) = create(&SimDisk::new());
    file.sync(&device).unwrap();
    let file_name = "the device".to_owned();
    device.poison(Error::NoSpace { file: file_name });
    let synced = file.sync(&device);
    assert!(
        is_poisoned(&synced),
        "nothing was written, and yet only the device can say that all is well: {synced:?}"
    );
}
