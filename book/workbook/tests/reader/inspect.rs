//! Files of engines, drawn.

use std::fs;

use crate::place::Place;

#[test]
fn a_sound_file_is_drawn_byte_by_byte() {
    insta::assert_snapshot!(Place::with_entries().says("inspect d"));
}

#[test]
fn what_is_wrong_stands_at_its_place_and_the_rest_is_there() {
    let place = Place::with_entries();
    place.edit("d/snapshot", |bytes| {
        bytes[0] = b's';
        bytes[8] = 2;
        bytes[16] = 0xff;
        bytes.extend_from_slice(b"left over");
    });
    insta::assert_snapshot!("all_wrong", place.says("inspect d/snapshot"));
    let place = Place::with_entries();
    place.edit("d/snapshot", |bytes| bytes.truncate(30));
    insta::assert_snapshot!("cut_off", place.says("inspect d/snapshot"));
}

#[test]
fn long_files_are_shown_in_short_and_faults_never_left_out() {
    let place = Place::new();
    let lines: String = (0..100).map(|n| format!("put {n:02} x*200\n")).collect();
    place.says_to("shell --engine memory --dir d", lines.as_bytes());
    let short = place.says("inspect d");
    assert!(short.lines().count() < 120, "{short}");
    assert!(short.contains("… 90 more without a fault, in "), "{short}");
    assert!(short.contains("… 168 bytes more"), "{short}");
    assert!(short.contains("entry 100 of 100"), "{short}");
    let all = place.says("inspect --all d");
    assert!(!all.contains("… "), "{all}");
    assert_eq!(all.matches("value_len    200").count(), 100);
}

#[test]
fn files_of_no_engine_are_plain_bytes() {
    let place = Place::new();
    fs::create_dir_all(place.path("d/below")).unwrap();
    fs::write(place.path("d/empty"), "").unwrap();
    fs::write(place.path("d/long"), [b'x'; 300]).unwrap();
    fs::write(place.path("d/snapshot"), "STRATA").unwrap();
    fs::write(place.path("d/text"), "Grüße\n").unwrap();
    insta::assert_snapshot!(place.says("inspect d"));
    fs::create_dir(place.path("none")).unwrap();
    assert_eq!(place.says("inspect none"), "none holds no files.\n");
    insta::assert_snapshot!(place.says("inspect nowhere"), @"
    error: there is no file or directory `nowhere`
    [status 1]
    ");
}

#[test]
fn colours_are_for_terminals_and_can_be_forced_and_forbidden() {
    let place = Place::with_entries();
    let escapes = |name: &str, value: &str| {
        let mut command = place.program("inspect d");
        command.env_remove("NO_COLOR").env(name, value);
        let output = command.output().unwrap();
        String::from_utf8_lossy(&output.stdout).contains('\x1b')
    };
    assert!(!escapes("TERM", "xterm"));
    assert!(escapes("CLICOLOR_FORCE", "1"));
    assert!(!escapes("NO_COLOR", "1"));
}

#[test]
fn nothing_is_written_and_no_lock_is_taken() {
    let place = Place::with_entries();
    fs::remove_file(place.path("d/LOCK")).unwrap();
    let before = fs::read(place.path("d/snapshot")).unwrap();
    place.says("inspect d");
    assert_eq!(fs::read(place.path("d/snapshot")).unwrap(), before);
    assert_eq!(fs::read_dir(place.path("d")).unwrap().count(), 1);
}
