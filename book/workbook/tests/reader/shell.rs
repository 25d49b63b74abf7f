//! The shell, from a pipe.

use crate::place::Place;

const SHELL: &str = "shell --engine memory --dir d";

#[test]
fn lines_are_played_and_the_engine_is_closed() {
    let place = Place::new();
    let script = br#"
# A comment, and a script as the suite prints them.
put a 1; put "b c" "\xff\x00x"; get a
get nothing
scan
scan a<.. desc limit 1
scan_prefix "b "
delete a; scan ..b
sync
put lost x*50
get lost
drop
get lost
put kept 1; reopen; get kept
put last 1
"#;
    insta::assert_snapshot!(place.says_to(SHELL, script));
    assert_eq!(place.says("get --engine memory --dir d last"), "1\n");
}

#[test]
fn lines_that_are_given_are_played_in_place_of_what_could_be_read() {
    let place = Place::new();
    let line = format!("{SHELL} --execute 'put a 1; get a' --execute 'get b'");
    let said = place.says_to(&line, b"get c");
    let synced = "(1 change was not synced; closing synced it)\n";
    assert_eq!(said, format!("1\n(absent)\n{synced}"));
    let said = place.says(&format!(
        "{SHELL} --execute 'get a' --execute 'git a' --execute 'get a'"
    ));
    assert!(said.starts_with("1\nerror: line 2: "), "{said}");
    assert!(
        said.contains("One line after line 2 was not run."),
        "{said}"
    );
}

#[test]
fn the_first_line_that_fails_is_the_last() {
    let place = Place::new();
    let failing = b"put a 1\n\nput b\nput c 3\n";
    insta::assert_snapshot!(place.says_to(SHELL, failing), @"
    (1 change was not synced; closing synced it)
    error: line 3: put: a key and a value should follow, and there is one word
    One line after line 3 was not run.
    [status 1]
    ");
    assert_eq!(place.says("scan --engine memory --dir d"), "a\t1\n");
    insta::assert_snapshot!(place.says_to(SHELL, b"get a\nget \xff\n"), @r"
    1
    error: line 2 is not UTF-8: spell other bytes as \xff
    [status 1]
    ");
    insta::assert_snapshot!(place.says_to(SHELL, b"put x*70000 1"), @"
    error: line 1: the key has 70000 bytes, and at most 65536 are taken
    [status 1]
    ");
}

#[test]
fn help_is_there_without_a_terminal_and_input_may_end_anywhere() {
    let place = Place::new();
    let help = place.says_to(SHELL, b"help\r\nquit\r\nbogus");
    assert!(help.starts_with("put KEY VALUE "), "{help}");
    assert!(!help.contains("bogus"), "{help}");
    assert_eq!(place.says_to(SHELL, b""), "");
    assert_eq!(place.says_to(SHELL, b"stats"), "(nothing yet)\n");
}

#[test]
fn a_step_is_for_engines_that_leave_work_for_later() {
    let place = Place::new();
    let said = place.says_to(SHELL, b"step all; put a 1");
    assert!(said.starts_with("(this engine leaves no work for later)\n"));
    let step = "step --engine memory --dir d";
    assert_eq!(place.says(step), "(this engine leaves no work for later)\n");
    place.says_to(
        "shell --engine bitcask --dir c",
        b"put a 1; reopen; put a 2",
    );
    assert_eq!(place.says("step --engine bitcask --dir c"), "(5 steps)\n");
    let said = place.says_to("shell --engine bitcask --dir b", b"step\nstep more");
    insta::assert_snapshot!(said, @"
    (nothing is due)
    error: line 2: step: after it stands nothing, or `all`
    [status 1]
    ");
}

#[test]
fn a_scan_shows_long_values_in_short_and_a_get_shows_all() {
    let place = Place::new();
    let output = place.output(SHELL, b"put long x*1000; get long; scan");
    let said = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], "x".repeat(1000));
    assert_eq!(lines[1], format!("long {}… (1000 bytes)", "x".repeat(61)));
}

#[test]
fn what_keeps_no_files_needs_no_directory() {
    let place = Place::new();
    insta::assert_snapshot!(place.says_to("shell --engine map", b"put a 1\nget a\nstats"));
    insta::assert_snapshot!(place.says("shell --engine memory"), @"
    error: `memory` keeps files: say where, as in
      cargo run -- shell --engine memory --dir target/memory
    [status 1]
    ");
}

#[test]
fn a_durability_has_to_be_there_and_promised() {
    let place = Place::new();
    insta::assert_snapshot!(place.says(&format!("{SHELL} --durability always")), @"
    error: `memory` does not promise always, only buffered
    [status 1]
    ");
    let said = place.says(&format!("{SHELL} --durability some"));
    let told = "error: `--durability some`: it takes buffered, os or always\n";
    assert!(said.starts_with(told), "{said}");
}
