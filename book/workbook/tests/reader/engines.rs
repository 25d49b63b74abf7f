//! Engines by one command each.

use std::fs;
use std::io::Read;
use std::process::Stdio;

use crate::place::Place;
use crate::shelf::{derived, run};

#[test]
fn what_is_put_is_got_until_it_is_deleted() {
    let place = Place::new();
    place.quietly("put --engine memory --dir new/folder key 'two words'");
    let get = "get --engine memory --dir new/folder key";
    assert_eq!(place.says(get), "two words\n");
    place.quietly("delete --engine memory --dir new/folder key");
    assert_eq!(place.says(get), "there is no key key\n[status 1]\n");
    place.quietly("delete --engine memory --dir new/folder key");
}

#[test]
fn keys_and_values_are_any_bytes() {
    let place = Place::new();
    place.quietly(r"put --engine memory --dir d '\xff\x00 ü' '\x80\ttext\n'");
    let key = r"get --engine memory --dir d '\xff\0 ü'";
    assert_eq!(place.says(key), "\\x80\\ttext\\n\n");
    let raw = place.output(&format!("{key} --raw"), b"");
    assert_eq!(raw.stdout, b"\x80\ttext\n");
    let bytes: Vec<u8> = (0..=255).collect();
    let put = place.output("put --engine memory --dir d all", &bytes);
    assert!(put.status.success() && put.stdout.is_empty());
    let got = place.output("get --engine memory --dir d all --raw", b"");
    assert_eq!(got.stdout, bytes);
    insta::assert_snapshot!(place.says(r"get --engine memory --dir d '\q'"));
}

