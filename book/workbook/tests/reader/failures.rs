//! What goes wrong, and what the reader is told: each message is one that
//! somebody has read.

use std::fs;
use std::io::ErrorKind;

use crate::server::PATIENCE;
use crate::shelf::{FIND, FOUND, Fixture, LIB, derived, program, run, shown, solve_first};

/// What `check 1.2` says of this body of `find`.
fn told_of(body: &str) -> String {
    let fixture = derived();
    solve_first(&fixture);
    fixture.edit(LIB, FIND, body);
    checked(&fixture)
}

fn checked(fixture: &Fixture) -> String {
    shown(fixture, &["check", "1.2", "--limit", "2"])
}

#[test]
fn a_panic() {
    insta::assert_snapshot!(told_of("Some(title.len() / (self.len() - self.len()))"));
}

/// It happens in code that is given, which cannot be the cause.
#[test]
fn a_panic_in_no_function_of_the_exercise() {
    let fixture = derived();
    solve_first(&fixture);
    fixture.edit(LIB, FIND, "Some(self.len() + title.len())");
    fixture.edit(LIB, "self.titles.len()", "self.titles[7].len()");
    insta::assert_snapshot!(checked(&fixture));
}

#[test]
fn every_failing_test_is_shown_on_demand() {
    let fixture = derived();
    solve_first(&fixture);
    fixture.edit(LIB, FIND, "Some(title.len() + 7)");
    insta::assert_snapshot!(shown(&fixture, &["check", "1.2", "--all"]));
}

#[test]
fn what_was_solved_and_is_no_more() {
    let fixture = derived();
    solve_first(&fixture);
    fixture.edit(LIB, FIND, FOUND);
    assert!(checked(&fixture).contains("Solved: all"));
    fixture.edit(LIB, FOUND, "Some(title.len() + 7)");
    let told = checked(&fixture).replace('\n', " ");
    assert!(told.contains("This exercise was solved before."), "{told}");
    // From the next time on it is a failure like any other.
    fixture.edit(LIB, "Some(title.len() + 7)", "Some(title.len() + 8)");
    let told = checked(&fixture);
    assert!(!told.contains("This exercise was solved before."), "{told}");
}

#[test]
fn a_wrong_answer() {
    insta::assert_snapshot!(told_of("place(&self.titles, title).ok().map(|at| at + 1)"));
}

#[test]
#[cfg_attr(
    not(target_os = "linux"),
    ignore = "only Linux tells it from a deadlock"
)]
fn an_endless_loop() {
    insta::assert_snapshot!(told_of("loop { std::hint::spin_loop(); }"));
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "only Linux tells it from a loop")]
fn a_deadlock() {
    let body = "let lock = std::sync::Mutex::new(());\n        \
        drop((lock.lock(), lock.lock()));\n        None";
    insta::assert_snapshot!(told_of(body));
}

#[test]
#[cfg(unix)]
fn an_abort() {
    insta::assert_snapshot!(told_of("std::process::abort()"));
}

#[test]
fn an_exit() {
    insta::assert_snapshot!(told_of("std::process::exit(3)"));
}

#[test]
fn an_endless_recursion() {
    insta::assert_snapshot!(told_of(
        "let deeper = self.find(title)?;\n        Some(deeper + 1)"
    ));
}

#[test]
fn a_panic_while_panicking() {
    let body = "struct Loud;\n        \
        impl Drop for Loud { fn drop(&mut self) { panic!(\"dropped\") } }\n        \
        let _loud = Loud;\n        panic!(\"the shelf is {}\", \"crooked\")";
    insta::assert_snapshot!(told_of(body));
}

/// What the suite says of an engine, as a test of the shelf.
const REPORT: &str = "\\nShelf breaks clause 3 (ordered scans) at level core.\\n\\n    \
    A scan yields each key at most once, in order, both ways, for every pair of\\n    \
    bounds; it holds every write that completed before it began.\\n\\n\
    WHAT\\n\\n    expected  a holds \\\"\\\"\\n    found     a is absent\\n\\n\
    This script shows it:\\n\\n     1  put a 1\\n  >  2  scan\\n\\n\
    Check: a_scan_is_sorted\\n\\nRun it again:\\n\\n    \
    STRATA_SCRIPT='put a 1; scan' \\\\\\n    cargo test -p shelf ex_1_2_find\\n";

fn told_by_the_suite(what: &str) -> String {
    let fixture = derived();
    solve_first(&fixture);
    fixture.edit(LIB, FIND, "place(&self.titles, title).ok()");
    let panic = format!("panic!(\"{}\");", REPORT.replace("WHAT", what));
    let test = "assert_eq!(shelf(&[\"Emma\"]).find(\"Ulysses\"), None);";
    fixture.edit("chapters/ch01-shelf/src/tests/ex_1_2.rs", test, &panic);
    let clause = "Books in a row.\n\n## Clause 3: ordered scans {#clause-3}";
    let glossary = fixture.read("book/src/glossary.md");
    fixture.write("book/src/glossary.md", &format!("{glossary}\n{clause}\n"));
    checked(&fixture)
}

