//! Each rule of what survives, in a test of its own.

use std::collections::BTreeSet;

use super::*;
use crate::sim::choice::{Cut, EXTREMES};

const A: FileId = FileId(0);
const B: FileId = FileId(1);

fn create(name: &str, file: FileId) -> Change {
    Change::Name(NameChange::Create(name.into(), file))
}

fn rename_to(from: &str, to: &str, file: FileId) -> Change {
    Change::Name(NameChange::Rename(from.into(), to.into(), file))
}

fn remove(name: &str) -> Change {
    Change::Name(NameChange::Remove(name.into()))
}

fn bytes(file: FileId, change: ByteChange) -> Change {
    Change::Bytes {
        name: "file".into(),
        file,
        change,
    }
}

fn write(file: FileId, offset: u64, text: &str) -> Change {
    bytes(file, ByteChange::Write(offset, text.as_bytes().into()))
}

fn sync(file: FileId) -> Change {
    end_sync(file, SyncEnd::Succeeded)
}

fn end_sync(file: FileId, end: SyncEnd) -> Change {
    Change::Sync {
        name: "file".into(),
        file,
        end,
    }
}

fn failed(unsynced: Unsynced) -> SyncEnd {
    SyncEnd::Failed(unsynced)
}

/// The medium after `changes` to one that holds a durable, empty file `a`.
fn after(changes: &[Change]) -> Medium {
    let mut image = Image::new();
    image.insert("a", Content::default());
    after_on(&image, changes)
}

fn after_on(image: &Image, changes: &[Change]) -> Medium {
    let mut medium = Medium::new(image);
    for change in changes {
        medium.apply(change, &mut Reach::default());
    }
    medium
}

/// One image as text: `a=xyz b=`.
fn shown(image: &Image) -> String {
    let files: Vec<_> = image
        .files()
        .map(|(name, content)| format!("{name}={}", content.bytes().escape_ascii()))
        .collect();
    files.join(" ")
}

fn image(medium: &Medium, number: usize) -> String {
    let cut = Cut {
        at: 0,
        image: number,
    };
    shown(&medium.image(&mut Choice::new(cut, &mut Reach::default())))
}

/// All images that occur among many.
fn images(medium: &Medium) -> BTreeSet<String> {
    (0..3000).map(|number| image(medium, number)).collect()
}

fn undecided(medium: &Medium) -> usize {
    let Undecided { names, bytes } = medium.undecided();
    names + bytes
}

fn set(texts: &[&str]) -> BTreeSet<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

#[test]
fn what_the_image_holds_is_durable() {
    let mut image = Image::new();
    image.insert("a", Content::new(b"x".to_vec()));
    image.insert("b", Content::new(b"y".to_vec()));
    assert_eq!(images(&after_on(&image, &[])), set(&["a=x b=y"]));
}

#[test]
fn an_unsynced_write_survives_or_not_or_in_part() {
    let medium = after(&[write(A, 0, "xy")]);
    let images = images(&medium);
    for expected in ["a=", "a=xy", "a=x", "a=\\x00y", "a=\\x00\\x00"] {
        assert!(images.contains(expected), "{expected} in {images:?}");
    }
    // Behind a tear, or in its place, there may also be garbage.
    assert!(
        images
            .iter()
            .any(|image| image.starts_with("a=x") && image.len() > 4)
    );
    assert_eq!(undecided(&medium), 1);
}

#[test]
fn a_synced_write_survives() {
    let medium = after(&[write(A, 0, "xy"), write(A, 1, "z"), sync(A)]);
    assert_eq!(images(&medium), set(&["a=xz"]));
    assert_eq!(undecided(&medium), 0);
}

#[test]
fn a_sync_saves_what_came_before_it_and_only_in_its_file() {
    let medium = after(&[
        create("b", B),
        Change::SyncDir(true),
        write(A, 0, "x"),
        write(B, 0, "y"),
        sync(A),
        write(A, 1, "z"),
    ]);
    let images = images(&medium);
    for expected in ["a=x b=", "a=x b=y", "a=xz b=", "a=xz b=y"] {
        assert!(images.contains(expected), "{expected} in {images:?}");
    }
    assert!(images.iter().all(|image| image.starts_with("a=x")));
}