#[test]
fn a_scan_has_bounds_both_ways_and_a_limit() {
    let place = Place::new();
    for key in ["a", "ab", "b", "c"] {
        place.quietly(&format!("put --engine memory --dir d {key} {key}{key}"));
    }
    let scan = |options: &str| {
        let all = place.says(&format!("scan --engine memory --dir d {options}"));
        let keys = all.lines().map(|line| line.split_once('\t').unwrap().0);
        keys.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(scan(""), "a ab b c");
    assert_eq!(scan("--reverse"), "c b ab a");
    assert_eq!(scan("--from ab --to c"), "ab b");
    assert_eq!(scan("--prefix a"), "a ab");
    assert_eq!(scan("--reverse --limit 2"), "c b");
    assert_eq!(scan("--from x"), "");
    assert_eq!(scan("--limit 0"), "");
    assert_eq!(
        place.says("scan --engine memory --dir d --to ab"),
        "a\taa\n"
    );
}

#[test]
fn what_a_scan_prints_can_be_typed_again() {
    let place = Place::new();
    for key in ["''", "'two words'", r"'\xff'", r"'back\\slash'", "plain"] {
        place.quietly(&format!("put --engine memory --dir d {key} ' '"));
    }
    let scanned = place.says("scan --engine memory --dir d");
    insta::assert_snapshot!(scanned.replace('\t', " "), @r#"
    "" " "
    "back\x5cslash" " "
    plain " "
    "two words" " "
    "\xff" " "
    "#);
    for line in scanned.lines() {
        let key = line.split('\t').next().unwrap();
        place.quietly(&format!("delete --engine memory --dir d {key}"));
    }
    let shell = "shell --engine memory --dir d";
    assert_eq!(place.says_to(shell, b"scan"), "(no entries)\n");
    let puts: String = scanned
        .lines()
        .map(|line| format!("put {line}\n"))
        .collect();
    place.says_to(shell, puts.as_bytes());
    assert_eq!(place.says("scan --engine memory --dir d"), scanned);
}

#[test]
fn what_was_meant_otherwise_is_said() {
    let place = Place::with_entries();
    let inverted = place.says("scan --engine memory --dir d --from d --to b");
    assert_eq!(
        inverted,
        "nothing is in this range: d does not stand before b\n"
    );
    let limit = place.says("check 1.1 --limit 0");
    assert!(limit.contains("a whole number, from 1 on"), "{limit}");
}

#[test]
fn a_value_that_is_not_taken_is_told_what_would_be() {
    let place = Place::new();
    let mut all = String::new();
    for line in [
        "scan --engine memory --dir d --limit x",
        "scan --engine memory --dir d --limit -3",
        "scan --engine memory --dir d --limit=",
        "check 1.1 --limit x",
        "check x",
        "check --format jsn",
        "hint 1.1 --rung 4",
        "hint one",
        "read 1.1 --unfold x",
        "build-on x mine",
        "build-on 1 theirs",
        "--port 70000",
    ] {
        let said = place.says(line);
        let (said, end) = said.split_once("\n\n").unwrap();
        let usual = "For more information, try '--help'.\n[status 2]\n";
        assert_eq!(end, usual, "{line}");
        all.push_str(&format!("$ {line}\n{said}\n\n"));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn a_key_that_begins_with_a_dash_is_told_how_to_be_given() {
    let place = Place::new();
    place.quietly("put --engine memory --dir d -- -dash -1");
    assert_eq!(place.says("get --engine memory --dir d -- -dash"), "-1\n");
    let first = |line: &str| {
        let said = place.says(line);
        let words = said.split("\n\nUsage").next().unwrap();
        words.to_owned()
    };
    for line in [
        "get --engine memory --dir d -dash",
        "get -dash --engine memory --dir d",
    ] {
        assert_eq!(
            first(line),
            "error: unexpected argument '-dash' found\n\n  \
             tip: what begins with - and is no option comes last, after --: -- -dash",
            "{line}"
        );
    }
    let from = "scan --engine memory --dir d --from";
    assert_eq!(place.says(&format!("{from}=-dash")), "-dash\t-1\n");
    assert_eq!(
        first(&format!("{from} -dash")),
        "error: unexpected argument '-dash' found\n\n  \
         tip: to give --from this value: --from=-dash"
    );
    // A slip in an option's name is no key.
    let slip = first("get --engine memory --dir d --raww key");
    assert!(
        slip.contains("a similar argument exists: '--raw'"),
        "{slip}"
    );
}

#[test]
fn a_command_names_the_engines_that_it_takes_and_no_others() {
    let place = Place::new();
    let forgets = "it forgets everything";
    for command in ["get", "put", "delete", "scan"] {
        let help = place.says(&format!("{command} --help"));
        assert!(help.contains("A map in memory"), "{help}");
        assert!(!help.contains(forgets), "{help}");
        let unknown = place.says(&format!("{command} --engine memroy"));
        assert!(unknown.contains("A map in memory"), "{unknown}");
        assert!(!unknown.contains(forgets), "{unknown}");
    }
    assert!(place.says("shell --help").contains(forgets));
    assert!(place.says("shell --engine memroy").contains(forgets));
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_no_text_is_told_how_to_be_spelled() {
    use std::os::unix::ffi::OsStrExt;
    let place = Place::with_entries();
    let mut get = place.program("get --engine memory --dir d");
    let output = get
        .arg(std::ffi::OsStr::from_bytes(b"\xff"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("as \\xNN"), "{said}");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn what_cannot_be_opened_says_why_and_what_to_do() {
    let place = Place::with_entries();
    fs::create_dir(place.path("empty")).unwrap();
    fs::create_dir(place.path("other")).unwrap();
    fs::write(place.path("other/notes.txt"), "mine").unwrap();
    let mut all = String::new();
    for line in [
        "get --engine memory --dir nowhere a",
        "get --engine memory --dir empty a",
        "scan --engine memory --dir d/snapshot",
        "put --engine memory --dir other a b",
        "put --engine map a b",
        "get --engine memroy --dir d a",
        "get --engine mine-memory --dir d a",
    ] {
        all.push_str(&format!("$ {line}\n{}\n", place.says(line)));
    }
    insta::assert_snapshot!(all);
    // Nobody left a lock, a folder or anything else where there was nothing.
    assert!(!place.path("nowhere").exists());
    assert_eq!(fs::read_dir(place.path("empty")).unwrap().count(), 0);
    assert_eq!(fs::read_dir(place.path("other")).unwrap().count(), 1);
}

#[test]
fn what_keeps_no_files_is_told_so_before_anything_is_asked_for() {
    let place = Place::new();
    for line in ["get a", "get", "delete --dir d a", "scan"] {
        let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
        let said = place.says(&format!("{command} --engine map {rest}"));
        let told = "the engine `map` keeps no files\n\
                    Nothing of it is left from one command to the next. Try it in a shell:\n  \
                    cargo run -- shell --engine map\n";
        assert!(said.contains(told), "{line}: {said}");
        assert!(!said.contains("--dir"), "{line}: {said}");
    }
}

#[test]
fn damage_is_named_with_its_place_and_left_alone() {
    let place = Place::with_entries();
    place.edit("d/snapshot", |bytes| bytes[30] ^= 1);
    let damaged = fs::read(place.path("d/snapshot")).unwrap();
    insta::assert_snapshot!("damaged", place.says("get --engine memory --dir d a"));
    place.edit("d/snapshot", |bytes| bytes[8] = 9);
    insta::assert_snapshot!("version", place.says("scan --engine memory --dir d"));
    place.edit("d/snapshot", |bytes| bytes[8] = 1);
    assert_eq!(fs::read(place.path("d/snapshot")).unwrap(), damaged);
}

#[test]
fn a_header_that_is_cut_off_is_told_alike_by_engine_and_inspect() {
    let place = Place::with_entries();
    place.edit("d/snapshot", |bytes| bytes.truncate(10));
    insta::assert_snapshot!(place.says("get --engine memory --dir d a"), @"
    error: in `d`, `snapshot` is damaged at byte 0: no whole header of a snapshot
    begins here. Nothing was changed. Look at the file with
      cargo run -- inspect d/snapshot
    and put a copy in its place if you have one.
    [status 2]
    ");
    insta::assert_snapshot!(place.says("inspect d/snapshot"), @r#"
    d/snapshot: 10 bytes, snapshot file

    offset  bytes                    text      field
         0  53 54 52 41 54 41 2d 31  STRATA-1  magic        "STRATA-1"
         8  01 00                    ..        version      "\x01\x00"
            ✗ version: cut off: 2 of 4 bytes are here

    1 fault found.
    [status 1]
    "#);
}

#[test]
fn a_directory_in_use_is_named_so() {
    let place = Place::with_entries();
    let mut shell = place
        .program("shell --engine memory --dir d")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // It answers once it has opened the engine.
    let mut stdin = shell.stdin.take().unwrap();
    std::io::Write::write_all(&mut stdin, b"get key\n").unwrap();
    let mut answer = [0; 6];
    let stdout = shell.stdout.as_mut().unwrap();
    stdout.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"value\n");
    insta::assert_snapshot!(place.says("put --engine memory --dir d a b"));
    assert!(place.says("inspect d").contains("No fault found."));
    drop(stdin);
    assert!(shell.wait().unwrap().success());
}

#[test]
fn whoever_reads_on_no_more_is_no_error() {
    let place = Place::new();
    let lines: String = (0..5000).map(|n| format!("put {n:05} x*50\n")).collect();
    place.says_to("shell --engine memory --dir d", lines.as_bytes());
    for line in ["scan --engine memory --dir d", "inspect --all d"] {
        let mut child = place
            .program(line)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = [0; 10];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{line}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{line}");
    }
}

/// A device that is always full, where there is one.
#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_printed_is_an_error() {
    let place = Place::with_entries();
    let full = || fs::File::create("/dev/full").unwrap();
    for line in ["scan --engine memory --dir d", "inspect d"] {
        let output = place.program(line).stdout(full()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{line}");
        assert!(
            said.starts_with("error: cannot write the output: "),
            "{said}"
        );
    }
}

/// A directory that nobody may write in is left as it is. (Whoever may do
/// everything, as in many containers, cannot have one.)
#[cfg(unix)]
#[test]
fn a_directory_that_is_only_to_be_read_says_so() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::with_entries();
    fs::remove_file(place.path("d/LOCK")).unwrap();
    let mode = |mode| fs::set_permissions(place.path("d"), fs::Permissions::from_mode(mode));
    mode(0o555).unwrap();
    let may_write = fs::write(place.path("d/LOCK"), "").is_ok();
    let said = place.says("get --engine memory --dir d a");
    let inspected = place.says("inspect d");
    mode(0o755).unwrap();
    if !may_write {
        insta::assert_snapshot!(said, @"
        error: in `d`, could not open `LOCK`: Permission denied (os error 13). An engine
        writes in its directory, if only to own it, and may not do so here. (`inspect`
        only reads.)
        [status 2]
        ");
    }
    assert!(inspected.contains("No fault found."), "{inspected}");
}

#[test]
fn a_command_that_is_shown_can_be_copied() {
    let fixture = derived();
    let answer = run(
        &fixture,
        &["get", "--engine", "memory", "--dir", "a b", "k"],
    );
    let told = "--dir \"a b\" KEY VALUE";
    assert!(answer.stderr.contains(told), "{}", answer.stderr);
    let answer = run(&fixture, &["shell", "--engine", "map", "--dir", "d"]);
    let told = "error: `map` keeps no files, so there is nothing to do with `d`";
    assert!(answer.stderr.starts_with(told), "{}", answer.stderr);
    assert!(!fixture.root().join("d").exists());
}