#[test]
fn a_broken_clause() {
    insta::assert_snapshot!(told_by_the_suite("`scan` skipped an entry."));
}

#[test]
fn a_panic_that_the_suite_caught() {
    let what = "The engine panicked at chapters/ch01-shelf/src/lib.rs:35:\\n\\n    \
        index out of bounds";
    insta::assert_snapshot!(told_by_the_suite(what));
}

#[test]
#[cfg_attr(
    not(target_os = "linux"),
    ignore = "its words say what the process did"
)]
fn an_operation_that_the_suite_gave_up_on() {
    let what = "An operation has not returned for 10s, and never will.";
    let said = told_by_the_suite(what);
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    // The test ends at once, before anybody can tell what it did.
    assert!(
        said.contains("an operation did not end: it was still running."),
        "{said}"
    );
    assert!(said.contains("This script shows it:"), "{said}");
    assert!(said.contains("Look for a loop whose condition"), "{said}");
    assert!(said.contains("glossary.md#clause-3"), "{said}");
}

#[test]
fn a_removed_source() {
    let fixture = derived();
    solve_first(&fixture);
    fs::remove_file(
        fixture
            .root()
            .join("chapters/ch01-shelf/src/tests/ex_1_2.rs"),
    )
    .unwrap();
    let said = run(&fixture, &["check", "1.2"]).stdout;
    let told = "chapters/ch01-shelf/src/tests/ex_1_2.rs is missing or empty. `cargo";
    assert!(
        said.split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .contains(told),
        "{said}"
    );
    insta::assert_snapshot!("update_brings_back", shown(&fixture, &["update"]));
    assert!(!checked(&fixture).contains("missing"));
}