#[test]
fn unsynced_writes_survive_independently_of_their_order() {
    let medium = after(&[write(A, 0, "x"), write(A, 1, "y"), write(A, 2, "z")]);
    let images = images(&medium);
    for expected in [
        "a=",
        "a=x",
        "a=\\x00y",
        "a=\\x00\\x00z",
        "a=x\\x00z",
        "a=xyz",
    ] {
        assert!(images.contains(expected), "{expected} in {images:?}");
    }
}

#[test]
fn the_later_write_wins_where_both_survive() {
    let medium = after(&[
        write(A, 0, "xx"),
        sync(A),
        write(A, 0, "y"),
        write(A, 0, "z"),
    ]);
    assert_eq!(images(&medium), set(&["a=xx", "a=yx", "a=zx"]));
}

#[test]
fn a_failed_sync_loses_writes_for_good_and_a_later_sync_does_not_help() {
    let lost = after(&[
        write(A, 0, "x"),
        end_sync(A, failed(Unsynced::Kept)),
        sync(A),
    ]);
    assert_eq!(shown_live(&lost), "a=x");
    assert_eq!(undecided(&lost), 1);
    let images = images(&lost);
    assert!(
        images.contains("a=") && images.contains("a=x"),
        "{images:?}"
    );
}

#[test]
fn what_was_durable_before_a_failed_sync_stays_durable() {
    let medium = after(&[
        write(A, 0, "xy"),
        sync(A),
        write(A, 1, "z"),
        end_sync(A, failed(Unsynced::Kept)),
    ]);
    assert_eq!(images(&medium), set(&["a=xy", "a=xz"]));
}

#[test]
fn a_write_after_a_failed_sync_can_be_made_durable() {
    let medium = after(&[
        write(A, 0, "x"),
        end_sync(A, failed(Unsynced::Kept)),
        write(A, 0, "y"),
        sync(A),
    ]);
    assert_eq!(images(&medium), set(&["a=y"]));
    let elsewhere = after(&[
        write(A, 0, "x"),
        end_sync(A, failed(Unsynced::Kept)),
        write(A, 1, "y"),
        sync(A),
    ]);
    let images = images(&elsewhere);
    assert!(images.contains("a=\\x00y") && images.contains("a=xy"));
    assert!(
        images.iter().all(|image| image.ends_with('y')),
        "{images:?}"
    );
}

fn shown_live(medium: &Medium) -> String {
    let mut image = Image::new();
    for (name, file) in medium.live_names() {
        image.insert(name, medium.live_content(file));
    }
    shown(&image)
}

#[test]
fn a_failed_sync_keeps_reverts_or_zeroes_what_is_read() {
    let live = |unsynced| {
        let medium = after(&[
            write(A, 0, "xy"),
            sync(A),
            write(A, 1, "zzz"),
            bytes(A, ByteChange::Allocate(6)),
            end_sync(A, failed(unsynced)),
        ]);
        (shown_live(&medium), undecided(&medium))
    };
    assert_eq!(live(Unsynced::Kept), ("a=xzzz\\x00\\x00".into(), 2));
    assert_eq!(live(Unsynced::Reverted), ("a=xy".into(), 0));
    let zeroed = "a=xy\\x00\\x00\\x00\\x00";
    assert_eq!(live(Unsynced::Zeroed), (zeroed.into(), 2));
}

#[test]
fn what_a_failed_sync_reverted_does_not_come_back() {
    let medium = after(&[
        write(A, 0, "xy"),
        end_sync(A, failed(Unsynced::Reverted)),
        write(A, 0, "z"),
        sync(A),
    ]);
    assert_eq!(images(&medium), set(&["a=z"]));
    let durable_between = after(&[
        write(A, 0, "x"),
        end_sync(A, failed(Unsynced::Kept)),
        write(A, 1, "y"),
        sync(A),
        write(A, 2, "z"),
        end_sync(A, failed(Unsynced::Zeroed)),
    ]);
    assert_eq!(shown_live(&durable_between), "a=\\x00y\\x00");
}

