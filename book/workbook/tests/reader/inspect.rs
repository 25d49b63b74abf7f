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

/// A Bitcask in `d`: a file, and one that changes all that it holds.
fn with_garbage() -> Place {
    let place = Place::new();
    let script = b"put apple red; put fig green; reopen; put apple green; delete fig; sync";
    place.says_to("shell --engine bitcask --dir d", script);
    place
}

/// What stands between the rows and around them.
fn headings(said: &str) -> String {
    let is_row = |line: &str| {
        let offset = line.split_whitespace().next().unwrap_or("");
        offset.bytes().all(|byte| byte.is_ascii_digit()) || line.starts_with("offset")
    };
    let lines: Vec<_> = said.lines().filter(|line| !is_row(line)).collect();
    lines.join("\n")
}

#[test]
fn all_files_together_say_what_is_live() {
    let place = with_garbage();
    insta::assert_snapshot!(headings(&place.says("inspect d")), @"
    d/0000000001.data: 77 bytes, data file
            put, garbage
            put, garbage
            seal
    No fault found. 2 garbage.
    d/0000000002.data: 74 bytes, data file
            put, live
            delete, grave
            seal
    No fault found. 1 live, 1 grave.
    d/LOCK: 0 bytes; a lock on it says who owns the directory
    ");
    let script = b"step; step all; step; put fig late; step";
    insta::assert_snapshot!(place.says_to("shell --engine bitcask --dir d", script), @"
    (1 step)
    (4 steps)
    (nothing is due)
    (nothing is due)
    (1 change was not synced; closing synced it)
    ");
    insta::assert_snapshot!(headings(&place.says("inspect d")), @"
    d/0000000003.data: 60 bytes, data file
            put, live
            seal
    No fault found. 1 live.
    d/0000000004.data: 57 bytes, data file
            put, live
            seal
    No fault found. 1 live.
    d/LOCK: 0 bytes; a lock on it says who owns the directory
    ");
}

#[test]
fn tables_and_the_manifest_of_an_lsm_tree_are_drawn_and_judged() {
    let place = Place::new();
    let script = b"put apple red; put fig green; reopen; put apple green; delete fig; sync";
    place.says_to("shell --engine lsm --dir d", script);
    insta::assert_snapshot!(headings(&place.says("inspect d")));
}

/// A tree of some leaves in `d`.
fn with_tree() -> Place {
    let place = Place::new();
    let puts = (0..60).map(|n| format!("put key-{n:02} x*200; "));
    let script = puts.collect::<String>() + "sync";
    place.says_to("shell --engine btree --dir d", script.as_bytes());
    place
}

#[test]
fn a_tree_is_drawn_level_by_level_and_its_pages_are_judged() {
    let place = Place::new();
    let script = b"put apple red; put fig green; reopen; put apple green; delete fig; sync";
    place.says_to("shell --engine btree --dir d", script);
    let said = place.says("inspect d --all");
    for expected in [
        ": 1 level, 1 entry, leaves 0 % full.\nlevel 0\n  page ",
        " 0 %  \"apple\"\n\nd/LOCK",
        ": leaf, 1 entry, live\n",
        ": free list, list\n",
        "\nNo fault found. 2 newest, 1 older, 1 live, 1 list",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
}

#[test]
fn of_a_large_tree_some_pages_are_drawn_and_all_where_that_is_asked_for() {
    let place = Place::new();
    let puts = (0..400).map(|n| format!("put key-{n:03} x*300; "));
    let script = puts.collect::<String>() + "sync";
    place.says_to("shell --engine btree --dir d", script.as_bytes());
    let tree_in = |said: String| said.split("\n\n").next().unwrap().to_owned();
    let tree = tree_in(place.says("inspect d"));
    assert!(tree.contains(": 2 levels, 400 entries, leaves "), "{tree}");
    // The heading; the root below its own; ten leaves below theirs, and how
    // many are left out.
    assert_eq!(tree.lines().count(), 1 + 2 + 12, "{tree}");
    assert!(tree.contains("\n  … 24 more\n"), "{tree}");
    let output = place.output("inspect d --all", b"");
    let all = tree_in(String::from_utf8(output.stdout).unwrap());
    assert_eq!(all.lines().count(), 1 + 2 + 1 + 34, "{all}");
    assert!(!all.contains(" more\n"), "{all}");
}

#[test]
fn one_page_or_one_key_is_drawn_where_it_is_asked_for() {
    let place = with_tree();
    let key = headings(&place.says("inspect d --only key-07"));
    assert_eq!(key.matches(": \"key-07\"\n").count(), 1, "{key}");
    assert!(
        !key.contains("key-08") && key.contains(" more without a fault, in "),
        "{key}"
    );
    let page = headings(&place.says("inspect d --only 'page 4'"));
    assert!(page.contains("page 4: "), "{page}");
    assert!(
        !page.contains("page 40: ") && !page.contains("page 5: "),
        "{page}"
    );
    let part_of_a_word = headings(&place.says("inspect d --only key-0"));
    assert!(!part_of_a_word.contains("\"key-0"), "{part_of_a_word}");
}

#[test]
fn a_file_alone_says_where_to_ask_what_is_live() {
    let place = with_garbage();
    let said = headings(&place.says("inspect d/0000000001.data"));
    insta::assert_snapshot!(said, @"
    d/0000000001.data: 77 bytes, data file
            put
            put
            seal
    No fault found.
    Only its whole directory says which records are live: inspect `d`.
    ");
    let mut here = place.program("inspect 0000000001.data");
    let output = here.current_dir(place.path("d")).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.ends_with("are live: inspect `.`.\n"), "{said}");
}

#[test]
fn a_directory_that_no_engine_opens_is_drawn_without_a_word() {
    let place = with_garbage();
    place.edit("d/0000000001.data", |bytes| bytes[12] ^= 1);
    insta::assert_snapshot!("unjudged", headings(&place.says("inspect d")));
}

#[test]
fn what_is_judged_is_left_as_it_is() {
    let place = with_garbage();
    fs::remove_file(place.path("d/LOCK")).unwrap();
    let files = || {
        let files = fs::read_dir(place.path("d")).unwrap();
        let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        files.sort();
        let bytes = files.iter().map(|file| fs::read(file).unwrap()).collect();
        (files, bytes)
    };
    let before: (Vec<_>, Vec<_>) = files();
    place.says("inspect d");
    assert_eq!(files(), before);
}
