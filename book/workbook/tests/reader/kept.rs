//! What `reset` and `restore` change, and what they keep.

use crate::shelf::{FIND, FOUND, Fixture, LIB, derived, run, shown, shown_any_day, solve_first};

#[test]
fn a_chapter_is_reset_and_taken_back() {
    let fixture = derived();
    let as_it_came = fixture.read(LIB);
    solve_first(&fixture);
    let written = fixture.read(LIB);
    let own = "chapters/ch01-shelf/src/own.rs";
    fixture.write(own, "//! Mine.\n");
    insta::assert_snapshot!("reset_nobody_to_ask", shown(&fixture, &["reset", "1"]));
    assert_eq!(fixture.read(LIB), written);
    insta::assert_snapshot!("reset", shown_any_day(&fixture, &["reset", "1", "--yes"]));
    assert_eq!(fixture.read(LIB), as_it_came);
    assert!(!fixture.root().join(own).exists());
    insta::assert_snapshot!(
        "reset_of_nothing",
        shown(&fixture, &["reset", "1", "--yes"])
    );

    let name = format!("{}-reset-1", jiff::Zoned::now().date());
    insta::assert_snapshot!("copies", shown_any_day(&fixture, &["restore"]));
    fixture.edit(LIB, FIND, FOUND);
    let asked = shown_any_day(&fixture, &["restore", &name]);
    insta::assert_snapshot!("restore_nobody_to_ask", asked);
    assert!(fixture.read(LIB).contains(FOUND));
    let said = shown_any_day(&fixture, &["restore", &name, "--yes"]);
    insta::assert_snapshot!("restore", said);
    assert_eq!(fixture.read(LIB), written);
    assert_eq!(fixture.read(own), "//! Mine.\n");
    run(&fixture, &["reset", "1", "--yes"]);
    let copies = shown_any_day(&fixture, &["restore"]);
    insta::assert_snapshot!("copies_in_columns", copies);
}

#[test]
fn an_exercise_is_reset_alone() {
    let fixture = derived();
    solve_first(&fixture);
    fixture.edit(LIB, FIND, FOUND);
    let with_both = fixture.read(LIB);
    let said = shown_any_day(&fixture, &["reset", "1.2", "--yes"]);
    insta::assert_snapshot!("reset_one", said);
    assert_eq!(fixture.read(LIB), with_both.replace(FOUND, FIND));
    // Both functions of 1.1, and nothing of the others.
    fixture.write(LIB, &with_both);
    run(&fixture, &["reset", "1.1", "--yes"]);
    let text = fixture.read(LIB);
    assert_eq!(text.matches("todo!(\"exercise 1.1:").count(), 2, "{text}");
    assert!(text.contains(FOUND), "{text}");
    assert!(run(&fixture, &["check", "1.1"]).stdout.contains("· 1.1"));
}

#[test]
fn what_cannot_be_reset_is_left_alone() {
    let fixture = derived();
    fixture.edit(LIB, "pub fn find", "pub fn search");
    let before = fixture.read(LIB);
    insta::assert_snapshot!("reset_renamed", shown(&fixture, &["reset", "1.2", "--yes"]));
    assert_eq!(fixture.read(LIB), before);
    insta::assert_snapshot!("reset_unknown", shown(&fixture, &["reset", "4.1", "--yes"]));
    insta::assert_snapshot!("restore_unknown", shown(&fixture, &["restore", "x"]));
}

#[test]
fn what_something_else_takes_away_is_kept() {
    let fixture = derived();
    let as_it_came = fixture.read(LIB);
    solve_first(&fixture);
    run(&fixture, &["status"]);
    let written = fixture.read(LIB);
    // A download unpacked over the old one.
    fixture.write(LIB, &as_it_came);
    insta::assert_snapshot!("lost", shown_any_day(&fixture, &["hint", "1.1"]));
    let again = run(&fixture, &["status"]);
    assert_eq!(again.stderr, "");
    let name = format!("{}-lost", jiff::Zoned::now().date());
    run(&fixture, &["restore", &name, "--yes"]);
    assert_eq!(fixture.read(LIB), written);
    assert!(!run(&fixture, &["status"]).stderr.contains("gone"));
}