#[test]
fn a_removed_file_takes_what_was_solved_in_it_and_update_brings_it_back() {
    let fixture = Fixture::new();
    let row = "//! A row.\n\n/// Ends it.\n///\n/// # Exercise 1.4\n\
               pub fn end() -> u8 {\n    7\n}\n";
    let test = "#[test]\nfn ex_1_4_end_is_seven() {\n    assert_eq!(crate::row::end(), 7);\n}\n";
    fixture.write("solutions/ch01-shelf/src/row.rs", row);
    fixture.write("solutions/ch01-shelf/src/tests/ex_1_4.rs", test);
    fixture.edit_solution("lib.rs", "#[cfg(test)]\n", "pub mod row;\n\n#[cfg(test)]\n");
    fixture.edit_solution("tests.rs", "mod ex_1_3;\n", "mod ex_1_3;\nmod ex_1_4;\n");
    let listed = "(ch01-shelf/03-take.md)\n";
    let both = format!("{listed}  - [1.4 The end](ch01-shelf/04-end.md)\n");
    fixture.edit("book/src/SUMMARY.md", listed, &both);
    fixture.author_ok(&["derive"]);
    let file = "chapters/ch01-shelf/src/row.rs";
    fixture.edit(file, "todo!(\"exercise 1.4: Ends it\")", "8 - 1");
    assert!(run(&fixture, &["status"]).stdout.contains("✓ 1.4"));

    fs::remove_file(fixture.root().join(file)).unwrap();
    let said = run(&fixture, &["status"]).stdout;
    let (_, next) = said.split_once("Next: ").unwrap();
    insta::assert_snapshot!(next, @"
    bring back what is missing
      chapters/ch01-shelf/src/row.rs
      run     cargo run -- update
      check   cargo run -- check 1
    ");
    assert!(said.contains("(0/4) ✗ does not compile"), "{said}");
    assert!(said.contains("  ? 1.4"), "{said}");
    // All that is left is untouched, and yet something is wrong.
    let said = run(&fixture, &["check", "1.1"]).stdout;
    let words: Vec<&str> = said.split_whitespace().collect();
    let told = format!("{file} is missing or empty. `cargo run -- update`");
    assert!(words.join(" ").contains(&told), "{said}");

    assert!(run(&fixture, &["update"]).success);
    assert!(run(&fixture, &["status"]).stdout.contains("✓ 1.4"));
    // Without its root a crate is none for cargo.
    fs::remove_file(fixture.root().join(LIB)).unwrap();
    let said = run(&fixture, &["status"]).stdout;
    assert!(
        said.contains("Next: bring back what is missing\n"),
        "{said}"
    );
}

#[test]
fn a_chapter_that_is_gone() {
    let fixture = derived();
    fs::remove_dir_all(fixture.root().join("chapters/ch01-shelf")).unwrap();
    insta::assert_snapshot!("gone", shown(&fixture, &["check", "1"]));
    let back = shown(&fixture, &["update"]);
    assert!(
        back.starts_with("Brought back:\n  chapters/ch01-shelf/Cargo.toml"),
        "{back}"
    );
    let status = shown(&fixture, &["status"]);
    assert!(status.contains("· 1.1"), "{status}");
}

/// A workspace that names the chapter, as the workbook's own does: cargo reads
/// nothing of it without the manifest.
#[test]
fn a_manifest_without_which_cargo_cannot_start() {
    let fixture = derived();
    let all = "members = [\"chapters/*\"";
    let named = format!("{all}, \"chapters/ch01-shelf\"");
    fixture.edit("Cargo.toml", all, &named);
    solve_first(&fixture);
    assert!(run(&fixture, &["status"]).success);
    let manifest = fixture.root().join("chapters/ch01-shelf/Cargo.toml");
    fs::remove_file(&manifest).unwrap();
    insta::assert_snapshot!("no_manifest", shown(&fixture, &["check", "1"]));
    assert!(run(&fixture, &["status"]).success);
    assert!(run(&fixture, &["restore"]).success);
    let back = shown(&fixture, &["update"]);
    assert!(back.contains("chapters/ch01-shelf/Cargo.toml"), "{back}");
    fs::write(&manifest, "name = no manifest").unwrap();
    assert!(run(&fixture, &["status"]).success);
}

/// In the place of a folder that cannot be written, since root may write
/// anywhere: a file where a folder should be.
#[test]
fn a_folder_that_cannot_be_written() {
    let fixture = derived();
    solve_first(&fixture);
    fixture.write("target/strata", "no folder");
    let answer = run(&fixture, &["check", "1"]);
    assert!(answer.stdout.contains("✓ 1.1"), "{}", answer.stdout);
    let told = "This verdict will not be remembered:\n    cannot write";
    assert!(answer.stderr.contains(told), "{}", answer.stderr);

    let _ = fs::remove_dir_all(fixture.root().join(".strata"));
    fixture.write(".strata", "no folder");
    let before = fixture.read(LIB);
    let answer = run(&fixture, &["reset", "1", "--yes"]);
    let told = "error: cannot keep a copy in .strata/copies, so nothing was changed:";
    assert!(
        !answer.success && answer.stderr.starts_with(told),
        "{}",
        answer.stderr
    );
    assert_eq!(fixture.read(LIB), before);
    let told = "Your work is not being mirrored in .strata:\n    ";
    for args in [&["check", "1.1"][..], &["check", "1"], &["status"]] {
        let answer = run(&fixture, args);
        assert_eq!(answer.stderr.matches(told).count(), 1, "{}", answer.stderr);
    }
}

#[test]
fn no_cargo() {
    let fixture = derived();
    solve_first(&fixture);
    let output = program(&fixture, &["check", "1.1"])
        .env_remove("CARGO")
        .env("PATH", fixture.root())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let told = "cargo was not found: is Rust installed, and ~/.cargo/bin in PATH?\n  \
                https://rustup.rs\n";
    assert!(said.contains(told), "{said}");
}

/// A build that was interrupted left artifacts that no linker could join, and
/// the reader was told of an error in their code, at every save.
#[cfg(unix)]
#[test]
fn a_linker_that_fails() {
    use std::os::unix::fs::PermissionsExt;

    let fixture = derived();
    solve_first(&fixture);
    let linker = fixture.root().join("linker");
    let linker_is = |script: &str| {
        fs::write(&linker, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&linker, fs::Permissions::from_mode(0o755)).unwrap();
    };
    let config = format!("[build]\nrustflags = [\"-Clinker={}\"]\n", linker.display());
    fixture.write(".cargo/config.toml", &config);
    // As it is after such a build: it fails until the artifacts are gone.
    linker_is(
        "seen=\"$(dirname \"$0\")/seen\"\n\
         if [ -e \"$seen\" ]; then exec cc \"$@\"; fi\n\
         touch \"$seen\"; echo 'undefined hidden symbol: anon.5c' >&2; exit 1",
    );
    let said = run(&fixture, &["check", "1.1"]).stdout;
    assert!(said.starts_with("✓ 1.1"), "{said}");
    linker_is("echo 'undefined hidden symbol: anon.5c' >&2; exit 1");
    fixture.edit(
        LIB,
        "\n/// A row of books",
        "\nfn own() {}\n\n/// A row of books",
    );
    let said = run(&fixture, &["check", "1.1"]).stdout;
    assert!(
        said.starts_with("Your code compiles, but the linker failed."),
        "{said}"
    );
    assert!(said.contains("symbol: anon.5c"), "{said}");
    assert!(
        said.contains("Nothing is wrong with what you wrote"),
        "{said}"
    );
}

#[test]
fn a_manifest_that_cargo_refuses() {
    let fixture = derived();
    solve_first(&fixture);
    run(&fixture, &["status"]);
    fixture.edit("chapters/ch01-shelf/Cargo.toml", "[lints", "[lnits");
    fixture.edit(
        "chapters/ch01-shelf/Cargo.toml",
        "name = \"shelf\"",
        "name = \"row\"",
    );
    let said = run(&fixture, &["check", "1.1"]).stdout;
    let words: Vec<&str> = said.split_whitespace().collect();
    let told = "chapters/ch01-shelf/Cargo.toml is not as it came; it came as \
                .strata/base/chapters/ch01-shelf/Cargo.toml.";
    assert!(words.join(" ").contains(told), "{said}");
}

#[test]
fn a_panic_in_a_thread_that_nobody_joins() {
    let body = "let (tell, heard) = std::sync::mpsc::channel::<()>();\n        \
        std::thread::spawn(move || { let _tell = tell; panic!(\"the shelf fell\") });\n        \
        let _ = heard.recv();\n        place(&self.titles, title).ok()";
    insta::assert_snapshot!(told_of(body));
}

#[test]
fn a_test_that_does_not_run_is_missed() {
    let fixture = derived();
    solve_first(&fixture);
    fixture.edit(LIB, FIND, "place(&self.titles, title).ok()");
    run(&fixture, &["hint", "1.1"]);
    let tests = "chapters/ch01-shelf/src/tests/ex_1_2.rs";
    let text = fixture.read(tests);
    fixture.write(tests, &text.replacen("#[test]\n", "", 1));
    insta::assert_snapshot!("a_test_less", checked(&fixture));
    fixture.edit(LIB, "#[cfg(test)]\nmod tests;\n", "");
    insta::assert_snapshot!("no_tests", shown(&fixture, &["check", "1"]));
}

#[test]
fn a_target_folder_that_cannot_be_written() {
    let fixture = derived();
    let target = fixture.root().join("a-file/target");
    fixture.write("a-file", "no folder");
    solve_first(&fixture);
    let output = program(&fixture, &["check", "1.1"])
        .env("CARGO_TARGET_DIR", &target)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success());
    assert!(
        said.starts_with("Cargo cannot build the chapter."),
        "{said}"
    );
    assert!(said.contains("a-file"), "{said}");
}

