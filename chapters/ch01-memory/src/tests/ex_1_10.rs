use conformance::sim::{Cut, Fail, Faults, Operation, SimDisk};
use engine::disk::Disk;
use engine::{Error, Result};

use crate::snapshot_file::{SNAPSHOT, TEMPORARY, publish, write_temporary};
use crate::tests::{Meanwhile, disk_with, failing, text, text_of};

fn old() -> SimDisk {
    disk_with(SNAPSHOT, b"old")
}

/// What a save is made of.
fn save(disk: &SimDisk) -> Result<()> {
    publish(disk, write_temporary(disk, b"new")?)
}

fn no_files() -> Vec<String> {
    Vec::new()
}

#[test]
fn ex_1_10_the_temporary_file_holds_the_bytes_and_is_still_open() {
    let disk = SimDisk::new();
    let file = write_temporary(&disk, b"hello").unwrap();
    assert_eq!(file.name(), TEMPORARY);
    assert_eq!(text_of(&disk, TEMPORARY).as_deref(), Some("hello"));
    file.write_at(5, b"!").unwrap();
    assert_eq!(disk.list().unwrap(), [TEMPORARY]);
}

#[test]
fn ex_1_10_the_temporary_file_holds_nothing_of_one_that_was_left_behind() {
    let disk = disk_with(TEMPORARY, b"something longer");
    drop(write_temporary(&disk, b"new").unwrap());
    assert_eq!(text_of(&disk, TEMPORARY).as_deref(), Some("new"));
}

#[test]
fn ex_1_10_writing_asks_nothing_of_the_device_and_leaves_the_snapshot_alone() {
    let disk = old();
    drop(write_temporary(&disk, b"new").unwrap());
    assert_eq!(text_of(&disk, SNAPSHOT).as_deref(), Some("old"));
    let syncs = disk.operations().iter().any(|asked| asked.is_sync());
    assert!(!syncs, "syncing is for `publish` to do");
}

#[test]
fn ex_1_10_a_full_disk_leaves_nothing_behind() {
    let disk = old();
    disk.set_faults(Faults {
        capacity: Some(6),
        ..Faults::default()
    });
    let failed = write_temporary(&disk, b"much longer").unwrap_err();
    assert_eq!(disk.violations(), no_files(), "close it, then remove it");
    assert_eq!(disk.list().unwrap(), [SNAPSHOT], "nothing is left behind");
    assert!(
        matches!(failed, Error::NoSpace { .. }),
        "the disk is full, and the answer is {failed:?}"
    );
    // There is room again, and what failed can simply be tried again.
    disk.set_faults(Faults::default());
    drop(write_temporary(&disk, b"much longer").unwrap());
    assert_eq!(text_of(&disk, TEMPORARY).as_deref(), Some("much longer"));
}

#[test]
fn ex_1_10_a_write_that_fails_leaves_nothing_behind() {
    let disk = failing(old, Operation::Write, Fail::Once, save);
    let failed = write_temporary(&disk, b"new").unwrap_err();
    assert_eq!(disk.violations(), no_files(), "close it, then remove it");
    assert_eq!(disk.list().unwrap(), [SNAPSHOT], "nothing is left behind");
    assert!(
        matches!(failed, Error::Io { .. }),
        "the write failed, and the answer is {failed:?}"
    );
    assert_eq!(text_of(&disk, SNAPSHOT).as_deref(), Some("old"));
}

#[test]
fn ex_1_10_the_first_error_is_answered_even_if_removing_fails_too() {
    let disk = failing(old, Operation::Write, Fail::From, save);
    match write_temporary(&disk, b"new").unwrap_err() {
        Error::Io { operation, .. } => assert_eq!(operation, "write", "what failed first"),
        other => panic!("the write failed, and the answer is {other:?}"),
    }
}

#[test]
fn ex_1_10_publishing_syncs_renames_and_syncs_the_names() {
    let disk = old();
    save(&disk).unwrap();
    assert_eq!(text_of(&disk, SNAPSHOT).as_deref(), Some("new"));
    assert_eq!(disk.list().unwrap(), [SNAPSHOT]);
    assert_eq!(
        disk.trace(),
        [
            "create snapshot.tmp",
            "write snapshot.tmp at 0, 3 bytes",
            "sync snapshot.tmp",
            "rename snapshot.tmp to snapshot",
            "sync_dir",
        ],
        "what the disk did"
    );
}

#[test]
fn ex_1_10_what_could_not_be_removed_does_not_stop_the_next_attempt() {
    let disk = failing(old, Operation::Write, Fail::From, save);
    write_temporary(&disk, b"new").unwrap_err();
    disk.set_faults(Faults::default());
    assert_eq!(disk.list().unwrap(), [SNAPSHOT, TEMPORARY]);
    save(&disk).unwrap();
    assert_eq!(text_of(&disk, SNAPSHOT).as_deref(), Some("new"));
    assert_eq!(disk.list().unwrap(), [SNAPSHOT]);
}

#[test]
fn ex_1_10_the_file_is_closed_once_it_is_published() {
    // The simulated disk, like Windows, lets nobody replace or remove a file
    // that is open.
    let disk = old();
    save(&disk).unwrap();
    save(&disk).unwrap();
    disk.remove(SNAPSHOT).unwrap();
    assert_eq!(disk.violations(), no_files());
}

#[test]
fn ex_1_10_the_file_is_closed_before_it_moves() {
    // The simulated disk lets nobody remove a file that is open, so an attempt
    // just before the renaming tells whether it is.
    let disk = Meanwhile::new(old(), Operation::Rename);
    let temporary = write_temporary(&disk, b"new").unwrap();
    let other = disk.disk.clone();
    disk.does(move || other.remove(TEMPORARY));
    let _fails_since_the_file_is_gone = publish(&disk, temporary);
    assert_eq!(
        disk.disk.violations(),
        no_files(),
        "close it, then rename it (the removing is an attempt of this test)"
    );
}

#[test]
fn ex_1_10_whatever_fails_is_answered_and_nothing_more_is_done() {
    let steps = [Operation::Sync, Operation::Rename, Operation::SyncDir];
    for (step, operation) in steps.into_iter().enumerate() {
        let disk = failing(old, operation, Fail::Once, save);
        let temporary = write_temporary(&disk, b"new").unwrap();
        let before = disk.operations().len();
        let published = publish(&disk, temporary);
        let name = operation.name();
        assert!(
            matches!(published, Err(Error::Io { .. })),
            "`{name}` failed, and publishing answered {published:?}"
        );
        assert_eq!(
            disk.operations()[before..],
            steps[..=step],
            "what was asked of the disk: all until `{name}` failed, and no more"
        );
    }
}

#[test]
fn ex_1_10_a_power_cut_leaves_the_old_snapshot_or_the_new_one() {
    let disk = old();
    save(&disk).unwrap();
    let last = disk.changes();
    for at in 0..=last {
        for image in 0..40 {
            let cut = Cut { at, image };
            let found = disk.cut(cut).get(SNAPSHOT).map(|file| text(file.bytes()));
            match found.as_deref() {
                Some("new") => {}
                Some("old") if at < last => {}
                Some("old") => panic!(
                    "`publish` had returned, so only the new snapshot may be there; after \
                     a power cut ({}, image {image}) it is the old one",
                    cut.meaning()
                ),
                found => panic!(
                    "after a power cut behind change {at} of {last} ({}, image {image}), \
                     the file `snapshot` holds neither \"old\" nor \"new\", but {found:?}",
                    cut.meaning()
                ),
            }
        }
    }
}