/// A reader who met eleven copies in sixteen minutes had lost nothing.
#[test]
fn what_still_stands_somewhere_is_not_lost() {
    let fixture = derived();
    let as_it_came = fixture.read(LIB);
    solve_first(&fixture);
    run(&fixture, &["status"]);
    let written = fixture.read(LIB);
    let gone = || run(&fixture, &["hint", "1.1"]).stderr.contains("gone");
    // A new name, an empty file while an editor saves, a file that moved.
    fixture.edit(LIB, "fn place(", "fn plaec(");
    assert!(!gone());
    fixture.write(LIB, "");
    assert!(!gone());
    std::fs::remove_file(fixture.root().join(LIB)).unwrap();
    assert!(!gone());
    // What is lost twice is kept once.
    for copies in [1, 1] {
        fixture.write(LIB, &written);
        assert!(!gone());
        fixture.write(LIB, &as_it_came);
        gone();
        let list = run(&fixture, &["restore"]).stdout;
        let beside = 3;
        assert_eq!(list.lines().count(), copies + beside, "{list}");
    }
}

#[test]
fn a_file_with_a_new_name_is_found() {
    let fixture = Fixture::new();
    let row = "//! A row.\n\n/// Ends it.\n///\n/// # Exercise 1.3\n\
               pub fn end() -> u8 {\n    7\n}\n";
    fixture.write("solutions/ch01-shelf/src/row.rs", row);
    fixture.edit_solution("lib.rs", "#[cfg(test)]\n", "pub mod row;\n\n#[cfg(test)]\n");
    fixture.author_ok(&["derive"]);
    let old = "chapters/ch01-shelf/src/row.rs";
    fixture.edit(old, "todo!(\"exercise 1.3: Ends it\")", "8 - 1");
    run(&fixture, &["hint", "1.1"]);
    let new = fixture.root().join("chapters/ch01-shelf/src/line.rs");
    std::fs::rename(fixture.root().join(old), &new).unwrap();
    let check = run(&fixture, &["check", "1"]);
    let said = check
        .stdout
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let told = "src/row.rs is gone; chapters/ch01-shelf/src/line.rs has the same functions. \
                Renamed?";
    assert!(said.contains(told), "{said}");
    assert!(!check.stderr.contains("is gone"), "{}", check.stderr);
    // And back again: nothing was lost.
    std::fs::rename(&new, fixture.root().join(old)).unwrap();
    assert_eq!(run(&fixture, &["hint", "1.1"]).stderr, "");
    // Nor is it without the line that says which exercise it is.
    fixture.edit(old, "/// # Exercise 1.3\n", "");
    assert_eq!(run(&fixture, &["hint", "1.1"]).stderr, "");
}

#[test]
fn a_file_that_is_gone_comes_back_with_what_was_written() {
    let fixture = Fixture::new();
    let row = "//! A row.\n\n/// Ends it.\n///\n/// # Exercise 1.3\n\
               pub fn end() -> u8 {\n    7\n}\n";
    fixture.write("solutions/ch01-shelf/src/row.rs", row);
    fixture.edit_solution("lib.rs", "#[cfg(test)]\n", "pub mod row;\n\n#[cfg(test)]\n");
    fixture.author_ok(&["derive"]);
    let path = "chapters/ch01-shelf/src/row.rs";
    fixture.edit(path, "todo!(\"exercise 1.3: Ends it\")", "8 - 1");
    let written = fixture.read(path);
    run(&fixture, &["hint", "1.1"]);
    std::fs::remove_file(fixture.root().join(path)).unwrap();
    let check = run(&fixture, &["check", "1"]).stdout;
    assert!(check.contains("brings back what came with"), "{check}");
    insta::assert_snapshot!("recovered", shown(&fixture, &["update"]));
    assert_eq!(fixture.read(path), written);
    fixture.write(path, "\n");
    run(&fixture, &["update"]);
    assert_eq!(fixture.read(path), written);
}