/// A test that never ended went on for ever if the program was killed.
#[test]
fn a_test_does_not_outlive_a_program_that_is_killed() {
    use std::io::Read;
    use std::net::TcpListener;

    let fixture = derived();
    solve_first(&fixture);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    // It waits for what never comes, as long as there is somebody to send it.
    let hang = format!(
        "let mut open = std::net::TcpStream::connect({address:?}).unwrap();\n        \
         std::io::Read::read(&mut open, &mut [0]).ok()"
    );
    fixture.edit(LIB, FIND, &hang);
    let mut check = program(&fixture, &["check", "1.2", "--limit", "600"])
        .spawn()
        .unwrap();
    let (mut test, _) = listener.accept().unwrap();
    check.kill().unwrap();
    check.wait().unwrap();
    test.set_read_timeout(Some(PATIENCE)).unwrap();
    // The system closes what a process had open when that is over.
    let end = test.read(&mut [0]);
    let is_reset = |error: &std::io::Error| error.kind() == ErrorKind::ConnectionReset;
    assert!(
        matches!(end, Ok(0)) || end.as_ref().is_err_and(is_reset),
        "{end:?}"
    );
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_check_and_the_test_it_started() {
    use std::io::Read;
    use std::process::Stdio;
    use std::time::{Duration, Instant};

    let fixture = derived();
    solve_first(&fixture);
    let marker = fixture.root().join("running");
    let hang = format!(
        "std::fs::write({marker:?}, std::process::id().to_string()).unwrap();\n        \
         loop {{ std::thread::park(); }}"
    );
    fixture.edit(LIB, FIND, &hang);
    let mut check = program(&fixture, &["check", "1.2"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let until = Instant::now() + Duration::from_secs(60);
    while !marker.exists() && Instant::now() < until {
        std::thread::yield_now();
    }
    let pid = check.id().to_string();
    let kill = std::process::Command::new("kill")
        .args(["-INT", &pid])
        .status();
    assert!(kill.unwrap().success());
    let (mut out, mut err) = (String::new(), String::new());
    // Both end when nobody holds the pipes any more, the test included.
    check
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut out)
        .unwrap();
    check
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut err)
        .unwrap();
    assert_eq!(out, "");
    assert!(
        err.ends_with("Stopped. What was not judged by then is as it was.\n"),
        "{err}"
    );
    assert_eq!(check.wait().unwrap().code(), Some(130));
}