#[test]
fn lengths_follow_the_rule_of_writes() {
    let grown = after(&[bytes(A, ByteChange::SetLen(2))]);
    let images_grown = images(&grown);
    assert!(images_grown.contains("a=") && images_grown.contains("a=\\x00\\x00"));
    assert!(images_grown.len() > 3, "garbage, too: {images_grown:?}");
    let synced = after(&[
        write(A, 0, "xyz"),
        bytes(A, ByteChange::SetLen(2)),
        bytes(A, ByteChange::Allocate(3)),
        sync(A),
    ]);
    assert_eq!(images(&synced), set(&["a=xy\\x00"]));
    let shrunk = after(&[write(A, 0, "xyz"), sync(A), bytes(A, ByteChange::SetLen(1))]);
    assert_eq!(images(&shrunk), set(&["a=xyz", "a=x"]));
}

#[test]
fn names_survive_as_a_prefix_of_their_changes() {
    let medium = after(&[
        create("b", B),
        create("c", FileId(2)),
        rename_to("b", "d", B),
        remove("a"),
    ]);
    assert_eq!(
        images(&medium),
        set(&["a=", "a= b=", "a= b= c=", "a= c= d=", "c= d="])
    );
    assert_eq!(undecided(&medium), 4);
}

#[test]
fn synced_names_survive() {
    let medium = after(&[
        create("b", B),
        rename_to("b", "c", B),
        remove("a"),
        Change::SyncDir(true),
        create("d", FileId(2)),
    ]);
    assert_eq!(images(&medium), set(&["c=", "c= d="]));
    assert_eq!(undecided(&medium), 1);
}

#[test]
fn contents_belong_to_the_file_and_not_to_its_name() {
    let medium = after(&[
        write(A, 0, "old"),
        sync(A),
        create("b", B),
        write(B, 0, "new"),
        sync(B),
        rename_to("b", "a", B),
    ]);
    assert_eq!(images(&medium), set(&["a=old", "a=old b=new", "a=new"]));
}

#[test]
fn a_rename_can_survive_what_was_written_before_it() {
    let medium = after(&[
        write(A, 0, "old"),
        sync(A),
        create("b", B),
        write(B, 0, "new"),
        rename_to("b", "a", B),
        Change::SyncDir(true),
    ]);
    assert!(images(&medium).contains("a="));
}

#[test]
fn names_lost_by_a_failed_sync_are_not_saved_by_a_later_one() {
    let medium = after(&[
        create("b", B),
        create("c", FileId(2)),
        Change::SyncDir(false),
        create("d", FileId(3)),
        Change::SyncDir(true),
    ]);
    assert_eq!(images(&medium), set(&["a= d=", "a= b= d=", "a= b= c= d="]));
    assert_eq!(shown_live(&medium), "a= b= c= d=");
    assert_eq!(undecided(&medium), 2);
}

#[test]
fn names_that_two_failed_syncs_lost_survive_independently() {
    let medium = after(&[
        create("b", B),
        Change::SyncDir(false),
        create("c", FileId(2)),
        Change::SyncDir(false),
        create("d", FileId(3)),
    ]);
    let images = images(&medium);
    assert_eq!(images.len(), 8, "{images:?}");
    assert!(images.contains("a= c=") && images.contains("a= d="));
}

#[test]
fn a_name_that_is_changed_again_after_a_failed_sync_can_be_saved() {
    let medium = after(&[
        create("b", B),
        rename_to("b", "a", B),
        Change::SyncDir(false),
        create("b", FileId(2)),
        write(FileId(2), 0, "x"),
        sync(FileId(2)),
        rename_to("b", "a", FileId(2)),
        Change::SyncDir(true),
    ]);
    assert_eq!(images(&medium), set(&["a=x"]));
}

#[test]
fn the_extremes_are_what_the_table_says() {
    let medium = after(&[
        write(A, 0, "0123456789"),
        sync(A),
        write(A, 0, "ab"),
        write(A, 10, "cdef"),
        create("b", B),
    ]);
    let names: Vec<_> = (0..EXTREMES).map(|number| image(&medium, number)).collect();
    assert_eq!(names[0], "a=0123456789");
    assert_eq!(names[1], "a=ab23456789cdef b=");
    assert_eq!(names[2], "a=0123456789 b=");
    assert_eq!(names[3], "a=ab23456789cdef");
    assert_eq!(names[4], "a=ab23456789 b=");
    assert_eq!(names[5], "a=0123456789\\x00\\x00\\x00\\x00 b=");
    assert!(names[6].starts_with("a=0123456789") && names[6].len() > 18);
    assert_ne!(names[6], names[5]);
    let torn = [
        "a=ab23456789c b=",
        "a=ab23456789cd b=",
        "a=ab23456789cde b=",
    ];
    assert!(torn.contains(&&*names[7]), "{}", names[7]);
    assert!(names[8].starts_with("a=ab23456789c") && !torn.contains(&&*names[8]));
    let headless = [
        "a=ab23456789\\x00def b=",
        "a=ab23456789\\x00\\x00ef b=",
        "a=ab23456789\\x00\\x00\\x00f b=",
    ];
    assert!(headless.contains(&&*names[9]), "{}", names[9]);
    assert_eq!(names[10], "a=0123456789cdef b=");
    assert!(torn.contains(&&*names[11]), "{}", names[11]);
}

#[test]
fn the_last_write_may_tear_at_a_sector() {
    let long = "x".repeat(600);
    let medium = after(&[write(A, 0, &long)]);
    assert_eq!(image(&medium, 11), format!("a={}", &long[..512]));
}

#[test]
fn an_image_is_the_same_each_time_and_others_differ() {
    let medium = after(&[write(A, 0, "some bytes that can tear"), create("b", B)]);
    let draw = |at, image| {
        let choice = Cut { at, image };
        shown(&medium.image(&mut Choice::new(choice, &mut Reach::default())))
    };
    assert_eq!(draw(3, 20), draw(3, 20));
    let many: BTreeSet<_> = (0..40)
        .flat_map(|place| [draw(place, 11), draw(0, 11 + place)])
        .collect();
    assert!(many.len() > 20, "{many:?}");
}

#[test]
fn outcomes_are_counted_once_for_each_image_they_are_part_of() {
    let mut medium = Medium::default();
    let mut reach = Reach::default();
    for change in [
        create("a", A),
        write(A, 0, "x"),
        sync(A),
        Change::SyncDir(true),
        write(A, 1, "yz"),
        end_sync(A, failed(Unsynced::Kept)),
        bytes(A, ByteChange::SetLen(9)),
        remove("a"),
        Change::SyncDir(false),
    ] {
        medium.apply(&change, &mut reach);
    }
    let count = |reach: &Reach, kind, outcome| reach.times(kind, outcome);
    assert_eq!(count(&reach, Kind::Create, Outcome::Durable), 1);
    assert_eq!(count(&reach, Kind::Write, Outcome::Durable), 1);
    assert_eq!(count(&reach, Kind::Write, Outcome::Lost), 1);
    assert_eq!(count(&reach, Kind::Remove, Outcome::Lost), 1);
    let mut reach = Reach::default();
    for number in [0, 3, 1] {
        let cut = Cut {
            at: 9,
            image: number,
        };
        medium.image(&mut Choice::new(cut, &mut reach));
    }
    assert_eq!(count(&reach, Kind::Remove, Outcome::Dropped), 2);
    assert_eq!(count(&reach, Kind::Remove, Outcome::Applied), 1);
    assert_eq!(count(&reach, Kind::Write, Outcome::Dropped), 1);
    assert_eq!(count(&reach, Kind::Write, Outcome::Applied), 1);
    assert_eq!(count(&reach, Kind::SetLen, Outcome::Dropped), 1);
    assert_eq!(count(&reach, Kind::SetLen, Outcome::Applied), 1);
}
